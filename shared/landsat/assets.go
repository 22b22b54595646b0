package landsat

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"perigee/shared/stac"
)

const (
	typeTIFF = "image/tiff; application=geotiff"
	typeCOG  = "image/tiff; application=geotiff; profile=cloud-optimized"
)

// oliBand is a band of the instruments of Landsat 8 and 9, with wavelengths in micrometres.
type oliBand struct {
	commonName, title string
	centre, width     float64
	resolution        float64 // in metres
}

// bands are those of the Operational Land Imager and the Thermal Infrared Sensor, by number.
func bands() map[string]oliBand {
	return map[string]oliBand{
		"1":  {"coastal", "Coastal/Aerosol Band (B1)", 0.44, 0.02, 30},
		"2":  {"blue", "Blue Band (B2)", 0.48, 0.06, 30},
		"3":  {"green", "Green Band (B3)", 0.56, 0.06, 30},
		"4":  {"red", "Red Band (B4)", 0.65, 0.04, 30},
		"5":  {"nir08", "Near Infrared Band 0.8 (B5)", 0.86, 0.03, 30},
		"6":  {"swir16", "Short-wave Infrared Band 1.6 (B6)", 1.6, 0.08, 30},
		"7":  {"swir22", "Short-wave Infrared Band 2.2 (B7)", 2.2, 0.2, 30},
		"8":  {"pan", "Panchromatic Band (B8)", 0.59, 0.18, 15},
		"9":  {"cirrus", "Cirrus Band (B9)", 1.37, 0.02, 30},
		"10": {"lwir11", "Thermal Infrared Band 10.9 (B10)", 10.9, 0.8, 30},
		"11": {"lwir12", "Thermal Infrared Band 12.0 (B11)", 12.0, 1.0, 30},
	}
}

// layer is an image that is no band.
type layer struct {
	title, unit string
	nodata      float64
	scale       float64 // 0: the numbers are what they are
}

// layers are known by how the names of their files end.
func layers() map[string]layer {
	return map[string]layer{
		"QA_PIXEL":      {"Pixel Quality Assessment Band", "bit index", 1, 0},
		"QA_RADSAT":     {"Radiometric Saturation Quality Assessment Band", "bit index", 0, 0},
		"BQA":           {"Quality Assessment Band", "bit index", 1, 0},
		"SR_QA_AEROSOL": {"Aerosol Quality Analysis Band", "bit index", 1, 0},
		"ST_QA":         {"Surface Temperature Quality Assessment Band", "kelvin", -9999, 0.01},
		"ST_ATRAN":      {"Atmospheric Transmittance Band", "", -9999, 0.0001},
		"ST_CDIST":      {"Cloud Distance Band", "kilometer", -9999, 0.01},
		"ST_DRAD":       {"Downwelled Radiance Band", radiance, -9999, 0.001},
		"ST_URAD":       {"Upwelled Radiance Band", radiance, -9999, 0.001},
		"ST_TRAD":       {"Thermal Radiance Band", radiance, -9999, 0.001},
		"ST_EMIS":       {"Emissivity Band", "emissivity coefficient", -9999, 0.0001},
		"ST_EMSD":       {"Emissivity Standard Deviation Band", "emissivity coefficient", -9999, 0.0001},
		"VAA":           {"Sensor Azimuth Angle Band", "degree", 0, 0.01},
		"VZA":           {"Sensor Zenith Angle Band", "degree", 0, 0.01},
		"SAA":           {"Solar Azimuth Angle Band", "degree", 0, 0.01},
		"SZA":           {"Solar Zenith Angle Band", "degree", 0, 0.01},
	}
}

const radiance = "watt/steradian/square_meter/micrometer"

// described are the files that describe the product.
var described = map[string]struct{ title, kind string }{
	"ANG.txt":  {"Angle Coefficients File", "text/plain"},
	"MTL.txt":  {"Product Metadata File", "text/plain"},
	"MTL.xml":  {"Product Metadata File (xml)", "application/xml"},
	"MTL.json": {"Product Metadata File (json)", "application/json"},
}

// assets are the files that the metadata file names.
func (s *scene) assets() []stac.DraftAsset {
	var all []stac.DraftAsset
	for _, group := range []string{"PRODUCT_CONTENTS", "PRODUCT_METADATA"} {
		for name, file := range s.groups[group] {
			if !strings.HasPrefix(name, "FILE_NAME_") && !strings.HasSuffix(name, "_FILE_NAME") {
				continue
			}
			if asset, ok := s.asset(name, file); ok {
				all = append(all, asset)
			}
		}
	}
	slices.SortFunc(all, func(a, b stac.DraftAsset) int { return strings.Compare(rank(a.Key), rank(b.Key)) })
	return slices.CompactFunc(all, func(a, b stac.DraftAsset) bool { return a.Key == b.Key })
}

// rank brings bands into their order, before layers, before descriptions.
func rank(key string) string {
	switch m := bandKey.FindStringSubmatch(key); {
	case m != nil:
		return "0" + strings.Repeat("0", 2-len(m[2])) + m[2]
	case path.Ext(key) == "":
		return "1" + key
	}
	return "2" + key
}

// bandKey tells whether a file is of a band: of surface reflectance (SR_B1), surface temperature (ST_B10), or of level 1.
var bandKey = regexp.MustCompile(`^(SR_|ST_)?B(\d{1,2})$`)

