package tilecache

import (
	"context"
	"maps"
	"math"
	"sync"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/grid"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// AnyBucket is the time bucket of a change whose time is unknown: it touches all.
const AnyBucket = -1

// Revision says that something a layer shows within a cell and a time bucket changed last at that revision.
type Revision struct {
	Workspace string
	Layer     string
	Cell      int // grid.CellsOf, or grid.Everywhere
	Bucket    int // months since the year 0
	Revision  int64
}

// Source is the catalogue's table of revisions.
type Source interface {
	// Revisions lists what changed after since, and the latest revisions there are, both by workspace. Revisions come in
	// the order of commits: none up to the latest appears later.
	Revisions(ctx context.Context, since map[string]int64) (changed []Revision, latest map[string]int64, err error)
}

// RevisionMap answers from memory at which revision a place of a layer changed last.
type RevisionMap struct {
	mu     sync.RWMutex
	latest map[string]int64 // by workspace
	layers map[layerKey]map[int]*cell
}

type layerKey struct{ workspace, layer string }

// cell holds the latest revision of every time bucket, and of all.
type cell struct {
	latest  int64
	buckets map[int]int64
}

// NewRevisionMap is an empty map.
func NewRevisionMap() *RevisionMap {
	return &RevisionMap{latest: map[string]int64{}, layers: map[layerKey]map[int]*cell{}}
}

// Latest gives the latest revision of each workspace that the map knows.
func (m *RevisionMap) Latest() map[string]int64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return maps.Clone(m.latest)
}

// LatestOf is the latest revision of a workspace that the map knows.
func (m *RevisionMap) LatestOf(workspace string) int64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.latest[workspace]
}

// Add enters changes, and the latest revisions up to which the map is complete now.
func (m *RevisionMap) Add(changed []Revision, latest map[string]int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range changed {
		m.add(r)
	}
	maps.Copy(m.latest, latest)
}

func (m *RevisionMap) add(r Revision) {
	key := layerKey{r.Workspace, r.Layer}
	cells := m.layers[key]
	if cells == nil {
		cells = map[int]*cell{}
		m.layers[key] = cells
	}
	c := cells[r.Cell]
	if c == nil {
		c = &cell{buckets: map[int]int64{}}
		cells[r.Cell] = c
	}
	c.latest = max(c.latest, r.Revision)
	c.buckets[r.Bucket] = max(c.buckets[r.Bucket], r.Revision)
}

// Needed is the latest revision of a layer in any of the cells and in any time bucket that the interval touches.
func (m *RevisionMap) Needed(workspace, layer string, cells []int, interval record.Interval) int64 {
	from, to := Buckets(interval)
	m.mu.RLock()
	defer m.mu.RUnlock()
	known := m.layers[layerKey{workspace, layer}]
	needed := known[grid.Everywhere].since(from, to)
	for _, id := range cells {
		needed = max(needed, known[id].since(from, to))
	}
	return needed
}

// State is the latest revision of a layer around a tile, for each workspace.
func (m *RevisionMap) State(workspaces []string, layer string, set grid.Set, at grid.Tile) []int64 {
	cells := Cells(set, at)
	state := make([]int64, len(workspaces))
	for i, workspace := range workspaces {
		state[i] = m.Needed(workspace, layer, cells, record.Interval{})
	}
	return state
}

// productsLayer is the name under which the catalogue notes that the products of a workspace changed: that of no layer.
const productsLayer = ""

// Products is the revision of what a workspace lays over the configuration of products, 0 for one that never did. The
// system's workspace, which is the configuration, needs no look.
func (m *RevisionMap) Products(workspace string) int64 {
	if workspace == scope.System {
		return 0
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if c := m.layers[layerKey{workspace, productsLayer}][grid.Everywhere]; c != nil {
		return c.latest
	}
	return 0
}

// since is the latest revision in the buckets from..to; a nil cell never changed.
func (c *cell) since(from, to int) int64 {
	if c == nil {
		return 0
	}
	if from == math.MinInt32 && to == math.MaxInt32 {
		return c.latest
	}
	needed := c.buckets[AnyBucket]
	if to-from < len(c.buckets) {
		for b := from; b <= to; b++ {
			needed = max(needed, c.buckets[b])
		}
		return needed
	}
	for b, r := range c.buckets {
		if b >= from && b <= to {
			needed = max(needed, r)
		}
	}
	return needed
}

// Buckets gives the first and the last time bucket that an interval touches; open ends are beyond every month.
func Buckets(i record.Interval) (from, to int) {
	from, to = math.MinInt32, math.MaxInt32
	if !i.Start.IsZero() {
		from = bucket(i.Start)
	}
	if !i.End.IsZero() {
		to = bucket(i.End)
	}
	return from, to
}

func bucket(t time.Time) int {
	t = t.UTC()
	return t.Year()*12 + int(t.Month()) - 1
}

// margin is how far beyond its border, in parts of its own size, a tile looks for changes: resampling reaches over it,
// and footprints are drawn coarser than pixels.
const margin = 1.0 / 16

// Cells lists the cells of the catalogue that a tile touches: all of them for a tile of a system that only PROJ knows.
func Cells(set grid.Set, t grid.Tile) []int {
	b := set.Bounds(t)
	b = b.Pad(margin * (b.Max[0] - b.Min[0]))
	world := geo.CRS84 == set.CRS || geo.WebMercator == set.CRS
	if world { // no tile reaches over the border of the world
		b = orb.Bound{Min: orb.Point{max(b.Min[0], set.Extent.Min[0]), max(b.Min[1], set.Extent.Min[1])},
			Max: orb.Point{min(b.Max[0], set.Extent.Max[0]), min(b.Max[1], set.Extent.Max[1])}}
	}
	place, ok := set.Place(b)
	if !ok {
		place = grid.CellBounds(grid.Everywhere)
	}
	return grid.CellsOf(place)
}
