package ows

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"

	"perigee/shared/fault"
)

// Fragment is an element of a document as a document of its own: its bytes as they stood there, with the prefixes declared
// that it has from the elements around it.
type Fragment struct {
	Name     xml.Name
	Document []byte
}

// The bounds of all fragments of a document, each of which repeats what is declared around it.
const (
	maxFragments    = 100_000
	maxFragmentSize = 64 << 20 // bytes of all together
	maxDeclared     = 500      // declarations in force
)

// Fragments takes out the elements that are wanted by the names on the way to them, the root first; those within one are
// not looked at. The document is one that CheckXML accepts, in UTF-8.
func Fragments(document []byte, wanted func(path []xml.Name) bool) ([]Fragment, error) {
	c := cutter{document: document, decoder: newDecoder(document), wanted: wanted}
	for {
		from := c.decoder.InputOffset()
		token, err := c.decoder.Token()
		if errors.Is(err, io.EOF) {
			return c.found, nil
		}
		if err != nil {
			return nil, notXML(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := c.enter(t, from); err != nil {
				return nil, err
			}
		case xml.EndElement:
			c.path, c.declared = c.path[:len(c.path)-1], c.declared[:len(c.declared)-1]
		}
	}
}

// cutter is the state of Fragments.
type cutter struct {
	document []byte
	decoder  *xml.Decoder
	wanted   func(path []xml.Name) bool
	path     []xml.Name
	declared [][]xml.Attr // by each element of the path
	found    []Fragment
	size     int // bytes of what is found
}

func (c *cutter) enter(t xml.StartElement, from int64) error {
	c.path, c.declared = append(c.path, t.Name), append(c.declared, declarations(t.Attr))
	inForce := 0
	for _, some := range c.declared {
		inForce += len(some)
	}
	if inForce > maxDeclared {
		return fault.New(fault.Invalid, "the XML document declares more than %d namespaces at once", maxDeclared)
	}
	if !c.wanted(c.path) {
		return nil
	}
	if err := c.decoder.Skip(); err != nil {
		return notXML(err)
	}
	element := c.document[from:c.decoder.InputOffset()]
	last := len(c.path) - 1
	f := Fragment{t.Name, declare(element, c.declared[:last], c.declared[last])}
	if c.size += len(f.Document); c.size > maxFragmentSize || len(c.found) == maxFragments {
		return fault.New(fault.Invalid, "the XML document has more than %d parts, or more than %d bytes of them with what is declared around them", maxFragments, maxFragmentSize)
	}
	c.found = append(c.found, f)
	c.path, c.declared = c.path[:last], c.declared[:last]
	return nil
}

// declarations are the attributes that declare prefixes, or the namespace of names without one.
func declarations(attrs []xml.Attr) []xml.Attr {
	var all []xml.Attr
	for _, a := range attrs {
		if a.Name.Space == "xmlns" || a.Name == (xml.Name{Local: "xmlns"}) {
			all = append(all, xml.Attr{Name: a.Name, Value: a.Value})
		}
	}
	return all
}

// declare writes into the start of an element what the elements around it declare, as far as it has a use for it.
func declare(element []byte, around [][]xml.Attr, own []xml.Attr) []byte {
	known := map[xml.Name]bool{}
	for _, a := range own {
		known[a.Name] = true
	}
	var text bytes.Buffer
	for i := len(around) - 1; i >= 0; i-- { // the nearest counts
		for _, a := range around[i] {
			if known[a.Name] {
				continue
			}
			known[a.Name] = true
			if a.Name.Space == "" || bytes.Contains(element, []byte(a.Name.Local+":")) {
				writeDeclaration(&text, a)
			}
		}
	}
	if text.Len() == 0 {
		return element
	}
	name := bytes.IndexAny(element, " \t\r\n/>")
	return slices.Concat(element[:name], text.Bytes(), element[name:])
}

func writeDeclaration(to *bytes.Buffer, a xml.Attr) {
	to.WriteString(" xmlns")
	if a.Name.Space != "" {
		to.WriteString(":" + a.Name.Local)
	}
	to.WriteString(`="`)
	_ = xml.EscapeText(to, []byte(a.Value)) // a buffer takes everything
	to.WriteByte('"')
}

// Body is a document without what stands before its root element: the XML declaration, comments, space.
func Body(document []byte) []byte {
	decoder := newDecoder(document)
	for {
		from := decoder.InputOffset()
		token, err := decoder.RawToken()
		if err != nil {
			return document
		}
		if _, begins := token.(xml.StartElement); begins {
			return bytes.TrimRight(document[from:], " \t\r\n")
		}
	}
}

// Root is the name of the root element of a document, of which no more is read.
func Root(document []byte) xml.Name {
	decoder := newDecoder(document)
	for {
		token, err := decoder.Token()
		if err != nil {
			return xml.Name{}
		}
		if start, begins := token.(xml.StartElement); begins {
			return start.Name
		}
	}
}
