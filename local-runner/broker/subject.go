package broker

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
)

// The subject of a kept event begins with its broker and goes on with its type, so that the store hands a Trigger the
// events of the types that it may take, and not every event to every Trigger. Which of them it takes, its filters decide.

// The bounds of the part of a type that is in a subject; types that agree in it share a subject.
const (
	typeTokens  = 8
	tokenLength = 64 // bytes, before they are written as a token
)

func brokerSubject(n Name) string { return "event." + token(n.Namespace) + "." + token(n.Name) }

// eventSubject is where an event of a type is kept.
func eventSubject(n Name, typ string) string {
	return brokerSubject(n) + "." + strings.Join(tokensOf(typ, typeTokens), ".")
}

// tokensOf are the first elements of a type, between its dots.
func tokensOf(typ string, atMost int) []string {
	elements := strings.SplitN(typ, ".", atMost+1)
	elements = elements[:min(len(elements), atMost)]
	for i, element := range elements {
		elements[i] = typeToken(element)
	}
	return elements
}

// typeToken writes an element of a type as one token of a subject: what a token cannot hold as its number.
func typeToken(element string) string {
	var written strings.Builder
	for _, c := range []byte(element[:min(len(element), tokenLength)]) {
		if c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			written.WriteByte(c)
		} else {
			fmt.Fprintf(&written, "=%02X", c)
		}
	}
	return cmp.Or(written.String(), "=")
}

// subjectsOf are the subjects of the events that filters, which must all hold, may take. What earlier versions kept under
// the broker alone is among them.
func subjectsOf(n Name, filters []Filter) []string {
	patterns := Filter{All: filters}.typePatterns()
	if patterns == nil {
		patterns = []string{">"}
	}
	subjects := []string{brokerSubject(n)}
	for _, pattern := range patterns {
		subjects = append(subjects, brokerSubject(n)+"."+pattern)
	}
	return apart(subjects)
}

// apart leaves out subjects that others hold, for the store takes none that overlap.
func apart(subjects []string) []string {
	slices.Sort(subjects)
	subjects = slices.Compact(subjects)
	return slices.DeleteFunc(slices.Clone(subjects), func(s string) bool {
		return slices.ContainsFunc(subjects, func(other string) bool { return other != s && server.SubjectsCollide(s, other) && wider(other, s) })
	})
}

// wider tells whether the first of two patterns that overlap holds the second: only their ends are wild.
func wider(a, b string) bool {
	return strings.HasSuffix(a, ">") && (!strings.HasSuffix(b, ">") || len(a) < len(b))
}

// typePatterns are the types of what a filter may take, as ends of subjects; nil is any.
func (f Filter) typePatterns() []string {
	switch {
	case f.Any != nil:
		var all []string
		for _, inner := range f.Any {
			patterns := inner.typePatterns()
			if patterns == nil {
				return nil
			}
			all = append(all, patterns...)
		}
		return all
	case f.All != nil:
		for _, inner := range f.All {
			if patterns := inner.typePatterns(); patterns != nil {
				return patterns
			}
		}
		return nil
	case f.Prefix["type"] != "":
		return prefixPattern(f.Prefix["type"])
	}
	if typ := cmp.Or(f.Exact["type"], f.attributes["type"]); typ != "" {
		return []string{strings.Join(tokensOf(typ, typeTokens), ".")}
	}
	return nil
}

// prefixPattern holds the types that begin with the whole elements of a prefix.
func prefixPattern(prefix string) []string {
	end := strings.LastIndexByte(prefix, '.')
	if end < 0 {
		return nil
	}
	return []string{strings.Join(append(tokensOf(prefix[:end], typeTokens-1), ">"), ".")}
}
