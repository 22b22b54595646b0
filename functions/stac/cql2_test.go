package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb/geojson"

	"perigee/shared/filter/cql2"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// suite is where the data set and the filters of the standard's test suite are.
const suite = "../../shared/catalogue/testdata/cql2/"

// registerNaturalEarth registers the features of the data set as items.
func (s service) registerNaturalEarth(t *testing.T) {
	t.Helper()
	file, err := os.Open(suite + "ne110m.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var changes []record.Change
	for d := json.NewDecoder(lines); d.More(); {
		var raw json.RawMessage
		var feature struct {
			ID, Collection string
			Geometry       geojson.Geometry
			Properties     map[string]any
		}
		if err := d.Decode(&raw); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &feature); err != nil {
			t.Fatal(err)
		}
		changes = append(changes, record.Change{Replace: true, Record: record.Record{
			Key: record.Key{Collection: feature.Collection, ID: feature.ID}, Type: record.TypeItem, MediaType: stac.MediaTypeItem, Document: raw,
			Footprint: feature.Geometry.Geometry(), Properties: feature.Properties,
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

// geometryColumn is how the suite calls what items call their geometry.
var geometryColumn = regexp.MustCompile(`\bgeom\b`)

// RC-07: the abstract test suite of CQL2 (OGC 21-065r2, Annex A) over HTTP: every filter finds as many items as it must, as a
// text by GET and as JSON by POST.
func TestAbstractTestSuiteOfCQL2(t *testing.T) {
	s := start(t)
	s.registerNaturalEarth(t)
	file, err := os.Open(suite + "ats.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Scan() // the heading
	count := 0
	for ; lines.Scan(); count++ {
		row := strings.Split(lines.Text(), "\t")
		text := geometryColumn.ReplaceAllString(row[2], "geometry")
		want, err := strconv.Atoi(row[3])
		if err != nil {
			t.Fatal(err)
		}
		for how, r := range s.ask(t, row[1], text) {
			var page document
			if s.read(t, r, &page); r.StatusCode != http.StatusOK || len(page.Features) != want {
				t.Errorf("%s: %s by %s finds %d (%d), want %d", row[0], text, how, len(page.Features), r.StatusCode, want)
			}
		}
	}
	if count != 351 {
		t.Errorf("there are %d filters", count)
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
