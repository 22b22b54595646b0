package stac

import (
	"bytes"
	"encoding/json"
	"iter"
	"unicode/utf8"
)

// Member is a member of a JSON object: its name without quotes, and its value as it stands there. Both are parts of the
// document, unless the name has escapes or bytes that are no characters.
type Member struct {
	Name  []byte
	Value []byte
}

// Members visits the members of a JSON object in their order and never reads inside their values. What is no object, or
// ends in the middle, ends the walk with an error.
func Members(object []byte) iter.Seq2[Member, error] {
	return func(yield func(Member, error) bool) {
		at := space(object, 0)
		if at >= len(object) || object[at] != '{' {
			yield(Member{}, malformed(errMalformed))
			return
		}
		at = space(object, at+1)
		for at < len(object) && object[at] != '}' {
			m, end, err := memberAt(object, at)
			if err != nil {
				yield(Member{}, malformed(err))
				return
			}
			if !yield(m, nil) {
				return
			}
			if at = space(object, end); at < len(object) && object[at] == ',' {
				at = space(object, at+1)
			}
		}
		if at >= len(object) {
			yield(Member{}, malformed(errMalformed))
		}
	}
}

func memberAt(object []byte, at int) (m Member, end int, err error) {
	named := skip(object, at)
	if named < 0 || object[at] != '"' {
		return m, 0, errMalformed
	}
	colon := space(object, named)
	if colon >= len(object) || object[colon] != ':' {
		return m, 0, errMalformed
	}
	from := space(object, colon+1)
	if end = skip(object, from); end < 0 {
		return m, 0, errMalformed
	}
	m = Member{object[at+1 : named-1], object[from:end]}
	if bytes.IndexByte(m.Name, '\\') >= 0 || !utf8.Valid(m.Name) {
		var name string
		if err := json.Unmarshal(object[at:named], &name); err != nil {
			return m, 0, errMalformed
		}
		m.Name = []byte(name)
	}
	return m, end, nil
}

// Elements visits the values of a JSON array, each as it stands there; what is no array has none.
func Elements(array []byte) iter.Seq2[int, []byte] { return elements(array) }

// Text is the text of a JSON string; ok is false for any other value.
func Text(value []byte) (text string, ok bool) { return unquote(value) }
