package safe

import (
	"strings"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// Record makes a record of the metadata of a product of Sentinel-2 alone (MTD_MSIL1C.xml, MTD_MSIL2A.xml), which lie in the
// product's folder, with the address home: what EOEPCA's registrar made metadata of ISO 19115-2 of (REG-12). The key lacks
// the workspace and the collection. All that is missing is told at once.
func Record(home string, product []byte) (record.Record, error) {
	root, err := xmldoc.Parse(product)
	if err != nil {
		return record.Record{}, fault.At(fault.Invalid, "product_metadata", "the product's metadata: %w", err)
	}
	s := sentinel2{product: root, w: &xmldoc.Wanted{File: root.Local}}
	info := s.info()
	name := s.w.Text(info, "PRODUCT_URI")
	rec := record.Record{Key: record.Key{ID: name}, Type: "dataset", Title: name, Abstract: name, MediaType: typeXML}
	if text := s.w.Text(root, outline2); text != "" {
		if outline := exactPositions(s.w, outline2, text); outline != nil {
			rec.Footprint = geo.Footprint(outline)
		}
	}
	rec.Time = s.time()
	rec.Keywords = s.keywords()
	s.describe(&rec)
	rec.Links = s.imageLinks(strings.TrimSuffix(home, "/"))
	return rec, s.w.Err()
}

// time is when the product was seen, by the two moments that it names.
func (s sentinel2) time() record.Interval {
	moment := func(name string) record.Interval {
		text := s.w.Text(s.info(), name)
		i, err := record.ParseInterval(text)
		if err != nil && text != "" {
			s.w.Fail(name, "is %.40q, which is not a time", text)
		}
		return i
	}
	i := record.Interval{Start: moment("PRODUCT_START_TIME").Start, End: moment("PRODUCT_STOP_TIME").End}
	if i.End.Before(i.Start) {
		s.w.Fail("PRODUCT_STOP_TIME", "lies before PRODUCT_START_TIME")
	}
	return i
}

// keywords are what the original has searched for as words: names of the EO extension of OpenSearch with their values. There
// each value was the first letter of the path to it.
func (s sentinel2) keywords() []string {
	take := s.info().Find("Datatake")
	snow := ""
	for e := range s.product.Below("SNOW_ICE_PERCENTAGE") {
		snow = e.Text()
		break
	}
	var all []string
	for _, k := range []struct{ name, value string }{
		{"eo:productType", s.info().Find("PRODUCT_TYPE").Text()}, {"eo:orbitNumber", take.Find("SENSING_ORBIT_NUMBER").Text()},
		{"eo:orbitDirection", take.Find("SENSING_ORBIT_DIRECTION").Text()}, {"eo:snowCover", snow},
	} {
		if k.value != "" {
			all = append(all, k.name+":"+k.value)
		}
	}
	return all
}

// describe sets what else a record has of a product. Its instrument is called by the kind of what it took, as in the
// original.
func (s sentinel2) describe(rec *record.Record) {
	info := s.info()
	take := info.Find("Datatake")
	rec.SetTexts(record.PropertyPlatform, take.Find("SPACECRAFT_NAME").Text())
	if kind := take.Find("DATATAKE_TYPE").Text(); kind != "" {
		rec.SetList(record.PropertyInstruments, []any{kind})
	}
	rec.SetTexts(record.PropertySensorType, info.Find("PRODUCT_TYPE").Text())
	rec.SetTexts(record.PropertyProcessingLevel, info.Find("PROCESSING_LEVEL").Text())
	generated := info.Find("GENERATION_TIME").Text()
	rec.SetTexts(record.PropertyCreationDate, generated)
	rec.SetTexts(record.PropertyPublicationDate, generated)
	if n, ok := xmldoc.ParseNumber(s.product.Find("Quality_Indicators_Info/Cloud_Coverage_Assessment").Text()); ok {
		rec.SetNumber(record.PropertyCloudCover, n)
	}
	if bands := s.bands(); len(bands) > 0 {
		rec.SetList(record.PropertyBands, bands)
	}
}

// bands are the bands by the names that the product has for them, with their limits in nanometres.
func (s sentinel2) bands() []any {
	var all []any
	for e := range s.image().All("Spectral_Information_List/Spectral_Information") {
		name := e.Attr("physicalBand")
		if name == "" || len(all) >= len(msi()) {
			continue
		}
		band := map[string]any{"name": name}
		low, ok := xmldoc.ParseNumber(e.Find("Wavelength/MIN").Text())
		high, too := xmldoc.ParseNumber(e.Find("Wavelength/MAX").Text())
		if ok && too && e.Find("Wavelength/MIN").Attr("unit") == "nm" {
			band["min"], band["max"] = low, high
		}
		all = append(all, band)
	}
	return all
}

// imageLinks lead to the images of the product. What is named is not always there, or outside the product.
func (s sentinel2) imageLinks(home string) []record.Link {
	var all []record.Link
	for granule := range s.info().All("Product_Organisation/Granule_List/Granule") {
		kind, extension := typeJP2, ".jp2"
		if granule.Attr("imageFormat") == "GeoTIFF" || granule.Attr("imageFormat") == "TIFF" {
			kind, extension = typeTIFF, ".tif"
		}
		for image := range granule.All("IMAGE_FILE") {
			name := image.Text()
			if len(all) >= maxImages || name == "" || strings.Contains(name, "..") || strings.Contains(name, ":") {
				s.w.Fail("IMAGE_FILE", "is %.80q, which is no image of the product, or one beyond %d", name, maxImages)
				return all
			}
			all = append(all, record.Link{Rel: "enclosure", Href: home + "/" + strings.TrimPrefix(name, "/") + extension, Type: kind, Title: "Granule", Name: "granule"})
		}
	}
	return all
}
