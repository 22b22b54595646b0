package catalogue_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/grid"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// RND-04: what a map of a layer shows, newest on top.
func TestProducts(t *testing.T) {
	s := cataloguetest.Open(t)
	alone := drawn(item("S2", "alone", noon.AddDate(0, 0, 5)))
	alone.Record.ProductType, alone.Browses = "", json.RawMessage(`{"name": "auto", "n": 1.50}`)
	far := drawn(item("S2", "far", noon.AddDate(0, 0, 3)), "S2")
	far.Record.Footprint = box(100, 0, 101, 1)
	long := drawn(item("S2", "z long", noon.AddDate(0, 0, 1)), "S2")
	long.Record.Time.End = long.Record.Time.End.Add(time.Hour)
	applied(t, s, writer(""), long, drawn(item("S2", "a", noon), "S2", "all"), drawn(item("S2", "b", noon.AddDate(0, 0, 1)), "S2"),
		drawn(item("S2", "c", noon.AddDate(0, 0, 1)), "S2"), far, alone, item("S2", "bare", noon))
	for _, c := range []struct {
		name  string
		query catalogue.ProductQuery
		ids   []string
	}{
		{"a layer", catalogue.ProductQuery{Layer: "S2"}, []string{"far", "z long", "b", "c", "a"}},
		{"another layer", catalogue.ProductQuery{Layer: "all"}, []string{"a"}},
		{"no layer", catalogue.ProductQuery{Layer: "none"}, nil},
		{"a place", catalogue.ProductQuery{Layer: "S2", Geometry: box(10.5, 45.5, 12, 47)}, []string{"z long", "b", "c", "a"}},
		{"a day", catalogue.ProductQuery{Layer: "S2", Time: record.Interval{Start: noon, End: noon}}, []string{"a"}},
		{"the newest", catalogue.ProductQuery{Layer: "S2", Limit: 2}, []string{"far", "z long"}},
		{"an item", catalogue.ProductQuery{ID: "alone"}, []string{"alone"}},
		{"an item elsewhere", catalogue.ProductQuery{ID: "alone", Geometry: box(100, 0, 101, 1)}, nil},
		{"another order", catalogue.ProductQuery{Layer: "S2", Sort: []catalogue.Sort{{Property: "id", Desc: true}}}, []string{"z long", "far", "c", "b", "a"}},
		{"the first of another order", catalogue.ProductQuery{Layer: "S2", Limit: 2, Geometry: box(10.5, 45.5, 12, 47), Sort: []catalogue.Sort{{Property: "eo:cloud_cover"}, {Property: "id"}}}, []string{"a", "b"}},
		{"a condition alone", catalogue.ProductQuery{Filter: filter.And{}, Sort: []catalogue.Sort{{Property: "id"}}}, []string{"a", "alone", "b", "c", "far", "z long"}},
		{"a condition that nothing meets", catalogue.ProductQuery{Layer: "S2", Filter: filter.Or{}}, nil},
		{"an item without anything to draw", catalogue.ProductQuery{ID: "bare"}, nil},
	} {
		products, err := s.Products(t.Context(), writer(""), c.query)
		var got []string
		for _, p := range products {
			got = append(got, p.ID)
		}
		if err != nil || !slices.Equal(got, c.ids) {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.ids)
		}
	}
	if _, err := s.Products(t.Context(), writer(""), catalogue.ProductQuery{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("nothing asked: %v", err)
	}
	products, err := s.Products(t.Context(), writer(""), catalogue.ProductQuery{ID: "alone"})
	if err != nil {
		t.Fatal(err)
	}
	p := products[0]
	if p.Type != "" || p.Collection != "S2" || inJSON(t, p.Coverages) != inJSON(t, alone.Coverages) || inJSON(t, p.Browses) != `{"n":1.50,"name":"auto"}` ||
		len(p.Footprint) == 0 || !p.Time.Start.Equal(alone.Record.Time.Start) {
		t.Errorf("the product is %+v", p)
	}
}

// The list of layers: where and when each has something to show.
func TestExtents(t *testing.T) {
	s := cataloguetest.Open(t)
	west := drawn(item("S2", "west", noon), "S2", "all")
	west.Record.Footprint = box(-10, 0, -9, 1)
	east := drawn(item("S2", "east", noon.AddDate(0, 0, 2)), "S2")
	east.Record.Footprint = orb.MultiPolygon{box(20, 10, 21, 11), box(30, 10, 31, 12)}
	again := drawn(item("S2", "again", noon.AddDate(0, 0, 2).Add(time.Hour)), "S2")
	again.Record.Footprint = nil
	alone := drawn(item("S2", "alone", noon))
	alone.Record.ProductType, alone.Record.Time = "", record.Interval{}
	timeless := drawn(item("S2", "timeless", noon), "all")
	timeless.Record.Time = record.Interval{}
	named := item("", "S2", noon)
	named.Record.Type, named.Record.Title = record.TypeCollection, "Sentinel 2"
	applied(t, s, writer(""), west, east, again, alone, timeless, named)
	day := func(n int) time.Time { return time.Date(2024, 5, 1+n, 0, 0, 0, 0, time.UTC) }
	want := func(extents ...record.Extent) {
		t.Helper()
		got, err := s.Extents(t.Context(), writer(""))
		if err != nil || inJSON(t, got) != inJSON(t, extents) {
			t.Errorf("the layers are\n%s\nwant\n%s\n%v", inJSON(t, got), inJSON(t, extents), err)
		}
	}
	westBounds, itsTime := west.Record.Footprint.Bound(), record.Interval{Start: noon, End: noon}
	all := record.Extent{Collection: "all", Title: "all", Bounds: westBounds.Union(box(10, 45, 11, 46).Bound()), Time: itsTime, Dates: []time.Time{day(0)}, Count: 2}
	aloneExtent := record.Extent{ID: "alone", Title: "Item alone", Bounds: box(10, 45, 11, 46).Bound(), Count: 1}
	want(
		record.Extent{Collection: "S2", Title: "Sentinel 2", Bounds: orb.Bound{Min: orb.Point{-10, 0}, Max: orb.Point{31, 12}},
			Time: record.Interval{Start: noon, End: again.Record.Time.End}, Dates: []time.Time{day(2), day(0)}, Count: 3},
		all, aloneExtent,
	)
	remove := func(id string) record.Change {
		return record.Change{Delete: true, Record: record.Record{Key: record.Key{Collection: "S2", ID: id}}}
	}
	applied(t, s, writer(""), remove("east"), remove("again"), remove("timeless"))
	all.Count, all.Bounds = 1, westBounds
	want(record.Extent{Collection: "S2", Title: "Sentinel 2", Bounds: westBounds, Time: itsTime, Dates: []time.Time{day(0)}, Count: 1}, all, aloneExtent)
	applied(t, s, writer(""), remove("west"), remove("alone"))
	want()
}

