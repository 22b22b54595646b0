package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/wmts"
)

// The bounds of what is known of layers: how old a list may be, and of how many workspaces lists are kept.
const (
	listAge  = time.Second
	maxLists = 256
)

// extents is where lists come from.
type extents interface {
	ExtentsAndOverlay(ctx context.Context, sc scope.Scope, known int64) ([]record.Extent, catalogue.Overlay, error)
}

// layers knows the layers of every workspace, as the configuration and the catalogue have them.
type layers struct {
	store    extents
	products *product.Workspaces

	mu    sync.Mutex
	lists map[string]*list // by the workspaces that are read
}

// list is what was last read of a workspace's layers.
type list struct {
	reading chan struct{} // holds one while somebody reads

	mu      sync.Mutex
	tried   time.Time // when it was last read, well or not
	err     error     // of that
	own     product.Own
	wanted  int64 // the latest revision of it that somebody asked with
	extents []record.Extent
	nodes   []product.Node // nil: never read well
	byName  map[string]product.Node
}

func newLayers(store extents, products product.Config) *layers {
	return &layers{store: store, products: product.NewWorkspaces(products), lists: map[string]*list{}}
}

// list gives the tree of layers, not older than listAge. While the catalogue does not answer it gives the last one.
func (l *layers) list(ctx context.Context, sc scope.Scope) ([]product.Node, error) {
	known := l.of(sc)
	err := l.read(ctx, sc, known)
	known.mu.Lock()
	defer known.mu.Unlock()
	if known.nodes != nil && (err == nil || fault.KindOf(err) == fault.Unavailable) {
		return known.nodes, nil
	}
	return nil, err
}

// find gives the layer of a name. One that is known already needs no look at the catalogue: whether it still has
// anything to show, its revisions tell. Only a time at which it had nothing yet is worth a look, and a later revision of
// the workspace's products than the list is of.
func (l *layers) find(ctx context.Context, sc scope.Scope, name string, at record.Interval, products int64) (product.Node, error) {
	known := l.of(sc)
	if known.olderThan(products) {
		if err := l.read(ctx, sc, known); err != nil {
			slog.Warn("the products of a workspace changed and cannot be read", "workspace", sc.Workspace, "error", err)
		}
	}
	before, ok := l.resolve(known, name)
	if ok && shows(before, at) {
		return before, nil
	}
	if err := l.read(ctx, sc, known); err != nil && !ok {
		return product.Node{}, err
	}
	if node, found := l.resolve(known, name); found {
		return node, nil
	}
	if ok { // it has gone; its tiles are empty from now on
		return before, nil
	}
	return product.Node{}, fault.At(fault.NotFound, "layer", "there is no layer %q", name)
}

// shows tells whether a layer is known to have something at a time; the zero one is any.
func shows(layer product.Node, at record.Interval) bool {
	return at.IsZero() || !layer.Time.IsZero() && layer.Time.Overlaps(at)
}

// resolve finds a layer in a list: by its name, or as a way to look at an item that stands alone.
func (l *layers) resolve(known *list, name string) (product.Node, bool) {
	known.mu.Lock()
	defer known.mu.Unlock()
	if node, ok := known.byName[name]; ok {
		return node, true
	}
	target, err := known.own.Resolve(name, known.extents)
	if err != nil {
		return product.Node{}, false
	}
	node, ok := known.byName[target.Base]
	node.Name, node.Browse = name, target.Browse
	return node, ok
}

// of gives the list of a scope's workspaces. When there are too many, those read longest ago are forgotten.
func (l *layers) of(sc scope.Scope) *list {
	key := strings.Join(sc.Readable(), "/")
	l.mu.Lock()
	defer l.mu.Unlock()
	if known, ok := l.lists[key]; ok {
		return known
	}
	if len(l.lists) >= maxLists {
		l.forget()
	}
	known := &list{reading: make(chan struct{}, 1)}
	known.fill(l.products.Of(sc.Workspace), nil) // the configured ones, before anything is read
	known.nodes = nil
	l.lists[key] = known
	return known
}

func (l *layers) forget() {
	oldest := ""
	var since time.Time
	for key, known := range l.lists {
		known.mu.Lock()
		if oldest == "" || known.tried.Before(since) {
			oldest, since = key, known.tried
		}
		known.mu.Unlock()
	}
	delete(l.lists, oldest)
}

// read reads a list that is older than listAge, once however many ask.
func (l *layers) read(ctx context.Context, sc scope.Scope, known *list) error {
	if recent, err := known.recent(); recent {
		return err
	}
	select {
	case known.reading <- struct{}{}:
		defer func() { <-known.reading }()
	case <-ctx.Done():
		return fault.Classify(fault.Unavailable, context.Cause(ctx), "waiting for the list of layers")
	}
	if recent, err := known.recent(); recent {
		return err
	}
	began := time.Now()
	found, own, err := l.ask(ctx, sc)
	if ctx.Err() != nil {
		return err // says nothing about the catalogue
	}
	known.mu.Lock()
	defer known.mu.Unlock()
	known.tried, known.err = began, err
	if err == nil {
		known.fill(own, found)
	}
	return err
}

// ask takes one round trip, for the products too that the workspace has of its own.
func (l *layers) ask(ctx context.Context, sc scope.Scope) (found []record.Extent, own product.Own, err error) {
	own, err = l.products.Ask(sc.Workspace, func(known int64) (int64, []byte, error) {
		extents, overlay, err := l.store.ExtentsAndOverlay(ctx, sc, known)
		found = extents
		return overlay.Revision, overlay.Text, err
	})
	return found, own, err
}

// olderThan tells whether a list is of an earlier revision of the workspace's products. The first who asks with one has
// it read at once; while that does not succeed, others have it tried again as seldom as ever.
func (k *list) olderThan(products int64) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.own.Revision >= products {
		return false
	}
	if k.wanted < products {
		k.wanted, k.tried = products, time.Time{}
	}
	return true
}

func (k *list) recent() (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return time.Since(k.tried) < listAge, k.err
}

// fill takes what there is to show. The mutex is held by the caller.
func (k *list) fill(own product.Own, found []record.Extent) {
	nodes := own.LayerTree(found)
	k.own, k.extents, k.nodes, k.byName = own, found, slices.Clip(append([]product.Node{}, nodes...)), map[string]product.Node{}
	for _, node := range wmts.Flatten(nodes) {
		node.Children = nil
		k.byName[node.Name] = node
	}
}
