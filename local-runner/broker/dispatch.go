package broker

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// dispatcher delivers the events of one Trigger.
type dispatcher struct {
	b        *Broker
	trigger  Trigger
	broker   Name
	name     string // of its durable consumer
	delivery Delivery
	consumer jetstream.Consumer
	figures  figures
	filter   Matcher
	burials  chan struct{} // dead letters on their way
	batches  atomic.Bool   // the subscriber has said that it takes batches
}

func newDispatcher(b *Broker, t Trigger, d Delivery) (*dispatcher, error) {
	filter, err := Compile(t.Filters)
	return &dispatcher{b: b, trigger: t, broker: t.brokerName(), name: consumerName(t), delivery: d, filter: filter, burials: make(chan struct{}, 4)}, err
}

// run fetches one event at a time: the next is fetched only when the one before has a slot of its target.
func (d *dispatcher) run(ctx context.Context) {
	for ctx.Err() == nil {
		batch, err := d.consumer.Fetch(1, jetstream.FetchContext(ctx))
		if err == nil {
			for msg := range batch.Messages() {
				d.take(ctx, msg)
			}
			err = batch.Error()
		}
		switch {
		case err == nil || ctx.Err() != nil:
		case errors.Is(err, jetstream.ErrNoHeartbeat): // the machine slept, or was very busy
			d.b.log.Info("events are fetched anew", "trigger", d.trigger.Name.String())
		default:
			d.b.log.Error("events cannot be fetched", "trigger", d.trigger.Name.String(), "error", err)
			sleep(ctx, retryStore)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// take filters what the store hands out, waits for a slot of the subscriber for each event, and lets the deliveries run
// beside.
func (d *dispatcher) take(ctx context.Context, msg jetstream.Msg) {
	p, err := d.open(msg)
	switch {
	case err != nil:
		d.b.log.Error("an event is dropped", "trigger", d.trigger.Name.String(), "error", err)
		d.b.logged(msg.TermWithReason("unreadable"))
	case len(p.jobs) == 0:
		d.b.logged(msg.Ack())
	case p.batch:
		p.keep()
		p.begin(ctx)
	default:
		p.jobs[0].resume(ctx)
	}
}

// resume goes on with an event where its delivery had come to.
func (j *job) resume(ctx context.Context) {
	if wait := time.Until(j.record.NotBefore); wait > 0 {
		j.back(wait)
		return
	}
	j.keep()
	if j.record.Dead != nil { // its sink failed before
		j.d.b.running.Go(func() { defer j.release(); j.bury() })
		return
	}
	j.begin(ctx)
}

// begin acquires a slot and delivers; it returns as soon as the slot is there.
func (j *job) begin(ctx context.Context) {
	began := time.Now()
	lease, err := j.d.trigger.Subscriber.Acquire(ctx)
	if ctx.Err() != nil {
		lease.release()
		j.leave()
		return
	}
	j.d.b.running.Go(func() {
		if err != nil {
			j.settle(began, answer{err: "the target is not available: " + err.Error()})
			return
		}
		j.deliver(lease)
	})
}

// logged logs a failure of the store that costs nothing but a repetition.
func (b *Broker) logged(err error) {
	if err != nil && b.working.Err() == nil {
		b.log.Warn("the event store did not take note; the event will come again", "error", err)
	}
}
