// Package filtertest makes syntax trees of filters from bytes, for fuzzing: every node, every type, right and wrong ones.
package filtertest

import (
	"math"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/filter"
)

// Tree is a condition that bytes stand for. It ends with the bytes: of none it is nil.
func Tree(data []byte) filter.Expr {
	s := &source{data}
	return s.expr(0)
}

type source struct{ data []byte }

// next is a number below n.
func (s *source) next(n int) int {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return int(b) % n
}

func pick[T any](s *source, list ...T) T { return list[s.next(len(list))] }

const maxDepth = 120 // a little more than a filter may have

func (s *source) expr(depth int) filter.Expr {
	if depth > maxDepth || len(s.data) == 0 {
		return nil
	}
	depth++
	of := func() filter.Operand { return s.operand(depth) }
	switch s.next(16) {
	case 0:
		return filter.Not{Expr: s.expr(depth)}
	case 1:
		return filter.And{s.expr(depth), s.expr(depth)}
	case 2:
		return filter.Or{s.expr(depth), s.expr(depth)}
	case 3:
		return filter.Truth{Operand: of()}
	case 4, 5:
		return filter.Compare{Op: pick(s, filter.Equal, filter.NotEqual, filter.Less, filter.LessOrEqual, filter.Greater, filter.GreaterOrEqual, "~"), Left: of(), Right: of()}
	case 6:
		return filter.Like{Operand: of(), Pattern: of()}
	case 7:
		return filter.Between{Operand: of(), Low: of(), High: of()}
	case 8:
		return filter.In{Operand: of(), Values: s.operands(depth)}
	case 9:
		return filter.IsNull{Operand: of()}
	case 10:
		return filter.Spatial{Op: pick(s, filter.SIntersects, filter.SEquals, filter.SDisjoint, filter.STouches, filter.SWithin, filter.SOverlaps,
			filter.SCrosses, filter.SContains, ""), Left: of(), Right: of(), MissingIsFalse: s.next(2) == 0}
	case 11:
		return filter.Temporal{Op: pick(s, filter.TAfter, filter.TBefore, filter.TContains, filter.TDisjoint, filter.TDuring, filter.TEquals,
			filter.TFinishedBy, filter.TFinishes, filter.TIntersects, filter.TMeets, filter.TMetBy, filter.TOverlappedBy, filter.TOverlaps,
			filter.TStartedBy, filter.TStarts, ""), Left: of(), Right: of(), MissingIsFalse: s.next(2) == 0}
	case 12:
		return filter.Array{Op: pick(s, filter.AEquals, filter.AContains, filter.AContainedBy, filter.AOverlaps, ""), Left: of(), Right: of()}
	case 13:
		return filter.Match{Action: pick(s, filter.MatchAny, filter.MatchAll, filter.MatchOne, ""),
			Compare: filter.Compare{Op: pick(s, filter.Equal, filter.NotEqual, filter.Less, "~"), Left: of(), Right: of()}}
	}
	switch s.next(3) {
	case 0:
		return filter.Certain{Expr: s.expr(depth)}
	case 1:
		return filter.Distance{Left: of(), Right: of(), Metres: s.number(), Beyond: s.next(2) == 0}
	}
	return filter.AnyText{Words: s.text(), Pattern: s.text()}
}

func (s *source) operands(depth int) []filter.Operand {
	var all []filter.Operand
	for range s.next(5) {
		all = append(all, s.operand(depth))
	}
	return all
}

