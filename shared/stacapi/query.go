package stacapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/ogcapi"
	"perigee/shared/stac"
)

// maxQueried is how many properties a query may ask for, and how many values a list of them may have.
const maxQueried = 1000

// queryOperators make a condition of a property and a value (https://github.com/stac-api-extensions/query, v1.0.0). Texts are
// the same whatever their case, and a property that is a list is what any of its elements is.
var queryOperators = map[string]func(filter.Property, any) (filter.Expr, error){
	"eq":         equals,
	"neq":        differs,
	"lt":         ordering(filter.Less),
	"lte":        ordering(filter.LessOrEqual),
	"gt":         ordering(filter.Greater),
	"gte":        ordering(filter.GreaterOrEqual),
	"startsWith": matching("", "%"),
	"endsWith":   matching("%", ""),
	"contains":   matching("%", "%"),
	"in":         oneOf,
}

// readPropertyQuery reads the parameter query, which is JSON as in a search's body.
func readPropertyQuery(p *ogcapi.Params) filter.Expr {
	text := p.Text("query")
	if text == "" {
		return nil
	}
	e, err := parseQuery([]byte(text))
	p.Fail(err)
	return e
}

// readPropertyQuery reads the field query of a search's body.
func (b *bodyReader) readPropertyQuery() filter.Expr {
	raw := b.take("query")
	if raw == nil {
		return nil
	}
	e, err := parseQuery(raw)
	b.fail(err)
	return e
}

// parseQuery reads an object of conditions by property; all of them have to hold. Its faults come together.
func parseQuery(raw []byte) (filter.Expr, error) {
	asked := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &asked); err != nil {
		return nil, fault.At(fault.Invalid, "query", "query is not an object of properties and what is asked of them")
	}
	if len(asked) > maxQueried {
		return nil, fault.At(fault.Invalid, "query", "query asks for %d properties, at most %d are possible", len(asked), maxQueried)
	}
	var all filter.And
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		e, err := propertyConditions(name, asked[name])
		all, errs = append(all, e...), append(errs, err)
	}
	if err := errors.Join(errs[:min(len(errs), maxFaults)]...); err != nil || len(all) == 0 {
		return nil, err
	}
	return all, nil
}

// propertyConditions are what is asked of one property: an object of operators, or a value that it equals.
func propertyConditions(name string, raw json.RawMessage) (filter.And, error) {
	property, _, err := stac.Names{}.Property(name)
	if err != nil {
		return nil, wrong(name, "%w", err)
	}
	if property == filter.PropertyGeometry {
		return nil, wrong(name, "the geometry is asked for by bbox, intersects or a filter")
	}
	value, err := plainValue(raw)
	if err != nil {
		return nil, err
	}
	operators, ok := value.(map[string]any)
	if !ok {
		operators = map[string]any{"eq": value}
	}
	var all filter.And
	for _, operator := range slices.Sorted(maps.Keys(operators)) {
		condition, known := queryOperators[operator]
		if !known {
			return nil, wrong(name, "there is no operator %q, but %s", operator, strings.Join(slices.Sorted(maps.Keys(queryOperators)), ", "))
		}
		e, err := condition(property, operators[operator])
		if err == nil {
			err = filter.Check(e, nil)
		}
		if err != nil {
			return nil, wrong(name, "%s: %w", operator, err)
		}
		all = append(all, e)
	}
	return all, nil
}

// wrong is a fault in what is asked of a property.
func wrong(property, format string, args ...any) error {
	return fault.At(fault.Invalid, "query."+clipped(property), "%s", fmt.Errorf(format, args...))
}

// clipped bounds a name that comes from a stranger.
func clipped(name string) string { return name[:min(len(name), 100)] }

// plainValue decodes JSON; numbers stay as they are written.
func plainValue(raw json.RawMessage) (any, error) {
	var value any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err := d.Decode(&value)
	return value, err
}

// literal is a value of JSON as an operand. A text is read as the type that it is compared with.
func literal(v any, foldCase bool) (filter.Operand, error) {
	switch v := v.(type) {
	case string:
		return filter.Untyped{Text: v, FoldCase: foldCase}, nil
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return nil, errors.New("the number is out of range")
		}
		return filter.Number(f), nil
	case bool:
		return filter.Boolean(v), nil
	}
	return nil, errors.New("the value is not a text, a number, true or false")
}

func equals(p filter.Property, v any) (filter.Expr, error) {
	if v == nil {
		return filter.IsNull{Operand: p}, nil
	}
	o, err := literal(v, true)
	return filter.Compare{Op: filter.Equal, Left: p, Right: o}, err
}

// differs holds too for what does not have the property: it does not have the value.
func differs(p filter.Property, v any) (filter.Expr, error) {
	if v == nil {
		return filter.Not{Expr: filter.IsNull{Operand: p}}, nil
	}
	o, err := literal(v, true)
	return filter.Or{filter.Compare{Op: filter.NotEqual, Left: p, Right: o}, filter.IsNull{Operand: p}}, err
}

func ordering(op filter.Op) func(filter.Property, any) (filter.Expr, error) {
	return func(p filter.Property, v any) (filter.Expr, error) {
		if _, truth := v.(bool); truth {
			return nil, errors.New("true and false have no order")
		}
		o, err := literal(v, false)
		return filter.Compare{Op: op, Left: p, Right: o}, err
	}
}

var escapePattern = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

func matching(before, after string) func(filter.Property, any) (filter.Expr, error) {
	return func(p filter.Property, v any) (filter.Expr, error) {
		text, ok := v.(string)
		if !ok {
			return nil, errors.New("the value is not a text")
		}
		return filter.Like{Operand: filter.CaseI{Operand: p}, Pattern: filter.CaseI{Operand: filter.Text(before + escapePattern.Replace(text) + after)}}, nil
	}
}

func oneOf(p filter.Property, v any) (filter.Expr, error) {
	list, ok := v.([]any)
	if !ok || len(list) > maxQueried {
		return nil, fmt.Errorf("the value is not a list of at most %d texts and numbers", maxQueried)
	}
	alternatives := filter.Or{}
	for _, one := range list {
		if one == nil {
			return nil, errors.New("the list has null among its values")
		}
		e, err := equals(p, one)
		if err != nil {
			return nil, err
		}
		alternatives = append(alternatives, e)
	}
	return alternatives, nil
}
