package catalogue

import (
	"sync"

	"github.com/jackc/pgx/v5"

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
	return question{
		sql: `select w.workspace from unnest($1::text[]) w(workspace)
			where exists (select from perigee.tally t where t.workspace = w.workspace and t.place = -2)`,
		args: []any{readable(sc)},
		rows: each(into, func(rows pgx.Rows) (workspace string, err error) { return workspace, rows.Scan(&workspace) }),
	}
}
