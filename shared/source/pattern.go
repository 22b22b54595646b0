package source

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// validPattern tells whether a pattern of files is one.
func validPattern(pattern string) bool {
	_, err := compiled(pattern)
	return err == nil && len(pattern) <= 200
}

// compiled makes an expression of a pattern: * stands for all but /, **/ for folders of any depth, ? for one sign but /, and
// a pattern without a folder looks into all of them.
func compiled(pattern string) (*regexp.Regexp, error) {
	pattern = strings.TrimPrefix(pattern, "/")
	if !strings.Contains(strings.TrimSuffix(pattern, "/"), "/") {
		pattern = "**/" + pattern
	}
	var made strings.Builder
	made.WriteString("^")
	for pattern != "" {
		switch {
		case strings.HasPrefix(pattern, "**/"):
			made.WriteString("(?:.*/)?")
			pattern = pattern[3:]
		case strings.HasPrefix(pattern, "**"):
			made.WriteString(".*")
			pattern = pattern[2:]
		case pattern[0] == '*':
			made.WriteString("[^/]*")
			pattern = pattern[1:]
		case pattern[0] == '?':
			made.WriteString("[^/]")
			pattern = pattern[1:]
		default:
			_, n := utf8.DecodeRuneInString(pattern)
			made.WriteString(regexp.QuoteMeta(pattern[:n]))
			pattern = pattern[n:]
		}
	}
	made.WriteString("$")
	return regexp.Compile(made.String())
}
