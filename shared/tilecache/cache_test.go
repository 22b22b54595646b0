package tilecache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/record"
)

// CSC-02: the second request does not call the renderer, on this instance nor on another one.
func TestMissIsDrawnOnceAndStored(t *testing.T) {
	w := newWorld(t)
	if a := w.ask(t, 3, 5, 2); a.State != Miss || string(a.Body) != "L 3/5/2 #1" {
		t.Fatalf("the first answer is %s %q", a.State, a.Body)
	}
	want := []string{
		"_/L/default/GoogleMapsCompatible/default/3/4/2.png", "_/L/default/GoogleMapsCompatible/default/3/4/3.png",
		"_/L/default/GoogleMapsCompatible/default/3/5/2.png", "_/L/default/GoogleMapsCompatible/default/3/5/3.png",
	}
	if got := w.objects.keys(); !slices.Equal(got, want) {
		t.Fatalf("stored %q, want the aligned block %q", got, want)
	}
	if a := w.ask(t, 3, 4, 3); a.State != Memory || string(a.Body) != "L 3/4/3 #1" {
		t.Errorf("the neighbour is %s %q", a.State, a.Body)
	}
	other := New(w.config)
	a, err := other.Tile(t.Context(), question(3, 5, 2))
	if err != nil || a.State != Hit || string(a.Body) != "L 3/5/2 #1" {
		t.Errorf("another instance answers %s %q, %v", a.State, a.Body, err)
	}
	if a, _ := other.Tile(t.Context(), question(3, 5, 2)); a.State != Memory || a.ETag == "" || a.Modified.IsZero() {
		t.Errorf("asked again, it answers %+v", a)
	}
	if n := w.painter.drawn(); n != 1 {
		t.Errorf("%d blocks were drawn", n)
	}
}

func TestBlocksEndAtTheBorderOfTheSet(t *testing.T) {
	w := newWorld(t)
	w.ask(t, 0, 0, 0)
	if b := w.painter.blocks[0]; b.Cols != 1 || b.Rows != 1 {
		t.Errorf("level 0 was drawn as %d x %d tiles", b.Cols, b.Rows)
	}
	if _, err := w.Tile(t.Context(), question(2, 4, 0)); fault.LocatorOf(err) != "TileCol" {
		t.Errorf("a tile outside gives %v", err)
	}
}

func TestHundredWaitersOneDrawing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.painter.delay = time.Second
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				a, err := w.Tile(t.Context(), question(5, 8+i%2, 8+i/2%2))
				if want := fmt.Sprintf("L 5/%d/%d #1", 8+i%2, 8+i/2%2); err != nil || string(a.Body) != want {
					t.Errorf("waiter %d got %q, %v, want %q", i, a.Body, err, want)
				}
			})
		}
		all.Wait()
		if n := w.painter.drawn(); n != 1 {
			t.Errorf("%d blocks were drawn for 100 waiters", n)
		}
		_ = w.Close(t.Context())
	})
}

func TestTilesAreServedAsTheyCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.painter.delay = time.Second
		began := time.Now()
		if _, err := w.Tile(t.Context(), question(5, 8, 8)); err != nil || time.Since(began) != time.Second {
			t.Errorf("the first tile of the block came after %v, %v", time.Since(began), err)
		}
		if err := w.Close(t.Context()); err != nil || len(w.objects.keys()) != 4 {
			t.Errorf("the others were not drawn to the end: %q, %v", w.objects.keys(), err)
		}
	})
}

func TestCancelledWaiterDoesNotCancelTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.painter.delay = time.Second
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := w.Tile(ctx, question(5, 9, 9)); !errors.Is(err, context.Canceled) {
				t.Errorf("the cancelled one got %v", err)
			}
		})
		synctest.Wait()
		all.Go(func() {
			if _, err := w.Tile(t.Context(), question(5, 9, 9)); err != nil {
				t.Errorf("the other one got %v", err)
			}
		})
		synctest.Wait()
		cancel()
		all.Wait()
		if n := w.painter.drawn(); n != 1 {
			t.Errorf("%d blocks were drawn", n)
		}
	})
}

func TestDrawingNobodyWaitsForIsCalledOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.painter.delay = time.Second
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		_, err := w.Tile(ctx, question(5, 9, 9))
		synctest.Wait()
		if err == nil || w.painter.ended != 1 {
			t.Errorf("the drawing went on: %v, %d ended", err, w.painter.ended)
		}
		if a := w.ask(t, 5, 9, 9); a.State != Miss {
			t.Errorf("asked again: %s", a.State)
		}
	})
}

