package ping

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/local-runner/broker"
)

// EventType is the type of every source's events: who routes does so by extension attributes.
const EventType = "dev.knative.sources.ping"

// Source is one PingSource.
type Source struct {
	Name        broker.Name
	Schedule    Schedule
	ContentType string
	Data        []byte // nil: none
	Extensions  map[string]string
	Sink        string                                         // in words, for pages
	Send        func(ctx context.Context, e event.Event) error // nil: the sink has taken it
}

// Stats tell how far a source is.
type Stats struct {
	Name      broker.Name
	Schedule  string
	Sink      string
	Next      time.Time // zero: never
	Last      time.Time // zero: not yet
	Sent      int
	Lost      int // ticks whose event the sink did not take
	LastError string
}

// Sources are the sources of a house.
type Sources struct {
	all []*source
	log *slog.Logger
}

type source struct {
	Source
	log   *slog.Logger
	mu    sync.Mutex
	stats Stats
}

// Open takes the sources; nothing ticks before Run.
func Open(all []Source, log *slog.Logger) *Sources {
	s := &Sources{log: cmp.Or(log, slog.Default()).With("part", "sources")}
	for _, one := range all {
		stats := Stats{Name: one.Name, Schedule: one.Schedule.String(), Sink: one.Sink}
		s.all = append(s.all, &source{Source: one, log: s.log.With("source", one.Name.String()), stats: stats})
	}
	return s
}

// Run ticks until ctx ends, and then waits for what is being sent. Ticks that were due while nobody ran are not made up
// for, as in Knative.
func (s *Sources) Run(ctx context.Context) {
	var running sync.WaitGroup
	for _, one := range s.all {
		running.Go(func() { one.run(ctx) })
	}
	running.Wait()
}

// Stats are those of all sources, in the order in which they were given.
func (s *Sources) Stats() []Stats {
	all := make([]Stats, len(s.all))
	for i, one := range s.all {
		one.mu.Lock()
		all[i] = one.stats
		one.mu.Unlock()
	}
	return all
}

func (s *source) run(ctx context.Context) {
	var sending sync.WaitGroup
	defer sending.Wait()
	for {
		next := s.Schedule.Next(time.Now())
		s.change(func(stats *Stats) { stats.Next = next })
		if next.IsZero() || !until(ctx, next) {
			return
		}
		s.change(func(stats *Stats) { stats.Last = next })
		sending.Go(func() { s.tick(ctx, next) })
	}
}

func (s *source) change(by func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	by(&s.stats)
}

// glance is how often the clock is looked at: it may be set, and a machine may sleep, which a long timer does not notice.
const glance = time.Minute

// until waits for a time of the clock; false when ctx ends before.
func until(ctx context.Context, at time.Time) bool {
	for {
		wait := time.Until(at)
		if wait <= 0 {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(min(wait, glance)):
		}
	}
}

// Knative's source tries an event so often, and waits between attempts so long, each time twice as long as before.
const (
	retries = 5
	pause   = 50 * time.Millisecond
)

// tick sends one event. As in Knative, it is lost when the sink does not take it after a few attempts: the next tick is
// another one.
func (s *source) tick(ctx context.Context, at time.Time) {
	e, err := s.event(at)
	if err == nil {
		err = s.send(ctx, e)
	}
	s.change(func(stats *Stats) {
		if err == nil {
			stats.Sent++
			return
		}
		stats.Lost++
		stats.LastError = err.Error()
	})
	if err != nil && ctx.Err() == nil {
		s.log.Error("a tick is lost", "event", e.ID(), "error", err)
	}
}

func (s *source) send(ctx context.Context, e event.Event) error {
	for n := 0; ; n++ {
		err := s.Send(ctx, e)
		if err == nil || n == retries {
			return err
		}
		if !until(ctx, time.Now().Add(pause<<n)) {
			return err
		}
	}
}

func (s *source) event(at time.Time) (event.Event, error) {
	e := event.New()
	e.SetID(rand.Text())
	e.SetType(EventType)
	e.SetSource("/apis/v1/namespaces/" + s.Name.Namespace + "/pingsources/" + s.Name.Name)
	e.SetTime(at.UTC())
	for name, value := range s.Extensions {
		e.SetExtension(name, value)
	}
	if s.Data == nil {
		return e, nil
	}
	return e, e.SetData(s.ContentType, s.Data)
}
