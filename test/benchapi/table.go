package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"perigee/test/measure"
)

// measure asks all questions and prints what came of it.
func (h *house) measure(ctx context.Context) error {
	servers, stop, err := h.functions(ctx)
	if err != nil {
		return err
	}
	defer stop()
	fmt.Printf("%d connections, %v for each question, seed %d; CPU is the function's and the database's own, of an answer; the peers' are of the same kind of items and as many connections\n", h.clients, h.time, h.seed)
	table := measure.NewTable(os.Stdout, names(), "question", "per s", "p50", "p99", "kB", "CPU", "and DB", "pycsw", "times", "pgstac", "times", "store alone", "of it", "store p99", "HTTP alone", "of it")
	for _, q := range questions() {
		if !strings.Contains(q.name, h.only) {
			continue
		}
		cells, err := h.row(ctx, q, servers[q.server])
		if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		table.Row(cells...)
	}
	return nil
}

// names are those of all questions.
func names() []string {
	var all []string
	for _, q := range questions() {
		all = append(all, q.name)
	}
	return all
}

// row measures a question.
func (h *house) row(ctx context.Context, q question, server *measure.Server) ([]string, error) {
	before, within := server.Spent(), measure.Database(h.data)
	ours, err := h.drive(ctx, q, connect(server.Address))
	if err != nil {
		return nil, err
	}
	answers := time.Duration(len(ours.all) + h.clients*warming)
	cpu, database := (server.Spent()-before)/answers, (measure.Database(h.data)-within)/answers
	size := int(ours.bytes) / len(ours.all)
	store, err := h.alone(ctx, q)
	if err != nil {
		return nil, err
	}
	bare, err := measure.Bare(ctx, size)
	if err != nil {
		return nil, err
	}
	defer bare.Stop()
	http, err := h.drive(ctx, question{make: func(*house, *rand.Rand) asked { return asked{path: "/"} }}, connect(bare.Address))
	if err != nil {
		return nil, err
	}
	cells := []string{q.name, rate(ours), ms(ours.at(.5)), ms(ours.at(.99)), fmt.Sprintf("%.1f", float64(size)/1000), micros(cpu), micros(database)}
	cells = append(append(cells, beside(ours.rate(), q.pycsw)...), beside(ours.rate(), q.pgstac)...)
	return append(cells, rate(store), share(ours, store), ms(store.at(.99)), rate(http), share(ours, http)), nil
}

// alone asks the store without any protocol, in this process.
func (h *house) alone(ctx context.Context, q question) (times, error) {
	return h.drive(ctx, q, func() (ask, func(), error) {
		return func(ctx context.Context, a asked) (int, error) {
			if a.query == nil {
				rec, err := h.store.Record(ctx, reader, "", a.key.Collection, a.key.ID)
				return len(rec.Document), err
			}
			page, err := h.store.Search(ctx, reader, *a.query)
			return len(page.Records), err
		}, func() {}, nil
	})
}

// beside is what a peer answers a second, and how many times that we do.
func beside(ours, theirs float64) []string {
	if theirs == 0 {
		return []string{"", ""}
	}
	return []string{fmt.Sprintf("%g", theirs), fmt.Sprintf("%.0f×", ours/theirs)}
}

func rate(t times) string { return fmt.Sprintf("%.0f", t.rate()) }

func share(ours, theirs times) string { return fmt.Sprintf("%.2f", ours.rate()/theirs.rate()) }

func micros(d time.Duration) string { return fmt.Sprintf("%d µs", d.Microseconds()) }

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }
