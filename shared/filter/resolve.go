package filter

import (
	"strings"

	"perigee/shared/record"
)

// The bounds of a filter: whoever asks may be a stranger.
const (
	maxNesting    = 100
	maxParts      = 5000
	maxGeometries = 100
	maxValues     = 20_000 // of a list that is compared as a whole
)

// condition is a condition whose types are decided: how it is written in SQL, and how it is decided in memory. Both are
// made side by side, so that they cannot differ by accident.
type condition struct {
	sql  func(c *Compiler, at place) string
	eval func(rec *record.Record) truth
}

// place is where in a filter a condition stands. Where no Not is above it, false and null are the same, which some
// conditions use to be served by an index.
type place struct{ negated bool }

// value is an operand of a type: how it is written in SQL, null when there is none, and how it is read of a record.
type value[T any] struct {
	sql  func(c *Compiler) string
	eval func(rec *record.Record) (T, bool)
}

// resolver decides types.
type resolver struct {
	types      Types
	nodes      int
	geometries int
}

func resolve(e Expr, types Types) (condition, error) {
	r := &resolver{types: types}
	return r.expr(e, 0)
}

// enter counts a node of the tree.
func (r *resolver) enter(depth int) error {
	if r.nodes++; depth > maxNesting || r.nodes > maxParts {
		return invalid("the filter is too large: it may be %d deep and have %d parts", maxNesting, maxParts)
	}
	return nil
}

func (r *resolver) expr(e Expr, depth int) (condition, error) {
	if err := r.enter(depth); err != nil {
		return condition{}, err
	}
	depth++
	switch e := e.(type) {
	case nil:
		return always(yes), nil
	case And:
		return r.join(e, depth, " and ", yes, func(a, b truth) truth { return min(a, b) })
	case Or:
		return r.join(e, depth, " or ", no, func(a, b truth) truth { return max(a, b) })
	case Not:
		return r.not(e, depth)
	case Certain:
		return r.certain(e, depth)
	case Truth:
		return r.truth(e, depth)
	case Compare:
		return r.compare(e, depth)
	case Match:
		return r.match(e, depth)
	case Like:
		return r.like(e, depth)
	case Between:
		return r.between(e, depth)
	case In:
		return r.in(e, depth)
	case IsNull:
		return r.isNull(e, depth)
	case Spatial:
		return r.spatial(e, depth)
	case Distance:
		return r.distance(e, depth)
	case Temporal:
		return r.temporal(e, depth)
	case Array:
		return r.array(e, depth)
	case AnyText:
		return r.anyText(e)
	}
	return condition{}, invalid("a filter of type %T is not known", e)
}

// always is a condition that says the same of every record.
func always(t truth) condition {
	return condition{
		sql:  func(*Compiler, place) string { return [...]string{"false", "null::boolean", "true"}[t] },
		eval: func(*record.Record) truth { return t },
	}
}

func (r *resolver) join(parts []Expr, depth int, operator string, empty truth, both func(a, b truth) truth) (condition, error) {
	conditions := make([]condition, len(parts))
	for i, part := range parts {
		var err error
		if conditions[i], err = r.expr(part, depth); err != nil {
			return condition{}, err
		}
	}
	return joined(conditions, operator, empty, both), nil
}

func joined(conditions []condition, operator string, empty truth, both func(a, b truth) truth) condition {
	if len(conditions) == 0 {
		return always(empty)
	}
	return condition{
		sql: func(c *Compiler, at place) string {
			texts := make([]string, len(conditions))
			for i, part := range conditions {
				texts[i] = part.sql(c, at)
			}
			return "(" + strings.Join(texts, operator) + ")"
		},
		eval: func(rec *record.Record) truth {
			result := empty
			for _, part := range conditions {
				if result = both(result, part.eval(rec)); result == yes-empty {
					break // no further part changes it
				}
			}
			return result
		},
	}
}

func both(conditions ...condition) condition {
	return joined(conditions, " and ", yes, func(a, b truth) truth { return min(a, b) })
}

func either(conditions ...condition) condition {
	return joined(conditions, " or ", no, func(a, b truth) truth { return max(a, b) })
}

