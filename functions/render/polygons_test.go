package main

import (
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

const square = `[[[1,2],[3,2],[3,4],[1,4],[1,2]]]`

// Masks come as GeoJSON and GML of every version, in any system and order of axes (EOxServer took all for EPSG:4326:
// 1.9/19).
func TestMaskPolygons(t *testing.T) {
	want := orb.MultiPolygon{{{{1, 2}, {3, 2}, {3, 4}, {1, 4}, {1, 2}}}}
	gml3 := func(system, positions string) string {
		return `<x xmlns:gml="http://www.opengis.net/gml"><gml:Polygon srsName="` + system + `"><gml:exterior><gml:LinearRing><gml:posList>` + positions + `</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></x>`
	}
	for name, test := range map[string]struct {
		text string
		crs  geo.CRS
	}{
		"a geometry":       {`{"type":"Polygon","coordinates":` + square + `}`, 0},
		"a feature":        {`{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":` + square + `}}`, 0},
		"features":         {`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"MultiPolygon","coordinates":[` + square + `]}},{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[1,2]}}]}`, 0},
		"of a UTM zone":    {`{"type":"Polygon","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::32633"}},"coordinates":` + square + `}`, 32633},
		"GML, east first":  {gml3("EPSG:4326", "1 2 3 2 3 4 1 4 1 2"), geo.WGS84},
		"GML, north first": {gml3("urn:ogc:def:crs:EPSG::4326", "2 1 2 3 4 3 4 1 2 1"), geo.WGS84},
		"GML, UTM":         {gml3("urn:ogc:def:crs:EPSG:8.7.1:32633", "1 2 3 2 3 4 1 4 1 2"), 32633},
		"GML 2":            {`<gml:Polygon xmlns:gml="http://www.opengis.net/gml"><gml:outerBoundaryIs><gml:LinearRing><gml:coordinates>1,2 3,2 3,4 1,4 1,2</gml:coordinates></gml:LinearRing></gml:outerBoundaryIs></gml:Polygon>`, 0},
		"GML with heights": {strings.Replace(gml3("EPSG:4326", "1 2 9 3 2 9 3 4 9 1 4 9 1 2 9"), "posList>", `posList srsDimension="3">`, 1), geo.WGS84},
	} {
		got, crs, err := readMask("x", []byte(test.text))
		if err != nil || crs != test.crs || !orb.Equal(got, want) {
			t.Errorf("%s: %v %s %v", name, got, crs, err)
		}
	}
	for name, text := range map[string]string{
		"no JSON": "{", "no geometry": `{"type":"Feature"}`, "a system of its own": `{"type":"Polygon","crs":{"properties":{"name":"mine"}},"coordinates":` + square + `}`,
		"an open ring": gml3("EPSG:4326", "1 2 3 2 3 4 1 4"), "half a point": gml3("EPSG:4326", "1 2 3"), "words": gml3("EPSG:4326", "a b c d e f g h a b"),
		"nowhere": gml3("EPSG:4326", "NaN 2 3 2 3 4 1 4 NaN 2"), "entities": `<!DOCTYPE x [<!ENTITY a "b">]>` + gml3("EPSG:4326", "1 2 3 2 3 4 1 4 1 2"), "broken XML": "<a><b></a>",
	} {
		if got, _, err := readMask("x", []byte(text)); err == nil && got != nil || err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
}

func FuzzMaskPolygons(f *testing.F) {
	f.Add([]byte(`{"type":"Polygon","coordinates":` + square + `}`))
	f.Add([]byte(`<gml:Polygon xmlns:gml="g" srsName="EPSG:4326"><gml:posList srsDimension="3">1 2 9 3 2 9 3 4 9 1 2 9</gml:posList></gml:Polygon>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, _, err := readMask("x", text); err != nil && fault.KindOf(err) != fault.Invalid {
			t.Error(err)
		}
	})
}
