package cql

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"perigee/shared/fault"
	"perigee/shared/filter/wkt"
)

// kind sorts the tokens of a condition.
type kind int

const (
	end    kind = iota
	name        // apiso:Title, dc:title, AND
	quoted      // "a property"
	text        // 'a text'
	number
	moment // 2020-01-01T00:00:00Z
	sign   // one of signs
	wrong  // what begins no token
)

// token is a piece of a condition; from and to are where it begins and ends, in bytes.
type token struct {
	kind     kind
	text     string
	from, to int
}

// lexer cuts a condition into tokens, one at a time: what is within a geometry or a period is read by others.
type lexer struct {
	source string
	now    token
}

// move makes the token that begins at a byte, or after the space there, the present one.
func (l *lexer) move(at int) {
	rest := strings.TrimLeftFunc(l.source[at:], unicode.IsSpace)
	from := len(l.source) - len(rest)
	t := one(rest)
	t.from, t.to = from, from+t.to
	l.now = t
}

var moments = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(?:[Tt]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:[Zz]|[+-]\d{2}:\d{2})?`)

// signs are the tokens that are neither names nor values; what begins like another comes after it.
var signs = []string{"<>", "<=", ">=", "!=", "<", ">", "(", ")", "[", "]", ",", ";", "=", "+", "-", "*", "/"}

// one reads the token that a text begins with; its end is counted from there.
func one(rest string) token {
	if rest == "" {
		return token{}
	}
	first, size := utf8.DecodeRuneInString(rest)
	switch {
	case first == '\'' || first == '"':
		return quotation(rest)
	case unicode.IsLetter(first) || first == '_':
		n := nameLength(rest)
		return token{kind: name, text: rest[:n], to: n}
	case first >= '0' && first <= '9' || first == '.':
		if m := moments.FindString(rest); m != "" {
			return token{kind: moment, text: m, to: len(m)}
		}
		if n := wkt.Number(rest); n > 0 {
			return token{kind: number, text: rest[:n], to: n}
		}
	}
	for _, s := range signs {
		if strings.HasPrefix(rest, s) {
			return token{kind: sign, text: s, to: len(s)}
		}
	}
	return token{kind: wrong, text: rest[:size], to: size}
}

// nameLength is how far a name goes: letters, digits, _ : and the full stop; a hyphen or a solidus between letters too
// (landsat:wrs-path, DOES-NOT-EXIST, csw:Record/dc:title).
func nameLength(rest string) int {
	letter := false // the character before
	for i, r := range rest {
		switch {
		case unicode.IsLetter(r) || r == '_':
			letter = true
			continue
		case r == '-' || r == '/':
			next, _ := utf8.DecodeRuneInString(rest[i+1:])
			if letter && unicode.IsLetter(next) {
				continue
			}
			return i
		case unicode.IsDigit(r) || r == ':' || r == '.':
			letter = unicode.IsDigit(r)
			continue
		}
		return i
	}
	return len(rest)
}

// quotation reads a text in quotes; a doubled quote stands for one.
func quotation(rest string) token {
	mark := rest[:1]
	t := token{kind: text}
	if mark == `"` {
		t.kind = quoted
	}
	var out strings.Builder
	for n := 1; n < len(rest); {
		next := strings.Index(rest[n:], mark)
		if next < 0 {
			break
		}
		out.WriteString(rest[n : n+next])
		n += next + 1
		if !strings.HasPrefix(rest[n:], mark) {
			t.text, t.to = out.String(), n
			return t
		}
		out.WriteString(mark)
		n++
	}
	return token{kind: wrong, text: mark, to: 1}
}

// failAt is a failure that was noticed at a byte.
func (l *lexer) failAt(at int, format string, args ...any) error {
	return fault.At(fault.Invalid, "Constraint", "at character "+strconv.Itoa(l.character(at))+": "+format, args...)
}

// expected is the failure to find what was wanted at the present token.
func (l *lexer) expected(wanted string) error {
	t := l.now
	switch {
	case t.kind == end:
		return l.failAt(t.from, "found the end where %s was expected", wanted)
	case t.kind == wrong && (t.text == "'" || t.text == `"`):
		return l.failAt(t.from, "the quote does not end")
	case t.kind == wrong:
		return l.failAt(t.from, "%.60q has no meaning here", t.text)
	}
	return l.failAt(t.from, "found %.60q where %s was expected", t.text, wanted)
}

// refused gives a failure of the protocol's own the byte at which it was noticed. What it is, and what it says is at
// fault, stay.
func (l *lexer) refused(at int, err error) error {
	located := cmp.Or(fault.LocatorOf(err), "Constraint")
	return &fault.Error{Kind: fault.KindOf(err), Locator: located, Message: "at character " + strconv.Itoa(l.character(at)), Err: err}
}

// character is the number of the character at a byte, counted from 1.
func (l *lexer) character(at int) int {
	return utf8.RuneCountInString(l.source[:min(at, len(l.source))]) + 1
}
