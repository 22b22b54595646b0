package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/scope"
)

// pyramid lists the keys of all tiles of some levels of a set.
func pyramid(set grid.Set, from, to int) []string {
	var keys []string
	for z := from; z <= to; z++ {
		cols, rows := set.Size(z)
		for col := range cols {
			for row := range rows {
				keys = append(keys, fmt.Sprintf("_/S2L2A/default/%s/default/%d/%d/%d.png", set.ID, z, col, row))
			}
		}
	}
	slices.Sort(keys)
	return keys
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %d keys, want %d: %.600q, want %.600q", what, len(got), len(want), got, want)
	}
}

// CSC-06: seeding 0..2 of a global layer gives exactly the expected tiles, though every event comes twice and shuffled;
// again nothing is drawn, reseed draws all, delete removes all.
func TestSeedsExactlyTheTiles(t *testing.T) {
	w := newWorld(t)
	want := append(pyramid(grid.WGS84, 0, 2), pyramid(grid.GoogleMapsCompatible, 0, 2)...)
	slices.Sort(want)
	total := int64(len(want)) // 2+8+32 and 1+4+16

	job := w.post(t, `{"layer":"S2L2A","bbox":[-180,-90,180,90],"minzoom":0,"maxzoom":2}`)
	if job.Status != catalogue.SeedRunning || job.Tiles.Total != total || len(job.Levels) != 3 || job.Levels[2].Tiles.Total != 48 || total != 63 {
		t.Fatalf("the job is %+v", job)
	}
	w.run(t)
	same(t, "seeded", w.keys(t), want)
	if job = w.job(t, job.JobID); job.Status != catalogue.SeedSuccessful || job.Tiles.Done != total || job.Progress != 100 || job.Finished.IsZero() {
		t.Errorf("the job is %+v", job)
	}
	// An event that comes twice may find drawn what the other one did not count yet.
	if job.Tiles.Failed != 0 || job.Tiles.Drawn == 0 || job.Tiles.Drawn+job.Tiles.Skipped != total {
		t.Errorf("of %d tiles: %+v", total, job.Tiles)
	}
	for _, l := range job.Levels {
		if l.Started.IsZero() || l.Finished.IsZero() || l.BlocksDone != l.Blocks || l.Tiles.Done != l.Tiles.Total {
			t.Errorf("a level is %+v", l)
		}
	}

	rounds := w.drawn()
	job = w.post(t, `{"layer":"S2L2A","bbox":[-180,-90,180,90],"maxzoom":2}`)
	w.run(t)
	if job = w.job(t, job.JobID); job.Tiles.Skipped != total || job.Tiles.Drawn != 0 || w.drawn() != rounds {
		t.Errorf("what is current was drawn again: %+v", job.Tiles)
	}
	job = w.post(t, `{"layer":"S2L2A","bbox":[-180,-90,180,90],"maxzoom":2,"mode":"reseed"}`)
	w.run(t)
	if job = w.job(t, job.JobID); job.Tiles.Drawn != total || w.drawn() == rounds {
		t.Errorf("reseed drew %+v", job.Tiles)
	}
	job = w.post(t, `{"layer":"S2L2A","bbox":[-180,-90,180,90],"grids":["WGS84"],"maxzoom":2,"mode":"delete"}`)
	w.run(t)
	if job = w.job(t, job.JobID); job.Tiles.Deleted != 42 || job.Status != catalogue.SeedSuccessful {
		t.Errorf("delete is %+v", job)
	}
	same(t, "after deletion", w.keys(t), pyramid(grid.GoogleMapsCompatible, 0, 2))
}

