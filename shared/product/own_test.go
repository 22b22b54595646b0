package product

import (
	"encoding/json"
	"testing"

	"perigee/shared/record"
	"perigee/shared/stac"
)

// REG-30: the browses that an item brings, as virtual assets and as browses of its own; what nothing can be made of is left
// out.
func TestOwnBrowses(t *testing.T) {
	coverages := []record.Coverage{
		coverage("red", "UInt16", "data", record.Band{Name: "B4", Minimum: number(1), Maximum: number(9)}), coverage("green", "UInt16", "data", record.Band{Name: "B3"}),
		coverage("blue", "UInt16", "data", record.Band{Name: "B2", NoData: number(0)}), coverage("nir", "UInt16", "data", record.Band{Name: "B5"}),
	}
	for name, c := range map[string]struct{ item, want string }{
		"an expression": {`{"virtual:assets": {"NDVI": {"hrefs": ["#nir", "#red"], "processing:expression": {"format": "gdal-calc", "expression": "(B5-B4)/(B5+B4)"}, "raster:bands": [{"statistics": {"minimum": -1, "maximum": 1}}]}}}`,
			`{"NDVI":{"grey":{"expression":"(B5-B4)/(B5+B4)","range":[-1,1]}}}`},
		"assets and a band": {`{"virtual:assets": {"RGB": {"hrefs": ["#red", "#green", "#B2"], "raster:bands": [{"statistics": {"minimum": 0, "maximum": 50}, "nodata": 7}]}}}`,
			`{"RGB":{"red":{"expression":"B4","range":[0,50],"nodata":7},"green":{"expression":"B3","range":[0,4000]},"blue":{"expression":"B2","range":[0,4000],"nodata":0}}}`},
		"within the properties, as one address": {`{"properties": {"virtual:assets": {"GREEN": {"href": "#green"}}}}`, `{"GREEN":{"grey":{"expression":"B3","range":[0,4000]}}}`},
		"addresses in a list":                   {`{"virtual:assets": {"RED": {"href": ["#red"]}}}`, `{"RED":{"grey":{"expression":"B4","range":[1,9]}}}`},
		"with alpha":                            {`{"virtual:assets": {"A": {"hrefs": ["#red", "#red", "#red", "#nir"]}}}`, `{"A":{"red":{"expression":"B4","range":[1,9]},"green":{"expression":"B4","range":[1,9]},"blue":{"expression":"B4","range":[1,9]},"alpha":{"expression":"B5","range":[0,4000]}}}`},
		"browses": {`{"properties": {"brow:browses": {"TRUE_COLOR": {"bands": ["B4", "B3", "B2"], "range": [0, 100]}, "INDEX": {"expression": "B5/B4"}, "ONE": {"bands": ["B5"]}}}}`,
			`{"INDEX":{"grey":{"expression":"B5/B4"}},"ONE":{"grey":{"expression":"B5","range":[0,4000]}},"TRUE_COLOR":{"red":{"expression":"B4","range":[0,100]},"green":{"expression":"B3","range":[0,100]},"blue":{"expression":"B2","range":[0,100],"nodata":0}}}`},
		"what cannot be made": {`{"virtual:assets": {"far": {"hrefs": ["https://elsewhere/x.tif"]}, "two": {"hrefs": ["#red", "#nir"]}, "unknown": {"hrefs": ["#swir"]}, "none": {}, "lisp": {"processing:expression": {"format": "rio-calc", "expression": "(- B5 B4)"}},
			"B__C": {"hrefs": ["#red"]}, "list": [], "number": {"processing:expression": {"expression": "5"}}}, "properties": {"brow:browses": {"a": {"bands": ["B9"]}, "b": 5, "c": {"expression": "sin(X)"}, "d": {"bands": ["B4", "B5"]}}}}`, `{}`},
		"nothing": {`{}`, `{}`},
	} {
		got, err := json.Marshal(own(&stac.Item{Raw: []byte(c.item)}, coverages))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	auto := Auto(&stac.Item{Raw: []byte(`{"virtual:assets": {"NIR": {"hrefs": ["#nir"]}}}`)}, coverages[3:])
	if auto.DefaultBrowse != "NIR" || len(auto.Browses) != 1 {
		t.Errorf("it looks like %+v", auto)
	}
}

// REG-24: the name of the type that an item has of itself.
func TestAutoName(t *testing.T) {
	for want, item := range map[string]*stac.Item{
		"": {},
		"landsat-8_oli_tirs_landsat_B4_B5": {Properties: map[string]any{"platform": "landsat-8", "instruments": []any{"oli", "tirs"}, "constellation": "landsat"},
			Assets: []stac.Asset{{Key: "nir", Bands: []stac.Band{{Name: "B5"}}}, {Key: "a", Bands: []stac.Band{{Name: "B4"}, {}}}}},
		"x_MERIS_m_B1": {Properties: map[string]any{"eo:platform": "x", "instruments": "MERIS", "mission": "m", "eo:bands": []any{map[string]any{"name": "B1"}, 5}}, Assets: []stac.Asset{{Bands: []stac.Band{{Name: "B9"}}}}},
	} {
		if got := AutoName(item); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
