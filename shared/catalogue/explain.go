package catalogue

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"perigee/shared/scope"
)

// Explain tells how the database answers a query: what it plans, carries out and how long each step takes. What its own
// functions do is told too, where the role may load auto_explain.
func (s *Store) Explain(ctx context.Context, sc scope.Scope, q Query) (string, error) {
	if err := sc.Valid(); err != nil {
		return "", err
	}
	q = q.plainly()
	h, err := s.hintsFor(ctx, q)
	if err != nil {
		return "", err
	}
	p, err := planSearch(sc, q, h)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout+grace)
	defer cancel()
	lines, err := s.explain(ctx, p)
	return strings.Join(lines, "\n"), classify(err, "explain a search")
}

// explain asks a connection of its own, which hears what is said of statements within functions.
func (s *Store) explain(ctx context.Context, p *searchPlan) ([]string, error) {
	var nested []string
	cc := s.pool.Config().ConnConfig
	cc.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if _, plan, found := strings.Cut(n.Message, "plan:\n"); found && !strings.Contains(plan, explaining) {
			nested = append(nested, "", plan)
		}
	}
	conn, err := pgx.ConnectConfig(ctx, cc)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := s.greet(ctx, conn); err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "load 'auto_explain'"); err == nil {
		_, _ = conn.Exec(ctx, "set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on; set auto_explain.log_analyze = on; "+
			"set auto_explain.log_buffers = on; set auto_explain.log_level = notice; set client_min_messages = notice")
	}
	var lines []string
	asked := question{explaining + p.sql, p.args, each(&lines, func(rows pgx.Rows) (line string, err error) { return line, rows.Scan(&line) })}
	if err := send(ctx, conn, []question{asked}); err != nil {
		return nil, err
	}
	return append(lines, nested...), nil
}

const explaining = "explain (analyze, buffers) "