// CSC-06: a box across the date line is cut in two; a tile that both halves touch is drawn once.
func TestDateLine(t *testing.T) {
	w := newWorld(t)
	job := w.post(t, `{"layer":"S2L2A","bbox":[170,-10,-170,10],"maxzoom":2}`)
	w.run(t)
	var want []string
	add := func(set grid.Set, z int, cols, rows []int) {
		for _, col := range cols {
			for _, row := range rows {
				want = append(want, fmt.Sprintf("_/S2L2A/default/%s/default/%d/%d/%d.png", set.ID, z, col, row))
			}
		}
	}
	add(grid.WGS84, 0, []int{0, 1}, []int{0})
	add(grid.WGS84, 1, []int{0, 3}, []int{0, 1})
	add(grid.WGS84, 2, []int{0, 7}, []int{1, 2})
	add(grid.GoogleMapsCompatible, 0, []int{0}, []int{0})
	add(grid.GoogleMapsCompatible, 1, []int{0, 1}, []int{0, 1})
	add(grid.GoogleMapsCompatible, 2, []int{0, 3}, []int{1, 2})
	slices.Sort(want)
	same(t, "across the date line", w.keys(t), want)
	if job = w.job(t, job.JobID); job.Tiles.Total != int64(len(want)) || job.Tiles.Drawn != job.Tiles.Total {
		t.Errorf("%+v, want %d", job.Tiles, len(want))
	}
}

// What is seeded is what the cache asks for: style, time and format are part of the key.
func TestTimeStyleAndFormat(t *testing.T) {
	w := newWorld(t)
	w.post(t, `{"layer":"S2L2A__NDVI","style":"default","grid":"GoogleMapsCompatible","time":"2024-05-06","format":"image/jpeg","minzoom":0,"maxzoom":0}`)
	w.run(t)
	same(t, "with a time", w.keys(t), []string{"_/S2L2A__NDVI/default/GoogleMapsCompatible/2024-05-06T00:00:00Z--2024-05-06T23:59:59.999999Z/0/0/0.jpg"})
	if q := w.drawing.Asked[0]; !strings.Contains(q, "layer=S2L2A__NDVI") || !strings.Contains(q, "time=2024-05-06") || !strings.Contains(q, "format=image%2Fjpeg") {
		t.Errorf("asked %s", q)
	}
}

// A worker dies in the middle of a block: its event comes again, and the progress stays exact.
func TestCrashCostsOneBlock(t *testing.T) {
	w := newWorld(t)
	job := w.post(t, `{"layer":"S2L2A","bbox":[-180,-90,180,90],"grid":"WGS84","minzoom":2,"maxzoom":2}`) // 32 tiles, 8 blocks
	events := w.broker.take()
	if err := w.deliver(t, events[0]); err != nil {
		t.Fatal(err)
	}
	blocks := w.broker.take()
	if len(blocks) != 8 {
		t.Fatalf("%d blocks", len(blocks))
	}
	for _, e := range blocks[:3] {
		if err := w.deliver(t, e); err != nil {
			t.Fatal(err)
		}
	}
	w.drawing.FailWith(func(http.ResponseWriter) { panic(http.ErrAbortHandler) }) // the connection breaks off
	if err := w.deliver(t, blocks[3]); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("a broken block gives %v", err)
	}
	ctx, kill := context.WithCancel(t.Context())
	w.drawing.FailWith(func(http.ResponseWriter) { kill(); <-ctx.Done() })
	if _, err := w.seeder.event(ctx, blocks[4]); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("a killed worker gives %v", err)
	}
	w.drawing.FailWith(nil)
	if got := w.job(t, job.JobID); got.Tiles.Done != 12 || got.Tiles.Failed != 0 || got.Levels[0].BlocksDone != 3 || got.Progress != 37 {
		t.Errorf("after three blocks: %+v", got)
	}
	w.restart(t)
	rounds := w.drawn()
	for _, e := range append(slices.Clone(blocks), blocks...) {
		if err := w.deliver(t, e); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.job(t, job.JobID); got.Status != catalogue.SeedSuccessful || got.Tiles.Done != 32 || w.drawn() != rounds+5 {
		t.Errorf("in the end: %+v, %d blocks drawn", got, w.drawn()-rounds)
	}
	if err := w.deliver(t, events[0]); err != nil || len(w.broker.take()) != 0 {
		t.Errorf("the first event of a job that ended: %v", err)
	}
}

