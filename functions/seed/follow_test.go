package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/grid"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/tilecache"
)

// jobs lists all jobs, oldest first.
func (w *world) jobs(t *testing.T) []catalogue.SeedJob {
	t.Helper()
	jobs, _, err := w.store.SeedJobs(t.Context(), scope.New("", "test"), 1000, "")
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(jobs)
	return jobs
}

// successful wants every job to have ended well.
func (w *world) successful(t *testing.T) []catalogue.SeedJob {
	t.Helper()
	jobs := w.jobs(t)
	for _, j := range jobs {
		if j.Status != catalogue.SeedSuccessful {
			t.Errorf("job %s of %s is %s: %s", j.ID, j.Layer, j.Status, j.Message)
		}
	}
	return jobs
}

// CSC-06: an item is registered, and the tiles of its layer are kept where it lies, without a time and for its day.
func TestItemIsSeeded(t *testing.T) {
	w := newWorld(t)
	w.apply(t, "", scene("a", "1", 14, 46))
	w.broker.events = append(w.broker.events, itemEvent(eventing.TypeItemCreate, "a"))
	w.run(t)
	const day = "2024-05-06T00:00:00Z--2024-05-06T23:59:59.999999Z"
	var want []string
	for _, when := range []string{"default", day} {
		for _, tile := range []string{"WGS84/%s/0/1/0", "WGS84/%s/1/2/0", "WGS84/%s/2/4/0", "GoogleMapsCompatible/%s/0/0/0", "GoogleMapsCompatible/%s/1/1/0", "GoogleMapsCompatible/%s/2/2/1"} {
			want = append(want, "_/S2L2A/default/"+fmt.Sprintf(tile, when)+".png")
		}
	}
	slices.Sort(want)
	same(t, "seeded", w.keys(t), want)
	for i, job := range w.successful(t) {
		if !job.Automatic || job.Layer != "S2L2A" || i > 0 && job.Levels[0].Drawn > 0 {
			t.Errorf("job %d, after an event that came twice, is %+v", i, job.Levels)
		}
	}
}

// stampOf reads at which revision a tile is kept.
func (w *world) stampOf(t *testing.T, key string) string {
	t.Helper()
	o, err := w.objects.Head(t.Context(), w.config.Bucket, key)
	if err != nil {
		t.Fatal(err)
	}
	return o.Metadata["perigee-revision"]
}

// A replaced item that moved is seeded where it is and where it was; a deleted one where it was.
func TestMovedAndDeletedItems(t *testing.T) {
	w := newWorld(t, func(c *config) { c.Days = 0 })
	event := func(kind string) {
		w.broker.events = append(w.broker.events, itemEvent(kind, "a"))
		w.run(t)
	}
	const here, there = "_/S2L2A/default/WGS84/default/2/4/0.png", "_/S2L2A/default/WGS84/default/2/1/0.png"
	w.apply(t, "", scene("a", "1", 14, 46))
	event(eventing.TypeItemCreate)
	if got := w.stampOf(t, here); got != "1" {
		t.Errorf("created at %s", got)
	}
	moved := scene("a", "2", -100, 46)
	moved.Source.Time = spring.AddDate(0, 0, 1)
	w.apply(t, "", moved)
	event(eventing.TypeItemReplace)
	if a, b := w.stampOf(t, here), w.stampOf(t, there); a != "2" || b != "2" {
		t.Errorf("moved at %s and %s", a, b)
	}
	w.apply(t, "", record.Change{Record: record.Record{Key: record.Key{Collection: "sentinel-2", ID: "a"}}, Delete: true, Source: record.Source{Time: spring.AddDate(0, 0, 2)}})
	event(eventing.TypeItemDelete)
	if a, b := w.stampOf(t, here), w.stampOf(t, there); a != "2" || b != "3" {
		t.Errorf("deleted at %s and %s", a, b)
	}
	w.successful(t)
}

