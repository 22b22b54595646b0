package catalogue

import (
	"strings"
	"sync"
)

// lexicon knows, in this process, words that the database knows (perigee.word), so that only news is looked up. What it forgets is
// looked up once more. Words are never taken out of the database.
type lexicon struct {
	mu    sync.Mutex
	known map[string]struct{}
}

const (
	wordsAtMost = 50_000 // that a process remembers
	longestWord = 30     // bytes of one that it does
)

// news are the words of records that may be unknown, each once.
func (l *lexicon) news(records []put) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, all := map[string]struct{}{}, []string{}
	for _, p := range records {
		for word := range strings.SplitSeq(p.by.words, " ") {
			if _, known := l.known[word]; known || word == "" {
				continue
			}
			if _, twice := found[word]; !twice {
				found[word] = struct{}{}
				all = append(all, word)
			}
		}
	}
	return all
}

// keep notes words that were written. Those with digits are parts of identifiers and numbers, which hardly come again.
func (l *lexicon) keep(words []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, word := range words {
		if len(word) > longestWord || strings.ContainsAny(word, "0123456789") {
			continue
		}
		if l.known == nil || len(l.known) >= wordsAtMost {
			l.known = map[string]struct{}{}
		}
		l.known[strings.Clone(word)] = struct{}{} // and not all the words of a record with it
	}
}

// noteWords has words noted that the database does not know yet, and keeps it from looking for others in what is written with them.
func noteWords(words []string) question {
	return question{sql: "select perigee.note_words($1::text[])", args: []any{words}}
}
