package stac

import (
	"bytes"
	"encoding/json"

	"perigee/shared/fault"
)

// encode writes JSON without the escapes for HTML.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fault.Classify(fault.Internal, err, "encoding JSON")
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

func quote(s string) []byte { return appendQuoted(make([]byte, 0, len(s)+2), s) }

// appendQuoted adds a string in JSON.
func appendQuoted(to []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			text, err := encode(s)
			if err != nil {
				return append(to, `""`...) // a string always encodes
			}
			return append(to, text...)
		}
	}
	return append(append(append(to, '"'), s...), '"')
}

// appendJSON adds a link that was read as it was, and one that was made by its fields.
func (l Link) appendJSON(to []byte) []byte {
	if l.Raw != nil {
		return append(to, l.Raw...)
	}
	to = appendQuoted(append(to, `{"rel":`...), l.Rel)
	to = appendQuoted(append(to, `,"href":`...), l.Href)
	for _, field := range [...]struct{ name, value string }{{`,"type":`, l.Type}, {`,"title":`, l.Title}, {`,"method":`, l.Method}} {
		if field.value != "" {
			to = appendQuoted(append(to, field.name...), field.value)
		}
	}
	if len(l.Body) > 0 {
		to = append(append(to, `,"body":`...), l.Body...)
	}
	if l.Merge {
		to = append(to, `,"merge":true`...)
	}
	return append(to, '}')
}
