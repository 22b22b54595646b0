package tilecache

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"perigee/shared/fault"
	"perigee/shared/grid"
)

// bucketed is a store of objects in memory.
type bucketed struct {
	mu      sync.Mutex
	objects map[string]Object
	gets    int
	getErr  error
	putErr  error
}

func (b *bucketed) Get(_ context.Context, key string) (Object, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gets++
	if b.getErr != nil {
		return Object{}, b.getErr
	}
	o, ok := b.objects[key]
	if !ok {
		return Object{}, fault.New(fault.NotFound, "no object %q", key)
	}
	return o, nil
}

func (b *bucketed) Put(_ context.Context, key string, o Object) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.putErr != nil {
		return b.putErr
	}
	if b.objects == nil {
		b.objects = map[string]Object{}
	}
	o.Modified = time.Now()
	b.objects[key] = o
	return nil
}

func (b *bucketed) keys() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.objects))
}

// painter draws tiles that tell what they are and in which drawing they were made.
type painter struct {
	mu     sync.Mutex
	blocks []Block
	delay  time.Duration // before each tile
	empty  bool
	kinds  []string // media types of the tiles in turn, instead of the block's
	err    error    // after the tiles of give
	give   int      // tiles before err
	ended  int      // drawings that saw their context end
}

func (p *painter) Render(ctx context.Context, b Block) iter.Seq2[Drawn, error] {
	p.mu.Lock()
	p.blocks = append(p.blocks, b)
	round := len(p.blocks)
	p.mu.Unlock()
	return func(yield func(Drawn, error) bool) {
		for i, at := range b.tiles() {
			if p.err != nil && i == p.give {
				yield(Drawn{}, p.err)
				return
			}
			select {
			case <-time.After(p.delay):
			case <-ctx.Done():
				p.mu.Lock()
				p.ended++
				p.mu.Unlock()
				yield(Drawn{}, context.Cause(ctx))
				return
			}
			body := fmt.Sprintf("%s %s #%d", b.Layer, at, round)
			picture := Picture{Body: []byte(body), MediaType: b.Format}
			if len(p.kinds) > 0 {
				picture.MediaType = p.kinds[i%len(p.kinds)]
			}
			if p.empty {
				picture = Picture{MediaType: b.Format, Empty: true}
			}
			if !yield(Drawn{Col: at.Col, Row: at.Row, Picture: picture}, nil) {
				return
			}
		}
	}
}

func (p *painter) drawn() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.blocks)
}

// table is a table of revisions in memory.
type table struct {
	mu      sync.Mutex
	rows    map[Revision]int64 // keyed by the row without its revision
	latest  map[string]int64
	err     error
	delay   time.Duration
	queries int
}

func (t *table) bump(workspace, layer string, cell, bucket int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.latest == nil {
		t.rows, t.latest = map[Revision]int64{}, map[string]int64{}
	}
	t.latest[workspace]++
	t.rows[Revision{Workspace: workspace, Layer: layer, Cell: cell, Bucket: bucket}] = t.latest[workspace]
}

func (t *table) Revisions(_ context.Context, since map[string]int64) ([]Revision, map[string]int64, error) {
	time.Sleep(t.delay)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queries++
	if t.err != nil {
		return nil, nil, t.err
	}
	var changed []Revision
	for row, revision := range t.rows {
		if revision > since[row.Workspace] {
			row.Revision = revision
			changed = append(changed, row)
		}
	}
	return changed, maps.Clone(t.latest), nil
}

func (t *table) set(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = err
}

// world is a cache with everything around it in memory.
type world struct {
	*Cache
	objects *bucketed
	painter *painter
	table   *table
}

func newWorld(t *testing.T, change ...func(*Config)) world {
	t.Helper()
	w := world{objects: &bucketed{}, painter: &painter{}, table: &table{}}
	for _, workspace := range []string{"", "w", "ws", "other"} { // where nothing was ever registered, nothing is drawn
		w.table.bump(workspace, "L", grid.Everywhere, AnyBucket)
	}
	config := Config{Objects: w.objects, Renderer: w.painter, Source: w.table, Made: "c1", Log: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&config)
	}
	w.Cache = New(config)
	return w
}

// ask asks for a tile of the layer L in Web Mercator, and waits until what it set off has ended.
func (w world) ask(t *testing.T, z, col, row int, change ...func(*Question)) Answer {
	t.Helper()
	answer, err := w.Tile(t.Context(), question(z, col, row, change...))
	if err != nil {
		t.Fatalf("tile %d/%d/%d: %v", z, col, row, err)
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return answer
}

func question(z, col, row int, change ...func(*Question)) Question {
	q := Question{
		Tile:       Tile{Layer: "L", Style: "default", Set: grid.GoogleMapsCompatible, At: grid.Tile{Z: z, Col: col, Row: row}, Format: PNG},
		Workspaces: []string{""}, Subject: "L", Keep: true,
	}
	for _, c := range change {
		c(&q)
	}
	return q
}
