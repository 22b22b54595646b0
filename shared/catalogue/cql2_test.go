package catalogue_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb/geojson"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/filter"
	"perigee/shared/filter/cql2"
	"perigee/shared/record"
)

// naturalEarth is the data set of the standard's test suite, one record per feature.
func naturalEarth(t *testing.T) []record.Change {
	t.Helper()
	file, err := os.Open("testdata/cql2/ne110m.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var changes []record.Change
	for lines := json.NewDecoder(text); lines.More(); {
		var feature struct {
			ID, Collection string
			Geometry       geojson.Geometry
			Properties     map[string]any
		}
		if err := lines.Decode(&feature); err != nil {
			t.Fatal(err)
		}
		changes = append(changes, record.Change{Record: record.Record{
			Key: record.Key{Collection: feature.Collection, ID: feature.ID}, Type: record.TypeItem, Title: feature.ID,
			Footprint: feature.Geometry.Geometry(), Properties: feature.Properties,
		}})
	}
	return changes
}

// columnNames are the names of the data set's columns.
type columnNames struct{}

func (columnNames) Property(name string) (filter.Property, bool, error) {
	if name == "geom" {
		return filter.PropertyGeometry, false, nil
	}
	return filter.Property(name), false, nil
}

func (columnNames) Value(_ filter.Property, value string) string { return value }

// The abstract test suite of CQL2 (OGC 21-065r2, Annex A): every filter, as text and as JSON, finds as many features as
// it must, in the database and in memory, and its contrary together with it all of which it knows.
func TestAbstractTestSuiteOfCQL2(t *testing.T) {
	s := cataloguetest.Open(t)
	changes := naturalEarth(t)
	for start := 0; start < len(changes); start += 100 {
		applied(t, s, writer(""), changes[start:min(start+100, len(changes))]...)
	}
	file, err := os.Open("testdata/cql2/ats.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Scan() // the heading
	count := 0
	for ; lines.Scan(); count++ {
		row := strings.Split(lines.Text(), "\t")
		class, collection, text := row[0], row[1], row[2]
		want, err := strconv.Atoi(row[3])
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range bothEncodings(t, text) {
			found, held := matching(t, s, collection, e, changes)
			if found != want || held != want {
				t.Errorf("%s: %s %s finds %d, holds for %d, want %d", class, collection, text, found, held, want)
			}
		}
	}
	if count != 351 {
		t.Errorf("there are %d filters", count)
	}
}

// bothEncodings reads a filter as text, writes it as JSON and reads that.
func bothEncodings(t *testing.T, text string) []filter.Expr {
	t.Helper()
	e, err := cql2.ParseText(text, columnNames{})
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return nil
	}
	written, err := cql2.JSON(e)
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return nil
	}
	again, err := cql2.ParseJSON(written, columnNames{})
	if err != nil {
		t.Errorf("%s: %v", written, err)
		return nil
	}
	return []filter.Expr{e, again}
}

// matching counts what a filter finds in a collection, and for what it holds.
func matching(t *testing.T, s *catalogue.Store, collection string, e filter.Expr, changes []record.Change) (found, held int) {
	t.Helper()
	page, err := s.Search(t.Context(), writer(""), catalogue.Query{Collections: []string{collection}, Filter: e, Limit: 1, Count: true})
	if err != nil {
		t.Errorf("%#v: %v", e, err)
		return -1, -1
	}
	p, err := filter.Prepare(e, nil)
	if err != nil {
		t.Errorf("%#v: %v", e, err)
		return -1, -1
	}
	for _, c := range changes {
		if c.Record.Collection == collection && p.Holds(c.Record) {
			held++
		}
	}
	return *page.Matched, held
}
