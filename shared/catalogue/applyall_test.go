package catalogue_test

import (
	"strings"
	"testing"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/record"
)

// RC-10: of changes that belong together all are written or, when one is refused for whatever reason, none.
func TestApplyAll(t *testing.T) {
	s := cataloguetest.Open(t)
	named := func(id, version string, c record.Condition) record.Change {
		return record.Change{If: &c, Replace: true, Record: record.Record{
			Key: record.Key{ID: id}, Type: "dataset", Title: version, Version: version, Document: []byte("<a/>"), MediaType: "application/xml",
		}}
	}
	fresh := record.Condition{Absent: true}
	bad := named("bad", "1", fresh)
	bad.Record.Title = "\x00"
	for _, c := range []struct {
		name    string
		changes []record.Change
		refused int // which is refused, -1: none
		kind    fault.Kind
		left    string
	}{
		{"both are new", []record.Change{named("a", "1", fresh), named("b", "1", fresh)}, -1, 0, "a1 b1"},
		{"the second is there", []record.Change{named("c", "1", fresh), named("a", "2", fresh)}, 1, fault.Conflict, "a1 b1"},
		{"the first is outdated", []record.Change{named("a", "2", record.Condition{Present: true, Versions: []string{"0"}}), named("c", "1", fresh)}, 0, fault.Outdated, "a1 b1"},
		{"one cannot be", []record.Change{named("c", "1", fresh), bad}, 1, fault.Invalid, "a1 b1"},
		{"one goes, one changes", []record.Change{
			{Delete: true, If: &record.Condition{Present: true}, Record: record.Record{Key: record.Key{ID: "a"}}}, named("b", "2", record.Condition{Present: true}),
		}, -1, 0, "b2"},
	} {
		results, err := s.ApplyAll(t.Context(), writer(""), c.changes)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		for i, r := range results {
			if (r.Err != nil) != (i == c.refused) || r.Err != nil && fault.KindOf(r.Err) != c.kind || c.refused >= 0 && r.Outcome != "" || c.refused < 0 && r.Outcome == "" {
				t.Errorf("%s: %d is %+v", c.name, i, r)
			}
		}
		if got := titles(t, s); got != c.left {
			t.Errorf("%s: %s are left, not %s", c.name, got, c.left)
		}
	}
}

// titles are the records of a catalogue with their titles, by identifier.
func titles(t *testing.T, s *catalogue.Store) string {
	t.Helper()
	page, err := s.Search(t.Context(), writer(""), catalogue.Query{Sort: []catalogue.Sort{{Property: "id"}}})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range page.Records {
		all = append(all, r.ID+r.Title)
	}
	return strings.Join(all, " ")
}
