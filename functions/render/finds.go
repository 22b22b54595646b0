package main

import (
	"cmp"
	"container/list"
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"
	"golang.org/x/sync/singleflight"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/grid"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/tilecache"
)

// finds remembers which products lie in parts of the world, as long as the revisions of the catalogue say that nothing
// changed there: a map beside one that was drawn asks the catalogue nothing. What was found for a part answers for every
// area within it.
type finds struct {
	store     store
	revisions *tilecache.Revisions
	flights   singleflight.Group

	mu    sync.Mutex
	known map[sought]*list.Element
	order *list.List // of *find, the last used first
	kept  int        // products of all
}

// The bounds of what is remembered: how many products, and how old the revisions may be.
const (
	maxKept      = 5000
	revisionsAge = time.Second
)

// sought is what was asked of the catalogue.
type sought struct {
	workspaces, layer, asked string
	from, to                 time.Time
	part                     orb.Bound
	limit                    int
}

// find is what was found, and when: at which revisions of the workspaces.
type find struct {
	sought
	at       []int64
	products []placed
	whole    bool // there are no others
}

// placed is a product and where it lies.
type placed struct {
	record.Product
	bound     orb.Bound
	footprint orb.Geometry
}

// source is the catalogue's table of revisions.
type source struct{ store store }

// Revisions lists what changed in any workspace.
func (s source) Revisions(ctx context.Context, since map[string]int64) ([]tilecache.Revision, map[string]int64, error) {
	found, latest, err := s.store.RevisionsAll(ctx, scope.New(scope.System, "render"), since)
	if err != nil {
		return nil, nil, err
	}
	changed := make([]tilecache.Revision, len(found))
	for i, f := range found {
		changed[i] = tilecache.Revision(f)
	}
	return changed, latest, nil
}

func newFinds(store store) *finds {
	return &finds{store: store, revisions: tilecache.NewRevisions(source{store}, revisionsAge, slog.Default()), known: map[sought]*list.Element{}, order: list.New()}
}

// products lists the products of a layer that a question is about: a question for one interval.
func (f *finds) products(ctx context.Context, sc scope.Scope, layer string, q question, during record.Interval) ([]record.Product, error) {
	area, simple := box(q.area)
	known, current := f.revisions.Current(ctx)
	if current && known.LatestOf(sc.Workspace) < q.revision { // the asker knows of a change that this instance does not
		known, current = f.revisions.NotBefore(ctx, time.Now())
		current = current && known.LatestOf(sc.Workspace) >= q.revision
	}
	for level := levelOf(area); simple && current && level <= levelOf(area)+finer; level++ {
		key := sought{strings.Join(sc.Readable(), "/"), layer, q.asked, during.Start, during.End, partOf(area, level), q.limit}
		found, err := f.find(ctx, sc, known, key, q, during)
		if err != nil {
			return nil, err
		}
		if within := found.within(q.area, area); found.whole || len(within) >= q.limit {
			return within[:min(len(within), q.limit)], nil
		}
	}
	return f.ask(ctx, sc, layer, q, q.area, during, q.limit)
}

func (f *finds) ask(ctx context.Context, sc scope.Scope, layer string, q question, area orb.Geometry, during record.Interval, limit int) ([]record.Product, error) {
	return f.store.Products(ctx, sc, catalogue.ProductQuery{Layer: layer, Geometry: area, Time: during, Filter: q.where, Sort: q.sort, Limit: limit})
}

