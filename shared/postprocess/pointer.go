package postprocess

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/fault"
)

// maxDepth bounds how deep a pointer leads.
const maxDepth = 20

// pointer is a JSON Pointer (RFC 6901), in which * stands for every member where that is allowed.
type pointer []string

func parsePointer(text string) (pointer, error) {
	if text == "" {
		return nil, nil
	}
	rest, ok := strings.CutPrefix(text, "/")
	parts := strings.Split(rest, "/")
	if !ok || len(parts) > maxDepth || len(text) > maxPattern {
		return nil, fmt.Errorf("is %.60q, not a JSON Pointer of at most %d parts, such as /properties/title", text, maxDepth)
	}
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
	}
	return parts, nil
}

// below tells whether the pointer leads into the value that another leads to, or to it.
func (p pointer) below(other pointer) bool {
	return len(p) >= len(other) && slices.Equal(p[:len(other)], other)
}

// get is the value that the pointer leads to.
func (p pointer) get(value any) (any, bool) {
	for _, name := range p {
		switch v := value.(type) {
		case map[string]any:
			inner, ok := v[name]
			if !ok {
				return nil, false
			}
			value = inner
		case []any:
			i, ok := index(name, len(v))
			if !ok {
				return nil, false
			}
			value = v[i]
		default:
			return nil, false
		}
	}
	return value, true
}

func index(name string, length int) (int, bool) {
	i, err := strconv.Atoi(name)
	return i, err == nil && i >= 0 && i < length && strconv.Itoa(i) == name
}

// put gives the field a value. Objects on the way that are missing are made; where something else stands in the way, the
// item is at fault.
func (p pointer) put(item, value any) error {
	for i, name := range p {
		last := i == len(p)-1
		switch v := item.(type) {
		case map[string]any:
			if last {
				v[name] = value
				return nil
			}
			if v[name] == nil {
				v[name] = map[string]any{}
			}
			item = v[name]
		case []any:
			at, ok := index(name, len(v))
			if !ok {
				return p.inTheWay(i)
			}
			if last {
				v[at] = value
				return nil
			}
			item = v[at]
		default:
			return p.inTheWay(i)
		}
	}
	return nil
}

func (p pointer) inTheWay(i int) error {
	return fault.At(fault.Invalid, p.String(), "%s cannot be set: /%s is no object, nor has that place", p, strings.Join(p[:i], "/"))
}

// String writes the pointer.
func (p pointer) String() string {
	var text strings.Builder
	for _, part := range p {
		text.WriteString("/" + strings.ReplaceAll(strings.ReplaceAll(part, "~", "~0"), "/", "~1"))
	}
	return text.String()
}

// change asks for the new value of each field that the pointer leads to, of one that is not there too when only its last
// part is missing; false leaves the field as it is.
func (p pointer) change(item any, ask func(value any, there bool) (any, bool, error)) error {
	return p.each(item, func(parent any, name string) error {
		value, there := pointer{name}.get(parent)
		changed, ok, err := ask(value, there)
		if err != nil || !ok {
			return err
		}
		return pointer{name}.put(parent, changed)
	})
}

// remove takes away the fields that the pointer leads to. Elements of arrays stay where they are.
func (p pointer) remove(item any) {
	_ = p.each(item, func(parent any, name string) error { // which does not fail
		if object, ok := parent.(map[string]any); ok {
			delete(object, name)
		}
		return nil
	})
}

// each visits the places that the pointer leads to, each by what holds it and its name there.
func (p pointer) each(value any, visit func(parent any, name string) error) error {
	if len(p) == 0 {
		return nil
	}
	for _, name := range names(value, p[0]) {
		if len(p) == 1 {
			if err := visit(value, name); err != nil {
				return err
			}
			continue
		}
		if inner, ok := (pointer{name}).get(value); ok {
			if err := p[1:].each(inner, visit); err != nil {
				return err
			}
		}
	}
	return nil
}

// names are the members that a part of a pointer stands for.
func names(value any, part string) []string {
	if part != "*" {
		return []string{part}
	}
	switch v := value.(type) {
	case map[string]any:
		return slices.Sorted(maps.Keys(v))
	case []any:
		all := make([]string, len(v))
		for i := range v {
			all[i] = strconv.Itoa(i)
		}
		return all
	}
	return nil
}

// cloned copies a value, so that nothing of an item is held twice by it.
func cloned(value any, left *budget) (any, error) {
	text, _ := asText(value)
	if err := left.make(len(text)); err != nil {
		return nil, err
	}
	switch v := value.(type) {
	case map[string]any:
		copied := make(map[string]any, len(v))
		for name, inner := range v {
			c, err := cloned(inner, left)
			if err == nil {
				err = left.make(len(name))
			}
			if err != nil {
				return nil, err
			}
			copied[name] = c
		}
		return copied, nil
	case []any:
		copied := make([]any, len(v))
		for i, inner := range v {
			c, err := cloned(inner, left)
			if err != nil {
				return nil, err
			}
			copied[i] = c
		}
		return copied, nil
	}
	return value, nil
}
