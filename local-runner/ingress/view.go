package ingress

import (
	"context"
	"slices"
	"time"

	"perigee/local-runner/broker"
	"perigee/local-runner/ping"
	"perigee/local-runner/stage"
)

// Overview is what /_runner/ shows.
type Overview struct {
	Functions []Function `json:"functions"`
	Triggers  []Trigger  `json:"triggers"`
	Sources   []Source   `json:"sources"`
	Events    []Event    `json:"events"` // the newest first
	Kept      int        `json:"dead_letters_kept"`
}

// Function is one service.
type Function struct {
	Name      string `json:"name"`
	Instances int    `json:"instances"`
	Starting  int    `json:"starting"`
	InFlight  int    `json:"in_flight"`
	Waiting   int    `json:"waiting"`
	Requests  int    `json:"requests"`
	Errors    int    `json:"errors"`
	Crashes   int    `json:"crashes"`
	// ColdStarts counts the instances that became ready, and how long that took, in milliseconds.
	ColdStarts int        `json:"cold_starts"`
	LastMs     float64    `json:"last_cold_start_ms"`
	MedianMs   float64    `json:"median_cold_start_ms"`
	Memory     int64      `json:"memory_bytes"`
	LastError  string     `json:"last_error,omitempty"`
	FailedAt   *time.Time `json:"last_error_at,omitempty"`
}

// Trigger is one trigger.
type Trigger struct {
	Name       string     `json:"name"`
	Broker     string     `json:"broker"`
	Subscriber string     `json:"subscriber"`
	Delivered  int        `json:"delivered"`
	Retried    int        `json:"retried"`
	Dead       int        `json:"dead"`
	Pending    int        `json:"pending"`
	LastError  string     `json:"last_error,omitempty"`
	FailedAt   *time.Time `json:"last_error_at,omitempty"`
}

// Source is something that makes events by the clock.
type Source struct {
	Name      string     `json:"name"`
	Schedule  string     `json:"schedule"`
	Sink      string     `json:"sink"`
	Next      *time.Time `json:"next,omitempty"` // missing: never
	Last      *time.Time `json:"last,omitempty"`
	Sent      int        `json:"sent"`
	Lost      int        `json:"lost"`
	LastError string     `json:"last_error,omitempty"`
}

// Event is an event and what became of it.
type Event struct {
	Sequence   uint64            `json:"sequence"`
	ID         string            `json:"id"`
	Type       string            `json:"type"`
	Source     string            `json:"source"`
	Subject    string            `json:"subject,omitempty"`
	Extensions map[string]string `json:"extensions,omitempty"`
	Time       time.Time         `json:"time"`
	Size       int               `json:"size"`
	Trace      string            `json:"trace,omitempty"`
	Attempts   []Attempt         `json:"attempts"`
}

// Attempt is one try to deliver an event.
type Attempt struct {
	Trigger string    `json:"trigger"`
	Number  int       `json:"number"`
	Outcome string    `json:"outcome"`
	Status  int       `json:"status,omitempty"`
	Error   string    `json:"error,omitempty"`
	Time    time.Time `json:"time"`
	TookMs  float64   `json:"took_ms"`
}

// shownEvents is how many events the overview shows.
const shownEvents = 50

func (h *House) overview(ctx context.Context) (Overview, error) {
	o := Overview{Functions: []Function{}, Triggers: []Trigger{}, Sources: []Source{}}
	for _, s := range h.Stage.Stats() {
		o.Functions = append(o.Functions, functionOf(s))
	}
	stats, err := h.Broker.Stats(ctx)
	if err != nil {
		return o, err
	}
	for _, s := range stats {
		o.Triggers = append(o.Triggers, triggerOf(s))
	}
	if h.Sources != nil {
		for _, s := range h.Sources.Stats() {
			o.Sources = append(o.Sources, sourceOf(s))
		}
	}
	letters, err := h.Broker.DeadLetters(ctx, 1000)
	if err != nil {
		return o, err
	}
	o.Kept = len(letters)
	o.Events = eventsOf(h.Broker.Events(broker.Query{Limit: shownEvents}))
	return o, nil
}

func functionOf(s stage.Stats) Function {
	return Function{
		Name: s.Name.Name, Instances: s.Instances, Starting: s.Starting, InFlight: s.InFlight, Waiting: s.Waiting,
		Requests: s.Requests, Errors: s.Errors, Crashes: s.Crashes, ColdStarts: s.ColdStarts, LastMs: milliseconds(s.LastStart),
		MedianMs: milliseconds(s.MedianStart), Memory: s.Memory, LastError: s.LastError, FailedAt: orNil(s.LastErrorAt),
	}
}

func triggerOf(s broker.Stats) Trigger {
	return Trigger{
		Name: s.Trigger.Name, Broker: s.Broker, Subscriber: s.Subscriber, Delivered: s.Delivered, Retried: s.Retried,
		Dead: s.Dead, Pending: s.Pending, LastError: s.LastError, FailedAt: orNil(s.LastFailed),
	}
}

func sourceOf(s ping.Stats) Source {
	return Source{
		Name: s.Name.Name, Schedule: s.Schedule, Sink: s.Sink, Next: orNil(s.Next), Last: orNil(s.Last),
		Sent: s.Sent, Lost: s.Lost, LastError: s.LastError,
	}
}

func eventsOf(events []broker.Event) []Event {
	all := make([]Event, len(events))
	for i, e := range events {
		all[i] = eventOf(e)
	}
	return all
}

func eventOf(e broker.Event) Event {
	shown := Event{
		Sequence: e.Sequence, ID: e.ID, Type: e.Type, Source: e.Source, Subject: e.Subject, Extensions: e.Extensions,
		Time: e.Time, Size: e.Size, Trace: e.Trace, Attempts: []Attempt{},
	}
	for _, a := range e.Attempts {
		shown.Attempts = append(shown.Attempts, attemptOf(a))
	}
	return shown
}

func attemptOf(a broker.Attempt) Attempt {
	return Attempt{Trigger: a.Trigger.Name, Number: a.Number, Outcome: string(a.Outcome), Status: a.Status, Error: a.Error,
		Time: a.Time, TookMs: milliseconds(a.Duration)}
}

// oldestFirst turns the order of the history around: the way of an item reads from its beginning.
func oldestFirst(events []Event) []Event {
	slices.SortFunc(events, func(a, b Event) int { return int(a.Sequence) - int(b.Sequence) })
	return events
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
