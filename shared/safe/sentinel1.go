package safe

import (
	"bytes"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/stac"
	"perigee/shared/xmldoc"
)

// resolutions are what the products of Sentinel-1 in ground range resolve, by mode and resolution class (Sentinel-1 Product
// Definition, S1-RS-MDA-52-7440, table 5-1): metres in range and azimuth, spacing of pixels, looks, and their equivalent
// number.
func resolutions() map[string][]float64 {
	return map[string][]float64{
		"SM F": {9, 9, 3.5, 3.5, 2, 2, 3.7}, "SM H": {23, 23, 10, 10, 6, 6, 29.7}, "SM M": {84, 84, 40, 40, 22, 22, 398.4},
		"IW H": {20, 22, 10, 10, 5, 1, 4.4}, "IW M": {88, 87, 40, 40, 22, 5, 81.8},
		"EW H": {50, 50, 25, 25, 3, 1, 2.7}, "EW M": {93, 87, 40, 40, 6, 2, 10.7},
		"WV M": {52, 51, 25, 25, 13, 13, 123.7},
	}
}

// sentinel1 is a product of Sentinel-1 that is read.
type sentinel1 struct {
	Manifest
	w       *xmldoc.Wanted
	general *xmldoc.Node
}

// measured is what the name of a file of Sentinel-1 tells: swath, polarisation, and whether it is cloud-optimized.
var measured = regexp.MustCompile(`(?:^|-)s1[a-d]-([a-z]{2}\d?)-[a-z]{3}-([hv]{2})-.*?(-cog)?\.(?:xml|tiff)$`)

// Annotations gives the addresses of a product's annotations, each of which tells the size of an image.
func (m Manifest) Annotations() []string {
	var all []string
	for _, f := range m.files {
		if path.Dir(f.Path) == "annotation" && measured.MatchString(path.Base(f.Path)) {
			all = append(all, m.Href(f.Path))
		}
	}
	return all
}

// Sentinel1 makes an item of a product of Sentinel-1 of level 1, in ground range (GRD) or single look complex (SLC), of
// its manifest; an annotation, when there is one, tells the size of the image. All that is missing is told at once.
func Sentinel1(m Manifest, annotation []byte) (stac.Draft, error) {
	s := sentinel1{Manifest: m, w: &xmldoc.Wanted{File: m.name}, general: m.metadata("generalProductInformation").Find("standAloneProductInformation")}
	draft := stac.Draft{
		ID:         strings.TrimSuffix(m.Name(), ".SAFE"),
		Extensions: []string{extensionSAR, extensionSAT, extensionEO, extensionProcessing},
		Geometry:   s.footprint(),
		Links:      licenceLinks(),
		Properties: map[string]any{
			"constellation": "sentinel-1", "instruments": []string{"c-sar"}, "providers": providers("https://earth.esa.int/eogateway"),
			"platform": strings.ToLower(s.w.Text(m.metadata("platform"), "platform/familyName") + s.w.Text(m.metadata("platform"), "platform/number")),
		},
	}
	start, stop := times(s.w, m.metadata("acquisitionPeriod").Find("acquisitionPeriod"))
	setTimes(draft.Properties, start, stop)
	s.radar(draft.Properties)
	s.orbit(draft.Properties)
	s.processing(draft.Properties)
	s.own(draft.Properties)
	if err := s.size(draft.Properties, annotation); err != nil {
		return draft, err
	}
	draft.Assets = distinct(s.assets())
	return draft, s.w.Err()
}

func (s sentinel1) footprint() orb.Geometry {
	const at = "frameSet/frame/footPrint/coordinates"
	if text := s.w.Text(s.metadata("measurementFrameSet"), at); text != "" {
		if outline := positions(s.w, at, text); outline != nil {
			return geo.Footprint(outline)
		}
	}
	return nil
}

