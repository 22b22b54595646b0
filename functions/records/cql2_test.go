package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/paulmach/orb/geojson"

	"perigee/shared/filter"
	"perigee/shared/filter/cql2"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// suite is where the data set and the filters of the standard's test suite lie.
const suite = "../../shared/catalogue/testdata/cql2/"

// naturalEarth registers the data set of the test suite as OGC records.
func (s service) naturalEarth(t *testing.T) {
	t.Helper()
	file, err := os.Open(suite + "ne110m.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var batch []record.Record
	for lines := json.NewDecoder(unzipped); lines.More(); {
		var raw json.RawMessage
		var feature struct {
			ID, Collection string
			Geometry       geojson.Geometry
			Properties     map[string]any
		}
		if err := lines.Decode(&raw); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &feature); err != nil {
			t.Fatal(err)
		}
		batch = append(batch, record.Record{
			Key: record.Key{Collection: feature.Collection, ID: feature.ID}, Type: "dataset", Title: feature.ID, Footprint: feature.Geometry.Geometry(),
			Properties: feature.Properties, Document: raw, MediaType: "application/geo+json",
		})
		if len(batch) == 100 {
			s.apply(t, scope.System, batch...)
			batch = nil
		}
	}
	s.apply(t, scope.System, batch...)
}

// columns are the names of the data set's columns; that of the geometry is geometry here.
type columns struct{}

func (columns) Property(name string) (filter.Property, bool, error) {
	if name == "geom" {
		return filter.PropertyGeometry, false, nil
	}
	return filter.Property(name), false, nil
}

func (columns) Value(_ filter.Property, value string) string { return value }

var geom = regexp.MustCompile(`\bgeom\b`)

// condition is a filter of the test suite, and how many records of a collection it finds.
type condition struct {
	collection, text string
	json             []byte
	want             int
}

func conditions(t *testing.T) []condition {
	t.Helper()
	file, err := os.Open(suite + "ats.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Scan() // the heading
	var all []condition
	for lines.Scan() {
		row := strings.Split(lines.Text(), "\t")
		c := condition{collection: row[1], text: geom.ReplaceAllString(row[2], "geometry")}
		if c.want, err = strconv.Atoi(row[3]); err != nil {
			t.Fatal(err)
		}
		e, err := cql2.ParseText(row[2], columns{})
		if err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		if c.json, err = cql2.JSON(e); err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		all = append(all, c)
	}
	return all
}

// RC-05: the abstract test suite of CQL2 (OGC 21-065r2, Annex A) over HTTP: every filter, as text and as JSON, finds as many
// records as it must.
func TestAbstractTestSuiteOfCQL2(t *testing.T) {
	s := start(t)
	s.naturalEarth(t)
	all := conditions(t)
	if len(all) != 351 {
		t.Errorf("there are %d filters", len(all))
	}
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
	href := s.URL + "/records/collections/" + c.collection + "/items?limit=1"
	byText, err := http.Get(href + "&" + url.Values{"filter": {c.text}}.Encode())
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
	if err := json.NewDecoder(r.Body).Decode(&page); err != nil || page.NumberMatched == nil || *page.NumberMatched != c.want {
		t.Errorf("%s finds %v, want %d (%d, %v)", c.text, page.NumberMatched, c.want, r.StatusCode, err)
	}
}