// A layer becomes stale where and when an item was, and where and when it is.
func TestRevisions(t *testing.T) {
	s := cataloguetest.Open(t)
	since := int64(0)
	step := func(name string, changes []record.Change, want ...string) {
		t.Helper()
		applied(t, s, writer("w"), changes...)
		changed, latest, err := s.Revisions(t.Context(), writer("w"), since)
		var got []string
		for _, r := range changed {
			got = append(got, fmt.Sprintf("%s %d %d", r.Layer, r.Cell, r.Bucket))
		}
		slices.Sort(got)
		slices.Sort(want)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
		since = latest
	}
	const may, june = 2024*12 + 4, 2024*12 + 5
	here, there := grid.CellsOf(inland(0).Bound())[0], grid.CellsOf(inland(50).Bound())[0]
	spot := func(layer string, cell, bucket int) string { return fmt.Sprintf("%s %d %d", layer, cell, bucket) }
	placed := func(c record.Change) record.Change { c.Record.Footprint = inland(0); return c }
	c := placed(drawn(item("S2", "a", noon), "S2", "all"))
	step("created", []record.Change{c}, spot("S2", here, may), spot("all", here, may))
	step("again", []record.Change{c})
	c.Record.Footprint, c.Record.Time = inland(50), record.Interval{Start: noon, End: noon.AddDate(0, 1, 0)}
	c.Layers = []string{"S2"}
	step("moved", []record.Change{c}, spot("S2", here, may), spot("all", here, may), spot("S2", there, may), spot("S2", there, june))
	c.Record.Footprint, c.Record.Time.Start = nil, time.Time{}
	step("anywhere", []record.Change{c}, spot("S2", there, may), spot("S2", there, june), spot("S2", grid.Everywhere, catalogue.AnyTime))
	c.Record.ProductType, c.Layers = "", []string{"a"}
	step("alone", []record.Change{c}, spot("S2", grid.Everywhere, catalogue.AnyTime), spot("a", grid.Everywhere, catalogue.AnyTime))
	c.Coverages = nil
	step("bare", []record.Change{c}, spot("a", grid.Everywhere, catalogue.AnyTime))
	step("deleted when bare", []record.Change{{Delete: true, Record: record.Record{Key: c.Record.Key}}})
	step("one batch counts once", []record.Change{placed(drawn(item("S2", "b", noon), "S2")), placed(drawn(item("S2", "c", noon), "S2"))}, spot("S2", here, may))
	if since != 6 {
		t.Errorf("counted %d changes", since)
	}
}

// inland is a footprint that touches no border of cells.
func inland(east float64) orb.Polygon { return box(10+east, 46, 11+east, 47) }

func TestRevisionsOfAllWorkspaces(t *testing.T) {
	s := cataloguetest.Open(t)
	alone := func(id string) record.Change {
		c := drawn(item("S2", id, noon))
		c.Record.ProductType = ""
		return c
	}
	for _, w := range []string{"", "v", "w"} {
		applied(t, s, writer(w), alone("a"))
	}
	system := scope.New("", "tile")
	changed, latest, err := s.RevisionsAll(t.Context(), system, nil)
	if err != nil || len(changed) != 3 || len(latest) != 3 || latest["v"] != 1 {
		t.Fatalf("%+v %v %v", changed, latest, err)
	}
	applied(t, s, writer("v"), alone("b"))
	applied(t, s, writer("x"), alone("a"))
	changed, latest, err = s.RevisionsAll(t.Context(), system, latest)
	if err != nil || len(changed) != 2 || latest["v"] != 2 || latest["x"] != 1 || latest["w"] != 1 {
		t.Fatalf("%+v %v %v", changed, latest, err)
	}
}

// The count of changes, which capabilities name, is higher after each of them, in every workspace that is read.
func TestSequence(t *testing.T) {
	s := cataloguetest.Open(t)
	count := func(sc scope.Scope) int64 {
		t.Helper()
		n, err := s.Sequence(t.Context(), sc)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count(writer(""))
	applied(t, s, writer(""), drawn(item("S2", "a", noon), "S2"))
	if after := count(writer("")); before != 0 || after <= before {
		t.Errorf("%d, then %d", before, after)
	}
	if other := count(writer("elsewhere")); other != 0 {
		t.Errorf("elsewhere %d", other)
	}
}
