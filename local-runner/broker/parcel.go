package broker

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// parcel is what the store hands to a dispatcher as one: an event, or those of a batch that its Trigger takes. It is
// acknowledged when all of them are settled.
type parcel struct {
	d        *dispatcher
	msg      jetstream.Msg
	sequence uint64
	jobs     []*job
	batch    bool
	release  func() // ends what keep began

	mu     sync.Mutex
	open   int    // jobs of a batch that are not settled
	gone   []int  // places of those that left the batch
	left   []*job // those that the broker's end left untouched
	failed bool   // one could not be kept by itself: the batch comes again
}

// open reads what the store hands out, without the events that are not for the Trigger.
func (d *dispatcher) open(msg jetstream.Msg) (*parcel, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return nil, err
	}
	events, err := unpack(msg.Headers(), msg.Data())
	if err != nil {
		return nil, err
	}
	p := &parcel{d: d, msg: msg, sequence: meta.Sequence.Stream, batch: len(events) > 1, release: func() {}}
	known, tried := d.b.records.get(d.name, p.sequence)
	p.gone = known.Gone
	for i, m := range events {
		if !d.takes(m) || slices.Contains(p.gone, i) {
			continue
		}
		j := &job{parcel: p, at: i, number: number(p.sequence, i), event: m}
		if m.Apart != nil {
			j.number, j.record = m.Apart.Number, m.Apart.Record
		}
		if tried && !p.batch {
			j.record = known
		}
		p.jobs = append(p.jobs, j)
	}
	p.open = len(p.jobs)
	return p, nil
}

// takes tells whether an event is for the Trigger.
func (d *dispatcher) takes(m message) bool {
	return (m.Apart == nil || m.Apart.For == d.name) && d.filter.match(m.Attributes)
}

// keep tells the store, until release, that the parcel is in good hands and need not be delivered again.
func (p *parcel) keep() {
	ctx, stop := context.WithCancel(context.Background())
	var beating sync.WaitGroup
	beating.Go(func() {
		ticker := time.NewTicker(heartbeat)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				p.d.b.logged(p.msg.InProgress())
			}
		}
	})
	p.release = sync.OnceFunc(func() { stop(); beating.Wait() })
}

// back returns the parcel to the store for a while and waits until the store has taken note, as the client library does
// for acknowledgements only: what it has not taken note of at the end would come late after the next start.
func (p *parcel) back(wait time.Duration) {
	p.release()
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	_, err := p.d.b.store.conn.RequestWithContext(ctx, p.msg.Reply(), fmt.Appendf(nil, `-NAK {"delay":%d}`, wait.Nanoseconds()))
	p.d.b.logged(err)
}

// finish acknowledges the parcel, then forgets how it came to that.
func (p *parcel) finish() {
	p.release()
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	err := p.msg.DoubleAck(ctx)
	if err == nil {
		err = p.d.b.records.forget(ctx, p.d.name, p.sequence)
	}
	p.d.b.logged(err)
}

// begin delivers a batch: together where the subscriber takes that, else one by one, as a broker of Knative's does.
func (p *parcel) begin(ctx context.Context) {
	if !p.d.batches.Load() || len(p.jobs) == 1 {
		p.oneByOne(ctx)
		return
	}
	lease, err := p.d.trigger.Subscriber.Acquire(ctx)
	if err != nil || ctx.Err() != nil {
		lease.release()
		p.oneByOne(ctx)
		return
	}
	p.d.b.running.Go(func() { p.together(ctx, lease) })
}

func (p *parcel) oneByOne(ctx context.Context) {
	for _, j := range p.jobs {
		j.begin(ctx)
	}
}

// together delivers a batch in one request. Its failure says nothing of any of its events: they are delivered one by one,
// and attempts are counted then.
func (p *parcel) together(ctx context.Context, lease Lease) {
	b, began := p.d.b, time.Now()
	events := make([]message, len(p.jobs))
	for i, j := range p.jobs {
		events[i] = j.event
	}
	a := b.exchangeAll(b.working, lease, events, p.d.delivery.Timeout)
	lease.release()
	p.d.batches.Store(a.takes)
	if a.err != "" {
		p.oneByOne(ctx)
		return
	}
	for _, j := range p.jobs {
		j.settle(began, a)
	}
}

// settled counts an event of a batch out, and ends the batch with the last one.
func (p *parcel) settled(j *job, untouched bool) {
	p.mu.Lock()
	if untouched {
		p.left = append(p.left, j)
	}
	p.open--
	last := p.open == 0
	p.mu.Unlock()
	if last {
		p.end()
	}
}

// end acknowledges a batch, when all that did not succeed is kept by itself; one of which nothing was tried comes again as
// it is.
func (p *parcel) end() {
	if len(p.left) == len(p.jobs) {
		p.back(time.Millisecond)
		return
	}
	for _, j := range p.left {
		j.separate()
	}
	if p.failed {
		p.back(retryStore)
		return
	}
	p.finish()
}

// apart takes an event that has to come again out of its batch.
func (j *job) apart() {
	j.separate()
	j.settled(j, false)
}

// separate keeps an event of a batch as one by itself, for its Trigger alone, and notes that it is not in the batch any
// more, should that come again. When the runner is killed between the two, the store's memory of identifiers drops the
// second copy, unless the first has left the store already.
func (j *job) separate() {
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	m, b := j.event, j.d.b
	m.Apart = &separated{Number: j.number, For: j.d.name, Record: j.record}
	_, err := b.put(ctx, alone(eventSubject(m.Broker, m.Attributes["type"]), m), "apart/"+j.d.name+"/"+strconv.FormatUint(j.number, 10))
	j.mu.Lock()
	defer j.mu.Unlock()
	if err == nil {
		j.gone = append(j.gone, j.at)
		err = b.records.put(ctx, j.d.name, j.sequence, record{Gone: slices.Clone(j.gone)})
	}
	j.failed = j.failed || err != nil
	b.logged(err)
}
