package records

import (
	"bytes"
	"unicode/utf8"

	"perigee/shared/ogcapi"
	"perigee/shared/record"
)

// writer writes JSON piece by piece, so that pieces of stored documents go out as they are.
type writer struct {
	bytes.Buffer
	err    error
	assets []spelled // of the item that is being written
}

// text writes a string.
func (w *writer) text(s string) {
	if plain(s) {
		w.WriteByte('"')
		w.WriteString(s)
		w.WriteByte('"')
		return
	}
	w.value(s)
}

// quoted writes a string that is given as bytes.
func (w *writer) quoted(s []byte) {
	if !plain(s) {
		w.value(string(s))
		return
	}
	w.WriteByte('"')
	w.Write(s)
	w.WriteByte('"')
}

// plain tells whether a string is written as it is.
func plain[T string | []byte](s T) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// value writes anything that encodes as JSON.
func (w *writer) value(v any) {
	text, err := ogcapi.Encode(v)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.Write(text)
}

// name begins a member, behind a comma unless it is the first of its object.
func (w *writer) name(name string) {
	w.comma()
	w.text(name)
	w.WriteByte(':')
}

// comma parts what follows from what was written before it in the same object or array.
func (w *writer) comma() {
	if b := w.Bytes(); len(b) > 0 && b[len(b)-1] != '{' && b[len(b)-1] != '[' {
		w.WriteByte(',')
	}
}

// textMember writes a member that is a string, unless that is empty.
func (w *writer) textMember(name, s string) {
	if s != "" {
		w.name(name)
		w.text(s)
	}
}

// rawMember writes a member whose value is JSON already, unless there is none.
func (w *writer) rawMember(name string, value []byte) {
	if len(value) > 0 {
		w.name(name)
		w.Write(value)
	}
}

// member writes a member of any value.
func (w *writer) member(name string, v any) {
	w.name(name)
	w.value(v)
}

// link is a link as it is answered: one of a record, or one by which a client asks on.
type link struct {
	record.Link
	Method string
	Merge  bool // what was sent is sent again
}

// link writes a link.
func (w *writer) link(l link) {
	w.comma()
	w.WriteByte('{')
	w.textMember("rel", l.Rel)
	w.textMember("href", l.Href)
	w.textMember("type", l.Type)
	w.textMember("title", l.Title)
	w.textMember("name", l.Name)
	w.textMember("protocol", l.Protocol)
	w.textMember("method", l.Method)
	if l.Merge {
		w.member("merge", true)
	}
	w.WriteByte('}')
}

// links writes the member links.
func (w *writer) links(links []link) {
	w.name("links")
	w.WriteByte('[')
	for _, l := range links {
		w.link(l)
	}
	w.WriteByte(']')
}
