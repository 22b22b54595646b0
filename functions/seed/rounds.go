package main

import (
	"context"
	"sync"
	"time"

	"perigee/shared/fault"
	"perigee/shared/record"
)

// rounds looks at changes together: events of items come one by one and by the thousand, and a look costs the same for
// one as for many. Those of a workspace that come while a look is under way wait for the next one, which is for all of them.
type rounds struct {
	mu      sync.Mutex
	waiting map[string]*round // by workspace: the one that has not begun
	turn    chan struct{}     // one look at a time
	pace    time.Duration     // between the beginnings of looks, so that there is something to look at
	next    time.Time         // when the next look may begin; of whoever has the turn
}

// round is one look and those who wait for it.
type round struct {
	items []record.Key
	done  chan struct{}
	err   error // once it is done
}

// roundTime bounds a look, which is not the first one's alone and does not end with its request.
const roundTime = time.Minute

func newRounds() *rounds {
	return &rounds{waiting: map[string]*round{}, turn: make(chan struct{}, 1), pace: 50 * time.Millisecond}
}

// look returns what came of a look that began after it was called, at all items that were named to it until then.
func (r *rounds) look(ctx context.Context, workspace string, named []record.Key, at func(context.Context, []record.Key) error) error {
	mine, first := r.join(workspace, named)
	if first {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), roundTime)
		defer cancel()
		r.run(ctx, workspace, mine, at)
		return mine.err
	}
	select {
	case <-mine.done:
		return mine.err
	case <-ctx.Done():
		return fault.Classify(fault.Unavailable, ctx.Err(), "waiting for a look at changes")
	}
}

func (r *rounds) join(workspace string, named []record.Key) (mine *round, first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	mine = r.waiting[workspace]
	if first = mine == nil; first {
		mine = &round{done: make(chan struct{})}
		r.waiting[workspace] = mine
	}
	mine.items = append(mine.items, named...)
	return mine, first
}

func (r *rounds) run(ctx context.Context, workspace string, mine *round, at func(context.Context, []record.Key) error) {
	defer close(mine.done)
	mine.err = fault.New(fault.Internal, "a look at changes did not end") // unless it does
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
		time.Sleep(time.Until(r.next)) // a part of a second at most
		r.next = time.Now().Add(r.pace)
		r.begin(workspace)
		mine.err = at(ctx, mine.items)
	case <-ctx.Done():
		r.begin(workspace)
		mine.err = fault.Classify(fault.Unavailable, ctx.Err(), "waiting for another look at changes")
	}
}

// begin lets who comes from here on wait for another round.
func (r *rounds) begin(workspace string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.waiting, workspace)
}
