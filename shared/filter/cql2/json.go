package cql2

import (
	"encoding/json"
	"slices"

	"perigee/shared/filter"
	"perigee/shared/geo"
)

// ParseJSON reads a filter in CQL2 JSON. A failure is Invalid and tells by a JSON pointer where it was noticed.
func ParseJSON(data []byte, names filter.Names) (filter.Expr, error) {
	return ParseJSONIn(geo.CRS84, data, names)
}

// ParseJSONIn is ParseJSON for a filter whose geometries are in another reference system, one of literal.CRS, in the order
// of its axes (19-079r2, filter-crs).
func ParseJSONIn(crs geo.CRS, data []byte, names filter.Names) (filter.Expr, error) {
	if err := tooLong(len(data)); err != nil {
		return nil, err
	}
	v, err := decode(data)
	if err != nil {
		return nil, err
	}
	p := &jsonParser{names: names, places: places{crs}}
	return p.condition(v, 0)
}

// jsonParser makes operands of values; conditions are operands of type filter.Condition until it is known what they are
// parts of.
type jsonParser struct {
	names     filter.Names
	places    places
	tally     tally
	positions int
}

// condition reads a value that must be a condition.
func (p *jsonParser) condition(v *value, depth int) (filter.Expr, error) {
	o, err := p.operand(v, depth)
	if err != nil {
		return nil, err
	}
	e, err := condition(o)
	return e, v.located(err)
}

// operand reads any value.
func (p *jsonParser) operand(v *value, depth int) (filter.Operand, error) {
	if err := p.tally.count(depth); err != nil {
		return nil, v.located(err)
	}
	switch content := v.content.(type) {
	case string:
		return filter.Text(content), nil
	case bool:
		return filter.Boolean(content), nil
	case json.Number:
		n, err := number(content.String())
		return n, v.located(err)
	case elements:
		all, err := p.operands(content, depth+1)
		return filter.List(all), err
	case object:
		return p.object(v, content, depth)
	}
	return nil, v.failing("null is no value; ask with isNull")
}

// operands reads values where an array may stand.
func (p *jsonParser) operands(values []*value, depth int) ([]filter.Operand, error) {
	all := make([]filter.Operand, 0, len(values))
	for _, v := range values {
		o, err := p.operand(v, depth)
		if err == nil {
			err = v.located(fit(0, o, anything))
		}
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

// marks are the members by which objects are known, and what else such an object may have.
var marks = []struct {
	member string
	others []string
}{
	{"op", []string{"args"}}, {"property", nil}, {"date", nil}, {"timestamp", nil}, {"interval", nil},
	{"type", []string{"coordinates", "geometries", "bbox"}}, {"bbox", nil}, {"casei", nil}, {"accenti", nil},
	{"function", []string{"args"}},
}

func (p *jsonParser) object(v *value, o object, depth int) (filter.Operand, error) {
	for _, mark := range marks {
		held := o.member(mark.member)
		if held == nil {
			continue
		}
		for _, m := range o {
			if m != held && !slices.Contains(mark.others, m.key) {
				return nil, m.failing("an object with %s has no such member", mark.member)
			}
		}
		return p.marked(v, o, held, depth)
	}
	return nil, v.failing("the object is none of CQL2: it has none of op, property, date, timestamp, interval, type, bbox")
}

// marked reads an object by the member that it is known by.
func (p *jsonParser) marked(v *value, o object, mark *value, depth int) (filter.Operand, error) {
	switch mark.key {
	case "op":
		return p.operator(v, o, depth)
	case "property":
		return p.property(mark)
	case "date":
		return mark.instant(date)
	case "timestamp":
		return mark.instant(timestamp)
	case "interval":
		return p.interval(mark, depth)
	case "type":
		return p.geometry(v, o)
	case "bbox":
		return p.box(mark)
	case "function":
		return p.oldFunction(v, o, depth)
	default:
		return p.oldFold(mark, depth)
	}
}

// text gives the text that a value must be.
func (v *value) text(wanted string) (string, error) {
	text, ok := v.content.(string)
	if !ok {
		return "", v.failing("%v stands where %s was expected", v, wanted)
	}
	return text, nil
}

func (p *jsonParser) property(v *value) (filter.Operand, error) {
	name, err := v.text("the name of a property")
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, v.failing("the name is empty")
	}
	found, err := property(p.names, name)
	if err != nil {
		return nil, v.failing("%w", err)
	}
	return found, nil
}

func (v *value) instant(read func(string) (filter.Operand, error)) (filter.Operand, error) {
	text, err := v.text("a text")
	if err != nil {
		return nil, err
	}
	o, err := read(text)
	return o, v.located(err)
}

func (p *jsonParser) interval(v *value, depth int) (filter.Operand, error) {
	ends, ok := v.content.(elements)
	if !ok || len(ends) != 2 {
		return nil, v.failing("an interval is an array of its two ends")
	}
	return p.ends(ends, depth)
}

// ends makes an interval of its two ends.
func (p *jsonParser) ends(values []*value, depth int) (filter.Operand, error) {
	var ends [2]filter.Operand
	for i, v := range values {
		var err error
		if text, ok := v.content.(string); ok {
			ends[i], err = bound(text)
		} else if ends[i], err = p.operand(v, depth+1); err == nil {
			err = fit(0, ends[i], dynamic|anInstant)
		}
		if err != nil {
			return nil, v.located(err)
		}
	}
	return filter.Interval{Start: ends[0], End: ends[1]}, nil
}

// oldFold reads {"casei": …}, as drafts of the standard had it.
func (p *jsonParser) oldFold(v *value, depth int) (filter.Operand, error) {
	inner, err := p.operand(v, depth+1)
	if err != nil {
		return nil, err
	}
	o, err := fold(capitals(v.key), inner)
	return o, v.located(err, v)
}

// oldFunction reads {"function": {"name": …, "args": …}} and {"function": …, "args": …}, as drafts of the standard had it.
func (p *jsonParser) oldFunction(v *value, o object, depth int) (filter.Operand, error) {
	name, args := o.member("function"), o.member("args")
	if inner, ok := name.content.(object); ok {
		for _, m := range inner {
			if m.key != "name" && m.key != "args" {
				return nil, m.failing("a function has no such member")
			}
		}
		v, name, args = name, inner.member("name"), inner.member("args")
	}
	if name == nil {
		return nil, v.failing("the function has no name")
	}
	text, err := name.text("the name of a function")
	if err != nil {
		return nil, err
	}
	var all elements
	if args != nil {
		var ok bool
		if all, ok = args.content.(elements); !ok {
			return nil, args.failing("args is not an array")
		}
	}
	return p.function(name, text, all, depth)
}
