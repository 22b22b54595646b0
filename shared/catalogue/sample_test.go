package catalogue_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/geo"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// noon is the day that samples count from.
var noon = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

func writer(workspace string) scope.Scope { return scope.New(workspace, "tester", scope.Writer) }

func box(west, south, east, north float64) orb.Polygon {
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}.ToPolygon()
}

// item is a change that creates or replaces a small item, as lying in a bucket.
func item(collection, id string, at time.Time) record.Change {
	return record.Change{
		Record: record.Record{
			Key: record.Key{Collection: collection, ID: id}, Type: record.TypeItem, Title: "Item " + id,
			Time: record.Interval{Start: at, End: at}, Footprint: box(10, 45, 11, 46),
			Properties: map[string]any{"eo:cloud_cover": 20.5, "platform": "sentinel-2a"},
			Document:   []byte(`{"id":"` + id + `"}`), MediaType: "application/geo+json",
		},
		Replace: true,
		Source:  record.Source{Href: "s3://ingest/" + collection + "/" + id + ".json", Version: "v1", Time: at},
	}
}

// drawn gives a change something to draw.
func drawn(c record.Change, layers ...string) record.Change {
	c.Coverages = []record.Coverage{{Asset: "B04", Href: "s3://ingest/" + c.Record.ID + "/B04.tif", ETag: "e1"}}
	c.Layers, c.Record.ProductType = layers, "S2"
	return c
}

// scene is a change as large as a Sentinel-2 product makes it; number n of them lie and follow each other like such.
func scene(n int, random *rand.Rand) record.Change {
	const bands = 6
	at := time.Date(2020, 1, 1, 10, 0, 0, 0, time.UTC).Add(time.Duration(n) * 23 * time.Minute)
	id := fmt.Sprintf("S2A_MSIL2A_%s_N0500_R%03d_T33UXP_%06d", at.Format("20060102T150405"), n%143, n)
	west, south := random.Float64()*350-179, random.Float64()*160-80
	c := record.Change{
		Record: record.Record{
			Key: record.Key{Collection: fmt.Sprintf("S2MSI%dA", n%3), ID: id}, Type: record.TypeItem, Title: id, ProductType: "S2MSI2A",
			Abstract: "Sentinel-2 surface reflectance, orthorectified, with a classification of the scene",
			Keywords: []string{"land", "multispectral", "reflectance"},
			Time:     record.Interval{Start: at, End: at.Add(11 * time.Second)}, Footprint: tilted(west, south),
			Properties: properties(n, id, at), MediaType: "application/geo+json",
			Links: []record.Link{{Rel: "data", Href: "s3://ingest/" + id + "/B04.tif", Type: "image/tiff", Title: "Band 4"}},
		},
		Layers: []string{"S2L2A", "S2L2A_TRUE"}, Replace: true,
		Source: record.Source{Href: "s3://ingest/" + id + "/item.json", Version: fmt.Sprintf("%032x", n), Time: at},
	}
	for b := range bands {
		c.Coverages = append(c.Coverages, record.Coverage{
			Asset: fmt.Sprintf("B%02d", b), Type: "S2L2A", Href: fmt.Sprintf("s3://ingest/%s/B%02d.tif", id, b), ETag: fmt.Sprintf("%032x", n*bands+b),
			Bands: []record.Band{{Name: fmt.Sprintf("B%02d", b), Index: 1}},
			Grid: geo.Grid{CRS: 32633, Transform: [6]float64{399960, 10, 0, 5300040, 0, -10}, Width: 10980, Height: 10980, BlockWidth: 512,
				BlockHeight: 512, DataType: "UInt16", Bands: 1, Overviews: []geo.Size{{Width: 5490, Height: 5490}, {Width: 2745, Height: 2745}}},
		})
	}
	c.Record.Document = document(c, random)
	return c
}

// tilted is a footprint as orbits draw it.
func tilted(west, south float64) orb.Polygon {
	return orb.Polygon{{{west + 0.2, south}, {west + 1, south + 0.1}, {west + 0.8, south + 1}, {west, south + 0.9}, {west + 0.2, south}}}
}

func properties(n int, id string, at time.Time) map[string]any {
	return map[string]any{
		"datetime": at.Format(time.RFC3339), "eo:cloud_cover": float64(n*7919%10000) / 100, "platform": fmt.Sprintf("sentinel-2%c", 'a'+rune(n%2)),
		"instruments": []any{"msi"}, "constellation": "sentinel-2", "gsd": 10.0, "sat:relative_orbit": float64(n % 143), "sat:orbit_state": "descending",
		"s2:product_uri": id + ".SAFE", "s2:processing_baseline": "05.00", "s2:product_type": "S2MSI2A", "view:sun_azimuth": 160.1, "view:sun_elevation": 40.2,
		"processing:level": "L2", "grid:code": "MGRS-33UXP", "created": at.Format(time.RFC3339), "proj:epsg": 32633.0,
	}
}

// document is as large as an item's JSON, and about as compressible.
func document(c record.Change, random *rand.Rand) []byte {
	text := fmt.Appendf(nil, `{"type":"Feature","id":%q`, c.Record.ID)
	for i := range 20 {
		text = fmt.Appendf(text, `,"asset%02d":{"href":"s3://ingest/%s/B%02d.tif","type":"image/tiff; application=geotiff; profile=cloud-optimized",`+
			`"roles":["data","reflectance"],"checksum":"%016x%016x","bands":[{"name":"B%02d","center_wavelength":%.3f}]}`,
			i, c.Record.ID, i, random.Uint64(), random.Uint64(), i, random.Float64())
	}
	return append(text, '}')
}

func apply(t testing.TB, s *catalogue.Store, sc scope.Scope, changes ...record.Change) []record.Applied {
	t.Helper()
	applied, err := s.Apply(t.Context(), sc, changes)
	if err != nil {
		t.Fatal(err)
	}
	return applied
}

// applied is apply where every change is to succeed.
func applied(t testing.TB, s *catalogue.Store, sc scope.Scope, changes ...record.Change) []record.Outcome {
	t.Helper()
	var outcomes []record.Outcome
	for _, a := range apply(t, s, sc, changes...) {
		if a.Err != nil {
			t.Errorf("%s: %v", a.Key.ID, a.Err)
		}
		outcomes = append(outcomes, a.Outcome)
	}
	return outcomes
}

func search(t testing.TB, s *catalogue.Store, sc scope.Scope, q catalogue.Query) catalogue.Page {
	t.Helper()
	page, err := s.Search(t.Context(), sc, q)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func ids(records []record.Record) []string {
	found := make([]string, len(records))
	for i, r := range records {
		found[i] = r.ID
	}
	return found
}
