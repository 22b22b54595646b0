package broker

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/cloudevents/sdk-go/v2/types"

	"perigee/shared/fault"
	"perigee/shared/trace"
)

// job is one event in the hand of a dispatcher.
type job struct {
	*parcel
	at     int    // its place in the parcel
	number uint64 // by which the history knows it
	event  message
	record record
}

// leave gives the event back untouched: the broker closes.
func (j *job) leave() {
	if j.batch {
		j.settled(j, true)
		return
	}
	j.back(time.Millisecond)
}

func (j *job) deliver(lease Lease) {
	b, began := j.d.b, time.Now()
	a := b.exchange(b.working, lease, j.event, j.d.delivery.Timeout)
	lease.release()
	j.d.batches.Store(a.takes)
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
	reply = reply.with(map[string]string{extensionArrival: types.FormatTime(time.Now())})
	id := "reply/" + j.d.name + "/" + strconv.FormatUint(j.number, 10)
	if err := j.d.b.append(j.d.b.working, alone(eventSubject(reply.Broker, reply.Attributes["type"]), reply), id); err != nil {
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
		j.succeed()
	case Retryable(a.status) && j.record.Attempts <= j.d.delivery.Retry:
		j.note(began, a, Retrying)
		j.again(j.d.delivery.Wait(j.record.Attempts-1, a.status, a.after))
	default:
		j.note(began, a, GivenUp)
		j.record.Dead = a.failure(j.d.trigger.Subscriber.Address())
		j.giveUp()
	}
}

// succeed is the end of an event.
func (j *job) succeed() {
	if j.batch {
		j.settled(j, false)
		return
	}
	j.finish()
}

// giveUp makes a dead letter of an event.
func (j *job) giveUp() {
	if j.batch {
		j.apart()
		return
	}
	j.remember()
	j.bury()
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
	if j.batch {
		j.apart()
		return
	}
	j.remember()
	j.back(wait)
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
	j.d.b.history.attempted(j.event.seen(j.number), attempt)
}
