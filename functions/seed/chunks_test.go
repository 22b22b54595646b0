package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"perigee/eventing"
	"perigee/shared/fault"
	"perigee/shared/overview"
	"perigee/shared/scope"
)

// easel is a renderer whose chunks are words; it notes in which order they are asked for.
type easel struct {
	tiles http.Handler
	mu    sync.Mutex
	asked []string // z/col/row
	state overview.State
	fail  bool
}

func (e *easel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/internal/overview" {
		e.tiles.ServeHTTP(w, r)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fail {
		http.Error(w, "away", http.StatusServiceUnavailable)
		return
	}
	q := r.URL.Query()
	e.asked = append(e.asked, fmt.Sprintf("%s/%s/%s", q.Get("z"), q.Get("col"), q.Get("row")))
	meta := overview.Meta{Revisions: []int64{0}, State: e.state, Bands: []string{"B04"}, Kind: "UInt16", NoData: 65535, Type: "S2MSI2A"}
	for name, value := range meta.Map() {
		w.Header().Set("Overview-"+name, value)
	}
	if e.state == overview.Filled {
		fmt.Fprint(w, "bands")
	}
}

// newStudio is a world in which overview mosaics are made.
func newStudio(t *testing.T) (*world, *easel) {
	t.Helper()
	w := newWorld(t, func(c *config) { c.Overviews, c.MaxZoom = true, 1 })
	e := &easel{tiles: w.drawing, state: overview.Filled}
	render := httptest.NewServer(e)
	t.Cleanup(render.Close)
	w.config.Render = render.URL
	w.restart(t)
	return w, e
}

func (w *world) chunkKeys(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(w.keys(t), func(key string) bool { return !strings.HasPrefix(key, overview.Prefix) })
}

// distinct are the chunks that were asked for. An event that comes twice at the same time may have one made twice.
func distinct(asked []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(asked)))
}

// An item leads to the chunks of the overview mosaic where it lies, the finest first, before the tiles that are drawn of
// them; its deletion leads to the same ones again, and nothing else does.
func TestOverviewMosaicsFollowItems(t *testing.T) {
	w, e := newStudio(t)
	w.apply(t, "", scene("a", "1", 14, 46))
	if err := w.deliver(t, itemEvent(eventing.TypeItemCreate, "a")); err != nil {
		t.Fatal(err)
	}
	w.run(t)
	jobs, _, err := w.store.SeedJobs(t.Context(), scope.New(scope.System, ""), 10, "")
	if err != nil || len(jobs) != 1 || jobs[0].Status != "successful" {
		t.Fatalf("%+v, %v", jobs, err)
	}
	deepest := 9
	for _, name := range e.asked {
		z := int(name[0] - '0')
		if z > deepest {
			t.Errorf("the order is %v", e.asked)
		}
		deepest = z
	}
	first := distinct(e.asked)
	kept := w.chunkKeys(t)
	if deepest != 0 || len(first) < 6 || len(kept) != len(first) {
		t.Errorf("%d chunks are kept of %v", len(kept), first)
	}
	status := w.job(t, jobs[0].ID)
	if l := status.Levels[0]; !l.Overview || l.Level != overview.Finest || l.Tiles.Drawn == 0 || status.Levels[6].Overview || status.Levels[6].Level != 0 {
		t.Errorf("levels are %+v", status.Levels)
	}
	e.asked, e.state = nil, overview.Empty
	gone := scene("a", "1", 14, 46)
	gone.Delete = true
	w.apply(t, "", gone)
	if err := w.deliver(t, itemEvent(eventing.TypeItemDelete, "a")); err != nil {
		t.Fatal(err)
	}
	w.run(t)
	if again := distinct(e.asked); !slices.Equal(again, first) {
		t.Errorf("the deletion leads to %v, the creation led to %v", again, first)
	}
	for _, key := range kept {
		object, err := w.objects.Head(t.Context(), w.config.Bucket, key)
		if meta, ok := overview.ParseMeta(object.Metadata); err != nil || !ok || meta.State != overview.Empty || !meta.At([]int64{2}) {
			t.Errorf("%s is %+v, %v", key, meta, err)
		}
	}
	e.asked = nil
	w.post(t, `{"layer":"S2L2A","maxzoom":0}`)
	w.run(t)
	if len(e.asked) > 0 {
		t.Errorf("what is current is made again: %v", e.asked)
	}
}

// A chunk is made of those below it when they are current, and left to a later job otherwise; a renderer that is away is
// asked again.
func TestChunksWaitForTheirParts(t *testing.T) {
	w, e := newStudio(t)
	w.apply(t, "", scene("a", "1", 14, 46))
	sc := scope.New(scope.System, "test", scope.Writer)
	fine := overview.Chunk{Layer: "S2L2A"}
	fine.At.Z, fine.At.Col, fine.At.Row = overview.Finest, 17, 11
	above := fine
	above.At.Z, above.At.Col, above.At.Row = overview.Finest-1, 8, 5
	for _, step := range []struct {
		chunk overview.Chunk
		made  bool
	}{{above, false}, {fine, true}, {fine, false}} {
		if made, err := w.seeder.chunks.seed(t.Context(), sc, step.chunk, false); err != nil || made != step.made {
			t.Errorf("%v: %v, %v", step.chunk.At, made, err)
		}
	}
	e.fail = true
	if _, err := w.seeder.chunks.seed(t.Context(), sc, fine, true); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a renderer that is away: %v", err)
	}
	nowhere := fine
	nowhere.At.Col = 3
	if made, err := w.seeder.chunks.seed(t.Context(), sc, nowhere, true); err != nil || made {
		t.Errorf("where nothing ever was: %v, %v", made, err)
	}
}