// However large a level is, only some of its blocks are on their way: a broker that pushes waits for nobody.
func TestLanes(t *testing.T) {
	w := newWorld(t, func(c *config) { c.Block = 1 })
	job := w.post(t, `{"layer":"S2L2A","grid":"WGS84","minzoom":2,"maxzoom":2}`) // 32 blocks
	steps := 0
	var before []event.Event
	for events := w.broker.take(); len(events) > 0; events = w.broker.take() {
		if len(events) > lanes {
			t.Errorf("%d events are on their way", len(events))
		}
		for _, e := range slices.Concat(events, before) { // what comes again leads to nothing
			if err := w.deliver(t, e); err != nil {
				t.Fatal(err)
			}
		}
		steps += len(events)
		if len(events) > 1 { // the whole level would be cut once more
			before = events
		}
	}
	if got := w.job(t, job.JobID); got.Status != catalogue.SeedSuccessful || got.Tiles.Drawn != 32 || steps != 33 {
		t.Errorf("%d events made %+v", steps, got)
	}
}

// A lane that was announced anew leaves out what others have done in the middle of it.
func TestLanesWithHoles(t *testing.T) {
	w := newWorld(t, func(c *config) { c.Block = 1 })
	job := w.post(t, `{"layer":"S2L2A","grid":"WGS84","minzoom":2,"maxzoom":2}`)
	w.broker.take() // given up
	for _, n := range []int64{0, 2, 3, 9} {
		if _, err := w.store.CountSeedBlock(t.Context(), scope.New("", "test", scope.Writer), job.JobID, 2, n, catalogue.SeedCount{Drawn: 1}, ""); err != nil {
			t.Fatal(err)
		}
	}
	w.seeder.quiet = 0
	if err := w.seeder.revive(t.Context(), scope.New("", "test", scope.Writer)); err != nil {
		t.Fatal(err)
	}
	w.run(t)
	if got := w.job(t, job.JobID); got.Status != catalogue.SeedSuccessful || got.Tiles.Drawn != 32 || w.drawn() != 28 {
		t.Errorf("%d blocks were drawn: %+v", w.drawn(), got)
	}
}

// A crash between the count of a level's last block and the first event of the next one loses nothing.
func TestNextLevelIsAnnouncedAfterACrash(t *testing.T) {
	w := newWorld(t)
	job := w.post(t, `{"layer":"S2L2A","grid":"GoogleMapsCompatible","maxzoom":1}`)
	first := w.broker.take()[0]
	w.broker.refuse = true
	if err := w.deliver(t, first); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("a broker that is away gives %v", err)
	}
	w.broker.refuse = false
	if got := w.job(t, job.JobID); got.Levels[0].BlocksDone != 1 || !got.Levels[1].Started.IsZero() {
		t.Fatalf("%+v", got)
	}
	w.broker.events = append(w.broker.events, first)
	w.run(t)
	if got := w.job(t, job.JobID); got.Status != catalogue.SeedSuccessful || got.Tiles.Drawn != 5 {
		t.Errorf("%+v", got)
	}
}

// What the renderer refuses is counted as failed, with its words, and the job goes on.
func TestFailedBlocks(t *testing.T) {
	w := newWorld(t)
	w.drawing.FailWith(func(a http.ResponseWriter) {
		a.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(a, `{"detail":"this cannot be drawn","locator":"style"}`)
	})
	job := w.post(t, `{"layer":"S2L2A","grid":"GoogleMapsCompatible","maxzoom":1}`)
	w.run(t)
	job = w.job(t, job.JobID)
	if job.Status != catalogue.SeedFailed || job.Tiles.Failed != 5 || job.Tiles.Done != 0 || job.Progress != 100 || job.Message != "level 0, block 0: this cannot be drawn" {
		t.Errorf("%+v", job)
	}
}

