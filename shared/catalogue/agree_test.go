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
	_ "perigee/test/draws" // the same each time
)

// The evaluator in memory and the database decide alike on any filter and its contrary, and any record; neither fails.
func TestEvaluatorAndDatabaseAgree(t *testing.T) {
	s := cataloguetest.Open(t)
	var changes []record.Change
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 400 {
		changes = append(changes, anyRecord(i, random))
	}
	applied(t, s, writer(""), changes...)
	asked, refused := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		e := anyExpr(r, 3)
		asked++
		p, err := filter.Prepare(e, nil)
		if err != nil {
			if refused++; fault.KindOf(err) != fault.Invalid {
				r.Fatalf("%#v: %v", e, err)
			}
			if _, err := s.Search(t.Context(), writer(""), catalogue.Query{Filter: e}); fault.KindOf(err) != fault.Invalid {
				r.Fatalf("%#v is refused in memory only", e)
			}
			return
		}
		agree(t, r, s, e, p, changes)
		contrary, err := filter.Prepare(filter.Not{Expr: e}, nil)
		if err != nil {
			return // it is too deep
		}
		agree(t, r, s, filter.Not{Expr: e}, contrary, changes)
	})
	if refused*2 > asked {
		t.Errorf("%d of %d conditions were refused: too many to say anything", refused, asked)
	}
}

