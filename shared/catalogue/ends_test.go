package catalogue_test

import (
	"testing"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/filter"
	"perigee/shared/record"
)

// The ends of a time are those that looking at every record finds, also where what lasts begins early and ends late, or has one end only.
func TestEnds(t *testing.T) {
	s := cataloguetest.Open(t)
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	put := func(id string, start, end time.Time) {
		c := item("A", id, day(1))
		c.Record.Time = record.Interval{Start: start, End: end}
		apply(t, s, writer(""), c)
	}
	checked := func(what string) {
		t.Helper()
		for property, of := range map[filter.Property][2]filter.Property{
			filter.PropertyDatetime: {"datetime", "datetime"}, filter.PropertyStart: {filter.PropertyStart, filter.PropertyStart}, filter.PropertyEnd: {filter.PropertyEnd, filter.PropertyEnd},
			filter.PropertyModified: {filter.PropertyModified, filter.PropertyModified}, filter.PropertyTime: {filter.PropertyStart, filter.PropertyEnd},
		} {
			all, err := s.Aggregate(t.Context(), writer(""), catalogue.Query{}, []catalogue.Aggregation{
				{Name: "min", Kind: catalogue.AggregateMin, Property: of[0]}, {Name: "max", Kind: catalogue.AggregateMax, Property: of[1]},
			})
			if err != nil {
				t.Fatal(err)
			}
			first, last, known, err := s.Ends(t.Context(), writer(""), property)
			if err != nil || !known || written(first) != all[0].Value || written(last) != all[1].Value {
				t.Errorf("%s: %s is from %v to %v, %v, want %v", what, property, first, last, err, all)
			}
		}
	}
	checked("nothing")
	put("short", day(10), day(10))
	checked("one")
	put("shorter", day(12), day(12).Add(12*time.Hour))
	put("earlier", day(8), day(8).Add(20*time.Hour))
	put("earlier too", day(8).Add(time.Hour), day(8).Add(2*time.Hour)) // ends first, but begins second
	checked("short ones")
	put("long", day(9), day(30))
	checked("one that lasts")
	apply(t, s, writer("w"), item("A", "elsewhere", day(1)))
	checked("another workspace")
	if _, _, known, err := s.Ends(t.Context(), writer(""), filter.PropertyCreated); err != nil || known {
		t.Errorf("%v %v", known, err)
	}
}

func written(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format("2006-01-02T15:04:05.000000Z07:00") // as aggregations do
}

// RC-19: indexes tell the ends of times.
func TestEndsAreFoundByIndexes(t *testing.T) {
	_, conn := opened(t)
	for _, statement := range []string{fill, "vacuum analyze"} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	at := time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
	workspaces := []string{""}
	uses(t, conn, "begin", "record_latest", catalogue.NearestSQL("datetime"), []any{workspaces}, nil)
	uses(t, conn, "modified", "record_changed", catalogue.NearestSQL("modified"), []any{workspaces}, nil)
	uses(t, conn, "end", "record_latest", catalogue.LastSQL, []any{workspaces, at, at.AddDate(1, 0, 0)}, nil)
}
