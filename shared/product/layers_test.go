package product

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"perigee/shared/fault"
	"perigee/shared/record"
	_ "perigee/test/draws" // the same each time
)

// sample is the configuration that the manifests carry.
func sample(t *testing.T) Config {
	t.Helper()
	text, err := os.ReadFile("../../manifests/base/products.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Metadata struct{ Name, Namespace string }
		Data     map[string]string
	}
	if err := yaml.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Metadata.Name != "perigee-products" || manifest.Metadata.Namespace != "perigee" {
		t.Errorf("the ConfigMap is called %+v", manifest.Metadata)
	}
	config, err := Load("products.yaml", []byte(manifest.Data["products.yaml"]))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

var extents = []record.Extent{
	{Collection: "S2L2A", Bounds: orb.Bound{Min: orb.Point{13, 47}, Max: orb.Point{15, 49}}, Count: 3,
		Time: record.Interval{Start: time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2024, 6, 11, 0, 0, 0, 0, time.UTC)}},
	{Collection: "GONE", Count: 1},
	{ID: "ortho", Title: "An orthophoto", Bounds: orb.Bound{Min: orb.Point{14, 48}, Max: orb.Point{14.1, 48.1}}},
	{ID: "S3A_OL_2_LFR____20190910", Title: ""},
	{ID: "S3A", Title: ""},
}

func outline(b *strings.Builder, nodes []Node, depth int) {
	for _, n := range nodes {
		fmt.Fprintf(b, "%s%s | %s | base %s item %q browse %q | %v | %v\n", strings.Repeat("  ", depth), n.Name, n.Title, n.Base, n.ItemID, n.Browse, n.Grids, !n.Bounds.IsZero())
		outline(b, n.Children, depth+1)
	}
}

// RND-02, RND-03: collections with their browses below them, then the items that stand alone.
func TestLayerTree(t *testing.T) {
	var b strings.Builder
	outline(&b, sample(t).LayerTree(extents), 0)
	golden(t, "testdata/layers.txt", b.String())
}

// The layers of the original's configuration come out in its order; what is no browse (masks) is left out.
func TestLayerTreeOriginal(t *testing.T) {
	config, err := Load("hr.yaml", original(t))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	outline(&b, config.LayerTree(nil), 0)
	golden(t, "testdata/layers-original.txt", b.String())
}

// RND-03: names are split at the first separator; unknown ones are not found.
func TestResolve(t *testing.T) {
	config := sample(t)
	for name, want := range map[string]Target{
		"S2L2A":                          {Base: "S2L2A"},
		"S2L2A__NDVI":                    {Base: "S2L2A", Browse: "NDVI"},
		"S2L2A__masked_clouds":           {Base: "S2L2A", Browse: "masked_clouds"},
		"ortho":                          {Base: "ortho", ItemID: "ortho"},
		"ortho__TRUE_COLOR":              {Base: "ortho", ItemID: "ortho", Browse: "TRUE_COLOR"},
		"S3A_OL_2_LFR____20190910":       {Base: "S3A_OL_2_LFR____20190910", ItemID: "S3A_OL_2_LFR____20190910"},
		"S3A_OL_2_LFR____20190910__GREY": {Base: "S3A_OL_2_LFR____20190910", ItemID: "S3A_OL_2_LFR____20190910", Browse: "GREY"},
		"S3A__GREY":                      {Base: "S3A", ItemID: "S3A", Browse: "GREY"},
		"S2L2A__NDVI__x":                 {}, "S2L2A__masked_rain": {}, "L8L1TP": {}, "GONE": {}, "ort": {}, "orthophoto": {}, "": {}, "__": {},
	} {
		got, err := config.Resolve(name, extents)
		if want == (Target{}) {
			if fault.KindOf(err) != fault.NotFound || fault.LocatorOf(err) != "layer" {
				t.Errorf("%q: %+v, %v", name, got, err)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", name, got, err, want)
		}
	}
}

// Whatever the tree advertises can be resolved, to what the node says.
func TestResolveWhatIsAdvertised(t *testing.T) {
	config := sample(t)
	rapid.Check(t, func(r *rapid.T) {
		id := rapid.StringMatching(`[A-Za-z_]{1,12}`).Draw(r, "id")
		all := append([]record.Extent{{ID: id}}, extents...)
		var walk func([]Node)
		walk = func(nodes []Node) {
			for _, n := range nodes {
				got, err := config.Resolve(n.Name, all)
				if err != nil || got != (Target{Base: n.Base, ItemID: n.ItemID, Browse: n.Browse}) {
					r.Fatalf("%q: %+v, %v", n.Name, got, err)
				}
				walk(n.Children)
			}
		}
		walk(config.LayerTree(all))
	})
}

func TestBrowseOf(t *testing.T) {
	config := sample(t)
	auto, err := json.Marshal(Type{DefaultBrowse: Picture, Browses: map[string]Browse{Picture: {Asset: "visual"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		product record.Product
		browse  string
		want    string // an expression or asset, empty when there is none
	}{
		{"default", record.Product{Type: "S2MSI2A"}, "", "B04"},
		{"named", record.Product{Type: "S2MSI2A"}, "FALSE_COLOR", "B08"},
		{"unknown", record.Product{Type: "S2MSI2A"}, "NOPE", ""},
		{"type is gone", record.Product{Type: "OLD", Browses: auto}, "", ""},
		{"untyped", record.Product{Browses: auto}, "", "visual"},
		{"untyped, named", record.Product{Browses: auto}, Picture, "visual"},
		{"untyped without rendering", record.Product{}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, ok := config.BrowseOf(c.product, c.browse)
			got := b.Asset
			if b.Red != nil {
				got = b.Red.Expression
			}
			if got != c.want || ok != (c.want != "") {
				t.Errorf("got %q, %v; want %q", got, ok, c.want)
			}
		})
	}
}

// REG-29: without a default, TRUE_COLOR is it, else the only or first one.
func TestDefaultBrowse(t *testing.T) {
	for want, browses := range map[string]map[string]Browse{
		"TRUE_COLOR": {"NDVI": {}, "TRUE_COLOR": {}},
		"QUICKLOOK":  {"QUICKLOOK": {}},
		"A":          {"B": {}, "A": {}},
	} {
		if got := (Type{Browses: browses}).BrowseNames()[0]; got != want {
			t.Errorf("%v: %q, want %q", browses, got, want)
		}
	}
}
