package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
)

// shuffled leads the requests to register to the test, which sends them on in another order.
const shuffled = `apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: shuffler
  namespace: perigee
spec:
  broker: default
  filters:
    - exact:
        type: perigee.register.requested
    - not:
        exact:
          shuffled: "yes"
  subscriber:
    uri: %s
`

// shuffler keeps requests, each once.
type shuffler struct {
	mu   sync.Mutex
	kept []event.Event
}

func (s *shuffler) receive(_ context.Context, e event.Event) (*event.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.kept, func(k event.Event) bool { return k.ID() == e.ID() }) {
		s.kept = append(s.kept, e)
	}
	return nil, nil
}

func (s *shuffler) requests() []event.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.kept)
}

// held is what a request waits for at a gate. Who waits too long is let through.
func held(q *http.Request, gate <-chan struct{}) {
	select {
	case <-gate:
	case <-q.Context().Done():
	case <-time.After(patience):
	}
}

// elsewhere is a service with items, which is held up in the middle of a harvest and whenever a metadata document is asked for.
type elsewhere struct {
	*httptest.Server
	harvesting, registering chan struct{} // closed: let through
	reached                 chan struct{} // closed: the middle of the harvest
	once                    sync.Once
}

func newElsewhere(t *testing.T, n int) *elsewhere {
	e := &elsewhere{harvesting: make(chan struct{}), registering: make(chan struct{}), reached: make(chan struct{})}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path != "/search" {
			held(q, e.registering)
			http.NotFound(w, q)
			return
		}
		from, _ := strconv.Atoi(q.URL.Query().Get("from"))
		if from >= n/2 {
			e.once.Do(func() { close(e.reached) })
			held(q, e.harvesting)
		}
		var features []string
		for i := from; i < min(n, from+perPage); i++ {
			text := item("SHUFFLED", name(i), "first")
			if i == from { // register asks for what lies beside it
				text = strings.Replace(text, `"assets": {}`, `"assets": {"iso-metadata": {"href": "`+e.URL+`/iso.xml"}}`, 1)
			}
			features = append(features, text)
		}
		links := ""
		if from+perPage < n {
			links = fmt.Sprintf(`{"rel": "next", "href": "?from=%d"}`, from+perPage)
		}
		fmt.Fprintf(w, `{"type": "FeatureCollection", "features": [%s], "links": [%s]}`, strings.Join(features, ","), links)
	}))
	t.Cleanup(e.Close)
	return e
}

// killed kills some of the instances of a function without warning, and tells how many.
func (h *house) killed(function string, most int) int {
	n := 0
	for _, p := range h.functions() {
		if filepath.Base(p.program) == function && n < most {
			syscall.Kill(p.pid, syscall.SIGKILL)
			n++
		}
	}
	return n
}

// broker is where the house takes events.
func (h *house) broker() string {
	h.t.Helper()
	var at struct{ Broker, Events string }
	text, err := os.ReadFile(filepath.Join(h.state(), "runner.json"))
	if err == nil {
		err = json.Unmarshal(text, &at)
	}
	if err != nil || at.Broker == "" {
		h.t.Fatalf("where is the broker? %v", err)
	}
	return at.Broker + "/" + at.Events
}

func (h *house) sendOn(to string, e event.Event) {
	h.t.Helper()
	e.SetExtension("shuffled", "yes")
	text, err := json.Marshal(e)
	if err != nil {
		h.t.Fatal(err)
	}
	answer, err := http.Post(to, event.ApplicationCloudEventsJSON, bytes.NewReader(text))
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	if words, _ := io.ReadAll(answer.Body); answer.StatusCode/100 != 2 {
		h.t.Fatalf("the broker answers %s %s", answer.Status, words)
	}
}

// asked is a request for one document.
func asked(t *testing.T, id string, mode eventing.Mode, d eventing.Document) event.Event {
	t.Helper()
	e := event.New()
	e.SetID(id)
	e.SetSource("/chaos")
	e.SetType(eventing.TypeRegisterRequested)
	e.SetExtension(eventing.ExtensionRoute, string(eventing.RouteItems))
	e.SetExtension(eventing.ExtensionMode, string(mode))
	if err := e.SetData(event.ApplicationJSON, eventing.RegisterRequest{Documents: []eventing.Document{d}}); err != nil {
		t.Fatal(err)
	}
	return e
}

