package ows

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"

	"perigee/shared/fault"
	"perigee/shared/xmldoc"
)

// The bounds of an XML request.
const (
	MaxBody  = 4 << 20 // bytes
	maxDepth = 100     // elements within each other
)

// ReadXML reads the body of a request and checks it with CheckXML. It gives its bytes, in
// UTF-8, and the name of the root.
func ReadXML(r *http.Request) ([]byte, xml.Name, error) {
	body, err := ReadBody(r)
	if err != nil {
		return nil, xml.Name{}, err
	}
	root, err := CheckXML(body)
	return body, root, err
}

// ReadBody reads the body of a request: an XML document that is not checked yet, in UTF-8.
func ReadBody(r *http.Request) ([]byte, error) {
	var body bytes.Buffer
	body.Grow(int(min(max(r.ContentLength, 0), MaxBody)) + bytes.MinRead) // what was announced, and room to see its end
	if _, err := body.ReadFrom(io.LimitReader(r.Body, MaxBody+1)); err != nil {
		return nil, fault.New(fault.Invalid, "the body of the request could not be read: %v", err)
	}
	if body.Len() > MaxBody {
		return nil, fault.New(fault.Invalid, "the body of the request is larger than %d bytes", MaxBody)
	}
	return UTF8(body.Bytes())
}

// CheckXML tells whether a document is well formed, not nested beyond bounds, and free of a document type (so that it
// has no entities of its own), and gives the name of its root element. What xmldoc reads is; other documents may be, too,
// for namespaces do not count here.
func CheckXML(document []byte) (root xml.Name, err error) {
	if root, err := xmldoc.Check(document); err == nil {
		return root, nil
	}
	decoder := newDecoder(document)
	depth, roots := 0, 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) && roots == 1 {
			return root, nil
		}
		if errors.Is(err, io.EOF) {
			return root, notXML(errors.New("it has no root element"))
		}
		if err != nil {
			return root, notXML(err)
		}
		switch t := token.(type) {
		case xml.Directive:
			return root, fault.New(fault.Invalid, "the XML document has a document type declaration, which is not accepted")
		case xml.StartElement:
			if depth == 0 {
				root, roots = t.Name, roots+1
			}
			if depth++; depth > maxDepth || roots > 1 {
				return root, notXML(errors.New("too many elements within each other or more than one root element"))
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(t)) > 0 {
				return root, notXML(errors.New("there is text outside the root element"))
			}
		}
	}
}

// DecodeXML fills v from a document that CheckXML accepts.
func DecodeXML(document []byte, v any) error {
	if _, err := CheckXML(document); err != nil {
		return err
	}
	return decodeBy(newDecoder(document), v)
}

// maxTree is how large a document is at most of which a tree is made to be decoded, in bytes: that is quicker, and takes memory.
const maxTree = 64 << 10

// DecodeChecked is DecodeXML for a document that was checked before, as those are that ReadXML gives. What is filled takes no XML as it is
// written, and texts of nothing but space may come as empty.
func DecodeChecked(document []byte, v any) error {
	if len(document) <= maxTree {
		if root, err := xmldoc.Parse(document); err == nil {
			return decodeBy(xml.NewTokenDecoder(root.Tokens()), v)
		}
	}
	return decodeBy(newDecoder(document), v)
}

func decodeBy(decoder *xml.Decoder, v any) error {
	if err := decoder.Decode(v); err != nil {
		return notXML(err)
	}
	return nil
}

// StartTag is the start tag of the root element of a document that CheckXML accepts.
func StartTag(document []byte) (xml.StartElement, error) {
	if start, found := xmldoc.RootStart(document); found {
		return start, nil
	}
	decoder := newDecoder(document)
	for {
		token, err := decoder.Token()
		if err != nil {
			return xml.StartElement{}, notXML(err)
		}
		if start, is := token.(xml.StartElement); is {
			return start, nil
		}
	}
}

func newDecoder(document []byte) *xml.Decoder {
	decoder := xml.NewDecoder(bytes.NewReader(document))
	decoder.CharsetReader = charset
	return decoder
}
