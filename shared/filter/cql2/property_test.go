package cql2

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"perigee/shared/filter"
	_ "perigee/test/draws" // the same each time
)

// trees draws trees, of which either encoding gives the same again.
type trees struct {
	*rapid.T
	schematic bool // keep to what cql2.json has
}

func pick[T any](t trees, name string, all ...T) T { return rapid.SampledFrom(all).Draw(t.T, name) }

func (t trees) expr(depth int) filter.Expr {
	kinds := []string{"truth", "compare", "like", "between", "in", "null", "spatial", "temporal", "array"}
	if depth > 0 {
		kinds = append(kinds, "and", "or", "not", "and", "or", "not")
	}
	switch pick(t, "expr", kinds...) {
	case "and":
		return filter.And(t.exprs(depth - 1))
	case "or":
		return filter.Or(t.exprs(depth - 1))
	case "not":
		return filter.Not{Expr: t.expr(depth - 1)}
	case "truth":
		return filter.Truth{Operand: pick(t, "truth", t.function, t.boolean)(depth - 1)}
	case "compare":
		op := pick(t, "op", filter.Equal, filter.NotEqual, filter.Less, filter.LessOrEqual, filter.Greater, filter.GreaterOrEqual)
		return filter.Compare{Op: op, Left: t.scalar(depth - 1), Right: t.scalar(depth - 1)}
	case "like":
		return filter.Like{Operand: t.character(depth - 1), Pattern: t.pattern(depth - 1)}
	case "between":
		read := t.scalar
		if t.schematic {
			read = t.numeric
		}
		return filter.Between{Operand: read(depth - 1), Low: read(depth - 1), High: read(depth - 1)}
	case "in":
		return filter.In{Operand: t.scalar(depth - 1), Values: t.operands(1, t.scalar, depth-1)}
	case "null":
		return filter.IsNull{Operand: t.nullable(depth - 1)}
	case "spatial":
		op := pick(t, "op", filter.SIntersects, filter.SEquals, filter.SDisjoint, filter.STouches, filter.SWithin, filter.SOverlaps, filter.SCrosses, filter.SContains)
		return filter.Spatial{Op: op, Left: t.spatial(depth - 1), Right: t.spatial(depth - 1)}
	case "temporal":
		op := pick(t, "op", filter.TAfter, filter.TBefore, filter.TContains, filter.TDisjoint, filter.TDuring, filter.TEquals, filter.TFinishedBy, filter.TFinishes,
			filter.TIntersects, filter.TMeets, filter.TMetBy, filter.TOverlappedBy, filter.TOverlaps, filter.TStartedBy, filter.TStarts)
		return filter.Temporal{Op: op, Left: t.temporal(depth - 1), Right: t.temporal(depth - 1)}
	default:
		op := pick(t, "op", filter.AEquals, filter.AContains, filter.AContainedBy, filter.AOverlaps)
		return filter.Array{Op: op, Left: t.array(depth - 1), Right: t.array(depth - 1)}
	}
}

func (t trees) exprs(depth int) []filter.Expr {
	all := make([]filter.Expr, rapid.IntRange(2, 3).Draw(t.T, "parts"))
	for i := range all {
		all[i] = t.expr(depth)
	}
	return all
}

func (t trees) operands(least int, read func(int) filter.Operand, depth int) []filter.Operand {
	var all []filter.Operand
	for range rapid.IntRange(least, 3).Draw(t.T, "operands") {
		all = append(all, read(depth))
	}
	return all
}

type operandOf = func(int) filter.Operand

// any draws one of what deep ones gives while depth is left, else of the flat ones.
func (t trees) any(depth int, flat []operandOf, deep ...operandOf) filter.Operand {
	if depth > 0 {
		flat = append(flat, deep...)
	}
	return pick(t, "operand", flat...)(depth)
}

func (t trees) scalar(depth int) filter.Operand {
	deep := []operandOf{t.function, t.fold, t.arithmetic}
	if !t.schematic {
		deep = append(deep, t.condition)
	}
	return t.any(depth, []operandOf{t.text, t.property, t.number, t.boolean, t.date, t.timestamp}, deep...)
}

func (t trees) character(depth int) filter.Operand {
	return t.any(depth, []operandOf{t.text, t.property}, t.function, t.fold)
}

func (t trees) numeric(depth int) filter.Operand {
	return t.any(depth, []operandOf{t.number, t.property}, t.function, t.arithmetic)
}

func (t trees) spatial(depth int) filter.Operand {
	return t.any(depth, []operandOf{t.geometry, t.property}, t.function)
}

func (t trees) temporal(depth int) filter.Operand {
	return t.any(depth, []operandOf{t.date, t.timestamp, t.property, t.interval}, t.function)
}

func (t trees) array(depth int) filter.Operand {
	return t.any(depth, []operandOf{t.property, t.list}, t.function, t.list)
}

func (t trees) nullable(depth int) filter.Operand {
	return t.any(depth, []operandOf{t.text, t.property, t.number, t.boolean, t.date, t.timestamp, t.interval, t.geometry}, t.function, t.fold, t.arithmetic, t.condition)
}

func (t trees) anything(depth int) filter.Operand {
	return pick(t, "anything", t.nullable, t.list)(depth)
}

// condition draws one that is not itself an operand.
func (t trees) condition(depth int) filter.Operand {
	e := t.expr(depth - 1)
	if truth, ok := e.(filter.Truth); ok {
		return truth.Operand
	}
	return filter.Condition{Expr: e}
}

