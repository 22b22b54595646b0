package wcs

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Identifier is a text as an NCName (https://www.w3.org/TR/xml-names/), as identifiers of coverages and series are (09-110r4 clause
// 7.2.4): a character that must not be there is written by its number, _x003A_ for a colon.
func Identifier(text string) string {
	var b strings.Builder
	for i, c := range text {
		switch {
		case unicode.IsLetter(c) || c == '_', i > 0 && (unicode.IsDigit(c) && c < 0x80 || c == '-' || c == '.'):
			b.WriteRune(c)
		default:
			fmt.Fprintf(&b, "_x%04X_", c)
		}
	}
	return b.String()
}

var escaped = regexp.MustCompile(`_x([0-9A-F]{4,6})_`)

// Text is the text of an identifier.
func Text(identifier string) string {
	return escaped.ReplaceAllStringFunc(identifier, func(found string) string {
		n, err := strconv.ParseUint(found[2:len(found)-1], 16, 32)
		if err != nil || n > unicode.MaxRune {
			return found
		}
		return string(rune(n))
	})
}
