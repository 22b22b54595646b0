package raster

import (
	"strconv"
	"strings"

	"perigee/shared/fault"
)

// The bounds of an expression: what a configuration or a request may ask to compute per pixel.
const (
	maxExpressionBytes = 4096
	maxExpressionNodes = 500
	maxExpressionDepth = 60
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenNumber
	tokenName
	tokenQuoted // a name between quotes, or a text where a function takes one
	tokenText
	tokenSymbol
)

type token struct {
	kind   tokenKind
	text   string
	number float32
	at     int // byte position, for messages
}

// symbols are the operators, longest first.
var symbols = []string{"**", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+", "-", "*", "/", "%", "<", ">", "!", "&", "|", "^", "(", ")", "[", "]", ",", "?", ":"}

// words are names that are operators.
var words = map[string]string{"and": "&&", "or": "||", "not": "!"}

// tokenise cuts an expression into tokens, the last of which is tokenEnd.
func tokenise(src string) ([]token, error) {
	if len(src) > maxExpressionBytes {
		return nil, fault.New(fault.Invalid, "an expression has at most %d characters, this one %d", maxExpressionBytes, len(src))
	}
	var all []token
	for at := 0; ; {
		for at < len(src) && strings.IndexByte(" \t\r\n", src[at]) >= 0 {
			at++
		}
		if at == len(src) {
			return append(all, token{kind: tokenEnd, text: "the end", at: at}), nil
		}
		t, size, err := next(src, at)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
		at += size
	}
}

// next reads the token that begins at a position, and how many bytes it takes.
func next(src string, at int) (token, int, error) {
	rest := src[at:]
	switch c := rest[0]; {
	case c == '"' || c == '`' || c == '\'':
		end := strings.IndexByte(rest[1:], c)
		if end <= 0 {
			return token{}, 0, fault.New(fault.Invalid, "the expression %q has a quotation that does not end, at position %d", src, at+1)
		}
		kind := tokenQuoted
		if c == '\'' {
			kind = tokenText
		}
		return token{kind: kind, text: rest[1 : end+1], at: at}, end + 2, nil
	case letter(c):
		n := span(rest, func(c byte) bool { return letter(c) || digit(c) || c == '.' })
		if symbol, ok := words[rest[:n]]; ok {
			return token{kind: tokenSymbol, text: symbol, at: at}, n, nil
		}
		return token{kind: tokenName, text: rest[:n], at: at}, n, nil
	case digit(c) || c == '.':
		n := numberSpan(rest)
		v, err := strconv.ParseFloat(rest[:n], 32)
		if err != nil {
			return token{}, 0, fault.New(fault.Invalid, "%q in the expression %q is not a number", rest[:n], src)
		}
		return token{kind: tokenNumber, text: rest[:n], number: float32(v), at: at}, n, nil
	}
	for _, s := range symbols {
		if strings.HasPrefix(rest, s) {
			return token{kind: tokenSymbol, text: s, at: at}, len(s), nil
		}
	}
	return token{}, 0, fault.New(fault.Invalid, "the expression %q has %q at position %d, which means nothing here", src, []rune(rest)[0], at+1)
}

func letter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

func span(s string, is func(byte) bool) int {
	n := 0
	for n < len(s) && is(s[n]) {
		n++
	}
	return n
}

// numberSpan is the length of a decimal number with an optional exponent.
func numberSpan(s string) int {
	n := span(s, func(c byte) bool { return digit(c) || c == '.' })
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		sign := 0
		if n+1 < len(s) && (s[n+1] == '+' || s[n+1] == '-') {
			sign = 1
		}
		if digits := span(s[n+1+sign:], digit); digits > 0 {
			n += 1 + sign + digits
		}
	}
	return n
}