// later are requests that were asked for after the harvest: each third item gets another version, and each fifth is removed
// last, every other one by its id alone. They tell the titles that are left in the end.
func later(t *testing.T, n int) (requests []event.Event, left map[string]string) {
	left = map[string]string{}
	now := time.Now()
	for i := range n {
		id := name(i)
		left[id] = "first"
		if i%3 == 0 {
			left[id] = "second"
			requests = append(requests, asked(t, "again/"+id, eventing.ModeReplace, eventing.Document{Content: json.RawMessage(item("SHUFFLED", id, "second")), Time: now.Add(time.Minute)}))
		}
		if i%5 == 0 {
			delete(left, id)
			gone := eventing.Document{ID: id, Collection: "SHUFFLED", Time: now.Add(2 * time.Minute)}
			if i%2 == 0 {
				gone.Collection = ""
			}
			requests = append(requests, asked(t, "gone/"+id, eventing.ModeDeregister, gone))
		}
	}
	return requests, left
}

// TestShuffled harvests a service elsewhere and kills harvest in the middle. Each request to register comes twice: first in the
// very order in which they were not made, removals before versions before what was found, then by chance; to four registrars at
// once, of which two are killed in the middle of it. In the end each item is there once in its last version, and what was
// removed is not (HRV-20, REG-21, REG-33).
func TestShuffled(t *testing.T) {
	t.Parallel()
	chance := newChance(t)
	n := *number * 5
	service, kept := newElsewhere(t, n), &shuffler{}
	subscriber := httptest.NewServer(eventing.Handler(kept.receive))
	t.Cleanup(subscriber.Close)
	h := newHouse(t)
	h.registrars(4)
	h.onlyShuffled(subscriber.URL)
	if err := h.start(); err != nil {
		t.Fatal(err)
	}
	run, err := h.harvest(service.URL)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-service.reached:
	case <-time.After(patience):
		t.Fatal("the harvest does not get to its middle")
	}
	if h.killed("harvest", 10) == 0 {
		t.Fatal("there is no harvest to kill")
	}
	close(service.harvesting)
	h.eventually("the harvest is finished", func() error { return h.finished(run, n) })
	var found []event.Event
	h.eventually("the requests of the harvest have come", func() error {
		if found = kept.requests(); len(found) != n/perPage {
			return fmt.Errorf("there are %d", len(found))
		}
		return nil
	})
	more, left := later(t, n)
	all := slices.Concat(found, more)
	slices.Reverse(all)
	again := slices.Clone(all)
	chance.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
	to := h.broker()
	for _, e := range slices.Concat(all, again) {
		h.sendOn(to, e)
	}
	h.eventually("four registrars are at work", func() error {
		if n := h.registering(); n != 4 {
			return fmt.Errorf("there are %d", n)
		}
		return nil
	})
	t.Logf("%d requests twice, %d registrars, of which %d are killed", len(all), h.registering(), h.killed("register", 2))
	close(service.registering)
	h.eventually("what is to be is there, once", func() error { return h.holds("SHUFFLED", left) })
	h.eventually("nothing is left to do", h.quiet)
	if err := h.holds("SHUFFLED", left); err != nil {
		t.Error(err)
	}
}

// onlyShuffled has requests to register brought to the test, and to register only from there.
func (h *house) onlyShuffled(subscriber string) {
	h.t.Helper()
	const name, filter = "base/triggers.yaml", "    - exact:\n        type: perigee.register.requested\n"
	text, err := os.ReadFile(filepath.Join(h.manifests, name))
	if err != nil || strings.Count(string(text), filter) != 1 {
		h.t.Fatalf("%s: there is no one filter of requests to register, %v", name, err)
	}
	h.keep(name, strings.Replace(string(text), filter, filter+"        shuffled: \"yes\"\n", 1))
	h.add("shuffler.yaml", fmt.Sprintf(shuffled, subscriber))
}

// holds complains of a collection that does not hold the items with the titles.
func (h *house) holds(collection string, want map[string]string) error {
	found, err := h.items(collection)
	if err != nil {
		return err
	}
	for id, title := range want {
		if found[id] != title {
			return fmt.Errorf("%d of %d are there, but %s is %q, not %q", len(found), len(want), id, found[id], title)
		}
	}
	for id := range found {
		if _, wanted := want[id]; !wanted {
			return fmt.Errorf("%s is there, which was removed", id)
		}
	}
	return nil
}
