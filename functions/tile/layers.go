package main

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

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
	Extents(ctx context.Context, sc scope.Scope) ([]record.Extent, error)
}

// layers knows the layers of every workspace, as the configuration and the catalogue have them.
type layers struct {
	store    extents
	products product.Config

	mu    sync.Mutex
	lists map[string]*list // by the workspaces that are read
}

// list is what was last read of a workspace's layers.
type list struct {
	reading chan struct{} // holds one while somebody reads

	mu      sync.Mutex
	tried   time.Time // when it was last read, well or not
	err     error     // of that
	extents []record.Extent
	nodes   []product.Node // nil: never read well
	byName  map[string]product.Node
}

func newLayers(store extents, products product.Config) *layers {
	return &layers{store: store, products: products, lists: map[string]*list{}}
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
// anything to show, its revisions tell. Only a time at which it had nothing yet is worth a look.
func (l *layers) find(ctx context.Context, sc scope.Scope, name string, at record.Interval) (product.Node, error) {
	known := l.of(sc)
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
	target, err := l.products.Resolve(name, known.extents)
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
	known.fill(nil, l.products.LayerTree(nil)) // the configured ones, before anything is read
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
	found, err := l.store.Extents(ctx, sc)
	if ctx.Err() != nil {
		return err // says nothing about the catalogue
	}
	known.mu.Lock()
	defer known.mu.Unlock()
	known.tried, known.err = began, err
	if err == nil {
		known.fill(found, l.products.LayerTree(found))
	}
	return err
}

func (k *list) recent() (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return time.Since(k.tried) < listAge, k.err
}

// fill takes a tree of layers. The mutex is held by the caller.
func (k *list) fill(found []record.Extent, nodes []product.Node) {
	k.extents, k.nodes, k.byName = found, slices.Clip(append([]product.Node{}, nodes...)), map[string]product.Node{}
	for _, node := range wmts.Flatten(nodes) {
		node.Children = nil
		k.byName[node.Name] = node
	}
}
