package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/fault"
	"perigee/shared/scope"
)

// event handles perigee.register.requested, and the pings that have the outbox swept, and resources asked for that are due. A request comes from inside the
// cluster and says in whose workspace to write. A permanent failure of a single document is the event's own; in a batch
// each is an event of its own, so that the others count, and the batch is done.
func (r *registrar) event(ctx context.Context, e event.Event) (*event.Event, error) {
	if e.Type() == eventing.TypePing && extension(e, eventing.ExtensionSweep) == sweepOutbox {
		return nil, r.sweep(ctx)
	}
	if e.Type() == eventing.TypePing && extension(e, eventing.ExtensionSweep) == sweepResources {
		return nil, r.sweepDue(ctx)
	}
	if e.Type() == eventing.TypeRegisterRequested && extension(e, eventing.ExtensionRoute) == string(eventing.RouteResource) {
		return nil, r.harvestDue(ctx, e)
	}
	req, err := requestOf(e)
	if err == nil {
		err = r.valid(req)
	}
	if err != nil {
		return nil, err
	}
	done, err := r.register(ctx, req)
	if err != nil {
		return nil, err
	}
	if req.route != eventing.RouteAssets && len(done) == 1 {
		return nil, done[0].err
	}
	return nil, r.report(ctx, req, done)
}

// sweepOutbox is what a ping says that has the outbox swept.
const sweepOutbox = "outbox"

func requestOf(e event.Event) (request, error) {
	var data eventing.RegisterRequest
	if e.Type() != eventing.TypeRegisterRequested {
		return request{}, fault.At(fault.Invalid, "type", "register handles %s, not %s", eventing.TypeRegisterRequested, e.Type())
	}
	if err := json.Unmarshal(e.Data(), &data); err != nil {
		return request{}, fault.Classify(fault.Invalid, err, "the data of the event is not a request to register")
	}
	req := request{
		scope: scope.New(extension(e, eventing.ExtensionWorkspace), "events", scope.Writer),
		route: eventing.Route(extension(e, eventing.ExtensionRoute)), mode: eventing.Mode(extension(e, eventing.ExtensionMode)),
		event: e.ID(), documents: data.Documents,
	}
	return req, nil
}

func extension(e event.Event, name string) string {
	s, _ := e.Extensions()[name].(string)
	return s
}

// valid tells all that is wrong with a request.
func (r *registrar) valid(q request) error {
	var errs []error
	if _, err := r.wayOf(q.route); err != nil {
		errs = append(errs, err)
	}
	switch q.mode {
	case eventing.ModeRegister, eventing.ModeReplace, eventing.ModeDeregister:
	default:
		errs = append(errs, fault.At(fault.Invalid, eventing.ExtensionMode, "there is no mode %q", q.mode))
	}
	if n := len(q.documents); n == 0 || n > eventing.MaxBatch {
		errs = append(errs, fault.At(fault.Invalid, "documents", "a request has 1 to %d documents, not %d", eventing.MaxBatch, n))
	}
	return errors.Join(errs...)
}

// report sends the failures of a batch as events, each with the request for that document alone, so that it can be
// asked for again. An item that was looked at because one file arrived may still miss others; that is not news.
func (r *registrar) report(ctx context.Context, req request, done []*work) error {
	var events []event.Event
	for i, w := range done {
		var lacking missing
		if w.err == nil || (w.again && errors.As(w.err, &lacking) && len(lacking.broken) == 0) {
			continue
		}
		e, err := failure(req, w, i)
		if err != nil {
			return err
		}
		events = append(events, e)
	}
	if len(events) == 0 {
		return nil
	}
	return r.sink.Send(ctx, events...)
}

func failure(req request, w *work, i int) (event.Event, error) {
	e := event.New()
	e.SetID(req.event + "/failed/" + strconv.Itoa(i))
	e.SetSource("/perigee/register")
	e.SetType(eventing.TypeRegisterFailed)
	subject := eventing.Attribute(cmp.Or(w.status.ID, w.href))
	e.SetSubject(subject)
	e.SetExtension(eventing.ExtensionRoute, w.status.Route)
	e.SetExtension(eventing.ExtensionMode, string(w.mode))
	if req.scope.Workspace != "" {
		e.SetExtension(eventing.ExtensionWorkspace, req.scope.Workspace)
	}
	data := eventing.RegisterRequest{Documents: []eventing.Document{w.document}, Error: w.status.Error}
	if err := e.SetData(event.ApplicationJSON, data); err != nil {
		return e, fault.Classify(fault.Internal, err, "the failure of %s cannot be encoded", subject)
	}
	return e, nil
}