// So they do where properties have indexes, which are asked by conditions of their own.
func TestEvaluatorAndIndexesAgree(t *testing.T) {
	url := cataloguetest.URL(t)
	s, err := catalogue.Open(t.Context(), catalogue.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	var changes []record.Change
	random := rand.New(rand.NewPCG(5, 6))
	for i := range 400 {
		changes = append(changes, anyRecord(i, random))
	}
	applied(t, s, writer(""), changes...)
	indexes := map[string]string{properties_[0]: "string", properties_[1]: "array", properties_[2]: "instant"}
	if err := catalogue.BuildIndexes(t.Context(), url, indexes, func(string) {}); err != nil {
		t.Fatal(err)
	}
	types := filter.TypeMap{filter.Property(properties_[0]): filter.TypeText, filter.Property(properties_[1]): filter.TypeArray, filter.Property(properties_[2]): filter.TypeTimestamp}
	answered := 0
	rapid.Check(t, func(r *rapid.T) {
		x := exprs{randomly(r)}
		e := x.ofIndexed()
		p, err := filter.Prepare(e, types)
		if err != nil {
			return
		}
		answered++
		agree(t, r, s, e, p, changes)
		if contrary, err := filter.Prepare(filter.Not{Expr: e}, types); err == nil {
			agree(t, r, s, filter.Not{Expr: e}, contrary, changes)
		}
	})
	if answered == 0 {
		t.Error("no condition was answered")
	}
}

// ofIndexed is a condition on a property that has an index, or on the keywords, alone or beside others.
func (x exprs) ofIndexed() filter.Expr {
	text, array, at := filter.Property(properties_[0]), filter.Property(properties_[1]), filter.Property(properties_[2])
	literal := x.folded(filter.Text(pick(x.Rand, someTexts)))
	e := pick(x.Rand, []filter.Expr{
		filter.Compare{Op: pick(x.Rand, someOps), Left: x.folded(text), Right: literal},
		filter.Compare{Op: pick(x.Rand, someOps), Left: text, Right: filter.Untyped{Text: pick(x.Rand, someTexts), FoldCase: x.one(2)}},
		filter.Like{Operand: x.folded(text), Pattern: x.folded(filter.Text(pick(x.Rand, append(somePatterns, someTexts...))))},
		filter.Like{Operand: text, Pattern: filter.Text("%" + pick(x.Rand, someTexts) + "%")},
		filter.Compare{Op: pick(x.Rand, someOps), Left: at, Right: x.instant()},
		filter.Array{Op: pick(x.Rand, arrayOps), Left: pick(x.Rand, []filter.Operand{array, filter.PropertyKeywords}), Right: x.array()},
		filter.Array{Op: pick(x.Rand, arrayOps), Left: filter.PropertyKeywords, Right: filter.List{filter.Text(pick(x.Rand, someTexts)), filter.Text(pick(x.Rand, someTexts))}[:x.IntN(3)]},
		filter.Compare{Op: filter.Equal, Left: pick(x.Rand, []filter.Operand{array, filter.PropertyKeywords}), Right: filter.Untyped{Text: pick(x.Rand, someTexts), FoldCase: x.one(3)}},
		filter.IsNull{Operand: pick(x.Rand, []filter.Operand{text, array, at})},
	})
	switch x.IntN(4) {
	case 0:
		return filter.Or{e, x.expr(0)}
	case 1:
		return filter.And{e, x.expr(0)}
	}
	return e
}

// agree compares what the database finds with what holds in memory, of the records as they were written and as they come
// back.
func agree(t *testing.T, r *rapid.T, s *catalogue.Store, e filter.Expr, p filter.Predicate, changes []record.Change) {
	page, err := s.Search(t.Context(), writer(""), catalogue.Query{Filter: e, Limit: catalogue.MaxLimit, Count: true})
	if err != nil {
		r.Fatalf("%#v: %v", e, err)
	}
	found, held := ids(page.Records), []string{}
	for _, c := range changes {
		if p.Holds(c.Record) {
			held = append(held, c.Record.ID)
		}
	}
	slices.Sort(found)
	slices.Sort(held)
	if !slices.Equal(found, held) || *page.Matched != len(held) {
		r.Fatalf("%#v\nthe database finds    %v\nthe evaluator takes   %v\ncounted %d", e, only(found, held), only(held, found), *page.Matched)
	}
	for _, rec := range page.Records {
		if !p.Holds(rec) {
			r.Fatalf("%#v does not hold for %s as it was read back", e, rec.ID)
		}
	}
}

// only are the elements of a that are not in b.
func only(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

var (
	someTexts = []string{"", "a", "A", "ab", "aB", "b%", "b_", `c\`, "Ü", "ü", "ß", "é", "日本", "sea ice", "Sea-Ice", "\u01c5", "ΟΔΟΣ", "οδος", "İi", "e\u0301", " a ", "12", "12.0", "1e1", "true", "false", "a'b", "x\ny"}
	someTimes = []time.Time{
		time.Date(1999, 12, 31, 23, 59, 59, 999_999_000, time.UTC), time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2000, 2, 29, 0, 0, 0, 0, time.UTC), time.Date(2000, 2, 29, 12, 0, 0, 123_456_789, time.UTC),
		time.Date(2024, 5, 1, 12, 0, 0, 0, time.FixedZone("", 7200)),
	}
	someInstants = []string{
		"2000-01-01", "2000-01-01T00:00:00Z", "2000-02-29T12:00:00.123456Z", "2000-02-29T12:00:00.123456789Z", "2000-01-01t02:00:00+02:00",
		"2001-02-29T00:00:00Z", "1900-02-29", "2000-13-01", "0000-01-01", "2000-01-01T24:00:00Z", "2000-01-01 00:00:00", "2000-04-31",
	}
	someNumbers  = []float64{0, 1, -1, 10, 12, 12.5, 0.1, 2.5, -7, 1e-7, 1e20, 1e200, -1e299, 1e-299, math.Copysign(0, -1)}
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
		return []any{pick(random, someTexts), 12.0, true, nil, pick(random, someNumbers)}[:random.IntN(6)]
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

// exprs makes conditions of every kind; most have operands whose types fit.
type exprs struct{ *rand.Rand }

func anyExpr(r *rapid.T, depth int) filter.Expr { return exprs{randomly(r)}.expr(depth) }

func (x exprs) one(n int) bool { return x.IntN(n) == 0 }

func (x exprs) expr(depth int) filter.Expr {
	n := x.IntN(17)
	if depth == 0 && n < 4 {
		n += 4
	}
	switch n {
	case 0:
		if x.one(2) {
			return filter.Not{Expr: filter.Certain{Expr: x.expr(depth - 1)}}
		}
		return filter.Not{Expr: x.expr(depth - 1)}
	case 1, 2:
		var parts []filter.Expr
		for range x.IntN(4) {
			parts = append(parts, x.expr(depth-1))
		}
		if n == 1 {
			return filter.And(parts)
		}
		return filter.Or(parts)
	case 3:
		return filter.Truth{Operand: x.boolean(depth)}
	case 4, 5:
		return x.compare(depth)
	case 6:
		return filter.Like{Operand: x.text(1), Pattern: x.folded(filter.Text(pick(x.Rand, somePatterns)))}
	case 7:
		of := x.kind(1)
		return filter.Between{Operand: of(), Low: of(), High: of()}
	case 8:
		of := x.kind(1)
		in := filter.In{Operand: of()}
		for range x.IntN(4) {
			in.Values = append(in.Values, of())
		}
		return in
	case 9:
		return filter.IsNull{Operand: x.kind(1)()}
	case 10, 11:
		return filter.Spatial{Op: pick(x.Rand, spatialOps), Left: x.geometry(), Right: x.geometry(), MissingIsFalse: x.one(2)}
	case 12:
		return filter.Temporal{Op: pick(x.Rand, temporalOps), Left: x.interval(), Right: x.interval(), MissingIsFalse: x.one(2)}
	case 13:
		return filter.Temporal{Op: pick(x.Rand, temporalOps[:5]), Left: x.time(), Right: x.time(), MissingIsFalse: x.one(2)}
	case 14:
		return filter.Array{Op: pick(x.Rand, arrayOps), Left: x.array(), Right: x.array()}
	case 15:
		of := filter.Compare{Op: pick(x.Rand, someOps), Left: filter.Property(pick(x.Rand, append([]string{"keywords", "title"}, properties_...))), Right: x.untyped()}
		if x.one(4) {
			of.Left, of.Right = of.Right, of.Left
		}
		return filter.Match{Action: pick(x.Rand, []filter.MatchAction{filter.MatchAny, filter.MatchAll, filter.MatchOne}), Compare: of}
	}
	return filter.AnyText{Words: pick(x.Rand, []string{"", "a", "sea", "ICE sea", "--", "Ü"}), Pattern: pick(x.Rand, append(somePatterns, ""))}
}

func (x exprs) compare(depth int) filter.Expr {
	op, left, right := pick(x.Rand, someOps), x.kind(depth), x.kind(depth)
	if !x.one(6) {
		right = left
	}
	return filter.Compare{Op: op, Left: left(), Right: right()}
}

// kind chooses a type, by whose operands it gives one after the other.
func (x exprs) kind(depth int) func() filter.Operand {
	return pick(x.Rand, []func() filter.Operand{
		func() filter.Operand { return x.text(depth) }, func() filter.Operand { return x.number(depth) },
		func() filter.Operand { return x.boolean(depth) }, x.instant, x.untyped, x.array,
	})
}

func (x exprs) property() filter.Operand { return filter.Property(pick(x.Rand, properties_)) }

func (x exprs) untyped() filter.Operand {
	if x.one(2) {
		return filter.Property(pick(x.Rand, append(slices.Clone(coreNames), properties_...)))
	}
	return filter.Untyped{Text: pick(x.Rand, append(slices.Clone(someTexts), someInstants...)), FoldCase: x.one(3)}
}

func (x exprs) text(depth int) filter.Operand {
	n := x.IntN(6)
	switch {
	case n == 0:
		return filter.Property(pick(x.Rand, coreNames[:5]))
	case n < 3:
		return x.property()
	case n == 3 && depth > 0:
		return x.folded(x.text(depth - 1))
	case n == 4 && depth > 0:
		return filter.Function{Name: pick(x.Rand, []string{"lower", "UPPER", "trim", "ltrim", "rtrim"}), Args: []filter.Operand{x.text(depth - 1)}}
	}
	if n == 5 && depth > 0 && x.one(2) {
		return filter.Function{Name: "concat", Args: []filter.Operand{x.text(depth - 1), x.text(depth - 1)}}
	}
	return filter.Text(pick(x.Rand, someTexts))
}

func (x exprs) folded(o filter.Operand) filter.Operand {
	switch x.IntN(4) {
	case 0:
		return filter.CaseI{Operand: o}
	case 1:
		return filter.AccentI{Operand: o}
	case 2:
		return filter.CaseI{Operand: filter.AccentI{Operand: o}}
	}
	return o
}

func (x exprs) number(depth int) filter.Operand {
	switch n := x.IntN(7); {
	case n < 3:
		return x.property()
	case n == 3 && depth > 0:
		return filter.Arithmetic{Op: pick(x.Rand, arithmeticOps), Left: x.number(depth - 1), Right: x.number(depth - 1)}
	case n == 4 && depth > 0:
		return x.function(depth - 1)
	}
	return filter.Number(pick(x.Rand, someNumbers))
}

// function is one whose results are the same to the last digit.
func (x exprs) function(depth int) filter.Operand {
	name := pick(x.Rand, []string{"abs", "floor", "ceil", "round", "min", "max", "length", "year", "month", "day", "hour", "minute", "size", "west", "north"})
	var args []filter.Operand
	switch name {
	case "min", "max":
		args = []filter.Operand{x.number(depth), x.number(depth)}
	case "length":
		args = []filter.Operand{x.text(depth)}
	case "size":
		args = []filter.Operand{x.array()}
	case "year", "month", "day", "hour", "minute":
		args = []filter.Operand{x.instant()}
	case "west", "north":
		args = []filter.Operand{x.geometry()}
	default:
		args = []filter.Operand{x.number(depth)}
	}
	return filter.Function{Name: name, Args: args}
}

func (x exprs) boolean(depth int) filter.Operand {
	switch n := x.IntN(4); {
	case n == 0 && depth > 0:
		return filter.Condition{Expr: x.expr(depth - 1)}
	case n == 1:
		return filter.Boolean(x.one(2))
	}
	return x.property()
}

func (x exprs) instant() filter.Operand {
	switch x.IntN(6) {
	case 0:
		return filter.Date{Time: pick(x.Rand, someTimes)}
	case 1:
		return filter.Timestamp{Time: pick(x.Rand, someTimes)}
	case 2:
		return filter.Property(pick(x.Rand, coreNames[len(coreNames)-3:]))
	case 3:
		return filter.Untyped{Text: pick(x.Rand, someInstants)}
	}
	return x.property()
}

func (x exprs) interval() filter.Operand {
	if x.one(3) {
		return filter.PropertyTime
	}
	var i filter.Interval
	if !x.one(4) {
		i.Start = x.instant()
	}
	if !x.one(4) {
		i.End = x.instant()
	}
	return i
}

func (x exprs) time() filter.Operand {
	if x.one(2) {
		return x.instant()
	}
	return x.interval()
}

func (x exprs) array() filter.Operand {
	switch x.IntN(5) {
	case 0:
		return filter.PropertyKeywords
	case 1, 2:
		return x.property()
	}
	var list filter.List
	for range x.IntN(3) {
		list = append(list, pick(x.Rand, []filter.Operand{
			filter.Text(pick(x.Rand, someTexts)), filter.Number(pick(x.Rand, someNumbers)), filter.Boolean(true), x.property(),
			filter.Date{Time: pick(x.Rand, someTimes)}, filter.Text(pick(x.Rand, someTexts)),
		}))
	}
	return list
}

func (x exprs) geometry() filter.Operand {
	switch x.IntN(8) {
	case 0:
		return filter.Function{Name: pick(x.Rand, []string{"centroid", "envelope"}), Args: []filter.Operand{x.geometry()}}
	case 1, 2, 3, 4:
		return filter.PropertyGeometry
	}
	return filter.Geometry{Geometry: anyGeometry(x.Rand)}
}

var (
	spatialOps = []filter.SpatialOp{filter.SIntersects, filter.SEquals, filter.SDisjoint, filter.STouches, filter.SWithin, filter.SOverlaps,
		filter.SCrosses, filter.SContains}
	temporalOps = []filter.TemporalOp{filter.TAfter, filter.TBefore, filter.TDisjoint, filter.TEquals, filter.TIntersects, filter.TContains,
		filter.TDuring, filter.TFinishedBy, filter.TFinishes, filter.TMeets, filter.TMetBy, filter.TOverlappedBy, filter.TOverlaps,
		filter.TStartedBy, filter.TStarts}
	arrayOps      = []filter.ArrayOp{filter.AEquals, filter.AContains, filter.AContainedBy, filter.AOverlaps}
	arithmeticOps = []filter.ArithmeticOp{filter.Add, filter.Subtract, filter.Multiply, filter.Divide, filter.Modulo, filter.Div}
)
