package source

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"perigee/shared/filter"
	"perigee/shared/stac"
)

const filtered = `{"type": "Feature", "stac_version": "1.0.0", "id": "a", "collection": "S2MSI1C",
	"geometry": {"type": "Polygon", "coordinates": [[[16, 48], [17, 48], [17, 49], [16, 49], [16, 48]]]},
	"properties": {"datetime": "2019-09-10T10:00:00Z", "eo:cloud_cover": 12.5, "platform": "Sentinel-2A", "instruments": ["msi"], "s2:degraded": false,
		"start_datetime": "2019-09-10T10:00:00Z", "end_datetime": "2019-09-10T10:00:05Z"},
	"links": [], "assets": {}}`

// HRV-09: CQL2 JSON, written as such or as YAML, decides on each item as the catalogue would: what is unknown is not taken.
func TestFilter(t *testing.T) {
	item, err := stac.DecodeItem([]byte(filtered))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, filter string
		takes        bool
	}{
		{"nothing", `{}`, true},
		{"no key", ``, true},
		{"a comparison", `{"op": "<", "args": [{"property": "eo:cloud_cover"}, 20]}`, true},
		{"one that does not hold", `{"op": ">", "args": [{"property": "eo:cloud_cover"}, 20]}`, false},
		{"a prefix", `{"op": "=", "args": [{"property": "properties.platform"}, "Sentinel-2A"]}`, true},
		{"like and casei", `{"op": "like", "args": [{"op": "casei", "args": [{"property": "platform"}]}, {"op": "casei", "args": ["sentinel-2%"]}]}`, true},
		{"between", `{"op": "between", "args": [{"property": "eo:cloud_cover"}, 10, 20]}`, true},
		{"in", `{"op": "in", "args": [{"property": "collection"}, ["S2MSI1C", "S2MSI2A"]]}`, true},
		{"a truth value", `{"op": "=", "args": [{"property": "s2:degraded"}, false]}`, true},
		{"s_intersects", `{"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [14.9, 47.7, 16.4, 48.7]}]}`, true},
		{"s_disjoint", `{"op": "s_disjoint", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": [16.5, 48.5]}]}`, false},
		{"t_during", `{"op": "t_during", "args": [{"property": "datetime"}, {"interval": ["2019-09-10T00:00:00Z", "2019-09-11T00:00:00Z"]}]}`, true},
		{"t_after", `{"op": "t_after", "args": [{"property": "datetime"}, {"timestamp": "2019-09-11T00:00:00Z"}]}`, false},
		{"an array", `{"op": "a_contains", "args": [{"property": "instruments"}, ["msi"]]}`, true},
		{"arithmetic", `{"op": "=", "args": [{"op": "*", "args": [{"property": "eo:cloud_cover"}, 2]}, 25]}`, true},
		{"what is not there", `{"op": "=", "args": [{"property": "eo:snow_cover"}, 0]}`, false},
		{"the contrary of what is not there", `{"op": "not", "args": [{"op": "=", "args": [{"property": "eo:snow_cover"}, 0]}]}`, false},
		{"that it is not there", `{"op": "isNull", "args": [{"property": "eo:snow_cover"}]}`, true},
	} {
		for form, text := range map[string]string{"in JSON": c.filter, "in YAML": asYAML(t, c.filter)} {
			config, err := Load("f.yaml", fmt.Appendf(nil, "harvesters:\n- name: a\n  resource: {type: STACCatalog}\n  filter: %s\n", text))
			if err != nil {
				t.Errorf("%s %s: %v", c.name, form, err)
				continue
			}
			h, err := config.Harvester("a", nil)
			if err != nil || filter.Holds(h.Filter, item.Record()) != c.takes {
				t.Errorf("%s %s: %#v, %v", c.name, form, h.Filter, err)
			}
		}
	}
}

// asYAML writes JSON in block style.
func asYAML(t *testing.T, text string) string {
	t.Helper()
	if text == "" {
		return ""
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return blocks(v, "    ")
}

func blocks(v any, indent string) string {
	var text strings.Builder
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			return "{}"
		}
		for key, value := range v {
			text.WriteString("\n" + indent + key + ": " + blocks(value, indent+"  "))
		}
	case []any:
		for _, value := range v {
			text.WriteString("\n" + indent + "- " + blocks(value, indent+"  "))
		}
	default:
		plain, _ := json.Marshal(v)
		return string(plain)
	}
	return text.String()
}
