package catalogue_test

import (
	"testing"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/filter"
	"perigee/shared/filter/cql2"
	"perigee/shared/filter/cql2/cql2test"
	"perigee/shared/record"
)

// naturalEarth is the data set of the standard's test suite, one record per feature.
func naturalEarth(t *testing.T) []record.Change {
	t.Helper()
	var changes []record.Change
	for _, f := range cql2test.Features(t) {
		changes = append(changes, record.Change{Record: record.Record{
			Key: record.Key{Collection: f.Collection, ID: f.ID}, Type: record.TypeItem, Title: f.ID,
			Footprint: f.Geometry.Geometry(), Properties: f.Properties,
		}})
	}
	return changes
}

// columnNames are the names of the data set's columns.
type columnNames struct{}

func (columnNames) Property(name string) (filter.Property, bool, error) {
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
	for _, f := range cql2test.Filters(t) {
		for _, e := range bothEncodings(t, f.Text) {
			found, held := matching(t, s, f.Collection, e, changes)
			if found != f.Want || held != f.Want {
				t.Errorf("%s: %s %s finds %d, holds for %d, want %d", f.Class, f.Collection, f.Text, found, held, f.Want)
			}
		}
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
