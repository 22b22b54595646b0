package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/test/draws"
)

// created and deleted are the events about a workspace as they are delivered in the end.
func about(t *testing.T, kind, name string) event.Event {
	t.Helper()
	e := event.New()
	e.SetID("workspace/" + name + "/1")
	e.SetSource("/perigee/catalogue")
	e.SetType(kind)
	if err := e.SetData(event.ApplicationJSON, eventing.Workspace{Name: name}); err != nil {
		t.Fatal(err)
	}
	return e
}

// everyCrash runs a part of a life with a worker that ends at each of its calls in turn, before it and behind it, until
// a worker comes through.
func everyCrash(t *testing.T, w *world, least int, run func(name string, doomed *world)) {
	t.Helper()
	calls := 0
	for at := 1; ; at++ {
		through := true
		for _, behind := range []bool{false, true} {
			c := &crash{at: at, behind: behind}
			run(fmt.Sprintf("n%d-%v", at, behind), w.doomed(c))
			through = through && !c.dead
			calls = c.calls
		}
		if through {
			t.Logf("%d calls", calls)
			if at < least {
				t.Errorf("a worker came through after %d calls", calls)
			}
			return
		}
	}
}

// A workspace that was half made, wherever that ended, is repaired by asking again, or by the event.
func TestHalfMade(t *testing.T) {
	w := newWorld(t)
	for how, repair := range map[string]func(name string){
		"asked": func(name string) {
			status, _, text := w.ask(eric, "POST", "/workspaces", body(name, "eric"))
			if status != http.StatusOK && status != http.StatusCreated {
				t.Errorf("%s: asked again: %d %s", name, status, text)
			}
		},
		"told": func(name string) {
			full := w.k.prefix + "-" + name
			if status, _, text := w.deliver(about(t, eventing.TypeWorkspaceCreated, full)); status != http.StatusAccepted {
				t.Errorf("%s: told again: %d %s", name, status, text)
			}
			if _, err := w.store.Workspace(t.Context(), system, full); fault.KindOf(err) == fault.NotFound { // the very first call failed
				w.want(http.StatusCreated, eric, "POST", "/workspaces", body(name, "eric"))
			}
		},
	} {
		everyCrash(t, w, 8, func(name string, doomed *world) {
			name = how + name
			status, _, text := doomed.ask(eric, "POST", "/workspaces", body(name, "eric"))
			if status != http.StatusServiceUnavailable && status != http.StatusCreated {
				t.Errorf("%s: %d %s", name, status, text)
			}
			repair(name)
			full := w.k.prefix + "-" + name
			w.usable(w.shown(eric, full))
			if left, err := w.store.Outbox(t.Context(), system.In(full), 10); err != nil || len(left) != 0 {
				t.Errorf("%s: events wait: %v %v", name, left, err)
			}
			if told := w.told(); len(told) != 1 || told["workspace/"+full+"/1/created"].Type() != eventing.TypeWorkspaceCreated {
				t.Errorf("%s: told %v", name, slices.Collect(maps.Keys(told)))
			}
		})
	}
}

