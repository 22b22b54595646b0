package main

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"perigee/shared/fault"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/wms"
)

// The bounds of what is remembered of layers: how old it may be, and of how many scopes.
const (
	viewAge       = time.Second
	elevationsAge = time.Minute
	elevationsFor = 2 * time.Second // is as long as a view waits for them
	maxViews      = 256
)

// view is what can be drawn in a scope, and how, as the catalogue told it a moment ago.
type view struct {
	products product.Own
	extents  []record.Extent
	nodes    []product.Node
	heights  heights
	read     time.Time
	revision int64 // of the catalogue, which the asker knows of
	seconds  bool  // times of collections are told in seconds
}

// heights are the elevations of layers. They are looked for less often than the rest: items tell theirs one by one.
type heights struct {
	of   map[string][]wms.Range // by layer
	read time.Time
}

// views remembers the views of scopes; however many ask at once, the catalogue is asked once.
type views struct {
	store    store
	products *product.Workspaces
	seconds  bool // times of collections are told in seconds
	flights  singleflight.Group

	mu    sync.Mutex
	known map[string]view // by the workspaces that are read
}

// of gives a view that is not older than viewAge.
func (v *views) of(ctx context.Context, sc scope.Scope) (view, error) {
	key := strings.Join(sc.Readable(), "/")
	if known, ok := v.recent(key); ok {
		return known, nil
	}
	flight := v.flights.DoChan(key, func() (any, error) { return v.read(context.WithoutCancel(ctx), sc, key) })
	select {
	case landed := <-flight:
		found, _ := landed.Val.(view)
		return found, landed.Err
	case <-ctx.Done():
		return view{}, fault.Classify(fault.Unavailable, context.Cause(ctx), "waiting for the list of layers")
	}
}

func (v *views) recent(key string) (view, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	known, ok := v.known[key]
	return known, ok && time.Since(known.read) < viewAge
}

// atLeast gives a view with a revision of the workspace's products, or a later one.
func (v *views) atLeast(ctx context.Context, sc scope.Scope, revision int64) (view, error) {
	for range 3 { // the second may have been on its way already
		known, err := v.of(ctx, sc)
		if err != nil || known.products.Revision >= revision {
			return known, err
		}
		v.forget(sc)
	}
	return view{}, fault.New(fault.Unavailable, "the products of the workspace %q are not known at revision %d yet", sc.Workspace, revision)
}

func (v *views) forget(sc scope.Scope) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.known, strings.Join(sc.Readable(), "/"))
}

func (v *views) read(ctx context.Context, sc scope.Scope, key string) (view, error) {
	found := view{read: time.Now(), seconds: v.seconds}
	var err error
	if found.extents, found.products, err = v.ask(ctx, sc); err != nil {
		return view{}, err
	}
	found.nodes = found.products.LayerTree(found.extents)
	found.heights = v.elevations(ctx, sc, key)
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.known) >= maxViews {
		v.known = nil
	}
	if v.known == nil {
		v.known = map[string]view{}
	}
	v.known[key] = found
	return found, nil
}

// ask takes one round trip, for the products too that the workspace has of its own.
func (v *views) ask(ctx context.Context, sc scope.Scope) (extents []record.Extent, own product.Own, err error) {
	own, err = v.products.Ask(sc.Workspace, func(known int64) (int64, []byte, error) {
		found, overlay, err := v.store.ExtentsAndOverlay(ctx, sc, known)
		extents = found
		return overlay.Revision, overlay.Text, err
	})
	return extents, own, err
}

// elevations are those of the layers; the last ones known while the catalogue does not tell.
func (v *views) elevations(ctx context.Context, sc scope.Scope, key string) heights {
	v.mu.Lock()
	last := v.known[key].heights
	v.mu.Unlock()
	if time.Since(last.read) < elevationsAge {
		return last
	}
	ctx, stop := context.WithTimeout(ctx, elevationsFor)
	defer stop()
	found, err := v.store.Elevations(ctx, sc)
	last.read = time.Now()
	if err != nil {
		slog.Warn("the elevations of layers are not known", "error", err)
		return last
	}
	last.of = map[string][]wms.Range{}
	for _, e := range found {
		ranges := []wms.Range{{Low: e.Low, High: e.High}}
		if len(e.Values) > 0 {
			ranges = nil
		}
		for _, value := range e.Values {
			ranges = append(ranges, wms.Range{Low: value, High: value})
		}
		last.of[e.Layer] = ranges
	}
	return last
}
