package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"

	"perigee/shared/filter"
	"perigee/shared/filter/cql2"
	"perigee/shared/filter/cql2/cql2test"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// naturalEarth registers the data set of the test suite as OGC records.
func (s service) naturalEarth(t *testing.T) {
	t.Helper()
	var all []record.Record
	for _, f := range cql2test.Features(t) {
		all = append(all, record.Record{
			Key: record.Key{Collection: f.Collection, ID: f.ID}, Type: "dataset", Title: f.ID, Footprint: f.Geometry.Geometry(),
			Properties: f.Properties, Document: f.Raw, MediaType: "application/geo+json",
		})
	}
	for batch := range slices.Chunk(all, 100) {
		s.apply(t, scope.System, batch...)
	}
}

// columns are the names of the data set's columns.
type columns struct{}

func (columns) Property(name string) (filter.Property, bool, error) {
	return filter.Property(name), false, nil
}

func (columns) Value(_ filter.Property, value string) string { return value }

// condition is a filter of the test suite, in JSON too.
type condition struct {
	cql2test.Filter
	json []byte
}

func conditions(t *testing.T) []condition {
	t.Helper()
	var all []condition
	for _, f := range cql2test.Filters(t) {
		e, err := cql2.ParseText(f.Text, columns{})
		if err != nil {
			t.Fatalf("%s: %v", f.Text, err)
		}
		encoded, err := cql2.JSON(e)
		if err != nil {
			t.Fatalf("%s: %v", f.Text, err)
		}
		all = append(all, condition{f, encoded})
	}
	return all
}

// RC-05: the abstract test suite of CQL2 (OGC 21-065r2, Annex A) over HTTP: every filter, as text and as JSON, finds as many
// records as it must.
func TestAbstractTestSuiteOfCQL2(t *testing.T) {
	s := start(t)
	s.naturalEarth(t)
	all := conditions(t)
	var wait sync.WaitGroup
	for part := range slices.Chunk(all, len(all)/4+1) {
		wait.Go(func() {
			for _, c := range part {
				s.hold(t, c)
			}
		})
	}
	wait.Wait()
}

func (s service) hold(t *testing.T, c condition) {
	href := s.URL + "/records/collections/" + c.Collection + "/items?limit=1"
	byText, err := http.Get(href + "&" + url.Values{"filter": {c.Text}}.Encode())
	s.matched(t, c, byText, err)
	byJSON, err := http.Post(href, "application/json", bytes.NewReader(c.json))
	s.matched(t, c, byJSON, err)
}

func (s service) matched(t *testing.T, c condition, r *http.Response, err error) {
	if err != nil {
		t.Error(err)
		return
	}
	defer r.Body.Close()
	var page document
	if err := json.NewDecoder(r.Body).Decode(&page); err != nil || page.NumberMatched == nil || *page.NumberMatched != c.Want {
		t.Errorf("%s finds %v, want %d (%d, %v)", c.Text, page.NumberMatched, c.Want, r.StatusCode, err)
	}
}
