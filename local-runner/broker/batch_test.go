package broker

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"
)

// several are events with the ids 0, 1, …
func several(n int) []event.Event {
	events := make([]event.Event, n)
	for i := range events {
		events[i] = newEvent(fmt.Sprint(i))
	}
	return events
}

// post sends events in one request.
func post(t *testing.T, b *Broker, events []event.Event) {
	t.Helper()
	text, err := json.Marshal(events)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/perigee/default", strings.NewReader(string(text)))
	r.Header.Set("Content-Type", event.ApplicationCloudEventsBatchJSON)
	w := httptest.NewRecorder()
	if b.ServeHTTP(w, r); w.Code != http.StatusAccepted {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
}

// ids are those of the events that a request brought, in a batch or alone.
func (r received) ids(t *testing.T) []string {
	if r.header.Get("Content-Type") != event.ApplicationCloudEventsBatchJSON {
		return []string{r.id()}
	}
	var events []event.Event
	if err := json.Unmarshal([]byte(r.body), &events); err != nil {
		t.Errorf("%v: %s", err, r.body)
	}
	var all []string
	for _, e := range events {
		if err := e.Validate(); err != nil || string(e.Data()) != fmt.Sprintf(`{"id":%q}`, e.ID()) || e.Subject() != "thing-"+e.ID() || e.Extensions()[extensionArrival] == nil {
			t.Errorf("%v: %s", err, e)
		}
		all = append(all, e.ID())
	}
	return all
}

func (s *subscriber) counts(t *testing.T) map[string]int {
	all := map[string]int{}
	for _, r := range s.all() {
		for _, id := range r.ids(t) {
			all[id]++
		}
	}
	return all
}

// takesBatches answers as who takes batches, too.
func takesBatches(w http.ResponseWriter) { w.Header().Set("Accept-Post", acceptPost) }

// The events of a batch are kept in few messages, and come one by one to a subscriber that says nothing of batches, each
// only where the filters want it.
func TestBatch(t *testing.T) {
	all, one := subscribe(t, status(202)), subscribe(t, status(202))
	cfg := oneTrigger(all.target(), quick(0))
	cfg.Triggers = append(cfg.Triggers, Trigger{Name: Name{"perigee", "one"}, Broker: "default", Subscriber: one.target(), Filters: []Filter{exact("id", "7")}})
	b := openOnly(t, "", cfg)
	events := several(600)
	events[5].SetType("test.other")
	post(t, b, events)
	same(t, "messages", waiting(t, b), 4)
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	stats := settled(t, b)
	same(t, "delivered", stats[0].Delivered, 600)
	same(t, "delivered to one", stats[1].Delivered, 1)
	same(t, "different events", len(all.counts(t)), 600)
	same(t, "requests", len(all.all()), 600)
	same(t, "the one", one.all()[0].id(), "7")
	same(t, "in the history", len(b.Events(Query{Limit: 1000})), 600)
	same(t, "the newest", b.Events(Query{Limit: 1})[0].ID, "599")
	for _, e := range b.Events(Query{Limit: 1000, ID: "3"}) {
		same(t, "attempts", len(e.Attempts), 1)
	}
}

// Who says so gets the next batches as such.
func TestBatchesArriveTogether(t *testing.T) {
	s := subscribe(t, func(_ int, w http.ResponseWriter, _ *http.Request) { takesBatches(w); w.WriteHeader(202) })
	b := open(t, "", oneTrigger(s.target(), quick(0), not(exact("id", "9"))))
	publish(t, b, newEvent("first"))
	settled(t, b)
	post(t, b, append(several(20), newEvent("9"))) // the filter leaves both of that id out
	stats := settled(t, b)
	same(t, "requests", len(s.all()), 2)
	same(t, "delivered", stats[0].Delivered, 20)
	same(t, "events in the history", len(b.Events(Query{Limit: 100})), 22)
	if ids := s.all()[1].ids(t); len(ids) != 19 || slices.Contains(ids, "9") {
		t.Errorf("together came %v", ids)
	}
	same(t, "trace", len(s.all()[1].header.Get("Traceparent")), 55)
}

// Data that is no JSON arrives in a batch byte by byte.
func TestBatchOfOtherData(t *testing.T) {
	var got []event.Event
	s := subscribe(t, func(int, http.ResponseWriter, *http.Request) {})
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		takesBatches(w)
		if r.Header.Get("Content-Type") == event.ApplicationCloudEventsBatchJSON {
			if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
				t.Error(err)
			}
		}
	})
	b := open(t, "", oneTrigger(s.target(), quick(0)))
	publish(t, b, newEvent("first"))
	settled(t, b)
	events := several(3)
	binary := []byte{0, 1, 0xff, '\n'}
	_ = events[0].SetData("image/png", binary)
	_ = events[1].SetData("application/json", []byte("no JSON"))
	_ = events[2].SetData("text/plain", []byte(nil))
	post(t, b, events)
	settled(t, b)
	same(t, "events", len(got), 3)
	for i, want := range []string{string(binary), "no JSON", ""} {
		same(t, "data", string(got[i].Data()), want)
	}
}