// The same for a workspace that was half removed.
func TestHalfRemoved(t *testing.T) {
	w := newWorld(t)
	for how, repair := range map[string]func(name string){
		"asked": func(name string) {
			status, _, text := w.ask(admin, "DELETE", "/workspaces/"+name+"?purge=true", "")
			if status != http.StatusNoContent && status != http.StatusNotFound {
				t.Errorf("%s: asked again: %d %s", name, status, text)
			}
			if status == http.StatusNotFound { // it was done; what waits is sent by whoever comes next
				w.deliver(about(t, eventing.TypeWorkspaceDeleted, name))
			}
		},
		"told": func(name string) {
			if status, _, text := w.deliver(about(t, eventing.TypeWorkspaceDeleted, name)); status != http.StatusAccepted {
				t.Errorf("%s: told again: %d %s", name, status, text)
			}
			if _, err := w.store.Workspace(t.Context(), system, name); err == nil { // the very first call failed
				w.want(http.StatusNoContent, admin, "DELETE", "/workspaces/"+name+"?purge=true", "")
			}
		},
	} {
		everyCrash(t, w, 8, func(short string, doomed *world) {
			short = how + short
			name := w.k.prefix + "-" + short
			w.want(http.StatusCreated, eric, "POST", "/workspaces", body(short, "eric"))
			given := w.shown(eric, name)
			w.usable(given)
			w.register(name, "a")
			w.told()
			doomed.ask(admin, "DELETE", "/workspaces/"+name+"?purge=true", "")
			repair(name)
			w.want(http.StatusNotFound, eric, "GET", "/workspaces/"+name, "")
			if _, err := w.client(given).Head(t.Context(), name, "x.txt"); fault.KindOf(err) != fault.Forbidden {
				t.Errorf("%s: still open: %v", name, err)
			}
			if _, err := w.root.Head(t.Context(), name, "x.txt"); fault.KindOf(err) != fault.NotFound || w.records(name) != 0 {
				t.Errorf("%s: still full: %v", name, err)
			}
			told := slices.Sorted(maps.Keys(w.told()))
			if len(told) != 3 || !slices.ContainsFunc(told, func(id string) bool { return strings.HasPrefix(id, name+"/S2/a/deleted") }) {
				t.Errorf("%s: told %q", name, told)
			}
			w.want(http.StatusCreated, bob, "POST", "/workspaces", body(short, "bob"))
			w.told()
		})
	}
}

// What comes twice and in any order changes nothing in the end.
func TestTwiceAndShuffled(t *testing.T) {
	w := newWorld(t)
	name := w.k.prefix + "-eric"
	w.want(http.StatusCreated, eric, "POST", "/workspaces", body("eric", ""))
	w.want(http.StatusNoContent, eric, "DELETE", "/workspaces/"+name, "")
	w.want(http.StatusCreated, eric, "POST", "/workspaces", body("eric", ""))
	given := w.shown(eric, name)
	w.register(name, "a")
	var events []event.Event
	for _, e := range w.told() {
		if strings.HasPrefix(e.Type(), "perigee.workspace.") {
			events = append(events, e, e)
		}
	}
	if len(events) != 6 {
		t.Fatalf("%d events", len(events))
	}
	draws.Random().Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	for _, e := range events {
		if status, _, text := w.deliver(e); status != http.StatusAccepted {
			t.Errorf("%s: %d %s", e.ID(), status, text)
		}
	}
	if now := w.shown(eric, name); now.Storage.Credentials != given.Storage.Credentials || w.records(name) != 1 {
		t.Errorf("%+v", now)
	}
}

// While the broker is away, nothing is lost: the request fails, and the next one tells.
func TestABrokerThatIsAway(t *testing.T) {
	w := newWorld(t)
	w.broker = http.StatusServiceUnavailable
	w.want(http.StatusServiceUnavailable, eric, "POST", "/workspaces", body("eric", ""))
	w.broker = http.StatusAccepted
	w.want(http.StatusOK, eric, "POST", "/workspaces", body("eric", ""))
	if told := w.told(); len(told) != 1 {
		t.Errorf("%v", told)
	}
}

// A failure of the object store is told in words, and the next who asks repairs at once: no lease is left.
func TestAStoreThatIsAway(t *testing.T) {
	w := newWorld(t)
	there := w.k.objects
	w.k.objects = bucket.Open(bucket.Config{Endpoint: "http://127.0.0.1:1", AccessKey: "x", SecretKey: "y"})
	w.want(http.StatusServiceUnavailable, admin, "POST", "/workspaces", body("eric", "eric"))
	for who, words := range map[string]string{admin: "bucket: create the bucket", eric: "the step bucket did not succeed"} {
		d := w.shown(who, w.k.prefix+"-eric")
		if d.Status != "provisioning" || !strings.HasPrefix(d.Message, words) || d.Storage != nil || who != admin && strings.Contains(d.Message, "127.0.0.1") {
			t.Errorf("%+v", d)
		}
	}
	w.k.objects = there
	w.want(http.StatusOK, eric, "POST", "/workspaces", body("eric", ""))
	w.usable(w.shown(eric, w.k.prefix+"-eric"))
}
