package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/shared/catalogue"
	"perigee/shared/scope"
)

// three is a catalogue of three levels, with circles, repetitions and what is broken.
func three() map[string]string {
	return map[string]string{
		"catalog.json":       nodeText("Catalog", "root", "self ./catalog.json", "root ./catalog.json", "child ./S2/collection.json", "child ./S2/collection.json", "child ./gone/catalog.json", "child ./broken.json"),
		"S2/collection.json": nodeText("Collection", "S2", "root ../catalog.json", "parent ../catalog.json", "child ./june/catalog.json", "item ./a.json"),
		"S2/june/catalog.json": nodeText("Catalog", "june", "child ../../catalog.json", "item b.json", "item /S2/june/c.json", "item ../a.json", "item broken.json",
			"item https://example.org/x.json", "item s3://alice/y.json", "child ./other.json"),
		"S2/june/other.json":  nodeText("Collection", "S1", "item d.json"),
		"S2/a.json":           itemText("a", "S2"),
		"S2/june/b.json":      itemText("b", "S2"),
		"S2/june/c.json":      itemText("c", "S2"),
		"S2/june/d.json":      itemText("d", "S1"),
		"S2/june/broken.json": `{"type": "Feature", "id": "broken"}`,
		"broken.json":         `{"type": "Cat`,
	}
}

// HRV-06, HRV-20: everything below the root is asked for once; what is broken is told, and the rest goes on.
func TestWalk(t *testing.T) {
	w := newWorld(t)
	w.put(w.bucket, three())
	w.handled(wanted("1", "all", "", ""))
	w.wantRegistered(" collections register s3://b/S2/collection.json", " collections register s3://b/S2/june/other.json",
		" items register s3://b/S2/a.json", " items register s3://b/S2/june/b.json", " items register s3://b/S2/june/c.json", " items register s3://b/S2/june/d.json")
	run := w.latest("")
	if run.Status != catalogue.HarvestFinished || run.Found != 6 || run.Requested != 6 || run.Failed != 5 || run.Visited != run.Nodes || run.Ended.IsZero() {
		t.Errorf("%+v", run)
	}
	for _, reason := range []string{"gone/catalog.json", "broken.json", "S2/june/broken.json", "https://example.org/x.json", "s3://alice/y.json"} {
		if !slices.ContainsFunc(run.Failures, func(f catalogue.HarvestFailure) bool { return strings.HasSuffix(f.Href, reason) && f.Reason != "" }) {
			t.Errorf("nothing is said of %s: %v", reason, run.Failures)
		}
	}
	w.handled(wanted("1", "all", "", "")) // once more the same
	w.wantRegistered()
	w.handled(wanted("2", "replacing", "", `{"resource": {"root_path": "S2/june/"}}`))
	w.wantRegistered(" collections replace s3://b/S2/collection.json", " items replace s3://b/S2/a.json", " items replace s3://b/S2/june/b.json", " items replace s3://b/S2/june/c.json")
	if run := w.latest(""); run.Filtered != 2 || run.Status != catalogue.HarvestFinished {
		t.Errorf("%+v", run)
	}
}

