package main

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/stac"
	_ "perigee/test/draws" // the same each time
)

func number(f float64) *float64 { return &f }

// REG-24, REG-25: what a band is called and means: the coverage type's word, the item's, the file's.
func TestBandsOf(t *testing.T) {
	file := func(n int) []record.Band {
		bands := make([]record.Band, n)
		for i := range bands {
			bands[i] = record.Band{Name: "b1", Minimum: number(1), Maximum: number(9), NoData: number(7)}
		}
		return bands
	}
	kind := product.CoverageType{Name: "K", Bands: []product.Band{{Identifier: "B04", Name: "red", NilValues: []product.NilValue{{Value: 0}}}}}
	eo := []stac.Band{{Name: "red-edge 1", CommonName: "rededge", Scale: 0.0001, Minimum: number(2), Maximum: number(5)}}
	for _, c := range []struct {
		name string
		w    wanted
		file []record.Band
		want string
	}{
		{"by the coverage type", wanted{asset: stac.Asset{Key: "a"}, kind: kind}, file(1),
			`[{"name":"B04","common_name":"red","index":1,"nodata":7,"minimum":1,"maximum":9}]`},
		{"nothing known of the file", wanted{asset: stac.Asset{Key: "a"}, kind: kind}, nil, `[{"name":"B04","common_name":"red","index":1,"nodata":0}]`},
		{"by the item", wanted{asset: stac.Asset{Key: "a", Bands: eo}}, file(1),
			`[{"name":"red_edge_1","common_name":"rededge","index":1,"nodata":7,"minimum":1,"maximum":9,"scale":0.0001}]`},
		{"the coverage type before the item", wanted{asset: stac.Asset{Key: "a", Bands: eo}, kind: kind}, file(1),
			`[{"name":"B04","common_name":"rededge","index":1,"nodata":7,"minimum":1,"maximum":9,"scale":0.0001}]`},
		{"by the key", wanted{asset: stac.Asset{Key: "10m/red"}}, file(1), `[{"name":"b10m_red","index":1,"nodata":7,"minimum":1,"maximum":9}]`},
		{"by the key, two bands", wanted{asset: stac.Asset{Key: "vv"}}, file(2),
			`[{"name":"vv_1","index":1,"nodata":7,"minimum":1,"maximum":9},{"name":"vv_2","index":2,"nodata":7,"minimum":1,"maximum":9}]`},
		{"a picture stands apart", wanted{asset: stac.Asset{Key: "visual", Bands: eo}, apart: true}, file(1),
			`[{"name":"visual","index":1,"nodata":7,"minimum":1,"maximum":9,"scale":0.0001}]`},
		{"statistics of the item alone", wanted{asset: stac.Asset{Key: "a", Bands: []stac.Band{{Name: "x", Minimum: number(2), Maximum: number(5)}}}}, nil,
			`[{"name":"x","index":1,"minimum":2,"maximum":5}]`},
		{"the same name twice", wanted{asset: stac.Asset{Key: "a", Bands: []stac.Band{{Name: "x"}, {Name: "x"}}}}, nil,
			`[{"name":"x","index":1},{"name":"x_2","index":2}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := json.Marshal(bandsOf(c.w, c.file))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Whatever an asset is called, its bands have distinct names that an expression can use.
func TestBandNames(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		names := rapid.SliceOfN(rapid.StringMatching(`[A-Za-z0-9 ü\-_]{0,4}`), 1, 6).Draw(r, "names")
		asset := stac.Asset{Key: rapid.StringMatching(`[A-Za-z0-9 /\-]{1,6}`).Draw(r, "key")}
		for _, n := range names {
			asset.Bands = append(asset.Bands, stac.Band{Name: n})
		}
		seen := map[string]bool{}
		for _, b := range bandsOf(wanted{asset: asset}, nil) {
			if seen[b.Name] || b.Name == "" || identifier(b.Name) != b.Name {
				r.Fatalf("%q of %q", b.Name, names)
			}
			seen[b.Name] = true
		}
	})
}
