package broker

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/trace"
)

// The history tells an event's attempts, after a restart too, and finds a thing by its name and by its traces.
func TestHistory(t *testing.T) {
	dir := t.TempDir()
	s := subscribe(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			w.WriteHeader(503)
		}
	})
	cfg := oneTrigger(s.target(), quick(1), prefix("subject", "scenes/"))
	b := open(t, dir, cfg)
	upload, item, other := newEvent("upload"), newEvent("item"), newEvent("other")
	upload.SetSubject("scenes/S2A.json/x.tif")
	item.SetSubject("unrelated")
	parent := trace.New()
	upload.SetExtension(trace.Header, string(parent))
	item.SetExtension(trace.Header, string(parent.Child()))
	item.SetExtension("collection", "S2")
	publish(t, b, upload, item, other)
	settled(t, b)
	for range 2 {
		events := b.Events(Query{})
		if len(events) != 3 || events[0].ID != "other" || events[2].ID != "upload" {
			t.Fatalf("%+v", events)
		}
		attempts := events[2].Attempts
		if len(attempts) != 2 || attempts[0].Outcome != Retrying || attempts[0].Status != 503 || attempts[1].Outcome != Delivered || attempts[1].Number != 2 {
			t.Errorf("%+v", attempts)
		}
		same(t, "extension", events[1].Extensions["collection"], "S2")
		for q, want := range map[Query]string{
			{Subject: "S2A"}: "item upload", {Subject: "x.tif"}: "item upload", {Subject: "thing-other"}: "other", {Subject: "S2"}: "",
			{ID: "item"}: "item", {Type: "test.*"}: "other item upload", {Type: "test"}: "", {Trigger: testTrigger}: "upload",
			{Limit: 2}: "other item",
		} {
			var ids []string
			for _, e := range b.Events(q) {
				ids = append(ids, e.ID)
			}
			if got := strings.Join(ids, " "); got != want {
				t.Errorf("%+v: %q, want %q", q, got, want)
			}
		}
		shut(t, b)
		b = open(t, dir, cfg)
	}
}

// The history is bounded.
func TestHistoryIsBounded(t *testing.T) {
	cfg := oneTrigger(URL("http://127.0.0.1:1"), quick(0), exact("id", "none"))
	cfg.History = 10
	dir := t.TempDir()
	b := open(t, dir, cfg)
	for i := range 100 {
		publish(t, b, newEvent(fmt.Sprint(i)))
	}
	same(t, "events", len(b.Events(Query{Limit: 1000})), 10)
	shut(t, b)
	b = open(t, dir, cfg)
	events := b.Events(Query{Limit: 1000})
	same(t, "events", len(events), 10)
	same(t, "newest", events[0].ID, "99")
}

// Watchers hear of each event and attempt, and of nothing after they left.
func TestWatch(t *testing.T) {
	s := subscribe(t, status(200))
	b := open(t, "", oneTrigger(s.target(), quick(0)))
	ctx, cancel := context.WithCancel(t.Context())
	news := b.Watch(ctx)
	publish(t, b, newEvent("1"))
	arrival, attempt := <-news, <-news
	if arrival.Attempt != nil || arrival.Event.ID != "1" || attempt.Attempt == nil || attempt.Attempt.Outcome != Delivered || attempt.Event.Sequence != arrival.Event.Sequence {
		t.Errorf("%+v %+v", arrival, attempt)
	}
	cancel()
	if _, open := <-news; open {
		t.Error("news after the end")
	}
	settled(t, b)
	publish(t, b, newEvent("2"))
}

// A configuration that cannot work is refused with all its mistakes.
func TestInvalidConfig(t *testing.T) {
	target := URL("http://x")
	cfg := Config{
		Dir:     t.TempDir(),
		Brokers: []Definition{{Name: testBroker}, {Name: testBroker}, {Name: Name{"a", "b"}, Delivery: &Delivery{Retry: -1}}},
		Triggers: []Trigger{
			{Name: Name{"perigee", "lost"}, Broker: "other", Subscriber: target},
			{Name: Name{"perigee", "mute"}, Broker: "default"},
			{Name: Name{"perigee", "odd"}, Broker: "default", Subscriber: target, Filters: []Filter{{}}},
			{Name: Name{"perigee", "odd"}, Broker: "default", Subscriber: target, Delivery: &Delivery{Policy: "none"}},
		},
	}
	_, err := Open(t.Context(), cfg)
	if err == nil {
		t.Fatal("accepted")
	}
	all := fault.All(err)
	same(t, "mistakes", len(all), 7)
	for _, one := range all {
		if fault.KindOf(one) != fault.Invalid {
			t.Error(one)
		}
	}
}
