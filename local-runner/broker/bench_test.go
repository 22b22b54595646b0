package broker

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// How long until an event is durable.
func BenchmarkPublish(b *testing.B) {
	cfg := oneTrigger(URL("http://127.0.0.1:1"), quick(0), exact("id", "none"))
	cfg.Dir, cfg.Log = b.TempDir(), slog.Default()
	broker, err := Open(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer broker.Close(b.Context())
	for i := 0; b.Loop(); i++ {
		if err := broker.Publish(b.Context(), testBroker, newEvent(fmt.Sprint(i))); err != nil {
			b.Fatal(err)
		}
	}
}

// How long until an event has been stored, delivered to a subscriber that answers at once, and acknowledged.
func BenchmarkDelivery(b *testing.B) {
	var waiting sync.WaitGroup
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { waiting.Done() }))
	defer server.Close()
	cfg := oneTrigger(URL(server.URL), quick(0))
	cfg.Dir, cfg.Log = b.TempDir(), slog.Default()
	broker, err := Open(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer broker.Close(b.Context())
	if err := broker.Start(); err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		waiting.Add(1)
		if err := broker.Publish(b.Context(), testBroker, newEvent(fmt.Sprint(i))); err != nil {
			b.Fatal(err)
		}
		waiting.Wait()
	}
}
