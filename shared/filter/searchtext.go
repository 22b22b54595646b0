package filter

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"perigee/shared/record"
)

// maxText bounds the text of a record that searches look into, maxWord a word of it, both in bytes.
const (
	maxText = 64 << 10
	maxWord = 200
)

// TextOf is what searches for any text look into: the title, whatever it is, then abstract, keywords, id, collection, the texts
// among the properties, the titles of links, and what the document says beside, but for dates and the document's numbers; one per
// line, each once.
func TextOf(rec record.Record) string {
	var b strings.Builder
	seen := map[string]bool{"": true}
	add := func(s string) {
		if !seen[s] && !isInstant(s) && b.Len()+len(s) < maxText {
			seen[s] = true
			b.WriteString(s)
			b.WriteByte('\n')
		}
	}
	if rec.Title != "" {
		seen[rec.Title] = true
		b.WriteString(rec.Title)
		b.WriteByte('\n')
	}
	for _, s := range append([]string{rec.Abstract, rec.ID, rec.Collection, rec.ProductType}, rec.Keywords...) {
		add(s)
	}
	for _, name := range slices.Sorted(maps.Keys(rec.Properties)) {
		texts(rec.Properties[name], add)
	}
	for _, l := range rec.Links {
		add(l.Title)
	}
	for s := range strings.SplitSeq(rec.Said, "\n") {
		if s = strings.TrimSpace(s); !isNumbers(s) {
			add(s)
		}
	}
	return b.String()
}

// isNumbers tells whether a text is numbers alone: coordinates, which differ from record to record and which nobody looks for by words.
func isNumbers(s string) bool {
	for i := range len(s) {
		if strings.IndexByte("0123456789.,+- \t", s[i]) < 0 {
			return false
		}
	}
	return true
}

// isInstant tells whether a text is a date or a time.
func isInstant(s string) bool {
	return s != "" && '0' <= s[0] && s[0] <= '9' && instantForm.MatchString(s) // most texts begin otherwise
}

// texts finds the texts of a property, and of an array of texts.
func texts(v any, add func(string)) {
	switch v := v.(type) {
	case string:
		add(v)
	case []any:
		for _, e := range v {
			if s, ok := e.(string); ok {
				add(s)
			}
		}
	case []string:
		for _, s := range v {
			add(s)
		}
	}
}

// Words are the words of a text, in lower case, each once, sorted: its runs of letters, digits and combining marks.
func Words(text string) []string {
	text = strings.ToLower(text)
	seen := make(map[string]struct{}, min(128, len(text)/8)) // most texts say the same words several times
	words := make([]string, 0, min(128, len(text)/8))
	add := func(word string) {
		word = cut(word, maxWord)
		if _, twice := seen[word]; !twice {
			seen[word] = struct{}{}
			words = append(words, word)
		}
	}
	from := -1
	for at, r := range text {
		switch part := ofWord(r); {
		case part && from < 0:
			from = at
		case !part && from >= 0:
			add(text[from:at])
			from = -1
		}
	}
	if from >= 0 {
		add(text[from:])
	}
	slices.Sort(words)
	return words
}

// ofWord tells whether words have a character.
func ofWord(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// cut shortens s to at most n bytes of whole characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
