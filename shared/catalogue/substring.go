package catalogue

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"

	"perigee/shared/filter"
)

// A substring is looked for among the words that records use first; the words then lead to the records, whose texts are
// compared. So the index of parts of words is all that is needed.

const (
	shortestPart  = 3   // letters that such an index can look for
	longestPart   = 100 // bytes: words are cut, and so are what they may hold
	mostFragments = 8   // of a query that are looked for
	mostWords     = 500 // that a substring may be part of; more of them tell nothing
)

// fragment is a run of letters and digits of a pattern, which lies within one word. Where it is open, the word may go on.
type fragment struct {
	text                string
	openLeft, openRight bool
}

// fragmentsOf takes a pattern of Like apart that may begin and end anywhere in a text.
func fragmentsOf(pattern string) []fragment {
	var all []fragment
	var run strings.Builder
	open := true
	end := func(wild bool) {
		if run.Len() > 0 {
			all = append(all, fragment{run.String(), open, wild})
			run.Reset()
		}
		open = wild
	}
	escaped := false
	for _, r := range strings.ToLower(pattern) {
		switch {
		case !escaped && r == '\\':
			escaped = true
			continue
		case !escaped && (r == '%' || r == '_'):
			end(true)
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			run.WriteRune(r)
		default:
			end(false)
		}
		escaped = false
	}
	end(true)
	return slices.DeleteFunc(all, func(f fragment) bool { return !f.usable() })
}

func (f fragment) usable() bool {
	return len([]rune(f.text)) >= shortestPart && len(f.text) <= longestPart
}

// like is the pattern of the words that the fragment may be part of. A fragment has no character that means something.
func (f fragment) like() string {
	text := f.text
	if f.openLeft {
		text = "%" + text
	}
	if f.openRight {
		text += "%"
	}
	return text
}

// patterns are the substrings that all records of a query have in their text: those that are looked for there, and those that
// their titles are like, for a title is a part of the text.
func patterns(e filter.Expr) (sought, titles []string) {
	for _, part := range conjuncts(e) {
		if certain, is := part.(filter.Certain); is {
			part = certain.Expr
		}
		switch part := part.(type) {
		case filter.AnyText:
			if part.Pattern != "" {
				sought = append(sought, part.Pattern)
			}
		case filter.Like:
			if pattern, is := titleLike(part); is {
				titles = append(titles, pattern)
			}
		}
	}
	return sought, titles
}

// titleLike is the pattern that titles are compared with. Where case does not count letters may stand for others (a ligature for
// two), of which the text knows nothing.
func titleLike(e filter.Like) (pattern string, is bool) {
	text, is := e.Pattern.(filter.Text)
	return string(text), is && e.Operand == filter.Operand(filter.PropertyTitle)
}

// looked is what the substrings of a query are looked for by.
type looked struct {
	words [][]string // for each fragment of them the words that it is part of; more than mostWords tell nothing
	exact bool       // each substring of texts is of one word, so that the records with such words are those that have them all
}

// lookedFor finds the words that the substrings of a query are part of.
func (s *Store) lookedFor(ctx context.Context, e filter.Expr) (looked, error) {
	all, titles := patterns(e)
	exact := len(all) > 0
	var fragments []fragment
	for i, p := range slices.Concat(all, titles) {
		if checkTexts(p) == nil {
			some := fragmentsOf(p)
			exact = exact && (i >= len(all) || len(some) == 1 && within(p))
			fragments = append(fragments, some...)
		}
	}
	if len(fragments) == 0 {
		return looked{}, nil
	}
	exact = exact && len(all) <= mostFragments
	fragments = fragments[:min(len(fragments), mostFragments)]
	found := make([][]string, len(fragments))
	questions := make([]question, len(fragments))
	for i, f := range fragments {
		questions[i] = question{
			sql: `(select word from perigee.word where word like $1 limit $2)
				union (select word from perigee.word where octet_length(word) > 190 limit $2)`, // which may have been cut
			args: []any{f.like(), mostWords + 1},
			rows: each(&found[i], func(rows pgx.Rows) (word string, err error) { return word, rows.Scan(&word) }),
		}
	}
	if err := s.ask(ctx, "look for words", questions...); err != nil {
		return looked{}, err
	}
	if exact {
		exact = !slices.ContainsFunc(found[:len(all)], func(words []string) bool { return len(words) > mostWords || slices.ContainsFunc(words, mayBeCut) })
	}
	return looked{found, exact}, nil
}

// within tells whether a pattern is no more than a part of a word, in whatever is around it.
func within(pattern string) bool {
	part := strings.Trim(pattern, "%")
	return part != "" && !strings.ContainsFunc(part, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
}

// mayBeCut tells whether a word of the lexicon may go on in a text.
func mayBeCut(word string) bool { return len(word) > 190 }

// withoutText is a filter without the substrings that all records have.
func withoutText(e filter.Expr) filter.Expr {
	var rest filter.And
	for _, part := range conjuncts(e) {
		if text, is := part.(filter.AnyText); is && text.Pattern != "" {
			part = filter.AnyText{Words: text.Words}
			if text.Words == "" {
				continue
			}
		}
		rest = append(rest, part)
	}
	return rest
}

// joined is the query for a word of each list; empty when they tell nothing, as lists do that are too long. never is true when there is a
// list without words: no record has them.
func joined(lists [][]string) (query string, never bool) {
	var parts []string
	for _, words := range lists {
		switch {
		case len(words) == 0:
			return "", true
		case len(words) <= mostWords:
			parts = append(parts, "('"+strings.Join(words, "' | '")+"')")
		}
	}
	return strings.Join(parts, " & "), false
}
