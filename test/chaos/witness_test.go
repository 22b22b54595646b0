package chaos

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/fault"
)

// witness is a subscriber outside of the house, which outlives all that happens to it. It is not always well itself.
type witness struct {
	*httptest.Server
	mu   sync.Mutex
	seen map[string]map[string]int // by "type subject": how often each event id came
	n    int
}

func newWitness(t *testing.T) *witness {
	w := &witness{seen: map[string]map[string]int{}}
	w.Server = httptest.NewServer(eventing.Handler(w.receive))
	t.Cleanup(w.Close)
	return w
}

// unwell is how many events pass from one that the witness does not take at first.
const unwell = 10

func (w *witness) receive(_ context.Context, e event.Event) (*event.Event, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.n++; w.n%unwell == 0 {
		return nil, fault.New(fault.Unavailable, "not now")
	}
	words := strings.Split(e.Type(), ".")
	key := words[len(words)-1] + " " + e.Subject()
	if w.seen[key] == nil {
		w.seen[key] = map[string]int{}
	}
	w.seen[key][e.ID()]++
	return nil, nil
}

// count is how many different events of a kind came about an item.
func (w *witness) count(kind, item string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.seen[kind+" "+item])
}

// trigger has everything that happens to items told to the witness.
func (w *witness) trigger() string {
	return fmt.Sprintf(`apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: witness
  namespace: perigee
spec:
  broker: default
  filters:
    - cesql: type LIKE 'org.ogc.api.collection.item.%%' AND collection = 'CHAOS'
  subscriber:
    uri: %s
`, w.URL)
}
