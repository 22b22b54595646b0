package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// measure asks all questions and prints what came of it.
func (h *house) measure(ctx context.Context) error {
	servers, stop, err := h.functions(ctx)
	if err != nil {
		return err
	}
	defer stop()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	bare, err := start(ctx, "/10", self, []string{"-bare", "ADDRESS"}, nil)
	if err != nil {
		return err
	}
	defer bare.stop()
	fmt.Printf("%d connections, %v for each question, seed %d; CPU is the function's and the database's own, of an answer; the peers' are of the same kind of items and as many connections\n", h.clients, h.time, h.seed)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "question\tper s\tp50\tp99\tkB\tCPU\tand DB\tpycsw\ttimes\tpgstac\ttimes\tstore alone\tof it\tstore p99\tHTTP alone\tof it\t")
	for _, q := range questions() {
		if !strings.Contains(q.name, h.only) {
			continue
		}
		if err := h.row(ctx, w, q, servers[q.server], bare); err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
	}
	return w.Flush()
}

func (h *house) row(ctx context.Context, w *tabwriter.Writer, q question, server, bare *process) error {
	before, within := server.spent(), h.databaseSpent()
	ours, err := h.drive(ctx, q, connect(server.address))
	if err != nil {
		return err
	}
	answers := time.Duration(len(ours.all) + h.clients*warming)
	cpu, database := (server.spent()-before)/answers, (h.databaseSpent()-within)/answers
	size := int(ours.bytes) / len(ours.all)
	fmt.Fprintf(w, "%s\t%.0f\t%s\t%s\t%.1f\t%d µs\t%d µs\t%s\t%s\t", q.name, ours.rate(), ms(ours.at(.5)), ms(ours.at(.99)), float64(size)/1000, cpu.Microseconds(),
		database.Microseconds(), beside(ours.rate(), q.pycsw), beside(ours.rate(), q.pgstac))
	store, err := h.alone(ctx, q)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%.0f\t%.2f\t%s\t", store.rate(), ours.rate()/store.rate(), ms(store.at(.99)))
	http, err := h.drive(ctx, question{make: func(*house, *rand.Rand) asked { return asked{path: "/" + strconv.Itoa(size)} }}, connect(bare.address))
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%.0f\t%.2f\t\n", http.rate(), ours.rate()/http.rate())
	return nil
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
func beside(ours, theirs float64) string {
	if theirs == 0 {
		return "\t"
	}
	return fmt.Sprintf("%g\t%.0f×", theirs, ours/theirs)
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }
