package catalogue_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
)

// What each part of a query finds.
func TestSearch(t *testing.T) {
	s := cataloguetest.Open(t)
	day := func(n int) time.Time { return noon.AddDate(0, 0, n) }
	placed := func(c record.Change, g orb.Geometry) record.Change { c.Record.Footprint = g; return c }
	timed := func(c record.Change, start, end time.Time) record.Change {
		c.Record.Time = record.Interval{Start: start, End: end}
		return c
	}
	collection := item("", "S2", day(9))
	collection.Record.Type = record.TypeCollection
	cloudy := item("S2", "cloudy", day(3))
	cloudy.Record.Properties["eo:cloud_cover"], cloudy.Record.Abstract = 90, "Thick clouds over the northern sea"
	applied(t, s, writer(""), collection, cloudy,
		placed(item("S1", "radar", day(4)), box(20, 50, 21, 51)),
		placed(item("S1", "east", day(5)), box(179, 0, 180, 1)),
		placed(item("S1", "west", day(6)), orb.MultiPolygon{box(-180, 0, -179, 1), box(179, 5, 180, 6)}),
		timed(placed(item("L8", "nowhere", day(7)), nil), time.Time{}, time.Time{}),
		timed(item("L8", "month", day(0)), day(-10), day(20)),
		timed(item("L8", "ongoing", day(0)), day(8), time.Time{}),
		timed(item("L8", "ever", day(0)), time.Time{}, day(-5)),
	)
	between := func(from, to int) record.Interval { return record.Interval{Start: day(from), End: day(to)} }
	for _, c := range []struct {
		name  string
		query catalogue.Query
		ids   []string
	}{
		{"everything, newest first and the timeless last", catalogue.Query{}, []string{"S2", "ongoing", "west", "east", "radar", "cloudy", "month", "ever", "nowhere"}},
		{"a type", catalogue.Query{Types: []string{record.TypeCollection}}, []string{"S2"}},
		{"types", catalogue.Query{Types: []string{record.TypeCollection, "other"}}, []string{"S2"}},
		{"a collection", catalogue.Query{Collections: []string{"S1"}}, []string{"west", "east", "radar"}},
		{"collections", catalogue.Query{Collections: []string{"S1", "S2", "S1"}}, []string{"west", "east", "radar", "cloudy"}},
		{"ids", catalogue.Query{IDs: []string{"radar", "month", "unknown"}}, []string{"radar", "month"}},
		{"a box", catalogue.Query{Geometry: box(10.5, 45.5, 20.5, 50.5)}, []string{"S2", "ongoing", "radar", "cloudy", "month", "ever"}},
		{"a box that touches", catalogue.Query{Geometry: box(21, 51, 30, 60)}, []string{"radar"}},
		{"a box across the date line", catalogue.Query{Geometry: filter.Box(179.5, -10, -179.5, 10)}, []string{"west", "east"}},
		{"a box at the date line's west", catalogue.Query{Geometry: box(-180, -10, -179.5, 10)}, []string{"west"}},
		{"a point", catalogue.Query{Geometry: orb.Point{20.5, 50.5}}, []string{"radar"}},
		{"a triangle", catalogue.Query{Geometry: orb.Polygon{{{19, 49}, {20.1, 49}, {20.1, 50.1}, {19, 49}}}}, []string{"radar"}},
		{"an instant", catalogue.Query{Time: between(4, 4)}, []string{"radar", "month"}},
		{"an interval", catalogue.Query{Time: between(3, 4)}, []string{"radar", "cloudy", "month"}},
		{"since", catalogue.Query{Time: record.Interval{Start: day(9)}}, []string{"S2", "ongoing", "month"}},
		{"until", catalogue.Query{Time: record.Interval{End: day(-6)}}, []string{"month", "ever"}},
		{"words", catalogue.Query{Text: "SEA thick"}, []string{"cloudy"}},
		{"words that are not all there", catalogue.Query{Text: "sea ice"}, []string{}},
		{"a filter", catalogue.Query{Filter: filter.Compare{Op: filter.Greater, Left: filter.Property("eo:cloud_cover"), Right: filter.Number(50)}}, []string{"cloudy"}},
		{"a substring", catalogue.Query{Filter: filter.AnyText{Pattern: "ORTHER"}}, []string{"cloudy"}},
		{"all at once", catalogue.Query{Types: []string{record.TypeItem}, Collections: []string{"S1"}, Geometry: box(19, 49, 22, 52), Time: between(4, 4),
			Filter: filter.Like{Operand: filter.PropertyTitle, Pattern: filter.Text("%radar")}, Text: "item"}, []string{"radar"}},
		{"by id", catalogue.Query{Collections: []string{"S1"}, Sort: []catalogue.Sort{{Property: "id"}}}, []string{"east", "radar", "west"}},
		{"by a property", catalogue.Query{Collections: []string{"S1", "S2"}, Sort: []catalogue.Sort{{Property: "eo:cloud_cover", Desc: true}, {Property: "id", Desc: true}}},
			[]string{"cloudy", "west", "radar", "east"}},
		{"by the start, unknown first", catalogue.Query{Collections: []string{"L8"}, Sort: []catalogue.Sort{{Property: "start_datetime"}}},
			[]string{"ever", "nowhere", "month", "ongoing"}},
		{"an offset", catalogue.Query{Offset: 6}, []string{"month", "ever", "nowhere"}},
		{"an offset behind the end", catalogue.Query{Offset: 60}, []string{}},
		{"a limit", catalogue.Query{Limit: 2}, []string{"S2", "ongoing"}},
		{"no records", catalogue.Query{Limit: -1}, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := search(t, s, writer(""), c.query)
			if got := ids(page.Records); !slices.Equal(got, c.ids) {
				t.Errorf("found %q, want %q", got, c.ids)
			}
			if page.Matched != nil {
				t.Error("counted though nobody asked")
			}
			c.query.Count, c.query.Limit = true, 1
			if counted := search(t, s, writer(""), c.query); c.query.Offset == 0 && c.name != "a limit" && c.name != "no records" && *counted.Matched != len(c.ids) {
				t.Errorf("counted %d", *counted.Matched)
			}
		})
	}
}

