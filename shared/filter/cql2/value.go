package cql2

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"perigee/shared/fault"
)

// value is a value of a JSON document. It knows where it lies.
type value struct {
	parent  *value
	key     string // its name in an object, its index in an array
	content any    // nil, bool, string, json.Number, elements or object
}

type (
	elements []*value // the elements of an array
	object   []*value // the members of an object, in their order
)

// maxLevels bounds the values within each other: an operator is an object with an array in it, and a geometry may lie
// within the innermost.
const maxLevels = 2*maxDepth + 16

// pointer is where a value lies, as a JSON pointer (RFC 6901).
func (v *value) pointer() string {
	if v.parent == nil {
		return ""
	}
	return v.parent.pointer() + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(shorten(v.key))
}

// failing is a failure that lies in the value.
func (v *value) failing(format string, args ...any) error {
	where := "at " + v.pointer()
	if v.parent == nil {
		where = "at the top"
	}
	return fault.At(fault.Invalid, locator, "%s: "+format, append([]any{where}, args...)...)
}

// located gives a failure of operands the place of the one at fault.
func (v *value) located(err error, operands ...*value) error {
	var m *misfit
	if !errors.As(err, &m) {
		return err
	}
	if m.operand >= 0 && m.operand < len(operands) {
		v = operands[m.operand]
	}
	return v.failing("%s", m.message)
}

// member gives the member of that name, or nil.
func (o object) member(name string) *value {
	for _, m := range o {
		if m.key == name {
			return m
		}
	}
	return nil
}

// String says what kind of value it is.
func (v *value) String() string {
	switch content := v.content.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(content)
	case string:
		return strconv.Quote(shorten(content))
	case json.Number:
		return "the number " + shorten(content.String())
	case elements:
		return "an array"
	default:
		return "an object"
	}
}

// decode reads the one value of a document.
func decode(data []byte) (*value, error) {
	if !utf8.Valid(data) {
		return nil, fault.At(fault.Invalid, locator, "the filter is not text in UTF-8")
	}
	d := &decoder{tokens: json.NewDecoder(bytes.NewReader(data))}
	d.tokens.UseNumber()
	v := &value{}
	if err := d.value(v, 0); err != nil {
		return nil, err
	}
	if _, err := d.tokens.Token(); !errors.Is(err, io.EOF) {
		return nil, fault.At(fault.Invalid, locator, "something follows the filter, which ends at byte %d", d.tokens.InputOffset())
	}
	return v, nil
}

type decoder struct{ tokens *json.Decoder }

// token takes the next token, which belongs to a value.
func (d *decoder) token(v *value) (json.Token, error) {
	t, err := d.tokens.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, v.failing("the JSON is broken: %w", err)
	}
	if text, ok := t.(string); ok && strings.ContainsRune(text, 0) {
		return nil, v.failing("a text holds a NUL")
	}
	return t, nil
}

// value reads the content of a value.
func (d *decoder) value(v *value, level int) error {
	if level > maxLevels {
		return v.failing("the filter is nested deeper than %d", maxLevels)
	}
	t, err := d.token(v)
	switch {
	case err != nil:
		return err
	case t == json.Delim('['):
		return d.array(v, level)
	case t == json.Delim('{'):
		return d.object(v, level)
	}
	v.content = t
	return nil
}

func (d *decoder) array(v *value, level int) error {
	all := elements{}
	for d.tokens.More() {
		element := &value{parent: v, key: strconv.Itoa(len(all))}
		if err := d.value(element, level+1); err != nil {
			return err
		}
		all = append(all, element)
	}
	v.content = all
	_, err := d.token(v)
	return err
}

func (d *decoder) object(v *value, level int) error {
	members := object{}
	names := map[string]bool{}
	for d.tokens.More() {
		t, err := d.token(v)
		if err != nil {
			return err
		}
		member := &value{parent: v, key: fmt.Sprint(t)}
		if names[member.key] {
			return member.failing("the member is there twice")
		}
		names[member.key] = true
		if err := d.value(member, level+1); err != nil {
			return err
		}
		members = append(members, member)
	}
	v.content = members
	_, err := d.token(v)
	return err
}
