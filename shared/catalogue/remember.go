package catalogue

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Counts are remembered with the snapshot that they were made in (https://www.postgresql.org/docs/current/functions-info.html,
// pg_current_snapshot): in the same one they are the same. The database compares, and counts only where something was written since.

// remembering are counts that were made before.
type remembering struct {
	mu   sync.Mutex
	made map[countKey]countThen
}

// countKey is the identity of a count.
type countKey [sha256.Size]byte

// countThen is one of them.
type countThen struct {
	snapshot string
	matched  int
}

// maxRemembered bounds how many there are: what is asked for is what strangers say.
const maxRemembered = 4096

// key is the identity of a count: its statement and its arguments, each with its length or its type.
func (p *searchPlan) key() countKey {
	if p.counted != (countKey{}) {
		return p.counted
	}
	text := append(make([]byte, 0, 2048), p.countSQL...)
	for _, arg := range p.countArgs {
		switch arg := arg.(type) {
		case string:
			text = append(fmt.Appendf(text, "\n%d ", len(arg)), arg...)
		case []byte:
			text = append(fmt.Appendf(text, "\n%db ", len(arg)), arg...)
		default:
			text = fmt.Appendf(text, "\n%T %q", arg, fmt.Sprint(arg))
		}
	}
	p.counted = sha256.Sum256(text)
	return p.counted
}

// has tells whether there was such a count.
func (r *remembering) has(key countKey) bool { return r.get(key).snapshot != "" }

func (r *remembering) get(key countKey) countThen {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.made[key]
}

func (r *remembering) put(key countKey, count countThen) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.made == nil || len(r.made) >= maxRemembered {
		r.made = map[countKey]countThen{}
	}
	r.made[key] = count
}

// count is the question how many records there are. What is known without counting is not remembered.
func (s *Store) count(p *searchPlan, into *counting) question {
	if p.tallied {
		return question{p.countSQL, p.countArgs, one(&into.done, &into.matched)}
	}
	key := p.key()
	before := s.counts.get(key)
	sql := "select now.snapshot, case when now.snapshot <> $" + strconv.Itoa(len(p.countArgs)+1) + "::text then (" + p.countSQL +
		") end from (select pg_current_snapshot()::text as snapshot) now"
	return question{sql, append(p.countArgs[:len(p.countArgs):len(p.countArgs)], before.snapshot), func(rows pgx.Rows) error {
		var snapshot string
		var matched *int
		if err := one(&into.done, &snapshot, &matched)(rows); err != nil || !into.done {
			return err
		}
		if into.matched = before.matched; matched != nil {
			into.matched = *matched
		}
		s.counts.put(key, countThen{snapshot, into.matched})
		return nil
	}}
}
