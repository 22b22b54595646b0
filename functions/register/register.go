package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/outward"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/routes"
	"perigee/shared/scope"
	"perigee/shared/transaction"
)

// registrar brings documents into the catalogue.
type registrar struct {
	routes   routes.Config
	products *product.Workspaces
	store    *catalogue.Store
	objects  stores
	web      *outward.Client // what lies at public addresses
	handlers *outward.Client // of routes
	grids    *describer
	sink     *eventing.Sink
	places   places
	replace  bool          // whether mode register replaces what is there
	young    time.Duration // see within
	settling time.Duration // see the constant
	behind   behind        // sends what is not waited for
	imports  sync.Mutex    // held by the import that is under way
	reading  chan struct{} // holds as many as harvest a resource, of those that may at once
	sending  sync.Mutex    // one request at a time empties the outbox, so that others find their events sent
}

// request is what is asked for, by an event or over HTTP.
type request struct {
	scope     scope.Scope
	route     eventing.Route // by the name that it is asked for
	way       routes.Route   // what that is here; that of items for files that they refer to
	mode      eventing.Mode
	event     string // the id of the event that asks
	documents []eventing.Document
	together  bool        // all documents are registered, or none
	recorded  bool        // items get a record, and are not drawn
	explicit  bool        // a person asks, by HTTP: what is not there is an error
	products  product.Own // of the scope's workspace, as they are when the request begins
}

// work is one document on its way.
type work struct {
	document eventing.Document
	mode     eventing.Mode
	way      routes.Route
	href     string              // where the document lies; empty for one that came by itself
	said     message             // of a JSON route
	text     []byte              // what a JSON route was told as a text: the document itself
	parent   string              // what the document was last registered as a part of, if its route does not tell
	asked    *transaction.Change // what somebody asks for of a record by a transaction; nil: a document is to be registered
	written  []byte              // the document that a transaction leads to
	again    bool                // looked at because a file arrived or went that it refers to
	present  bool                // what counts is the object's present state, not what somebody asks
	observed bool                // the present state is the latest, whatever the object's times say
	looked   time.Time
	change   *record.Change
	parts    []record.Change // what else the document holds: written together with the change
	object   bucket.Object   // the document as it was read; without an ETag it is not there
	status   record.Registration
	applied  record.Applied
	err      error
}

const (
	concurrent = 8  // documents prepared at once
	together   = 16 // documents of objects that are in memory at once: each may be large, and many may refer to one file
	rounds     = 6  // looks at a document that changes while it is looked at
)

// register does what a request asks. Failures of single documents stand in the work they belong to; the error is one
// that concerns all, or the first that may pass, for which the whole request is to be repeated.
func (r *registrar) register(ctx context.Context, req request) ([]*work, error) {
	var err error
	if req.way, err = r.wayOf(req.route); err != nil {
		return nil, err
	}
	if req.products, err = r.productsOf(ctx, req.scope); err != nil {
		return nil, err
	}
	all, err := r.expand(ctx, req)
	if err != nil {
		return nil, err
	}
	for some := range slices.Chunk(all, portion(all)) {
		if err := r.settle(ctx, req, some); err != nil {
			return nil, err
		}
	}
	if err := r.flush(ctx, req.scope); err != nil {
		return nil, err
	}
	for _, w := range all {
		if w.err != nil && !fault.KindOf(w.err).Permanent() {
			return all, w.err
		}
	}
	return all, r.passOn(ctx, req, all)
}

// portion is how many documents are taken together: of those that came with the request, all.
func portion(all []*work) int {
	if slices.ContainsFunc(all, func(w *work) bool { return w.document.Href != "" || w.way.Kind == routes.JSON }) {
		return together
	}
	return max(1, len(all))
}