// radar writes the fields of the SAR extension. What is resolved is known of whole products in ground range.
func (s sentinel1) radar(p map[string]any) {
	mode := s.w.Text(s.metadata("platform"), "platform/instrument/extension/instrumentMode/mode")
	var polarizations []string
	for e := range s.general.All("transmitterReceiverPolarisation") {
		polarizations = append(polarizations, e.Text())
	}
	if len(polarizations) == 0 {
		s.w.Fail("transmitterReceiverPolarisation", "is missing")
	}
	p["sar:frequency_band"], p["sar:center_frequency"], p["sar:observation_direction"] = "C", 5.405, "right"
	p["sar:instrument_mode"], p["sar:polarizations"] = mode, polarizations
	p["sar:product_type"] = s.w.Text(s.general, "productType")
	numbers := resolutions()[mode+" "+s.resolution()]
	for i, name := range []string{"resolution_range", "resolution_azimuth", "pixel_spacing_range", "pixel_spacing_azimuth", "looks_range", "looks_azimuth", "looks_equivalent_number"} {
		if numbers != nil {
			p["sar:"+name] = numbers[i]
		}
	}
}

// resolution is the resolution class in the product's name: S1A_IW_GRDH_..., empty for complex products.
func (s sentinel1) resolution() string {
	parts := strings.Split(s.Name(), "_")
	if len(parts) > 2 && len(parts[2]) == 4 && strings.HasPrefix(parts[2], "GRD") {
		return parts[2][3:]
	}
	return ""
}

func (s sentinel1) orbit(p map[string]any) {
	reference := s.metadata("measurementOrbitReference").Find("orbitReference")
	setText(p, "sat:platform_international_designator", s.metadata("platform").Find("platform/nssdcIdentifier").Text())
	p["sat:absolute_orbit"] = s.w.Whole(reference, "orbitNumber")
	p["sat:relative_orbit"] = s.w.Whole(reference, "relativeOrbitNumber")
	properties := reference.Find("extension/orbitProperties")
	setText(p, "sat:orbit_state", strings.ToLower(properties.Find("pass").Text()))
	if node := properties.Find("ascendingNodeTime").Text(); node != "" {
		p["sat:anx_datetime"] = strings.TrimSuffix(node, "Z") + "Z"
	}
}

// processing tells by what the product was made, and which orbits that relied on.
func (s sentinel1) processing(p map[string]any) {
	made := s.metadata("processing").Find("processing")
	p["processing:level"] = "L1"
	setText(p, "processing:facility", made.Find("facility").Attr("name"))
	if software := made.Find("facility/software"); software.Attr("name") != "" {
		p["processing:software"] = map[string]any{software.Attr("name"): software.Attr("version")}
	}
	if stop := made.Attr("stop"); stop != "" {
		p["s1:processing_datetime"] = strings.TrimSuffix(stop, "Z") + "Z"
	}
	p["s1:orbit_source"] = "DOWNLINK"
	for resource := range made.Below("*") {
		switch resource.Attr("role") {
		case "AUX_POE":
			p["s1:orbit_source"] = "POEORB"
		case "AUX_RES", "AUX_PREORB":
			p["s1:orbit_source"] = "RESORB"
		}
	}
}

// own are the fields that only Sentinel-1 has.
func (s sentinel1) own(p map[string]any) {
	p["s1:processing_level"] = "1"
	if class := map[string]string{"F": "full", "H": "high", "M": "medium"}[s.resolution()]; class != "" {
		p["s1:resolution"] = class
	}
	for name, element := range map[string]string{
		"s1:instrument_configuration_ID": "instrumentConfigurationID", "s1:datatake_id": "missionDataTakeID",
		"s1:product_timeliness": "productTimelinessCategory", "s1:slice_number": "sliceNumber", "s1:total_slices": "totalSlices",
	} {
		setText(p, name, s.general.Find(element).Text())
	}
	var swaths []string
	for e := range s.metadata("platform").All("platform/instrument/extension/instrumentMode/swath") {
		swaths = append(swaths, e.Text())
	}
	if len(swaths) > 1 {
		p["s1:swaths"] = swaths
	}
}