// find gives what was found for a part of the world, or asks for it, once for all who want it.
func (f *finds) find(ctx context.Context, sc scope.Scope, known *tilecache.RevisionMap, key sought, q question, during record.Interval) (*find, error) {
	at := revisionsOf(known, sc, key, during)
	if found, ok := f.recall(key); ok && slices.Equal(found.at, at) {
		return found, nil
	}
	flight := f.flights.DoChan(fmt.Sprint(key, at), func() (any, error) {
		products, err := f.ask(context.WithoutCancel(ctx), sc, key.layer, q, key.part.ToPolygon(), during, key.limit)
		if err != nil {
			return nil, err
		}
		found := &find{sought: key, at: at, whole: len(products) < key.limit}
		for _, p := range products {
			one := placed{Product: p}
			if g, _, err := ewkb.Unmarshal(p.Footprint); err == nil && g != nil {
				one.footprint, one.bound = g, g.Bound()
			}
			found.products = append(found.products, one)
		}
		f.remember(found)
		return found, nil
	})
	select {
	case landed := <-flight:
		found, _ := landed.Val.(*find)
		return found, landed.Err
	case <-ctx.Done():
		return nil, fault.Classify(fault.Unavailable, context.Cause(ctx), "waiting for the catalogue")
	}
}

// revisionsOf are the revisions at which something of what is sought changed last.
func revisionsOf(known *tilecache.RevisionMap, sc scope.Scope, key sought, during record.Interval) []int64 {
	cells := grid.CellsOf(key.part)
	var at []int64
	for _, workspace := range sc.Readable() {
		at = append(at, known.Needed(workspace, key.layer, cells, during))
	}
	return at
}

func (f *finds) recall(key sought) (*find, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, ok := f.known[key]
	if !ok {
		return nil, false
	}
	f.order.MoveToFront(e)
	return e.Value.(*find), true
}

// remember keeps what was found, and forgets what was used longest ago if there is too much.
func (f *finds) remember(found *find) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e, ok := f.known[found.sought]; ok {
		f.forget(e)
	}
	f.known[found.sought] = f.order.PushFront(found)
	for f.kept += found.weight(); f.kept > maxKept && f.order.Len() > 1; {
		f.forget(f.order.Back())
	}
}

func (f *finds) forget(e *list.Element) {
	old := f.order.Remove(e).(*find)
	delete(f.known, old.sought)
	f.kept -= old.weight()
}

// weight counts the answer itself too: that there is nothing takes memory as well.
func (f *find) weight() int { return len(f.products) + 1 }

// within lists the products that touch an area, of which the box is known.
func (f *find) within(area orb.Geometry, box orb.Bound) []record.Product {
	var all []record.Product
	for _, p := range f.products {
		if p.footprint != nil && p.bound.Intersects(box) && geo.Intersects(p.footprint, area) {
			all = append(all, p.Product)
		}
	}
	return all
}

// finer is how many times a part of which not all products are known is halved.
const finer = 2

// maxLevel is the level of the smallest parts, which are some ten kilometres wide.
const maxLevel = 12

// levelOf is the level whose parts are some times larger than an area.
func levelOf(area orb.Bound) int {
	const times = 4
	side := max(area.Max[0]-area.Min[0], area.Max[1]-area.Min[1], 1e-9)
	return min(max(int(math.Floor(math.Log2(360/(times*side)))), 0), maxLevel)
}

// partOf is the part of the world, of one to four squares of a level, that holds an area. Its edges are a little outside,
// so that what touches only those changes the revisions of a cell that it reaches.
func partOf(area orb.Bound, level int) orb.Bound {
	side := math.Ldexp(360, -level)
	const edge = 1e-6
	down := func(v, least float64) float64 { return max(math.Floor((v-least)/side)*side+least-edge, least) }
	up := func(v, least, most float64) float64 { return min(math.Ceil((v-least)/side)*side+least+edge, most) }
	return orb.Bound{
		Min: orb.Point{down(area.Min[0], -180), down(area.Min[1], -90)},
		Max: orb.Point{up(area.Max[0], -180, 180), up(area.Max[1], -90, 90)},
	}
}

// box is the area as a box, if it is one.
func box(area orb.Geometry) (orb.Bound, bool) {
	polygon, ok := area.(orb.Polygon)
	if !ok {
		return orb.Bound{}, false
	}
	b := polygon.Bound()
	return b, cmp.Compare(b.Min[0], b.Max[0]) <= 0 && polygon.Equal(b.ToPolygon())
}
