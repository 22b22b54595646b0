package catalogue_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// Extents of few items are exact, those of many hold them all and are not much larger, and months are counted.
func TestItemExtents(t *testing.T) {
	s := cataloguetest.Open(t)
	var changes []record.Change
	at := func(collection string, i int, start time.Time, west, south float64) *record.Change {
		c := item(collection, fmt.Sprint(i), start)
		c.Record.Time.End = start
		c.Record.Footprint = orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{west + 1, south + 1}}.ToPolygon()
		changes = append(changes, c)
		return &changes[len(changes)-1]
	}
	first := time.Date(2020, 1, 15, 0, 0, 0, 0, time.UTC)
	at("few", 1, first, 10, 40)
	at("few", 2, first.AddDate(0, 3, 0), -20, 50).Record.Time.End = first.AddDate(1, 0, 0)
	const many = 2300
	for i := range many {
		at("many", i, first.Add(time.Duration(i)*time.Hour), 100+float64(i%10), -30+float64(i%7))
	}
	at("many", many, first.AddDate(0, 1, 0), 120, -40).Record.Time.End = first.AddDate(2, 0, 0) // lasts
	placeless := at("nowhere", 1, first, 0, 0)
	placeless.Record.Footprint, placeless.Record.Time = nil, record.Interval{Start: first} // open
	timeless := at("nowhere", 2, first, 0, 0)
	timeless.Record.Footprint, timeless.Record.Time = nil, record.Interval{}
	for start := 0; start < len(changes); start += 500 {
		applied(t, s, writer(""), changes[start:min(start+500, len(changes))]...)
	}
	found, err := s.ItemExtents(t.Context(), scope.New("", ""), []string{"few", "many", "none", "nowhere"})
	if err != nil || len(found) != 3 {
		t.Fatal(found, err)
	}
	few, lots, nowhere := found[0], found[1], found[2]
	if want := (orb.Bound{Min: orb.Point{-20, 40}, Max: orb.Point{11, 51}}); few.Bounds != want || few.Count != 2 || few.Time.String() != "2020-01-15T00:00:00Z/2021-01-15T00:00:00Z" {
		t.Errorf("%+v", few)
	}
	all := orb.Bound{Min: orb.Point{100, -40}, Max: orb.Point{121, -23}}
	if !lots.Bounds.Contains(all.Min) || !lots.Bounds.Contains(all.Max) || lots.Bounds.Min[0] < 91 || lots.Bounds.Max[0] > 130 || lots.Bounds.Min[1] < -49 || lots.Bounds.Max[1] > -14 ||
		lots.Count != many+1 || lots.Time.String() != "2020-01-15T00:00:00Z/2022-01-15T00:00:00Z" {
		t.Errorf("%+v", lots)
	}
	if nowhere.Bounds != (orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}) || nowhere.Time.String() != "2020-01-15T00:00:00Z/.." || nowhere.Count != 2 {
		t.Errorf("%+v", nowhere)
	}
	if found, err := s.ItemExtents(t.Context(), scope.New("alice", ""), []string{"few"}); err != nil || len(found) != 0 {
		t.Errorf("alice sees %v %v", found, err)
	}
	months, err := s.MemberMonths(t.Context(), scope.New("", ""), []string{"few", "nowhere", "none"})
	if got := fmt.Sprint(months); err != nil || got != "[{few 2020 January 1} {few 2020 April 1} {nowhere 0 %!Month(0) 1} {nowhere 2020 January 1}]" {
		t.Error(got, err)
	}
}

// Workspaces with records are listed to who may act in all of them.
func TestRecordWorkspaces(t *testing.T) {
	s := cataloguetest.Open(t)
	for _, workspace := range []string{"", "bob", "alice"} {
		c := item("S2", "a", time.Now())
		c.Record.Workspace = workspace
		applied(t, s, scope.New(workspace, "test", scope.Writer), c)
	}
	admin := scope.New("", "admin", scope.Admin)
	for after, want := range map[string]string{"": "[alice bob]", "alice": "[bob]", "bob": "[]"} {
		if got, err := s.RecordWorkspaces(t.Context(), admin, after, 10); err != nil || fmt.Sprint(got) != want {
			t.Errorf("after %q: %v %v", after, got, err)
		}
	}
	if got, err := s.RecordWorkspaces(t.Context(), admin, "", 1); err != nil || fmt.Sprint(got) != "[alice]" {
		t.Error(got, err)
	}
	if _, err := s.RecordWorkspaces(t.Context(), scope.New("", "x", scope.Writer), "", 10); fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
}