// A workspace's harvest reads that workspace's bucket and no other.
func TestWalkInAWorkspace(t *testing.T) {
	w := newWorld(t)
	alice := "alice-" + strings.TrimPrefix(w.bucket, "test-")
	if err := w.objects.CreateBucket(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	w.put(alice, map[string]string{"catalog.json": nodeText("Catalog", "c", "item a.json", "item s3://"+w.bucket+"/b.json"), "a.json": itemText("a", "S2")})
	w.put(w.bucket, map[string]string{"b.json": itemText("b", "S2")})
	w.handled(wanted("1", "all", alice, ""))
	w.wantRegistered(alice + " items register s3://" + alice + "/a.json")
	if run := w.latest(alice); run.Failed != 1 || !strings.Contains(run.Failures[0].Reason, "does not belong to the workspace") {
		t.Errorf("%+v", run)
	}
	status, words := w.deliver(wanted("2", "all", alice, `{"resource": {"root_path": "s3://`+w.bucket+`/catalog.json"}}`))
	if status != http.StatusUnprocessableEntity || !strings.Contains(words, "does not belong to the workspace") {
		t.Errorf("%d %s", status, words)
	}
}

// Without a root, with too many nodes, and too deep: the run, or the node, fails in words.
func TestWalksThatCannotGoOn(t *testing.T) {
	w := newWorld(t)
	objects, _ := wide(120)
	deep := map[string]string{}
	for i := range maxDepth + 3 {
		deep[fmt.Sprintf("s3://b/deep/%d.json", i)] = nodeText("Catalog", "c", fmt.Sprintf("child %d.json", i+1))
	}
	m := &memory{objects: objects, reads: map[string]int{}}
	w.through(inMemory(w.worker(), m))
	w.handled(wanted("no root", "all", "", `{"resource": {"root_path": "gone.json"}}`))
	if run := w.latest(""); run.Status != catalogue.HarvestFailed || !strings.Contains(run.Error, "gone.json is not there") {
		t.Errorf("%+v", run)
	}
	w.handled(wanted("no root in a folder", "all", "", `{"resource": {"root_path": "gone"}}`))
	if run := w.latest(""); run.Status != catalogue.HarvestFailed || !strings.Contains(run.Error, "neither a catalog.json nor") {
		t.Errorf("%+v", run)
	}
	few := inMemory(w.worker(), m)
	few.maxNodes = 100
	w.through(few).handled(wanted("too many", "all", "", ""))
	if run := w.latest(""); run.Status != catalogue.HarvestFailed || !strings.Contains(run.Error, "more than the 100 nodes") {
		t.Errorf("%+v", run)
	}
	w.through(inMemory(w.worker(), &memory{objects: deep, reads: map[string]int{}})).handled(wanted("too deep", "all", "", `{"resource": {"root_path": "deep/0.json"}}`))
	if run := w.latest(""); run.Status != catalogue.HarvestFinished || run.Failed != 1 || !strings.Contains(run.Failures[0].Reason, "deeper than 100 levels") {
		t.Errorf("%+v", run)
	}
}

// A run whose harvester is configured no more, or otherwise, fails in words.
func TestTheConfigurationChanged(t *testing.T) {
	w := newWorld(t)
	for id, run := range map[string]catalogue.HarvestRun{
		"gone": {Harvester: "gone"}, "other": {Harvester: "all", Values: []byte(`{"no longer": 1}`)},
	} {
		run.ID, run.Time = id, time.Now()
		start := catalogue.HarvestStart{Run: run, Root: "s3://" + w.bucket + "/catalog.json"}
		var err error
		if start.Event, err = goingOn(run, "0"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.store.StartHarvest(t.Context(), scope.New("", "test", scope.Writer), start); err != nil {
			t.Fatal(err)
		}
		w.handled(ping("sweep "+id, "sweep", "harvests"))
		w.drain()
		if run := w.latest(""); run.Status != catalogue.HarvestFailed || run.Error == "" || run.ID != id {
			t.Errorf("%+v", run)
		}
	}
}

// HRV-09: a filter, of the configuration or of the request, leaves out items, not what leads to them. What it says of
// what an item does not have is unknown, and the item is left out.
func TestFilter(t *testing.T) {
	w := newWorld(t)
	objects := three()
	for key, clouds := range map[string]string{"S2/a.json": `"eo:cloud_cover": 70`, "S2/june/b.json": `"platform": "sentinel-2a"`} {
		objects[key] = strings.Replace(objects[key], `"eo:cloud_cover": 7`, clouds, 1)
	}
	w.put(w.bucket, objects)
	w.handled(wanted("1", "clear", "", ""))
	w.wantRegistered(" collections register s3://b/S2/collection.json", " collections register s3://b/S2/june/other.json",
		" items register s3://b/S2/june/c.json", " items register s3://b/S2/june/d.json")
	if run := w.latest(""); run.Status != catalogue.HarvestFinished || run.Found != 6 || run.Filtered != 2 || run.Requested != 4 {
		t.Errorf("%+v", run)
	}
	w.handled(wanted("2", "clear", "", `{"filter": {"op": ">"}}`)) // the rest of the filter stays
	w.wantRegistered(" collections register s3://b/S2/collection.json", " collections register s3://b/S2/june/other.json", " items register s3://b/S2/a.json")
	w.handled(wanted("3", "clear", "", `{"filter": null}`))
	if run := w.latest(""); run.Filtered != 0 || run.Requested != 6 {
		t.Errorf("%+v", run)
	}
	status, words := w.deliver(wanted("4", "all", "", `{"filter": {"op": "and", "args": [{"op": "<", "args": [{"property": "eo:cloud_cover"}, null]}]}}`))
	if status != http.StatusUnprocessableEntity || !strings.Contains(words, "values.filter: at /args/0/args/1: null is no value") {
		t.Errorf("%d %s", status, words)
	}
}

// An invocation walks for its time and hands on; every event comes twice and out of order, and nothing is lost or doubled.
func TestHandingOnTwiceAndShuffled(t *testing.T) {
	w := newWorld(t)
	objects, expected := wide(450)
	h := inMemory(w.worker(), &memory{objects: objects, reads: map[string]int{}})
	h.budget = 0
	w.through(h)
	random := rand.New(rand.NewPCG(20240601, 1))
	pending := []event.Event{wanted("1", "all", "", ""), wanted("1", "all", "", "")}
	invocations := 0
	for len(pending) > 0 {
		i := random.IntN(len(pending))
		e := pending[i]
		pending = slices.Delete(pending, i, i+1)
		w.handled(e)
		invocations++
		for e, more := w.take(); more; e, more = w.take() {
			pending = append(pending, e, e)
		}
	}
	w.wantRegistered(expected...)
	run := w.latest("")
	if run.Status != catalogue.HarvestFinished || run.Requested != 451 || run.Visited != 452 || invocations < 6 {
		t.Errorf("after %d invocations %+v", invocations, run)
	}
}

// Two workers that get the same event at once: one walks, and each node is read once.
func TestTwoWorkersAtOnce(t *testing.T) {
	w := newWorld(t)
	objects, expected := wide(150)
	m := &memory{objects: objects, reads: map[string]int{}}
	var group sync.WaitGroup
	for range 4 {
		h := inMemory(w.worker(), m)
		group.Go(func() {
			if _, err := h.event(t.Context(), wanted("1", "all", "", "")); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	w.wantRegistered(expected...)
	for href, n := range m.reads {
		if n != 1 {
			t.Errorf("%s was read %d times", href, n)
		}
	}
	if run := w.latest(""); run.Status != catalogue.HarvestFinished || run.Requested != 151 {
		t.Errorf("%+v", run)
	}
}

// While the broker is away nothing is taken for asked; the run is given back, and the event, coming again, goes on.
func TestTheBrokerIsAway(t *testing.T) {
	w := newWorld(t)
	w.put(w.bucket, three())
	w.answers(http.StatusServiceUnavailable)
	for range 2 {
		if status, words := w.deliver(wanted("1", "all", "", "")); status != http.StatusServiceUnavailable {
			t.Errorf("%d %s", status, words)
		}
	}
	if run := w.latest(""); run.Status != catalogue.HarvestRunning || run.Requested != 0 {
		t.Errorf("%+v", run)
	}
	w.answers(http.StatusAccepted)
	w.handled(wanted("1", "all", "", ""))
	if run := w.latest(""); run.Status != catalogue.HarvestFinished || run.Requested != 6 || len(w.registered()) != 6 {
		t.Errorf("%+v", run)
	}
}

// A run that is cancelled stops at its next step, and its events are of no effect.
func TestCancelled(t *testing.T) {
	w := newWorld(t)
	objects, _ := wide(150)
	m := &memory{objects: objects, reads: map[string]int{}}
	var once sync.Once
	m.reading = func() {
		once.Do(func() {
			if _, err := w.store.CancelHarvest(t.Context(), scope.New("", "test", scope.Writer), w.latest("").ID); err != nil {
				t.Error(err)
			}
		})
	}
	w.through(inMemory(w.worker(), m))
	w.handled(wanted("1", "all", "", ""))
	w.handled(wanted("1", "all", "", ""))
	if run := w.latest(""); run.Status != catalogue.HarvestCancelled || run.Cursor != 0 || len(m.reads) != 1 {
		t.Errorf("%+v, %d read", run, len(m.reads))
	}
	w.wantRegistered()
}

// HRV-18: a ping with the extension harvester runs it, once for each ping, and not while the run before is on its way.
func TestPing(t *testing.T) {
	w := newWorld(t)
	w.put(w.bucket, three())
	w.handled(ping("1", "harvester", "all"))
	w.handled(ping("1", "harvester", "all"))
	if got := len(w.registered()); got != 6 {
		t.Errorf("%d registrations", got)
	}
	if _, _, err := w.store.StartHarvest(t.Context(), scope.New("", "test", scope.Writer), catalogue.HarvestStart{
		Run: catalogue.HarvestRun{ID: "before", Harvester: "all", Time: time.Now()}, Root: "s3://" + w.bucket + "/catalog.json",
	}); err != nil {
		t.Fatal(err)
	}
	w.handled(ping("2", "harvester", "all"))
	w.wantRegistered()
	w.handled(ping("3", "other", "thing"))
	if status, words := w.deliver(ping("4", "harvester", "nobody")); status != http.StatusUnprocessableEntity || !strings.Contains(words, `there is no harvester "nobody"`) {
		t.Errorf("%d %s", status, words)
	}
}

// The sweep sends what waits in the outbox of any workspace, and revives what nobody walks.
func TestSweep(t *testing.T) {
	w := newWorld(t)
	w.put(w.bucket, three())
	w.answers(http.StatusServiceUnavailable)
	if status, words := w.ask(http.MethodPost, "/harvest/all", "", "Writer", "anna"); status != http.StatusAccepted {
		t.Fatalf("%d %s", status, words)
	}
	if status, _ := w.deliver(ping("s1", "sweep", "outbox")); status != http.StatusServiceUnavailable {
		t.Errorf("swept without a broker: %d", status)
	}
	w.answers(http.StatusAccepted)
	w.handled(ping("s2", "sweep", "outbox"))
	w.drain()
	if run := w.latest(""); run.Status != catalogue.HarvestFinished || run.Requested != 6 {
		t.Errorf("%+v", run)
	}
}

func TestEventsThatAreNotUnderstood(t *testing.T) {
	w := newWorld(t)
	strange := wanted("1", "all", "", "")
	strange.SetType("perigee.register.requested")
	broken := wanted("2", "all", "", "")
	if err := broken.SetData(event.ApplicationJSON, []byte(`[7]`)); err != nil {
		t.Fatal(err)
	}
	gone := wanted("3", "all", "", "")
	if err := gone.SetData(event.ApplicationJSON, []byte(`{"run": "nowhere"}`)); err != nil {
		t.Fatal(err)
	}
	for _, e := range []event.Event{strange, broken, gone, wanted("4", "", "", ""), wanted("5", "all", "", `{"x": 1}`), wanted("6", "all", "", `{"resource": {"root_path": "s3://cache/x.json"}}`)} {
		if status, words := w.deliver(e); status != http.StatusUnprocessableEntity {
			t.Errorf("%s was answered %d %s", e.ID(), status, words)
		}
	}
}