func TestTileIsFreshOneSecondAfterAChange(t *testing.T) {
	for name, change := range map[string]struct {
		bump func(*table, int)
		same bool
	}{
		"its cell":          {func(tb *table, cell int) { tb.bump("", "L", cell, 2024*12) }, false},
		"everywhere":        {func(tb *table, _ int) { tb.bump("", "L", grid.Everywhere, AnyBucket) }, false},
		"far away":          {func(tb *table, cell int) { tb.bump("", "L", (cell+200)%512, 2024*12) }, true},
		"another layer":     {func(tb *table, cell int) { tb.bump("", "M", cell, 2024*12) }, true},
		"another workspace": {func(tb *table, cell int) { tb.bump("w", "L", cell, 2024*12) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.ask(t, 8, 100, 100)
				change.bump(w.table, Cells(grid.GoogleMapsCompatible, grid.Tile{Z: 8, Col: 100, Row: 100})[0])
				time.Sleep(time.Second + time.Nanosecond)
				a := w.ask(t, 8, 100, 100)
				if change.same && a.State != Memory {
					t.Errorf("the tile is %s, though nothing changed there", a.State)
				}
				if !change.same && (a.State != Miss || string(a.Body) != "L 8/100/100 #2") {
					t.Errorf("the tile is %s %q a second after the change", a.State, a.Body)
				}
				if again, _ := New(w.config).Tile(t.Context(), question(8, 100, 100)); again.State != Hit {
					t.Errorf("another instance has %s: it was not overwritten in place", again.State)
				}
			})
		})
	}
}

func TestOnlyTimesThatChangedAreDrawnAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		month := func(m time.Month) func(*Question) {
			start := time.Date(2024, m, 1, 0, 0, 0, 0, time.UTC)
			return func(q *Question) { q.Time = record.Interval{Start: start, End: start.AddDate(0, 0, 20)} }
		}
		w.ask(t, 8, 100, 100, month(5))
		w.ask(t, 8, 100, 100, month(6))
		w.table.bump("", "L", grid.Everywhere, 2024*12+5)
		time.Sleep(2 * time.Second)
		if a := w.ask(t, 8, 100, 100, month(5)); a.State != Memory {
			t.Errorf("May is %s", a.State)
		}
		if a := w.ask(t, 8, 100, 100, month(6)); a.State != Miss {
			t.Errorf("June is %s", a.State)
		}
	})
}

func TestIncludedWorkspacesCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		both := func(q *Question) { q.Workspace, q.Workspaces = "w", []string{"w", ""} }
		for range 5 {
			w.table.bump("w", "L", grid.Everywhere, AnyBucket)
		}
		w.ask(t, 8, 1, 1, both)
		w.table.bump("", "L", grid.Everywhere, AnyBucket) // 1, less than the workspace's own 5
		time.Sleep(2 * time.Second)
		if a := w.ask(t, 8, 1, 1, both); a.State != Miss {
			t.Errorf("a change of the included workspace leaves the tile %s", a.State)
		}
		if o := w.objects.objects["w/L/default/GoogleMapsCompatible/default/8/1/1.png"]; o.Metadata["perigee-revision"] != "6.2" {
			t.Errorf("the object carries %v", o.Metadata)
		}
	})
}

func TestChangeDuringDrawingIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.painter.delay = 3 * time.Second
		var all sync.WaitGroup
		all.Go(func() { _, _ = w.Tile(t.Context(), question(8, 1, 1)) })
		time.Sleep(time.Second)
		w.table.bump("", "L", grid.Everywhere, AnyBucket)
		time.Sleep(time.Second)
		if a := w.ask(t, 8, 1, 1); string(a.Body) != "L 8/1/1 #2" {
			t.Errorf("who asked after the change got %q, drawn before it", a.Body)
		}
		all.Wait()
		if a := w.ask(t, 8, 1, 1); a.State != Memory || string(a.Body) != "L 8/1/1 #2" {
			t.Errorf("then the tile is %s %q", a.State, a.Body)
		}
	})
}

func TestOtherConfigurationDrawsAgain(t *testing.T) {
	w := newWorld(t)
	w.ask(t, 3, 1, 1)
	config := w.config
	config.Made = "c2"
	if a, err := New(config).Tile(t.Context(), question(3, 1, 1)); err != nil || a.State != Miss {
		t.Errorf("with another configuration the tile is %s, %v", a.State, err)
	}
}

func TestAnotherDatabaseBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for range 9 {
			w.table.bump("", "L", grid.Everywhere, AnyBucket)
		}
		w.ask(t, 8, 1, 1)
		w.table.mu.Lock()
		w.table.rows, w.table.latest = nil, nil
		w.table.mu.Unlock()
		w.table.bump("", "L", grid.Everywhere, AnyBucket)
		if a, err := New(w.config).Tile(t.Context(), question(8, 1, 1)); err != nil || a.State != Miss {
			t.Errorf("a new instance serves the old database's tile: %s, %v", a.State, err)
		}
		time.Sleep(2 * time.Second)
		if a := w.ask(t, 8, 1, 1); a.State == Memory {
			t.Errorf("the running instance serves the old database's tile from %s", a.State)
		}
	})
}

// An instance that asked the catalogue a moment earlier than the one that stored a tile takes it nevertheless.
func TestTileFromTheFutureIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		late := New(w.config)
		if _, err := late.Tile(t.Context(), question(8, 9, 9)); err != nil { // knows the revisions from now on
			t.Fatal(err)
		}
		_ = late.Close(t.Context())
		w.table.bump("", "L", grid.Everywhere, AnyBucket)
		time.Sleep(time.Millisecond)
		w.ask(t, 8, 1, 1)
		if a, err := late.Tile(t.Context(), question(8, 1, 1)); err != nil || a.State != Hit {
			t.Errorf("the late instance answers %s, %v", a.State, err)
		}
	})
}

func TestStoreDownServesStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.ask(t, 3, 1, 1)
		down := fault.New(fault.Unavailable, "the database is down")
		w.table.set(down)
		time.Sleep(2 * time.Second)
		if a := w.ask(t, 3, 1, 1); a.State != Stale || string(a.Body) != "L 3/1/1 #1" {
			t.Errorf("from memory: %s %q", a.State, a.Body)
		}
		fresh := New(w.config)
		if a, err := fresh.Tile(t.Context(), question(3, 1, 1)); err != nil || a.State != Stale {
			t.Errorf("from the store: %s, %v", a.State, err)
		}
		if a := w.ask(t, 3, 6, 6); a.State != Miss || len(w.objects.keys()) != 4 {
			t.Errorf("a tile that is not there: %s, stored %q", a.State, w.objects.keys())
		}
		queries := w.table.queries
		for range 50 {
			w.ask(t, 3, 1, 1)
		}
		if w.table.queries > queries+1 {
			t.Errorf("a database that is down was asked %d times at once", w.table.queries-queries)
		}
		w.table.set(nil)
		time.Sleep(2 * time.Second)
		w.ask(t, 3, 1, 1) // sets off the refresh, waits for nothing
		synctest.Wait()
		if a := w.ask(t, 3, 1, 1); a.State != Memory {
			t.Errorf("after the database came back: %s", a.State)
		}
	})
}

func TestHangingStoreHoldsUpNobodyForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.ask(t, 3, 1, 1)
		w.table.delay = time.Minute
		time.Sleep(2 * time.Second)
		for i, limit := range []time.Duration{patience, 0} {
			began := time.Now()
			if a, _ := w.Tile(t.Context(), question(3, 1, 1)); a.State != Stale || time.Since(began) > limit {
				t.Errorf("request %d is %s after %v", i, a.State, time.Since(began))
			}
		}
		time.Sleep(2 * time.Minute)
	})
}

func TestUnverifiedLayerIsServedFromTheStore(t *testing.T) {
	w := newWorld(t)
	w.ask(t, 3, 1, 1)
	if a := w.ask(t, 3, 1, 1, func(q *Question) { q.Unverified = true }); a.State != Stale {
		t.Errorf("the tile is %s", a.State)
	}
}

// CSC-03: a zoom that is not cached is drawn and not stored.
func TestTilesNotKept(t *testing.T) {
	w := newWorld(t)
	if a := w.ask(t, 15, 1, 1, func(q *Question) { q.Keep = false }); a.State != Miss || len(w.objects.keys()) != 0 {
		t.Errorf("the tile is %s, stored %q", a.State, w.objects.keys())
	}
}

