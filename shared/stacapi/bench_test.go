package stacapi

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"perigee/shared/scope"
)

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
	b.ReportAllocs()
	for b.Loop() {
		if w := get(b, h, "/stac/search"); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}
