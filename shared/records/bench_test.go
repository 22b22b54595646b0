package records

import (
	"fmt"
	"testing"

	"perigee/shared/scope"
)

// BenchmarkScenes answers a page of ten items of six assets each, as benchapi has them, without the time the store takes.
func BenchmarkScenes(b *testing.B) {
	m := &memory{}
	for i := range 10 {
		assets := ""
		for _, band := range []string{"B02", "B03", "B04", "B08", "SCL", "TCI"} {
			assets += fmt.Sprintf(`,"%[1]s":{"href":"https://eodata.example.org/S2/%[1]s.tif","type":"image/tiff; application=geotiff; profile=cloud-optimized","title":"%[1]s","roles":["data"],"proj:shape":[10980,10980],"eo:bands":[{"name":"%[1]s","common_name":"x"}]}`, band)
		}
		doc := fmt.Sprintf(`{"type":"Feature","stac_version":"1.0.0","stac_extensions":["https://stac-extensions.github.io/eo/v1.1.0/schema.json"],"id":"S2A_MSI_%06d","collection":"sentinel-2-l2a",`+
			`"bbox":[16.3,47.8,17.4,48.9],"geometry":{"type":"Polygon","coordinates":[[[16.3,47.8],[17.4,47.85],[17.36,48.9],[16.27,48.85],[16.3,47.8]]]},`+
			`"properties":{"datetime":"2026-01-02T03:04:05Z","created":"2026-01-02T03:04:05Z","title":"S2A_MSI","description":"river forest glacier soil moisture","platform":"sentinel-2a","instruments":["msi"],"gsd":10,"eo:cloud_cover":12.34,"proj:epsg":32633},`+
			`"links":[{"rel":"collection","href":"../sentinel-2-l2a.json","type":"application/json"}],"assets":{%s}}`, i, assets[1:])
		if err := m.addDocument(scope.System, "s3://ingest/a/b.json", []byte(doc)); err != nil {
			b.Fatal(err)
		}
	}
	h := behindEdge(handler(b, m))
	b.ReportAllocs()
	for b.Loop() {
		if w := get(b, h, "/records/collections/metadata:main/items"); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}
