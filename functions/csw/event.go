package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/csw"
	"perigee/shared/fault"
	"perigee/shared/scope"
)

// eventsPath is where the broker posts events. The root is where a deployment may give the catalogue a host of its own.
const eventsPath = "/internal/events"

// How what was acknowledged is answered.
const (
	atOnce   = 2                 // requests of one instance: each may be a large harvest
	waiting  = time.Minute       // for one's turn; then the broker has it come again
	within   = 270 * time.Second // what the Trigger waits is longer
	patience = 4 * time.Minute   // since a request was acknowledged, during which what may pass is tried again; then its handlers are told
)

// desk answers what was acknowledged.
type desk struct {
	answer   func(ctx context.Context, asked csw.Acknowledged) (csw.Answered, error)
	handlers handlers
	send     func(ctx context.Context, events ...event.Event) error
	turns    chan struct{}
}

// event handles a request that was acknowledged, or an answer that is to be sent. It comes from inside the cluster and says on whose behalf
// to answer.
func (d desk) event(ctx context.Context, e event.Event) (*event.Event, error) {
	switch e.Type() {
	case eventing.TypeAcknowledged:
		asked, err := acknowledgedBy(e)
		if err != nil {
			return nil, err
		}
		return nil, d.acknowledged(ctx, e, asked)
	case eventing.TypeAnswered:
		return nil, d.deliver(ctx, e)
	}
	return nil, fault.At(fault.Invalid, "type", "csw handles %s and %s, not %s", eventing.TypeAcknowledged, eventing.TypeAnswered, e.Type())
}

// acknowledgedBy reads a request that was acknowledged.
func acknowledgedBy(e event.Event) (csw.Acknowledged, error) {
	var data eventing.Acknowledged
	if err := json.Unmarshal(e.Data(), &data); err != nil {
		return csw.Acknowledged{}, fault.Classify(fault.Invalid, err, "the data of the event is not a request that was acknowledged")
	}
	switch {
	case len(data.Handlers) == 0 || len(data.Handlers) > csw.MaxHandlers:
		return csw.Acknowledged{}, fault.At(fault.Invalid, "handlers", "the request names %d handlers to send its answer to, not 1 to %d", len(data.Handlers), csw.MaxHandlers)
	case (data.Pairs == "") == (len(data.Document) == 0):
		return csw.Acknowledged{}, fault.At(fault.Invalid, "document", "the request is not either pairs or a document")
	}
	var roles []scope.Role
	for _, role := range data.Roles {
		roles = append(roles, scope.Role(role))
	}
	workspace, _ := e.Extensions()[eventing.ExtensionWorkspace].(string)
	return csw.Acknowledged{
		Asked:     scope.Asked{Scope: scope.New(workspace, data.Principal, roles...), Base: data.Base},
		Operation: e.Subject(), Pairs: data.Pairs, Document: data.Document, Handlers: data.Handlers,
	}, nil
}

// acknowledged answers a request. The answer goes on as an event for each handler, so that who does not take it has nothing done again; one
// that is too large for that is sent from here, and made anew for each handler.
func (d desk) acknowledged(ctx context.Context, e event.Event, asked csw.Acknowledged) error {
	answer, err := d.inTurn(ctx, asked)
	switch {
	case err != nil && answer.Document == nil:
		return err
	case err != nil && time.Since(e.Time()) < patience:
		return fault.Classify(fault.Unavailable, err, "the request is not answered yet")
	case err != nil:
		slog.WarnContext(ctx, "a request that was acknowledged is answered by what went wrong", "event", e.ID(), "error", err)
	}
	slog.InfoContext(ctx, "what was acknowledged is answered", "event", e.ID(), "operation", asked.Operation, "workspace", answer.Workspace, "handlers", len(answer.Handlers), "bytes", len(answer.Document))
	if len(answer.Document) <= csw.MaxLater {
		return d.onward(ctx, e.ID(), answer)
	}
	if len(answer.Handlers) > 1 {
		return d.each(ctx, e, asked)
	}
	return d.handlers.post(ctx, answer.Handlers[0], answer.Type, answer.Document)
}

// inTurn answers a request when others leave room for it.
func (d desk) inTurn(ctx context.Context, asked csw.Acknowledged) (csw.Answered, error) {
	select {
	case d.turns <- struct{}{}:
		defer func() { <-d.turns }()
	case <-time.After(waiting):
		return csw.Answered{}, fault.New(fault.Unavailable, "other requests are being answered")
	case <-ctx.Done():
		return csw.Answered{}, fault.Classify(fault.Unavailable, ctx.Err(), "other requests are being answered")
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return d.answer(ctx, asked)
}

// onward has an answer sent to its handlers.
func (d desk) onward(ctx context.Context, id string, answer csw.Answered) error {
	events, err := answering(id, answer)
	if err != nil {
		return err
	}
	return d.send(ctx, events...)
}

// each has a request answered for each of its handlers by itself.
func (d desk) each(ctx context.Context, e event.Event, asked csw.Acknowledged) error {
	var events []event.Event
	for i, handler := range asked.Handlers {
		asked.Handlers = []string{handler}
		one, err := acknowledging(fmt.Sprintf("%s/handler/%d", e.ID(), i), e.Time(), asked)
		if err != nil {
			return err
		}
		events = append(events, one)
	}
	return d.send(ctx, events...)
}

// deliver sends an answer to its handler.
func (d desk) deliver(ctx context.Context, e event.Event) error {
	var data eventing.Answered
	if err := json.Unmarshal(e.Data(), &data); err != nil || data.Handler == "" {
		return fault.New(fault.Invalid, "the data of the event is not an answer with its handler")
	}
	return d.handlers.post(ctx, data.Handler, data.MediaType, data.Document)
}
