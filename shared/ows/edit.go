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
// and everything that is in it; found tells whether there is one. A step may say what an element has to hold: CI_Date[creation]. Those
// attributes that are named take the text too, where the element has them. All else keeps its bytes.
func SetText(document []byte, path, text string, attributes ...string) (changed []byte, found bool, err error) {
	wanted := strings.Split(path, "/")
	from, to, closed, err := locate(document, wanted)
	if err != nil || from < 0 {
		return document, false, err
	}
	var escaped bytes.Buffer
	_ = xml.EscapeText(&escaped, []byte(text)) // a buffer takes everything
	at := bytes.LastIndexByte(document[:from], '<')
	start := document[at:from]
	for _, name := range attributes {
		start = setAttribute(start, name, escaped.Bytes())
	}
	if !closed {
		return slices.Concat(document[:at], start, escaped.Bytes(), document[to:]), true, nil
	}
	name := tagName(start) // of an element that closes itself
	start = bytes.TrimRight(bytes.TrimSuffix(bytes.TrimRight(start, ">"), []byte("/")), " ")
	return slices.Concat(document[:at], start, []byte(">"), escaped.Bytes(), []byte("</"), name, []byte(">"), document[to:]), true, nil
}

// tagName is the name in a start tag, with its prefix.
func tagName(start []byte) []byte {
	return start[1 : 1+bytes.IndexAny(start[1:], " \t\r\n/>")]
}

// setAttribute gives an attribute of a start tag a value, which is escaped. One that is not there stays away.
func setAttribute(start []byte, name string, value []byte) []byte {
	for _, blank := range []string{" ", "\t", "\n"} {
		i := bytes.Index(start, []byte(blank+name+"="))
		if i < 0 {
			continue
		}
		from := i + len(blank+name+"=") + 1
		if quote := start[from-1]; quote != '"' && quote != '\'' {
			continue
		}
		if end := bytes.IndexByte(start[from:], start[from-1]); end >= 0 {
			return slices.Concat(start[:from], value, start[from+end:])
		}
	}
	return start
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
			from = decoder.InputOffset()
			name := t.Name.Local
			if i := len(path) - 1; i >= 0 && i < len(wanted) && !holds(document, from, wanted[i]) {
				name = ""
			}
			if path = append(path, name); at(path, wanted) {
				to, err = contentEnd(decoder)
				return from, to, bytes.HasSuffix(document[:from], []byte("/>")), err
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
}

// holds tells whether an element, whose start tag ends at an offset, has in it what a step of a path says: a text, or the value of an attribute.
func holds(document []byte, from int64, step string) bool {
	_, value, says := strings.Cut(strings.TrimSuffix(step, "]"), "[")
	if !says {
		return true
	}
	start := document[bytes.LastIndexByte(document[:from], '<'):from]
	content := document[from:]
	if end := bytes.Index(content, slices.Concat([]byte("</"), tagName(start))); end >= 0 {
		content = content[:end]
	}
	for _, around := range []string{`""`, "''", "><"} {
		if bytes.Contains(content, []byte(around[:1]+value+around[1:])) {
			return true
		}
	}
	return false
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
		step, _, _ = strings.Cut(step, "[")
		if path[i+1] == "" || step != "*" && !strings.EqualFold(step, path[i+1]) {
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
