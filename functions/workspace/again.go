package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/record"
)

// lookAgain asks register to look again at the items of a workspace whose products changed, at some of them; the reply
// asks for the next. They were accepted before that, so that none is left out, and coming twice changes nothing. When the
// products have changed once more, it is left to the event of that change, which begins with the first item.
func (k *keeper) lookAgain(ctx context.Context, e event.Event) (*event.Event, error) {
	var data eventing.WorkspaceProducts
	if err := json.Unmarshal(e.Data(), &data); err != nil {
		return nil, fault.Classify(fault.Invalid, err, "the data of the event is not about the products of a workspace")
	}
	found, revision, err := k.store.ItemSources(ctx, system.In(data.Name), data.After, eventing.MaxBatch)
	if err != nil || len(found) == 0 || revision != data.Revision {
		return nil, err
	}
	next, err := k.following(data, found[len(found)-1].Href)
	if err != nil {
		return nil, err
	}
	request, err := lookingAgain(next.ID(), data.Name, found)
	if err != nil {
		return nil, err
	}
	if err := k.send(ctx, request); err != nil {
		return nil, err
	}
	slog.Info("items are looked at again", "workspace", data.Name, "revision", revision, "items", len(found))
	if len(found) < eventing.MaxBatch {
		return nil, nil
	}
	return &next, nil
}

// following is the event that goes on behind an address.
func (k *keeper) following(data eventing.WorkspaceProducts, after string) (event.Event, error) {
	row, err := catalogue.ProductsEvent(data.Name, data.Revision, after)
	if err != nil {
		return event.Event{}, err
	}
	return eventing.Waiting(row).Event()
}

// lookingAgain is the request for the present state of documents. It is to count as later than the state that each is
// known in, whatever the clocks say.
func lookingAgain(id, workspace string, found []record.Source) (event.Event, error) {
	now := time.Now()
	documents := make([]eventing.Document, len(found))
	for i, one := range found {
		documents[i] = eventing.Document{Href: one.Href, Time: now}
		if one.Time.After(now) {
			documents[i].Time = one.Time
		}
	}
	e := event.New()
	e.SetID(id + "/items")
	e.SetSource("/perigee/workspace")
	e.SetType(eventing.TypeRegisterRequested)
	e.SetTime(now)
	e.SetExtension(eventing.ExtensionRoute, string(eventing.RouteItems))
	e.SetExtension(eventing.ExtensionMode, string(eventing.ModeReplace))
	e.SetExtension(eventing.ExtensionWorkspace, workspace)
	err := e.SetData(event.ApplicationJSON, eventing.RegisterRequest{Documents: documents})
	return e, fault.Classify(fault.Internal, err, "the request for the items of %s", workspace)
}
