package filter

import (
	"encoding/json"
	"slices"
	"strings"

	"perigee/shared/record"
)

// The elements of an array are texts, numbers and truth values. Whatever else there is counts as null, which equals
// null. A date or a timestamp in a list is the text that it is written as.

// list reads an operand as an array.
func (r *resolver) list(o Operand, depth int) (value[[]any], error) {
	if err := r.enter(depth); err != nil {
		return value[[]any]{}, err
	}
	if err := r.expect(o, TypeArray); err != nil {
		return value[[]any]{}, err
	}
	switch o := o.(type) {
	case List:
		return r.listLiteral(o, depth+1)
	case Property:
		return listProperty(o)
	}
	return value[[]any]{}, invalid("%s is no array", r.describe(o))
}

func listProperty(p Property) (value[[]any], error) {
	return value[[]any]{
		sql: func(c *Compiler) string {
			if p == PropertyKeywords {
				return "case when cardinality(" + c.columns.Keywords + ") > 0 then to_jsonb(" + c.columns.Keywords + ") end"
			}
			return c.columns.Functions + ".elements(" + c.json(p) + ")"
		},
		eval: func(rec *record.Record) ([]any, bool) {
			list, ok := propertyValue(p, rec).([]any)
			return elements(list), ok
		},
	}, textual(string(p))
}

// elements makes the elements of an array comparable.
func elements(list []any) []any {
	plainly := make([]any, len(list))
	for i, v := range list {
		switch v := widen(v).(type) {
		case string, bool:
			plainly[i] = v
		case float64:
			if inRange(v) {
				plainly[i] = v
			}
		}
	}
	return plainly
}

func sameElements(a, b []any) bool { return slices.Equal(a, b) }

// listLiteral reads a list. One of literals alone is one argument.
func (r *resolver) listLiteral(l List, depth int) (value[[]any], error) {
	parts := make([]value[any], len(l))
	constant := true
	for i, o := range l {
		literal, err := false, error(nil)
		if parts[i], literal, err = r.element(o, depth); err != nil {
			return value[[]any]{}, err
		}
		constant = constant && literal
	}
	eval := func(rec *record.Record) ([]any, bool) {
		list := make([]any, len(parts))
		for i, part := range parts {
			list[i], _ = part.eval(rec)
		}
		return list, true
	}
	if constant {
		list, _ := eval(nil)
		return value[[]any]{
			sql:  func(c *Compiler) string { return c.Arg(jsonOf(list)) + "::text::jsonb" },
			eval: func(*record.Record) ([]any, bool) { return list, true },
		}, nil
	}
	return value[[]any]{eval: eval, sql: func(c *Compiler) string {
		sql := "jsonb_build_array("
		for i, part := range parts {
			if i > 0 {
				sql += ", "
			}
			sql += part.sql(c)
		}
		return c.columns.Functions + ".elements(" + sql + "))"
	}}, nil
}

// element reads an element of a list, and tells whether it is a literal.
func (r *resolver) element(o Operand, depth int) (value[any], bool, error) {
	if p, ok := o.(Property); ok {
		if t, known := r.typeOfProperty(p); !known || t == TypeArray {
			return r.elementProperty(p)
		}
	}
	switch t, _ := r.typeOf(o); t.class() {
	case TypeNumber:
		v, err := r.number(o, depth)
		_, literal := o.(Number)
		return anyOfType(v), literal, err
	case TypeBoolean:
		v, err := r.boolean(o, depth)
		_, literal := o.(Boolean)
		return anyOfType(v), literal, err
	case TypeTimestamp:
		return elementMoment(r, o, depth)
	case TypeText, "":
		v, err := r.text(o, depth)
		_, literal := o.(Text)
		_, untyped := o.(Untyped)
		return anyOfType(v.folded(v.folds)), literal || untyped, err
	}
	return value[any]{}, false, invalid("%s cannot be an element of a list: texts, numbers, truth values and dates can", r.describe(o))
}

func (r *resolver) elementProperty(p Property) (value[any], bool, error) {
	if coreKind(p) != coreNone {
		return value[any]{}, false, invalid("%s cannot be an element of a list", r.describe(p))
	}
	return value[any]{
		sql:  func(c *Compiler) string { return c.json(p) },
		eval: func(rec *record.Record) (any, bool) { return elements([]any{propertyValue(p, rec)})[0], true },
	}, false, textual(string(p))
}

func elementMoment(r *resolver, o Operand, depth int) (value[any], bool, error) {
	if _, err := r.moment(o, depth); err != nil {
		return value[any]{}, false, err
	}
	var s string
	switch o := o.(type) {
	case Date:
		s = o.Time.UTC().Format("2006-01-02")
	case Timestamp:
		s = record.Instant(micro(o.Time))
	default:
		return value[any]{}, false, invalid("%s cannot be an element of a list: a date or a timestamp can", r.describe(o))
	}
	v, err := textLiteral(s)
	return anyOfType(v), true, err
}

func anyOfType[T any](v value[T]) value[any] {
	return value[any]{sql: v.sql, eval: func(rec *record.Record) (any, bool) {
		if t, ok := v.eval(rec); ok {
			return t, true
		}
		return nil, false
	}}
}

