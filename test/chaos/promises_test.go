package chaos

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// stubborn is a subscriber that takes nothing until it is healed, and counts what it is asked.
type stubborn struct {
	mu     sync.Mutex
	healed bool
	ids    []string
}

func (s *stubborn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids = append(s.ids, r.Header.Get("Ce-Id"))
	if !s.healed {
		http.Error(w, "told to fail", http.StatusInternalServerError)
	}
}

func (s *stubborn) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.ids...)
}

func (s *stubborn) heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.healed = true
}

// promises are a Trigger whose subscriber fails, with delivery of its own, and a source that ticks every second into a
// Trigger of its own.
const promises = `apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: stubborn
  namespace: perigee
spec:
  broker: default
  filters:
    - cesql: type = 'org.ogc.api.collection.item.create' AND subject = 'dear'
  delivery:
    retry: 3
    backoffPolicy: linear
    backoffDelay: PT0.05S
  subscriber:
    uri: %[1]s/stubborn
---
apiVersion: sources.knative.dev/v1
kind: PingSource
metadata:
  name: bell
  namespace: perigee
spec:
  schedule: "* * * * * *"
  contentType: application/json
  data: '{"said": "every second"}'
  ceOverrides:
    extensions:
      bell: rings
  sink:
    ref:
      apiVersion: eventing.knative.dev/v1
      kind: Broker
      name: default
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: bell
  namespace: perigee
spec:
  broker: default
  filters:
    - exact:
        bell: rings
  subscriber:
    uri: %[1]s/bell
`

// TestPromises: a subscriber that fails is asked exactly as often as its Trigger says, then the event is a dead letter
// (the Broker's sink holds, the Trigger has none), which a replay brings to the same subscriber. Beside it a source ticks,
// and objects of odd names are registered.
func TestPromises(t *testing.T) {
	t.Parallel()
	subscriber, bell := &stubborn{}, &stubborn{healed: true}
	mux := http.NewServeMux()
	mux.Handle("/stubborn", subscriber)
	mux.Handle("/bell", bell)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	h := newHouse(t)
	h.add("promises.yaml", fmt.Sprintf(promises, server.URL))
	if err := h.start(); err != nil {
		t.Fatal(err)
	}
	keys := []string{"chaos/dear.json", "chaos/ blank before.json", "chaos/two\nlines.json", "chaos/ü+%20&.json"}
	for i, key := range keys {
		id := fmt.Sprint("odd-", i)
		if i == 0 {
			id = "dear"
		}
		if err := h.put(key, item("ODD", id, key)); err != nil {
			t.Fatal(err)
		}
	}
	h.eventually("objects of odd names are registered", func() error {
		found, err := h.items("ODD")
		if err == nil && len(found) != len(keys) {
			err = fmt.Errorf("there are %q", found)
		}
		return err
	})
	var list struct {
		DeadLetters []struct{ ID, Subject, Reason string }
	}
	h.eventually("the event is a dead letter", func() error {
		if err := h.getJSON("/dead-letters?f=json", &list); err != nil || len(list.DeadLetters) != 1 {
			return fmt.Errorf("%+v %v", list.DeadLetters, err)
		}
		return nil
	})
	letter := list.DeadLetters[0]
	if asked := subscriber.asked(); len(asked) != 4 || letter.Subject != "dear" || !strings.Contains(letter.Reason, "answered 500: told to fail") {
		t.Errorf("asked %d times, the letter is %+v", len(asked), letter)
	}
	subscriber.heal()
	answer, err := http.Post(h.url+"/dead-letters/"+letter.ID+"/replay", "application/json", nil)
	if err != nil || answer.StatusCode/100 != 2 {
		t.Fatalf("%v %+v", err, answer)
	}
	answer.Body.Close()
	h.eventually("the replay reaches the subscriber", func() error {
		if asked := subscriber.asked(); len(asked) != 5 || asked[4] != asked[0] {
			return fmt.Errorf("asked for %q", asked)
		}
		return nil
	})
	h.eventually("the bell rings", func() error {
		if rung := bell.asked(); len(rung) < 3 || rung[0] == rung[1] {
			return fmt.Errorf("rung %q", rung)
		}
		return nil
	})
}
