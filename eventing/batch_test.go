package eventing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/shared/fault"
)

// itemEvents are events of items with the ids 0, 1, …
func itemEvents(n int) []event.Event {
	all := make([]event.Event, n)
	for i := range all {
		all[i] = sample()
		all[i].SetID(fmt.Sprint(i))
		all[i].SetType(TypeItemCreate)
	}
	return all
}

// collecting is a sink that remembers the ids of each request.
type collecting struct {
	mu       sync.Mutex
	requests [][]string
	refuses  string // the id of the event that it refuses, with all that come with it
	batches  bool
}

func (c *collecting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.batches {
		w.Header().Set("Accept-Post", acceptPost)
	}
	var ids []string
	if r.Header.Get("Content-Type") == event.ApplicationCloudEventsBatchJSON {
		events, err := receiveBatch(w, r, ItemPrefix)
		if err != nil || !c.batches {
			http.Error(w, fmt.Sprint(err), http.StatusUnsupportedMediaType)
			return
		}
		for _, e := range events {
			ids = append(ids, e.ID())
		}
	} else if e, err := Receive(w, r); err == nil {
		ids = append(ids, e.ID())
	}
	if slices.Contains(ids, c.refuses) {
		http.Error(w, "not "+c.refuses, http.StatusBadRequest)
		return
	}
	c.requests = append(c.requests, ids)
}

// Events go together to a sink that says that it takes batches, from the second on, and one by one to any other.
func TestBatchesWhereTheyAreTaken(t *testing.T) {
	for _, c := range []struct {
		batches  bool
		requests int
	}{{true, 1 + 3}, {false, 450}} {
		sink := &collecting{batches: c.batches, refuses: "none"}
		server := httptest.NewServer(sink)
		s, err := NewSink(server.URL, `{"extensions":{"house":"perigee"}}`)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Send(t.Context(), itemEvents(450)...); err != nil {
			t.Error(err)
		}
		if ids := slices.Concat(sink.requests...); len(sink.requests) != c.requests || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 450 {
			t.Errorf("batches %t: %d requests, %d events", c.batches, len(sink.requests), len(ids))
		}
		server.Close()
	}
}

// What is large travels alone.
func TestLargeEventsTravelAlone(t *testing.T) {
	sink := &collecting{batches: true, refuses: "none"}
	server := httptest.NewServer(sink)
	defer server.Close()
	s, err := NewSink(server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	events := itemEvents(10)
	_ = events[4].SetData(event.ApplicationJSON, []byte(`"`+strings.Repeat("x", smallEvent)+`"`))
	if err := s.Send(t.Context(), events...); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(sink.requests, func(ids []string) bool { return slices.Equal(ids, []string{"4"}) }) || len(sink.requests) != 4 {
		t.Errorf("sent were %v", sink.requests)
	}
}

// One event that is refused for good keeps none of its batch from being sent; neither does a sink that takes no batches
// any more.
func TestRefusedBatch(t *testing.T) {
	sink := &collecting{batches: true, refuses: "33"}
	server := httptest.NewServer(sink)
	defer server.Close()
	s, err := NewSink(server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for i, err := range s.SendEach(t.Context(), itemEvents(100)...) {
			if refused := fault.KindOf(err) == fault.Invalid; refused != (i == 33) || err != nil && !refused {
				t.Errorf("event %d: %v", i, err)
			}
		}
		sink.mu.Lock()
		if n := len(slices.Concat(sink.requests...)); n != 99 {
			t.Errorf("%d events were taken", n)
		}
		sink.requests, sink.batches = nil, false
		sink.mu.Unlock()
	}
}

// A function that takes several events at once says so in its answers, and only of the types that it means.
func TestSeveral(t *testing.T) {
	var together, alone []string
	var failure error
	one := func(_ context.Context, e event.Event) (*event.Event, error) {
		alone = append(alone, e.ID())
		return nil, nil
	}
	handler := Several(one, Together{Types: ItemPrefix, Handle: func(_ context.Context, events []event.Event) error {
		for _, e := range events {
			together = append(together, e.ID())
		}
		return failure
	}})
	send := func(kind string, what any) *httptest.ResponseRecorder {
		text, err := json.Marshal(what)
		if err != nil {
			t.Fatal(err)
		}
		r, w := httptest.NewRequest("POST", "/", strings.NewReader(string(text))), httptest.NewRecorder()
		r.Header.Set("Content-Type", kind)
		handler.ServeHTTP(w, r)
		return w
	}
	const single, batch = event.ApplicationCloudEventsJSON, event.ApplicationCloudEventsBatchJSON
	if w := send(single, sample()); w.Code != 202 || takesBatches(w.Header()) {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := send(single, itemEvents(1)[0]); w.Code != 202 || !takesBatches(w.Header()) {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := send(batch, itemEvents(3)); w.Code != 202 || !takesBatches(w.Header()) || w.Body.Len() > 0 {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if strings.Join(together, "") != "012" || strings.Join(alone, "") != "10" {
		t.Errorf("alone came %v, together %v", alone, together)
	}
	for words, what := range map[string]any{
		"event 2 of the batch is of type perigee.register.requested": []event.Event{itemEvents(1)[0], sample()},
		"event 1 of the batch is not valid":                          []map[string]string{{"specversion": "1.0", "id": "1", "type": TypeItemCreate}},
		"cannot be read":                                             map[string]int{"a": 1},
		"at most 1000":                                               itemEvents(maxBatchSize + 1),
	} {
		if w := send(batch, what); w.Code != 422 || !strings.Contains(w.Body.String(), words) && words[:7] != "event 1" {
			t.Errorf("%d %s, not %s", w.Code, w.Body, words)
		}
	}
	failure = fault.Classify(fault.Unavailable, errors.New("away"), "the database")
	if w := send(batch, itemEvents(2)); w.Code != 503 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