// compareArrays compares element by element, in their order; a literal without a type is compared with each.
func (r *resolver) compareArrays(e Compare, depth int) (condition, error) {
	left, right, op := e.Left, e.Right, e.Op
	if _, ok := left.(Untyped); ok {
		left, right, op = right, left, op.turned()
	}
	if u, ok := right.(Untyped); ok {
		p, ok := left.(Property)
		if !ok {
			return condition{}, invalid("%s cannot be compared with %s", r.describe(left), r.describe(right))
		}
		return r.compareElements(op, p, u)
	}
	if op != Equal && op != NotEqual {
		return condition{}, invalid("%s is an array: arrays are equal or not, there is no %s between them", r.describe(first(e, r)), op)
	}
	return comparison(Compare{op, left, right}, depth, r.list, func(a, b []any) int {
		if sameElements(a, b) {
			return 0
		}
		return 1
	})
}

// array decides a relation of two sets.
func (r *resolver) array(e Array, depth int) (condition, error) {
	relation, ok := setRelations[e.Op]
	if !ok {
		return condition{}, invalid("%q is no array operator", string(e.Op))
	}
	left, err := r.list(e.Left, depth)
	if err != nil {
		return condition{}, err
	}
	right, err := r.list(e.Right, depth)
	exact := conditionOf(ofTwo(relation.function, left, right, func(a, b []any) (bool, bool) { return relation.holds(a, b), true }))
	if found := r.foundBy(e); found != nil {
		return condition{
			sql: func(c *Compiler, at place) string {
				if at.negated {
					return exact.sql(c, at)
				}
				return "(" + found(c) + " and " + exact.sql(c, at) + ")"
			},
			eval: exact.eval,
		}, err
	}
	return exact, err
}

// mostSought bounds the elements by which an index is asked.
const mostSought = 20

// foundBy is the condition, implied by a relation of a declared array, or the keywords, to literals, that an index over
// the elements serves; nil where there is none. What a set contains leads to the sets that contain it.
func (r *resolver) foundBy(e Array) func(c *Compiler) string {
	p, named := e.Left.(Property)
	list, literal := constants(e.Right)
	t, known := r.typeOf(e.Left)
	if !named || !literal || !known || t != TypeArray || e.Op == AContainedBy || len(list) == 0 || len(list) > mostSought {
		return nil
	}
	if p == PropertyKeywords {
		words, ok := textsOf(list)
		if !ok {
			return nil
		}
		operator := " @> "
		if e.Op == AOverlaps {
			operator = " && "
		}
		return func(c *Compiler) string { return withKeywords(c, operator, words) }
	}
	sought := [][]any{list}
	if e.Op == AOverlaps {
		sought = slices.Collect(slices.Chunk(list, 1))
	}
	return func(c *Compiler) string {
		parts := make([]string, len(sought))
		for i, s := range sought {
			parts[i] = c.columns.Functions + ".elements(" + c.json(p) + ") @> " + c.Arg(jsonOf(s)) + "::text::jsonb"
		}
		return "(" + strings.Join(parts, " or ") + ")"
	}
}

// withKeywords is a relation of the keywords as their index has it, which leaves out what has none.
func withKeywords(c *Compiler, operator string, words []string) string {
	return "cardinality(" + c.columns.Keywords + ") > 0 and " + c.columns.Keywords + operator + c.Arg(words) + "::text[]"
}

// constants are the elements of a list of literals.
func constants(o Operand) ([]any, bool) {
	l, ok := o.(List)
	list := make([]any, len(l))
	for i, e := range l {
		switch e := e.(type) {
		case Text:
			list[i] = string(e)
		case Number:
			list[i] = float64(e)
		case Boolean:
			list[i] = bool(e)
		default:
			return nil, false
		}
	}
	return list, ok
}

func textsOf(list []any) ([]string, bool) {
	words := make([]string, len(list))
	for i, v := range list {
		var ok bool
		if words[i], ok = v.(string); !ok {
			return nil, false
		}
	}
	return words, true
}

var setRelations = map[ArrayOp]struct {
	function string
	holds    func(a, b []any) bool
}{
	AEquals:      {"set_equals", func(a, b []any) bool { return containsAll(a, b) && containsAll(b, a) }},
	AContains:    {"set_contains", containsAll},
	AContainedBy: {"set_contained_by", func(a, b []any) bool { return containsAll(b, a) }},
	AOverlaps:    {"set_overlaps", func(a, b []any) bool { return slices.ContainsFunc(b, setOf(a)) }},
}

func containsAll(a, b []any) bool {
	has := setOf(a)
	return !slices.ContainsFunc(b, func(v any) bool { return !has(v) })
}

func setOf(list []any) func(any) bool {
	set := make(map[any]bool, len(list))
	for _, v := range list {
		set[v] = true
	}
	return func(v any) bool { return set[v] }
}

// jsonOf writes a list as JSON.
func jsonOf(list []any) string {
	text, err := json.Marshal(list)
	if err != nil { // cannot be: the values are texts, finite numbers and truth values
		return "[]"
	}
	return string(text)
}
