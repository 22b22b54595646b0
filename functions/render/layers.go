package main

import (
	"context"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"perigee/shared/fault"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// The bounds of what is remembered of layers: how old it may be, and of how many scopes.
const (
	viewAge  = time.Second
	maxViews = 256
)

// view is what can be drawn in a scope, as the catalogue told it a moment ago.
type view struct {
	extents []record.Extent
	nodes   []product.Node
	read    time.Time
}

// views remembers the views of scopes; however many ask at once, the catalogue is asked once.
type views struct {
	store    store
	products product.Config
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

func (v *views) read(ctx context.Context, sc scope.Scope, key string) (view, error) {
	began := time.Now()
	extents, err := v.store.Extents(ctx, sc)
	if err != nil {
		return view{}, err
	}
	found := view{extents: extents, nodes: v.products.LayerTree(extents), read: began}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.known) >= maxViews || v.known == nil {
		v.known = map[string]view{}
	}
	v.known[key] = found
	return found, nil
}

// style is an Invalid failure for a style that a layer does not have.
func (v view) style(layer, style string) error {
	if style == "" || style == "default" || hasStyle(v.nodes, layer, style) {
		return nil
	}
	return fault.At(fault.Invalid, "style", "the layer %q has no style %q", layer, style)
}

func hasStyle(nodes []product.Node, layer, style string) bool {
	for _, node := range nodes {
		if node.Name == layer {
			for _, s := range node.Styles {
				if s == style {
					return true
				}
			}
		}
		if hasStyle(node.Children, layer, style) {
			return true
		}
	}
	return false
}