func (r *resolver) not(e Not, depth int) (condition, error) {
	inner, err := r.expr(e.Expr, depth)
	return negated(inner), err
}

func (r *resolver) certain(e Certain, depth int) (condition, error) {
	inner, err := r.expr(e.Expr, depth)
	return condition{
		sql: func(c *Compiler, at place) string {
			if !at.negated {
				return inner.sql(c, at)
			}
			return "coalesce(" + inner.sql(c, place{}) + ", false)"
		},
		eval: func(rec *record.Record) truth { return truthOf(inner.eval(rec) == yes) },
	}, err
}

func negated(inner condition) condition {
	return condition{
		sql: func(c *Compiler, at place) string {
			at.negated = true
			return "not (" + inner.sql(c, at) + ")"
		},
		eval: func(rec *record.Record) truth { return yes - inner.eval(rec) },
	}
}

// missingIsFalse makes a condition false where it is unknown.
func missingIsFalse(inner condition) condition {
	return condition{
		sql: func(c *Compiler, at place) string {
			if !at.negated {
				return inner.sql(c, at)
			}
			return "coalesce(" + inner.sql(c, at) + ", false)"
		},
		eval: func(rec *record.Record) truth { return truthOf(inner.eval(rec) == yes) },
	}
}

func (r *resolver) truth(e Truth, depth int) (condition, error) {
	v, err := r.boolean(e.Operand, depth)
	return conditionOf(v), err
}

func conditionOf(v value[bool]) condition {
	return condition{
		sql: func(c *Compiler, _ place) string { return "(" + v.sql(c) + ")" },
		eval: func(rec *record.Record) truth {
			if b, ok := v.eval(rec); ok {
				return truthOf(b)
			}
			return unknown
		},
	}
}

// isNull decides whether there is a value. A property is there with whatever type.
func (r *resolver) isNull(e IsNull, depth int) (condition, error) {
	if p, ok := e.Operand.(Property); ok {
		return nullProperty(p)
	}
	t, known := r.typeOf(e.Operand)
	if f, ok := e.Operand.(Function); !known && ok {
		return condition{}, unknownFunction(f.Name)
	}
	if !known {
		t = TypeText
	}
	switch t.class() {
	case TypeText:
		v, err := r.text(e.Operand, depth)
		return nullValue(v.value), err
	case TypeNumber:
		v, err := r.number(e.Operand, depth)
		return nullValue(v), err
	case TypeBoolean:
		v, err := r.boolean(e.Operand, depth)
		return nullValue(v), err
	case TypeTimestamp:
		v, err := r.moment(e.Operand, depth)
		return nullValue(value[span]{sql: v.lo, eval: v.eval}), err
	case TypeGeometry:
		v, err := r.geometry(e.Operand, depth)
		return nullValue(v.value), err
	case TypeArray:
		v, err := r.list(e.Operand, depth)
		return nullValue(v), err
	}
	return condition{}, invalid("%s cannot be asked whether it is null: its ends can", r.describe(e.Operand))
}

func nullProperty(p Property) (condition, error) {
	if err := textual(string(p)); err != nil {
		return condition{}, err
	}
	return condition{
		sql: func(c *Compiler, _ place) string {
			switch coreKind(p) {
			case coreText:
				return "false"
			case coreName:
				return c.core(p) + " = ''"
			case coreInstant, corePeriod, coreFootprint:
				return c.core(p) + " is null"
			case coreTexts:
				return "cardinality(" + c.columns.Keywords + ") = 0"
			}
			return "coalesce(jsonb_typeof(" + c.json(p) + "), 'null') = 'null'"
		},
		eval: func(rec *record.Record) truth { return truthOf(propertyValue(p, rec) == nil) },
	}, nil
}

func nullValue[T any](v value[T]) condition {
	return condition{
		sql: func(c *Compiler, _ place) string { return "(" + v.sql(c) + ") is null" },
		eval: func(rec *record.Record) truth {
			_, ok := v.eval(rec)
			return truthOf(!ok)
		},
	}
}
