// Package cql2test reads the executable form of the abstract test suite of CQL2 (OGC 21-065r2, Annex A): features, and filters
// with the number of features that each finds. testdata/README.md says where they come from.
package cql2test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed" // the data set and the filters
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb/geojson"
)

//go:embed testdata/ne110m.jsonl.gz
var features []byte

//go:embed testdata/ats.tsv
var filters []byte

// Feature is a feature of the data set. Raw is its GeoJSON document as it stands there; longitude comes before latitude.
type Feature struct {
	ID, Collection string
	Geometry       geojson.Geometry
	Properties     map[string]any
	Raw            json.RawMessage `json:"-"`
}

// Features are all features of the data set.
func Features(t testing.TB) []Feature {
	t.Helper()
	text, err := gzip.NewReader(bytes.NewReader(features))
	if err != nil {
		t.Fatal(err)
	}
	var all []Feature
	for lines := json.NewDecoder(text); lines.More(); {
		var f Feature
		if err := lines.Decode(&f.Raw); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(f.Raw, &f); err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

// Filter is a filter of a conformance class, and how many features of a collection it finds.
type Filter struct {
	Class, Collection string
	Text              string // with the geometry called as features call it
	Want              int
}

// geometryColumn is how the suite calls the geometry.
var geometryColumn = regexp.MustCompile(`\bgeom\b`)

// Filters are all 351 filters of the suite.
func Filters(t testing.TB) []Filter {
	t.Helper()
	lines := bufio.NewScanner(bytes.NewReader(filters))
	lines.Scan() // the heading
	var all []Filter
	for lines.Scan() {
		row := strings.Split(lines.Text(), "\t")
		want, err := strconv.Atoi(row[3])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, Filter{row[0], row[1], geometryColumn.ReplaceAllString(row[2], "geometry"), want})
	}
	if len(all) != 351 {
		t.Fatalf("there are %d filters", len(all))
	}
	return all
}
