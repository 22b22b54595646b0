package catalogue

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/filter"
)

// hints are what a search is planned by, beyond its words. Without them it finds the same, perhaps later.
type hints struct {
	frequent bool                // many records have all words of the text, and words that its substrings are part of
	rare     bool                // few records have them
	words    string              // a query of words without which no record has the substrings that are looked for
	never    bool                // no record has them
	exact    bool                // and every record has, of which one of the words is
	types    map[string]string   // of the properties that have an index: string, number, instant, array
	brief    bool                // no record lasts: what is found so counts only when that still holds
	gather   int                 // up to how many records are found for a page and its number together; 0: they are not
	counted  func(countKey) bool // whether records were counted by themselves before, for they were too many
}

// hintsFor gathers what is needed for a query. Most need nothing.
func (s *Store) hintsFor(ctx context.Context, q Query) (h hints, err error) {
	looked, err := s.lookedFor(ctx, q.Filter)
	if err != nil {
		return h, err
	}
	h.words, h.never = joined(looked.words)
	h.exact = looked.exact
	if q.Text == "" && q.Filter == nil && !sortsByProperties(q) {
		return h, nil
	}
	known, err := s.learnt.get(ctx, s)
	if err != nil {
		return h, err
	}
	h.types = known.types
	sought := looked.words
	for _, w := range filter.Words(q.Text) {
		sought = append(sought, []string{w})
	}
	h.rare = slices.ContainsFunc(sought, func(words []string) bool { return len(words) <= mostWords && !slices.ContainsFunc(words, known.has) })
	h.frequent = !h.rare && (q.Text != "" || h.words != "")
	return h, nil
}

// has tells whether many records have a word.
func (k known) has(word string) bool { return k.frequent[word] }

// columns is where filters find what they speak of, with the properties that have an index: they are written as the index
// has them, and compared with values of their type only.
func (h hints) columns() filter.Columns {
	all := columns()
	if len(h.types) > 0 {
		all.Types = indexTypes(h.types)
	}
	return all
}

// indexTypes are the types of properties that have an index (filter.Types).
type indexTypes map[string]string

// Type is the type of a property.
func (i indexTypes) Type(p filter.Property) (filter.Type, bool) {
	switch i[string(p)] {
	case typeString:
		return filter.TypeText, true
	case typeNumber:
		return filter.TypeNumber, true
	case typeInstant:
		return filter.TypeTimestamp, true
	case typeArray:
		return filter.TypeArray, true
	}
	return "", false
}

func sortsByProperties(q Query) bool {
	for _, s := range q.Sort {
		if !coreSort(s.Property) {
			return true
		}
	}
	return false
}

// learnt is what a process remembers of the database for a while.
type learnt struct {
	mu    sync.Mutex
	known known
	until time.Time
}

// known is of one moment.
type known struct {
	frequent map[string]bool
	types    map[string]string
}

const (
	remembered = time.Minute
	frequency  = 0.002 // of records that have a word that counts as frequent
)

// get asks anew when too much time has passed.
func (l *learnt) get(ctx context.Context, s *Store) (known, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Now().Before(l.until) {
		return l.known, nil
	}
	k := known{frequent: map[string]bool{}, types: map[string]string{}}
	err := s.ask(ctx, "learn what it knows", question{
		sql: `select word from pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) m(word, share)
			where schemaname = 'perigee' and tablename = 'record' and attname = 'words' and share > $1 and word is not null`,
		args: []any{frequency},
		rows: func(rows pgx.Rows) error { return readFrequent(rows, k.frequent) },
	}, question{
		sql:  "select name, type from perigee.queryable_index where ready",
		rows: func(rows pgx.Rows) error { return readTypes(rows, k.types) },
	})
	if err != nil {
		return known{}, err
	}
	l.known, l.until = k, time.Now().Add(remembered)
	return k, nil
}

func readFrequent(rows pgx.Rows, into map[string]bool) error {
	for rows.Next() {
		var word string
		if err := rows.Scan(&word); err != nil {
			return err
		}
		into[word] = true
	}
	return rows.Err()
}

func readTypes(rows pgx.Rows, into map[string]string) error {
	for rows.Next() {
		var name, typ string
		if err := rows.Scan(&name, &typ); err != nil {
			return err
		}
		into[name] = typ
	}
	return rows.Err()
}