func TestDismiss(t *testing.T) {
	w := newWorld(t)
	job := w.post(t, `{"layer":"S2L2A","grid":"WGS84","maxzoom":2}`)
	var ended status
	if code, _, text := w.ask(t, http.MethodDelete, "/seed/jobs/"+job.JobID, "", &ended); code != http.StatusOK || ended.Status != catalogue.SeedDismissed {
		t.Fatalf("%d %s", code, text)
	}
	w.run(t)
	if keys := w.keys(t); len(keys) != 0 {
		t.Errorf("a dismissed job drew %q", keys)
	}
	if code, _, _ := w.ask(t, http.MethodDelete, "/seed/jobs/none", "", nil); code != http.StatusNotFound {
		t.Errorf("an unknown job gives %d", code)
	}
}

func TestJobsArePaged(t *testing.T) {
	w := newWorld(t)
	var want []string
	for range 5 {
		want = append(want, w.post(t, `{"layer":"S2L2A","grid":"WGS84","maxzoom":0}`).JobID)
	}
	slices.Reverse(want)
	var got []string
	for next := "/seed/jobs?limit=2"; next != ""; {
		var page jobList
		if code, _, text := w.ask(t, http.MethodGet, next, "", &page); code != http.StatusOK {
			t.Fatalf("%d %s", code, text)
		}
		next = ""
		for _, job := range page.Jobs {
			got = append(got, job.JobID)
			if len(job.Levels) != 1 || job.Tiles.Total != 2 {
				t.Errorf("%+v", job)
			}
		}
		for _, l := range page.Links {
			next = strings.TrimPrefix(l.Href, w.server.URL)
		}
	}
	same(t, "jobs", got, want)
	if code, _, _ := w.ask(t, http.MethodGet, "/workspaces/w/seed/jobs/"+want[0], "", nil); code != http.StatusNotFound {
		t.Errorf("another workspace sees the job: %d", code)
	}
	if code, _, _ := w.ask(t, http.MethodGet, "/seed/jobs?limit=2&page=3", "", nil); code != http.StatusBadRequest {
		t.Errorf("an unknown parameter gives %d", code)
	}
}

func TestRefusedRequests(t *testing.T) {
	w := newWorld(t)
	for body, want := range map[string]string{
		`{`:                                             "not JSON",
		`{"layers":"S2L2A"}`:                            "unknown field",
		`{"layer":"S2L2A"} {}`:                          "something follows",
		`{}`:                                            "names no layer",
		`{"layer":"none"}`:                              `there is no layer \"none\"`,
		`{"layer":"S2L2A","style":"jet"}`:               `has no style \"jet\"`,
		`{"layer":"S2L2A","mode":"transfer"}`:           "not seed, reseed or delete",
		`{"layer":"S2L2A","grid":"LAEA"}`:               `no tile matrix set \"LAEA\"`,
		`{"layer":"S2L2A","bbox":[1,2,3]}`:              "bbox has 3 numbers",
		`{"layer":"S2L2A","bbox":[0,20,10,10]}`:         "south",
		`{"layer":"S2L2A","time":"yesterday"}`:          "yesterday",
		`{"layer":"S2L2A","format":"image/webp"}`:       "not png or jpeg",
		`{"layer":"S2L2A","minzoom":3,"maxzoom":2}`:     "3 to 2",
		`{"layer":"S2L2A","minzoom":-1}`:                "-1 to",
		`{"layer":"S2L2A","maxzoom":1000000000}`:        "down to level 13",
		`{"layer":"S2L2A","grid":"WGS84","maxzoom":13}`: "these are 178956970 tiles, one job has at most 10000",
		`{"layer":"S2L2A","grid":"GoogleMapsCompatible","bbox":[0,86,1,89]}`:               "no tile of the levels",
		`{"layer":"S2L2A","bbox":"` + strings.Repeat("x", maxPosted) + `"}`:                "larger than",
		`{"layer":"` + strings.Repeat("x", 1000) + `","mode":"delete"}`:                    "layer has the length 1000",
		`{"layer":"a\u0000b","mode":"delete"}`:                                             "zero character",
		`{"layer":"S2L2A","grids":["g","g","g","g","g","g","g","g","g","g","g"]}`:          "at most 10",
		`{"layer":"S2L2A","style":"jet","mode":"x","bbox":[1],"time":"t","format":"webp"}`: "5 parts of the request are wrong",
	} {
		code, _, text := w.ask(t, http.MethodPost, "/seed", body, nil)
		if (code != 400 && code != 404) || !strings.Contains(text, want) {
			t.Errorf("%.100s gives %d %.300s, want %s", body, code, text, want)
		}
	}
	if events := w.broker.take(); len(events) != 0 {
		t.Errorf("%d events came of it", len(events))
	}
}

