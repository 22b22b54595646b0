package stac

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"unicode/utf8"

	"perigee/shared/fault"
)

// Bounds on documents that strangers send.
const (
	MaxSize    = 16 << 20 // bytes of a document
	maxMembers = 10_000   // of one object
	maxValues  = 200_000  // in an item's properties
	maxDepth   = 32       // of values in properties and of geometry collections
	maxErrors  = 20       // reported of one document
)

// check refuses what is not JSON in UTF-8, naming the line and column.
func check(raw []byte) error {
	switch {
	case len(raw) > MaxSize:
		return fault.New(fault.Invalid, "the document has %d bytes, more than the %d that are read", len(raw), MaxSize)
	case len(bytes.TrimSpace(raw)) == 0:
		return fault.New(fault.Invalid, "the document is empty")
	case !utf8.Valid(raw):
		line, column := position(raw, firstInvalid(raw))
		return fault.New(fault.Invalid, "the document is not JSON: line %d, column %d is not UTF-8", line, column)
	case json.Valid(raw):
		return nil
	}
	return syntaxError(raw)
}

// syntaxError says where raw stops being JSON.
func syntaxError(raw []byte) error {
	var ignored json.RawMessage
	err := json.Unmarshal(raw, &ignored)
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return fault.New(fault.Invalid, "the document is not JSON")
	}
	line, column := position(raw, int(syntax.Offset)-1)
	return fault.New(fault.Invalid, "the document is not JSON: line %d, column %d: %s", line, column, syntax.Error())
}

// position gives line and column, counted from 1 in characters, of a byte offset.
func position(raw []byte, offset int) (line, column int) {
	before := raw[:min(max(offset, 0), len(raw))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte{'\n'}) + 1, utf8.RuneCount(before[start:]) + 1
}

func firstInvalid(raw []byte) int {
	for at := 0; at < len(raw); {
		r, size := utf8.DecodeRune(raw[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return len(raw)
}

var errMalformed = errors.New("malformed JSON")

// member is a name and a value of an object; from and to bound the value within the object's text.
type member struct {
	name     string
	from, to int
}

// members lists an object's members in order. It never reads inside a value.
func members(object []byte) ([]member, error) {
	all := make([]member, 0, 12)
	for m, err := range walk(object) {
		if err != nil {
			return nil, err
		}
		if all = append(all, m); len(all) > maxMembers {
			return nil, fault.New(fault.Invalid, "an object has more than %d members", maxMembers)
		}
	}
	return all, nil
}

// walk visits an object's members without reading inside their values.
func walk(object []byte) iter.Seq2[member, error] {
	return func(yield func(member, error) bool) {
		at := space(object, 0)
		if at >= len(object) || object[at] != '{' {
			yield(member{}, errMalformed)
			return
		}
		at = space(object, at+1)
		for at < len(object) && object[at] != '}' {
			m, err := nextMember(object, at)
			if !yield(m, err) || err != nil {
				return
			}
			at = space(object, m.to)
			if at < len(object) && object[at] == ',' {
				at = space(object, at+1)
			}
		}
		if at >= len(object) {
			yield(member{}, errMalformed)
		}
	}
}

func nextMember(object []byte, at int) (member, error) {
	end := skip(object, at)
	if end < 0 || object[at] != '"' {
		return member{}, errMalformed
	}
	name, ok := knownName(object[at+1 : end-1])
	if !ok {
		name, ok = unquote(object[at:end])
	}
	at = space(object, end)
	if !ok || at >= len(object) || object[at] != ':' {
		return member{}, errMalformed
	}
	from := space(object, at+1)
	to := skip(object, from)
	if to < 0 {
		return member{}, errMalformed
	}
	return member{name: name, from: from, to: to}, nil
}

// elements visits an array's values without reading inside them; what is not an array has none.
func elements(array []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		at := space(array, 0)
		if at >= len(array) || array[at] != '[' {
			return
		}
		at = space(array, at+1)
		for i := 0; at < len(array) && array[at] != ']'; i++ {
			end := skip(array, at)
			if end < 0 || !yield(i, array[at:end]) {
				return
			}
			at = space(array, end)
			if at < len(array) && array[at] == ',' {
				at = space(array, at+1)
			}
		}
	}
}

// skip gives the end of the value that starts at at, -1 where there is none.
func skip(raw []byte, at int) int {
	if at >= len(raw) {
		return -1
	}
	switch raw[at] {
	case '"':
		return skipString(raw, at)
	case '{', '[':
		return skipNested(raw, at)
	}
	end := at
	for end < len(raw) && !delimits(raw[end]) {
		end++
	}
	if end == at {
		return -1
	}
	return end
}

func delimits(c byte) bool {
	switch c {
	case ',', ']', '}', ':', ' ', '\t', '\r', '\n':
		return true
	}
	return false
}

func skipString(raw []byte, at int) int {
	for from := at + 1; from < len(raw); {
		quote := bytes.IndexByte(raw[from:], '"')
		if quote < 0 {
			return -1
		}
		end := from + quote
		escapes := 0
		for raw[end-1-escapes] == '\\' && end-1-escapes > at {
			escapes++
		}
		if escapes%2 == 0 {
			return end + 1
		}
		from = end + 1
	}
	return -1
}

func skipNested(raw []byte, at int) int {
	depth := 0
	for i := at; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			end := skipString(raw, i)
			if end < 0 {
				return -1
			}
			i = end - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

func space(raw []byte, at int) int {
	for at < len(raw) && (raw[at] == ' ' || raw[at] == '\n' || raw[at] == '\t' || raw[at] == '\r') {
		at++
	}
	return at
}

// knownName gives the names that most documents have without a copy of each.
func knownName(name []byte) (string, bool) {
	switch string(name) {
	case "type":
		return "type", true
	case "id":
		return "id", true
	case "href":
		return "href", true
	case "rel":
		return "rel", true
	case "title":
		return "title", true
	case "roles":
		return "roles", true
	case "alternate":
		return "alternate", true
	case "stac_version":
		return "stac_version", true
	case "stac_extensions":
		return "stac_extensions", true
	case "geometry":
		return "geometry", true
	case "bbox":
		return "bbox", true
	case "properties":
		return "properties", true
	case "links":
		return "links", true
	case "assets":
		return "assets", true
	case "collection":
		return "collection", true
	case "description":
		return "description", true
	case "proj:shape":
		return "proj:shape", true
	case "proj:transform":
		return "proj:transform", true
	case "eo:bands":
		return "eo:bands", true
	case "raster:bands":
		return "raster:bands", true
	case "bands":
		return "bands", true
	case "file:size":
		return "file:size", true
	case "file:checksum":
		return "file:checksum", true
	}
	return "", false
}

func unquote(quoted []byte) (string, bool) {
	if len(quoted) < 2 || quoted[0] != '"' {
		return "", false
	}
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner), true
	}
	var s string
	err := json.Unmarshal(quoted, &s)
	return s, err == nil
}
