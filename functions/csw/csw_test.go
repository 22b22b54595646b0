package main

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/pycsw"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// newServer serves five items and their collection from a real database.
func newServer(t *testing.T) http.Handler {
	t.Helper()
	return serve(t, cataloguetest.Open(t), fiveItems())
}

// fiveItems are five items and their collection.
func fiveItems() []record.Change {
	var changes []record.Change
	changes = append(changes, record.Change{Record: record.Record{Key: record.Key{Collection: "S2", ID: "S2"}, Type: record.TypeCollection, Title: "Sentinel-2", Document: []byte(`{"type":"Collection"}`), MediaType: "application/json", Version: "c"}})
	for i := range 5 {
		lon := float64(10 * i)
		at := time.Date(2026, 6, 1+i, 0, 0, 0, 0, time.UTC)
		changes = append(changes, record.Change{Record: record.Record{
			Key: record.Key{Collection: "S2", ID: fmt.Sprintf("S2_%d", i)}, Type: record.TypeItem, Title: fmt.Sprintf("Scene %d", i), Abstract: "fields and water",
			Time: record.Interval{Start: at, End: at}, Footprint: orb.Bound{Min: orb.Point{lon, 40}, Max: orb.Point{lon + 5, 45}}.ToPolygon(),
			Properties: map[string]any{"eo:cloud_cover": float64(10 * i)}, Document: []byte(fmt.Sprintf(`{"type":"Feature","id":"S2_%d"}`, i)), MediaType: "application/geo+json", Version: fmt.Sprint(i),
		}})
	}
	return changes
}

// serve answers from a store that was given the changes.
func serve(t *testing.T, store *catalogue.Store, changes []record.Change) http.Handler {
	t.Helper()
	writer := scope.New(scope.System, "test", scope.Writer)
	applied, err := store.Apply(context.Background(), writer, changes)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range applied {
		if a.Err != nil {
			t.Fatal(a.Err)
		}
	}
	h, err := doors(store, config{Title: "test"}, pycsw.Config{}, open)
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New(scope.System, ""), Base: "http://eo.example"})))
	})
}

type answer struct {
	Results struct {
		Matched int `xml:"numberOfRecordsMatched,attr"`
		Next    int `xml:"nextRecord,attr"`
		Records []struct {
			ID string `xml:"identifier"`
		} `xml:",any"`
	} `xml:"SearchResults"`
}

func (a answer) ids() string {
	var ids []string
	for _, r := range a.Results.Records {
		ids = append(ids, r.ID)
	}
	return strings.Join(ids, " ")
}

func ask(t *testing.T, h http.Handler, r *http.Request) answer {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var a answer
	if err := xml.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != 200 {
		t.Fatalf("%d %v: %s", w.Code, err, w.Body)
	}
	return a
}

// TestGetRecords asks the real catalogue by constraints (RC-01).
func TestGetRecords(t *testing.T) {
	h := newServer(t)
	for constraint, want := range map[string]string{
		"dc:title='Scene 3'": "S2_3",
		"csw:AnyText LIKE '%water%' AND eo:cloud_cover >= 30": "S2_3 S2_4",
		"AnyText = 'fields'":                                        "S2_0 S2_1 S2_2 S2_3 S2_4",
		"BBOX(ows:BoundingBox, 11, 41, 24, 42)":                     "S2_1 S2_2",
		"NOT BBOX(ows:BoundingBox, -1, 39, 36, 46)":                 "S2 S2_4",
		"dc:type='series'":                                          "S2",
		"dc:date > '2026-06-03T12:00:00Z'":                          "S2_3 S2_4",
		"dc:identifier IN ('S2_1', 'S2_2') AND eo:cloud_cover < 15": "S2_1",
		"dc:title='; DROP TABLE record --'":                         "",
	} {
		q := url.Values{"service": {"CSW"}, "version": {"2.0.2"}, "request": {"GetRecords"}, "typeNames": {"csw:Record"}, "resultType": {"results"}, "elementSetName": {"brief"},
			"constraintLanguage": {"CQL_TEXT"}, "constraint": {constraint}, "sortBy": {"dc:identifier:A"}}
		if got := ask(t, h, httptest.NewRequest(http.MethodGet, "/csw?"+q.Encode(), nil)); got.ids() != want {
			t.Errorf("%s gave %q, want %q", constraint, got.ids(), want)
		}
	}
}

func TestPagingIsTotal(t *testing.T) {
	h := newServer(t)
	var seen []string
	for start := 1; start > 0 && len(seen) < 9; {
		a := ask(t, h, httptest.NewRequest(http.MethodGet, fmt.Sprintf("/csw?service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results&maxRecords=2&sortBy=dc:type:A&startPosition=%d", start), nil))
		if a.Results.Matched != 6 {
			t.Fatalf("matched %d", a.Results.Matched)
		}
		seen, start = append(seen, strings.Fields(a.ids())...), a.Results.Next
	}
	if len(seen) != 6 {
		t.Errorf("the pages held %v", seen)
	}
}

func TestGetRecordByID(t *testing.T) {
	h := newServer(t)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/csw?service=CSW&version=2.0.2&request=GetRecordById&id=S2_2&elementSetName=full", nil))
	for _, part := range []string{"<dc:identifier>S2_2</dc:identifier>", "<ows:LowerCorner>40 20</ows:LowerCorner>", "<dc:date>2026-06-03T00:00:00Z</dc:date>"} {
		if !strings.Contains(w.Body.String(), part) {
			t.Errorf("no %s in %s", part, w.Body)
		}
	}
}

// RC-04: at /opensearch of its own host the catalogue is described and searched as clients of the original do (acceptance, steps 6
// and 7).
func TestOpenSearch(t *testing.T) {
	h := newServer(t)
	for address, want := range map[string]string{
		"/opensearch": "<OpenSearchDescription", "/opensearch/?eo:cloudCover=20]": ">3</os:totalResults>", "/opensearch/?q=fields&maxRecords=2": ">5</os:totalResults>",
		"/opensearch/?mode=opensearch&service=CSW&version=3.0.0&request=GetRecords&elementsetname=full&resulttype=results&typenames=csw:Record":                        ">6</os:totalResults>",
		"/opensearch/?mode=opensearch&service=CSW&version=3.0.0&request=GetRecords&elementsetname=full&resulttype=results&typenames=csw:Record&eo:parentIdentifier=S2": "</os:totalResults>",
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d, no %s in %s", address, w.Code, want, w.Body)
		}
	}
}
