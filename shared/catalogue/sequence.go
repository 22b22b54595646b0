package catalogue

import (
	"context"

	"perigee/shared/scope"
)

// Sequence counts the changes of all workspaces that the scope reads: it is higher after each of them.
func (s *Store) Sequence(ctx context.Context, sc scope.Scope) (count int64, err error) {
	if err := sc.Valid(); err != nil {
		return 0, err
	}
	var found bool
	err = s.ask(ctx, "count changes", question{
		sql:  `select coalesce(sum(latest), 0)::bigint from perigee.counter where workspace = any($1::text[])`,
		args: []any{sc.Readable()},
		rows: one(&found, &count),
	})
	return count, err
}