func TestWritingIsClosedWithoutARole(t *testing.T) {
	w := newWorld(t, func(c *config) { c.Config = identityOf("https://issuer.invalid") })
	for _, r := range [][2]string{{http.MethodPost, "/seed"}, {http.MethodDelete, "/seed/jobs/x"}, {http.MethodPost, "/workspaces/w/seed"}} {
		if code, _, text := w.ask(t, r[0], r[1], `{"layer":"S2L2A"}`, nil); code != http.StatusUnauthorized {
			t.Errorf("%v gives %d %s", r, code, text)
		}
	}
}

// A job whose first event cannot be sent is ended, and the request fails.
func TestBrokerAway(t *testing.T) {
	w := newWorld(t)
	w.broker.refuse = true
	if code, _, _ := w.ask(t, http.MethodPost, "/seed", `{"layer":"S2L2A","maxzoom":0}`, nil); code != http.StatusServiceUnavailable {
		t.Errorf("answered %d", code)
	}
	jobs, _, err := w.store.SeedJobs(t.Context(), scope.New("", "test"), 10, "")
	if err != nil || len(jobs) != 1 || jobs[0].Status != catalogue.SeedDismissed {
		t.Errorf("%+v %v", jobs, err)
	}
}

func TestEventsThatCannotBeHandled(t *testing.T) {
	w := newWorld(t)
	job := w.post(t, `{"layer":"S2L2A","grid":"WGS84","maxzoom":2}`)
	good := w.broker.take()[0]
	for name, data := range map[string]string{
		"no object": `7`, "no job": `{"level":0,"from":0,"to":1}`, "no blocks": `{"job":"` + job.JobID + `","level":0,"from":1,"to":1}`,
		"below": `{"job":"` + job.JobID + `","level":0,"from":-1,"to":1}`, "beyond": `{"job":"` + job.JobID + `","level":0,"from":0,"to":9000000000}`,
		"no such level": `{"job":"` + job.JobID + `","level":9,"from":0,"to":1}`,
	} {
		e := good.Clone()
		_ = e.SetData("application/json", []byte(data))
		if err := w.deliver(t, e); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	e := good.Clone()
	_ = e.SetData("application/json", []byte(`{"job":"gone","level":0,"from":0,"to":1}`))
	if err := w.deliver(t, e); err != nil {
		t.Errorf("a job that is gone: %v", err)
	}
	if err := w.deliver(t, itemEvent("org.ogc.api.collection.create", "x")); fault.KindOf(err) != fault.Invalid {
		t.Errorf("another type: %v", err)
	}
}

// A job of whose blocks some events were given up is announced anew with the next request or event.
func TestStalledJobsAreRevived(t *testing.T) {
	w := newWorld(t)
	w.seeder.quiet = 0
	lost := w.post(t, `{"layer":"S2L2A","grid":"WGS84","maxzoom":1}`)
	w.broker.take() // given up
	w.apply(t, "", scene("a", "1", 14, 46))
	if err := w.deliver(t, itemEvent("org.ogc.api.collection.item.create", "a")); err != nil {
		t.Fatal(err)
	}
	w.seeder.quiet = stalled
	w.run(t)
	if got := w.job(t, lost.JobID); got.Status != catalogue.SeedSuccessful || got.Tiles.Done != 10 {
		t.Errorf("%+v", got)
	}
}
