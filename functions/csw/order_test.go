package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// item is a record with a footprint, or without.
func item(id string, footprint orb.Geometry, properties map[string]any) record.Change {
	return record.Change{Record: record.Record{
		Key: record.Key{Collection: "shapes", ID: id}, Type: record.TypeItem, Title: "Item " + id, Footprint: footprint, Properties: properties,
		Document: []byte(`{"type":"Feature"}`), MediaType: "application/geo+json", Version: "1",
	}}
}

// box is a footprint from a corner, so many degrees wide and high.
func box(west, south, width, height float64) orb.Polygon {
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{west + width, south + height}}.ToPolygon()
}

// RC-01: records are sorted by the area of their footprints, not by their corners; those of one area have an order too, which pages
// keep, and one without a footprint has none.
func TestSortByArea(t *testing.T) {
	holed := append(box(-60, -60, 10, 10), box(-59, -59, 8, 8)[0])
	holed[1].Reverse()
	h := serve(t, cataloguetest.Open(t), []record.Change{
		item("wide", box(-170, 0, 100, 1), nil),                                   // 100
		item("small", box(170, 80, 1, 1), nil),                                    // 1
		item("nowhere", nil, nil),                                                 // none
		item("square", box(0, 0, 5, 5), nil),                                      // 25
		item("twin", box(50, -50, 5, 5), nil),                                     // 25
		item("holed", holed, nil),                                                 // 36
		item("two", orb.MultiPolygon{box(-5, -5, 5, 2), box(20, -20, 4, 5)}, nil), // 30
		item("triangle", orb.Polygon{{{0, 10}, {8, 10}, {0, 15}, {0, 10}}}, nil),  // 20
		item("line", orb.LineString{{-20, -20}, {20, 20}}, nil),                   // 0
	})
	for order, want := range map[string]string{
		"A": "nowhere line small triangle square twin two holed wide",
		"D": "wide holed two square twin triangle small line nowhere",
	} {
		var found string
		for start := 1; start > 0; {
			q := url.Values{"service": {"CSW"}, "version": {"2.0.2"}, "request": {"GetRecords"}, "typeNames": {"csw:Record"}, "resultType": {"results"}, "elementSetName": {"brief"},
				"maxRecords": {"2"}, "startPosition": {fmt.Sprint(start)}, "sortBy": {"ows:BoundingBox:" + order}}
			a := ask(t, h, httptest.NewRequest(http.MethodGet, "/csw?"+q.Encode(), nil))
			if a.Results.Next != 0 && a.Results.Next <= start {
				t.Fatalf("after %d comes %d", start, a.Results.Next)
			}
			found, start = found+" "+a.ids(), a.Results.Next
		}
		if found != " "+want {
			t.Errorf("in the order %s they are%s, want %s", order, found, want)
		}
	}
}

// RC-16: of a property with more values than are listed both ends are known, of texts and of numbers.
func TestDomainOfMany(t *testing.T) {
	store := cataloguetest.Open(t)
	var changes []record.Change
	for i := range maxValues + 1 {
		changes = append(changes, item(fmt.Sprint("i", i), nil, map[string]any{"platform": fmt.Sprintf("p%04d", i), "eo:cloud_cover": float64(i) / 20}))
	}
	serve(t, store, changes[:maxValues]) // as many as are possible at once
	serve(t, store, changes[maxValues:])
	found := records{store: store}
	texts, err := found.Domain(t.Context(), scope.New(scope.System, ""), "platform")
	if err != nil || len(texts.Values) != maxValues || texts.Min != "p0000" || texts.Max != fmt.Sprintf("p%04d", maxValues) {
		t.Errorf("%d texts from %q to %q, %v", len(texts.Values), texts.Min, texts.Max, err)
	}
	numbers, err := found.Domain(t.Context(), scope.New(scope.System, ""), filter.Property("eo:cloud_cover"))
	if err != nil || numbers.Values != nil || numbers.Min != "0" || numbers.Max != "50" {
		t.Errorf("%d numbers from %q to %q, %v", len(numbers.Values), numbers.Min, numbers.Max, err)
	}
}
