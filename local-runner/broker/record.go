package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// record is how far the delivery of one event to one Trigger has come. Only attempts with a known outcome count, so a
// crash neither eats nor adds one.
type record struct {
	Attempts  int       `json:"attempts"` // at the subscriber
	NotBefore time.Time `json:"notBefore,omitzero"`
	Dead      *failure  `json:"dead,omitempty"` // given up at the subscriber: on its way to the dead letters
	Sinks     int       `json:"sinks,omitempty"`
	Gone      []int     `json:"gone,omitempty"` // of a batch: the places of the events that left it
}

// failure is why an event was given up: what the knativeerror extensions say.
type failure struct {
	Code int    `json:"code"`
	Data string `json:"data,omitempty"` // base64 of the answer's first bytes
	Dest string `json:"dest"`
	Text string `json:"text"`
}

// records keeps the record of each unsettled delivery, in memory and in a stream with one message each.
type records struct {
	js     jetstream.JetStream
	stream jetstream.Stream
	mu     sync.Mutex
	all    map[string]record // by subject
}

func recordSubject(consumer string, sequence uint64) string {
	return "attempt." + consumer + "." + strconv.FormatUint(sequence, 10)
}

func openRecords(ctx context.Context, js jetstream.JetStream) (*records, error) {
	r := &records{js: js, all: map[string]record{}}
	var err error
	if r.stream, err = js.Stream(ctx, streamAttempts); err != nil {
		return nil, err
	}
	return r, replay(ctx, r.stream, func(m jetstream.Msg) error {
		var one record
		if err := json.Unmarshal(m.Data(), &one); err != nil {
			return fmt.Errorf("the record %s: %w", m.Subject(), err)
		}
		r.all[m.Subject()] = one
		return nil
	})
}

func (r *records) get(consumer string, sequence uint64) (one record, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.all) == 0 {
		return one, false
	}
	one, known = r.all[recordSubject(consumer, sequence)]
	return one, known
}

// put remembers a record at once; an error says that a restart would not know it.
func (r *records) put(ctx context.Context, consumer string, sequence uint64, one record) error {
	subject := recordSubject(consumer, sequence)
	r.mu.Lock()
	r.all[subject] = one
	r.mu.Unlock()
	data, err := json.Marshal(one)
	if err != nil {
		return err
	}
	_, err = r.js.Publish(ctx, subject, data)
	return err
}

// forget drops the record of a settled delivery, where there is one.
func (r *records) forget(ctx context.Context, consumer string, sequence uint64) error {
	subject := recordSubject(consumer, sequence)
	r.mu.Lock()
	_, known := r.all[subject]
	delete(r.all, subject)
	r.mu.Unlock()
	if !known {
		return nil
	}
	return r.stream.Purge(ctx, jetstream.WithPurgeSubject(subject))
}

// forgetAll drops the records of a Trigger that is gone.
func (r *records) forgetAll(ctx context.Context, consumer string) error {
	prefix := "attempt." + consumer + "."
	r.mu.Lock()
	for subject := range r.all {
		if strings.HasPrefix(subject, prefix) {
			delete(r.all, subject)
		}
	}
	r.mu.Unlock()
	return r.stream.Purge(ctx, jetstream.WithPurgeSubject(prefix+"*"))
}

// settle drops the records of what a consumer has acknowledged, which a crash may have left behind.
func (r *records) settle(ctx context.Context, consumer string, floor uint64) error {
	var failures []error
	for _, sequence := range r.of(consumer) {
		if sequence <= floor {
			failures = append(failures, r.forget(ctx, consumer, sequence))
		}
	}
	return errors.Join(failures...)
}

func (r *records) of(consumer string) []uint64 {
	prefix := "attempt." + consumer + "."
	r.mu.Lock()
	defer r.mu.Unlock()
	var sequences []uint64
	for subject := range r.all {
		if number, ok := strings.CutPrefix(subject, prefix); ok {
			if sequence, err := strconv.ParseUint(number, 10, 64); err == nil {
				sequences = append(sequences, sequence)
			}
		}
	}
	return sequences
}

// replay reads a stream from its first to its last message.
func replay(ctx context.Context, stream jetstream.Stream, each func(jetstream.Msg) error) error {
	info, err := stream.Info(ctx)
	if err != nil || info.State.Msgs == 0 {
		return err
	}
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages()
	if err != nil {
		return err
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		if err := each(m); err != nil {
			return err
		}
		if meta, err := m.Metadata(); err != nil || meta.NumPending == 0 {
			return err
		}
	}
}
