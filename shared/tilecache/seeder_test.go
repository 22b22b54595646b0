package tilecache

import (
	"context"
	"iter"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"perigee/shared/fault"
	"perigee/shared/grid"
)

// Head is Get without the body.
func (b *bucketed) Head(ctx context.Context, key string) (Object, error) {
	o, err := b.Get(ctx, key)
	o.Body = nil
	return o, err
}

// Delete removes objects.
func (b *bucketed) Delete(_ context.Context, keys []string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.putErr != nil {
		return b.putErr
	}
	for _, key := range keys {
		delete(b.objects, key)
	}
	return nil
}

// rows draws every tile of a block, and says which blocks it drew.
type rows struct {
	blocks []Block
	leave  int // so many tiles are left out
	err    error
	during func()
}

func (r *rows) Render(_ context.Context, b Block) iter.Seq2[Drawn, error] {
	r.blocks = append(r.blocks, b)
	return func(yield func(Drawn, error) bool) {
		if r.during != nil {
			r.during()
		}
		tiles := b.tiles()
		for i, at := range tiles[:len(tiles)-r.leave] {
			if !yield(Drawn{Col: at.Col, Row: at.Row, Picture: Picture{Body: []byte("x"), MediaType: PNG, Empty: i == 0}}, nil) {
				return
			}
		}
		if r.err != nil {
			yield(Drawn{}, r.err)
		}
	}
}

// changes is a catalogue whose every tile has one revision.
type changes struct {
	at  atomic.Int64
	err error
}

func (c *changes) Revisions(_ context.Context, since map[string]int64) ([]Revision, map[string]int64, error) {
	n := c.at.Load()
	if n == since[""] {
		return nil, map[string]int64{"": n}, c.err
	}
	return []Revision{{Layer: "S2L2A", Cell: grid.Everywhere, Bucket: AnyBucket, Revision: n}}, map[string]int64{"": n}, c.err
}

func seeding() (*Seeder, *bucketed, *rows, *changes) {
	store, renderer, source := &bucketed{}, &rows{}, &changes{}
	source.at.Store(1)
	return NewSeeder(Config{Renderer: renderer, Source: source, Made: "m"}, store), store, renderer, source
}

var (
	asked    = Question{Tile: Tile{Layer: "S2L2A", Style: "default", Set: grid.WGS84, Format: PNG}, Workspaces: []string{""}, Subject: "S2L2A", Keep: true}
	fourOf16 = []grid.Tile{{Z: 5, Col: 4, Row: 4}, {Z: 5, Col: 5, Row: 4}, {Z: 5, Col: 4, Row: 5}, {Z: 5, Col: 5, Row: 5}}
)

func (b *bucketed) revisions() []string {
	var all []string
	for _, key := range b.keys() {
		all = append(all, b.objects[key].Metadata[metaRevision])
	}
	return all
}

func TestSeedDrawsWhatIsNotCurrent(t *testing.T) {
	s, store, renderer, source := seeding()
	seed := func(at []grid.Tile, again bool, want int) {
		t.Helper()
		if drawn, err := s.Seed(t.Context(), asked, at, again); err != nil || drawn != want {
			t.Fatalf("%d drawn, %v; want %d", drawn, err, want)
		}
	}
	seed(fourOf16[:1], false, 1)
	seed(fourOf16, false, 3)
	if n := len(renderer.blocks); n != 2 || renderer.blocks[1].Cols != 2 || renderer.blocks[1].Rows != 2 {
		t.Fatalf("the blocks were %+v", renderer.blocks)
	}
	seed(fourOf16, false, 0)
	seed(fourOf16, true, 4)
	if len(renderer.blocks) != 3 {
		t.Errorf("%d requests for blocks", len(renderer.blocks))
	}
	source.at.Store(2) // seen at once, not after a second
	seed(fourOf16[1:3], false, 2)
	if got := store.revisions(); !slices.Equal(got, []string{"1", "2", "2", "1"}) {
		t.Errorf("kept at %v", got)
	}
	if err := s.Delete(t.Context(), asked.Tile, fourOf16[:3]); err != nil || len(store.keys()) != 1 {
		t.Errorf("%v, and %q are left", err, store.keys())
	}
}

