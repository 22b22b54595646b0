package broker

import (
	"bytes"
	"context"
	"encoding/json"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// history remembers the last events and how they were delivered: a ring in memory, and a journal in a stream from which
// the ring is made again at the next start. It may lose its last lines in a crash; the deliveries do not depend on it.
type history struct {
	js       jetstream.JetStream
	size     int
	mu       sync.Mutex
	order    []uint64 // sequences of the events, oldest first
	events   map[uint64]*Event
	watchers map[chan Happening]bool
	unkept   []line // of the journal, for the next message
	closed   bool
}

// The journal's lines are kept several at a time: after a moment, or when there are enough.
const (
	journalPause = 50 * time.Millisecond
	journalLines = 256
)

// line is one line of the journal.
type line struct {
	Event   *Event   `json:"event,omitempty"`
	Of      uint64   `json:"of,omitempty"`
	Attempt *Attempt `json:"attempt,omitempty"`
}

func openHistory(ctx context.Context, js jetstream.JetStream, size int) (*history, error) {
	h := &history{js: js, size: size, events: map[uint64]*Event{}, watchers: map[chan Happening]bool{}}
	stream, err := js.Stream(ctx, streamHistory)
	if err != nil {
		return nil, err
	}
	return h, replay(ctx, stream, func(m jetstream.Msg) error {
		lines := json.NewDecoder(bytes.NewReader(m.Data()))
		for {
			var l line
			if lines.Decode(&l) != nil { // their end, or a line that cannot be read, which is left out with what follows
				return nil
			}
			h.recall(l)
		}
	})
}

func (h *history) recall(l line) {
	if l.Event != nil {
		h.insert(*l.Event)
	}
	if e := h.events[l.Of]; e != nil && l.Attempt != nil {
		e.Attempts = append(e.Attempts, *l.Attempt)
	}
}

// insert adds an event to the ring, unless it is there already.
func (h *history) insert(e Event) bool {
	if h.events[e.Sequence] != nil {
		return false
	}
	h.events[e.Sequence] = &e
	h.order = append(h.order, e.Sequence)
	for len(h.order) > h.size {
		delete(h.events, h.order[0])
		h.order = h.order[1:]
	}
	return true
}

// arrived takes note of events that are kept as one message of the store.
func (h *history) arrived(sequence uint64, events []message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, m := range events {
		h.arrive(m.seen(number(sequence, i)))
	}
}

func (h *history) arrive(e Event) {
	if h.insert(e) {
		h.write(line{Event: &e})
		h.tell(Happening{Event: e})
	}
}

// attempted may come before arrived, because the store is quick.
func (h *history) attempted(e Event, a Attempt) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.arrive(e)
	kept := h.events[e.Sequence]
	kept.Attempts = append(kept.Attempts, a)
	h.write(line{Of: e.Sequence, Attempt: &a})
	h.tell(Happening{Event: e, Attempt: &a})
}

func (h *history) write(l line) {
	h.unkept = append(h.unkept, l)
	switch {
	case len(h.unkept) == 1:
		time.AfterFunc(journalPause, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.keep()
		})
	case len(h.unkept) >= journalLines:
		h.keep()
	}
}

// keep writes the lines to the journal; what it cannot keep is only missing from the pages.
func (h *history) keep() {
	if len(h.unkept) == 0 || h.closed {
		return
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	for _, l := range h.unkept {
		if err := encoder.Encode(l); err != nil {
			break
		}
	}
	h.unkept = h.unkept[:0]
	h.js.PublishAsync("history", text.Bytes())
}

func (h *history) tell(news Happening) {
	for watcher := range h.watchers {
		select {
		case watcher <- news:
		default:
		}
	}
}

func (h *history) close(ctx context.Context) {
	h.mu.Lock()
	h.keep()
	h.closed = true
	h.mu.Unlock()
	select {
	case <-h.js.PublishAsyncComplete():
	case <-ctx.Done():
	}
}

// Watch tells of events and attempts as they happen, until ctx ends. A reader that is a thousand behind misses news.
func (b *Broker) Watch(ctx context.Context) <-chan Happening {
	h, news := b.history, make(chan Happening, 1000)
	h.mu.Lock()
	h.watchers[news] = true
	h.mu.Unlock()
	context.AfterFunc(ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.watchers, news)
		close(news)
	})
	return news
}

// Events lists what the history knows, newest first.
func (b *Broker) Events(q Query) []Event {
	if q.Limit <= 0 {
		q.Limit = 100
	}
	h := b.history
	h.mu.Lock()
	defer h.mu.Unlock()
	traces := h.traces(q.Subject)
	var found []Event
	for _, sequence := range slices.Backward(h.order) {
		e := h.events[sequence]
		if len(found) < q.Limit && q.selects(e) && (q.Subject == "" || about(e.Subject, q.Subject) || traces[e.Trace]) {
			copied := *e
			copied.Attempts = slices.Clone(e.Attempts)
			found = append(found, copied)
		}
	}
	return found
}

// traces are those of the events about a subject.
func (h *history) traces(subject string) map[string]bool {
	all := map[string]bool{}
	for _, e := range h.events {
		if subject != "" && e.Trace != "" && about(e.Subject, subject) {
			all[e.Trace] = true
		}
	}
	return all
}

// about tells whether the subject of an event is the thing asked for, or a path with an element of its name.
func about(subject, asked string) bool {
	if subject == asked {
		return true
	}
	for element := range strings.SplitSeq(subject, "/") {
		if element == asked || strings.TrimSuffix(element, path.Ext(element)) == asked {
			return true
		}
	}
	return false
}

func (q Query) selects(e *Event) bool {
	prefix, wild := strings.CutSuffix(q.Type, "*")
	switch {
	case q.ID != "" && e.ID != q.ID,
		q.Type != "" && !wild && e.Type != q.Type,
		wild && !strings.HasPrefix(e.Type, prefix):
		return false
	}
	return q.Trigger == Name{} || slices.ContainsFunc(e.Attempts, func(a Attempt) bool { return a.Trigger == q.Trigger })
}