func (t trees) list(depth int) filter.Operand {
	if depth <= 0 {
		return filter.List{}
	}
	return append(filter.List{}, t.operands(0, t.anything, depth-1)...)
}

func (t trees) function(depth int) filter.Operand {
	name := pick(t, "function", "f", "Buffer", "geo:area.x", "größe", "datum")
	if depth <= 0 {
		return filter.Function{Name: name}
	}
	return filter.Function{Name: name, Args: t.operands(0, t.anything, depth-1)}
}

func (t trees) fold(depth int) filter.Operand {
	inner := t.character(depth - 1)
	if rapid.Bool().Draw(t.T, "casei") {
		return filter.CaseI{Operand: inner}
	}
	return filter.AccentI{Operand: inner}
}

func (t trees) pattern(depth int) filter.Operand {
	switch {
	case depth <= 0 || rapid.Bool().Draw(t.T, "bare"):
		return t.text(0)
	case rapid.Bool().Draw(t.T, "casei"):
		return filter.CaseI{Operand: t.pattern(depth - 1)}
	}
	return filter.AccentI{Operand: t.pattern(depth - 1)}
}

func (t trees) arithmetic(depth int) filter.Operand {
	op := pick(t, "op", filter.Add, filter.Subtract, filter.Multiply, filter.Divide, filter.Modulo, filter.Div, filter.Power)
	return filter.Arithmetic{Op: op, Left: t.numeric(depth - 1), Right: t.numeric(depth - 1)}
}

func (t trees) text(int) filter.Operand {
	odd := pick(t, "text", "", `\`, `a\'b''`, `\t\\`, "\\\t\a\b\n\v\f\r'", "it's", `100\%_`, "2020-01-01", "..", "<&>\u2028", "é\U0001F600")
	return filter.Text(odd + strings.ReplaceAll(rapid.String().Draw(t.T, "more"), "\x00", ""))
}

func (t trees) property(int) filter.Operand {
	name := pick(t, "property", "a", "eo:cloud_cover", "wrs-path", "AND", "date", "S_WITHIN", "point", "a b", `"`, "größe", "1a", "x.y", "div", "end", "\\'", "-")
	if rapid.Bool().Draw(t.T, "odd") {
		name += strings.ReplaceAll(rapid.StringN(0, 4, -1).Draw(t.T, "name"), "\x00", "")
	}
	return filter.Property(name)
}

func (t trees) number(int) filter.Operand {
	n := rapid.OneOf(rapid.Float64(), rapid.Map(rapid.IntRange(-10, 10), func(i int) float64 { return float64(i) }),
		rapid.SampledFrom([]float64{math.MaxFloat64, math.SmallestNonzeroFloat64, 1e21, 1e-7, -0.5, 123456789012345})).Draw(t.T, "number")
	return filter.Number(n)
}

func (t trees) boolean(int) filter.Operand { return filter.Boolean(rapid.Bool().Draw(t.T, "boolean")) }

func (t trees) date(int) filter.Operand {
	return filter.Date{Time: time.Date(rapid.IntRange(0, 9999).Draw(t.T, "year"), time.Month(rapid.IntRange(1, 12).Draw(t.T, "month")), rapid.IntRange(1, 28).Draw(t.T, "day"), 0, 0, 0, 0, time.UTC)}
}

func (t trees) timestamp(int) filter.Operand {
	nanoseconds := rapid.SampledFrom([]int64{0, 5e8, 123_456_789}).Draw(t.T, "nanoseconds")
	return filter.Timestamp{Time: time.Unix(rapid.Int64Range(-62e9, 253e9).Draw(t.T, "seconds"), nanoseconds).UTC()}
}

func (t trees) interval(depth int) filter.Operand {
	end := func() filter.Operand {
		return t.any(depth, []operandOf{t.date, t.timestamp, t.property, func(int) filter.Operand { return nil }}, t.function)
	}
	return filter.Interval{Start: end(), End: end()}
}

func (t trees) geometry(int) filter.Operand { return filter.Geometry{Geometry: t.shape(2)} }

func (t trees) shape(depth int) orb.Geometry {
	kinds := []string{"point", "line", "polygon", "points", "lines", "polygons"}
	if depth > 1 || depth > 0 && !t.schematic {
		kinds = append(kinds, "collection")
	}
	switch pick(t, "shape", kinds...) {
	case "point":
		return t.point()
	case "line":
		return t.line()
	case "polygon":
		return t.polygon()
	case "points":
		return orb.MultiPoint{t.point(), t.point()}
	case "lines":
		return orb.MultiLineString{t.line(), t.line()}
	case "polygons":
		return orb.MultiPolygon{t.polygon()}
	default:
		return orb.Collection{t.shape(depth - 1), t.shape(depth - 1)}
	}
}

func (t trees) point() orb.Point {
	return orb.Point{rapid.Float64Range(-180, 180).Draw(t.T, "longitude"), rapid.Float64Range(-90, 90).Draw(t.T, "latitude")}
}

func (t trees) line() orb.LineString { return orb.LineString{t.point(), t.point(), t.point()} }

func (t trees) polygon() orb.Polygon {
	first := t.point()
	return orb.Polygon{{first, t.point(), t.point(), first}}
}

// TestRoundTrip: what is written is read as what it was, in either encoding.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		both(t, trees{t, false}.expr(4), schema{})
	})
}

// TestWhatIsWrittenIsOfTheSchema: of trees that the standard can say, the JSON keeps to its schema.
func TestWhatIsWrittenIsOfTheSchema(t *testing.T) {
	s := readSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		both(t, trees{t, true}.expr(3), s)
	})
}
