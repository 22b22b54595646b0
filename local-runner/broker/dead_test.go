package broker

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"perigee/shared/fault"
)

// A dead letter carries the event, where it failed, with which code, and the first bytes of the answer as base64.
func TestDeadLetterSink(t *testing.T) {
	long := strings.Repeat("why ", 1000)
	s := subscribe(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		http.Error(w, long, http.StatusUnprocessableEntity)
	})
	sink := subscribe(t, status(202))
	d := quick(0)
	d.DeadLetter = sink.target()
	b := open(t, "", oneTrigger(s.target(), d))
	publish(t, b, newEvent("1"))
	settled(t, b)
	got := sink.all()[0]
	same(t, "id", got.id(), "1")
	same(t, "data", got.body, `{"id":"1"}`)
	same(t, "destination", got.header.Get("Ce-Knativeerrordest"), s.URL)
	same(t, "code", got.header.Get("Ce-Knativeerrorcode"), "422")
	data := got.header.Get("Ce-Knativeerrordata")
	words, err := base64.StdEncoding.DecodeString(data)
	if err != nil || len(data) != maxErrorData || !strings.HasPrefix(long, string(words)) {
		t.Errorf("%d bytes of data, %v", len(data), err)
	}
}

// A sink that fails gets the dead letter again with the same retries; its replies are nobody's.
func TestDeadLetterSinkRetries(t *testing.T) {
	s := subscribe(t, status(400))
	sink := subscribe(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n < 4 {
			w.WriteHeader(503)
			return
		}
		for name, value := range binaryHeader() {
			w.Header().Set(name, value)
		}
	})
	d := quick(5)
	d.DeadLetter = sink.target()
	b := open(t, "", oneTrigger(s.target(), d))
	publish(t, b, newEvent("1"))
	settled(t, b)
	same(t, "attempts at the sink", len(sink.all()), 4)
	same(t, "attempts at the subscriber", len(s.all()), 1)
}

// A dead letter that its sink refuses stays with the broker and hinders nobody.
func TestRefusedDeadLetterStays(t *testing.T) {
	s := subscribe(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Ce-Id") == "bad" {
			w.WriteHeader(400)
		}
	})
	sink := subscribe(t, status(400))
	d := quick(5)
	d.DeadLetter = sink.target()
	b := open(t, "", oneTrigger(s.target(), d))
	publish(t, b, newEvent("bad"), newEvent("good"))
	eventually(t, "the sink refused, the other went through", func() bool { return len(sink.all()) == 1 && len(s.all()) == 2 })
	eventually(t, "only the bad one is pending", func() bool {
		stats, err := b.Stats(t.Context())
		return err == nil && stats[0].Pending == 1 && stats[0].Delivered == 1
	})
}

// Without a sink the broker keeps the dead letter, lists it, sends it again, and forgets it then.
func TestKeptDeadLetters(t *testing.T) {
	s := subscribe(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n <= 2 {
			http.Error(w, "no", 400)
		}
	})
	dir := t.TempDir()
	b := open(t, dir, oneTrigger(s.target(), quick(0)))
	publish(t, b, newEvent("1"))
	settled(t, b)
	publish(t, b, newEvent("2"))
	settled(t, b)
	shut(t, b)
	b = open(t, dir, oneTrigger(s.target(), quick(0)))
	letters, err := b.DeadLetters(t.Context(), 10)
	if err != nil || len(letters) != 2 {
		t.Fatalf("%v %+v", err, letters)
	}
	newest := letters[0]
	same(t, "id", newest.ID, "2")
	same(t, "trigger", newest.Trigger, testTrigger)
	same(t, "code", newest.Code, 400)
	same(t, "error", newest.Error, "400 Bad Request: no")
	if err := b.Replay(t.Context(), newest.Sequence); err != nil {
		t.Fatal(err)
	}
	settled(t, b)
	again := s.all()[2]
	same(t, "replayed", again.id(), "2")
	same(t, "without the error", again.header.Get("Ce-Knativeerrorcode"), "")
	if letters, _ = b.DeadLetters(t.Context(), 10); len(letters) != 1 {
		t.Errorf("%+v", letters)
	}
	if err := b.Forget(t.Context(), letters[0].Sequence); err != nil {
		t.Error(err)
	}
	if letters, _ = b.DeadLetters(t.Context(), 10); len(letters) != 0 {
		t.Errorf("%+v", letters)
	}
	for _, err := range []error{b.Forget(t.Context(), newest.Sequence), b.Replay(t.Context(), newest.Sequence)} {
		if fault.KindOf(err) != fault.NotFound {
			t.Error(err)
		}
	}
}

// A dead letter sink that does not answer has a few requests at once, and the other events go on.
func TestSilentSinkHoldsUpNothing(t *testing.T) {
	s := subscribe(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Ce-Id") == "bad" {
			w.WriteHeader(400)
		}
	})
	answer := make(chan struct{})
	sink := subscribe(t, func(int, http.ResponseWriter, *http.Request) { <-answer })
	d := quick(0)
	target := sink.target().(fixed)
	target.slots = make(chan struct{}, 100) // the sink itself bounds nothing
	d.DeadLetter = target
	b := open(t, "", oneTrigger(s.target(), d))
	for range 20 {
		publish(t, b, newEvent("bad"))
	}
	publish(t, b, newEvent("good"))
	eventually(t, "every event was tried, the good one taken", func() bool {
		stats, err := b.Stats(t.Context())
		return err == nil && stats[0].Delivered == 1 && stats[0].Dead == 20
	})
	if n := len(sink.all()); n > 4 {
		t.Errorf("%d requests at the sink at once", n)
	}
	close(answer)
	settled(t, b)
	same(t, "dead letters", len(sink.all()), 20)
}
