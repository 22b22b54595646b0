package catalogue

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"perigee/shared/record"
)

// The properties and links of records are kept as JSON, which the database writes: there is nothing to be found wrong with it, and a page
// has many small values. So they are read here in one pass, and texts are parts of what was sent. Whatever else there is, encoding/json
// reads, or says what is wrong.

// propertiesIn reads an object.
func propertiesIn(text string) (map[string]any, error) {
	r := jsonReader{text: text}
	if object, ok := r.value(0).(map[string]any); ok && r.whole() {
		return object, nil
	}
	var object map[string]any
	err := json.Unmarshal([]byte(text), &object)
	return object, err
}

// linksIn reads a list of links.
func linksIn(text string) ([]record.Link, error) {
	r := jsonReader{text: text}
	if links := r.links(); r.whole() {
		return links, nil
	}
	var links []record.Link
	err := json.Unmarshal([]byte(text), &links)
	return links, err
}

// jsonReader reads a text from front to end, as far as it is what it expects.
type jsonReader struct {
	text    string
	at      int  // bytes read
	failed  bool // something else was there
	values  []any
	members []jsonMember
}

// jsonMember is a member of an object that is not read to its end.
type jsonMember struct {
	name  string
	value any
}

// deepest is how deep values are within each other.
const deepest = 100

// whole tells whether all of the text was read, and all of it was as expected.
func (r *jsonReader) whole() bool {
	r.space()
	return !r.failed && r.at == len(r.text) && utf8.ValidString(r.text)
}

// fail gives up.
func (r *jsonReader) fail() any {
	r.failed, r.at = true, len(r.text)
	return nil
}

func (r *jsonReader) space() {
	for r.at < len(r.text) && (r.text[r.at] == ' ' || r.text[r.at] == '\n' || r.text[r.at] == '\t' || r.text[r.at] == '\r') {
		r.at++
	}
}

// next moves over space and a byte, if it comes.
func (r *jsonReader) next(wanted byte) bool {
	if r.space(); r.at < len(r.text) && r.text[r.at] == wanted {
		r.at++
		return true
	}
	return false
}

// value reads any value.
func (r *jsonReader) value(depth int) any {
	if r.space(); r.at == len(r.text) || depth > deepest {
		return r.fail()
	}
	switch r.text[r.at] {
	case '"':
		return r.string()
	case '{':
		return r.object(depth)
	case '[':
		return r.array(depth)
	case 't':
		return r.word("true", true)
	case 'f':
		return r.word("false", false)
	case 'n':
		return r.word("null", nil)
	}
	return r.number()
}

func (r *jsonReader) word(text string, value any) any {
	if !strings.HasPrefix(r.text[r.at:], text) {
		return r.fail()
	}
	r.at += len(text)
	return value
}

// object reads an object, whose map is made when it is known how many members it has.
func (r *jsonReader) object(depth int) any {
	first := len(r.members)
	for end := r.begins('{', '}'); !end; end = r.over('}') {
		name := r.name()
		r.members = append(r.members, jsonMember{name, r.value(depth + 1)})
	}
	object := make(map[string]any, len(r.members)-first)
	for _, m := range r.members[first:] {
		object[m.name] = m.value
	}
	r.members = r.members[:first]
	return object
}

func (r *jsonReader) array(depth int) any {
	first := len(r.values)
	for end := r.begins('[', ']'); !end; end = r.over(']') {
		r.values = append(r.values, r.value(depth+1))
	}
	array := append(make([]any, 0, len(r.values)-first), r.values[first:]...)
	r.values = r.values[:first]
	return array
}

// begins moves behind the beginning of a list, and tells whether it ends there.
func (r *jsonReader) begins(first, last byte) bool {
	if !r.next(first) {
		r.fail()
	}
	return r.failed || r.next(last)
}

// over moves to the next entry of a list, and tells whether there is none.
func (r *jsonReader) over(last byte) bool {
	if r.next(',') {
		return r.failed
	}
	if !r.next(last) {
		r.fail()
	}
	return true
}

// name reads the name of a member, and moves to its value.
func (r *jsonReader) name() string {
	r.space()
	name := r.string()
	if !r.next(':') {
		r.fail()
	}
	return name
}

// string reads a text between quotes; one with escapes is left to encoding/json.
func (r *jsonReader) string() string {
	if r.at >= len(r.text) || r.text[r.at] != '"' {
		r.fail()
		return ""
	}
	from := r.at + 1
	for i := from; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '"':
			r.at = i + 1
			return r.text[from:i]
		case c == '\\':
			return r.escaped(from, i)
		case c < ' ':
			r.fail()
			return ""
		}
	}
	r.fail()
	return ""
}

// escaped reads a text with an escape, the first of which stands at i.
func (r *jsonReader) escaped(from, i int) string {
	for ; i < len(r.text) && r.text[i] != '"'; i++ {
		if r.text[i] == '\\' {
			i++
		}
	}
	var text string
	if i >= len(r.text) || json.Unmarshal([]byte(r.text[from-1:i+1]), &text) != nil {
		r.fail()
		return ""
	}
	r.at = i + 1
	return text
}

func (r *jsonReader) number() any {
	from := r.at
	for r.at < len(r.text) && strings.IndexByte("+-.0123456789Ee", r.text[r.at]) >= 0 {
		r.at++
	}
	text := r.text[from:r.at]
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || digits[0] < '0' || digits[0] > '9' || len(digits) > 1 && digits[0] == '0' && digits[1] != '.' || strings.ContainsAny(text[len(text)-1:], ".") ||
		strings.Contains(text, ".e") || strings.Contains(text, ".E") {
		return r.fail() // or it is spelled in a way that is rare
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return r.fail()
	}
	return n
}

// links reads a list of links, as record.Link writes them.
func (r *jsonReader) links() []record.Link {
	links := []record.Link{}
	for end := r.begins('[', ']'); !end; end = r.over(']') {
		var link record.Link
		for end := r.begins('{', '}'); !end; end = r.over('}') {
			name := r.name()
			r.space()
			r.member(&link, name, r.string())
		}
		links = append(links, link)
	}
	return links
}

func (r *jsonReader) member(of *record.Link, name, value string) {
	switch name {
	case "rel":
		of.Rel = value
	case "href":
		of.Href = value
	case "type":
		of.Type = value
	case "title":
		of.Title = value
	case "name":
		of.Name = value
	case "protocol":
		of.Protocol = value
	default:
		r.fail()
	}
}
