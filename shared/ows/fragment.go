package ows

import (
	"bytes"
	"encoding/xml"
	"slices"

	"perigee/shared/fault"
	"perigee/shared/xmldoc"
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
	found, _, err := Cut(document, wanted)
	return found, err
}

// Cut is Fragments, and what is left of the document without them.
func Cut(document []byte, wanted func(path []xml.Name) bool) (found []Fragment, rest []byte, err error) {
	size, at := 0, 0 // bytes of what is found, and the end of the last
	err = xmldoc.Cut(document, wanted, func(p xmldoc.Part) error {
		inForce := len(p.Own)
		for _, some := range p.Around {
			inForce += len(some)
		}
		if inForce > maxDeclared {
			return fault.New(fault.Invalid, "the XML document declares more than %d namespaces at once", maxDeclared)
		}
		f := Fragment{p.Name, declare(document[p.From:p.To], p.Around, p.Own)}
		if size += len(f.Document); size > maxFragmentSize || len(found) == maxFragments {
			return fault.New(fault.Invalid, "the XML document has more than %d parts, or more than %d bytes of them with what is declared around them", maxFragments, maxFragmentSize)
		}
		found, rest, at = append(found, f), append(rest, document[at:p.From]...), p.To
		return nil
	})
	return found, append(rest, document[at:]...), err
}

// declare writes into the start of an element what the elements around it declare, as far as it has a use for it.
func declare(element []byte, around [][]xmldoc.Declaration, own []xmldoc.Declaration) []byte {
	known := map[string]bool{}
	for _, d := range own {
		known[d.Prefix] = true
	}
	var text bytes.Buffer
	for _, some := range slices.Backward(around) { // the nearest counts
		for _, d := range some {
			if known[d.Prefix] {
				continue
			}
			known[d.Prefix] = true
			if d.Prefix == "" || bytes.Contains(element, []byte(d.Prefix+":")) {
				writeDeclaration(&text, d)
			}
		}
	}
	if text.Len() == 0 {
		return element
	}
	name := bytes.IndexAny(element, " \t\r\n/>")
	return slices.Concat(element[:name], text.Bytes(), element[name:])
}

func writeDeclaration(to *bytes.Buffer, d xmldoc.Declaration) {
	to.WriteString(" xmlns")
	if d.Prefix != "" {
		to.WriteString(":" + d.Prefix)
	}
	to.WriteString(`="`)
	_ = xml.EscapeText(to, []byte(d.Space)) // a buffer takes everything
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
