package main

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"perigee/shared/fault"
	"perigee/shared/product"
	"perigee/shared/scope"
)

// However many ask, the catalogue is asked once, and again a second later at the earliest.
func TestViewsAskOnce(t *testing.T) { synctest.Test(t, viewsAskOnce) }

func viewsAskOnce(t *testing.T) {
	store := testMemory()
	store.slow = make(chan struct{})
	v := &views{store: store, products: product.NewWorkspaces(product.Config{})}
	var waiting sync.WaitGroup
	for range 20 {
		waiting.Go(func() {
			if _, err := v.of(t.Context(), system); err != nil {
				t.Error(err)
			}
		})
	}
	gaveUp, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.of(gaveUp, system); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("who does not wait: %v", err)
	}
	close(store.slow)
	waiting.Wait()
	if _, err := v.of(t.Context(), system); err != nil || store.reads.Load() > 2 {
		t.Errorf("%d questions (%v)", store.reads.Load(), err)
	}
	before := store.reads.Load()
	if _, err := v.of(t.Context(), scope.New("ws", "")); err != nil || store.reads.Load() != before+1 {
		t.Error("a workspace has a view of its own")
	}
	v.known = map[string]view{}
	store.err = errors.New("no")
	if _, err := v.of(t.Context(), system); err == nil {
		t.Error("a failure is remembered as a view")
	}
}

// CSC-06: what is seeded leaves turns to maps: however many ask for blocks, half of the turns at most are taken by them, and maps
// and tiles that somebody waits for get the others at once. Only where there is one turn in all it is shared.
func TestSeedingLeavesTurnsToMaps(t *testing.T) {
	for draws := 1; draws <= 9; draws++ {
		synctest.Test(t, func(t *testing.T) { seedingLeavesTurns(t, draws) })
	}
}

func seedingLeavesTurns(t *testing.T, draws int) {
	c := testConfig()
	c.Draws = draws
	p, err := newPainter(c, testMemory(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, giveUp := context.WithCancel(t.Context())
	var mu sync.Mutex
	var leaves []func()
	var waiting sync.WaitGroup
	ask := func(of ground, n int) int {
		before := len(leaves)
		for range n {
			waiting.Go(func() {
				if leave, err := p.turn(ctx, of); err == nil {
					mu.Lock()
					leaves = append(leaves, leave)
					mu.Unlock()
				}
			})
		}
		synctest.Wait() // until all have a turn or wait for one
		return len(leaves) - before
	}
	most := max(draws/2, 1)
	if got := ask(background, 3*draws); got != most {
		t.Errorf("seeding took %d of %d turns", got, draws)
	}
	if got := ask(foreground, draws); got != draws-most {
		t.Errorf("maps got %d of %d turns while seeding", got, draws)
	}
	for range draws { // whoever is done makes room: for maps first come those that wait, and seeding never gets more
		mu.Lock()
		leave := leaves[0]
		leaves = leaves[1:]
		mu.Unlock()
		leave()
		synctest.Wait()
		if len(p.behind) > most || len(p.draws) > draws {
			t.Errorf("%d turns of seeding, %d of all", len(p.behind), len(p.draws))
		}
	}
	giveUp()
	waiting.Wait()
	for _, leave := range leaves {
		leave()
	}
	if len(p.behind) != 0 || len(p.draws) != 0 {
		t.Errorf("%d and %d turns are lost", len(p.behind), len(p.draws))
	}
}
