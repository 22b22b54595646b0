package eventing

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxAttribute bounds an attribute in bytes: the longest key of an object fits even when all of it is escaped, and the
// attributes together stay within what servers take of headers.
const maxAttribute = 4096

// Attribute makes a text fit for an attribute of an event (CloudEvents 1.0, 3.1: no control characters), which travels
// as an HTTP header: keys of objects and what documents call themselves may hold anything.
func Attribute(text string) string {
	if strings.ContainsFunc(text, unicode.IsControl) || !utf8.ValidString(text) {
		text = url.PathEscape(text)
	}
	if len(text) > maxAttribute {
		text = strings.ToValidUTF8(text[:maxAttribute], "")
	}
	return text
}