// settle brings documents to their present state, looking again at those that change meanwhile.
func (r *registrar) settle(ctx context.Context, req request, pending []*work) error {
	for round := 0; len(pending) > 0; round++ {
		if round == rounds {
			return fault.New(fault.Unavailable, "%s changes all the time", pending[0].href)
		}
		r.prepare(ctx, req, pending)
		write := r.apply
		if req.together {
			write = r.applyAll
		}
		if err := write(ctx, req.scope, pending); err != nil {
			return err
		}
		if err := r.keep(ctx, req, pending); err != nil {
			return err
		}
		again := r.outdated(ctx, pending)
		for _, w := range pending {
			w.release()
		}
		pending = again
	}
	return nil
}

// release lets go of what is large and was written.
func (w *work) release() {
	if w.change != nil {
		w.change.Record.Document, w.change.Record.Properties = nil, nil
	}
	w.parts = nil
}

// expand lists the documents of a request; a file stands for the documents that refer to it.
func (r *registrar) expand(ctx context.Context, req request) ([]*work, error) {
	var all []*work
	seen := map[string]bool{}
	for _, d := range req.documents {
		if req.route != eventing.RouteAssets {
			all = append(all, &work{document: d, mode: req.mode, way: req.way})
			continue
		}
		sources, err := r.store.SourcesOfAsset(ctx, req.scope, d.Href)
		if err != nil {
			return nil, err
		}
		for _, href := range sources {
			if !seen[href] {
				seen[href] = true
				w, err := r.known(ctx, req, eventing.Document{Href: href, Time: d.Time})
				if err != nil {
					return nil, err
				}
				all = append(all, w)
			}
		}
	}
	return all, nil
}

// prepare makes the changes that the documents ask for, side by side.
func (r *registrar) prepare(ctx context.Context, req request, pending []*work) {
	var group errgroup.Group
	group.SetLimit(concurrent)
	for _, w := range pending {
		group.Go(func() error {
			w.change, w.parts, w.applied = nil, nil, record.Applied{}
			w.err = r.look(ctx, req, w)
			return nil
		})
	}
	group.Wait()
}

// within is how close the times of two states may be without telling which is the later: stores give times in whole
// seconds, and clocks differ.
const within = 2 * time.Second

// outdated lists what must be looked at once more. A document that changed, came or went between being read and being
// written may have been handled by another instance in between; a missing file may have arrived before its absence was
// kept. The second look counts as the latest state.
func (r *registrar) outdated(ctx context.Context, pending []*work) []*work {
	var again []*work
	for _, w := range pending {
		if r.tooClose(w) || r.changed(ctx, w) || r.arrived(ctx, w) || w.overtaken() {
			slog.Debug("looking once more", "subject", w.status.ID, "href", w.href)
			w.observed = true
			again = append(again, w)
		}
	}
	return again
}

// tooClose tells whether a state was refused as too old that may be the latest, because the times of the two are too
// close to tell.
func (r *registrar) tooClose(w *work) bool {
	return w.applied.Outcome == record.Stale && w.mode == eventing.ModeReplace && !w.observed && w.looked.Sub(w.object.Modified) < r.young
}

// changed tells whether the object is no longer what was written of it.
func (r *registrar) changed(ctx context.Context, w *work) bool {
	if w.err != nil || !w.present || w.looked.Sub(w.time()) > r.young {
		return false
	}
	switch w.applied.Outcome {
	case record.Created, record.Replaced, record.Deleted:
	default:
		return false
	}
	now, err := r.storeOf(w.status.Workspace, w.object.Bucket).Head(ctx, w.object.Bucket, w.object.Key)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return false
	}
	if now.ETag == w.object.ETag {
		return false
	}
	w.mode = eventing.ModeReplace
	return true
}

// arrived tells whether a file that was missing is there by now, or another one in place of a broken one.
func (r *registrar) arrived(ctx context.Context, w *work) bool {
	var lacking missing
	if !errors.As(w.err, &lacking) {
		return false
	}
	for _, href := range w.status.Missing {
		name, key, _ := bucket.ParseHref(href)
		if now, err := r.storeOf(w.status.Workspace, name).Head(ctx, name, key); err == nil && now.ETag != lacking.broken[href] {
			return true
		}
	}
	return false
}
