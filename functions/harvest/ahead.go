package main

import (
	"context"
	"log/slog"
	"time"

	"perigee/shared/catalogue"
)

// lookedAhead is the next page, which is read while this one is asked for.
type lookedAhead struct {
	href string
	seen chan sight
	stop context.CancelFunc
}

// lookAhead begins to read the next page, when a step leads to one.
func (w *walker) lookAhead(ctx context.Context, step catalogue.HarvestStep) {
	w.drop()
	if !w.harvester.Paged() || len(step.Below) != 1 || step.Error != "" || time.Now().After(w.deadline) {
		return
	}
	ctx, stop := context.WithTimeout(ctx, stepTime)
	w.ahead = &lookedAhead{step.Below[0].Href, make(chan sight, 1), stop}
	go func(a *lookedAhead) {
		var s sight
		s.found, s.err = w.source.Visit(ctx, a.href)
		a.seen <- s
	}(w.ahead)
}

// drop forgets a page that was read ahead.
func (w *walker) drop() {
	if w.ahead != nil {
		w.ahead.stop()
		w.ahead = nil
	}
}

// visitOne looks at a node, unless that was done ahead.
func (w *walker) visitOne(ctx context.Context, href string) (s sight) {
	if a := w.ahead; a != nil && a.href == href {
		select {
		case s = <-a.seen:
			return s
		case <-ctx.Done():
		}
	}
	s.found, s.err = w.source.Visit(ctx, href)
	return s
}

// handling is how long a request for a registration may take before a harvest no longer waits for it: it has become a dead
// letter then.
const handling = 10 * time.Minute

// wait waits while registration is behind with what the run asked for, no longer than the invocation lasts.
func (w *walker) wait(ctx context.Context, run catalogue.HarvestRun) (behind bool, err error) {
	if w.backlog == 0 || w.hopeless != nil {
		return false, nil
	}
	for told := false; ; told = true {
		n, err := w.store.HarvestBacklog(ctx, w.sc, run, handling)
		if err != nil || n <= w.backlog {
			return false, err
		}
		if time.Now().After(w.deadline) {
			return true, nil
		}
		if !told {
			slog.Info("registration is behind, the harvest waits", "run", run.ID, "waiting", n)
		}
		select {
		case <-time.After(w.asking):
		case <-ctx.Done():
			return true, nil
		}
	}
}

// later hands a run on without having looked at anything.
func (w *walker) later(ctx context.Context, run catalogue.HarvestRun) (catalogue.HarvestRun, error) {
	next, err := continuation(run)
	if err != nil {
		return run, err
	}
	after, err := w.store.StepHarvest(context.WithoutCancel(ctx), w.sc, run, catalogue.HarvestStep{Continue: next}, w.holding)
	w.handedOn = err == nil
	return after, err
}