// size reads the size of the image of the part of an annotation that tells it, for the rest is large.
func (s sentinel1) size(p map[string]any, annotation []byte) error {
	const begin, end = "<imageInformation>", "</imageInformation>"
	from, to := bytes.Index(annotation, []byte(begin)), bytes.Index(annotation, []byte(end))
	if from < 0 || to < from {
		return nil
	}
	information, err := xmldoc.Parse(annotation[from : to+len(end)])
	if err != nil {
		return fault.At(fault.Invalid, "annotation", "%s: the annotation: %w", s.Name(), err)
	}
	p["s1:shape"] = []int{s.w.Whole(information, "numberOfSamples"), s.w.Whole(information, "numberOfLines")}
	return nil
}

// assets are the manifest, what describes and corrects each image, the quick look, and the images.
func (s sentinel1) assets() []stac.DraftAsset {
	manifest := metadataAsset("safe-manifest", s.Href(s.name))
	manifest.Fields["title"] = "Manifest"
	descriptions, images := []stac.DraftAsset{manifest}, []stac.DraftAsset(nil)
	for _, f := range s.files {
		m := measured.FindStringSubmatch(path.Base(f.Path))
		switch {
		case f.Path == "preview/quick-look.png":
			descriptions = append(descriptions, stac.DraftAsset{Key: "thumbnail", Fields: map[string]any{
				"href": s.Href(f.Path), "type": typePNG, "title": "Quick look", "roles": []string{"thumbnail"},
			}})
		case m != nil && strings.HasPrefix(f.Path, "measurement/"):
			images = append(images, s.measurement(f, m))
		case m != nil:
			descriptions = append(descriptions, s.description(f, m))
		}
	}
	return append(images, descriptions...)
}

// band names an image: by its polarisation, and in complex products by its swath too.
func (s sentinel1) band(m []string, join string) string {
	if s.resolution() != "" || len(m[1]) < 3 {
		return m[2]
	}
	return m[1] + join + m[2]
}

func (s sentinel1) description(f File, m []string) stac.DraftAsset {
	kind, title := "product", "Annotation"
	switch base := path.Base(f.Path); {
	case strings.HasPrefix(base, "calibration-"):
		kind, title = "calibration", "Calibration"
	case strings.HasPrefix(base, "noise-"):
		kind, title = "noise", "Thermal noise"
	case strings.HasPrefix(base, "rfi-"):
		kind, title = "rfi", "Radio frequency interference"
	}
	name := s.band(m, "-")
	if strings.Contains(name, "-") {
		name = strings.ToUpper(name)
	}
	asset := metadataAsset("schema-"+kind+"-"+name, s.Href(f.Path))
	asset.Fields["title"] = title + " " + strings.ToUpper(s.band(m, " "))
	return asset
}

func (s sentinel1) measurement(f File, m []string) stac.DraftAsset {
	polarization := strings.ToUpper(m[2])
	words := map[byte]string{'H': "horizontal", 'V': "vertical"}
	fields := map[string]any{
		"href": s.Href(f.Path), "type": typeTIFF, "title": strings.ToUpper(s.band(m, " ")), "roles": []string{"data"},
		"sar:polarizations": []string{polarization},
		"eo:bands": []any{map[string]any{
			"name": polarization, "description": words[polarization[0]] + " transmit, " + words[polarization[1]] + " receive",
		}},
	}
	if m[3] != "" {
		fields["type"] = typeCOG
	}
	if s.resolution() == "" {
		complexFields(fields, m[1])
	}
	return stac.DraftAsset{Key: s.band(m, "-"), Fields: fields}
}

// complexFields writes what complex images of interferometric wide swaths resolve (Sentinel-1 Product Definition, table
// 5-1), which differs from swath to swath. In the other modes it differs along the orbit.
func complexFields(fields map[string]any, swath string) {
	numbers, ok := map[string][4]float64{
		"iw1": {2.7, 22.5, 2.3, 14.1}, "iw2": {3.1, 22.7, 2.3, 14.1}, "iw3": {3.5, 22.6, 2.3, 14.1},
	}[swath]
	if !ok {
		return
	}
	for i, name := range []string{"resolution_range", "resolution_azimuth", "pixel_spacing_range", "pixel_spacing_azimuth"} {
		fields["sar:"+name] = numbers[i]
	}
	fields["sar:looks_range"], fields["sar:looks_azimuth"], fields["sar:looks_equivalent_number"] = 1, 1, 1
}

// number reads a whole number that may be missing.
func number(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil
}
