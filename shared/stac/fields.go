package stac

import (
	"bytes"
	"strings"
)

// Fields says which members of a document are wanted, by paths of names between dots: properties.eo:cloud_cover. The
// path that says most of a member decides; what both lists hold is wanted (https://github.com/stac-api-extensions/fields,
// v1.0.0, Include/Exclude Semantics). The zero Fields want everything.
type Fields struct {
	Include, Exclude []string
}

// IsZero tells whether everything is wanted.
func (f Fields) IsZero() bool { return len(f.Include) == 0 && len(f.Exclude) == 0 }

// Selection takes the wanted members out of documents.
type Selection struct {
	tree *wanted // nil: everything
	rest bool    // members that nothing is said of are wanted
}

// NewSelection prepares to select by fields. Their paths are as deep as the selection's memory: bound what strangers send.
func NewSelection(f Fields) Selection {
	if f.IsZero() {
		return Selection{}
	}
	tree := &wanted{}
	for _, path := range f.Exclude {
		tree.at(path).said = excluded
	}
	for _, path := range f.Include {
		tree.at(path).said = included
	}
	return Selection{tree, len(f.Include) == 0}
}

// Of copies the members that are wanted out of a document, in their order, byte for byte.
func (s Selection) Of(document []byte) ([]byte, error) {
	if s.tree == nil {
		return document, nil
	}
	var out bytes.Buffer
	out.Grow(len(document))
	if err := s.tree.copy(&out, document, s.rest); err != nil {
		return nil, malformed(err)
	}
	return out.Bytes(), nil
}

// said is what a list of fields says of a path.
type said int8

const (
	silent said = iota
	included
	excluded
)

// wanted is what the lists say of a member, and of the members below it. A name with dots in it is found by its whole.
type wanted struct {
	said  said
	below map[string]*wanted
}

// at is the place of a path.
func (w *wanted) at(path string) *wanted {
	name, rest, deeper := strings.Cut(path, ".")
	if w.below == nil {
		w.below = map[string]*wanted{}
	}
	next := w.below[name]
	if next == nil {
		next = &wanted{}
		w.below[name] = next
	}
	if !deeper {
		return next
	}
	return next.at(rest)
}

// any tells whether something below is included.
func (w *wanted) any() bool {
	for _, b := range w.below {
		if b.said == included || b.any() {
			return true
		}
	}
	return false
}

// copy writes the wanted members of an object; keep tells whether those are wanted of which nothing is said.
func (w *wanted) copy(out *bytes.Buffer, object []byte, keep bool) error {
	all, err := members(object)
	if err != nil {
		return err
	}
	out.WriteByte('{')
	first := true
	for _, m := range all {
		value, next := object[m.from:m.to], w.below[m.name]
		whole := keep
		if next != nil && next.said != silent {
			whole = next.said == included
		}
		parts := next != nil && len(next.below) > 0 && value[0] == '{'
		if !whole && !(parts && next.any()) {
			continue
		}
		if !first {
			out.WriteByte(',')
		}
		first = false
		out.Write(quote(m.name))
		out.WriteByte(':')
		if !parts {
			out.Write(value)
			continue
		}
		if err := next.copy(out, value, whole); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}
