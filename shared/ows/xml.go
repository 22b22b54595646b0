package ows

import (
	"bytes"
	"encoding/xml"
)

// Marshal writes an XML document in UTF-8. Its elements are structs whose tags hold literal prefixes ("ows:Title"), with
// the prefixes declared by attributes of the root (see Attributes).
func Marshal(document any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	encoder := xml.NewEncoder(&b)
	encoder.Indent("", " ")
	if err := encoder.Encode(document); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// Attributes makes the attributes of an element from names and values in turn, for a field of type Attributes with the
// tag `xml:",any,attr"`.
func Attributes(pairs ...string) []xml.Attr {
	attributes := make([]xml.Attr, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		attributes = append(attributes, xml.Attr{Name: xml.Name{Local: pairs[i]}, Value: pairs[i+1]})
	}
	return attributes
}

// Link is an element that points elsewhere (XLink 1.0, simple link).
type Link struct {
	Type string `xml:"xlink:type,attr"`
	Href string `xml:"xlink:href,attr"`
}

// NewLink is a simple link.
func NewLink(href string) *Link { return &Link{Type: "simple", Href: href} }

// Element is an XML document without what may stand before its root: a byte order mark and the declaration.
func Element(document []byte) []byte {
	document = bytes.TrimSpace(bytes.TrimPrefix(document, []byte("\xef\xbb\xbf")))
	if bytes.HasPrefix(document, []byte("<?xml")) {
		if end := bytes.Index(document, []byte("?>")); end >= 0 {
			document = bytes.TrimSpace(document[end+2:])
		}
	}
	return document
}
