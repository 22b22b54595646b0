package tilecache

import (
	"context"
	"sync"
	"time"

	"perigee/shared/fault"
	"perigee/shared/grid"
)

// task is a block to be drawn, with the state that each of its tiles will show: read before the drawing begins, so that
// a change that comes meanwhile makes the tile old.
type task struct {
	Block
	question Question
	known    *RevisionMap // nil: nobody knows the state
	stamps   map[grid.Tile]Stamp
	replaces bool // the store holds an old tile at the place of the question
}

// fly draws a block and hands out its tiles as they come; then it sees them stored.
func (c *Cache) fly(ctx context.Context, work task, f *flight) {
	var storing sync.WaitGroup
	defer storing.Wait()
	f.end(c.render(ctx, work, func(at grid.Tile, tile kept) error {
		if !f.arrive(at, tile) {
			return fault.New(fault.Internal, "the renderer gave tile %s, which is not of the block %s or came twice", at, work.At)
		}
		if work.known != nil {
			storing.Go(func() { c.keep(ctx, work, at, tile) })
		}
		return nil
	}))
}

// render draws a block when its turn comes.
func (c *Cache) render(ctx context.Context, work task, take func(grid.Tile, kept) error) error {
	select {
	case c.drawing <- struct{}{}:
		defer func() { <-c.drawing }()
	case <-ctx.Done():
		return fault.Classify(fault.Unavailable, context.Cause(ctx), "waiting for other tiles to be drawn")
	}
	for drawn, err := range c.config.Renderer.Render(ctx, work.Block) {
		if err != nil {
			return err
		}
		at := grid.Tile{Z: work.At.Z, Col: drawn.Col, Row: drawn.Row}
		if drawn.Empty {
			drawn.Picture = blank(work.Format)
		}
		stamp := work.stamps[at]
		if drawn.Stale {
			stamp = Stamp{}
		}
		if err := take(at, newKept(drawn.Picture, stamp, time.Now())); err != nil {
			return err
		}
	}
	return nil
}

// keep remembers a tile and writes it to the store, unless something newer is known already. An empty tile is only
// remembered, or else whoever walks through a pyramid could fill the store with nothing. A store that fails is no failure
// of the request: the tile is drawn again another time.
func (c *Cache) keep(ctx context.Context, work task, at grid.Tile, tile kept) {
	if !tile.stamp.Equal(c.stamp(work.question, work.known, at)) {
		return
	}
	address := work.Tile
	address.At = at
	tile.cells = Cells(address.Set, at)
	c.memory.put(address.place(), tile)
	if !work.question.Keep || tile.Empty && !(work.replaces && at == work.question.At) {
		return
	}
	key, err := address.Key()
	if err != nil {
		return // the block's own key had none
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	defer cancel()
	if err := c.config.Objects.Put(ctx, key, tile.object()); err != nil {
		c.config.Log.Warn("a tile cannot be stored", "key", key, "error", err)
	}
}
