package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/scope"
)

// fate ends a worker at one of the steps that others notice, before or behind it: from then on nothing works any more.
type fate struct {
	*catalogue.Store
	send   func(context.Context, ...event.Event) error
	at     int
	behind bool
	steps  int
	dead   bool
}

func (f *fate) do(step func() error) error {
	cut := fault.New(fault.Unavailable, "the worker is dead")
	f.steps++
	if f.dead = f.dead || (f.steps == f.at && !f.behind); f.dead {
		return cut
	}
	err := step()
	if f.dead = f.steps == f.at; f.dead {
		return cut
	}
	return err
}

func (f *fate) Send(ctx context.Context, events ...event.Event) error {
	return f.do(func() error { return f.send(ctx, events...) })
}

func (f *fate) StartHarvest(ctx context.Context, sc scope.Scope, start catalogue.HarvestStart) (run catalogue.HarvestRun, created bool, err error) {
	err = f.do(func() error { run, created, err = f.Store.StartHarvest(ctx, sc, start); return err })
	return run, created, err
}

func (f *fate) LeaseHarvest(ctx context.Context, sc scope.Scope, id string, holding time.Duration) (run catalogue.HarvestRun, held bool, err error) {
	err = f.do(func() error { run, held, err = f.Store.LeaseHarvest(ctx, sc, id, holding); return err })
	return run, held, err
}

func (f *fate) ReleaseHarvest(ctx context.Context, sc scope.Scope, run catalogue.HarvestRun) error {
	return f.do(func() error { return f.Store.ReleaseHarvest(ctx, sc, run) })
}

func (f *fate) HarvestNodes(ctx context.Context, sc scope.Scope, run catalogue.HarvestRun, limit int) (nodes []catalogue.HarvestNode, err error) {
	err = f.do(func() error { nodes, err = f.Store.HarvestNodes(ctx, sc, run, limit); return err })
	return nodes, err
}

func (f *fate) StepHarvest(ctx context.Context, sc scope.Scope, run catalogue.HarvestRun, step catalogue.HarvestStep, holding time.Duration) (after catalogue.HarvestRun, err error) {
	err = f.do(func() error { after, err = f.Store.StepHarvest(ctx, sc, run, step, holding); return err })
	return after, err
}

func (f *fate) ForgetHarvestNodes(ctx context.Context, sc scope.Scope) (more bool, err error) {
	err = f.do(func() error { more, err = f.Store.ForgetHarvestNodes(ctx, sc); return err })
	return more, err
}

func (f *fate) HarvestEvents(ctx context.Context, sc scope.Scope, limit int) (events []catalogue.Event, err error) {
	err = f.do(func() error { events, err = f.Store.HarvestEvents(ctx, sc, limit); return err })
	return events, err
}

func (f *fate) Sent(ctx context.Context, sc scope.Scope, ids []string) error {
	return f.do(func() error { return f.Store.Sent(ctx, sc, ids) })
}

// A worker is killed before and behind each thing it does that others notice. Its event comes again to another worker, who
// ends what was begun: every item is asked for, every step counts once.
func TestKilledAtEachStep(t *testing.T) {
	w := newWorld(t)
	objects, expected := wide(130)
	for _, budget := range []time.Duration{0, time.Minute} {
		for _, behind := range []bool{false, true} {
			for at := 1; ; at++ {
				name := fmt.Sprintf("budget %s, behind %v, step %d", budget, behind, at)
				if !w.killedAt(name, budget, behind, at, objects, expected) {
					break
				}
			}
		}
	}
}

// killedAt tells whether the worker got as far as that step.
func (w *world) killedAt(name string, budget time.Duration, behind bool, at int, objects map[string]string, expected []string) bool {
	w.t.Helper()
	m := &memory{objects: objects, reads: map[string]int{}}
	doomed, other := inMemory(w.worker(), m), inMemory(w.worker(), m)
	f := &fate{Store: w.store, send: doomed.send, at: at, behind: behind}
	doomed.store, doomed.send, doomed.holding, doomed.budget, other.budget = f, f.Send, 50*time.Millisecond, budget, budget
	first := wanted(name, "all", "", "")
	w.mutex.Lock()
	w.queue = append(w.queue, first)
	w.mutex.Unlock()
	for e, more := w.take(); more; e, more = w.take() {
		worker := doomed
		if f.dead {
			worker = other
		}
		if _, err := worker.event(context.Background(), e); err != nil {
			if worker == other {
				w.t.Fatalf("%s: %v", name, err)
			}
			w.mutex.Lock()
			w.queue = append(w.queue, e)
			w.mutex.Unlock()
		}
	}
	run := w.latest("")
	if run.Status != catalogue.HarvestFinished || run.Requested != int64(len(expected)) || run.Visited != run.Nodes || run.Failed != 0 {
		w.t.Errorf("%s: %+v", name, run)
	}
	want := slices.Sorted(slices.Values(expected))
	if got := slices.Compact(w.registered()); !slices.Equal(got, want) {
		w.t.Errorf("%s: asked to register %d documents, not %d: %s", name, len(got), len(want), strings.Join(got[:min(len(got), 3)], ", "))
	}
	return f.dead
}
