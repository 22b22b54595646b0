package filter

import (
	"perigee/shared/record"
)

// boolean reads an operand as a truth value.
func (r *resolver) boolean(o Operand, depth int) (value[bool], error) {
	if err := r.enter(depth); err != nil {
		return value[bool]{}, err
	}
	if err := r.expect(o, TypeBoolean); err != nil {
		return value[bool]{}, err
	}
	switch o := o.(type) {
	case Boolean:
		return booleanLiteral(bool(o)), nil
	case Untyped:
		b, ok := truthWord(o.Text)
		if !ok {
			return value[bool]{}, invalid("%s is not true or false", r.describe(o))
		}
		return booleanLiteral(b), nil
	case Property:
		return booleanProperty(o)
	case Condition:
		inner, err := r.expr(o.Expr, depth+1)
		return valueOf(inner), err
	case Function:
		return call(r, o, depth, func(b called) value[bool] { return b.boolean })
	}
	return value[bool]{}, invalid("%s is no truth value", r.describe(o))
}

func booleanLiteral(b bool) value[bool] {
	return value[bool]{
		sql: func(*Compiler) string {
			if b {
				return "true"
			}
			return "false"
		},
		eval: func(*record.Record) (bool, bool) { return b, true },
	}
}

func booleanProperty(p Property) (value[bool], error) {
	return value[bool]{
		sql: func(c *Compiler) string { return booleanOf(c.json(p)) },
		eval: func(rec *record.Record) (bool, bool) {
			b, ok := propertyValue(p, rec).(bool)
			return b, ok
		},
	}, textual(string(p))
}

// booleanOf is the truth value of a JSON value that is one, else null.
func booleanOf(j string) string {
	return "case when jsonb_typeof(" + j + ") = 'boolean' then (" + j + ")::boolean end"
}

// valueOf is a condition as a value; false and null are never the same to it.
func valueOf(inner condition) value[bool] {
	return value[bool]{
		sql: func(c *Compiler) string { return "(" + inner.sql(c, place{negated: true}) + ")" },
		eval: func(rec *record.Record) (bool, bool) {
			t := inner.eval(rec)
			return t == yes, t != unknown
		},
	}
}

func truthWord(s string) (value, ok bool) {
	return s == "true" || s == "1", s == "true" || s == "false" || s == "1" || s == "0"
}
