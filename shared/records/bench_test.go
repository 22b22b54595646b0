package records

import (
	"fmt"
	"net/http"
	"testing"

	"perigee/shared/scope"
)

// scenes is the API over so many items of six assets each, as benchapi has them.
func scenes(t testing.TB, n int) http.Handler {
	t.Helper()
	m := &memory{}
	for i := range n {
		assets := ""
		for _, band := range []string{"B02", "B03", "B04", "B08", "SCL", "TCI"} {
			assets += fmt.Sprintf(`,"%[1]s":{"href":"https://eodata.example.org/S2/%[1]s.tif","type":"image/tiff; application=geotiff; profile=cloud-optimized","title":"%[1]s","roles":["data"],"proj:shape":[10980,10980],"eo:bands":[{"name":"%[1]s","common_name":"x"}]}`, band)
		}
		doc := fmt.Sprintf(`{"type":"Feature","stac_version":"1.0.0","stac_extensions":["https://stac-extensions.github.io/eo/v1.1.0/schema.json"],"id":"S2A_MSI_%06d","collection":"sentinel-2-l2a",`+
			`"bbox":[16.3,47.8,17.4,48.9],"geometry":{"type":"Polygon","coordinates":[[[16.3,47.8],[17.4,47.85],[17.36,48.9],[16.27,48.85],[16.3,47.8]]]},`+
			`"properties":{"datetime":"2026-01-02T03:04:05Z","created":"2026-01-02T03:04:05Z","title":"S2A_MSI","description":"river forest glacier soil moisture","platform":"sentinel-2a","instruments":["msi"],"gsd":10,"eo:cloud_cover":12.34,"proj:epsg":32633},`+
			`"links":[{"rel":"collection","href":"../sentinel-2-l2a.json","type":"application/json"}],"assets":{%s}}`, i, assets[1:])
		if err := m.addDocument(scope.System, "s3://ingest/a/b.json", []byte(doc)); err != nil {
			t.Fatal(err)
		}
	}
	return behindEdge(handler(t, m))
}

// BenchmarkScenes answers a page of ten items, without the time the store takes.
func BenchmarkScenes(b *testing.B) {
	h := scenes(b, 10)
	b.ReportAllocs()
	for b.Loop() {
		if w := get(b, h, allMain+"/items"); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}

// A record is spliced from the pieces of its item: what it takes does not grow with what the item says.
func TestRecordsAreSpliced(t *testing.T) {
	h := scenes(t, 110)
	taken := func(limit int) float64 {
		target := fmt.Sprintf("%s/items?limit=%d", allMain, limit)
		return testing.AllocsPerRun(20, func() {
			if w := get(t, h, target); w.Code != 200 {
				t.Fatal(w.Body)
			}
		})
	}
	if each := (taken(110) - taken(10)) / 100; each > 30 { // decoded and encoded it would be some hundred
		t.Errorf("a record takes %.1f allocations", each)
	}
}
