package filter

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"perigee/shared/fault"
)

// kind sorts the tokens of a filter text.
type kind int

const (
	end     kind = iota
	name         // apiso:Title, dc:title, AND
	quoted       // "a property"
	literal      // 'a string'
	number
	sign // ( ) , = <> < <= > >= !=
)

// token is a piece of a filter text; at is where it begins, in bytes.
type token struct {
	kind kind
	text string
	at   int
}

// lex cuts a filter text into tokens, the last of which is the end.
func lex(text string) ([]token, error) {
	var tokens []token
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		if unicode.IsSpace(r) {
			at += size
			continue
		}
		t, n, err := one(text[at:], r, at)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		at += n
	}
	return append(tokens, token{end, "", len(text)}), nil
}

// one reads the token that the text begins with and tells its length.
func one(text string, first rune, at int) (token, int, error) {
	switch {
	case first == '\'' || first == '"':
		return quotation(text, at)
	case strings.ContainsRune("(),=", first):
		return token{sign, text[:1], at}, 1, nil
	case strings.ContainsRune("<>!", first):
		n := 1
		if len(text) > 1 && (text[1] == '=' || (first == '<' && text[1] == '>')) {
			n = 2
		}
		return token{sign, text[:n], at}, n, nil
	case strings.ContainsRune("+-.0123456789", first):
		n := len(text) - len(strings.TrimLeft(text, "+-.0123456789eE"))
		return token{number, text[:n], at}, n, nil
	case unicode.IsLetter(first), first == '_':
		n := strings.IndexFunc(text, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_:.-/", r)
		})
		if n < 0 {
			n = len(text)
		}
		return token{name, text[:n], at}, n, nil
	}
	return token{}, 0, fault.At(fault.Invalid, "Constraint", "at character %d: %q has no meaning here", at+1, string(first))
}

// quotation reads a text in quotes; a doubled quote stands for one.
func quotation(text string, at int) (token, int, error) {
	mark := text[:1]
	var out strings.Builder
	for n := 1; n < len(text); {
		next := strings.Index(text[n:], mark)
		if next < 0 {
			break
		}
		out.WriteString(text[n : n+next])
		n += next + 1
		if !strings.HasPrefix(text[n:], mark) {
			k := literal
			if mark == `"` {
				k = quoted
			}
			return token{k, out.String(), at}, n, nil
		}
		out.WriteString(mark)
		n++
	}
	return token{}, 0, fault.At(fault.Invalid, "Constraint", "at character %d: the quote does not end", at+1)
}
