package filter

import (
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/record"
)

// Intersects holds when the record's footprint shares a point with the geometry. It is false for a record without one.
func Intersects(g orb.Geometry) Expr {
	return Spatial{Op: SIntersects, Left: PropertyGeometry, Right: Geometry{g}, MissingIsFalse: true}
}

// During holds when the record's time shares an instant with the interval. It is false for a record without one.
func During(i record.Interval) Expr {
	return Temporal{Op: TIntersects, Left: PropertyTime, Right: Interval{timestamp(i.Start), timestamp(i.End)}, MissingIsFalse: true}
}

func timestamp(t time.Time) Operand {
	if t.IsZero() {
		return nil
	}
	return Timestamp{t}
}

// OneOf holds when the property is one of the texts; of no texts it is nil, no condition.
func OneOf(p Property, texts ...string) Expr {
	switch len(texts) {
	case 0:
		return nil
	case 1: // an equality: an index may then give the order
		return Compare{Equal, p, Text(texts[0])}
	}
	values := make([]Operand, len(texts))
	for i, s := range texts {
		values[i] = Text(s)
	}
	return In{p, values}
}

// Literal is a value that came from JSON or from a configuration as a literal: a text, a number, a truth value, a time,
// a list of such; ok is false for anything else.
func Literal(v any) (literal Operand, ok bool) {
	switch v := widen(v).(type) {
	case string:
		return Text(v), true
	case float64:
		return Number(v), true
	case bool:
		return Boolean(v), true
	case time.Time:
		return Timestamp{v}, true
	case []any:
		list := make(List, len(v))
		for i, e := range v {
			if list[i], ok = Literal(e); !ok {
				return nil, false
			}
			if _, nested := list[i].(List); nested {
				return nil, false
			}
		}
		return list, true
	}
	return nil, false
}
