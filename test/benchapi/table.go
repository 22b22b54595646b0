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

	"perigee/shared/scope"
)

// measure asks all questions and prints what came of it.
func (h *house) measure(ctx context.Context) error {
	servers := map[string]*process{}
	for _, name := range []string{"stac", "records"} {
		p, err := h.function(ctx, name)
		if err != nil {
			return err
		}
		defer p.stop()
		servers[name] = p
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	bare, err := start(ctx, "/10", self, []string{"-bare", "ADDRESS"}, nil)
	if err != nil {
		return err
	}
	defer bare.stop()
	fmt.Printf("%d connections, %v for each question, seed %d; CPU is the function's own, of an answer; the peers' are of the same kind of items and as many connections\n", h.clients, h.time, h.seed)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "question\tper s\tp50\tp99\tkB\tCPU\tpycsw\ttimes\tpgstac\ttimes\tstore alone\tof it\tstore p99\tHTTP alone\tof it\t")
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
	before := server.spent()
	ours, err := h.drive(ctx, q, connect(server.address))
	if err != nil {
		return err
	}
	cpu := (server.spent() - before) / time.Duration(len(ours.all)+h.clients*warming)
	size := int(ours.bytes) / len(ours.all)
	fmt.Fprintf(w, "%s\t%.0f\t%s\t%s\t%.1f\t%d µs\t%s\t%s\t", q.name, ours.rate(), ms(ours.at(.5)), ms(ours.at(.99)), float64(size)/1000, cpu.Microseconds(),
		beside(ours.rate(), q.pycsw), beside(ours.rate(), q.pgstac))
	if err := h.alone(ctx, w, q, ours); err != nil {
		return err
	}
	http, err := h.drive(ctx, question{make: func(*house, *rand.Rand) asked { return asked{path: "/" + strconv.Itoa(size)} }}, connect(bare.address))
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%.0f\t%.2f\t\n", http.rate(), ours.rate()/http.rate())
	return nil
}

// alone asks the store without any protocol, in this process.
func (h *house) alone(ctx context.Context, w *tabwriter.Writer, q question, ours times) error {
	if q.make(h, rand.New(rand.NewPCG(h.seed, 0))).query == nil {
		fmt.Fprint(w, "\t\t\t")
		return nil
	}
	client := func() (ask, func(), error) {
		return func(ctx context.Context, a asked) (int, error) {
			page, err := h.store.Search(ctx, scope.New(scope.System, "bench"), *a.query)
			return len(page.Records), err
		}, func() {}, nil
	}
	store, err := h.drive(ctx, q, client)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%.0f\t%.2f\t%s\t", store.rate(), ours.rate()/store.rate(), ms(store.at(.99)))
	return nil
}

// beside is what a peer answers a second, and how many times that we do.
func beside(ours, theirs float64) string {
	if theirs == 0 {
		return "\t"
	}
	return fmt.Sprintf("%g\t%.0f×", theirs, ours/theirs)
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }
