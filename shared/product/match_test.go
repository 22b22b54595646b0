package product

import (
	"slices"
	"testing"
)

// REG-23: a product type is chosen by its filter alone, scalars and lists compare as such, the first that holds counts.
func TestMatch(t *testing.T) {
	config, err := Load("hr.yaml", original(t))
	if err != nil {
		t.Fatal(err)
	}
	s1 := func(polarizations ...any) map[string]any {
		return map[string]any{"constellation": "sentinel-1", "sar:instrument_mode": "IW", "sar:product_type": "GRD", "sar:polarizations": polarizations}
	}
	for _, c := range []struct {
		name       string
		properties map[string]any
		want       string
	}{
		{"scalar", map[string]any{"s2:product_type": "S2MSI2A"}, "S2MSI2A"},
		{"all must hold", map[string]any{"platform": "landsat-8", "landsat:correction": "L1GT"}, "L8MSI1GT"},
		{"one does not", map[string]any{"platform": "landsat-8", "landsat:correction": "L2SP"}, ""},
		{"list", s1("VV", "VH"), "S1IWGRD1C_VVVH"},
		{"another list", s1("HH", "HV"), ""},
		{"shorter list", s1("VV"), ""},
		{"the name does not match", map[string]any{"name": "S2MSI2A"}, ""},
		{"nothing", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, _ := config.Match(c.properties); got.Name != c.want {
				t.Errorf("got %q, want %q", got.Name, c.want)
			}
		})
	}
}

// Numbers of the configuration compare with those of a JSON document.
func TestMatchNumbers(t *testing.T) {
	config, err := Load("p.yaml", []byte("productTypes: [{name: N, filter: {level: 2, factors: [1, 2.5], good: true}}]"))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := config.Match(map[string]any{"level": 2.0, "factors": []any{1.0, 2.5}, "good": true}); !ok {
		t.Error("equal numbers do not match")
	}
	if _, ok := config.Match(map[string]any{"level": 3.0, "factors": []any{1.0, 2.5}, "good": true}); ok {
		t.Error("different numbers match")
	}
}

// REG-23: a collection that names the types it takes refuses others; a deployment may look for some types only.
func TestAccepted(t *testing.T) {
	a, b := Type{Name: "a", Collections: []string{"open", "own", "other", "none"}}, Type{Name: "b"}
	c := Config{ProductTypes: []Type{a, b}, Collections: map[string]Collection{"open": {}, "own": {ProductTypes: []string{"a", "b"}}, "other": {ProductTypes: []string{"b"}}}}
	if got := c.Accepted(a); !slices.Equal(got, []string{"open", "own", "none"}) || len(a.Collections) != 4 {
		t.Errorf("it is in %q", got)
	}
	if only := c.Only([]string{"b"}).ProductTypes; len(only) != 1 || only[0].Name != "b" || len(c.Only(nil).ProductTypes) != 2 || len(c.ProductTypes) != 2 {
		t.Errorf("of all %+v", only)
	}
}
