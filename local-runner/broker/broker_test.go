package broker

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

var (
	testBroker  = Name{"perigee", "default"}
	testTrigger = Name{"perigee", "test"}
)

// received is a request that a subscriber got.
type received struct {
	header http.Header
	body   string
	at     time.Time
}

func (r received) id() string { return r.header.Get("Ce-Id") }

// subscriber is a real HTTP server that answers as it is told and remembers what it got.
type subscriber struct {
	*httptest.Server
	mu  sync.Mutex
	got []received
}

// subscribe starts a subscriber; answer is called with the number of the request, from 1.
func subscribe(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) *subscriber {
	t.Helper()
	s := &subscriber{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.got = append(s.got, received{r.Header.Clone(), string(body), time.Now()})
		n := len(s.got)
		s.mu.Unlock()
		answer(n, w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func status(code int) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func (s *subscriber) all() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.got...)
}

func (s *subscriber) target() Target { return URL(s.URL) }

// quick is a delivery whose retries do not keep a test waiting.
func quick(retry int) *Delivery {
	return &Delivery{Retry: retry, Policy: Linear, Delay: time.Millisecond}
}

func oneTrigger(s Target, d *Delivery, filters ...Filter) Config {
	return Config{
		Brokers:  []Definition{{Name: testBroker}},
		Triggers: []Trigger{{Name: testTrigger, Broker: "default", Subscriber: s, Delivery: d, Filters: filters}},
	}
}

// open opens and starts a broker on a directory (a new one when empty) and closes it at the end of the test.
func open(t *testing.T, dir string, cfg Config) *Broker {
	t.Helper()
	b := openOnly(t, dir, cfg)
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	return b
}

func openOnly(t *testing.T, dir string, cfg Config) *Broker {
	t.Helper()
	if dir == "" {
		dir = t.TempDir()
	}
	cfg.Dir, cfg.Log = dir, slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	b, err := Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, b) })
	return b
}

func shut(t *testing.T, b *Broker) {
	t.Helper()
	if b.fetching.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := b.Close(ctx); err != nil {
		t.Error(err)
	}
}

type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	if l.t.Context().Err() == nil {
		l.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

func newEvent(id string) event.Event {
	e := event.New()
	e.SetID(id)
	e.SetType("test.made")
	e.SetSource("/test")
	e.SetSubject("thing-" + id)
	if err := e.SetData("application/json", []byte(fmt.Sprintf(`{"id":%q}`, id))); err != nil {
		panic(err)
	}
	return e
}

func publish(t *testing.T, b *Broker, events ...event.Event) {
	t.Helper()
	for _, e := range events {
		if err := b.Publish(t.Context(), testBroker, e); err != nil {
			t.Fatal(err)
		}
	}
}

// eventually waits for what the broker does on its own.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("never happened: %s", what)
}

// settled waits until every trigger has settled every event: then they have left the stream.
func settled(t *testing.T, b *Broker) []Stats {
	t.Helper()
	eventually(t, "all events are settled", func() bool {
		info, err := b.events.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return info.State.Msgs == 0
	})
	stats, err := b.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return stats
}

func same[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// Many send at once, and somebody looks at the figures meanwhile: with the race detector this is a test of locks.
func TestManyAtOnce(t *testing.T) {
	s := subscribe(t, status(202))
	b := open(t, "", oneTrigger(s.target(), quick(0)))
	var senders sync.WaitGroup
	for i := range 4 {
		senders.Go(func() {
			for j := range 5 {
				if err := b.Publish(t.Context(), testBroker, newEvent(fmt.Sprintf("%d-%d", i, j))); err != nil {
					t.Error(err)
				}
				_, err := b.Stats(t.Context())
				_, ofLetters := b.DeadLetters(t.Context(), 1)
				if err != nil || ofLetters != nil {
					t.Error(err, ofLetters)
				}
			}
		})
	}
	senders.Wait()
	same(t, "delivered", settled(t, b)[0].Delivered, 20)
}
