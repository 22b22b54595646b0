package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/scope"
	"perigee/shared/source"
	"perigee/shared/stac"
)

const here = "/perigee/harvest"

// routes are the ways of the documents that are found, collections before what belongs to them.
var routes = []struct {
	kind  string
	route eventing.Route
}{{stac.TypeCollection, eventing.RouteCollections}, {stac.TypeItem, eventing.RouteItems}, {source.KindRecord, eventing.RouteJSON}, {source.KindXML, eventing.RouteXML}}

// requests are the events that ask for the registration of documents, collections first, and how much each asks for.
func (w *walker) requests(run catalogue.HarvestRun, documents []source.Document) ([]event.Event, []catalogue.HarvestRequest, error) {
	var all []event.Event
	var kept []catalogue.HarvestRequest
	for _, r := range routes {
		var some []eventing.Document
		for _, d := range documents {
			if d.Kind == r.kind {
				one, err := asked(run, d)
				if err != nil {
					return nil, nil, err
				}
				some = append(some, one)
			}
		}
		route := r.route
		if r.kind == stac.TypeItem && w.harvester.Queue != "" {
			route = eventing.Route(w.harvester.Queue)
		}
		for batch := range batches(some) {
			e, err := request(run, route, w.harvester.Mode, batch)
			if err != nil {
				return nil, nil, err
			}
			all, kept = append(all, e), append(kept, catalogue.HarvestRequest{ID: e.ID(), Documents: len(batch)})
		}
	}
	return all, kept, nil
}

// asked is a document as it is asked for: by its address, or by what it says. XML is said as a text.
func asked(run catalogue.HarvestRun, d source.Document) (eventing.Document, error) {
	one := eventing.Document{Time: run.Time}
	switch {
	case d.Content == nil:
		one.Href = d.Href
	case d.Kind == source.KindXML:
		text, err := json.Marshal(string(d.Content))
		if err != nil {
			return one, fault.Classify(fault.Internal, err, "the record %s cannot be encoded", d.Href)
		}
		one.Content = text
	default:
		one.Content = d.Content
	}
	return one, nil
}

// batches cuts documents into as many as one request takes, by number and by size. One that is large is a request of its own.
func batches(documents []eventing.Document) func(func([]eventing.Document) bool) {
	const around = 100 // bytes of a document but its content, and its address
	return func(yield func([]eventing.Document) bool) {
		from, size := 0, 0
		for i, d := range documents {
			one := len(d.Content) + len(d.Href) + around
			if i > from && (i-from == eventing.MaxBatch || size+one > eventing.MaxRequest) {
				if !yield(documents[from:i]) {
					return
				}
				from, size = i, 0
			}
			size += one
		}
		if from < len(documents) {
			yield(documents[from:])
		}
	}
}

// request has an id made from what it asks for: asked again after a worker was cut off, the same has the same id, and
// what differs is not taken for a repetition.
func request(run catalogue.HarvestRun, route eventing.Route, mode string, documents []eventing.Document) (event.Event, error) {
	asked := sha256.New()
	for _, d := range documents {
		fmt.Fprintf(asked, "%q", d.Href)
		asked.Write(d.Content)
	}
	e := event.New()
	e.SetID(fmt.Sprintf("%s%s/%s/%s/%s", catalogue.HarvestEventPrefix, run.Workspace, run.ID, route, hex.EncodeToString(asked.Sum(nil)[:12])))
	e.SetSource(here)
	e.SetType(eventing.TypeRegisterRequested)
	e.SetSubject(subject(run, documents))
	e.SetTime(run.Time)
	e.SetExtension(eventing.ExtensionRoute, string(route))
	e.SetExtension(eventing.ExtensionMode, mode)
	if run.Workspace != scope.System {
		e.SetExtension(eventing.ExtensionWorkspace, run.Workspace)
	}
	err := e.SetData(event.ApplicationJSON, eventing.RegisterRequest{Documents: documents})
	return e, fault.Classify(fault.Internal, err, "the request %s cannot be encoded", e.ID())
}

// subject is the address of the first document, or the run that found it.
func subject(run catalogue.HarvestRun, documents []eventing.Document) string {
	return cmp.Or(documents[0].Href, run.ID)
}

// continuation is the event by which a walk goes on behind its next step.
func continuation(run catalogue.HarvestRun) (*catalogue.Event, error) {
	return goingOn(run, strconv.FormatInt(run.Cursor+1, 10))
}

// goingOn is an event for the outbox; state tells it from other events of the same run.
func goingOn(run catalogue.HarvestRun, state string) (*catalogue.Event, error) {
	data, err := json.Marshal(eventing.HarvestRequest{Name: run.Harvester, Run: run.ID, Cursor: run.Cursor})
	if err != nil {
		return nil, fault.Classify(fault.Internal, err, "the event of harvest %s cannot be encoded", run.ID)
	}
	return &catalogue.Event{
		ID: fmt.Sprintf("harvest/%s/%s/%s", run.Workspace, run.ID, state), Type: eventing.TypeHarvestRequested, Subject: run.ID,
		Workspace: run.Workspace, Data: data, Time: time.Now(),
	}, nil
}

// atOnce is how many events of the outbox are sent together.
const atOnce = 100

// flush sends the events of harvests that wait in the outbox, and takes them out.
func (h *harvest) flush(ctx context.Context, sc scope.Scope) error {
	for {
		waiting, err := h.store.HarvestEvents(ctx, sc, atOnce)
		if err != nil || len(waiting) == 0 {
			return err
		}
		events, ids := make([]event.Event, len(waiting)), make([]string, len(waiting))
		for i, e := range waiting {
			ids[i] = e.ID
			if events[i], err = outgoing(e); err != nil {
				return err
			}
		}
		if err := h.send(ctx, events...); err != nil {
			return err
		}
		if err := h.store.Sent(ctx, sc, ids); err != nil || len(waiting) < atOnce {
			return err
		}
	}
}

// outgoing is an event of the outbox in its form on the way.
func outgoing(waiting catalogue.Event) (event.Event, error) {
	e := event.New()
	e.SetID(waiting.ID)
	e.SetSource(here)
	e.SetType(waiting.Type)
	e.SetSubject(waiting.Subject)
	e.SetTime(waiting.Time)
	if waiting.Workspace != scope.System {
		e.SetExtension(eventing.ExtensionWorkspace, waiting.Workspace)
	}
	err := e.SetData(event.ApplicationJSON, waiting.Data)
	return e, fault.Classify(fault.Internal, err, "event %s cannot be encoded", e.ID())
}