// CSC-04: an empty tile is an empty picture, whatever its format, and no object: nobody fills the store with nothing. Only
// an old tile is replaced, by a marker without a body.
func TestEmptyTilesAreNotStored(t *testing.T) {
	for _, format := range Formats() {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			in := func(q *Question) { q.Format = format }
			w.painter.empty = true
			a := w.ask(t, 3, 1, 1, in)
			wantBlank(t, a, format)
			if again := w.ask(t, 3, 1, 1, in); a.State != Miss || again.State != Memory || len(w.objects.keys()) != 0 {
				t.Errorf("%s: asked first it is %s, then %s; stored %q", format, a.State, again.State, w.objects.keys())
			}
			w.painter.empty = false
			w.ask(t, 3, 6, 6, in)
			w.painter.empty = true
			w.table.bump("", "L", grid.Everywhere, AnyBucket)
			time.Sleep(2 * time.Second)
			w.Cache = New(w.config)
			w.ask(t, 3, 6, 6, in)
			markers := 0
			for _, key := range w.objects.keys() {
				if o := w.objects.objects[key]; len(o.Body) == 0 && o.Metadata["perigee-empty"] == "true" {
					markers++
				}
			}
			if again, err := New(w.config).Tile(t.Context(), question(3, 6, 6, in)); err != nil || again.State != Hit || markers != 1 {
				t.Errorf("%s: the tile that became empty is %s, %v, with %d markers", format, again.State, err, markers)
			} else {
				wantBlank(t, again, format)
			}
		})
	}
}

func wantBlank(t *testing.T, a Answer, format string) {
	t.Helper()
	if format == Mixed {
		format = PNG
	}
	picture, kind, err := image.Decode(bytes.NewReader(a.Body))
	if err != nil || a.MediaType != format || !strings.HasSuffix(format, kind) {
		t.Fatalf("%s: %s %v", format, kind, err)
	}
	if picture.Bounds().Dx() != grid.TileSize || picture.Bounds().Dy() != grid.TileSize {
		t.Errorf("%s: the empty tile is %v", format, picture.Bounds())
	}
	if _, _, _, alpha := picture.At(7, 7).RGBA(); (alpha == 0) != (format == PNG) {
		t.Errorf("%s: alpha is %d", format, alpha)
	}
}

// Where nothing was ever registered nothing is drawn, looked for or kept: of a layer, a place, a month. The first item
// changes that within a second.
func TestNothingIsDrawnWhereNothingIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		cell := Cells(grid.GoogleMapsCompatible, grid.Tile{Z: 8, Col: 100, Row: 100})[0]
		of := func(q *Question) { q.Layer, q.Subject = "N", "N" }
		wantEmpty := func(reason string, change ...func(*Question)) {
			t.Helper()
			if a := w.ask(t, 8, 100, 100, append(change, of)...); a.State != Empty || a.ETag == "" || a.Modified.IsZero() {
				t.Errorf("%s: the tile is %+v", reason, a)
			}
		}
		wantEmpty("a layer without an item")
		w.table.bump("", "N", cell+1, 2024*12)
		time.Sleep(2 * time.Second)
		wantEmpty("an item elsewhere")
		w.table.bump("", "N", cell, 2024*12)
		time.Sleep(2 * time.Second)
		may := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
		wantEmpty("an item of another month", func(q *Question) { q.Time = record.Interval{Start: may, End: may} })
		if w.painter.drawn() != 0 || w.objects.gets != 0 {
			t.Errorf("%d blocks were drawn, %d objects looked for", w.painter.drawn(), w.objects.gets)
		}
		if a := w.ask(t, 8, 100, 100, of); a.State != Miss {
			t.Errorf("with an item there the tile is %s", a.State)
		}
	})
}

// Mixed tiles come as what they are, from the renderer, from memory and from the store.
func TestMixedTiles(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Buffer = 16 })
	in := func(q *Question) { q.Format = Mixed }
	w.painter.kinds = []string{JPEG, PNG}
	for _, want := range []State{Miss, Memory} {
		for col, kind := range []string{JPEG, PNG} {
			if a := w.ask(t, 3, col, 0, in); a.MediaType != kind || col == 0 && a.State != want {
				t.Errorf("tile %d is %s, %s", col, a.MediaType, a.State)
			}
		}
	}
	if a, err := New(w.config).Tile(t.Context(), question(3, 1, 0, in)); err != nil || a.MediaType != PNG || a.State != Hit {
		t.Errorf("from the store it is %+v, %v", a, err)
	}
	if b := w.painter.blocks[0]; b.Buffer != 16 || query(b).Get("buffer") != "16" || query(Block{}).Has("buffer") {
		t.Errorf("the block was drawn with the buffer %d", b.Buffer)
	}
}

// A tile of a set whose place nobody here can tell is outdated by every change of its layer.
func TestSetOfUnknownPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, err := grid.New(grid.Definition{Name: "Alps", CRS: "EPSG:3035", Extent: []float64{0, 0, 9e6, 9e6}, Resolutions: []float64{9000, 100}})
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t)
		in := func(q *Question) { q.Set = set }
		w.ask(t, 1, 9, 9, in)
		w.table.bump("", "L", 7, 2024*12)
		time.Sleep(2 * time.Second)
		if a := w.ask(t, 1, 9, 9, in); a.State != Miss {
			t.Errorf("after a change somewhere the tile is %s", a.State)
		}
	})
}

