package source

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// BenchmarkPage reads pages of a STAC API; what it tells is for one item.
func BenchmarkPage(b *testing.B) {
	const items = 1000
	var all []string
	for i := range items {
		all = append(all, fmt.Sprintf(`{"type": "Feature", "stac_version": "1.0.0", "id": "i%d", "collection": "c", "bbox": [1, 2, 3, 4],
			"geometry": {"type": "Polygon", "coordinates": [[[1, 2], [3, 2], [3, 4], [1, 4], [1, 2]]]},
			"properties": {"datetime": "2024-01-01T10:00:31Z", "eo:cloud_cover": 7, "platform": "sentinel-2a", "instruments": ["msi"], "grid:code": "MGRS-33UWP"},
			"links": [{"rel": "self", "href": "https://x/items/%d"}], "assets": {"thumbnail": {"href": "https://x/%d.jpg", "type": "image/jpeg", "roles": ["thumbnail"]}}}`, i, i, i))
	}
	page := `{"type": "FeatureCollection", "features": [` + strings.Join(all, ",") + `]}`
	s := &STACAPI{Web: answering(func(Question) string { return page }), URL: "https://x/"}
	b.SetBytes(int64(len(page) / items))
	for range (b.N + items - 1) / items {
		if found, err := s.Visit(context.Background(), s.URL); err != nil || len(found.Documents) != items {
			b.Fatal(err)
		}
	}
}
