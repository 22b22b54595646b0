package iso19115

import (
	"reflect"
	"testing"

	"perigee/shared/record"
)

// RC-04: keywords say of an observation what has no element; what has one is not said otherwise by a keyword.
func TestObservations(t *testing.T) {
	cloud := 5.0
	m := Metadata{ID: "scene", CloudCover: &cloud, Resource: Resource{Keywords: []Keywords{{Words: []string{
		"eo:productType:S2MSI2A", "eo:orbitNumber:50", "eo:orbitDirection:DESCENDING", "eo:snowCover:0.0", "eo:cloudCover:80", "eo:track:many", "eo:track:NaN",
		"eo:other:x", "eo:productType", "platform:none", "ice",
	}}}}}
	rec := m.Record()
	want := map[string]any{"product:type": "S2MSI2A", "sat:absolute_orbit": 50.0, "sat:orbit_state": "descending", "eo:snow_cover": 0.0, record.PropertyCloudCover: 5.0, "sat:relative_orbit": nil, "platform": nil}
	for name, value := range want {
		if !reflect.DeepEqual(rec.Properties[name], value) {
			t.Errorf("%s is %v, not %v", name, rec.Properties[name], value)
		}
	}
	if len(rec.Keywords) != 11 {
		t.Errorf("keywords are %q", rec.Keywords)
	}
}
