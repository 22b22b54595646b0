package tilecache

import (
	"context"
	"iter"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"perigee/shared/fault"
	"perigee/shared/grid"
)

// Renderer draws blocks of tiles.
type Renderer interface {
	// Render yields the tiles of a block as they are drawn, in any order; a failure is yielded last.
	Render(ctx context.Context, b Block) iter.Seq2[Drawn, error]
}

// Config is what a cache works with. Objects, Renderer and Source must be set.
type Config struct {
	Objects  Objects
	Renderer Renderer
	Source   Source
	Made     string        // names the configuration that pictures depend on beside the catalogue; another one makes kept tiles old. What a workspace lays over it, its revisions tell
	Block    int           // tiles along a side of the blocks that are drawn at once; default 2
	Buffer   int           // pixels that are drawn around a block beside it
	Memory   int64         // bytes of tiles remembered in memory; default 64 MiB, negative for none
	Interval time.Duration // how old the knowledge of revisions may be; default 1 s
	Limit    time.Duration // of drawing one block; default 60 s
	Parallel int           // blocks drawn at the same time; default 16
	Log      *slog.Logger  // default slog.Default()
}

// Cache serves tiles: from memory, from the store, or drawn, whichever comes first and is current.
type Cache struct {
	config    Config
	revisions *Revisions
	memory    *memory
	flights   flights
	drawing   chan struct{} // holds one for each block being drawn
	began     time.Time
}

// maxBlock bounds the side of a block: an answer of the renderer stays within some megabytes. maxBuffer bounds what is
// drawn around it.
const maxBlock, maxBuffer = 16, grid.TileSize

// storeTime bounds the writing of one tile.
const storeTime = 30 * time.Second

