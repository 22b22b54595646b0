package broker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// pool is a target with a few slots that counts what it is asked.
type pool struct {
	url      string
	slots    chan struct{}
	acquired atomic.Int32
	fail     atomic.Int32 // so many acquisitions fail
}

func (p *pool) Acquire(ctx context.Context) (Lease, error) {
	p.acquired.Add(1)
	if p.fail.Add(-1) >= 0 {
		return Lease{}, errors.New("it does not start")
	}
	select {
	case p.slots <- struct{}{}:
		return Lease{URL: p.url, Release: func() { <-p.slots }}, nil
	case <-ctx.Done():
		return Lease{}, ctx.Err()
	}
}

func (p *pool) Address() string { return "http://pool.perigee.svc.cluster.local" }

// No more requests run than the target has slots, and all of its slots are used; events that do not match take none.
func TestSlots(t *testing.T) {
	const slots = 3
	var now, most atomic.Int32
	full := sync.WaitGroup{}
	full.Add(slots)
	s := subscribe(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		for m := now.Add(1); ; {
			if old := most.Load(); m <= old || most.CompareAndSwap(old, m) {
				break
			}
		}
		if n <= slots {
			full.Done()
			full.Wait() // the first ones leave together
		}
		now.Add(-1)
	})
	p := &pool{url: s.URL, slots: make(chan struct{}, slots)}
	b := open(t, "", oneTrigger(p, quick(0), not(exact("id", "x"))))
	for i := range 20 {
		publish(t, b, newEvent(fmt.Sprint(i)), newEvent("x"))
	}
	settled(t, b)
	same(t, "most at once", most.Load(), slots)
	same(t, "requests", len(s.all()), 20)
	same(t, "acquired", p.acquired.Load(), 20)
	same(t, "slots left", len(p.slots), 0)
}

// A target that cannot be started is a failed attempt, not a lost event.
func TestTargetDoesNotStart(t *testing.T) {
	s := subscribe(t, status(200))
	p := &pool{url: s.URL, slots: make(chan struct{}, 1)}
	p.fail.Store(2)
	b := open(t, "", oneTrigger(p, quick(2)))
	publish(t, b, newEvent("1"))
	stats := settled(t, b)
	same(t, "delivered", stats[0].Delivered, 1)
	same(t, "retried", stats[0].Retried, 2)
	same(t, "address", stats[0].Subscriber, p.Address())
}

// An event that waits for a slot longer than the store waits for an acknowledgement is delivered once.
func TestLongWaitForSlot(t *testing.T) {
	s := subscribe(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			time.Sleep(ackWait + heartbeat)
		}
	})
	p := &pool{url: s.URL, slots: make(chan struct{}, 1)}
	b := open(t, "", oneTrigger(p, quick(0)))
	publish(t, b, newEvent("1"), newEvent("2"))
	settled(t, b)
	same(t, "requests", len(s.all()), 2)
}

// A broker that closes does not wait for a target that never starts.
func TestCloseWhileWaitingForSlot(t *testing.T) {
	dir := t.TempDir()
	s := subscribe(t, status(200))
	p := &pool{url: s.URL, slots: make(chan struct{})}
	b := open(t, dir, oneTrigger(p, quick(0)))
	publish(t, b, newEvent("1"))
	eventually(t, "it waits", func() bool { return p.acquired.Load() == 1 })
	shut(t, b)
	b = open(t, dir, oneTrigger(s.target(), quick(0)))
	stats := settled(t, b)
	same(t, "delivered", stats[0].Delivered, 1)
}
