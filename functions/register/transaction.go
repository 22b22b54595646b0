package main

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"perigee/eventing"
	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/transaction"
)

// postTransaction makes changes that somebody asks for by another function's protocol. Each has a result of its own; of changes
// that belong together all are made, or none.
func (r *registrar) postTransaction(together bool) ogcapi.Handler {
	return func(w http.ResponseWriter, q *http.Request) error {
		changes, err := transaction.ReadChanges(q.Body)
		if err != nil {
			return err
		}
		results, err := r.transact(q.Context(), scope.FromContext(q.Context()).Scope, changes, together)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", transaction.MediaType)
		return transaction.WriteResults(w, results)
	}
}

// transact makes changes in the order given, as many at once as were asked for together. When their events cannot be sent
// the changes are made all the same: the outbox has them. Those of a batch are not waited for.
func (r *registrar) transact(ctx context.Context, sc scope.Scope, changes []transaction.Change, together bool) ([]transaction.Result, error) {
	req := request{scope: sc, explicit: true, together: together}
	var err error
	if req.products, err = r.productsOf(ctx, sc); err != nil {
		return nil, err
	}
	now := time.Now()
	all := make([]*work, len(changes))
	for i := range changes {
		c := &changes[i]
		all[i] = &work{asked: c, mode: modeOf(c.Operation), document: eventing.Document{Collection: c.Collection, ID: c.ID, Time: now}}
	}
	if err := r.settle(ctx, req, all); err != nil {
		return nil, err
	}
	r.tell(ctx, sc, len(changes))
	return resultsOf(all), nil
}

// applyAll writes changes that belong together in one transaction of the catalogue, or none of them.
func (r *registrar) applyAll(ctx context.Context, sc scope.Scope, all []*work) error {
	refused := slices.ContainsFunc(all, func(w *work) bool { return w.err != nil })
	if !refused {
		changes := make([]record.Change, len(all))
		for i, w := range all {
			changes[i] = *w.change
		}
		applied, err := r.store.ApplyAll(ctx, sc, changes)
		if err != nil {
			return err
		}
		for i, w := range all {
			w.applied, w.err = applied[i], applied[i].Err
			refused = refused || w.err != nil
		}
	}
	for _, w := range all {
		if refused && w.err == nil {
			w.err = fault.At(fault.Conflict, transaction.Together, "another change was refused that it belongs to")
		}
	}
	return nil
}

// telling is how long a single change waits for its event to be sent, behind those that waited before it.
const telling = time.Second

// tell sends the events of changes: of one before it is answered, of many in a lull.
func (r *registrar) tell(ctx context.Context, sc scope.Scope, changes int) {
	if changes > 1 || r.behind.waits(sc.Workspace) { // or it would wait for those of a batch
		r.behind.later(sc, lull)
		return
	}
	if !r.sending.TryLock() { // others are being sent
		r.behind.later(sc, 0)
		return
	}
	r.sending.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), telling)
	defer cancel()
	if err := r.flush(ctx, sc); err != nil {
		slog.WarnContext(ctx, "events wait in the outbox", "workspace", sc.Workspace, "error", err)
		r.behind.later(sc, telling)
	}
}

// resultsOf says what became of changes. One that came alone is answered with the record as it is now.
func resultsOf(all []*work) []transaction.Result {
	results := make([]transaction.Result, len(all))
	for i, w := range all {
		results[i] = transaction.Result{Collection: w.status.Collection, ID: w.status.ID, Outcome: w.applied.Outcome, Version: w.applied.Version, Err: w.err}
		if len(all) == 1 && w.err == nil && w.mode != eventing.ModeDeregister {
			results[i].Document, results[i].MediaType = w.written, w.change.Record.MediaType
		}
	}
	return results
}

func modeOf(o transaction.Operation) eventing.Mode {
	switch o {
	case transaction.Create:
		return eventing.ModeRegister
	case transaction.Delete:
		return eventing.ModeDeregister
	}
	return eventing.ModeReplace
}

func routeOf(kind string) eventing.Route {
	if kind == record.TypeCollection {
		return eventing.RouteCollections
	}
	return eventing.RouteItems
}

// carryOut makes the change of the catalogue that a transaction asks for.
func (r *registrar) carryOut(ctx context.Context, req request, w *work) error {
	c := w.asked
	expected := &record.Condition{Versions: c.Versions, Unmodified: c.Unmodified}
	document := c.Document
	switch c.Operation {
	case transaction.Delete:
		expected.Present, expected.Empty = true, c.Kind == record.TypeCollection
		return r.deletion(ctx, req, w, expected)
	case transaction.Create:
		expected.Absent, expected.Collected = true, c.Kind == record.TypeItem
	case transaction.Replace:
		expected.Present, expected.Collected = c.Kind != record.TypeCollection, c.Kind == record.TypeCollection
	case transaction.Put:
		expected.Collected = c.Kind == record.TypeItem
	case transaction.Patch:
		var err error
		if document, err = r.patched(ctx, req, c, expected); err != nil {
			return err
		}
	default:
		return fault.At(fault.Invalid, "operation", "there is no operation %q", c.Operation)
	}
	return r.word(ctx, req, w, document, expected)
}
