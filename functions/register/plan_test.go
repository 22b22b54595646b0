package main

import (
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/product"
	"perigee/shared/stac"
)

func asset(key, kind string, roles ...string) stac.Asset {
	return stac.Asset{Key: key, Href: key, Type: kind, Roles: roles}
}

func keys(all []wanted) string {
	var names []string
	for _, w := range all {
		name := w.asset.Key
		if w.kind.Name != "" {
			name += ":" + w.kind.Name
		}
		for _, mark := range []struct {
			set  bool
			text string
		}{{w.placed, "!"}, {w.apart, "-"}, {w.optional, "?"}} {
			if mark.set {
				name += mark.text
			}
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

// REG-25, REG-29: the assets of a product type, in its order of preference; pictures and masks stand apart.
func TestTypedAssets(t *testing.T) {
	config, err := product.Load("p", []byte(`
productTypes:
  - name: T
    coverages: {S2L2A_B04: {assets: [B04-10m, B04]}, S2L2A_B03: {assets: [B03]}, S2L2A_B02: {assets: [B02]}}
    browses: {A: {asset: visual}, B: {asset: nowhere}, C: {grey: {expression: B04}}}
    masks: {clouds: {asset: scl}, snow: {validity: false}}
`))
	if err != nil {
		t.Fatal(err)
	}
	stack := stac.Asset{Key: "stack", Roles: []string{"data"}, Bands: []stac.Band{{Name: "B02"}, {Name: "B03"}}}
	for want, assets := range map[string][]stac.Asset{
		"B03:S2L2A_B03! B04-10m:S2L2A_B04! visual-? scl-?": {asset("B04", ""), asset("B04-10m", ""), asset("B03", ""), asset("visual", ""), asset("scl", "")},
		"stack! B04:S2L2A_B04!":                            {asset("B04", ""), stack},
		"":                                                 {asset("thumbnail", "image/png")},
	} {
		kind, _ := config.TypeNamed("T")
		if got := keys(typedAssets(config, kind, &stac.Item{Assets: assets})); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The rasters of an item that no product type takes.
func TestUntypedAssets(t *testing.T) {
	const cog = "image/tiff; application=geotiff; profile=cloud-optimized"
	item := &stac.Item{Assets: []stac.Asset{
		asset("data", cog, "data"), asset("plain", "image/vnd.stac.geotiff"), asset("visual", cog, "visual"), asset("overview", cog, "overview"),
		asset("thumb", cog, "thumbnail"), asset("meta", cog, "metadata"), asset("mask", "image/tiff", "mask"), asset("jp2", "image/jp2", "data"),
		asset("png", "image/png", "visual"), asset("x.tif", ""), asset("y.TIFF", "application/octet-stream"), asset("z.nc", ""), asset("doc.json", "application/json"),
	}}
	want := "data plain visual- overview-? mask? jp2 x.tif y.TIFF"
	if got := keys(untypedAssets(item)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// REG-25: the item's word for the place of a file of its size, else the file's own.
func TestGridOf(t *testing.T) {
	own := geo.Grid{CRS: 32633, Transform: [6]float64{5e5, 10, 0, 5e6, 0, -10}, Width: 100, Height: 50, BlockWidth: 512, DataType: "UInt16"}
	bare := own
	bare.CRS, bare.Transform = 0, [6]float64{0, 1, 0, 0, 0, 1}
	said := stac.Asset{EPSG: 32632, Shape: []int{50, 100}, Transform: []float64{20, 0, 1e5, 0, -20, 2e6}}
	other := said
	other.Shape = []int{60, 100}
	for _, c := range []struct {
		name  string
		asset stac.Asset
		file  geo.Grid
		crs   geo.CRS
		words string
	}{
		{"the file's", stac.Asset{}, own, 32633, ""},
		{"the item's", said, own, 32632, ""},
		{"the item's for a bare file", said, bare, 32632, ""},
		{"the item means another size", other, own, 32633, ""},
		{"neither", stac.Asset{}, bare, 0, "the item does not give it"},
		{"another size of a bare file", other, bare, 0, "proj:shape says 100 x 60"},
		{"half of it", stac.Asset{EPSG: 32632, Shape: []int{50, 100}}, bare, 0, "does not give it whole"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := gridOf(c.asset, description{Grid: c.file})
			if c.words != "" {
				if err == nil || !strings.Contains(err.Error(), c.words) {
					t.Fatalf("got %v, want %q", err, c.words)
				}
				return
			}
			if err != nil || got.CRS != c.crs || got.BlockWidth != 512 || !got.Valid() {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func testPlaces(t *testing.T) places {
	t.Helper()
	endpoint, err := url.Parse("http://store.example:9000/s3/")
	if err != nil {
		t.Fatal(err)
	}
	return places{ingest: "ingest", cache: "cache", read: []string{"eodata"}, endpoint: endpoint}
}

// REG-31: addresses of objects, and whose buckets may be referred to.
func TestPlaces(t *testing.T) {
	p := testPlaces(t)
	for href, want := range map[string]string{
		"s3://b/k/x.tif":                            "b|k/x.tif",
		"s3://b/a%20b.tif":                          "b|a%20b.tif",
		"http://store.example:9000/s3/b/a%20b.tif":  "b|a b.tif",
		"HTTP://STORE.EXAMPLE:9000/s3/b/k?x=1":      "b|k",
		"https://elsewhere.example/s3/b/k":          "",
		"http://store.example:9000/other/b/k":       "",
		"http://store.example:9000/s3/b":            "",
		"s3://b":                                    "",
		"B04.tif":                                   "",
		"ftp://x/y":                                 "",
		"http://[::1":                               "",
		"file:///etc/passwd":                        "",
		"http://user:x@store.example:9000/s3/b/key": "b|key",
	} {
		name, key, ok := p.object(href)
		if got := name + "|" + key; ok != (want != "") || (ok && got != want) {
			t.Errorf("%s: %q, %v; want %q", href, got, ok, want)
		}
	}
	for _, c := range []struct {
		workspace, bucket string
		allowed           bool
	}{{"", "ingest", true}, {"", "eodata", true}, {"", "ws", false}, {"ws", "ws", true}, {"ws", "ingest", false}, {"ws", "eodata", false},
		{"ws", "other", false}, {"cache", "cache", false}, {"ingest", "ingest", false}, {"", "cache", false}} {
		if err := p.mayRead(c.workspace, c.bucket); (err == nil) != c.allowed || (err != nil && fault.KindOf(err) != fault.Forbidden) {
			t.Errorf("%q in %q: %v", c.bucket, c.workspace, err)
		}
	}
}

// REG-11: the links of the original, with the stray parameter left out and paths that any base fits.
func TestItemLinks(t *testing.T) {
	raw, err := os.ReadFile("testdata/item.json")
	if err != nil {
		t.Fatal(err)
	}
	item, err := stac.DecodeItem(raw)
	if err != nil {
		t.Fatal(err)
	}
	r := &registrar{places: testPlaces(t)}
	rec := r.itemRecord(request{scope: scopeOf("")}, item, source{href: "s3://ingest/a b/item.json", text: raw})
	want := map[string]string{
		"OGC:WMS": `/ows?service=WMS&version=1.3.0&request=GetCapabilities&cql=identifier%3D%22S2A_T33UVP_20240601%22`,
		"":        "/stac/collections/S2MSI2A/items/S2A_T33UVP_20240601",
		"B04":     "s3://ingest/a b/B04.tif",
		"far":     "https://elsewhere.example/far.tif",
	}
	for _, l := range rec.Links {
		name := l.Name
		if l.Protocol != "" {
			name = l.Protocol
		}
		if href, ok := want[name]; ok {
			if l.Href != href {
				t.Errorf("%s: %s, want %s", name, l.Href, href)
			}
			delete(want, name)
		}
	}
	if len(want) != 0 {
		t.Errorf("no links %v among %+v", want, rec.Links)
	}
	if rec.Title != "Water and fields" || rec.Abstract != "A scene." || !slices.Equal(rec.Keywords, []string{"water", "fields"}) || rec.Version == "" {
		t.Errorf("record %+v", rec)
	}
}

// Files outside the object store are drawn where that is allowed: those of the folder for the system alone, and none that
// lead out of it.
func TestPlacesOutside(t *testing.T) {
	closed := places{}
	open := places{web: true, folder: "/data"}
	for href, want := range map[string][2]bool{ // for the system, for a workspace
		"https://example.org/a.tif": {true, true}, "HTTP://example.org/a.tif": {true, true}, "ftp://example.org/a.tif": {}, "s3://other/a.tif": {},
		"file:///data/a.tif": {true, false}, "file:///data/b/c.tif": {true, false}, "file:///data": {}, "file:///database/a.tif": {}, "file:///data/../etc/passwd": {}, "file://host/data/a.tif": {},
		"/data/a.tif": {}, "": {},
	} {
		if got := [2]bool{open.outside("", href), open.outside("ws", href)}; got != want {
			t.Errorf("%q: %v, want %v", href, got, want)
		}
		if closed.outside("", href) {
			t.Errorf("%q is drawn though nothing is allowed", href)
		}
	}
}
