package broker

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"perigee/shared/fault"
	"perigee/shared/trace"
)

// job is one event in the hand of a dispatcher.
type job struct {
	d        *dispatcher
	msg      jetstream.Msg
	sequence uint64
	event    message
	record   record
	release  func() // ends what keep began
}

func (d *dispatcher) newJob(msg jetstream.Msg) (*job, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return nil, err
	}
	event, err := decodeMessage(msg.Headers().Get(headerMessage), msg.Data())
	if err != nil {
		return nil, err
	}
	sequence := meta.Sequence.Stream
	return &job{d: d, msg: msg, sequence: sequence, event: event, record: d.b.records.get(d.name, sequence), release: func() {}}, nil
}

// keep tells the store, until release, that the event is in good hands and need not be delivered again.
func (j *job) keep() {
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
				j.d.b.logged(j.msg.InProgress())
			}
		}
	})
	j.release = func() { stop(); beating.Wait() }
}

// leave gives the event back untouched: the broker closes.
func (j *job) leave() {
	j.back(time.Millisecond)
}

func (j *job) deliver(lease Lease) {
	b, began := j.d.b, time.Now()
	a := b.exchange(b.working, lease.URL, j.event, j.d.delivery.Timeout)
	lease.release()
	if b.working.Err() != nil {
		j.leave() // cut off: no attempt
		return
	}
	if a.err == "" && a.reply != nil {
		a = j.sendReply(a)
	}
	j.settle(began, a)
}

// sendReply puts a reply back into the broker before its cause is acknowledged. A repetition within the store's memory
// of identifiers is dropped there.
func (j *job) sendReply(a answer) answer {
	reply := *a.reply
	reply.Broker, reply.Hops, reply.Trace = j.event.Broker, min(reply.Hops, j.event.Hops-1), j.event.Trace
	if given := reply.Attributes[trace.Header]; trace.Parse(given) == trace.Parent(given) {
		reply.Trace = trace.Parent(given)
	}
	if reply.Hops <= 0 {
		return failed(http.StatusBadRequest, nil, "the reply is refused: the events reply to one another in a loop")
	}
	id := "reply/" + j.d.name + "/" + strconv.FormatUint(j.sequence, 10)
	if err := j.d.b.append(j.d.b.working, reply, id); err != nil {
		return failed(fault.KindOf(err).Status(), nil, "the reply could not be stored: "+err.Error())
	}
	return a
}

// settle acts on the outcome of an attempt: done, again later, or given up.
func (j *job) settle(began time.Time, a answer) {
	j.record.Attempts++
	switch {
	case a.err == "":
		j.note(began, a, map[bool]Outcome{true: Replied, false: Delivered}[a.reply != nil])
		j.finish()
	case Retryable(a.status) && j.record.Attempts <= j.d.delivery.Retry:
		j.note(began, a, Retrying)
		j.again(j.d.delivery.Wait(j.record.Attempts-1, a.status, a.after))
	default:
		j.note(began, a, GivenUp)
		j.record.Dead = a.failure(j.d.trigger.Subscriber.Address())
		j.remember()
		j.bury()
	}
}

func (j *job) remember() {
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	if err := j.d.b.records.put(ctx, j.d.name, j.sequence, j.record); err != nil {
		j.d.b.log.Error("an attempt could not be recorded; after a restart it will not count", "event", j.event.Attributes["id"], "error", err)
	}
}

// again lets the event come back after a delay.
func (j *job) again(wait time.Duration) {
	j.record.NotBefore = time.Now().Add(wait)
	j.remember()
	j.back(wait)
}

// back returns the event to the store for a while and waits until the store has taken note, as the client library does
// for acknowledgements only: what it has not taken note of at the end would come late after the next start.
func (j *job) back(wait time.Duration) {
	j.release()
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	_, err := j.d.b.store.conn.RequestWithContext(ctx, j.msg.Reply(), fmt.Appendf(nil, `-NAK {"delay":%d}`, wait.Nanoseconds()))
	j.d.b.logged(err)
}

// finish acknowledges the event, then forgets how it came to that.
func (j *job) finish() {
	j.release()
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	err := j.msg.DoubleAck(ctx)
	if err == nil {
		err = j.d.b.records.forget(ctx, j.d.name, j.sequence)
	}
	j.d.b.logged(err)
}

// note keeps an attempt in the figures and in the history.
func (j *job) note(began time.Time, a answer, outcome Outcome) {
	attempt := Attempt{
		Trigger: j.d.trigger.Name, Number: j.record.Attempts, Outcome: outcome, Status: a.status, Error: a.err,
		Time: began, Duration: time.Since(began),
	}
	if outcome == Sunk || outcome == SinkFails {
		attempt.Number = j.record.Sinks
	}
	j.d.figures.add(attempt)
	j.d.b.history.attempted(j.event.seen(j.sequence), attempt)
}
