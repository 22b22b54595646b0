package filter

import (
	"cmp"
	"strings"

	"perigee/shared/record"
)

// untyped is a literal without a type beside a property without one: the JSON value of each record decides. A text is
// compared as a text, a number and a truth value when the literal writes one, an array when a comparison with any of its
// elements holds; everything else is unknown.
type untyped struct {
	op      Op
	literal textValue
	text    string
	number  *float64
	boolean *bool
}

func (r *resolver) compareUntyped(op Op, p Property, o Operand) (condition, error) {
	u, ok := o.(Untyped)
	if !ok {
		return condition{}, invalid("%s cannot be compared with %s", r.describe(o), r.describe(p))
	}
	e, err := newUntyped(op, u)
	if err != nil {
		return condition{}, err
	}
	return condition{
		sql:  func(c *Compiler, _ place) string { return e.property(c, p) },
		eval: func(rec *record.Record) truth { return e.holds(propertyValue(p, rec)) },
	}, textual(string(p))
}

func newUntyped(op Op, u Untyped) (untyped, error) {
	literal, err := textLiteral(u.Text)
	if err != nil {
		return untyped{}, err
	}
	e := untyped{op: op, literal: textValue{literal, folds{caseless: u.FoldCase}}}
	e.text = e.literal.apply(u.Text)
	if n, ok := numeric(u.Text); ok {
		e.number = &n
	}
	if b, ok := truthWord(u.Text); ok && len(u.Text) > 1 && (op == Equal || op == NotEqual) {
		e.boolean = &b
	}
	return e, nil
}

// compareElements compares a literal without a type with the elements of an array.
func (r *resolver) compareElements(op Op, p Property, u Untyped) (condition, error) {
	if p != PropertyKeywords {
		return r.compareUntyped(op, p, u)
	}
	literal, err := textLiteral(u.Text)
	f := folds{caseless: u.FoldCase}
	one, not := op, ""
	if op == NotEqual {
		one, not = Equal, "not "
	}
	with := f.apply(u.Text)
	return condition{
		sql: func(c *Compiler, at place) string {
			exact := anyKeyword(c, not, f.write(c, "word")+" "+string(one)+" "+textValue{literal, f}.folded(f).sql(c))
			if op != Equal || !f.none() || at.negated {
				return exact
			}
			return "(" + withKeywords(c, " @> ", []string{u.Text}) + " and " + exact + ")"
		},
		eval: func(rec *record.Record) truth {
			if len(rec.Keywords) == 0 {
				return unknown
			}
			found := anyOf(rec.Keywords, func(s string) truth { return truthOf(one.holds(strings.Compare(f.apply(s), with))) })
			if op == NotEqual {
				return yes - found
			}
			return found
		},
	}, err
}

func (e untyped) property(c *Compiler, p Property) string {
	one, not := e, ""
	if e.op == NotEqual { // of an array: the contrary of equal
		one.op, not = Equal, "not "
	}
	j := c.json(p)
	return "case jsonb_typeof(" + j + ")" + e.scalars(c, j) + " when 'array' then " + not + "exists (select from jsonb_array_elements(" + j +
		") e where case jsonb_typeof(e.value)" + one.scalars(c, "e.value") + " end) end"
}

// scalars are the arms for what a JSON value may be.
func (e untyped) scalars(c *Compiler, j string) string {
	op := " " + string(e.op) + " "
	arms := " when 'string' then " + e.literal.write(c, c.string(j)) + op + e.literal.folded(e.literal.folds).sql(c)
	if e.number != nil {
		arms += " when 'number' then " + c.columns.Functions + ".number(" + j + ")" + op + c.Arg(*e.number) + "::float8"
	}
	if e.boolean != nil {
		arms += " when 'boolean' then (" + j + ")::boolean" + op + c.Arg(*e.boolean) + "::boolean"
	}
	return arms
}

func (e untyped) holds(v any) truth {
	switch v := v.(type) {
	case string:
		return truthOf(e.op.holds(strings.Compare(e.literal.apply(v), e.text)))
	case bool:
		if e.boolean != nil {
			return truthOf(e.op.holds(compareBooleans(v, *e.boolean)))
		}
	case []any:
		return e.elements(v)
	default:
		if n, ok := numeric(v); ok && e.number != nil {
			return truthOf(e.op.holds(cmp.Compare(n, *e.number)))
		}
	}
	return unknown
}

func (e untyped) elements(list []any) truth {
	one := e
	if e.op == NotEqual {
		one.op = Equal
	}
	found := anyOf(list, func(v any) truth {
		if _, nested := v.([]any); nested {
			return unknown
		}
		return one.holds(widen(v))
	})
	if e.op == NotEqual {
		return yes - found
	}
	return found
}

// compareProperties compares two properties that nobody declared: where both are texts, numbers, truth values or
// arrays, and otherwise not.
func (r *resolver) compareProperties(op Op, left, right Property) (condition, error) {
	for _, p := range []Property{left, right} {
		if err := textual(string(p)); err != nil {
			return condition{}, err
		}
	}
	return condition{
		sql: func(c *Compiler, _ place) string {
			a, b, f, o := c.json(left), c.json(right), c.columns.Functions, " "+string(op)+" "
			sql := "case when jsonb_typeof(" + a + ") = jsonb_typeof(" + b + ") then case jsonb_typeof(" + a + ")" +
				" when 'string' then " + c.string(a) + o + c.string(b) +
				" when 'number' then " + f + ".number(" + a + ")" + o + f + ".number(" + b + ")" +
				" when 'boolean' then (" + a + ")::boolean" + o + "(" + b + ")::boolean"
			if op == Equal || op == NotEqual {
				sql += " when 'array' then " + f + ".elements(" + a + ")" + o + f + ".elements(" + b + ")"
			}
			return sql + " end end"
		},
		eval: func(rec *record.Record) truth {
			return sameKind(op, propertyValue(left, rec), propertyValue(right, rec))
		},
	}, nil
}

func sameKind(op Op, a, b any) truth {
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return truthOf(op.holds(strings.Compare(a, b)))
		}
	case bool:
		if b, ok := b.(bool); ok {
			return truthOf(op.holds(compareBooleans(a, b)))
		}
	case float64:
		m, ok := numeric(a)
		n, also := b.(float64)
		if ok && also && inRange(n) {
			return truthOf(op.holds(cmp.Compare(m, n)))
		}
	case []any:
		if b, ok := b.([]any); ok && (op == Equal || op == NotEqual) {
			return truthOf((op == Equal) == sameElements(elements(a), elements(b)))
		}
	}
	return unknown
}
