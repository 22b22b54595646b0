package catalogue

import (
	"sync"

	"perigee/shared/scope"
)

// lasting is which workspaces were seen to have records that last (perigee.lasts). Most have none, and questions with a time
// need not look for them; then the same round trip tells whether that still holds.
type lasting struct{ workspaces sync.Map }

// note remembers workspaces that have such records.
func (l *lasting) note(workspaces []string) {
	for _, w := range workspaces {
		l.workspaces.Store(w, true)
	}
}

// brief tells whether no workspace that the scope may read is known to have records that last.
func (s *Store) brief(sc scope.Scope) bool {
	for _, w := range sc.Readable() {
		if _, known := s.lasting.workspaces.Load(w); known {
			return false
		}
	}
	return true
}

// whereLasting asks which of the readable workspaces have records that last.
func whereLasting(sc scope.Scope, into *[]string) question {
	var found bool
	return question{sql: "select perigee.lasting($1::text[])", args: []any{readable(sc)}, rows: one(&found, into)}
}
