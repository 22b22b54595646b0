package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/outward"
	"perigee/shared/record"
	"perigee/shared/routes"
	"perigee/shared/stac"
)

// handling is how long a handler of a route may take.
const handling = 10 * time.Second

// newHandlers makes the client that asks the handlers of routes, which the operator named. Their hosts may lie inside; where
// they redirect to is not the operator's word, so that it is followed within the host only, as the post that it is.
func newHandlers() *outward.Client {
	return outward.New(outward.Config{Guard: outward.Open(), Timeout: handling, Tries: 2, Stays: true})
}

// before leads a document through the handlers that a route asks before it is registered: each may refuse it, by an answer
// of 400 to 499, or answer the document that takes its place. One that answers nothing leaves it as it is.
func (r *registrar) before(ctx context.Context, w *work, src source) (source, error) {
	for _, address := range w.way.Pre {
		answer, err := r.handlers.Do(ctx, posting(address, src.mediaType, src.text))
		if err != nil && fault.KindOf(err).Permanent() {
			return src, fault.New(fault.Invalid, "the document is refused: %w", err)
		}
		if err != nil {
			return src, err
		}
		if len(answer.Body) > 0 {
			src.text = answer.Body
		}
	}
	return src, nil
}

func posting(address, mediaType string, body []byte) outward.Request {
	if mediaType == "" {
		mediaType = ogcapi.MediaTypeJSON
	}
	return outward.Request{Method: http.MethodPost, URL: address, Header: http.Header{"Content-Type": {mediaType}}, Body: body, Limit: stac.MaxSize}
}

// after tells the handlers of a route what became of a document. Whoever is not there to hear it changes nothing.
func (r *registrar) after(ctx context.Context, w *work) {
	addresses := w.way.Post
	if w.err != nil {
		addresses = w.way.Error
	}
	if len(addresses) == 0 {
		return
	}
	text, err := json.Marshal(w.status)
	if err != nil {
		slog.WarnContext(ctx, "a status cannot be written", "id", w.status.ID, "error", err)
		return
	}
	for _, address := range addresses {
		if _, err := r.handlers.Do(ctx, posting(address, "", text)); err != nil {
			slog.WarnContext(ctx, "a handler was not told", "route", w.way.Name, "id", w.status.ID, "error", eventing.Words(err))
		}
	}
}

// passOn asks for the documents of a route to be registered by the one that its output goes to. Asked again, it says the
// same.
func (r *registrar) passOn(ctx context.Context, req request, done []*work) error {
	if req.way.Output == "" || req.way.Output == routes.QueueSeed || req.route == eventing.RouteAssets || req.mode == eventing.ModeDeregister {
		return nil
	}
	var events []event.Event
	for i, w := range done {
		if w.err != nil || w.applied.Outcome == record.Stale {
			continue
		}
		e := event.New()
		e.SetID(req.event + "/" + req.way.Output + "/" + strconv.Itoa(i))
		e.SetSource("/perigee/register")
		e.SetType(eventing.TypeRegisterRequested)
		e.SetSubject(eventing.Attribute(w.status.ID))
		e.SetExtension(eventing.ExtensionRoute, req.way.Output)
		e.SetExtension(eventing.ExtensionMode, string(req.mode))
		if req.scope.Workspace != "" {
			e.SetExtension(eventing.ExtensionWorkspace, req.scope.Workspace)
		}
		if err := e.SetData(event.ApplicationJSON, eventing.RegisterRequest{Documents: []eventing.Document{w.document}}); err != nil {
			return fault.Classify(fault.Internal, err, "the request to register %s cannot be encoded", w.status.ID)
		}
		events = append(events, e)
	}
	return r.sink.Send(ctx, events...)
}
