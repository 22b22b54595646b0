package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/scope"
)

func sweeping() event.Event {
	e := event.New()
	e.SetID("tick")
	e.SetSource("/apis/v1/namespaces/perigee/pingsources/sweep-outbox")
	e.SetType(eventing.TypePing)
	e.SetExtension(eventing.ExtensionSweep, "outbox")
	return e
}

// What was committed and could not be sent is sent by the sweep, of whatever workspace; what is on its way is left alone.
func TestSweep(t *testing.T) {
	w := newWorld(t)
	other := w.extraBucket()
	w.broker = http.StatusServiceUnavailable
	for _, e := range []event.Event{w.put("a.json", untyped(item("C", "a", "x"))), w.putIn(other, "b.json", untyped(item("C", "b", "x")))} {
		if status, words := w.deliver(e); status != http.StatusServiceUnavailable {
			t.Fatalf("answered %d %s", status, words)
		}
	}
	if status, _ := w.deliver(sweeping()); status != http.StatusServiceUnavailable {
		t.Errorf("a sweep without a broker is answered %d", status)
	}
	w.wantNews("")
	w.broker = http.StatusAccepted
	w.r.settling = time.Hour
	w.handled(sweeping())
	w.wantNews("")
	w.r.settling = 0
	w.handled(sweeping())
	if got := strings.Split(w.news(), ", "); len(got) != 2 || !strings.Contains(strings.Join(got, " "), "create C/a") || !strings.Contains(strings.Join(got, " "), "create C/b") {
		t.Errorf("sent %q", got)
	}
	w.handled(sweeping())
	w.wantNews("")
}

// An event that the broker refuses for good is kept as a dead letter of its workspace, and the others are sent.
func TestRefusedEventHoldsUpNoOther(t *testing.T) {
	w := newWorld(t)
	w.refused = "b"
	w.handled(w.put("a.json", untyped(item("C", "a", "x"))), w.put("b.json", untyped(item("C", "b", "x"))), w.put("c.json", untyped(item("C", "c", "x"))))
	w.wantNews("create C/a, create C/c")
	letters, _, err := w.store.DeadLetters(t.Context(), scopeOf(""), 10, "")
	if err != nil || len(letters) != 1 || letters[0].Subject != "b" || letters[0].Type != eventing.TypeItemCreate || !strings.Contains(letters[0].Reason, "refuses event") {
		t.Errorf("%v %+v", err, letters)
	}
	waiting, err := w.store.OutboxAll(t.Context(), scope.New(scope.System, "test", scope.Admin), 10)
	if err != nil || len(waiting) != 0 {
		t.Errorf("%v %+v", err, waiting)
	}
}

// Names with blanks at their ends reach subscribers, and hold up nothing.
func TestEdgesOfNames(t *testing.T) {
	w := newWorld(t)
	w.handled(w.put(" blank.json", untyped(item(" C", " a", "x"))), w.put("two\nlines.json", untyped(item("C", "b", "x"))))
	w.wantNews("create %20C/%20a, create C/b")
}
