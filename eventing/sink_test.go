package eventing

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/shared/fault"
)

// One event that is refused for good, and one that is to come later, keep no other from being sent.
func TestEachEventHasItsOwnOutcome(t *testing.T) {
	var mu sync.Mutex
	taken := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, err := Receive(w, r)
		switch {
		case err != nil:
			t.Error(err)
		case e.ID() == "3":
			http.Error(w, "too large for me", http.StatusRequestEntityTooLarge)
		case e.ID() == "5":
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			mu.Lock()
			defer mu.Unlock()
			taken[e.ID()] = true
		}
	}))
	defer server.Close()
	sink, err := NewSink(server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	var events []event.Event
	for i := range 30 {
		e := sample()
		e.SetID(fmt.Sprint(i))
		events = append(events, e)
	}
	for i, err := range sink.SendEach(context.Background(), events...) {
		kind := fault.KindOf(err)
		if ok := err == nil; ok != taken[fmt.Sprint(i)] || i == 3 && kind != fault.Invalid || i == 5 && kind != fault.Unavailable {
			t.Errorf("event %d: %v", i, err)
		}
	}
	if len(taken) != 28 {
		t.Errorf("%d events were taken", len(taken))
	}
	for want, some := range map[fault.Kind][]event.Event{fault.Invalid: events[2:4], fault.Unavailable: events} {
		if err := sink.Send(context.Background(), some...); fault.KindOf(err) != want {
			t.Errorf("%v", err)
		}
	}
}

// A sink that is not there is not asked for each of many events.
func TestNobodyAnswers(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked.Add(1)
		panic(http.ErrAbortHandler)
	}))
	defer server.Close()
	sink, err := NewSink(server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	events := make([]event.Event, 200)
	for i := range events {
		events[i] = sample()
	}
	for _, err := range sink.SendEach(context.Background(), events...) {
		if fault.KindOf(err) != fault.Unavailable {
			t.Fatalf("%v", err)
		}
	}
	if n := asked.Load(); n == 0 || n > 2*sending {
		t.Errorf("it was asked %d times", n)
	}
}

// What a header would change or not take at all arrives as it was sent.
func TestAttributesThatNoHeaderCarries(t *testing.T) {
	for _, text := range []string{"plain", " blank before", "blank after ", "two\nlines", "a\ttab ", "ü ", "\r\nCe-Type: other"} {
		var got atomic.Pointer[event.Event]
		server := httptest.NewServer(Handler(func(_ context.Context, e event.Event) (*event.Event, error) {
			got.Store(&e)
			return nil, nil
		}))
		sink, err := NewSink(server.URL, "")
		if err != nil {
			t.Fatal(err)
		}
		e := sample()
		e.SetSubject(text) // whose ends the library trims
		e.SetExtension(ExtensionCollection, text)
		if err := sink.Send(context.Background(), e); err != nil {
			t.Errorf("%q: %v", text, err)
		} else if e := got.Load(); e.Subject() != strings.TrimSpace(text) || e.Extensions()[ExtensionCollection] != text || e.Type() != TypeRegisterRequested || string(e.Data()) == "" {
			t.Errorf("%q arrived as %v", text, e)
		}
		server.Close()
	}
}
