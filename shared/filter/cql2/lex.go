package cql2

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"perigee/shared/filter/wkt"
)

// form sorts the tokens of a text.
type form uint8

const (
	theEnd  form = iota
	word         // a keyword, or a name without quotes
	quoted       // "a name"
	quote        // 'a text'
	numeral      // 12.5, without a sign
	sign         // ( ) , = <> < <= > >= + - * / % ^
)

// token is a piece of a text from byte at up to byte end; text is what it says, without quotes and escapes.
type token struct {
	form    form
	text    string
	at, end int
}

// failure is what is wrong at a byte of a text.
type failure struct {
	at      int
	message string
	cause   error
}

func (f *failure) Error() string { return f.message }

func failing(at int, format string, args ...any) error {
	return &failure{at: at, message: fmt.Sprintf(format, args...)}
}

// capitals puts the letters of ASCII into capitals, and no others: ſ is no S of a keyword.
func capitals(word string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, word)
}

// isSpace tells whether a character is of the grammar's production whitespace.
func isSpace(r rune) bool {
	switch {
	case r >= 0x09 && r <= 0x0D, r >= 0x2000 && r <= 0x200A:
		return true
	}
	switch r {
	case ' ', 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000:
		return true
	}
	return false
}

// starts are the ranges of identifierStart beyond ASCII.
var starts = [][2]rune{
	{0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x2FF}, {0x370, 0x37D}, {0x37F, 0x1FFE}, {0x200C, 0x200D}, {0x2070, 0x218F},
	{0x2C00, 0x2FEF}, {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
}

// startsName tells whether a name may begin with a character.
func startsName(r rune) bool {
	if r < 0x80 {
		return r == ':' || r == '_' || r|0x20 >= 'a' && r|0x20 <= 'z'
	}
	for _, s := range starts {
		if r >= s[0] && r <= s[1] {
			return !isSpace(r)
		}
	}
	return false
}

// continuesName tells whether a name may go on with a character.
func continuesName(r rune) bool {
	return startsName(r) || r == '.' || r >= '0' && r <= '9' || r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040
}

// nameLength tells how many bytes at the beginning of a text are a name.
func nameLength(text string) int {
	for i, r := range text {
		if i == 0 && !startsName(r) || !continuesName(r) {
			return i
		}
	}
	return len(text)
}

// scan reads the token that begins at or after a byte.
func scan(text string, at int) (token, error) {
	for at < len(text) {
		r, size := utf8.DecodeRuneInString(text[at:])
		if !isSpace(r) {
			return scanFrom(text, at, r)
		}
		at += size
	}
	return token{theEnd, "", at, at}, nil
}

func scanFrom(text string, at int, first rune) (token, error) {
	switch {
	case first == '\'':
		return scanQuote(text, at)
	case first == '"':
		return scanQuoted(text, at)
	case first >= '0' && first <= '9', first == '.':
		return scanNumeral(text, at)
	case startsName(first):
		n := nameLength(text[at:])
		return token{word, text[at : at+n], at, at + n}, nil
	case strings.ContainsRune("(),=<>+-*/%^", first):
		n := 1
		if pair := text[at:min(at+2, len(text))]; pair == "<>" || pair == "<=" || pair == ">=" {
			n = 2
		}
		return token{sign, text[at : at+n], at, at + n}, nil
	case strings.HasPrefix(text[at:], "!="):
		return token{}, failing(at, "!= has no meaning here; write <>")
	}
	return token{}, failing(at, "%q has no meaning here", first)
}

// scanNumeral reads a number, after which no name may begin.
func scanNumeral(text string, at int) (token, error) {
	n := wkt.Number(text[at:])
	rest := strings.IndexFunc(text[at:], func(r rune) bool { return !continuesName(r) })
	if rest < 0 {
		rest = len(text) - at
	}
	if n == 0 || n < rest {
		return token{}, failing(at, "%q is not a number", shorten(text[at:at+rest]))
	}
	return token{numeral, text[at : at+n], at, at + n}, nil
}

// scanQuoted reads a name in double quotes; a doubled quote stands for one.
func scanQuoted(text string, at int) (token, error) {
	var name strings.Builder
	for n := at + 1; ; {
		next := strings.IndexByte(text[n:], '"')
		if next < 0 {
			return token{}, failing(at, "the double quote does not end")
		}
		name.WriteString(text[n : n+next])
		n += next + 1
		if n == len(text) || text[n] != '"' {
			if name.Len() == 0 {
				return token{}, failing(at, "the name is empty")
			}
			return token{quoted, name.String(), at, n}, nil
		}
		name.WriteByte('"')
		n++
	}
}

// escapes are the characters that a backslash gives a meaning to, and what they then stand for.
const (
	escaped  = `'\abtnvfr`
	unescape = "'\\\a\b\t\n\v\f\r"
)

// scanQuote reads a text in single quotes.
func scanQuote(text string, at int) (token, error) {
	var content strings.Builder
	for n := at + 1; n < len(text); n++ {
		switch c := text[n]; {
		case c == '\'' && (n+1 == len(text) || text[n+1] != '\''):
			return token{quote, content.String(), at, n + 1}, nil
		case c == '\'':
			n++
			content.WriteByte(c)
		case c == '\\' && n+1 < len(text) && strings.IndexByte(escaped, text[n+1]) >= 0:
			n++
			content.WriteByte(unescape[strings.IndexByte(escaped, text[n])])
		default:
			content.WriteByte(c)
		}
	}
	return token{}, failing(at, "the single quote does not end")
}

// blank gives a text in which every space is of a kind that all readers know, byte for byte.
func blank(text string) string {
	var out strings.Builder
	for _, r := range text {
		if !isSpace(r) {
			out.WriteRune(r)
			continue
		}
		for range utf8.RuneLen(r) {
			out.WriteByte(' ')
		}
	}
	return out.String()
}
