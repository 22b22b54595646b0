package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// hand asks what a hand would write: prepared statements, planned for their parameters, rows that are read and not decoded.
type hand struct{ *pgxpool.Pool }

func newHand(ctx context.Context, url string, connections int) (*hand, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = int32(connections)
	for name, value := range map[string]string{"plan_cache_mode": "force_custom_plan", "jit": "off", "max_parallel_workers_per_gather": "0"} {
		cfg.ConnConfig.RuntimeParams[name] = value
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	return &hand{pool}, err
}

func (h *hand) run(ctx context.Context, statement string) error {
	_, err := h.Exec(ctx, statement)
	return err
}

// patience is how long an answer by hand is waited for.
const patience = 20 * time.Second

// ask sends the statements of a way together and reads all rows; it gives the bytes of the answer.
func (h *hand) ask(ctx context.Context, w way, args []any) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	batch := &pgx.Batch{}
	for _, statement := range w {
		batch.Queue(statement, args...)
	}
	results := h.SendBatch(ctx, batch)
	defer results.Close()
	size := 0
	for range w {
		rows, err := results.Query()
		if err != nil {
			return size, err
		}
		for rows.Next() {
			for _, value := range rows.RawValues() {
				size += len(value)
			}
		}
		if err := rows.Err(); err != nil {
			return size, err
		}
	}
	return size, results.Close()
}
