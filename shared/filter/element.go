package filter

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"perigee/shared/fault"
)

// Element is a node of an XML document with its names resolved, for grammars that nest freely, such as OGC filters. It
// decodes itself as a field of a larger request, so that prefixes declared further out hold.
type Element struct {
	Name     xml.Name
	Attrs    []xml.Attr
	Children []*Element
	Text     string
}

// The bounds of a filter document.
const (
	maxDepth    = 64
	maxElements = 20000
)

// UnmarshalXML reads the element and all within it.
func (e *Element) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	count := 0
	return e.read(d, start, 0, &count)
}

func (e *Element) read(d *xml.Decoder, start xml.StartElement, depth int, count *int) error {
	if *count++; depth > maxDepth || *count > maxElements {
		return fault.At(fault.Invalid, "Filter", "the filter is nested deeper than %d or has more than %d elements", maxDepth, maxElements)
	}
	e.Name, e.Attrs = start.Name, start.Attr
	var text strings.Builder
	for {
		token, err := d.Token()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf("within %s: %w", start.Name.Local, err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			child := &Element{}
			if err := child.read(d, t, depth+1, count); err != nil {
				return err
			}
			e.Children = append(e.Children, child)
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			e.Text = strings.TrimSpace(text.String())
			return nil
		}
	}
}

// attr is the value of an attribute by its local name.
func (e *Element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// child is the first child of that local name, or nil.
func (e *Element) child(name string) *Element {
	for _, c := range e.Children {
		if c.Name.Local == name {
			return c
		}
	}
	return nil
}
