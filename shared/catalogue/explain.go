package catalogue

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"perigee/shared/scope"
)

// Explain tells how the database answers a query: what it plans, carries out and how long each step takes.
func (s *Store) Explain(ctx context.Context, sc scope.Scope, q Query) (string, error) {
	if err := sc.Valid(); err != nil {
		return "", err
	}
	h, err := s.hintsFor(ctx, q)
	if err != nil {
		return "", err
	}
	p, err := planSearch(sc, q, h)
	if err != nil {
		return "", err
	}
	var lines []string
	err = s.ask(ctx, "explain a search", question{"explain (analyze, buffers) " + p.sql, p.args,
		each(&lines, func(rows pgx.Rows) (line string, err error) { return line, rows.Scan(&line) })})
	return strings.Join(lines, "\n"), err
}
