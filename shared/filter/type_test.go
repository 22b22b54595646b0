package filter

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/record"
)

var declared = TypeMap{"cloud": TypeNumber, "level": TypeText, "done": TypeBoolean, "made": TypeTimestamp, "day": TypeDate, "bands": TypeArray}

// Types that do not fit are refused, by a message that names both sides.
func TestMixedTypesAreRefused(t *testing.T) {
	for _, c := range []struct {
		expr Expr
		want string
	}{
		{Compare{Equal, Text("a"), Number(1)}, `"a" is a text, 1 is a number: they cannot be compared`},
		{Compare{Equal, PropertyTitle, Number(5)}, "the property title is a text, 5 is a number"},
		{Compare{Less, PropertyDatetime, Text("2024-05-01")}, `the property datetime is a timestamp, "2024-05-01" is a text`},
		{Compare{Less, Property("cloud"), Text("20")}, `the property cloud is a number, "20" is a text`},
		{Compare{Less, Property("cloud"), Property("level")}, "the property cloud is a number, the property level is a text"},
		{Compare{Equal, Property("done"), Date{noon}}, "the property done is a truth value, 2024-05-01 is a date"},
		{Compare{Equal, PropertyKeywords, Text("a")}, `the property keywords is an array, "a" is a text`},
		{Compare{Less, Property("bands"), List{Text("a")}}, "arrays are equal or not"},
		{Compare{Equal, PropertyTime, Interval{}}, "compared by T_EQUALS"},
		{Compare{Equal, PropertyTime, Timestamp{noon}}, "the property time is an interval, 2024-05-01T12:00:00Z is a timestamp"},
		{Compare{Equal, PropertyGeometry, Geometry{orb.Point{1, 2}}}, "compared by S_EQUALS"},
		{Compare{Equal, CaseI{PropertyTitle}, Number(1)}, "the property title is a text, 1 is a number"},
		{Compare{Equal, Arithmetic{Add, Property("x"), Text("a")}, Number(1)}, `"a" is a text, where a number is expected`},
		{Compare{Equal, Function{"lower", []Operand{Number(1)}}, Text("a")}, "1 is a number, where a text is expected"},
		{Compare{Equal, Function{"lower", nil}, Text("a")}, "lower takes 1 arguments, not 0"},
		{Compare{Equal, Function{"nothing", nil}, Text("a")}, `there is no function "nothing"; there are lower, upper, `},
		{Compare{Equal, Function{"nothing", nil}, Property("x")}, `there is no function "nothing"`},
		{IsNull{Function{"nothing", nil}}, `there is no function "nothing"`},
		{Truth{Function{"lower", []Operand{Text("a")}}}, "the function lower is a text, where a truth value is expected"},
		{Between{Property("x"), Text("a"), Number(1)}, `"a" is a text, 1 is a number`},
		{In{Property("x"), []Operand{Text("a"), Number(1)}}, `"a" is a text, 1 is a number`},
		{In{Property("cloud"), []Operand{Text("a"), Text("b")}}, "the property cloud is a number, where a text is expected"},
		{Like{Property("cloud"), Text("a%")}, "the property cloud is a number, where a text is expected"},
		{Like{PropertyTitle, PropertyAbstract}, "is no pattern"},
		{Truth{PropertyTitle}, "the property title is a text, where a truth value is expected"},
		{Compare{Equal, Property("cloud"), Untyped{Text: "many"}}, `"many" is not a number`},
		{Compare{Equal, Property("done"), Untyped{Text: "maybe"}}, `"maybe" is not true or false`},
		{Compare{Equal, PropertyDatetime, Untyped{Text: "tomorrow"}}, `"tomorrow" is not a date or a timestamp`},
		{Spatial{Op: SIntersects, Left: Property("x"), Right: Geometry{orb.Point{1, 2}}}, "the property x is no geometry: geometry is"},
		{Spatial{Op: SIntersects, Left: PropertyTime, Right: PropertyGeometry}, "the property time is an interval, where a geometry is expected"},
		{Spatial{Op: "S_NEAR", Left: PropertyGeometry, Right: PropertyGeometry}, "no spatial operator"},
		{Spatial{Op: SIntersects, Left: PropertyGeometry, Right: Geometry{orb.Point{200, 0}}}, "not on the globe"},
		{Spatial{Op: SIntersects, Left: PropertyGeometry, Right: Geometry{}}, "not a geometry"},
		{Temporal{Op: TDuring, Left: PropertyDatetime, Right: Interval{}}, "T_DURING is a relation of two intervals: the property datetime is an instant"},
		{Temporal{Op: TMeets, Left: PropertyTime, Right: Date{noon}}, "2024-05-01 is an instant"},
		{Temporal{Op: TIntersects, Left: PropertyTime, Right: Interval{Timestamp{noon}, Timestamp{noon.Add(-1e9)}}}, "ends before it starts"},
		{Temporal{Op: TIntersects, Left: PropertyTime, Right: Text("2024")}, `"2024" is a text, where a timestamp is expected`},
		{Temporal{Op: TIntersects, Left: PropertyTime, Right: Interval{PropertyTime, nil}}, "is an interval, where a timestamp is expected"},
		{Temporal{Op: "T_NEAR", Left: PropertyTime, Right: PropertyTime}, "no temporal operator"},
		{Array{AContains, PropertyTitle, List{}}, "the property title is a text, where an array is expected"},
		{Array{AContains, Property("x"), List{List{}}}, "cannot be an element of a list"},
		{Array{"A_NEAR", Property("x"), List{}}, "no array operator"},
		{Distance{PropertyGeometry, Geometry{orb.Point{1, 2}}, -1, false}, "a positive number of metres"},
		{Compare{Equal, Property("x"), Number(math.NaN())}, "out of range"},
		{Compare{Equal, Property("x"), Number(math.Inf(1))}, "out of range"},
		{Compare{Equal, Property("x"), Number(1e301)}, "out of range"},
		{Compare{"~", Property("x"), Number(1)}, `"~" is not a comparison`},
		{Compare{Equal, Property("x"), nil}, "nothing cannot be compared with the property x"},
		{Compare{Equal, nil, Number(1)}, "nothing is no number"},
		{Compare{Equal, Property("x"), Text("a\x00")}, "zero character"},
		{Compare{Equal, Property("x\x00"), Text("a")}, "zero character"},
		{IsNull{Property("x\x00")}, "zero character"},
		{AnyText{Words: "\x00"}, "zero character"},
		{Compare{Equal, Property("x"), Text(strings.Repeat("x", 20_000))}, "at most 16384"},
		{Compare{Equal, Property("x"), Timestamp{noon.AddDate(10000, 0, 0)}}, "cannot be compared with"},
		{Or(make([]Expr, maxParts)), "too large"},
		{deep(200), "too large"},
		{And{deeper(200)}, "too large"},
	} {
		err := Check(c.expr, declared)
		if fault.KindOf(err) != fault.Invalid || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%#v\n%v\nwant %s", c.expr, err, c.want)
		}
		if _, err := NewCompiler(Columns{Types: declared}).Compile(c.expr); err == nil {
			t.Errorf("%#v is compiled", c.expr)
		}
	}
}

