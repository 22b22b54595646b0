package product

import (
	"bytes"
	"unicode/utf8"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"perigee/shared/fault"
)

// What the text of an overlay may be: whoever sends it may be a stranger, and the reader of YAML takes a time that grows
// much faster than the text where it is nested deeply. Anchors, by which a short text becomes a long one, and what else no
// configuration needs is refused.
const (
	MaxOverlay = 256 << 10 // bytes
	maxFlow    = 16        // braces and brackets within each other
	maxColumn  = 120       // of the first word of a line
	maxDashes  = 4         // of lists within each other that begin in one line
	maxTokens  = 60_000
)

// plain is an Invalid failure for a text that is no plain YAML, seen word by word before anything is built of it.
func (s source) plain(text []byte) error {
	if len(text) > MaxOverlay {
		return fault.New(fault.Invalid, "%s: the configuration has %d bytes, at most %d are possible", s.name, len(text), MaxOverlay)
	}
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return fault.New(fault.Invalid, "%s: the configuration is not valid UTF-8, or holds a zero byte", s.name)
	}
	tokens := lexer.Tokenize(string(text))
	if len(tokens) > maxTokens {
		return fault.New(fault.Invalid, "%s: the configuration has %d words, at most %d are possible", s.name, len(tokens), maxTokens)
	}
	n := nesting{}
	for _, t := range tokens {
		if why := n.refuses(t); why != "" {
			return fault.At(fault.Invalid, t.Value, "%s:%d:%d: %s", s.name, t.Position.Line, t.Position.Column, why)
		}
	}
	return nil
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
	if n.flow > maxFlow || n.dashes > maxDashes || first && n.flow == 0 && t.Position.Column > maxColumn {
		return "the text is nested too deeply"
	}
	return ""
}
