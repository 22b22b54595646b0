package catalogue

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/grid"
	"perigee/shared/record"
)

// trace is where a record shows in maps.
type trace struct {
	id         string
	layers     []string
	drawable   bool
	standalone bool
	bounds     []orb.Bound
	time       record.Interval
}

func traceOf(c *change) trace {
	return trace{
		id: c.Record.ID, layers: c.layers, drawable: c.drawable(), standalone: c.standalone(),
		bounds: geo.Bounds(c.Record.Footprint), time: c.Record.Time,
	}
}

// spot is a layer, a cell and a bucket of time.
type spot struct {
	layer        string
	cell, bucket int
}

// What is in more places or times than these counts as everywhere or at any time, so that a change writes few rows.
const (
	maxCells  = 64
	maxMonths = 24
	maxSpots  = 256
)

// edge is by how many degrees a footprint is widened: one that ends on a border touches the tiles behind it.
const edge = 1e-6

// spots are the places of caches that a change of the record makes stale.
func (t trace) spots() []spot {
	if !t.drawable {
		return nil
	}
	var all []spot
	if t.standalone {
		all = append(all, spot{t.id, grid.Everywhere, AnyTime})
	}
	cells, buckets := t.cells(), t.buckets()
	if len(cells)*len(buckets) > maxSpots {
		cells = []int{grid.Everywhere}
	}
	for _, layer := range t.layers {
		if layer == t.id {
			all = append(all, spot{layer, grid.Everywhere, AnyTime})
			continue
		}
		for _, cell := range cells {
			for _, bucket := range buckets {
				all = append(all, spot{layer, cell, bucket})
			}
		}
	}
	return all
}

func (t trace) cells() []int {
	found := map[int]bool{}
	for _, b := range t.bounds {
		for _, cell := range grid.CellsOf(b.Pad(edge)) {
			found[cell] = true
		}
	}
	if len(found) == 0 || len(found) > maxCells {
		return []int{grid.Everywhere}
	}
	return slices.Sorted(maps.Keys(found))
}

// BucketsOf lists the buckets of time that an interval touches: its months, or AnyTime when they are many or an end is
// open.
func BucketsOf(i record.Interval) []int {
	if i.Start.IsZero() || i.End.IsZero() {
		return []int{AnyTime}
	}
	first, last := month(i.Start), month(i.End)
	if last-first >= maxMonths {
		return []int{AnyTime}
	}
	buckets := make([]int, 0, last-first+1)
	for m := first; m <= last; m++ {
		buckets = append(buckets, m)
	}
	return buckets
}

func (t trace) buckets() []int { return BucketsOf(t.time) }

func month(t time.Time) int {
	t = t.UTC()
	return t.Year()*12 + int(t.Month()) - 1
}

// layerDay is a day of a layer in the list of layers.
type layerDay struct{ layer, day string }

// noDay is the day of records without a time.
const noDay = "-infinity"

func (t trace) days() []layerDay {
	if !t.drawable {
		return nil
	}
	day := noDay
	if at := cmp.Or(t.time.Start, t.time.End); !at.IsZero() {
		day = at.UTC().Format(time.DateOnly)
	}
	var all []layerDay
	for _, layer := range t.layers {
		if layer != t.id {
			all = append(all, layerDay{layer, day})
		}
	}
	return all
}

// extent is what a batch changes about a day of a layer.
type extent struct {
	items  int // more, or fewer
	time   record.Interval
	bounds *orb.Bound
}

func (e *extent) add(t trace) {
	e.items++
	e.time = e.time.Union(t.time)
	for _, b := range t.bounds {
		if e.bounds == nil {
			e.bounds = &b
			continue
		}
		union := e.bounds.Union(b)
		e.bounds = &union
	}
}