// asset describes a file by how its name ends behind the product's identifier.
func (s *scene) asset(name, file string) (stac.DraftAsset, bool) {
	ending, ok := strings.CutPrefix(file, s.id+"_")
	if !ok || strings.ContainsAny(ending, "/\\") {
		return stac.DraftAsset{}, false
	}
	if d, ok := described[ending]; ok {
		return s.description(ending, d.title, d.kind), true
	}
	ending, isImage := strings.CutSuffix(ending, ".TIF")
	if !isImage {
		return stac.DraftAsset{}, false
	}
	fields := map[string]any{"href": s.folder + "/" + file, "type": typeCOG, "roles": []string{"data"}}
	if s.isCollection1() {
		fields["type"] = typeTIFF
	}
	raster := map[string]any{"data_type": strings.ToLower(s.text("DATA_TYPE_" + strings.TrimPrefix(name, "FILE_NAME_")))}
	if raster["data_type"] == "" {
		raster["data_type"] = "uint16"
	}
	fields["raster:bands"] = []any{raster}
	resolution, key := 30.0, ending
	if m := bandKey.FindStringSubmatch(ending); m != nil {
		key, resolution = s.band(fields, raster, m[1], m[2])
	} else if l, ok := layers()[ending]; ok {
		fields["title"], raster["nodata"] = l.title, l.nodata
		setScale(raster, l.scale, 0)
		if l.unit != "" {
			raster["unit"] = l.unit
		}
	}
	s.grid(resolution).place(fields)
	return stac.DraftAsset{Key: key, Fields: fields}, true
}

func (s *scene) description(ending, title, kind string) stac.DraftAsset {
	return stac.DraftAsset{Key: ending, Fields: map[string]any{
		"href": s.folder + "/" + s.id + "_" + ending, "type": kind, "title": title, "roles": []string{"metadata"},
	}}
}

// band describes a band. EOEPCA's product types ask for the bands of level 1 by the keys that those of surface reflectance
// have, SR_B1 and so on: so they are called that, though their own name is B1.
func (s *scene) band(fields, raster map[string]any, kind, number string) (key string, resolution float64) {
	b, known := bands()[number]
	key, resolution = kind+"B"+number, 30
	name := key
	eo := map[string]any{"name": name}
	if known {
		resolution = b.resolution
		eo["common_name"], eo["center_wavelength"], eo["full_width_half_max"] = b.commonName, b.centre, b.width
		fields["title"] = b.title
		if kind == "ST_" {
			fields["title"] = "Surface Temperature Band (B" + number + ")"
		}
		fields["description"] = s.about() + " " + b.title + map[string]string{"SR_": " Surface Reflectance", "ST_": " Surface Temperature"}[kind]
	}
	fields["gsd"], fields["eo:bands"], raster["nodata"] = resolution, []any{eo}, 0
	switch {
	case kind == "ST_":
		s.scaled(raster, "TEMPERATURE", "ST_B"+number)
		raster["unit"] = "kelvin"
	case number == "10" || number == "11":
		s.scaled(raster, "RADIANCE", number)
		raster["unit"] = radiance
	default:
		s.scaled(raster, "REFLECTANCE", number)
	}
	if kind == "" {
		key = "SR_" + key
	}
	return key, resolution
}

// about says what the product is: Collection 2 Level-2.
func (s *scene) about() string {
	level := "Level-1"
	if strings.HasPrefix(s.Level(), "L2") {
		level = "Level-2"
	}
	if number := strings.TrimLeft(s.text("COLLECTION_NUMBER"), "0"); number != "" {
		return "Collection " + number + " " + level
	}
	return level
}

// scaled writes how a quantity is had of a band's numbers.
func (s *scene) scaled(raster map[string]any, quantity, band string) {
	scale, _ := s.number(quantity + "_MULT_BAND_" + band)
	offset, _ := s.number(quantity + "_ADD_BAND_" + band)
	setScale(raster, scale, offset)
}

func setScale(raster map[string]any, scale, offset float64) {
	if scale == 0 {
		return
	}
	raster["scale"] = scale
	if offset != 0 {
		raster["offset"] = offset
	}
}

// Beside is a file that may lie beside a product without its metadata file saying so: an asset if it is there.
func Beside(m MTL, folder string) []stac.DraftAsset {
	s := &scene{MTL: m, folder: strings.TrimSuffix(folder, "/"), id: m.text("LANDSAT_PRODUCT_ID", "LANDSAT_SCENE_ID")}
	picture := func(key, ending, title, role string) stac.DraftAsset {
		return stac.DraftAsset{Key: key, Fields: map[string]any{
			"href": s.folder + "/" + s.id + ending, "type": "image/jpeg", "title": title, "roles": []string{role},
		}}
	}
	extension := ".jpeg"
	if m.isCollection1() {
		extension = ".jpg"
	}
	json := described["MTL.json"]
	return []stac.DraftAsset{
		picture("thumbnail", "_thumb_small"+extension, "Thumbnail image", "thumbnail"),
		picture("reduced_resolution_browse", "_thumb_large"+extension, "Reduced resolution browse image", "overview"),
		s.description("MTL.json", json.title, json.kind),
	}
}