// A burst of items of one layer is seeded a few times, not once each, and none of them is forgotten.
func TestBurstsCoalesce(t *testing.T) {
	w := newWorld(t)
	const items = 500
	var changes []record.Change
	for i := range items {
		changes = append(changes, scene(fmt.Sprintf("i%d", i), "1", float64(i*6%340)-170, float64(i%7*10)-35))
		w.broker.events = append(w.broker.events, itemEvent(eventing.TypeItemCreate, fmt.Sprintf("i%d", i)))
	}
	for some := range slices.Chunk(changes, 100) {
		w.apply(t, "", some...)
	}
	w.run(t)
	jobs := w.successful(t)
	if len(jobs) > 6 {
		t.Errorf("%d items made %d jobs", items, len(jobs))
	}
	whole := 0
	for _, q := range w.drawing.Asked {
		if strings.Contains(q, "z=0") && strings.Contains(q, "grid=GoogleMapsCompatible") && !strings.Contains(q, "time=") {
			whole++
		}
	}
	if whole < 1 || whole > 6 {
		t.Errorf("the tile of the world was drawn %d times", whole)
	}
	w.current(t, grid.WGS84, 2)
}

// current wants every tile of a level that shows something to be kept at its latest revision.
func (w *world) current(t *testing.T, set grid.Set, z int) {
	t.Helper()
	changed, latest, err := w.store.RevisionsAll(t.Context(), scope.New("", "test"), nil)
	if err != nil {
		t.Fatal(err)
	}
	known := tilecache.NewRevisionMap()
	for _, c := range changed {
		known.Add([]tilecache.Revision{tilecache.Revision(c)}, latest)
	}
	kept := w.keys(t)
	cols, rows := set.Size(z)
	for i := range cols * rows {
		at := grid.Tile{Z: z, Col: i % cols, Row: i / cols}
		key := fmt.Sprintf("_/S2L2A/default/%s/default/%s.png", set.ID, at)
		needed := known.Needed("", "S2L2A", grid.CellsOf(set.Bounds(at)), record.Interval{})
		if needed > 0 && !slices.Contains(kept, key) {
			t.Errorf("%s is not kept", key)
		}
	}
}

// What changes while a job is at work is seeded by the one that follows it, whenever the change comes.
func TestChangesDuringAJob(t *testing.T) {
	w := newWorld(t, func(c *config) { c.Days = 0 })
	w.apply(t, "", scene("a", "1", 14, 46))
	if err := w.deliver(t, itemEvent(eventing.TypeItemCreate, "a")); err != nil {
		t.Fatal(err)
	}
	for step := 0; ; step++ {
		events := w.broker.take()
		if len(events) == 0 {
			break
		}
		if step < 8 {
			id := fmt.Sprintf("b%d", step)
			w.apply(t, "", scene(id, "1", float64(step*20)-80, 46))
			events = append(events, itemEvent(eventing.TypeItemCreate, id), itemEvent(eventing.TypeItemCreate, id))
		}
		for _, e := range events {
			if err := w.deliver(t, e); err != nil {
				t.Fatal(err)
			}
		}
	}
	if jobs := w.successful(t); len(jobs) < 2 {
		t.Errorf("%d jobs", len(jobs))
	}
	w.current(t, grid.WGS84, 2)
	w.current(t, grid.GoogleMapsCompatible, 2)
}

// The same event, or the event of an item that is gone, makes no job.
func TestNothingToSeed(t *testing.T) {
	w := newWorld(t, func(c *config) { c.Days = 0 })
	w.apply(t, "", scene("a", "1", 14, 46))
	for range 3 {
		w.broker.events = append(w.broker.events, itemEvent(eventing.TypeItemCreate, "a"), itemEvent(eventing.TypeItemReplace, "never"), itemEvent(eventing.TypeItemDelete, "never"))
		w.run(t)
	}
	if jobs := w.successful(t); len(jobs) != 1 {
		t.Errorf("%d jobs", len(jobs))
	}
	off := newSeederOff(t, w)
	w.apply(t, "", scene("b", "1", 14, 46))
	if err := off.changed(t.Context(), scope.New("", "events", scope.Writer), nil); err != nil || len(w.broker.take()) != 0 {
		t.Errorf("a deployment that does not follow changes: %v", err)
	}
}

