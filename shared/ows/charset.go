package ows

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"perigee/shared/fault"
)

// declaredEncoding is the encoding that an XML declaration names.
var declaredEncoding = regexp.MustCompile(`^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*\?>`)

// UTF8 is an XML document in UTF-8. What is in another encoding that is read loses the declaration that says so; all else
// keeps its bytes, but for a byte order mark.
func UTF8(document []byte) ([]byte, error) {
	document = bytes.TrimPrefix(document, []byte("\xef\xbb\xbf"))
	m := declaredEncoding.FindSubmatchIndex(document)
	if m == nil || strings.EqualFold(string(document[m[2]:m[3]]), "utf-8") {
		return document, nil
	}
	reader, err := charset(string(document[m[2]:m[3]]), bytes.NewReader(document[m[1]:]))
	if err != nil {
		return nil, notXML(err)
	}
	return io.ReadAll(reader)
}

// charset takes what is UTF-8 already, and ISO 8859-1, whose characters are the first of Unicode.
func charset(label string, input io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "us-ascii", "ascii":
		return input, nil
	case "iso-8859-1", "latin1":
		raw, err := io.ReadAll(input)
		if err != nil {
			return nil, err
		}
		runes := make([]rune, len(raw))
		for i, b := range raw {
			runes[i] = rune(b)
		}
		return strings.NewReader(string(runes)), nil
	}
	return nil, errors.New("the character encoding " + label + " is not supported")
}

func notXML(err error) error {
	return fault.New(fault.Invalid, "the XML document cannot be used: %w", err)
}
