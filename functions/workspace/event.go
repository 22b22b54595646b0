package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

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
	case eventing.TypeWorkspaceProducts:
		return k.lookAgain(ctx, e)
	default:
		return nil, fault.At(fault.Invalid, "type", "workspace handles events of the types %s*, not %s", eventing.WorkspacePrefix, e.Type())
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
	return k.sendWaiting(ctx, name, func(catalogue.Event) bool { return true })
}

// flushRecords is flush without the events about the workspace itself: who gets these works on it, and is not to be called
// while somebody does.
func (k *keeper) flushRecords(ctx context.Context, name string) error {
	return k.sendWaiting(ctx, name, func(e catalogue.Event) bool { return !strings.HasPrefix(e.Type, eventing.WorkspacePrefix) })
}

func (k *keeper) sendWaiting(ctx context.Context, name string, wanted func(catalogue.Event) bool) error {
	for {
		rows, err := k.store.Outbox(ctx, system.In(name), waiting)
		if err != nil {
			return err
		}
		var events []event.Event
		var ids []string
		for _, row := range rows {
			if !wanted(row) {
				continue
			}
			e, err := eventing.Waiting(row).Event()
			if err != nil {
				return err
			}
			events, ids = append(events, e), append(ids, row.ID)
		}
		if len(events) == 0 {
			return nil
		}
		if err := k.send(ctx, events...); err != nil {
			return err
		}
		if err := k.store.Sent(ctx, system.In(name), ids); err != nil || len(rows) < waiting {
			return err
		}
	}
}
