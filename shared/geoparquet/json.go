package geoparquet

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"perigee/shared/fault"
)

// object is a JSON object whose members have an order.
type object []member

type member struct {
	name  string
	value any
}

func (o object) find(name string) int {
	for i := range o {
		if o[i].name == name {
			return i
		}
	}
	return -1
}

// with gives a member a value, at its place or behind the others.
func (o object) with(name string, value any) object {
	if i := o.find(name); i >= 0 {
		o[i].value = value
		return o
	}
	return append(o, member{name, value})
}

func (o object) without(name string) object {
	if i := o.find(name); i >= 0 {
		return append(o[:i:i], o[i+1:]...)
	}
	return o
}

// decode reads JSON, its numbers as they are spelt.
func decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fault.Classify(fault.Invalid, err, "a document is not JSON")
	}
	return v, nil
}

// encode writes a value; objects of maps have their members in the order of their names.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	err := write(&out, v)
	return out.Bytes(), err
}

func write(out *bytes.Buffer, v any) error {
	switch v := v.(type) {
	case object:
		return writeObject(out, v)
	case []any:
		out.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := write(out, e); err != nil {
				return err
			}
		}
		out.WriteByte(']')
		return nil
	case json.Number:
		out.WriteString(string(v))
		return nil
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fault.Classify(fault.Invalid, err, "a value has no JSON")
	}
	out.Truncate(out.Len() - 1) // its newline
	return nil
}

func writeObject(out *bytes.Buffer, o object) error {
	out.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := write(out, m.name); err != nil {
			return err
		}
		out.WriteByte(':')
		if err := write(out, m.value); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}

// whole reads a number that is spelt as a whole one, and fits.
func whole(n json.Number) (int64, bool) {
	v, err := strconv.ParseInt(string(n), 10, 64)
	return v, err == nil
}

// double reads a number; exact tells that what comes back is the same number.
func double(n json.Number) (v float64, exact bool) {
	v, err := strconv.ParseFloat(string(n), 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, false
	}
	digits := 0
	for _, c := range mantissa(string(n)) {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	// 15 digits always come back (IEEE 754); more of them do when they are the shortest that name the number.
	return v, digits <= 15 && (v != 0 || zero(string(n))) || spelt(v) == string(n) || strconv.FormatFloat(v, 'f', -1, 64) == string(n)
}

func mantissa(text string) string {
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		return text[:i]
	}
	return text
}

func zero(text string) bool { return strings.Trim(mantissa(text), "-0.") == "" }

// spelt is how JSON spells a number.
func spelt(v float64) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

// number is a number as a value; what is none (infinite, not a number) is null.
func number(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return json.Number(spelt(v))
}