// New makes a cache.
func New(config Config) *Cache {
	config.Block = min(max(orDefault(config.Block, 2), 1), maxBlock)
	config.Buffer = min(max(config.Buffer, 0), maxBuffer)
	config.Memory = orDefault(config.Memory, 64<<20)
	config.Interval = orDefault(config.Interval, time.Second)
	config.Limit = orDefault(config.Limit, time.Minute)
	config.Parallel = max(orDefault(config.Parallel, 16), 1)
	if config.Log == nil {
		config.Log = slog.Default()
	}
	return &Cache{
		config:    config,
		revisions: NewRevisions(config.Source, config.Interval, config.Log),
		memory:    newMemory(config.Memory),
		flights:   flights{by: map[string]*flight{}},
		drawing:   make(chan struct{}, config.Parallel),
		began:     time.Now(),
	}
}

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// Close waits for the tiles that are being stored.
func (c *Cache) Close(ctx context.Context) error {
	done := make(chan struct{})
	go func() { c.flights.ended.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Tile answers a question.
func (c *Cache) Tile(ctx context.Context, q Question) (Answer, error) {
	if err := q.Set.Has(q.At); err != nil {
		return Answer{}, err
	}
	known, current := c.revisions.Current(ctx)
	tile, remembered := c.memory.get(q.place())
	if !current || q.Unverified {
		return c.blind(ctx, q, tile, remembered)
	}
	if remembered && c.isCurrent(ctx, q, known, tile) {
		return tile.answer(Memory), nil
	}
	if c.isNowhere(q, known) {
		return newKept(blank(q.Format), Stamp{}, c.began).answer(Empty), nil
	}
	tile, found := c.stored(ctx, q.Tile)
	if found && c.isCurrent(ctx, q, known, tile) {
		c.memory.put(q.place(), tile)
		return tile.answer(Hit), nil
	}
	return c.draw(ctx, q, known, found)
}

// blind answers while nobody can tell what is current: with what is kept, else drawn and not kept.
func (c *Cache) blind(ctx context.Context, q Question, tile kept, remembered bool) (Answer, error) {
	if remembered {
		return tile.answer(Stale), nil
	}
	if tile, ok := c.stored(ctx, q.Tile); ok {
		c.memory.put(q.place(), tile)
		return tile.answer(Stale), nil
	}
	return c.draw(ctx, q, nil, false)
}

// stored reads a tile from the store. A store that fails is one that holds nothing.
func (c *Cache) stored(ctx context.Context, t Tile) (tile kept, ok bool) {
	key, err := t.Key()
	if err != nil {
		return kept{}, false // drawing it will tell
	}
	object, err := c.config.Objects.Get(ctx, key)
	switch {
	case err == nil:
		tile, ok = keptFrom(object, t.Format)
		tile.cells = Cells(t.Set, t.At)
		return tile, ok
	case fault.KindOf(err) != fault.NotFound && ctx.Err() == nil:
		c.config.Log.Warn("a kept tile cannot be read", "key", key, "error", err)
	}
	return kept{}, false
}

// isNowhere tells whether nothing that the layer shows was ever registered around a tile, at its time: then there is
// nothing on it, and neither the store nor the renderer needs to be asked. So nobody who walks through a pyramid fills
// anything where there is nothing.
func (c *Cache) isNowhere(q Question, known *RevisionMap) bool {
	cells := Cells(q.Set, q.At)
	for _, workspace := range q.Workspaces {
		if known.Needed(workspace, q.Subject, cells, q.Time) != 0 {
			return false
		}
	}
	return true
}

// isCurrent tells whether a tile still shows the present state. A stamp from the future is either of an instance that
// asked the catalogue later, or of another database: asking again tells which.
func (c *Cache) isCurrent(ctx context.Context, q Question, known *RevisionMap, tile kept) bool {
	if c.shows(q, known, tile) {
		return true
	}
	if !tile.stamp.ahead(c.stamp(q, known, q.At)) {
		return false
	}
	known, ok := c.revisions.NotBefore(ctx, time.Now())
	return ok && c.shows(q, known, tile)
}

// shows tells whether a tile has the stamp that it must have by what is known. It makes nothing, since each hit asks it.
func (c *Cache) shows(q Question, known *RevisionMap, tile kept) bool {
	if len(tile.stamp.Revisions) != len(q.Workspaces) || tile.stamp.Made != c.made(known.Products(q.Workspace)) {
		return false
	}
	for i, workspace := range q.Workspaces {
		if tile.stamp.Revisions[i] != known.Needed(workspace, q.Subject, tile.cells, q.Time) {
			return false
		}
	}
	return true
}

// stamp is the state that a tile must show now.
func (c *Cache) stamp(q Question, known *RevisionMap, at grid.Tile) Stamp {
	s := Stamp{Made: c.made(known.Products(q.Workspace)), Revisions: make([]int64, len(q.Workspaces))}
	cells := Cells(q.Set, at)
	for i, workspace := range q.Workspaces {
		s.Revisions[i] = known.Needed(workspace, q.Subject, cells, q.Time)
	}
	return s
}

// made names the configuration by which pictures are made in a workspace: the deployment's, or with what the workspace
// lays over it.
func (c *Cache) made(products int64) string {
	if products == 0 {
		return c.config.Made
	}
	return c.config.Made + "." + strconv.FormatInt(products, 10)
}

// Products is the revision of a workspace's own products, 0 for one that has none; ok is false while nobody can tell.
// It costs no more than Tile, which is asked next.
func (c *Cache) Products(ctx context.Context, workspace string) (revision int64, ok bool) {
	known, current := c.revisions.Current(ctx)
	return known.Products(workspace), current
}

// draw has the block of a tile drawn, once for all who wait for the same state of it. Without known, the tiles are
// neither stamped nor kept. Where the store holds an old tile, even an empty one replaces it.
func (c *Cache) draw(ctx context.Context, q Question, known *RevisionMap, replaces bool) (Answer, error) {
	b := q.block(c.config.Block)
	b.Buffer = c.config.Buffer
	origin, err := b.Key()
	if err != nil {
		return Answer{}, err
	}
	name := []string{origin}
	if known != nil {
		b.Products, b.Revision = known.Products(q.Workspace), known.LatestOf(q.Workspace)
		name = append(name, strconv.FormatInt(b.Products, 10))
	}
	work := task{Block: b, question: q, known: known, stamps: map[grid.Tile]Stamp{}, replaces: replaces}
	if known != nil {
		for _, at := range b.tiles() {
			work.stamps[at] = c.stamp(q, known, at)
			name = append(name, work.stamps[at].String())
		}
	}
	f := c.flights.board(ctx, strings.Join(name, "|"), b, c.config.Limit, func(ctx context.Context, f *flight) { c.fly(ctx, work, f) })
	tile, err := f.wait(ctx, q.At)
	if err != nil {
		return Answer{}, err
	}
	return tile.answer(Miss), nil
}
