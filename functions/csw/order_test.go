package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/filter"
	"perigee/shared/pycsw"
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

// RC-16: by pycsw's spatial_ranking what is found in a box comes by how much of the box it covers times how much of it lies in the box; pages
// keep that order, whose ties have one too. What is sorted is sorted as it is asked, and without a box there is no such order.
func TestSpatialRanking(t *testing.T) {
	store := cataloguetest.Open(t)
	serve(t, store, []record.Change{
		item("same", box(0, 0, 10, 10), nil),                                       // 1
		item("half", box(0, 0, 5, 10), nil),                                        // 0.5
		item("huge", box(-100, -40, 200, 80), nil),                                 // 0.006
		item("corner", box(8, 8, 4, 4), nil),                                       // 0.04 * 0.25
		item("twin", box(-2, -2, 4, 4), nil),                                       // the same
		item("point", orb.Point{5, 5}, nil),                                        // 0
		item("line", orb.LineString{{1, 1}, {9, 9}}, nil),                          // 0
		item("away", box(50, 50, 5, 5), nil),                                       // not in the box
		item("nowhere", nil, nil),                                                  // nor that
		item("two", orb.MultiPolygon{box(0, 0, 10, 4), box(-30, -30, 10, 4)}, nil), // 0.4 * 0.5
		item("pacific", orb.MultiPolygon{box(175, 0, 5, 10), box(-180, 0, 5, 10)}, nil),
		item("east", box(170, 0, 10, 10), nil),
	})
	h, err := doors(store, config{Title: "test"}, pycsw.Config{Server: pycsw.Server{SpatialRanking: true}}, open)
	if err != nil {
		t.Fatal(err)
	}
	read := func(more url.Values) string {
		found := ""
		for start := 1; start > 0; {
			q := url.Values{"service": {"CSW"}, "version": {"2.0.2"}, "request": {"GetRecords"}, "typeNames": {"csw:Record"}, "resultType": {"results"}, "elementSetName": {"brief"}, "maxRecords": {"2"}, "startPosition": {fmt.Sprint(start)}}
			for name, values := range more {
				q[name] = values
			}
			r := httptest.NewRequest(http.MethodGet, "/csw?"+q.Encode(), nil)
			a := ask(t, h, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New(scope.System, "")})))
			if a.Results.Next != 0 && a.Results.Next <= start {
				t.Fatalf("after %d comes %d", start, a.Results.Next)
			}
			found, start = found+" "+a.ids(), a.Results.Next
		}
		return found[1:]
	}
	cql := func(text string) url.Values {
		return url.Values{"constraintLanguage": {"CQL_TEXT"}, "constraint": {text}}
	}
	for _, c := range []struct {
		asked url.Values
		want  string
	}{
		{url.Values{"bbox": {"0,0,10,10"}}, "same half two corner twin huge line point"},
		{cql("BBOX(ows:BoundingBox, 0, 0, 10, 10) AND dc:title LIKE 'Item %'"), "same half two corner twin huge line point"},
		{url.Values{"bbox": {"170,0,-170,10"}}, "east pacific"}, // half of a box of 20 degrees each, by both of its parts
		{url.Values{"bbox": {"0,0,10,10"}, "sortBy": {"dc:title:D"}}, "two twin same point line huge half corner"},
		{cql("NOT BBOX(ows:BoundingBox, -110, -50, 110, 60)"), "east nowhere pacific"},
		{cql("BBOX(ows:BoundingBox, 0, 0, 10, 10) OR dc:title = 'Item away'"), "away corner half huge line point same twin two"},
	} {
		if got := read(c.asked); got != c.want {
			t.Errorf("%v: %s, want %s", c.asked, got, c.want)
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

// RC-01, RC-02: the domain of a time is its range, that of types and collections their values, with their numbers in 3.0.0.
func TestDomains(t *testing.T) {
	h := newServer(t)
	for property, want := range map[string][2]string{
		"dc:date":                {"<csw:MinValue>2026-06-01T00:00:00Z</csw:MinValue>", "<csw:MaxValue>2026-06-05T00:00:00Z</csw:MaxValue>"},
		"apiso:TempExtent_end":   {"<csw:MinValue>2026-06-01T00:00:00Z</csw:MinValue>", "<csw:MaxValue>2026-06-05T00:00:00Z</csw:MaxValue>"},
		"dct:modified":           {"<csw:MinValue>20", "<csw:MaxValue>20"},
		"dc:type":                {">dataset<", ">series<"},
		"apiso:ParentIdentifier": {">S2<", ">S2<"},
		"eo:cloud_cover":         {">0<", ">40<"},
		"csw:AnyText":            {"DomainValues", "DomainValues"},
		"apiso:CouplingType":     {"DomainValues", "DomainValues"},
	} {
		for _, version := range []string{"2.0.2", "3.0.0"} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/csw?service=CSW&request=GetDomain&version="+version+"&propertyName="+url.QueryEscape(property), nil))
			text := strings.ReplaceAll(w.Body.String(), "csw30:", "csw:")
			if w.Code != http.StatusOK || !strings.Contains(text, want[0]) || !strings.Contains(text, want[1]) {
				t.Errorf("%s in %s: %d %s", property, version, w.Code, text)
			}
			if property == "dc:type" && strings.Contains(text, `count="5"`) != (version == "3.0.0") {
				t.Errorf("%s in %s: %s", property, version, text)
			}
		}
	}
}
