package broker

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// A restart in the middle of the retries neither eats nor adds an attempt, and keeps the wait.
func TestRestartKeepsAttempts(t *testing.T) {
	dir := t.TempDir()
	s, sink := subscribe(t, status(503)), subscribe(t, status(200))
	d := &Delivery{Retry: 4, Policy: Exponential, Delay: 100 * time.Millisecond, DeadLetter: sink.target()}
	cfg := oneTrigger(s.target(), d)
	b := open(t, dir, cfg)
	publish(t, b, newEvent("1"), newEvent("2"))
	eventually(t, "some attempts", func() bool { return len(s.all()) >= 3 })
	shut(t, b)
	b = open(t, dir, cfg)
	eventually(t, "more attempts", func() bool { return len(s.all()) >= 7 })
	shut(t, b)
	b = open(t, dir, cfg)
	settled(t, b)
	same(t, "attempts", len(s.all()), 2*(4+1))
	same(t, "dead letters", len(sink.all()), 2)
	times := map[string][]time.Time{}
	for _, r := range s.all() {
		times[r.id()] = append(times[r.id()], r.at)
	}
	for id, at := range times {
		for n := 1; n < len(at); n++ {
			if wait := at[n].Sub(at[n-1]); wait < d.Wait(n-1, 500, 0) {
				t.Errorf("event %s: attempt %d came after %s, not %s", id, n+1, wait, d.Wait(n-1, 500, 0))
			}
		}
	}
}

// Events that were accepted while nothing ran, or not yet delivered, are there after a restart.
func TestRestartLosesNothing(t *testing.T) {
	dir := t.TempDir()
	s := subscribe(t, status(202))
	cfg := oneTrigger(s.target(), quick(0))
	b := openOnly(t, dir, cfg)
	for i := range 50 {
		publish(t, b, newEvent(fmt.Sprint(i)))
	}
	shut(t, b)
	b = open(t, dir, cfg)
	for i := range 50 {
		publish(t, b, newEvent(fmt.Sprint(50+i)))
	}
	settled(t, b)
	ids := map[string]int{}
	for _, r := range s.all() {
		ids[r.id()]++
	}
	same(t, "events", len(ids), 100)
	same(t, "deliveries", len(s.all()), 100)
}

// Close lets a delivery in flight finish; it is not repeated.
func TestCloseFinishesDeliveries(t *testing.T) {
	dir := t.TempDir()
	inside, leave := make(chan bool), make(chan bool)
	s := subscribe(t, func(_ int, w http.ResponseWriter, _ *http.Request) { inside <- true; <-leave })
	cfg := oneTrigger(s.target(), quick(3))
	b := open(t, dir, cfg)
	publish(t, b, newEvent("1"))
	<-inside
	closed := make(chan bool)
	go func() { shut(t, b); close(closed) }()
	select {
	case <-closed:
		t.Fatal("closed before the delivery ended")
	case <-time.After(50 * time.Millisecond):
	}
	close(leave)
	<-closed
	b = open(t, dir, cfg)
	settled(t, b)
	same(t, "deliveries", len(s.all()), 1)
}

// When Close loses its patience the delivery is cut off, does not count as an attempt, and is repeated.
func TestCloseCutsOff(t *testing.T) {
	dir := t.TempDir()
	inside := make(chan bool, 1)
	s := subscribe(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 1 {
			inside <- true
			<-r.Context().Done()
		}
	})
	cfg := oneTrigger(s.target(), quick(0)) // not one retry: a counted attempt would end it
	b := open(t, dir, cfg)
	publish(t, b, newEvent("1"))
	<-inside
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := b.Close(ctx); err != nil {
		t.Error(err)
	}
	b = open(t, dir, cfg)
	stats := settled(t, b)
	same(t, "requests", len(s.all()), 2)
	same(t, "delivered", stats[0].Delivered, 1)
}

// The events of a Trigger that is gone are forgotten; a new one gets what comes from now on.
func TestTriggersComeAndGo(t *testing.T) {
	dir := t.TempDir()
	old, young := subscribe(t, status(200)), subscribe(t, status(200))
	b := openOnly(t, dir, oneTrigger(old.target(), quick(0)))
	publish(t, b, newEvent("1"))
	shut(t, b)
	cfg := oneTrigger(young.target(), quick(0))
	cfg.Triggers[0].Name.Name = "young.one"
	b = open(t, dir, cfg)
	publish(t, b, newEvent("2"))
	settled(t, b)
	same(t, "old", len(old.all()), 0)
	same(t, "young", len(young.all()), 1)
	same(t, "young's event", young.all()[0].id(), "2")
	if names := b.events.ConsumerNames(t.Context()).Name(); len(names) > 1 {
		t.Error("the consumer of the old trigger is still there")
	}
}

// A dead letter on its way is still one after a restart, with what is known of the failure.
func TestRestartKeepsDeadLetters(t *testing.T) {
	dir := t.TempDir()
	s := subscribe(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "never", http.StatusUnprocessableEntity)
	})
	open1 := subscribe(t, status(503))
	d := quick(50)
	d.Policy, d.Delay, d.DeadLetter = Exponential, 10*time.Millisecond, open1.target()
	b := open(t, dir, oneTrigger(s.target(), d))
	publish(t, b, newEvent("1"))
	eventually(t, "the sink refuses", func() bool { return len(open1.all()) >= 2 })
	shut(t, b)
	sink := subscribe(t, status(200))
	d.DeadLetter = sink.target()
	b = open(t, dir, oneTrigger(s.target(), d))
	settled(t, b)
	same(t, "attempts", len(s.all()), 1)
	same(t, "dead letters", len(sink.all()), 1)
	same(t, "code", sink.all()[0].header.Get("Ce-Knativeerrorcode"), "422")
}
