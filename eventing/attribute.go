package eventing

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"
)

// maxAttribute bounds an attribute in bytes: the longest key of an object fits even when all of it is escaped, and the
// attributes together stay within what servers take of headers.
const maxAttribute = 4096

// Attribute makes a text fit for an attribute of an event (CloudEvents 1.0, 3.1: no control characters), which travels
// as an HTTP header, whose value has no blanks at its ends: keys of objects and what documents call themselves may hold
// anything.
func Attribute(text string) string {
	if !inHeader(text) {
		text = url.PathEscape(text)
	}
	if len(text) > maxAttribute {
		text = strings.TrimRight(strings.ToValidUTF8(text[:maxAttribute], ""), " ")
	}
	return text
}

// inHeader tells whether a header carries a text as it is.
func inHeader(text string) bool {
	return !strings.ContainsFunc(text, unicode.IsControl) && utf8.ValidString(text) && strings.Trim(text, " ") == text
}

// inHeaders tells whether headers carry all attributes of an event as they are.
func inHeaders(e event.Event) bool {
	texts := []string{e.ID(), e.Source(), e.Type(), e.Subject(), e.DataSchema(), e.DataContentType()}
	for _, value := range e.Extensions() {
		if text, ok := value.(string); ok {
			texts = append(texts, text)
		}
	}
	return !slices.ContainsFunc(texts, func(text string) bool { return !inHeader(text) })
}