func TestStoreFailuresDoNotFailTheRequest(t *testing.T) {
	w := newWorld(t)
	w.objects.getErr = fault.New(fault.Unavailable, "the bucket is down")
	w.objects.putErr = w.objects.getErr
	if a := w.ask(t, 3, 1, 1); a.State != Miss {
		t.Errorf("the tile is %s", a.State)
	}
}

func TestForeignObjectsAreDrawnOver(t *testing.T) {
	w := newWorld(t)
	key, _ := question(3, 1, 1).Key()
	for _, o := range []Object{
		{Body: []byte("foreign")},
		{Body: []byte("foreign"), Metadata: map[string]string{"perigee-revision": "x", "perigee-made": "c1"}},
		{Metadata: map[string]string{"perigee-revision": "0", "perigee-made": "c1"}},
	} {
		_ = w.objects.Put(t.Context(), key, o)
		again := w
		again.Cache = New(w.config)
		if a := again.ask(t, 3, 1, 1); a.State != Miss {
			t.Errorf("%+v is served as %s", o, a.State)
		}
	}
}

func TestRendererFailuresAreAnsweredAndNotStored(t *testing.T) {
	w := newWorld(t)
	w.painter.err, w.painter.give = fault.New(fault.Unavailable, "out of memory"), 1
	if _, err := w.Tile(t.Context(), question(3, 1, 1)); fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "out of memory") {
		t.Errorf("the tile that was not drawn gives %v", err)
	}
	if a := w.ask(t, 3, 0, 0); a.State == Stale {
		t.Errorf("the tile drawn before the failure is %s", a.State)
	}
	if got := w.objects.keys(); !slices.Equal(got, []string{"_/L/default/GoogleMapsCompatible/default/3/0/0.png"}) {
		t.Errorf("stored %q", got)
	}
	w.painter.err = nil
	if a := w.ask(t, 3, 1, 1); a.State != Miss {
		t.Errorf("asked again it is %s", a.State)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	m := newMemory(10 * (overhead + 100))
	for i := range 100 {
		m.put(place{at: grid.Tile{Col: i}}, kept{Picture: Picture{Body: make([]byte, 100)}})
		m.get(place{})
	}
	if m.used > m.limit || len(m.entries) != 10 || m.order.Len() != 10 {
		t.Errorf("%d bytes of %d in %d entries", m.used, m.limit, len(m.entries))
	}
	if _, ok := m.get(place{}); !ok {
		t.Error("the tile used most is gone")
	}
	m.put(place{}, kept{Picture: Picture{Body: make([]byte, 1<<20)}})
	if m.used > m.limit {
		t.Error("a tile larger than the memory was taken")
	}
	none := newMemory(-1)
	if none.put(place{}, kept{}); len(none.entries) != 0 {
		t.Error("a memory of nothing remembers")
	}
}

// What a workspace lays over the configuration makes its tiles old, and those of nobody else; its tiles are drawn with it.
func TestOwnProductsDrawAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		in := func(workspace string) func(*Question) {
			return func(q *Question) { q.Workspace, q.Workspaces = workspace, []string{workspace} }
		}
		for _, change := range []bool{false, true, true} {
			if change {
				w.table.bump("ws", productsLayer, grid.Everywhere, AnyBucket)
				time.Sleep(2 * time.Second)
			}
			want := map[string]State{"": Memory, "ws": Miss, "other": Memory}
			if w.painter.drawn() == 0 {
				want = map[string]State{"": Miss, "ws": Miss, "other": Miss}
			}
			for workspace, state := range want {
				if a := w.ask(t, 8, 1, 1, in(workspace)); a.State != state {
					t.Errorf("%q: the tile is %s", workspace, a.State)
				}
			}
			synctest.Wait()
		}
		c := New(w.config)
		before := w.table.queries
		defer func() {
			if _, err := c.Tile(t.Context(), question(8, 1, 1, in("ws"))); err != nil || w.table.queries != before+1 {
				t.Errorf("%d questions, %v", w.table.queries-before, err)
			}
		}()
		for workspace, want := range map[string]int64{"": 0, "ws": 3, "other": 0} {
			if got, ok := c.Products(t.Context(), workspace); got != want || !ok {
				t.Errorf("%q has the revision %d, %v", workspace, got, ok)
			}
		}
		if got := query(Block{Products: 2}).Get("products"); got != "2" || query(Block{}).Has("products") {
			t.Errorf("the renderer is told %q", got)
		}
	})
}
