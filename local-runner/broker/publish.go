package broker

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"
	"github.com/nats-io/nats.go/jetstream"

	"perigee/shared/fault"
	"perigee/shared/trace"
)

// Publish stores an event; nil means that it is durable and will be delivered at least once to every Trigger that takes
// it. It is not compared with earlier events: the same event published twice is delivered twice, as by Knative.
func (b *Broker) Publish(ctx context.Context, to Name, e event.Event) error {
	m, err := newMessage(e)
	if err != nil {
		return err
	}
	return b.receive(ctx, to, trace.FromContext(ctx), m)
}

// receive accepts events from outside, within the bound of what may wait: all of them, or the error says why not, and some
// may come again when they are sent again.
func (b *Broker) receive(ctx context.Context, to Name, parent trace.Parent, all ...message) error {
	if !b.brokers[to] {
		return fault.New(fault.NotFound, "there is no broker %s", to)
	}
	size := 0
	for i := range all {
		m := &all[i]
		if m.Hops <= 0 {
			return fault.At(fault.Invalid, extensionTTL, "the event has gone through brokers too often (%s): it is a loop", extensionTTL)
		}
		m.Broker, m.Trace = to, trace.Parse(cmp.Or(m.Attributes[trace.Header], string(parent)))
		size += len(m.Data)
	}
	if err := b.room(ctx, size); err != nil {
		return err
	}
	arrived := map[string]string{extensionArrival: types.FormatTime(time.Now())}
	for i, m := range all {
		all[i] = m.with(arrived)
	}
	for _, bundle := range bundles(all) {
		if err := b.append(ctx, bundle, ""); err != nil {
			return err
		}
	}
	return nil
}

// fill is how much waits to be delivered, at most: what waited when the store was last asked and all that came since.
type fill struct {
	mu    sync.Mutex
	bytes uint64
}

func (f *fill) add(bytes int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bytes += uint64(bytes)
}

// room refuses while too much waits; replies are not refused, so that a full broker can empty itself. The store is asked
// only when there might be none: an answer takes longer than the event.
func (b *Broker) room(ctx context.Context, size int) error {
	b.waiting.mu.Lock()
	defer b.waiting.mu.Unlock()
	if b.waiting.bytes+uint64(size) <= uint64(b.cfg.MaxBytes) {
		return nil
	}
	info, err := b.store.stream(ctx, streamEvents)
	if err != nil {
		return fault.Classify(fault.Unavailable, err, "the event store does not answer")
	}
	b.waiting.bytes = info.State.Bytes
	if info.State.Bytes+uint64(size) > uint64(b.cfg.MaxBytes) {
		return fault.New(fault.Unavailable, "the broker is full: %d events of %d bytes wait to be delivered", info.State.Msgs, info.State.Bytes)
	}
	return nil
}

// append stores what is kept together. With an id, a second one of the same id is dropped for a while.
func (b *Broker) append(ctx context.Context, kept *bundle, id string) error {
	ack, err := b.put(ctx, kept, id)
	if err == nil && !ack.Duplicate {
		b.history.arrived(ack.Sequence, kept.events)
	}
	return err
}

// storeOverhead is what the store writes of a message besides, at most.
const storeOverhead = 256

func (b *Broker) put(ctx context.Context, kept *bundle, id string) (*jetstream.PubAck, error) {
	msg, err := kept.encode()
	if err != nil {
		return nil, err
	}
	var opts []jetstream.PublishOpt
	if id != "" {
		opts = append(opts, jetstream.WithMsgID(id))
	}
	b.waiting.add(msg.Size() + storeOverhead)
	ack, err := b.store.js.PublishMsg(ctx, msg, opts...)
	if err != nil {
		return nil, fault.Classify(fault.Unavailable, err, "the event %s could not be stored", kept.events[0].Attributes["id"])
	}
	return ack, nil
}
