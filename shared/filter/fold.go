package filter

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// foldCase is a text in which case does not count: in upper case and then in lower case by the full mappings of Unicode,
// so that ß is ss, as the capital one is, and the final sigma is a sigma. The database's function fold_case does the same.
func foldCase(s string) string {
	if ascii(s) {
		return strings.ToLower(s)
	}
	return final.Replace(lower(upper(s)))
}

// final is what has a form of its own in lower case only.
var final = strings.NewReplacer("ς", "σ", "ß", "ss")

func upper(s string) string { return cases.Upper(language.Und).String(s) }

func lower(s string) string { return cases.Lower(language.Und).String(s) }

// withoutAccents is a text without diacritical marks: decomposed, without the characters of Unicode's blocks of combining
// diacritical marks, and composed again. The database's function without_accents does the same.
func withoutAccents(s string) string {
	if ascii(s) {
		return s
	}
	return norm.NFC.String(strings.Map(func(c rune) rune {
		if diacritical(c) {
			return -1
		}
		return c
	}, norm.NFD.String(s)))
}

func diacritical(c rune) bool {
	return c >= 0x0300 && c <= 0x036f || c >= 0x1ab0 && c <= 0x1aff || c >= 0x1dc0 && c <= 0x1dff ||
		c >= 0x20d0 && c <= 0x20ff || c >= 0xfe20 && c <= 0xfe2f
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
