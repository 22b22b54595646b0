package catalogue_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
)

// The evaluator in memory and the database decide alike on any filter and any record.
func TestEvaluatorAndDatabaseAgree(t *testing.T) {
	s := cataloguetest.Open(t)
	var changes []record.Change
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 400 {
		changes = append(changes, anyRecord(i, random))
	}
	applied(t, s, writer(""), changes...)
	rapid.Check(t, func(r *rapid.T) {
		e := anyExpr(r, 3)
		page, err := s.Search(t.Context(), writer(""), catalogue.Query{Filter: e, Limit: catalogue.MaxLimit, Count: true})
		if fault.KindOf(err) == fault.Invalid {
			return // refused, a crossing polygon for instance
		}
		if err != nil {
			r.Fatalf("%#v: %v", e, err)
		}
		found, held := ids(page.Records), []string{}
		for _, c := range changes {
			if filter.Holds(e, c.Record) {
				held = append(held, c.Record.ID)
			}
		}
		slices.Sort(found)
		slices.Sort(held)
		if !slices.Equal(found, held) || *page.Matched != len(held) {
			r.Fatalf("%#v\nthe database finds    %v\nthe evaluator takes   %v\ncounted %d", e, only(found, held), only(held, found), *page.Matched)
		}
		for _, rec := range page.Records {
			if !filter.Holds(e, rec) {
				r.Fatalf("%#v does not hold for %s as it was read back", e, rec.ID)
			}
		}
	})
}