// A tile that the cache kept is current for the seeder, and the other way about.
func TestSeederAndCacheAgree(t *testing.T) {
	s, store, renderer, source := seeding()
	if _, err := s.Seed(t.Context(), asked, fourOf16, false); err != nil {
		t.Fatal(err)
	}
	c := New(Config{Objects: store, Renderer: renderer, Source: source, Made: "m"})
	q := asked
	for _, q.At = range fourOf16 {
		if answer, err := c.Tile(t.Context(), q); err != nil || answer.State != Hit {
			t.Errorf("%s is a %s: %v", q.At, answer.State, err)
		}
	}
}

func TestSeedFailures(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*Seeder, *bucketed, *rows, *changes)
		kind  fault.Kind
	}{
		"a tile is left out":       {func(_ *Seeder, _ *bucketed, r *rows, _ *changes) { r.leave = 1 }, fault.Unavailable},
		"the renderer breaks off":  {func(_ *Seeder, _ *bucketed, r *rows, _ *changes) { r.err = fault.New(fault.Unavailable, "off") }, fault.Unavailable},
		"the layer is not there":   {func(_ *Seeder, _ *bucketed, r *rows, _ *changes) { r.leave, r.err = 4, fault.New(fault.NotFound, "no") }, fault.NotFound},
		"the store takes nothing":  {func(_ *Seeder, b *bucketed, _ *rows, _ *changes) { b.putErr = fault.New(fault.Unavailable, "full") }, fault.Unavailable},
		"the store cannot be read": {func(_ *Seeder, b *bucketed, _ *rows, _ *changes) { b.getErr = fault.New(fault.Unavailable, "away") }, fault.Unavailable},
		"the catalogue is away":    {func(_ *Seeder, _ *bucketed, _ *rows, c *changes) { c.err = fault.New(fault.Unavailable, "away") }, fault.Unavailable},
		"both, one of which may end": {func(_ *Seeder, b *bucketed, r *rows, _ *changes) {
			r.err, b.putErr = fault.New(fault.Invalid, "no"), fault.New(fault.Unavailable, "full")
		}, fault.Unavailable},
	} {
		s, store, renderer, source := seeding()
		c.spoil(s, store, renderer, source)
		if _, err := s.Seed(t.Context(), asked, fourOf16, false); fault.KindOf(err) != c.kind || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, _, _, _ := seeding()
	if _, err := s.Seed(t.Context(), asked, []grid.Tile{{Z: 5}, {Z: 5, Col: 40}}, false); fault.KindOf(err) != fault.Invalid {
		t.Errorf("tiles far apart: %v", err)
	}
	if _, err := s.Seed(t.Context(), asked, []grid.Tile{{Z: 5, Col: 1000}}, true); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a tile outside: %v", err)
	}
}

// What became old while it was drawn does not replace what somebody else drew since.
func TestSeedDoesNotStoreWhatIsKnownToBeOld(t *testing.T) {
	s, store, renderer, source := seeding()
	renderer.during = func() {
		source.at.Store(2)
		s.cache.revisions.NotBefore(t.Context(), time.Now())
	}
	if _, err := s.Seed(t.Context(), asked, fourOf16, false); err != nil || len(store.keys()) != 0 {
		t.Errorf("%v, and %q were stored", err, store.keys())
	}
}

// What was seeded with a workspace's own products is current for the cache, until they change; the renderer is told.
func TestSeedingWithOwnProducts(t *testing.T) {
	store, renderer, source := &bucketed{}, &rows{}, &table{}
	config := Config{Objects: store, Renderer: renderer, Source: source, Made: "m"}
	s := NewSeeder(config, store)
	q := asked
	q.Workspace, q.Workspaces, q.At = "ws", []string{"ws"}, fourOf16[0]
	source.bump("ws", q.Subject, grid.Everywhere, AnyBucket)
	for round := range 2 {
		source.bump("ws", productsLayer, grid.Everywhere, AnyBucket)
		if drawn, err := s.Seed(t.Context(), q, fourOf16, false); err != nil || drawn != 4 {
			t.Errorf("%d drawn, %v", drawn, err)
		}
		if got := renderer.blocks[len(renderer.blocks)-1].Products; got != int64(round+2) {
			t.Errorf("the renderer is told %d", got)
		}
		if a, err := New(config).Tile(t.Context(), q); err != nil || a.State != Hit {
			t.Errorf("the tile is %s, %v", a.State, err)
		}
	}
}
