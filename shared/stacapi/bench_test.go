package stacapi

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"perigee/shared/scope"
)

// scenes is the API over so many items of six assets each, whose files lie in the object store.
func scenes(t testing.TB, n int) http.Handler {
	t.Helper()
	m := &memory{}
	for i := range n {
		assets := ""
		for _, band := range []string{"B02", "B03", "B04", "B08", "SCL", "TCI"} {
			assets += fmt.Sprintf(`,"%[1]s":{"href":"s3://ingest/S2/%[1]s.tif","type":"image/tiff; application=geotiff; profile=cloud-optimized","title":"%[1]s","roles":["data"],"proj:shape":[10980,10980],"eo:bands":[{"name":"%[1]s","common_name":"x"}]}`, band)
		}
		doc := fmt.Sprintf(`{"type":"Feature","stac_version":"1.0.0","stac_extensions":["https://stac-extensions.github.io/eo/v1.1.0/schema.json"],"id":"S2A_MSI_%06d","collection":"sentinel-2-l2a",`+
			`"bbox":[16.3,47.8,17.4,48.9],"geometry":{"type":"Polygon","coordinates":[[[16.3,47.8],[17.4,47.85],[17.36,48.9],[16.27,48.85],[16.3,47.8]]]},`+
			`"properties":{"datetime":"2026-01-02T03:04:05Z","created":"2026-01-02T03:04:05Z","title":"S2A_MSI","description":"river forest glacier soil moisture","platform":"sentinel-2a","instruments":["msi"],"gsd":10,"eo:cloud_cover":12.34,"proj:epsg":32633},`+
			`"links":[{"rel":"collection","href":"../sentinel-2-l2a.json","type":"application/json"}],"assets":{%s}}`, i, assets[1:])
		if err := m.addItem(scope.System, "s3://ingest/a/b.json", []byte(doc)); err != nil {
			t.Fatal(err)
		}
	}
	return handler(m)
}

// BenchmarkScenes answers a page of ten items.
func BenchmarkScenes(b *testing.B) {
	h := scenes(b, 10)
	b.ReportAllocs()
	for b.Loop() {
		if w := get(b, h, "/stac/search"); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}

// Links and addresses are spliced into the document of an item: what it takes does not grow with what the item says.
func TestItemsAreSpliced(t *testing.T) {
	h := scenes(t, 110)
	taken := func(limit int) float64 {
		target := fmt.Sprintf("/stac/search?limit=%d", limit)
		return testing.AllocsPerRun(20, func() {
			if w := get(t, h, target); w.Code != 200 {
				t.Fatal(w.Body)
			}
		})
	}
	each := (taken(110) - taken(10)) / 100
	if each > 90 { // decoded and encoded it would be some hundred
		t.Errorf("an item takes %.1f allocations", each)
	}
}

// BenchmarkSearch answers a page of ten items of a usual size, without the time the store takes.
func BenchmarkSearch(b *testing.B) {
	raw, err := os.ReadFile("testdata/documents/item-S2A_33UXP_20260430.json")
	if err != nil {
		b.Fatal(err)
	}
	m := &memory{}
	for i := range 10 {
		doc := strings.Replace(string(raw), `"id": "S2A_33UXP_20260430"`, fmt.Sprintf(`"id": "i%d"`, i), 1)
		if err := m.addItem(scope.System, "s3://ingest/a/b.json", []byte(doc)); err != nil {
			b.Fatal(err)
		}
	}
	h := handler(m)
	for b.Loop() {
		if w := get(b, h, "/stac/search"); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}
