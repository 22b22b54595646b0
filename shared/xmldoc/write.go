package xmldoc

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Writer appends a document to bytes.
type Writer struct {
	Bytes []byte
}

// Open writes a start tag with attributes, given as names and values in turn; those without a value are left out.
func (w *Writer) Open(tag string, attributes ...string) {
	w.begin(tag, attributes)
	w.Bytes = append(w.Bytes, '>')
}

// Close writes an end tag.
func (w *Writer) Close(tag string) {
	w.Bytes = append(append(append(w.Bytes, '<', '/'), tag...), '>')
}

// Empty writes an element without content.
func (w *Writer) Empty(tag string, attributes ...string) {
	w.begin(tag, attributes)
	w.Bytes = append(w.Bytes, '/', '>')
}

// Element writes an element with a text.
func (w *Writer) Element(tag, text string, attributes ...string) {
	w.Open(tag, attributes...)
	w.Bytes = AppendText(w.Bytes, text)
	w.Close(tag)
}

// Nested writes elements within each other, their tags between slashes, the innermost with a text.
func (w *Writer) Nested(path, text string) {
	tag, inner, deeper := strings.Cut(path, "/")
	if !deeper {
		w.Element(tag, text)
		return
	}
	w.Open(tag)
	w.Nested(inner, text)
	w.Close(tag)
}

// Optional writes Nested elements of a text that is not empty.
func (w *Writer) Optional(path, text string) {
	if text != "" {
		w.Nested(path, text)
	}
}

// Within writes elements within each other, their tags between slashes, around what inner writes.
func (w *Writer) Within(path string, inner func()) {
	tag, rest, deeper := strings.Cut(path, "/")
	w.Open(tag)
	if deeper {
		w.Within(rest, inner)
	} else {
		inner()
	}
	w.Close(tag)
}

func (w *Writer) begin(tag string, attributes []string) {
	w.Bytes = append(append(w.Bytes, '<'), tag...)
	for i := 0; i+1 < len(attributes); i += 2 {
		if attributes[i+1] == "" {
			continue
		}
		w.Bytes = append(append(append(w.Bytes, ' '), attributes[i]...), '=', '"')
		w.Bytes = append(AppendText(w.Bytes, attributes[i+1]), '"')
	}
}

// AppendText appends a text as it stands in content and in attributes between double quotes. Characters that XML cannot
// hold become the replacement character.
func AppendText(b []byte, text string) []byte {
	from := 0
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= '?' && r < utf8.RuneSelf-1 { // most are letters
			i++
			continue
		}
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		if instead := escape(r, size); instead != "" {
			b = append(append(b, text[from:i]...), instead...)
			from = i + size
		}
		i += size
	}
	return append(b, text[from:]...)
}

// escape is what a character is written as, empty for itself.
func escape(r rune, size int) string {
	switch r {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '"':
		return "&quot;"
	case '\r':
		return "&#xD;"
	}
	if !isCharacter(r) || r == utf8.RuneError && size == 1 {
		return "\uFFFD"
	}
	return ""
}

// AppendNumber appends a number as Number writes it.
func AppendNumber(b []byte, n float64) []byte { return strconv.AppendFloat(b, n, 'f', -1, 64) }

// Number writes a number as xs:decimal has it: without an exponent.
func Number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