// only are the elements of a that are not in b.
func only(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

var (
	someTexts = []string{"", "a", "A", "ab", "aB", "b%", "b_", `c\`, "Ü", "ü", "ß", "é", "日本", "sea ice", "Sea-Ice", "12", "12.0", "1e1", "true", "false", "a'b", "x\ny"}
	someTimes = []time.Time{
		time.Date(1999, 12, 31, 23, 59, 59, 999_999_000, time.UTC), time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2000, 2, 29, 0, 0, 0, 0, time.UTC), time.Date(2000, 2, 29, 12, 0, 0, 123_456_789, time.UTC),
		time.Date(2024, 5, 1, 12, 0, 0, 0, time.FixedZone("", 7200)),
	}
	someInstants = []string{
		"2000-01-01", "2000-01-01T00:00:00Z", "2000-02-29T12:00:00.123456Z", "2000-02-29T12:00:00.123456789Z", "2000-01-01t02:00:00+02:00",
		"2001-02-29T00:00:00Z", "1900-02-29", "2000-13-01", "0000-01-01", "2000-01-01T24:00:00Z", "2000-01-01 00:00:00", "2000-04-31",
	}
	someNumbers  = []float64{0, 1, -1, 10, 12, 12.5, 0.1, 1e-7, 1e20, math.Copysign(0, -1)}
	properties_  = []string{"n", "eo:cloud_cover", "with 'quotes\" and $1", "missing"}
	coreNames    = []string{"id", "collection", "type", "title", "abstract", "keywords", "product_type", "datetime", "start_datetime", "end_datetime"}
	someOps      = []filter.Op{filter.Equal, filter.NotEqual, filter.Less, filter.LessOrEqual, filter.Greater, filter.GreaterOrEqual}
	somePatterns = []string{"%", "a%", "%a%", "_", "__", `b\%`, `b\_`, `c\`, `c\\`, "%ice", "A_", "Ü", "日_", "%a%b%", "", `\a`, "2000%", "%.123456z", "____-02-%"}
)

func pick[T any](random *rand.Rand, list []T) T { return list[random.IntN(len(list))] }

func anyRecord(i int, random *rand.Rand) record.Change {
	c := record.Change{Record: record.Record{
		Key:  record.Key{ID: fmt.Sprintf("r%03d", i), Collection: pick(random, []string{"", "c", "C2"})},
		Type: pick(random, []string{record.TypeItem, record.TypeCollection}), Title: pick(random, someTexts), Abstract: pick(random, someTexts),
		ProductType: pick(random, []string{"", "S2"}), Properties: map[string]any{},
	}}
	for range random.IntN(3) {
		c.Record.Keywords = append(c.Record.Keywords, pick(random, someTexts))
	}
	for _, name := range properties_[:3] {
		if v := anyProperty(random); random.IntN(4) > 0 {
			c.Record.Properties[name] = v
		}
	}
	if random.IntN(4) > 0 {
		c.Record.Time = anyInterval(random)
	}
	if random.IntN(4) > 0 {
		c.Record.Footprint = anyGeometry(random)
	}
	return c
}

func anyProperty(random *rand.Rand) any {
	switch random.IntN(8) {
	case 0:
		return nil
	case 1:
		return random.IntN(2) == 0
	case 2:
		return pick(random, someNumbers)
	case 3:
		return random.IntN(15)
	case 4:
		return []any{pick(random, someTexts), 12.0, true}[:random.IntN(4)]
	case 5:
		return pick(random, someInstants)
	case 6:
		return map[string]any{"a": 1}
	}
	return pick(random, someTexts)
}

func anyInterval(random *rand.Rand) record.Interval {
	i := record.Interval{Start: pick(random, someTimes), End: pick(random, someTimes)}
	if i.End.Before(i.Start) {
		i.Start, i.End = i.End, i.Start
	}
	switch random.IntN(6) {
	case 0:
		i.Start = time.Time{}
	case 1:
		i.End = time.Time{}
	case 2:
		i.End = i.Start
	}
	return i
}

// anyGeometry is valid, and small on a coarse grid, so that all ways of touching happen.
func anyGeometry(random *rand.Rand) orb.Geometry {
	n := func() float64 { return float64(random.IntN(9)) }
	w, s := n(), n()
	square := func(w, s, size float64) orb.Polygon { return box(w, s, w+size, s+size) }
	switch random.IntN(8) {
	case 0:
		return orb.Point{w, s}
	case 1:
		return orb.MultiPoint{{w, s}, {n(), n()}}
	case 2:
		return orb.LineString{{w, s}, {w + 1 + n(), n()}, {n(), s - 10}}
	case 3:
		return orb.MultiLineString{{{w, s}, {w + 2, s + 1}}, {{n(), s}, {w + 10, n()}}}
	case 4:
		return orb.MultiPolygon{square(w, s, 1), square(w+2, s, 1+n())}
	case 5:
		hole := square(w, s, 5)
		return append(hole, orb.Ring{{w + 1, s + 1}, {w + 1, s + 4}, {w + 4, s + 4}, {w + 4, s + 1}, {w + 1, s + 1}})
	case 6:
		return orb.Collection{square(n(), n(), 1), square(w, s, 1)} // GEOS overlooks points in collections of several dimensions
	}
	return orb.Polygon{{{w, s}, {w + 3, s + 1}, {w + 1 + n()/10, s + 4}, {w, s}}}
}

// randomly gives the generators above a source that rapid can shrink.
func randomly(r *rapid.T) *rand.Rand {
	return rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 0))
}

func anyExpr(r *rapid.T, depth int) filter.Expr {
	n := rapid.IntRange(0, 10).Draw(r, "kind")
	if depth == 0 && n < 3 {
		n += 3
	}
	random := randomly(r)
	property := func() string { return pick(random, append(slices.Clone(coreNames), properties_...)) }
	switch n {
	case 0:
		return filter.Not{Expr: anyExpr(r, depth-1)}
	case 1, 2:
		var parts []filter.Expr
		for range rapid.IntRange(0, 3).Draw(r, "parts") {
			parts = append(parts, anyExpr(r, depth-1))
		}
		if n == 1 {
			return filter.And(parts)
		}
		return filter.Or(parts)
	case 3, 4:
		return filter.Compare{Op: pick(random, someOps), Property: property(), Value: anyValue(random), FoldCase: random.IntN(3) == 0}
	case 5:
		return filter.Like{Property: property(), Pattern: pick(random, somePatterns), FoldCase: random.IntN(2) == 0}
	case 6:
		return filter.Between{Property: property(), Low: anyValue(random), High: anyValue(random)}
	case 7:
		in := filter.In{Property: property()}
		for range random.IntN(4) {
			in.Values = append(in.Values, anyValue(random))
		}
		return in
	case 8:
		return filter.IsNull{Property: property()}
	case 9:
		if random.IntN(2) == 0 {
			return filter.Intersects{Geometry: anyGeometry(random)}
		}
		return filter.During{Interval: anyInterval(random)}
	}
	return filter.AnyText{Words: pick(random, []string{"", "a", "sea", "ICE sea", "--", "Ü"}), Pattern: pick(random, append(somePatterns, ""))}
}

func anyValue(random *rand.Rand) any {
	switch random.IntN(8) {
	case 0:
		return random.IntN(2) == 0
	case 1:
		return pick(random, someNumbers)
	case 2:
		return pick(random, someTimes)
	case 3:
		return pick(random, someInstants)
	case 4:
		return []any{pick(random, someTexts), 12, true}[:random.IntN(4)]
	case 5:
		return random.IntN(15)
	}
	return pick(random, someTexts)
}
