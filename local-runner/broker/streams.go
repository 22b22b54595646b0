package broker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The streams. Events leave theirs once every Trigger has settled them (interest retention); a new event is refused
// rather than an old one dropped (DiscardNew).
const (
	streamEvents   = "EVENTS"   // event.<namespace>.<broker>.<type>, see subject.go
	streamAttempts = "ATTEMPTS" // attempt.<consumer>.<sequence>: how far a delivery has come
	streamDead     = "DEAD"     // dead.<namespace>.<trigger>: kept where there is no sink
	streamHistory  = "HISTORY"  // history: what Events tells
)

const (
	headerMessage = "Perigee-Message"
	headerBatch   = "Perigee-Batch" // how many events the message holds, where it is not one
	ackWait       = 5 * time.Second // after a crash, events in flight are delivered again so soon
	heartbeat     = ackWait / 4
	retryStore    = time.Second
	storeTime     = 10 * time.Second // for the store to take note of something
)

// token makes a Kubernetes name one token of a NATS subject, and a part of a consumer's name.
func token(name string) string { return strings.ReplaceAll(name, ".", "=") }

func consumerName(t Trigger) string {
	return token(t.Namespace) + "_" + token(t.Name.Name) + "_" + token(t.Broker)
}

func streamConfigs(cfg Config) []jetstream.StreamConfig {
	file := jetstream.StreamConfig{Storage: jetstream.FileStorage, Discard: jetstream.DiscardNew, Duplicates: 2 * time.Minute}
	events, attempts, dead, history := file, file, file, file
	events.Name, events.Subjects = streamEvents, []string{"event.>"}
	events.Retention, events.MaxBytes = jetstream.InterestPolicy, cfg.MaxBytes+headroom(cfg.MaxBytes)
	attempts.Name, attempts.Subjects, attempts.MaxMsgsPerSubject = streamAttempts, []string{"attempt.>"}, 1
	attempts.MaxBytes, attempts.Discard = cfg.MaxBytes, jetstream.DiscardOld
	dead.Name, dead.Subjects, dead.MaxBytes = streamDead, []string{"dead.>"}, cfg.MaxBytes
	history.Name, history.Subjects, history.Discard = streamHistory, []string{"history"}, jetstream.DiscardOld
	history.MaxMsgs, history.MaxBytes = int64(cfg.History)*8, 16<<20
	history.PersistMode = jetstream.AsyncPersistMode // a power cut may take its last lines
	return []jetstream.StreamConfig{events, attempts, dead, history}
}

// storeSize is what all streams together may take.
func storeSize(cfg Config) int64 {
	total := int64(64 << 20)
	for _, c := range streamConfigs(cfg) {
		total += c.MaxBytes
	}
	return total
}

// headroom is kept for replies when the ingress refuses already, so that a full broker can empty itself.
func headroom(maxBytes int64) int64 { return max(maxBytes/8, 2*maxPayload) }

func (b *Broker) openStreams(ctx context.Context) error {
	for _, config := range streamConfigs(b.cfg) {
		if _, err := b.store.js.CreateOrUpdateStream(ctx, config); err != nil {
			return fmt.Errorf("the stream %s: %w", config.Name, err)
		}
	}
	var err error
	if b.events, err = b.store.js.Stream(ctx, streamEvents); err != nil {
		return err
	}
	b.waiting.bytes = b.events.CachedInfo().State.Bytes
	b.dead, err = b.store.js.Stream(ctx, streamDead)
	return err
}

// openConsumers makes one durable consumer per Trigger and deletes those of Triggers that are gone.
func (b *Broker) openConsumers(ctx context.Context) error {
	wanted := map[string]bool{}
	for _, d := range b.dispatchers {
		wanted[d.name] = true
		if err := d.openConsumer(ctx); err != nil {
			return fmt.Errorf("the trigger %s: %w", d.trigger.Name, err)
		}
	}
	var gone []string
	names := b.events.ConsumerNames(ctx)
	for name := range names.Name() {
		if !wanted[name] {
			gone = append(gone, name)
		}
	}
	failures := []error{names.Err()}
	for _, name := range gone {
		b.log.Info("a trigger is gone: its waiting events are forgotten", "trigger", name)
		failures = append(failures, b.events.DeleteConsumer(ctx, name), b.records.forgetAll(ctx, name))
	}
	return errors.Join(failures...)
}

func (d *dispatcher) openConsumer(ctx context.Context) (err error) {
	config := jetstream.ConsumerConfig{
		Durable: d.name, FilterSubjects: subjectsOf(d.broker, d.trigger.Filters), AckPolicy: jetstream.AckExplicitPolicy,
		DeliverPolicy: jetstream.DeliverNewPolicy, AckWait: ackWait, MaxDeliver: -1, MaxAckPending: -1,
	}
	d.consumer, err = d.b.events.CreateOrUpdateConsumer(ctx, config)
	if errors.Is(err, jetstream.ErrConsumerMultipleFilterSubjectsNotSupported) {
		// The server changed it, and answers the first time after its start with how it found it.
		d.consumer, err = d.b.events.CreateOrUpdateConsumer(ctx, config)
	}
	if err != nil {
		return err
	}
	return d.b.records.settle(ctx, d.name, d.consumer.CachedInfo().AckFloor.Stream)
}