func newSeederOff(t *testing.T, w *world) *seeder {
	t.Helper()
	c := w.config
	c.MaxZoom = -1
	s, err := newSeeder(c, w.store, w.objects)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// An item that stands alone is seeded as far as it reaches; a layer that nobody can draw is left.
func TestItemsThatStandAlone(t *testing.T) {
	w := newWorld(t)
	alone := scene("mine", "1", 14, 46)
	alone.Record.ProductType, alone.Layers = "", []string{"mine"}
	other := scene("other", "1", 14, 46)
	other.Layers = []string{"unknown"}
	w.apply(t, "", alone, other)
	w.broker.events = append(w.broker.events, itemEvent(eventing.TypeItemCreate, "mine"), itemEvent(eventing.TypeItemCreate, "other"))
	w.run(t)
	keys := w.keys(t)
	if len(keys) != 6 || slices.ContainsFunc(keys, func(k string) bool {
		return !strings.HasPrefix(k, "_/mine/default/") || !strings.Contains(k, "/default/")
	}) {
		t.Errorf("%q", keys)
	}
	w.successful(t)
}

// Days beyond those of one job wait for the next one.
func TestDaysWaitForTheirTurn(t *testing.T) {
	w := newWorld(t, func(c *config) { c.Days, c.MaxZoom = 2, 0 })
	for i := range 5 {
		s := scene(fmt.Sprintf("d%d", i), "1", 14, 46)
		s.Record.Time.Start, s.Record.Time.End = spring.AddDate(0, 0, i), spring.AddDate(0, 0, i)
		w.apply(t, "", s)
		if err := w.store.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.broker.events = append(w.broker.events, itemEvent(eventing.TypeItemCreate, fmt.Sprintf("d%d", i)))
	}
	for _, e := range w.broker.take() {
		if err := w.deliver(t, e); err != nil {
			t.Fatal(err)
		}
	}
	w.run(t)
	w.successful(t)
	if keys := w.keys(t); len(keys) != 2*6 {
		t.Errorf("%d keys: %q", len(keys), keys)
	}
}

func TestTooManyTilesLeaveLevelsOut(t *testing.T) {
	w := newWorld(t, func(c *config) { c.MaxTiles, c.Days, c.MaxZoom = 5, 0, 6 })
	w.apply(t, "", scene("a", "1", 14, 46))
	w.broker.events = append(w.broker.events, itemEvent(eventing.TypeItemCreate, "a"))
	w.run(t)
	if jobs := w.successful(t); len(jobs) != 1 || len(jobs[0].Levels) != 2 {
		t.Errorf("%+v", jobs)
	}
}

func TestAreas(t *testing.T) {
	box := func(w, s, e, n float64) orb.Bound { return orb.Bound{Min: orb.Point{w, s}, Max: orb.Point{e, n}} }
	layer := box(1, 2, 3, 4)
	for name, c := range map[string]struct {
		cells  []int
		bounds orb.Bound
		want   []orb.Bound
	}{
		"one":              {[]int{0}, layer, []orb.Bound{box(-180, 78.75, -168.75, 90)}},
		"a run, twice":     {[]int{1, 0, 1}, layer, []orb.Bound{box(-180, 78.75, -157.5, 90)}},
		"two rows":         {[]int{31, 32}, layer, []orb.Bound{box(168.75, 78.75, 180, 90), box(-180, 67.5, -168.75, 78.75)}},
		"everywhere":       {[]int{grid.Everywhere}, layer, []orb.Bound{layer}},
		"everywhere, more": {[]int{0, grid.Everywhere}, layer, []orb.Bound{layer, box(-180, 78.75, -168.75, 90)}},
		"nothing to show":  {[]int{grid.Everywhere}, orb.Bound{}, nil},
	} {
		if got := areaOf(c.cells, c.bounds); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
