package tilecache

import (
	"context"
	"maps"
	"time"

	"golang.org/x/sync/errgroup"

	"perigee/shared/fault"
	"perigee/shared/grid"
)

// Keeper is a store as a Seeder needs it.
type Keeper interface {
	Objects
	// Head is Get without the body.
	Head(ctx context.Context, key string) (Object, error)
	// Delete removes objects; those that are not there are no failure.
	Delete(ctx context.Context, keys []string) error
}

// Seeder fills a store before anybody asks, and empties it.
type Seeder struct {
	cache   *Cache
	objects Keeper
}

// NewSeeder makes a seeder of the same configuration as the cache that serves the tiles; its Objects are the keeper.
func NewSeeder(config Config, objects Keeper) *Seeder {
	config.Objects, config.Memory = objects, -1
	return &Seeder{New(config), objects}
}

// looking and storing bound how many objects of a block are looked at, or written, at the same time.
const looking, storing = 16, 8

// Seed sees to it that tiles, which lie within a few columns and rows of each other, are kept as they are to be now.
// Those that are kept and current are left, unless again is set; the others are drawn in one request for the smallest
// block that holds them, and stored. It tells how many were drawn. In q, the place of the tile does not count.
func (s *Seeder) Seed(ctx context.Context, q Question, at []grid.Tile, again bool) (drawn int, err error) {
	known, ok := s.cache.revisions.NotBefore(ctx, time.Now())
	if !ok {
		return 0, fault.New(fault.Unavailable, "the revisions of the catalogue cannot be read")
	}
	todo := at
	if !again {
		if todo, err = s.outdated(ctx, q, known, at); err != nil {
			return 0, err
		}
	}
	if len(todo) == 0 {
		return 0, nil
	}
	b, err := around(q.Tile, todo)
	if err != nil {
		return 0, err
	}
	b.Products, b.Revision, b.Buffer = known.Products(q.Workspace), known.LatestOf(q.Workspace), s.cache.config.Buffer
	work := task{Block: b, question: q, known: known, stamps: map[grid.Tile]Stamp{}}
	for _, tile := range todo {
		work.stamps[tile] = s.cache.stamp(q, known, tile)
	}
	return len(todo), s.draw(ctx, work)
}

// outdated lists the tiles that are not kept, or not current.
func (s *Seeder) outdated(ctx context.Context, q Question, known *RevisionMap, at []grid.Tile) ([]grid.Tile, error) {
	old := make([]bool, len(at))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(looking)
	for i := range at {
		group.Go(func() error {
			one := q
			one.At = at[i]
			current, err := s.isKept(ctx, one, known)
			old[i] = !current
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var todo []grid.Tile
	for i := range at {
		if old[i] {
			todo = append(todo, at[i])
		}
	}
	return todo, nil
}

func (s *Seeder) isKept(ctx context.Context, q Question, known *RevisionMap) (bool, error) {
	key, err := q.Key()
	if err != nil {
		return false, err
	}
	object, err := s.objects.Head(ctx, key)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return false, nil
	case err != nil:
		return false, err
	}
	stamp, ok := ParseStamp(object.Metadata[metaMade], object.Metadata[metaRevision])
	return ok && s.cache.isCurrent(ctx, q, known, kept{stamp: stamp, cells: Cells(q.Set, q.At)}), nil
}

// draw draws a block and stores the tiles that have a stamp. Every one of them must come, and be stored.
func (s *Seeder) draw(ctx context.Context, work task) error {
	ctx, cancel := context.WithTimeout(ctx, s.cache.config.Limit+storeTime)
	defer cancel()
	waiting := maps.Clone(work.stamps)
	var stores errgroup.Group
	stores.SetLimit(storing)
	err := s.cache.render(ctx, work, func(at grid.Tile, tile kept) error { // of one tile after the other
		if _, wanted := waiting[at]; wanted {
			delete(waiting, at)
			stores.Go(func() error { return s.store(ctx, work, at, tile) })
		}
		return nil
	})
	if failed := stores.Wait(); failed != nil && (err == nil || !fault.KindOf(failed).Permanent()) {
		err = failed
	}
	if err != nil {
		return err
	}
	if len(waiting) > 0 {
		return fault.New(fault.Unavailable, "the renderer left out %d of %d tiles", len(waiting), len(work.stamps))
	}
	return nil
}

// store writes a tile, unless something newer is known already: then it would be old, and might replace a new one.
func (s *Seeder) store(ctx context.Context, work task, at grid.Tile, tile kept) error {
	if !tile.stamp.Equal(s.cache.stamp(work.question, work.known, at)) {
		return nil
	}
	address := work.Tile
	address.At = at
	key, err := address.Key()
	if err != nil {
		return err
	}
	return s.objects.Put(ctx, key, tile.object())
}

// Delete removes tiles in every format. The place and the format of t do not count.
func (s *Seeder) Delete(ctx context.Context, t Tile, at []grid.Tile) error {
	var keys []string
	for _, t.At = range at {
		for _, t.Format = range Formats() {
			key, err := t.Key()
			if err != nil {
				return err
			}
			keys = append(keys, key)
		}
	}
	return s.objects.Delete(ctx, keys)
}

// around is the smallest block that holds the tiles.
func around(t Tile, at []grid.Tile) (Block, error) {
	first, last := at[0], at[0]
	for _, a := range at {
		if err := t.Set.Has(a); err != nil {
			return Block{}, err
		}
		first.Col, first.Row = min(first.Col, a.Col), min(first.Row, a.Row)
		last.Col, last.Row = max(last.Col, a.Col), max(last.Row, a.Row)
	}
	b := Block{Tile: t, Cols: last.Col - first.Col + 1, Rows: last.Row - first.Row + 1}
	if b.At = first; b.Cols > maxBlock || b.Rows > maxBlock {
		return Block{}, fault.New(fault.Invalid, "a block of %d x %d tiles is larger than %d x %d", b.Cols, b.Rows, maxBlock, maxBlock)
	}
	return b, nil
}
