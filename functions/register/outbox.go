package main

import (
	"context"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/scope"
)

const atOnce = 200 // events of the outbox

// flush sends the events that wait in the workspace's outbox, those of this request and those that an earlier one could
// not send, and takes them out. It comes before the acknowledgement; sent twice, an event has the same id.
func (r *registrar) flush(ctx context.Context, sc scope.Scope) error {
	r.sending.Lock()
	defer r.sending.Unlock()
	for {
		waiting, err := r.store.Outbox(ctx, sc, atOnce)
		if err != nil || len(waiting) == 0 {
			return err
		}
		events, ids := make([]event.Event, len(waiting)), make([]string, len(waiting))
		for i, e := range waiting {
			ids[i] = e.ID
			if events[i], err = eventing.Waiting(e).Event(); err != nil {
				return err
			}
		}
		if err := r.sink.Send(ctx, events...); err != nil {
			return err
		}
		if err := r.store.Sent(ctx, sc, ids); err != nil || len(waiting) < atOnce {
			return err
		}
	}
}
