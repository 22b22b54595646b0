package main

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/function"
	"perigee/shared/record"
)

// The words for the status of a registration.
const (
	registered   = "registered"
	deregistered = "deregistered"
	failed       = "failed"
)

func (r *registrar) newStatus(req request, w *work) record.Registration {
	route, mode := w.way.Name, req.mode
	if w.asked != nil {
		route, mode = string(routeOf(w.asked.Kind)), w.mode
	}
	return record.Registration{
		Workspace: req.scope.Workspace, Href: w.href, Collection: w.document.Collection, ID: w.document.ID,
		Route: route, Mode: string(mode), Event: req.event, Attempts: 1,
	}
}

// keep completes the status of what was tried and saves it. What may pass is tried again and has no status yet; what
// came too late or changed nothing that anybody registered leaves the status as it is.
func (r *registrar) keep(ctx context.Context, req request, tried []*work) error {
	var rows []record.Registration
	for _, w := range tried {
		w.complete()
		save, err := r.telling(ctx, req, w)
		if err != nil {
			return err
		}
		if save {
			rows = append(rows, w.status)
			r.after(ctx, w)
			w.log(len(tried))
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return r.store.SaveRegistrations(ctx, req.scope, rows)
}

// complete sets what the status says of how it ended.
func (w *work) complete() {
	s := &w.status
	s.Time = time.Now()
	if key := w.applied.Key; key.ID != "" {
		s.Collection, s.ID = key.Collection, key.ID
	}
	s.Took = max(0, s.Time.Sub(w.began()).Seconds())
	s.Status, s.Outcome, s.Error, s.Locator, s.Missing = registered, w.applied.Outcome, "", "", nil
	if w.mode == eventing.ModeDeregister {
		s.Status = deregistered
	}
	if w.err == nil {
		return
	}
	s.Status, s.Outcome = failed, ""
	s.Error, s.Locator = eventing.Words(w.err), fault.LocatorOf(w.err)
	var lacking missing
	if errors.As(w.err, &lacking) {
		s.Missing = append(slices.Clone(lacking.absent), slices.Sorted(maps.Keys(lacking.broken))...)
	}
}

// began is when the object was modified, or the change asked for.
func (w *work) began() time.Time {
	switch {
	case !w.document.Time.IsZero():
		return w.document.Time
	case !w.object.Modified.IsZero():
		return w.object.Modified
	}
	return w.status.Time
}

// telling decides whether a status is worth keeping.
func (r *registrar) telling(ctx context.Context, req request, w *work) (bool, error) {
	switch {
	case w.err != nil && w.asked != nil:
		return false, nil // it says nothing of what is there; who asked is told
	case w.err != nil:
		named := w.status.Href != "" || w.status.ID != "" || w.status.Event != ""
		return named && fault.KindOf(w.err).Permanent(), nil
	case w.applied.Outcome == record.Stale:
		return false, nil
	case w.applied.Outcome == record.Absent && w.status.Href == "":
		return false, nil
	case w.applied.Outcome == record.Absent:
		known, _, err := r.store.Registrations(ctx, req.scope, catalogue.RegistrationQuery{Href: w.status.Href, Limit: 1})
		return len(known) > 0, err
	}
	return true, nil
}

// severally is up to how many documents of a request each are told of in the log; of larger ones the failures are.
const severally = 20

// log counts a status and tells of it; among is how many documents were tried together.
func (w *work) log(among int) {
	s := w.status
	function.Count("perigee_registrations_total", 1, "status", s.Status, "outcome", string(s.Outcome))
	level, said, more := slog.LevelInfo, s.Status, []any{"outcome", string(s.Outcome)}
	switch {
	case s.Status == failed:
		level, said, more = slog.LevelWarn, "not registered", []any{"error", s.Error}
	case among > severally:
		level = slog.LevelDebug
	}
	if ctx := context.Background(); slog.Default().Enabled(ctx, level) {
		about := []any{"subject", s.ID, "collection", s.Collection, "workspace", s.Workspace, "href", s.Href, "event", s.Event, "seconds", s.Took}
		slog.Log(ctx, level, said, append(about, more...)...)
	}
}
