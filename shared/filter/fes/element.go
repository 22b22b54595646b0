package fes

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"perigee/shared/fault"
)

// Element is an element of an XML document with its names resolved, as a filter is made of. It decodes itself as a field
// of a larger request, so that prefixes declared further out hold. Document types and entities are refused; depth,
// number and length are bounded.
type Element struct {
	name     xml.Name
	attrs    []xml.Attr
	children []*Element
	text     string // without the space around it
	parent   *Element
}

// The bounds of a filter document. Its length is that of a filter with as many positions as may be, at two times 24
// characters each.
const (
	maxDepth    = 100
	maxElements = 20_000
	maxLength   = 512 << 10
	maxName     = 100 // of an element, in bytes
)

// reading is what was read of a document so far.
type reading struct {
	decoder  *xml.Decoder
	elements int
	length   int
}

// UnmarshalXML reads the element and all within it.
func (e *Element) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return e.read(&reading{decoder: d}, start, 1)
}

func (e *Element) read(r *reading, start xml.StartElement, depth int) error {
	if err := r.begin(start, depth); err != nil {
		return err
	}
	e.name, e.attrs = start.Name, start.Attr
	var text strings.Builder
	for {
		token, err := r.decoder.Token()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf("within %s: %w", e.path(), err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			child := &Element{parent: e}
			e.children = append(e.children, child)
			if err := child.read(r, t, depth+1); err != nil {
				return err
			}
		case xml.CharData:
			if r.length += len(t); r.length > maxLength {
				return tooMuch("longer than %d bytes", maxLength)
			}
			text.Write(t)
		case xml.Directive:
			return tooMuch("with a document type or entities of its own")
		case xml.EndElement:
			e.text = strings.TrimSpace(text.String())
			return nil
		}
	}
}

// begin counts an element, and what it has, before it is kept.
func (r *reading) begin(start xml.StartElement, depth int) error {
	r.elements++
	r.length += len(start.Name.Local)
	for _, a := range start.Attr {
		r.length += len(a.Name.Local) + len(a.Value)
	}
	switch {
	case len(start.Name.Local) > maxName:
		return tooMuch("with names longer than %d bytes", maxName)
	case depth > maxDepth:
		return tooMuch("nested deeper than %d", maxDepth)
	case r.elements > maxElements:
		return tooMuch("of more than %d elements", maxElements)
	case r.length > maxLength:
		return tooMuch("longer than %d bytes", maxLength)
	}
	return nil
}

func tooMuch(format string, args ...any) error {
	return fault.At(fault.Invalid, "Filter", "a filter "+format+" is not read", args...)
}

// attr is the value of an attribute by its local name.
func (e *Element) attr(name string) string {
	value, _ := e.lookup(name)
	return value
}

func (e *Element) lookup(name string) (value string, found bool) {
	for _, a := range e.attrs {
		if a.Name.Local == name && a.Name.Space != "xmlns" {
			return a.Value, true
		}
	}
	return "", false
}

// inherited is the value of an attribute of the element or of the nearest one around it that has it.
func (e *Element) inherited(name string) string {
	for ; e != nil; e = e.parent {
		if value, found := e.lookup(name); found {
			return value
		}
	}
	return ""
}

// path tells where in the document the element stands: Filter/And/Or[2].
func (e *Element) path() string {
	if e.parent == nil {
		return e.name.Local
	}
	at, all := 0, 0
	for _, sibling := range e.parent.children {
		if sibling.name == e.name {
			all++
		}
		if sibling == e {
			at = all
		}
	}
	step := e.name.Local
	if all > 1 {
		step += "[" + strconv.Itoa(at) + "]"
	}
	return e.parent.path() + "/" + step
}

// wrong is the failure that lies in an element.
func (e *Element) wrong(format string, args ...any) error {
	return e.failed(fmt.Errorf(format, args...))
}

// failed gives a failure the place of the element.
func (e *Element) failed(err error) error {
	if err == nil {
		return nil
	}
	return &fault.Error{Kind: fault.Invalid, Locator: "Filter", Message: e.path(), Err: err}
}

// refused gives a failure of a protocol's own the place of the element. What it is, and what it says is at fault, stay.
func (e *Element) refused(err error) error {
	return &fault.Error{Kind: fault.KindOf(err), Locator: cmp.Or(fault.LocatorOf(err), "Filter"), Message: e.path(), Err: err}
}
