package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/csw/resource"
	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/transaction"
)

// How resources are harvested that CSW's Harvest has harvested again and again.
const (
	sweepResources = "resources"                 // what a ping says that has those asked for that are due
	dueAtOnce      = 50                          // that one sweep asks for
	readAtOnce     = 2                           // by one instance: each may be large
	readMost       = 16 << 20                    // bytes of one document
	holding        = resource.Time + time.Minute // for as long as nobody else harvests it
	soon           = 10 * time.Minute            // after which one that does not answer is asked again, then after twice as long
	patience       = 30 * time.Second            // with others that are read: then the broker has it come again
	maxAsked       = 256 << 10                   // bytes of what is asked of one
)

// postResource keeps how often a resource is to be harvested again, or that it is not any more.
func (r *registrar) postResource(w http.ResponseWriter, q *http.Request) error {
	var asked transaction.Resource
	if err := json.NewDecoder(io.LimitReader(q.Body, maxAsked)).Decode(&asked); err != nil {
		return fault.Classify(fault.Invalid, err, "the body is not a resource")
	}
	sc := scope.FromContext(q.Context()).Scope
	if err := r.keepResource(q.Context(), sc, asked); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (r *registrar) keepResource(ctx context.Context, sc scope.Scope, asked transaction.Resource) error {
	if asked.Interval == "" {
		return r.store.DropResource(ctx, sc, asked.Source)
	}
	due, err := resource.Next(time.Now(), asked.Interval)
	if err != nil {
		return err
	}
	kept := catalogue.Resource{Source: asked.Source, Type: asked.Type, Every: asked.Interval, Due: due}
	for _, name := range asked.Records {
		kept.Records = append(kept.Records, record.Key{Collection: name.Collection, ID: name.ID})
	}
	return r.store.KeepResource(ctx, sc, kept)
}

// sweepDue asks for the resources of all workspaces that are due, each by an event of its own.
func (r *registrar) sweepDue(ctx context.Context) error {
	due, err := r.store.DueResources(ctx, scope.New(scope.System, "sweep", scope.Admin), dueAtOnce)
	if err != nil || len(due) == 0 {
		return err
	}
	events := make([]event.Event, len(due))
	for i, one := range due {
		if events[i], err = harvesting(one); err != nil {
			return err
		}
	}
	return r.sink.Send(ctx, events...)
}

// harvesting is the event by which a resource that is due is harvested: the same however often it is asked for before that is done.
func harvesting(one catalogue.Resource) (event.Event, error) {
	sum := sha256.Sum256([]byte(one.Workspace + "\x00" + one.Source))
	e := event.New()
	e.SetID(fmt.Sprintf("resource/%s/%d/%d", hex.EncodeToString(sum[:10]), one.Asked(), one.Due.Unix()))
	e.SetSource("/perigee/register")
	e.SetType(eventing.TypeRegisterRequested)
	e.SetSubject(eventing.Attribute(one.Source))
	e.SetExtension(eventing.ExtensionRoute, string(eventing.RouteResource))
	e.SetExtension(eventing.ExtensionMode, string(eventing.ModeReplace))
	if one.Workspace != scope.System {
		e.SetExtension(eventing.ExtensionWorkspace, one.Workspace)
	}
	err := e.SetData(event.ApplicationJSON, eventing.RegisterRequest{Documents: []eventing.Document{{Href: one.Source}}})
	return e, fault.Classify(fault.Internal, err, "the event of %s cannot be encoded", one.Source)
}

// harvestDue harvests the resource that an event names, unless it is not due any more, or harvested by another.
func (r *registrar) harvestDue(ctx context.Context, e event.Event) error {
	var data eventing.RegisterRequest
	if err := json.Unmarshal(e.Data(), &data); err != nil || len(data.Documents) != 1 || data.Documents[0].Href == "" {
		return fault.New(fault.Invalid, "the data of the event does not name one resource")
	}
	select {
	case r.reading <- struct{}{}:
		defer func() { <-r.reading }()
	case <-time.After(patience):
		return fault.New(fault.Unavailable, "other resources are being harvested")
	case <-ctx.Done():
		return fault.Classify(fault.Unavailable, ctx.Err(), "other resources are being harvested")
	}
	sc := scope.New(extension(e, eventing.ExtensionWorkspace), "events", scope.Writer)
	held, ok, err := r.store.LeaseResource(ctx, sc, data.Documents[0].Href, holding)
	switch {
	case err != nil:
		return err
	case !ok:
		slog.DebugContext(ctx, "a resource is not due, or harvested by another", "workspace", sc.Workspace, "href", data.Documents[0].Href)
		return nil
	case held.Deserted:
		slog.InfoContext(ctx, "a resource is not harvested again: its records were deleted", "workspace", sc.Workspace, "href", held.Source)
		return r.store.DropResource(ctx, sc, held.Source)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), resource.Time) // the broker may be less patient
	defer cancel()
	return r.harvestAgain(ctx, sc, held, e.ID())
}
