package main

import (
	"cmp"
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"perigee/shared/catalogue"
	"perigee/shared/record"
	"perigee/shared/scope"
)

var (
	writes = scope.New(scope.System, "bench", scope.Writer)
	sweeps = scope.New(scope.System, "bench", scope.Admin)
)

func (h *house) open(ctx context.Context) error {
	if err := catalogue.Migrate(ctx, h.url, func(string) {}); err != nil {
		return err
	}
	var err error
	if h.store, err = catalogue.Open(ctx, catalogue.Config{URL: h.url, MaxConns: int32(h.clients + h.writers + 1)}); err != nil {
		return err
	}
	h.hand, err = newHand(ctx, h.url, h.clients)
	return err
}

func (h *house) close() {
	h.store.Close()
	h.hand.close()
}

// load fills the catalogue up to its number, and tells how fast.
func (h *house) load(ctx context.Context) error {
	var there int
	if err := h.hand.row(ctx, &there, "select coalesce(sum(n), 0)::bigint from perigee.tally where type = 'item' and place = -3 and month = -1"); err != nil {
		return err
	}
	if there >= h.n {
		fmt.Printf("\n%d items are there already\n", there)
		if err := h.declare(ctx); err != nil {
			return err
		}
		return h.sample(ctx)
	}
	began, spent := time.Now(), h.spent(ctx)
	l := &loading{house: h, generator: newGenerator(h.n, h.small), writers: h.writers, left: h.n}
	if err := cmp.Or(l.run(ctx), ctx.Err()); err != nil {
		return err
	}
	took := time.Since(began)
	fmt.Printf("\n%d items through the batch door by %d writers, %d at once: %.0f items/s, the last tenth %.0f items/s\n",
		h.n, h.writers, h.batch, float64(h.n)/took.Seconds(), float64(h.n)/10/time.Since(l.lastTenth).Seconds())
	theirs, mine := h.spent(ctx).since(spent)
	fmt.Printf("processor time of an item: %.0f µs of the database, %.0f µs of this program, which makes the scenes too\n",
		float64(theirs.Microseconds())/float64(h.n), float64(mine.Microseconds())/float64(h.n))
	return h.settle(ctx)
}

// settle lets the database do what it would do at night, and learns which items there are.
func (h *house) settle(ctx context.Context) error {
	if err := h.hand.exec(ctx, "vacuum analyze"); err != nil {
		return err
	}
	if err := h.declare(ctx); err != nil {
		return err
	}
	return h.sample(ctx)
}

func (h *house) sample(ctx context.Context) error {
	rows, err := h.hand.pool.Query(ctx, "select collection, id from perigee.record tablesample system ($1) where type = 'item' limit 20000", min(100, 4e6/float64(h.n)))
	if err != nil {
		return err
	}
	h.ids, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (pair [2]string, err error) { return pair, row.Scan(&pair[0], &pair[1]) })
	return err
}

// loading is writers at work.
type loading struct {
	*house
	generator *generator
	writers   int
	left      int // below zero: until the context ends
	lastTenth time.Time
	written   atomic.Int64
}

// run has several writers write what one generator makes, and one sweeper empty the outbox as register does.
func (l *loading) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	batches, done := make(chan []record.Change, 2), make(chan struct{})
	group.Go(func() error {
		defer close(batches)
		return l.generate(ctx, batches)
	})
	var writers errgroup.Group
	for range l.writers {
		writers.Go(func() error { return l.write(ctx, batches) })
	}
	group.Go(func() error {
		defer close(done)
		return writers.Wait()
	})
	group.Go(func() error { return l.sweep(ctx, done) })
	return group.Wait()
}

func (l *loading) generate(ctx context.Context, batches chan<- []record.Change) error {
	for l.left != 0 {
		size := l.batch
		if l.left > 0 {
			size = min(size, l.left)
			l.left -= size
		}
		if l.lastTenth.IsZero() && l.left >= 0 && l.left <= l.n/10 {
			l.lastTenth = time.Now()
		}
		select {
		case batches <- l.generator.batch(size):
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

func (l *loading) write(ctx context.Context, batches <-chan []record.Change) error {
	for batch := range batches {
		applied, err := l.store.Apply(ctx, writes, batch)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		for _, a := range applied {
			if a.Err != nil {
				return fmt.Errorf("%s: %w", a.Key.ID, a.Err)
			}
		}
		l.written.Add(int64(len(batch)))
	}
	return nil
}

// sweep takes events from the outbox, as the function does that sends them.
func (l *loading) sweep(ctx context.Context, done <-chan struct{}) error {
	for ctx.Err() == nil {
		events, err := l.store.OutboxAll(ctx, sweeps, catalogue.MaxLimit)
		if err != nil {
			return ended(ctx, err)
		}
		if len(events) == 0 {
			select {
			case <-done:
				return nil
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
			continue
		}
		ids := make([]string, len(events))
		for i, e := range events {
			ids[i] = e.ID
		}
		if err := l.store.Sent(ctx, sweeps, ids); err != nil {
			return ended(ctx, err)
		}
	}
	return nil
}

// ended is no failure when the work was to end.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// whileLoading asks while one writer writes what comes after the five years.
func (h *house) whileLoading(ctx context.Context) error {
	loading := &loading{house: h, generator: newGenerator(h.n, h.small), writers: 1, left: -1}
	loading.generator.at = lastDay.Add(time.Duration(h.seed % uint64(1000*time.Hour)))
	loading.generator.number = h.n + int(h.seed%1_000_000_000)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group errgroup.Group
	began := time.Now()
	group.Go(func() error { return loading.run(ctx) })
	_, err := h.table(ctx)
	fmt.Printf("meanwhile %.0f items/s came in\n", float64(loading.written.Load())/time.Since(began).Seconds())
	cancel()
	if failed := group.Wait(); err == nil {
		err = failed
	}
	return err
}
