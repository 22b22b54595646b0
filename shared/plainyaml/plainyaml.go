// Package plainyaml reads YAML that strangers may have written. The reader of YAML takes a time that grows much faster than
// the text where it is nested deeply, and anchors make a long text of a short one: such texts are refused word by word,
// before anything is built of them.
package plainyaml

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"perigee/shared/fault"
)

// What a text may be.
const (
	MaxSize   = 256 << 10 // bytes
	MaxFlow   = 16        // braces and brackets within each other
	MaxColumn = 120       // of the first word of a line
	MaxDashes = 4         // of lists within each other that begin in one line
	MaxTokens = 60_000
)

// Check is an Invalid failure for a text that is no plain YAML; name is that of the text in messages.
func Check(name string, text []byte) error {
	if len(text) > MaxSize {
		return fault.New(fault.Invalid, "%s: the text has %d bytes, at most %d are possible", name, len(text), MaxSize)
	}
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return fault.New(fault.Invalid, "%s: the text is not valid UTF-8, or holds a zero byte", name)
	}
	tokens := lexer.Tokenize(string(text))
	if len(tokens) > MaxTokens {
		return fault.New(fault.Invalid, "%s: the text has %d words, at most %d are possible", name, len(tokens), MaxTokens)
	}
	n := nesting{}
	for _, t := range tokens {
		if why := n.refuses(t); why != "" {
			return fault.At(fault.Invalid, shortened(t.Value), "%s:%d:%d: %s", name, t.Position.Line, t.Position.Column, why)
		}
	}
	return nil
}

// Decode reads a plain text into v, by the rules of the YAML decoder. It panics on some texts that are not well formed; such
// a text is refused.
func Decode(name string, text []byte, v any) (err error) {
	if err := Check(name, text); err != nil {
		return err
	}
	defer func() {
		if recover() != nil {
			err = fault.New(fault.Invalid, "%s: the text is not well-formed YAML", name)
		}
	}()
	err = yaml.Unmarshal(text, v)
	var detailed yaml.Error
	if errors.As(err, &detailed) && detailed.GetToken() != nil {
		t := detailed.GetToken()
		return fault.At(fault.Invalid, shortened(t.Value), "%s:%d:%d: %s", name, t.Position.Line, t.Position.Column, detailed.GetMessage())
	}
	return fault.Classify(fault.Invalid, err, "%s", name)
}

// shortened is a word of a text as a locator: what is longer than keys are is no key.
func shortened(word string) string {
	if len(word) > 200 {
		return strings.ToValidUTF8(word[:200], "") + "…"
	}
	return word
}

// nesting follows how deep a text goes.
type nesting struct{ line, flow, dashes int }

// refuses takes the next word, and says why it is not taken.
func (n *nesting) refuses(t *token.Token) string {
	first := t.Position.Line != n.line
	if first {
		n.line, n.dashes = t.Position.Line, 0
	}
	switch t.Type {
	case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType, token.MappingKeyType:
		return "anchors, references, tags and complex keys are not taken here"
	case token.SequenceEntryType:
		n.dashes++
	case token.SequenceStartType, token.MappingStartType:
		n.flow++
	case token.SequenceEndType, token.MappingEndType:
		n.flow--
	}
	if n.flow > MaxFlow || n.dashes > MaxDashes || first && n.flow == 0 && t.Position.Column > MaxColumn {
		return "the text is nested too deeply"
	}
	return ""
}
