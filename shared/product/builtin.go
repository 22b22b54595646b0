package product

// msi are the bands of Sentinel-2's instrument: identifier, common name, central wavelength in micrometres.
func msi() []Band {
	return []Band{
		{Identifier: "B01", Name: "coastal", Wavelength: 0.443},
		{Identifier: "B02", Name: "blue", Wavelength: 0.490},
		{Identifier: "B03", Name: "green", Wavelength: 0.560},
		{Identifier: "B04", Name: "red", Wavelength: 0.665},
		{Identifier: "B05", Name: "rededge", Wavelength: 0.704},
		{Identifier: "B06", Name: "rededge", Wavelength: 0.740},
		{Identifier: "B07", Name: "rededge", Wavelength: 0.783},
		{Identifier: "B08", Name: "nir", Wavelength: 0.833},
		{Identifier: "B8A", Name: "nir08", Wavelength: 0.865},
		{Identifier: "B09", Name: "nir09", Wavelength: 0.945},
		{Identifier: "B10", Name: "cirrus", Wavelength: 1.374},
		{Identifier: "B11", Name: "swir16", Wavelength: 1.610},
		{Identifier: "B12", Name: "swir22", Wavelength: 2.190},
	}
}

// builtinCoverageTypes are those a configuration may name without defining them: one per band of Sentinel-2 at level
// 1C (S2L1C_B01 ...) and at level 2A (S2L2A_B01 ..., which has no cirrus band).
func builtinCoverageTypes() []CoverageType {
	var types []CoverageType
	for _, level := range []string{"S2L1C", "S2L2A"} {
		for _, band := range msi() {
			if level == "S2L2A" && band.Identifier == "B10" {
				continue
			}
			band.Definition, band.UOM = "http://www.opengis.net/def/property/OGC/0/Radiance", "W/m2/um"
			band.Description = level + " " + band.Identifier
			band.NilValues = []NilValue{{Reason: "http://www.opengis.net/def/nil/OGC/0/unknown"}}
			types = append(types, CoverageType{Name: level + "_" + band.Identifier, DataType: "Uint16", Bands: []Band{band}})
		}
	}
	return types
}
