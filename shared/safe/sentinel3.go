package safe

import (
	"path"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/stac"
	"perigee/shared/xmldoc"
)

// sentinel3 is a product of Sentinel-3 that is read.
type sentinel3 struct {
	Manifest
	w           *xmldoc.Wanted
	information *xmldoc.Node // of the instrument
}

// Sentinel3 makes an item of a product of Sentinel-3 (OLCI, SLSTR, SRAL or SYNERGY, of level 1 or 2) of its manifest. All
// that is missing is told at once.
func Sentinel3(m Manifest) (stac.Draft, error) {
	s := sentinel3{Manifest: m, w: &xmldoc.Wanted{File: m.name}}
	for _, id := range []string{"olciProductInformation", "slstrProductInformation", "sralProductInformation", "synergyProductInformation"} {
		if e := m.metadata(id); e != nil {
			s.information = e
		}
	}
	general := m.metadata("generalProductInformation").Find("generalProductInformation")
	platform := m.metadata("platform").Find("platform")
	draft := stac.Draft{
		ID:         strings.TrimSuffix(m.Name(), ".SEN3"),
		Extensions: []string{extensionFile, extensionSAT, extensionEO},
		Geometry:   s.footprint(),
		Links:      licenceLinks(),
		Properties: map[string]any{
			"constellation": s.w.Text(platform, "familyName"), "platform": s.w.Text(platform, "familyName") + s.w.Text(platform, "number"),
			"providers":      providers("https://earth.esa.int/web/guest/home"),
			"s3:productType": s.w.Text(general, "productType"),
		},
	}
	start, stop := times(s.w, m.metadata("acquisitionPeriod").Find("acquisitionPeriod"))
	setTimes(draft.Properties, start, stop)
	setText(draft.Properties, "s3:timeliness", general.Find("timeliness").Text())
	s.instruments(draft.Properties, platform)
	s.orbit(draft.Properties, platform)
	s.pixels(draft.Properties)
	s.size(draft.Properties)
	draft.Assets = distinct(s.assets())
	return draft, s.w.Err()
}

func (s sentinel3) footprint() orb.Geometry {
	const at = "frameSet/footPrint/posList"
	if text := s.w.Text(s.metadata("measurementFrameSet"), at); text != "" {
		if outline := positions(s.w, at, text); outline != nil {
			return geo.Footprint(outline)
		}
	}
	return nil
}

func (s sentinel3) instruments(p map[string]any, platform *xmldoc.Node) {
	var all []string
	for instrument := range platform.All("instrument") {
		if name := instrument.Find("familyName").Attr("abbreviation"); name != "" {
			all = append(all, name)
		}
		setText(p, "s3:mode", instrument.Find("mode").Attr("identifier"))
	}
	if all != nil {
		p["instruments"] = all
	}
}

// orbit is where in its orbits the satellite was; composites of many orbits say nothing of that.
func (s sentinel3) orbit(p map[string]any, platform *xmldoc.Node) {
	setText(p, "sat:platform_international_designator", platform.Find("nssdcIdentifier").Text())
	reference := s.metadata("measurementOrbitReference").Find("orbitReference")
	orbit := reference.Find("orbitNumber")
	setText(p, "sat:orbit_state", strings.ToLower(orbit.Attr("groundTrackDirection")))
	if n, ok := number(orbit.Text()); ok {
		p["sat:absolute_orbit"] = n
	}
	for relative := range reference.All("relativeOrbitNumber") {
		if n, ok := number(relative.Text()); ok && n > 0 {
			p["sat:relative_orbit"] = n
			return
		}
	}
}

// pixels are the percentages of kinds of pixels. Where they are told for several grids, those of 1 km count.
func (s sentinel3) pixels(p map[string]any) {
	for summary := range s.information.Below("*") {
		if name := summary.Local; name != "classificationSummary" && name != "pixelQualitySummary" {
			continue
		}
		if grid := summary.Attr("grid"); grid != "" && grid != "1 km" {
			continue
		}
		for kind := range summary.Children() {
			if kind.Local == "cloudyPixels" {
				setNumber(p, "eo:cloud_cover", kind.Attr("percentage"))
				continue
			}
			setNumber(p, "s3:"+kind.Local+"_percentage", kind.Attr("percentage"))
		}
	}
}

// first is the whole number of the first element of a name that tells of the instrument.
func (s sentinel3) first(name string) (int, bool) {
	for e := range s.information.Below(name) {
		return number(e.Text())
	}
	return 0, false
}

// size tells the number of columns and rows, and how far pixels lie apart where all have the same distance.
func (s sentinel3) size(p map[string]any) {
	columns, ok := s.first("columns")
	rows, too := s.first("rows")
	if ok && too {
		p["s3:shape"] = []int{columns, rows}
	}
	kind, _ := p["s3:productType"].(string)
	switch {
	case strings.HasPrefix(kind, "OL_"), kind == "SY_2_SYN___":
		p["s3:gsd"], p["gsd"] = 300, 300
		if strings.HasSuffix(strings.TrimRight(kind, "_"), "RR") {
			p["s3:gsd"], p["gsd"] = 1200, 1200
		}
	case strings.HasPrefix(kind, "SL_"):
		p["s3:gsd"] = map[string]any{"S1-S6": 500, "S7-S9 and F1-F2": 1000}
	}
}

// assets are the manifest and all files of data.
func (s sentinel3) assets() []stac.DraftAsset {
	all := []stac.DraftAsset{metadataAsset("safe-manifest", s.Href(s.name))}
	for _, f := range s.files {
		if path.Ext(f.Path) != ".nc" {
			continue
		}
		fields := map[string]any{"href": s.Href(f.Path), "type": typeNetCDF, "roles": []string{"data"}, "file:local_path": s.Name() + "/" + f.Path}
		setText(fields, "description", f.Title)
		setText(fields, "file:checksum", f.Checksum)
		if f.Size > 0 {
			fields["file:size"] = f.Size
		}
		key := strings.TrimSuffix(strings.TrimSuffix(f.ID, "Data"), "_")
		if key == "" {
			key = strings.TrimSuffix(f.Path, ".nc")
		}
		all = append(all, stac.DraftAsset{Key: key, Fields: fields})
	}
	return all
}
