package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/metadata"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/scope"
)

var (
	reads  = scope.New(scope.System, "bench")
	writes = scope.New(scope.System, "bench", scope.Writer)
	sweeps = scope.New(scope.System, "bench", scope.Admin)
)

// house is a filled catalogue.
type house struct {
	options
	url   string
	data  string // folder of the database
	log   serverLog
	store *catalogue.Store
	hand  *hand
}

// What is loaded at once: changes of a transaction, transactions side by side, records that are made before the clock runs.
const (
	batchSize = 1000
	writers   = 3
	portion   = 10_000
)

// pycswLoads is how many records of this kind pycsw loads a second.
const pycswLoads = 120

// load fills the catalogue up to its number, and tells how fast. The clock stands while records are made.
func (h *house) load(ctx context.Context) error {
	there, err := h.store.Search(ctx, reads, catalogue.Query{Limit: -1, Count: true})
	if err != nil {
		return err
	}
	first := *there.Matched
	if first >= h.n {
		fmt.Printf("%d records are there already\n", first)
		return nil
	}
	var took time.Duration
	var g generator
	var cost spent
	size := 0
	for at := first; at < h.n; at += portion {
		var documents [][]byte
		for number := at; number < min(at+portion, h.n); number++ {
			documents = append(documents, g.record(number))
			size += len(documents[len(documents)-1])
		}
		before, began := h.spent(nil), time.Now()
		if err := h.loadAll(ctx, documents); err != nil {
			return err
		}
		took += time.Since(began)
		after := h.spent(nil)
		cost.database, cost.self = cost.database+after.database-before.database, cost.self+after.self-before.self
		if err := h.sweep(ctx); err != nil {
			return err
		}
	}
	n := h.n - first
	rate := float64(n) / took.Seconds()
	fmt.Printf("%d records of %d bytes, loaded at %.0f a second, %.0f times as fast as pycsw; processor time of each: %d µs of the database, %d µs of this program\n",
		n, size/n, rate, rate/pycswLoads, cost.database.Microseconds()/int64(n), cost.self.Microseconds()/int64(n))
	return h.hand.run(ctx, "vacuum analyze")
}

// loadAll reads documents as register does, and writes them: while some are written, the next are read.
func (h *house) loadAll(ctx context.Context, documents [][]byte) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for len(documents) > 0 {
		some := documents[:min(batchSize, len(documents))]
		documents = documents[len(some):]
		group.Go(func() error { return h.apply(ctx, some) })
	}
	return group.Wait()
}

func (h *house) apply(ctx context.Context, documents [][]byte) error {
	changes := make([]record.Change, len(documents))
	for i, d := range documents {
		r, err := metadata.Decode(d)
		if err != nil {
			return err
		}
		r.Document, r.MediaType, r.Version = d, "application/xml", ows.ETag(d)
		changes[i] = record.Change{Record: r}
	}
	applied, err := h.store.Apply(ctx, writes, changes)
	for _, a := range applied {
		err = errors.Join(err, a.Err)
	}
	return err
}

// sweep empties the outbox, as the function does that sends what is in it.
func (h *house) sweep(ctx context.Context) error {
	for {
		events, err := h.store.OutboxAll(ctx, sweeps, catalogue.MaxLimit)
		if err != nil || len(events) == 0 {
			return err
		}
		ids := make([]string, len(events))
		for i, e := range events {
			ids[i] = e.ID
		}
		if err := h.store.Sent(ctx, sweeps, ids); err != nil {
			return fault.Classify(fault.KindOf(err), err, "emptying the outbox")
		}
	}
}
