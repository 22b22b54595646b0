package main

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/csw/resource"
	"perigee/shared/fault"
	"perigee/shared/function"
	"perigee/shared/outward"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/transaction"
)

// fetched reads documents of resources as anything at an address that a stranger named is read.
type fetched struct{ web *outward.Client }

// Fetch gives the document at an address, and its media type.
func (f fetched) Fetch(ctx context.Context, address string) ([]byte, string, error) {
	answer, err := f.web.Do(ctx, outward.Request{URL: address, Header: http.Header{"Accept": {acceptXML}}, Limit: readMost})
	if err != nil {
		return nil, "", err
	}
	return answer.Body, answer.Header.Get("Content-Type"), nil
}

// harvested is what became of one turn of a resource.
type harvested struct {
	records []record.Key
	outcome record.Outcome // of the first of them
	refused error          // why the last document that was refused was
	err     error          // why there are no records
}

// harvestAgain harvests a resource that is held, gives it back, and tells what became of it.
func (r *registrar) harvestAgain(ctx context.Context, sc scope.Scope, held catalogue.Resource, asked string) error {
	begun := time.Now()
	h := r.harvestResource(ctx, sc, held)
	held.Error = ""
	if err := cmp.Or(h.err, h.refused); err != nil {
		held.Error = eventing.Words(err)
	}
	if h.err != nil {
		held.Failures++
	} else {
		held.Failures, held.Records = 0, h.records
	}
	var err error
	if held.Due, err = dueAgain(held, h.err, time.Now()); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // a turn that took too long is given back too
	switch err := r.store.SettleResource(ctx, sc, held); {
	case fault.KindOf(err) == fault.Conflict && err != nil:
		slog.InfoContext(ctx, "a resource was asked for anew, or not any more, while it was harvested", "workspace", sc.Workspace, "href", held.Source)
		return nil
	case err != nil:
		return err
	}
	return r.tellHarvested(ctx, sc, held, h, record.Registration{Event: asked, Took: time.Since(begun).Seconds()})
}

// tellHarvested keeps the status of a turn among those of registrations, where people look for it.
func (r *registrar) tellHarvested(ctx context.Context, sc scope.Scope, held catalogue.Resource, h harvested, status record.Registration) error {
	status.Href, status.Route, status.Mode, status.Attempts = held.Source, string(eventing.RouteResource), string(eventing.ModeReplace), 1
	status.Status, status.Outcome, status.Error = registered, h.outcome, held.Error
	if h.err != nil {
		status.Status, status.Outcome, status.Locator = failed, "", fault.LocatorOf(h.err)
	}
	if len(held.Records) > 0 {
		status.Collection, status.ID = held.Records[0].Collection, held.Records[0].ID
	}
	function.Count("perigee_resources_total", 1, "status", status.Status)
	level := slog.LevelInfo
	if h.err != nil {
		level = slog.LevelWarn
	}
	slog.Log(ctx, level, "harvested again", "workspace", sc.Workspace, "href", held.Source, "status", status.Status, "records", len(h.records), "due", held.Due, "error", status.Error)
	return r.store.SaveRegistrations(ctx, sc, []record.Registration{status})
}

// harvestResource reads a resource and writes the records that it is.
func (r *registrar) harvestResource(ctx context.Context, sc scope.Scope, held catalogue.Resource) (h harvested) {
	documents, err := resource.Read(ctx, fetched{r.web}, held.Type, held.Source)
	if err != nil {
		return harvested{err: err}
	}
	changes, _, refused := resource.Changes(documents)
	h.refused = refused
	for len(changes) > 0 {
		n := min(len(changes), transaction.MaxChanges)
		results, err := r.transact(ctx, sc, changes[:n], false)
		if err != nil {
			return harvested{err: err}
		}
		for _, result := range results {
			if result.Err != nil {
				h.refused = result.Err
				continue
			}
			if len(h.records) == 0 {
				h.outcome = result.Outcome
			}
			h.records = append(h.records, record.Key{Workspace: sc.Workspace, Collection: result.Collection, ID: result.ID})
		}
		changes = changes[n:]
	}
	if len(h.records) == 0 {
		return harvested{err: h.refused}
	}
	return h
}

// dueAgain is when a resource is due again: after its interval, and earlier where it could not be read because of what may pass.
func dueAgain(held catalogue.Resource, failure error, now time.Time) (time.Time, error) {
	next, err := resource.Next(now, held.Every)
	if err != nil || failure == nil || fault.KindOf(failure).Permanent() {
		return next, err
	}
	if again := now.Add(soon << min(held.Failures-1, 8)); again.Before(next) {
		return again, nil
	}
	return next, nil
}
