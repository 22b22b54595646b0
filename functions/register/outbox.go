package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
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
			if events[i], err = itemEvent(e); err != nil {
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

// itemEvent is an event of the outbox in the form of OGC API PubSub, as other catalogues publish it; the data of a
// deletion is the id as plain text.
func itemEvent(e catalogue.Event) (event.Event, error) {
	out := event.New()
	out.SetID(e.ID)
	out.SetSource("/perigee/catalogue")
	out.SetType(e.Type)
	out.SetSubject(e.Subject)
	out.SetTime(e.Time)
	out.SetExtension(eventing.ExtensionCollection, e.Collection)
	if e.Workspace != "" {
		out.SetExtension(eventing.ExtensionWorkspace, e.Workspace)
	}
	kind, data := event.ApplicationJSON, []byte(e.Data)
	if strings.HasSuffix(e.Type, ".delete") {
		var id string
		if err := json.Unmarshal(e.Data, &id); err != nil {
			return out, fault.Classify(fault.Internal, err, "the data of event %s", e.ID)
		}
		kind, data = event.TextPlain, []byte(id)
	}
	if err := out.SetData(kind, data); err != nil {
		return out, fault.Classify(fault.Internal, err, "event %s cannot be encoded", e.ID)
	}
	return out, nil
}
