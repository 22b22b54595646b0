package ows

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
)

// SetText replaces the text of the first element at a path of local names below the root (asterisk: any name) by another,
// and everything that is in it; found tells whether there is one. All else keeps its bytes.
func SetText(document []byte, path, text string) (changed []byte, found bool, err error) {
	wanted := strings.Split(path, "/")
	from, to, closed, err := locate(document, wanted)
	if err != nil || from < 0 {
		return document, false, err
	}
	var escaped bytes.Buffer
	_ = xml.EscapeText(&escaped, []byte(text)) // a buffer takes everything
	if !closed {
		return slices.Concat(document[:from], escaped.Bytes(), document[to:]), true, nil
	}
	start := document[:from] // ends with an element that closes itself
	name := start[bytes.LastIndexByte(start, '<')+1:]
	name = name[:bytes.IndexAny(name, " \t\r\n/")]
	start = bytes.TrimRight(bytes.TrimSuffix(bytes.TrimRight(start, ">"), []byte("/")), " ")
	return slices.Concat(start, []byte(">"), escaped.Bytes(), []byte("</"), name, []byte(">"), document[to:]), true, nil
}

// locate finds where the content of an element begins and ends; closed tells that it closes itself. Without one, from is
// negative.
func locate(document []byte, wanted []string) (from, to int64, closed bool, err error) {
	decoder := newDecoder(document)
	var path []string
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return -1, 0, false, nil
		}
		if err != nil {
			return -1, 0, false, notXML(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if path = append(path, t.Name.Local); at(path, wanted) {
				from = decoder.InputOffset()
				to, err = contentEnd(decoder)
				return from, to, bytes.HasSuffix(document[:from], []byte("/>")), err
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
}

// contentEnd is where the content of the element ends that a decoder is in.
func contentEnd(decoder *xml.Decoder) (int64, error) {
	for depth := 0; ; {
		to := decoder.InputOffset()
		token, err := decoder.Token()
		if err != nil {
			return 0, notXML(err)
		}
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			if depth == 0 {
				return to, nil
			}
			depth--
		}
	}
}

// at tells whether a path from the root is the one that is wanted below it.
func at(path, wanted []string) bool {
	if len(path) != len(wanted)+1 {
		return false
	}
	for i, step := range wanted {
		if step != "*" && !strings.EqualFold(step, path[i+1]) {
			return false
		}
	}
	return true
}

// Insert puts an element, with all prefixes declared that it needs, behind all that the root of a document holds.
func Insert(document, element []byte) ([]byte, error) {
	end := bytes.LastIndex(document, []byte("</"))
	if end < 0 {
		return nil, notXML(errors.New("the root element holds nothing"))
	}
	return slices.Concat(document[:end], element, document[end:]), nil
}
