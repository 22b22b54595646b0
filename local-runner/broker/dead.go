package broker

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"perigee/shared/fault"
)

// sinkPause is the wait between attempts at a dead letter sink that has failed as often as retries are allowed: the
// event stays with the broker until the sink takes it.
const sinkPause = time.Minute

// bury sends the event to its dead letter sink where a few are not on their way already, and else lets it come back: a
// sink that does not answer must neither hold up the other events nor fill the memory.
func (j *job) bury() {
	select {
	case j.d.burials <- struct{}{}:
		defer func() { <-j.d.burials }()
		j.send()
	default:
		j.back(retryStore)
	}
}

// send is one attempt at the dead letter sink, or keeps the event where there is none.
func (j *job) send() {
	began := time.Now()
	j.record.Sinks++
	a, sent := j.sink()
	switch {
	case !sent:
		j.leave()
	case a.err == "":
		j.note(began, a, Sunk)
		j.finish()
	default:
		j.note(began, a, SinkFails)
		wait := sinkPause
		if Retryable(a.status) && j.record.Sinks <= j.d.delivery.Retry {
			wait = min(wait, j.d.delivery.Wait(j.record.Sinks-1, a.status, a.after))
		}
		j.again(wait)
	}
}

// sink is one attempt at the dead letter sink; sent is false when the broker closes meanwhile.
func (j *job) sink() (a answer, sent bool) {
	b, target := j.d.b, j.d.delivery.DeadLetter
	letter := j.event.with(map[string]string{
		extensionDest: j.record.Dead.Dest, extensionCode: strconv.Itoa(j.record.Dead.Code), extensionData: j.record.Dead.Data,
	})
	if target == nil {
		return b.keepDead(letter, j), true
	}
	lease, err := target.Acquire(b.fetching)
	if err != nil {
		if b.fetching.Err() != nil {
			return a, false
		}
		return answer{err: "the dead letter sink is not available: " + err.Error()}, true
	}
	defer lease.release()
	a = b.exchange(b.working, lease, letter, j.d.delivery.Timeout)
	if a.reply != nil {
		b.log.Warn("the dead letter sink replied with an event, which nobody takes", "event", letter.Attributes["id"])
	}
	return a, b.working.Err() == nil
}

func deadSubject(trigger Name) string {
	return "dead." + token(trigger.Namespace) + "." + token(trigger.Name)
}

func (b *Broker) keepDead(letter message, j *job) answer {
	letter.Failure = j.record.Dead.Text
	letter.Trigger, letter.Apart = j.d.trigger.Name, nil
	id := "dead/" + j.d.name + "/" + strconv.FormatUint(j.sequence, 10)
	if _, err := b.put(b.working, alone(deadSubject(j.d.trigger.Name), letter), id); err != nil {
		return answer{err: err.Error()}
	}
	return answer{}
}

// DeadLetters lists what was kept for lack of a dead letter sink, newest first.
func (b *Broker) DeadLetters(ctx context.Context, limit int) ([]DeadLetter, error) {
	info, err := b.store.stream(ctx, streamDead)
	if err != nil {
		return nil, fault.Classify(fault.Unavailable, err, "the kept dead letters cannot be read")
	}
	var letters []DeadLetter
	for sequence := info.State.LastSeq; sequence >= max(1, info.State.FirstSeq) && len(letters) < limit; sequence-- {
		m, err := b.letter(ctx, sequence)
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		letters = append(letters, m.asLetter(sequence))
	}
	return letters, nil
}

func (b *Broker) letter(ctx context.Context, sequence uint64) (message, error) {
	raw, err := b.dead.GetMsg(ctx, sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return message{}, fault.New(fault.NotFound, "there is no dead letter %d", sequence)
	}
	if err != nil {
		return message{}, fault.Classify(fault.Unavailable, err, "dead letter %d", sequence)
	}
	return decodeMessage(raw.Header.Get(headerMessage), raw.Data)
}

func (m message) asLetter(sequence uint64) DeadLetter {
	code, _ := strconv.Atoi(m.Attributes[extensionCode])
	return DeadLetter{
		Sequence: sequence, Broker: m.Broker, Trigger: m.Trigger, ID: m.Attributes["id"], Type: m.Attributes["type"],
		Source: m.Attributes["source"], Subject: m.Attributes["subject"], Code: code, Error: m.Failure, Time: m.arrived(),
	}
}

// Replay sends a kept dead letter into its broker again, as the event that it was, and forgets it.
func (b *Broker) Replay(ctx context.Context, sequence uint64) error {
	m, err := b.letter(ctx, sequence)
	if err != nil {
		return err
	}
	m = m.with(map[string]string{extensionDest: "", extensionCode: "", extensionData: ""})
	m.Failure, m.Trigger, m.Hops = "", Name{}, maxHops
	if err := b.receive(ctx, m.Broker, m.Trace, m); err != nil {
		return err
	}
	return b.Forget(ctx, sequence)
}

// Forget drops a kept dead letter.
func (b *Broker) Forget(ctx context.Context, sequence uint64) error {
	err := b.dead.DeleteMsg(ctx, sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) || errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) {
		return fault.New(fault.NotFound, "there is no dead letter %d", sequence)
	}
	return fault.Classify(fault.Unavailable, err, "dead letter %d", sequence)
}