func TestQueriesThatAreRefused(t *testing.T) {
	s := cataloguetest.Open(t)
	deep := filter.Expr(filter.And{})
	for range 200 {
		deep = filter.Not{Expr: deep}
	}
	for name, q := range map[string]catalogue.Query{
		"a polygon that crosses itself": {Geometry: orb.Polygon{{{0, 0}, {2, 2}, {2, 0}, {0, 2}, {0, 0}}}},
		"a point in space":              {Geometry: orb.Point{200, 0}},
		"a polygon within a filter":     {Filter: filter.Not{Expr: filter.Intersects(orb.Polygon{{{0, 0}, {2, 2}, {2, 0}, {0, 2}, {0, 0}}})}},
		"a token and an offset":         {After: "x", Offset: 1},
		"a token that is none":          {After: "x"},
		"a negative offset":             {Offset: -1},
		"an offset without end":         {Offset: 1 << 40},
		"too many keys":                 {Sort: make([]catalogue.Sort, 11)},
		"too many ids":                  {IDs: make([]string, 10_001)},
		"too deep":                      {Filter: deep},
		"a zero character":              {IDs: []string{"a\x00"}},
		"an interval backwards":         {Time: record.Interval{Start: noon, End: noon.Add(-1e6)}},
		"an unknown comparison":         {Filter: filter.Compare{Op: "~", Left: filter.PropertyTitle, Right: filter.Text("x")}},
		"a value of no type":            {Filter: filter.Compare{Op: "=", Left: filter.PropertyTitle, Right: filter.Number(1)}},
	} {
		if _, err := s.Search(t.Context(), writer(""), q); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDocumentsOnlyWhenAsked(t *testing.T) {
	s := cataloguetest.Open(t)
	applied(t, s, writer(""), item("S2", "a", noon))
	for _, documents := range []bool{false, true} {
		got := search(t, s, writer(""), catalogue.Query{Documents: documents}).Records[0]
		if (got.Document != nil) != documents || (got.MediaType != "") != documents {
			t.Errorf("documents %v: %q %q", documents, got.Document, got.MediaType)
		}
	}
}

// The own workspace counts before an included one, then what was changed last.
func TestARecordOfAnAmbiguousID(t *testing.T) {
	s := cataloguetest.Open(t)
	applied(t, s, writer("own"), item("old", "a", noon))
	applied(t, s, writer("own"), item("new", "a", noon))
	applied(t, s, writer(""), item("other", "a", noon))
	applied(t, s, writer(""), item("other", "b", noon))
	sc := writer("own").Including("")
	for _, c := range []struct{ typ, collection, id, found string }{
		{"", "", "a", "new"}, {record.TypeItem, "old", "a", "old"}, {record.TypeItem, "other", "a", "other"}, {"", "", "b", "other"},
		{record.TypeCollection, "", "a", ""}, {"", "other", "c", ""}, {"", "", "a\x00", ""}, {"", "", "", ""},
	} {
		got, err := s.Record(t.Context(), sc, c.typ, c.collection, c.id)
		if c.found == "" && fault.KindOf(err) != fault.NotFound || c.found != "" && (err != nil || got.Collection != c.found || got.Document == nil) {
			t.Errorf("%v: %q, %v", c, got.Collection, err)
		}
	}
}

func TestCollections(t *testing.T) {
	s := cataloguetest.Open(t)
	for _, id := range []string{"c", "a", "b"} {
		c := item("", id, noon)
		c.Record.Type = record.TypeCollection
		applied(t, s, writer(""), c, item(id, "item of "+id, noon))
	}
	first, err := s.Collections(t.Context(), writer(""), 2, "")
	if err != nil || !slices.Equal(ids(first.Records), []string{"a", "b"}) || first.Records[0].Document == nil || first.Prev != "" {
		t.Fatalf("%q, %v", ids(first.Records), err)
	}
	second, err := s.Collections(t.Context(), writer(""), 2, first.Next)
	if err != nil || !slices.Equal(ids(second.Records), []string{"c"}) || second.Next != "" || second.Prev == "" {
		t.Fatalf("%q, %v", ids(second.Records), err)
	}
}

func TestNamedCollections(t *testing.T) {
	s := cataloguetest.Open(t)
	registered := item("", "b", noon)
	registered.Record.Type = record.TypeCollection
	applied(t, s, writer(""), registered, item("a", "1", noon), item("a", "2", noon), item("b", "1", noon), item("d", "1", noon), item("C", "1", noon))
	applied(t, s, writer("own"), item("e", "1", noon), item("a", "1", noon))
	for _, c := range []struct {
		workspaces []string
		after      string
		limit      int
		want       []string
	}{
		{nil, "", 10, []string{"C", "a", "d"}},
		{nil, "", 2, []string{"C", "a"}},
		{nil, "a", 10, []string{"d"}},
		{nil, "d", 10, nil},
		{nil, "", 0, nil},
		{[]string{"own"}, "", 10, []string{"C", "a", "d", "e"}},
	} {
		got, err := s.NamedCollections(t.Context(), writer("").Including(c.workspaces...), c.after, c.limit)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%v: %q, %v", c, got, err)
		}
	}
}

// Patterns of titles find what they should, whether the text of records leads to it or not.
func TestTitlesLikePatterns(t *testing.T) {
	s := cataloguetest.Open(t)
	titles := map[string]string{"moment": "2024-05-01", "scene": "S2A_MSIL2A 20240501 Alpine", "ligature": "Oﬃce", "plain": "office", "none": ""}
	var changes []record.Change
	for id, title := range titles {
		change := item("C", id, noon)
		change.Record.Title = title
		changes = append(changes, change)
	}
	applied(t, s, writer(""), changes...)
	for _, c := range []struct {
		pattern string
		folded  bool
		ids     []string
	}{
		{"%05-01%", false, []string{"moment"}}, {"2024%", false, []string{"moment"}}, {"%MSIL2A%", false, []string{"scene"}}, {"%msil2a%", false, nil},
		{"%msil2a%", true, []string{"scene"}}, {"%office%", true, []string{"ligature", "plain"}}, {"%_SIL2A 2024____ Alp%", false, []string{"scene"}},
		{"S2A\\_MSIL2A%", false, []string{"scene"}}, {"%lpin", false, nil}, {"%", false, []string{"ligature", "moment", "plain", "scene"}}, // no title is none
	} {
		like := filter.Like{Operand: filter.PropertyTitle, Pattern: filter.Text(c.pattern)}
		if c.folded {
			like = filter.Like{Operand: filter.CaseI{Operand: filter.PropertyTitle}, Pattern: filter.CaseI{Operand: filter.Text(c.pattern)}}
		}
		for _, e := range []filter.Expr{like, filter.Certain{Expr: like}, filter.And{like, filter.Compare{Op: filter.Equal, Left: filter.PropertyCollection, Right: filter.Text("C")}}} {
			page := search(t, s, writer(""), catalogue.Query{Filter: e, Sort: []catalogue.Sort{{Property: "id"}}, Count: true})
			var ids []string
			for _, r := range page.Records {
				ids = append(ids, r.ID)
			}
			if !slices.Equal(ids, c.ids) || *page.Matched != len(c.ids) {
				t.Errorf("%#v finds %v of %d, not %v", e, ids, *page.Matched, c.ids)
			}
		}
	}
}

// Titles that are moments were not in the text before: the migration adds them.
func TestMomentsOfBefore(t *testing.T) {
	s, conn := opened(t)
	change := item("C", "moment", noon)
	change.Record.Title = "2024-05-01T10:20:30Z"
	applied(t, s, writer(""), change)
	migration, err := os.ReadFile("migrations/00025_moments.sql")
	if err != nil {
		t.Fatal(err)
	}
	up, _, _ := strings.Cut(string(migration), "-- +goose Down")
	found := func() int {
		return len(search(t, s, writer(""), catalogue.Query{Filter: filter.Like{Operand: filter.PropertyTitle, Pattern: filter.Text("%05-01T10%")}}).Records)
	}
	for _, step := range []struct {
		sql  string
		want int
	}{{"update perigee.record set text = 'c', words = 'c'", 0}, {up, 1}} {
		if _, err := conn.Exec(t.Context(), step.sql); err != nil {
			t.Fatal(err)
		}
		if got := found(); got != step.want {
			t.Errorf("after %s there are %d records, not %d", step.sql, got, step.want)
		}
	}
}
