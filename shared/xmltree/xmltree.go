// Package xmltree reads the XML of strangers into trees whose size is bounded, and takes what is wanted out of them by
// the local names of elements. A document type is refused, so that there are no entities but those of XML itself.
package xmltree

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"

	"perigee/shared/fault"
)

// The bounds of a document: how deep its elements are nested, and how many of them are kept.
const (
	MaxDepth    = 64
	MaxElements = 100_000
)

// Element is an element with what it holds. All of its methods may be called on nil, which holds nothing.
type Element struct {
	Name     xml.Name
	Attrs    []xml.Attr
	Text     string // of its own, without the space around it
	Children []*Element
}

// Read reads a document. What lies below elements of the local names skipped is not kept.
func Read(document []byte, skipped ...string) (*Element, error) {
	r := reader{document: document, at: bytes.NewReader(document), skipped: skipped}
	r.decoder = xml.NewDecoder(r.at) // which reads it byte by byte
	for {
		token, err := r.decoder.Token()
		switch {
		case errors.Is(err, io.EOF) && r.root != nil:
			return r.root, nil
		case err != nil:
			return nil, fault.New(fault.Invalid, "the XML cannot be read: %w", err)
		}
		if err := r.take(token); err != nil {
			return nil, err
		}
	}
}

// reader builds a tree.
type reader struct {
	document []byte
	at       *bytes.Reader
	decoder  *xml.Decoder
	skipped  []string
	root     *Element
	open     []*opened
	count    int
}

// opened is an element that has not ended, and its text so far.
type opened struct {
	*Element
	text []byte
}

func (r *reader) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		return fault.New(fault.Invalid, "the XML has a document type, which is not read")
	case xml.CharData:
		if len(r.open) > 0 {
			inner := r.open[len(r.open)-1]
			inner.text = append(inner.text, bytes.TrimSpace(t)...)
		}
	case xml.EndElement:
		ended := r.open[len(r.open)-1]
		ended.Text = string(ended.text)
		r.open = r.open[:len(r.open)-1]
	case xml.StartElement:
		return r.start(t)
	}
	return nil
}

func (r *reader) start(t xml.StartElement) error {
	if r.count++; r.count > MaxElements || len(r.open) >= MaxDepth {
		return fault.New(fault.Invalid, "the XML has more than %d elements, or more than %d in one another", MaxElements, MaxDepth)
	}
	if r.root != nil && slices.Contains(r.skipped, t.Name.Local) {
		return r.skip(t.Name.Local)
	}
	e := &Element{Name: t.Name, Attrs: slices.Clone(t.Attr)}
	switch {
	case len(r.open) > 0:
		parent := r.open[len(r.open)-1]
		parent.Children = append(parent.Children, e)
	case r.root != nil:
		return fault.New(fault.Invalid, "the XML has a second root element")
	default:
		r.root = e
	}
	r.open = append(r.open, &opened{Element: e})
	return nil
}

// skip goes to the end of the element whose start was just read. What lies between is not looked at, which is most of what
// reading costs where it is long; an element of the same name within it makes the document one that is refused.
func (r *reader) skip(name string) error {
	here := len(r.document) - r.at.Len()
	if here < 2 || r.document[here-2] != '/' { // else there is nothing in it
		end := closing(r.document[here:], name)
		if end < 0 {
			return fault.New(fault.Invalid, "the XML cannot be read: %.60s does not end", name)
		}
		if _, err := r.at.Seek(int64(here+end), io.SeekStart); err != nil {
			return fault.Classify(fault.Internal, err, "reading XML")
		}
	}
	if err := r.decoder.Skip(); err != nil {
		return fault.New(fault.Invalid, "the XML cannot be read: %w", err)
	}
	return nil
}

// closing finds the end tag of a local name, with or without a prefix; -1 when there is none.
func closing(text []byte, name string) int {
	for from := 0; ; {
		tag := bytes.Index(text[from:], []byte("</"))
		if tag < 0 {
			return -1
		}
		from += tag
		inside, _, ok := bytes.Cut(text[from+2:min(len(text), from+2+256)], []byte(">"))
		if i := bytes.LastIndexByte(inside, ':'); ok && string(bytes.TrimSpace(inside[i+1:])) == name {
			return from
		}
		from += 2
	}
}

// Attr is the value of the attribute of a local name.
func (e *Element) Attr(name string) string {
	if e != nil {
		for _, a := range e.Attrs {
			if a.Name.Local == name {
				return a.Value
			}
		}
	}
	return ""
}

// At is the first element at a path of local names, such as "General_Info/TILE_ID".
func (e *Element) At(path string) *Element {
	for found := range e.All(path) {
		return found
	}
	return nil
}

// All are the elements at a path of local names.
func (e *Element) All(path string) iter.Seq[*Element] {
	return func(yield func(*Element) bool) { e.along(strings.Split(path, "/"), yield) }
}

func (e *Element) along(path []string, yield func(*Element) bool) bool {
	if e == nil {
		return true
	}
	for _, c := range e.Children {
		if c.Name.Local != path[0] {
			continue
		}
		if len(path) == 1 && !yield(c) || len(path) > 1 && !c.along(path[1:], yield) {
			return false
		}
	}
	return true
}

// Below are all elements below this one, each before what it holds.
func (e *Element) Below() iter.Seq[*Element] {
	return func(yield func(*Element) bool) { e.below(yield) }
}

func (e *Element) below(yield func(*Element) bool) bool {
	if e == nil {
		return true
	}
	for _, c := range e.Children {
		if !yield(c) || !c.below(yield) {
			return false
		}
	}
	return true
}

// Find is the first element of a local name below this one.
func (e *Element) Find(name string) *Element {
	for c := range e.Below() {
		if c.Name.Local == name {
			return c
		}
	}
	return nil
}

// Content is the text of the element.
func (e *Element) Content() string {
	if e == nil {
		return ""
	}
	return e.Text
}
