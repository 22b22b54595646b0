package raster

import (
	"container/list"
	"context"
	"errors"
	"sync"
)

// blockKey names a decoded block.
type blockKey struct {
	file     uint64
	band     int
	level    int
	col, row int
	shape    [4]int32 // of the level and its units, should the same file be registered with several grids
	nodata   uint64   // bits of the value that stood for no data when a reduced block was computed
}

// blockCache keeps the most recently used blocks of all files within a number of bytes. A block that many want at the
// same time is made once.
type blockCache struct {
	mu      sync.Mutex
	entries map[blockKey]*entry
	order   *list.List // of *entry that are made, most recent first
	bytes   int64
	limit   int64
}

// entry is a block, or the promise of one.
type entry struct {
	key   blockKey
	ready chan struct{} // closed when block or err is set
	block *block
	err   error
	place *list.Element
	along []*entry // of other bands, that the same call of decode settles
}

func newBlockCache(limit int64) *blockCache {
	return &blockCache{entries: map[blockKey]*entry{}, order: list.New(), limit: limit}
}

// claim finds a block's entry. If the entry is new it is the caller's duty to settle it.
func (c *blockCache) claim(key blockKey) (e *entry, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries[key]; ok {
		if e.place != nil {
			c.order.MoveToFront(e.place)
		}
		return e, false
	}
	e = &entry{key: key, ready: make(chan struct{})}
	c.entries[key] = e
	return e, true
}

// settle fulfils the promise of an entry. Failures are not kept.
func (c *blockCache) settle(e *entry, b *block, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.block, e.err = b, err
	close(e.ready)
	if err != nil {
		delete(c.entries, e.key)
		return
	}
	e.place = c.order.PushFront(e)
	c.bytes += b.bytes()
	for c.bytes > c.limit && c.order.Len() > 1 {
		last := c.order.Back()
		old := last.Value.(*entry)
		c.order.Remove(last)
		delete(c.entries, old.key)
		c.bytes -= old.block.bytes()
	}
}

// wait waits for a block. again: who made it gave up because its own request ended; the caller should try itself.
func (e *entry) wait(ctx context.Context) (b *block, again bool, err error) {
	select {
	case <-e.ready:
	default:
		select {
		case <-e.ready:
		case <-ctx.Done():
			return nil, false, cancelled(ctx)
		}
	}
	if e.err != nil && ctx.Err() == nil && (errors.Is(e.err, context.Canceled) || errors.Is(e.err, context.DeadlineExceeded)) {
		return nil, true, nil
	}
	return e.block, false, e.err
}
