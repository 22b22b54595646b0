// Package opensearch reads the values of search parameters by which OGC's OpenSearch extension for earth observation
// (13-026r8, clause 7) asks for a value, a set of values or a range:
//
//	n           equal to n
//	{n1,n2,…}   equal to one of them
//	[n1,n2]     from n1 to n2
//	]n1,n2[     between n1 and n2, neither of them; also [n1,n2[ and ]n1,n2]
//	[n1   ]n1   from n1 on, beyond n1
//	n2]   n2[   up to n2, below n2
//
// The values are numbers, dates or texts: they are compared as the property's own are. There is no way to write a comma
// or a bracket at the end of a value; a value that neither begins nor ends with a bracket is taken as it stands.
package opensearch

import (
	"strings"
	"unicode/utf8"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

// The bounds of a parameter.
const (
	maxLength = 64 << 10 // bytes
	maxValues = 5000     // of a set
)

// Parse reads the value of a parameter, which is the name of a property by names. A failure tells at which character of
// the value it was noticed, with the parameter as its locator.
func Parse(parameter, value string, names filter.Names) (filter.Expr, error) {
	r := reader{parameter: parameter, source: value, names: names}
	if len(value) > maxLength {
		return nil, fault.At(fault.Invalid, parameter, "the value is longer than %d bytes", maxLength)
	}
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return nil, fault.At(fault.Invalid, parameter, "the value has bytes that are no characters of UTF-8")
	}
	property, allText, err := names.Property(parameter)
	if err != nil {
		return nil, err
	}
	if allText {
		return r.words()
	}
	r.property = property
	return r.read()
}

// reader reads one value.
type reader struct {
	parameter string
	source    string
	property  filter.Property
	names     filter.Names
}

func (r reader) failAt(at int, format string, args ...any) error {
	args = append([]any{utf8.RuneCountInString(r.source[:at]) + 1}, args...)
	return fault.At(fault.Invalid, r.parameter, "at character %d: "+format, args...)
}

// words reads what is searched in all text.
func (r reader) words() (filter.Expr, error) {
	if strings.TrimSpace(r.source) == "" {
		return nil, r.failAt(0, "a value is empty")
	}
	return filter.AnyText{Words: r.source}, nil
}

func (r reader) read() (filter.Expr, error) {
	from := len(r.source) - len(strings.TrimLeft(r.source, " \t\r\n"))
	text := strings.TrimSpace(r.source)
	if text == "" {
		return nil, r.failAt(0, "a value is empty")
	}
	switch first, last := text[0], text[len(text)-1]; {
	case first == '{' || last == '}':
		return r.set(text, from)
	case first == '[' || first == ']' || last == '[' || last == ']':
		return r.limits(text, from)
	}
	v, err := r.value(text, from)
	return filter.Compare{Op: filter.Equal, Left: r.property, Right: v}, err
}

// value reads a value that begins at a byte.
func (r reader) value(text string, from int) (filter.Operand, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, r.failAt(from, "a value is empty")
	}
	if i := strings.IndexAny(text, "{}[]"); i >= 0 && (i == 0 || i == len(text)-1) {
		return nil, r.failAt(from, "%.60q is not a value: a bracket stands at an end of it", text)
	}
	return filter.Untyped{Text: r.names.Value(r.property, text)}, nil
}

// set reads values of which the property has one.
func (r reader) set(text string, from int) (filter.Expr, error) {
	switch {
	case len(text) == 1 || text[len(text)-1] != '}':
		return nil, r.failAt(from+len(text), "found the end where } was expected")
	case text[0] != '{':
		return nil, r.failAt(from, "found %.60q where { was expected", text[:1])
	}
	in := filter.In{Operand: r.property}
	at := from + 1
	for part := range strings.SplitSeq(text[1:len(text)-1], ",") {
		if len(in.Values) == maxValues {
			return nil, r.failAt(at, "a set has %d values at most", maxValues)
		}
		v, err := r.value(part, at)
		if err != nil {
			return nil, err
		}
		in.Values = append(in.Values, v)
		at += len(part) + 1
	}
	return in, nil
}

// limits reads a range, which one end may be missing of.
func (r reader) limits(text string, from int) (filter.Expr, error) {
	lower, upper := bracket(text[0]), bracket(text[len(text)-1])
	if len(text) == 1 {
		upper = 0
	}
	inner := text
	if lower != 0 {
		inner, from = inner[1:], from+1
	}
	if upper != 0 {
		inner = inner[:len(inner)-1]
	}
	if lower != 0 && upper != 0 {
		return r.between(inner, from, lower, upper)
	}
	op := filter.GreaterOrEqual
	switch {
	case lower == ']':
		op = filter.Greater
	case upper == ']':
		op = filter.LessOrEqual
	case upper == '[':
		op = filter.Less
	}
	v, err := r.value(inner, from)
	return filter.Compare{Op: op, Left: r.property, Right: v}, err
}

// bracket is the character when it is one, or 0.
func bracket(c byte) byte {
	if c == '[' || c == ']' {
		return c
	}
	return 0
}

// between reads the two ends of a range.
func (r reader) between(inner string, from int, lower, upper byte) (filter.Expr, error) {
	first, second, found := strings.Cut(inner, ",")
	if !found {
		return nil, r.failAt(from+len(inner), "a range between two brackets has two ends with a comma between them")
	}
	if i := strings.IndexByte(second, ','); i >= 0 {
		return nil, r.failAt(from+len(first)+1+i, "a range has two ends")
	}
	low, err := r.value(first, from)
	if err != nil {
		return nil, err
	}
	high, err := r.value(second, from+len(first)+1)
	if err != nil {
		return nil, err
	}
	if lower == '[' && upper == ']' {
		return filter.Between{Operand: r.property, Low: low, High: high}, nil
	}
	above, below := filter.GreaterOrEqual, filter.LessOrEqual
	if lower == ']' {
		above = filter.Greater
	}
	if upper == '[' {
		below = filter.Less
	}
	return filter.And{
		filter.Compare{Op: above, Left: r.property, Right: low}, filter.Compare{Op: below, Left: r.property, Right: high},
	}, nil
}
