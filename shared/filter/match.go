package filter

import (
	"slices"
	"strings"

	"perigee/shared/record"
)

// match compares the values of a property each by itself, where it may have several.
func (r *resolver) match(e Match, depth int) (condition, error) {
	if !slices.Contains([]MatchAction{MatchAny, MatchAll, MatchOne}, e.Action) {
		return condition{}, invalid("%q is no match action: there are Any, All and One", string(e.Action))
	}
	of := e.Compare
	if _, ok := of.Left.(Untyped); ok {
		of.Op, of.Left, of.Right = of.Op.turned(), of.Right, of.Left
	}
	p, named := of.Left.(Property)
	u, literal := of.Right.(Untyped)
	t, known := r.typeOf(of.Left)
	if !named || !literal || !of.Op.known() || known && t != TypeArray {
		return r.compare(e.Compare, depth)
	}
	if p == PropertyKeywords {
		return matchKeywords(e.Action, of.Op, u)
	}
	one, err := newUntyped(of.Op, u)
	if err != nil {
		return condition{}, err
	}
	return condition{
		sql: func(c *Compiler, _ place) string {
			j := c.json(p)
			return "case jsonb_typeof(" + j + ")" + one.scalars(c, j) + " when 'array' then " + e.Action.over(
				"jsonb_array_elements("+j+") e", "case jsonb_typeof(e.value)"+one.scalars(c, "e.value")+" end") + " end"
		},
		eval: func(rec *record.Record) truth {
			list, several := propertyValue(p, rec).([]any)
			if !several {
				return one.holds(propertyValue(p, rec))
			}
			return e.Action.of(list, func(v any) truth {
				if _, nested := v.([]any); nested {
					return unknown
				}
				return one.holds(widen(v))
			})
		},
	}, textual(string(p))
}

func matchKeywords(action MatchAction, op Op, u Untyped) (condition, error) {
	literal, err := textLiteral(u.Text)
	f := folds{caseless: u.FoldCase}
	with := f.apply(u.Text)
	return condition{
		sql: func(c *Compiler, _ place) string {
			k := c.columns.Keywords
			return "case when cardinality(" + k + ") > 0 then " + action.over("unnest("+k+") word", f.write(c, "word")+" "+string(op)+" "+textValue{literal, f}.folded(f).sql(c)) + " end"
		},
		eval: func(rec *record.Record) truth {
			if len(rec.Keywords) == 0 {
				return unknown
			}
			list, _ := propertyValue(PropertyKeywords, rec).([]any)
			return action.of(list, func(v any) truth { return truthOf(op.holds(strings.Compare(f.apply(v.(string)), with))) })
		},
	}, err
}

// over is the condition that one on each of several values holds for as many as it has to.
func (a MatchAction) over(values, condition string) string {
	switch a {
	case MatchAll:
		return "(select coalesce(bool_and(coalesce(" + condition + ", false)), false) from " + values + ")"
	case MatchOne:
		return "(select count(*) = 1 from " + values + " where " + condition + ")"
	}
	return "exists (select from " + values + " where " + condition + ")"
}

// of decides the same in memory.
func (a MatchAction) of(list []any, holds func(any) truth) truth {
	n := 0
	for _, v := range list {
		if holds(v) == yes {
			n++
		}
	}
	switch a {
	case MatchAll:
		return truthOf(n > 0 && n == len(list))
	case MatchOne:
		return truthOf(n == 1)
	}
	return truthOf(n > 0)
}
