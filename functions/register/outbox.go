package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/scope"
)

const (
	atOnce = 200 // events of the outbox
	// settling is how old an event must be for the sweep to take it: before, whoever wrote it is about to send it.
	settling = 10 * time.Second
)

// flush sends the events that wait in the workspace's outbox, those of this request and those that an earlier one could
// not send, and takes them out. It comes before the acknowledgement; sent twice, an event has the same id.
func (r *registrar) flush(ctx context.Context, sc scope.Scope) error {
	return r.empty(ctx, sc, func() ([]catalogue.Event, error) { return r.store.Outbox(ctx, sc, atOnce) })
}

// sweep does so for every workspace: what somebody committed and did not live to send.
func (r *registrar) sweep(ctx context.Context) error {
	all := scope.New(scope.System, "sweep", scope.Admin)
	return r.empty(ctx, all, func() ([]catalogue.Event, error) {
		waiting, err := r.store.OutboxAll(ctx, all, atOnce)
		return slices.DeleteFunc(waiting, func(e catalogue.Event) bool { return time.Since(e.Time) < r.settling }), err
	})
}

// empty sends what next lists until nothing is left, or until something has to wait for a sink that may take it later.
func (r *registrar) empty(ctx context.Context, sc scope.Scope, next func() ([]catalogue.Event, error)) error {
	r.sending.Lock()
	defer r.sending.Unlock()
	for {
		waiting, err := next()
		if err != nil || len(waiting) == 0 {
			return err
		}
		if err := r.dispatch(ctx, sc, waiting); err != nil || len(waiting) < atOnce {
			return err
		}
	}
}

// dispatch sends events and takes those out that are settled: the sink has them, or refuses them for good, in which case
// they are kept as dead letters and hold up no other. The error tells why the first of the rest has to wait.
func (r *registrar) dispatch(ctx context.Context, sc scope.Scope, waiting []catalogue.Event) error {
	var events []event.Event
	var sent []catalogue.Event
	var waits error
	for _, row := range waiting {
		e, err := eventing.Waiting(row).Event()
		if err == nil {
			events, sent = append(events, e), append(sent, row)
		} else if waits == nil {
			waits = err
		}
	}
	var settled []string
	for i, err := range r.sink.SendEach(ctx, events...) {
		if err != nil && fault.KindOf(err).Permanent() {
			err = r.giveUp(ctx, sc.In(sent[i].Workspace), events[i], err)
		}
		if err == nil {
			settled = append(settled, sent[i].ID)
		} else if waits == nil {
			waits = err
		}
	}
	return errors.Join(waits, r.store.Sent(context.WithoutCancel(ctx), sc, settled))
}

// giveUp keeps an event that the sink refuses for good where people find it.
func (r *registrar) giveUp(ctx context.Context, sc scope.Scope, e event.Event, why error) error {
	slog.Error("an event is refused and kept as a dead letter", "event", e.ID(), "type", e.Type(), "subject", e.Subject(), "error", eventing.Words(why))
	text, err := json.Marshal(e)
	if err != nil {
		return fault.Classify(fault.Internal, err, "event %s cannot be kept", e.ID())
	}
	sum := sha256.Sum256([]byte(e.Source() + "\x00" + e.ID()))
	return r.store.KeepDeadLetter(ctx, sc, catalogue.DeadLetter{
		ID: hex.EncodeToString(sum[:10]), Type: e.Type(), Source: e.Source(), Subject: e.Subject(), Reason: eventing.Words(why), Event: text,
	})
}
