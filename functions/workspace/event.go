package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
)

// event finishes what was begun of the workspace that an event is about; what counts is its present state. When the time
// of one invocation is over, the reply asks for another.
func (k *keeper) event(ctx context.Context, e event.Event) (*event.Event, error) {
	switch e.Type() {
	case eventing.TypeWorkspaceCreated, eventing.TypeWorkspaceDeleted:
	default:
		return nil, fault.At(fault.Invalid, "type", "workspace handles %s and %s, not %s", eventing.TypeWorkspaceCreated, eventing.TypeWorkspaceDeleted, e.Type())
	}
	var data eventing.Workspace
	if err := json.Unmarshal(e.Data(), &data); err != nil {
		return nil, fault.Classify(fault.Invalid, err, "the data of the event is not about a workspace")
	}
	w, settled, err := k.store.LeaseWorkspace(ctx, system, data.Name, k.lease)
	if err != nil {
		return nil, err
	}
	if settled {
		return nil, k.flush(ctx, data.Name)
	}
	done, err := k.settle(ctx, &w)
	if err == nil {
		err = k.flush(ctx, w.Name)
	}
	if err != nil || done {
		return nil, err
	}
	return again(e, w)
}

// again is the event anew, with another id.
func again(e event.Event, w catalogue.Workspace) (*event.Event, error) {
	next := event.New()
	next.SetID(fmt.Sprintf("workspace/%s/%d/%s/%d", w.Name, w.Generation, w.State, w.Modified.UnixMicro()))
	next.SetSource("/perigee/workspace")
	next.SetType(e.Type())
	next.SetSubject(w.Name)
	next.SetExtension(eventing.ExtensionWorkspace, w.Name)
	if err := next.SetData(event.ApplicationJSON, e.Data()); err != nil {
		return nil, fault.Classify(fault.Internal, err, "the event that goes on with the workspace %s", w.Name)
	}
	return &next, nil
}

// waiting is how many events of the outbox are sent at once.
const waiting = 200

// flush sends the events that wait in the workspace's outbox, and takes them out; sent twice, an event has the same id.
func (k *keeper) flush(ctx context.Context, name string) error {
	for {
		rows, err := k.store.Outbox(ctx, system.In(name), waiting)
		if err != nil || len(rows) == 0 {
			return err
		}
		events, ids := make([]event.Event, len(rows)), make([]string, len(rows))
		for i, row := range rows {
			ids[i] = row.ID
			if events[i], err = eventing.Waiting(row).Event(); err != nil {
				return err
			}
		}
		if err := k.send(ctx, events...); err != nil {
			return err
		}
		if err := k.store.Sent(ctx, system.In(name), ids); err != nil || len(rows) < waiting {
			return err
		}
	}
}
