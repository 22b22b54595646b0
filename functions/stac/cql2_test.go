package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"perigee/shared/filter/cql2"
	"perigee/shared/filter/cql2/cql2test"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// registerNaturalEarth registers the features of the standard's test suite as items.
func (s service) registerNaturalEarth(t *testing.T) {
	t.Helper()
	var changes []record.Change
	for _, f := range cql2test.Features(t) {
		changes = append(changes, record.Change{Replace: true, Record: record.Record{
			Key: record.Key{Collection: f.Collection, ID: f.ID}, Type: record.TypeItem, MediaType: stac.MediaTypeItem, Document: f.Raw,
			Footprint: f.Geometry.Geometry(), Properties: f.Properties,
		}})
	}
	for start := 0; start < len(changes); start += 100 {
		applied, err := s.store.Apply(context.Background(), scope.New(scope.System, "test", scope.Writer), changes[start:min(start+100, len(changes))])
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range applied {
			if a.Err != nil {
				t.Fatal(a.Err)
			}
		}
	}
}

// RC-07: the abstract test suite of CQL2 (OGC 21-065r2, Annex A) over HTTP: every filter finds as many items as it must, as a
// text by GET and as JSON by POST.
func TestAbstractTestSuiteOfCQL2(t *testing.T) {
	s := start(t)
	s.registerNaturalEarth(t)
	for _, f := range cql2test.Filters(t) {
		for how, r := range s.ask(t, f.Collection, f.Text) {
			var page document
			if s.read(t, r, &page); r.StatusCode != http.StatusOK || len(page.Features) != f.Want {
				t.Errorf("%s: %s by %s finds %d (%d), want %d", f.Class, f.Text, how, len(page.Features), r.StatusCode, f.Want)
			}
		}
	}
}

// ask sends a filter as a text by GET, and as JSON by POST.
func (s service) ask(t *testing.T, collection, text string) map[string]*http.Response {
	t.Helper()
	e, err := cql2.ParseText(text, stac.Names{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	encoded, err := cql2.JSON(e)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	byGet, err := http.Get(s.URL + "/stac/search?limit=1000&fields=id&collections=" + collection + "&filter=" + url.QueryEscape(text))
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{"limit": 1000, "fields": map[string]any{"include": []string{"id"}}, "collections": []string{collection}, "filter": json.RawMessage(encoded)})
	if err != nil {
		t.Fatal(err)
	}
	byPost, err := http.Post(s.URL+"/stac/search", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]*http.Response{"text": byGet, "JSON": byPost}
}
