package postprocess

import (
	"encoding/json"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/xmldoc"
)

// The bounds of a pattern.
const (
	maxPattern = 1000 // bytes of it and of what it writes
	maxProgram = 2000 // instructions that it stands for
)

// regexRule replaces what a pattern finds in texts, in place or in another field. Patterns are RE2
// (https://github.com/google/re2/wiki/Syntax), whose time is linear in the text; $1 or ${name} stand for groups. Where the
// pattern finds nothing the rule does nothing.
func regexRule(k *settings) rule {
	written, replacement := k.text("pattern", ""), k.text("replacement", "")
	isNumber := k.oneOf("as", "text", "text", "number") == "number"
	isElsewhere := k.values["to"] != nil
	field, to := k.pointer("field", !isElsewhere), pointer(nil)
	if isElsewhere {
		to = k.pointer("to", false)
	}
	pattern, size, err := compiled(written)
	if err != nil || written == "" || len(written)+len(replacement) > maxPattern {
		k.fail("pattern", "is no pattern of at most %d bytes with its replacement: %v", maxPattern, err)
		return nil
	}
	replaced := func(value any, left *budget) (any, bool, error) {
		text, ok := asText(value)
		if !ok || len(text) > maxText {
			return nil, false, nil
		}
		if err := left.seek(size, len(text)); err != nil {
			return nil, false, err
		}
		found := len(pattern.FindAllStringIndex(text, -1))
		if found*len(replacement) > maxText {
			return nil, false, fault.New(fault.Invalid, "a rule makes a text of more than %d bytes", maxText)
		}
		if found == 0 {
			return nil, false, nil
		}
		return made(pattern.ReplaceAllString(text, replacement), isNumber, left)
	}
	if !isElsewhere {
		return func(item any, left *budget) error {
			return field.change(item, func(value any, there bool) (any, bool, error) {
				if !there {
					return nil, false, nil
				}
				return replaced(value, left)
			})
		}
	}
	return func(item any, left *budget) error {
		value, there := field.get(item)
		if !there {
			return nil
		}
		text, ok, err := replaced(value, left)
		if err != nil || !ok {
			return err
		}
		return to.put(item, text)
	}
}

// compiled compiles a pattern, and tells how many instructions it takes for a byte of a text at most: repetitions make many of
// a short pattern.
func compiled(written string) (*regexp.Regexp, int, error) {
	if len(written) > maxPattern {
		return nil, 0, nil
	}
	parsed, err := syntax.Parse(written, syntax.Perl)
	if err != nil {
		return nil, 0, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, 0, err
	}
	if size := len(program.Inst); size > maxProgram {
		return nil, 0, fmt.Errorf("its repetitions make %d instructions of it, more than %d", size, maxProgram)
	}
	pattern, err := regexp.Compile(written)
	return pattern, len(program.Inst), err
}

// templateRule writes a text in which {/pointer} stands for a field; {{ and }} are braces. When a field is missing, or is no
// text, number or truth value, the rule does nothing.
func templateRule(k *settings) rule {
	field, written := k.pointer("field", false), k.text("text", "")
	isNumber := k.oneOf("as", "text", "text", "number") == "number"
	parts, err := parseTemplate(written)
	if err != nil {
		k.fail("text", "%s", err)
	}
	return func(item any, left *budget) error {
		var text strings.Builder
		for _, part := range parts {
			if part.field == nil {
				text.WriteString(part.text)
				continue
			}
			value, there := part.field.get(item)
			said, ok := asText(value)
			if !there || !ok {
				return nil
			}
			if text.WriteString(said); text.Len() > maxText {
				break
			}
		}
		value, ok, err := made(text.String(), isNumber, left)
		if err != nil || !ok {
			return err
		}
		return field.put(item, value)
	}
}

// templatePart is a piece of text, or a field.
type templatePart struct {
	text  string
	field pointer
}

func parseTemplate(text string) ([]templatePart, error) {
	if text == "" || len(text) > maxPattern {
		return nil, fmt.Errorf("is missing, or has more than %d bytes", maxPattern)
	}
	var parts []templatePart
	for text != "" {
		i := strings.IndexAny(text, "{}")
		if i < 0 {
			return append(parts, templatePart{text: text}), nil
		}
		parts = append(parts, templatePart{text: text[:i]})
		brace, rest := text[i:i+1], text[i+1:]
		if strings.HasPrefix(rest, brace) {
			parts, text = append(parts, templatePart{text: brace}), rest[1:]
			continue
		}
		name, after, closed := strings.Cut(rest, "}")
		field, err := parsePointer(name)
		if brace == "}" || !closed || err != nil || len(field) == 0 {
			return nil, fmt.Errorf("has a brace at byte %d that names no field: {/properties/title}, and {{ or }} for a brace", i)
		}
		parts, text = append(parts, templatePart{field: field}), after
	}
	return parts, nil
}

// asText writes what has one spelling.
func asText(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return fmt.Sprint(v), true
	}
	return "", false
}

// made is a text within its bounds, or the number that it spells.
func made(text string, isNumber bool, left *budget) (any, bool, error) {
	if len(text) > maxText {
		return nil, false, fault.New(fault.Invalid, "a rule makes a text of more than %d bytes", maxText)
	}
	if err := left.make(len(text)); err != nil {
		return nil, false, err
	}
	if !isNumber {
		return text, true, nil
	}
	n, ok := xmldoc.ParseNumber(text)
	if !ok {
		return nil, false, fault.New(fault.Invalid, "a rule makes %.40q, which is not a number", text)
	}
	return n, true, nil
}