func (s *source) operand(depth int) filter.Operand {
	if depth > maxDepth || len(s.data) == 0 {
		return nil
	}
	depth++
	switch s.next(18) {
	case 0, 1, 2:
		return s.property()
	case 3:
		return filter.Text(s.text())
	case 4:
		return filter.Untyped{Text: s.text(), FoldCase: s.next(2) == 0}
	case 5, 6:
		return filter.Number(s.number())
	case 7:
		return filter.Boolean(s.next(2) == 0)
	case 8:
		return filter.Date{Time: s.time()}
	case 9:
		return filter.Timestamp{Time: s.time()}
	case 10:
		return filter.Interval{Start: s.operand(depth), End: s.operand(depth)}
	case 11:
		return filter.List(s.operands(depth))
	case 12:
		return filter.Geometry{Geometry: s.geometry(0)}
	case 13:
		return s.function(depth)
	case 14:
		return filter.Arithmetic{Op: pick(s, filter.Add, filter.Subtract, filter.Multiply, filter.Divide, filter.Modulo, filter.Div, filter.Power, "?"),
			Left: s.operand(depth), Right: s.operand(depth)}
	case 15:
		return filter.CaseI{Operand: s.operand(depth)}
	case 16:
		return filter.AccentI{Operand: s.operand(depth)}
	}
	return filter.Condition{Expr: s.expr(depth)}
}

func (s *source) property() filter.Operand {
	return pick(s, filter.PropertyID, filter.PropertyCollection, filter.PropertyType, filter.PropertyTitle, filter.PropertyAbstract,
		filter.PropertyKeywords, filter.PropertyProductType, filter.PropertyDatetime, filter.PropertyStart, filter.PropertyEnd,
		filter.PropertyCreated, filter.PropertyModified, filter.PropertyTime, filter.PropertyGeometry, "n", "eo:cloud_cover", `with 'quotes" and \ $1`, "", "\x00")
}

// function calls a function with arguments that it takes, and sometimes with others.
func (s *source) function(depth int) filter.Operand {
	all := filter.Functions()
	f := all[s.next(len(all))]
	if s.next(8) == 0 {
		return filter.Function{Name: f.Name + "x", Args: s.operands(depth)}
	}
	var args []filter.Operand
	for range f.Args {
		args = append(args, s.operand(depth))
	}
	return filter.Function{Name: f.Name, Args: args}
}

func (s *source) text() string {
	return pick(s, "", "a", "%", `\`, "_%_", "'", `"`, "\x00", "\xff", "true", "0", "12", "-1e99", "1e400", "2020-02-29", "2020-02-29T12:00:00Z",
		"2020-01-01/2021-01-01", "../2020-01-01", "2020", "9999-12-31", "ß", "İ", "e\u0301", "Σ", "\U0001f600", "$1", "a' or true --", "a & b | !c:*")
}

func (s *source) number() float64 {
	return pick(s, 0, 1, -1, 0.5, 2, 10, 1e15, 1e16, 1e150, -1e299, 1e-299, 1e300, 1e308, 5e-324, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1))
}

func (s *source) time() time.Time {
	return pick(s, time.Time{}, time.Date(2020, 2, 29, 12, 0, 0, 999_999_999, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -3600)), time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(0, 0))
}

func (s *source) point() orb.Point {
	at := func(half float64) float64 { return half * float64(s.next(17)-8) / 8 }
	return orb.Point{at(180), at(90)}
}

func (s *source) geometry(depth int) orb.Geometry {
	if depth > 6 {
		return nil
	}
	run := func(n int) []orb.Point {
		var all []orb.Point
		for range n {
			all = append(all, s.point())
		}
		return all
	}
	switch s.next(10) {
	case 0:
		return s.point()
	case 1:
		return orb.MultiPoint(run(s.next(4)))
	case 2:
		return orb.LineString(run(s.next(5)))
	case 3:
		return orb.MultiLineString{run(s.next(3)), run(2)}
	case 4:
		ring := run(3 + s.next(3))
		return orb.Polygon{append(ring, ring[0])}
	case 5:
		return orb.Collection{s.geometry(depth + 1), s.geometry(depth + 1)}
	case 6:
		return nil
	case 7:
		return orb.Point{math.NaN(), 200}
	}
	west, south := s.point(), s.point()
	return filter.Box(west[0], min(west[1], south[1]), south[0], max(west[1], south[1]))
}
