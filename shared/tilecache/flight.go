package tilecache

import (
	"context"
	"sync"
	"time"

	"perigee/shared/fault"
	"perigee/shared/grid"
)

// flight is one drawing of a block, for everybody who waits for one of its tiles.
type flight struct {
	cancel context.CancelFunc
	drawn  chan struct{} // closed when the drawing ended, well or not
	ready  map[grid.Tile]chan struct{}

	mu        sync.Mutex
	waiting   int
	calledOff bool // nobody waited any more
	tiles     map[grid.Tile]kept
	err       error
}

func newFlight(b Block, cancel context.CancelFunc) *flight {
	f := &flight{cancel: cancel, drawn: make(chan struct{}), ready: map[grid.Tile]chan struct{}{}, tiles: map[grid.Tile]kept{}}
	for _, at := range b.tiles() {
		f.ready[at] = make(chan struct{})
	}
	return f
}

// join is false when the drawing was called off or failed.
func (f *flight) join() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calledOff || f.err != nil {
		return false
	}
	f.waiting++
	return true
}

// leave ends the waiting of one. When all have gone before a first tile came, the drawing is called off; later the rest
// of the block is worth having.
func (f *flight) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.waiting--; f.waiting == 0 && len(f.tiles) == 0 && !f.calledOff {
		f.calledOff = true
		f.cancel()
	}
}

// arrive hands out a tile. It is false for one that is not of the block, or came before.
func (f *flight) arrive(at grid.Tile, tile kept) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	ready, ok := f.ready[at]
	if _, twice := f.tiles[at]; !ok || twice {
		return false
	}
	f.tiles[at] = tile
	close(ready)
	return true
}

// end says that no more tiles come, and why not all came.
func (f *flight) end(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err = err; err == nil && len(f.tiles) < len(f.ready) {
		f.err = fault.New(fault.Unavailable, "the renderer gave %d of the %d tiles of a block", len(f.tiles), len(f.ready))
	}
	close(f.drawn)
}

// wait gives the tile once it is drawn.
func (f *flight) wait(ctx context.Context, at grid.Tile) (kept, error) {
	defer f.leave()
	select {
	case <-f.ready[at]:
	case <-f.drawn:
	case <-ctx.Done():
		return kept{}, fault.Classify(fault.Unavailable, context.Cause(ctx), "waiting for tile %s", at)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if tile, ok := f.tiles[at]; ok {
		return tile, nil
	}
	return kept{}, f.err
}

// flights are the drawings under way.
type flights struct {
	mu    sync.Mutex
	by    map[string]*flight
	ended sync.WaitGroup
}

// board gives the flight of a key, and starts run in one of its own when there is none. The drawing lives as long as
// somebody waits for it, and at most for limit; values of the context of who came first go with it.
func (s *flights) board(ctx context.Context, key string, b Block, limit time.Duration, run func(context.Context, *flight)) *flight {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.by[key]; f != nil && f.join() {
		return f
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	f := newFlight(b, cancel)
	f.join()
	s.by[key] = f
	s.ended.Go(func() {
		defer s.land(key, f)
		defer cancel()
		run(ctx, f)
	})
	return f
}

// land forgets a flight, unless another one took its key.
func (s *flights) land(key string, f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by[key] == f {
		delete(s.by, key)
	}
}
