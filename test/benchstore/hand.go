package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// hand asks what a hand would write: prepared statements, planned for their parameters, rows that are read and not decoded.
type hand struct{ pool *pgxpool.Pool }

func newHand(ctx context.Context, url string, connections int) (*hand, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = int32(connections + 1)
	for name, value := range map[string]string{"plan_cache_mode": "force_custom_plan", "jit": "off", "max_parallel_workers_per_gather": "0"} {
		cfg.ConnConfig.RuntimeParams[name] = value
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	return &hand{pool}, err
}

func (h *hand) close() { h.pool.Close() }

func (h *hand) exec(ctx context.Context, sql string, args ...any) error {
	_, err := h.pool.Exec(ctx, sql, args...)
	return err
}

func (h *hand) row(ctx context.Context, into any, sql string, args ...any) error {
	return h.pool.QueryRow(ctx, sql, args...).Scan(into)
}

// ask reads all rows of an answer, and gives their number.
func (h *hand) ask(ctx context.Context, sql string, args ...any) (int, error) {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	rows, err := h.pool.Query(bounded, sql, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	found := 0
	for rows.Next() {
		for _, value := range rows.RawValues() {
			_ = value
		}
		found++
	}
	if bounded.Err() != nil && ctx.Err() == nil {
		return found, nil // it takes long, and by how much is of no interest
	}
	return found, rows.Err()
}

// patience is how long an answer by hand is waited for.
const patience = 2 * time.Second

// lines reads the texts of an answer's only column.
func (h *hand) lines(ctx context.Context, sql string, args ...any) ([]string, error) {
	rows, err := h.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