func deep(n int) Expr {
	e := Expr(And{})
	for range n {
		e = Not{e}
	}
	return e
}

func deeper(n int) Expr {
	o := Operand(Property("x"))
	for range n {
		o = Arithmetic{Add, o, Number(1)}
	}
	return Compare{Equal, o, Number(1)}
}

// The table of CQL2 7.9: every relation of two intervals, of which one is the reference, and of instants where they may be.
func TestTemporalRelations(t *testing.T) {
	at := func(hour int) Operand { return Timestamp{time.Date(2024, 5, 1, hour, 0, 0, 0, time.UTC)} }
	between := func(from, to int) Interval {
		i := Interval{}
		if from >= 0 {
			i.Start = at(from)
		}
		if to >= 0 {
			i.End = at(to)
		}
		return i
	}
	for _, c := range []struct {
		left, right Operand
		holds       []TemporalOp
	}{
		{between(1, 2), between(4, 8), []TemporalOp{TBefore, TDisjoint}},
		{between(9, 10), between(4, 8), []TemporalOp{TAfter, TDisjoint}},
		{between(2, 4), between(4, 8), []TemporalOp{TMeets, TIntersects}},
		{between(8, 9), between(4, 8), []TemporalOp{TMetBy, TIntersects}},
		{between(2, 6), between(4, 8), []TemporalOp{TOverlaps, TIntersects}},
		{between(6, 9), between(4, 8), []TemporalOp{TOverlappedBy, TIntersects}},
		{between(4, 6), between(4, 8), []TemporalOp{TStarts, TIntersects}},
		{between(4, 9), between(4, 8), []TemporalOp{TStartedBy, TIntersects}},
		{between(6, 8), between(4, 8), []TemporalOp{TFinishes, TIntersects}},
		{between(2, 8), between(4, 8), []TemporalOp{TFinishedBy, TIntersects}},
		{between(5, 7), between(4, 8), []TemporalOp{TDuring, TIntersects}},
		{between(3, 9), between(4, 8), []TemporalOp{TContains, TIntersects}},
		{between(4, 8), between(4, 8), []TemporalOp{TEquals, TIntersects}},
		{between(-1, 3), between(4, 8), []TemporalOp{TBefore, TDisjoint}},
		{between(-1, -1), between(4, 8), []TemporalOp{TContains, TIntersects}},
		{between(-1, 8), between(-1, 8), []TemporalOp{TEquals, TIntersects}},
		{between(-1, 5), between(-1, 8), []TemporalOp{TStarts, TIntersects}},
		{Interval{Date{noon}, Date{noon}}, Interval{Date{noon}, Date{noon}}, []TemporalOp{TEquals, TIntersects, TMeets, TMetBy}},
		{at(4), at(4), []TemporalOp{TEquals, TIntersects}},
		{at(3), at(4), []TemporalOp{TBefore, TDisjoint}},
		{at(5), between(4, 8), []TemporalOp{TIntersects}},
		{at(9), between(4, 8), []TemporalOp{TAfter, TDisjoint}},
		{Date{noon}, at(4), []TemporalOp{TEquals, TIntersects}},
		{Date{noon}, Date{noon.AddDate(0, 0, 1)}, []TemporalOp{TBefore, TDisjoint}},
	} {
		_, leftIs := c.left.(Interval)
		_, rightIs := c.right.(Interval)
		for op := range relations {
			e := Temporal{Op: op, Left: c.left, Right: c.right}
			if relations[op].intervals && !(leftIs && rightIs) {
				if Check(e, nil) == nil {
					t.Errorf("%s takes an instant", op)
				}
				continue
			}
			want := false
			for _, w := range c.holds {
				want = want || w == op
			}
			if Holds(e, record.Record{}) != want {
				t.Errorf("%v %s %v: %v", c.left, op, c.right, !want)
			}
		}
		if e := (Temporal{Op: TDisjoint, Left: c.left, Right: c.right}); Holds(e, record.Record{}) == Holds(Temporal{Op: TIntersects, Left: c.left, Right: c.right}, record.Record{}) {
			t.Errorf("%#v", e)
		}
	}
}

// Of any two instants exactly one is less, equal or greater, whatever day or moment each is.
func TestInstantsAreInOrder(t *testing.T) {
	var all []Operand
	for _, at := range []time.Time{noon.AddDate(0, 0, -1), noon.Truncate(24 * time.Hour), noon, noon.Truncate(24 * time.Hour).Add(24*time.Hour - 1000), noon.AddDate(0, 0, 1)} {
		all = append(all, Date{at}, Timestamp{at})
	}
	for _, a := range all {
		for _, b := range all {
			holds := func(op Op) bool { return Holds(Compare{op, a, b}, record.Record{}) }
			count := 0
			for _, op := range []Op{Less, Equal, Greater} {
				if holds(op) {
					count++
				}
			}
			if count != 1 || holds(LessOrEqual) == holds(Greater) || holds(GreaterOrEqual) == holds(Less) || holds(NotEqual) == holds(Equal) {
				t.Errorf("%v and %v", a, b)
			}
		}
	}
}

func TestFunctionsAreDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Functions() {
		if f.Name == "" || f.Description == "" || len(f.Args) == 0 || f.Result == "" || seen[strings.ToLower(f.Name)] {
			t.Errorf("%+v", f)
		}
		seen[strings.ToLower(f.Name)] = true
	}
}