// Whatever does not succeed in a batch comes again by itself, as often as it may, and becomes a dead letter by itself; the
// others are delivered once.
func TestFailuresLeaveTheirBatch(t *testing.T) {
	for name, together := range map[string]bool{"one by one": false, "together": true} {
		t.Run(name, func(t *testing.T) {
			tries := map[string]*atomic.Int32{"3": {}, "4": {}}
			s := subscribe(t, func(_ int, w http.ResponseWriter, r *http.Request) {
				id := r.Header.Get("Ce-Id")
				switch {
				case id == "": // a batch, with something in it that fails
					http.Error(w, "not all of it", http.StatusServiceUnavailable)
					return
				case id == "2":
					http.Error(w, "never", http.StatusUnprocessableEntity)
				case tries[id] != nil && tries[id].Add(1) <= 2:
					w.WriteHeader(503)
				}
				if together {
					takesBatches(w)
				}
			})
			sink := subscribe(t, status(202))
			d := quick(3)
			d.DeadLetter = sink.target()
			b := open(t, "", oneTrigger(s.target(), d))
			publish(t, b, newEvent("first"))
			settled(t, b)
			post(t, b, several(10))
			stats := settled(t, b)[0]
			inBatch := map[bool]int{true: 1, false: 0}[together] // once more, which counts for no attempt
			for id, n := range s.counts(t) {
				want := 1 + inBatch
				if tries[id] != nil {
					want = 3 + inBatch
				}
				if id != "first" && n != want {
					t.Errorf("event %s was sent %d times, not %d", id, n, want)
				}
			}
			same(t, "tries of 3", tries["3"].Load(), 3)
			same(t, "delivered", stats.Delivered, 10)
			same(t, "retried", stats.Retried, 4)
			same(t, "dead", stats.Dead, 1)
			same(t, "letters", len(sink.all()), 1)
			letter := sink.all()[0].header
			same(t, "letter", letter.Get("Ce-Id")+letter.Get("Ce-Knativeerrorcode"), "2422")
			var attempts []string
			for _, e := range b.Events(Query{Limit: 100, ID: "3"}) {
				for _, a := range e.Attempts {
					attempts = append(attempts, fmt.Sprint(a.Number, " ", a.Outcome))
				}
			}
			same(t, "attempts", strings.Join(attempts, ", "), "1 retrying, 2 retrying, 3 delivered")
			same(t, "events in the history", len(b.Events(Query{Limit: 100})), 11)
		})
	}
}

// A restart in the midst of a batch loses nothing, and repeats nothing of what was settled; what waits to be tried again
// waits on.
func TestRestartInABatch(t *testing.T) {
	dir := t.TempDir()
	var refused atomic.Bool
	inside := make(chan bool, 1)
	s := subscribe(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Ce-Id") == "0" && refused.CompareAndSwap(false, true) {
			w.WriteHeader(503)
			return
		}
		select {
		case inside <- true:
		default:
		}
	})
	cfg := oneTrigger(s.target(), &Delivery{Retry: 3, Policy: Exponential, Delay: 300 * time.Millisecond})
	b := open(t, dir, cfg)
	post(t, b, several(200))
	<-inside
	shut(t, b)
	b = open(t, dir, cfg)
	settled(t, b)
	counts := s.counts(t)
	same(t, "events", len(counts), 200)
	for id, n := range counts {
		if want := map[bool]int{true: 2, false: 1}[id == "0"]; n != want {
			t.Errorf("event %s was sent %d times, not %d", id, n, want)
		}
	}
}

// A batch that waits for a subscriber that does not start comes again whole.
func TestCloseBeforeABatch(t *testing.T) {
	dir := t.TempDir()
	p := &pool{slots: make(chan struct{})}
	b := open(t, dir, oneTrigger(p, quick(0)))
	post(t, b, several(50))
	eventually(t, "it waits", func() bool { return p.acquired.Load() == 1 })
	shut(t, b)
	s := subscribe(t, status(202))
	b = openOnly(t, dir, oneTrigger(s.target(), quick(0)))
	same(t, "messages", waiting(t, b), 1)
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	settled(t, b)
	same(t, "events", len(s.counts(t)), 50)
	same(t, "requests", len(s.all()), 50)
}

// What was packed is unpacked as it was, and what is torn is noticed.
func TestPacking(t *testing.T) {
	var all []message
	for _, e := range several(5) {
		m, err := newMessage(e)
		if err != nil {
			t.Fatal(err)
		}
		m.Broker = testBroker
		all = append(all, m)
	}
	made := bundles(all)
	same(t, "bundles", len(made), 1)
	msg, err := made[0].encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := unpack(msg.Header, msg.Data)
	if err != nil || len(got) != 5 || got[4].Attributes["id"] != "4" || string(got[4].Data) != `{"id":"4"}` {
		t.Errorf("%v %+v", err, got)
	}
	for n := range len(msg.Data) {
		if _, err := unpack(msg.Header, msg.Data[:n]); err == nil {
			t.Errorf("the first %d bytes are taken for the whole", n)
		}
	}
}

// What is kept may have been written by anybody with access to the disk.
func FuzzUnpack(f *testing.F) {
	f.Add("2", []byte("\x02{}\x01a\x02{}\x01b"))
	f.Add("1", []byte("\x80"))
	f.Add("1", []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01{}"))
	f.Fuzz(func(t *testing.T, n string, data []byte) {
		all, err := unpack(nats.Header{headerBatch: {n}}, data)
		if err == nil && n != "" && fmt.Sprint(len(all)) != n {
			t.Errorf("%d events, not %s", len(all), n)
		}
	})
}
