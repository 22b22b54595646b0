package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
)

// uploads changes a few documents of the bucket at random, keeps what they are to be in the end, and hands the
// notifications on as they come.
func (w *world) uploads(seed uint64, steps int, notify func(event.Event)) (expected map[string]string) {
	random := rand.New(rand.NewPCG(seed, 1))
	expected = map[string]string{}
	for step := range steps {
		key := fmt.Sprintf("%d.json", random.IntN(5))
		if _, there := expected[key]; there && random.IntN(3) == 0 {
			delete(expected, key)
			notify(w.delete(key))
			continue
		}
		collection, title := fmt.Sprintf("C%d", random.IntN(2)), fmt.Sprintf("step %d", step)
		expected[key] = collection + "/" + key + " " + title
		notify(w.put(key, item(collection, key, title)))
	}
	return expected
}

// REG-21, REG-33: whatever the order, however often, and by four workers at once: in the end the catalogue holds what
// the bucket holds.
func TestTwiceAndShuffled(t *testing.T) {
	w := newWorld(t)
	var events []event.Event
	expected := w.uploads(20240601, 60, func(e event.Event) { events = append(events, e, e) })
	rand.New(rand.NewPCG(20240601, 2)).Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	queue := make(chan event.Event, len(events))
	for _, e := range events {
		queue <- e
	}
	close(queue)
	w.work(4, queue)
	w.wantSame(expected)
}

// The same while the bucket goes on changing.
func TestWhileTheBucketChanges(t *testing.T) {
	w := newWorld(t)
	const steps = 60
	queue := make(chan event.Event, 2*steps)
	var working sync.WaitGroup
	working.Go(func() { w.work(4, queue) })
	var before event.Event
	expected := w.uploads(20240602, steps, func(e event.Event) {
		queue <- e
		if before.ID() != "" {
			queue <- before
		}
		before = e
	})
	close(queue)
	working.Wait()
	w.wantSame(expected)
}

// work delivers events by a number of workers, again and again while the answer is that it may pass.
func (w *world) work(workers int, queue <-chan event.Event) {
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for e := range queue {
				w.untilHandled(e)
			}
		})
	}
	all.Wait()
}

func (w *world) untilHandled(e event.Event) {
	for range 20 {
		status, words := w.deliver(e)
		switch status {
		case http.StatusAccepted:
			return
		case http.StatusServiceUnavailable:
		default:
			w.t.Errorf("%s was answered %d %s", e.ID(), status, words)
			return
		}
	}
	w.t.Errorf("%s was never handled", e.ID())
}

func (w *world) wantSame(expected map[string]string) {
	w.t.Helper()
	for i := range 5 {
		key := fmt.Sprintf("%d.json", i)
		got, want := w.record("", key), expected[key]
		text := ""
		if got.ID != "" {
			text = got.Collection + "/" + got.ID + " " + got.Title
		}
		if text != want {
			w.t.Errorf("%s is %q, want %q (status %+v)", key, text, want, w.status(key))
		}
	}
}

// REG-04: while an item is replaced again and again, with other files each time, who reads finds the state before or the one
// behind, and never none.
func TestReadersSeeOneOrTheOther(t *testing.T) {
	w := newWorld(t)
	w.files("", "B02.tif", "B03.tif")
	states := []string{item("C", "x", "B02", "B02"), item("C", "x", "B03", "B03")}
	w.handled(w.put("x.json", states[0]))
	done := make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() {
		for n := 0; ; n++ {
			got, drawn := w.record("C", "x"), w.product("x")
			if len(drawn.Coverages) != 1 || got.Title != "B02" && got.Title != "B03" || drawn.Coverages[0].Asset != "B02" && drawn.Coverages[0].Asset != "B03" {
				t.Errorf("at reading %d there are %q and %+v", n, got.Title, drawn.Coverages)
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for i := range 20 {
		at := time.Now().Add(time.Duration(i) * time.Minute)
		w.handled(w.request("items", eventing.ModeReplace, eventing.Document{Content: json.RawMessage(strings.ReplaceAll(states[(i+1)%2], "./B", "s3://"+w.bucket+"/B")), Time: at}))
	}
	close(done)
	reading.Wait()
	w.wantNews("create C/x" + strings.Repeat(", replace C/x", 20))
}

// Files and items that arrive together, in any order, end with the item registered.
func TestItemsAndFilesTogether(t *testing.T) {
	w := newWorld(t)
	var events []event.Event
	for i := range 8 {
		folder := fmt.Sprintf("%d/", i)
		items := w.put(folder+"item.json", item("C", fmt.Sprint(i), "x", "B02", "B03"))
		events = append(events, items, w.put(folder+"B02.tif", "a"), w.put(folder+"B03.tif", "b"))
	}
	rand.New(rand.NewPCG(7, 7)).Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	queue := make(chan event.Event, len(events))
	for _, e := range events {
		queue <- e
	}
	close(queue)
	w.work(4, queue)
	for i := range 8 {
		if p := w.product(fmt.Sprint(i)); len(p.Coverages) != 2 {
			t.Errorf("item %d has %d coverages", i, len(p.Coverages))
		}
	}
}
