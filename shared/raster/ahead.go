package raster

import (
	"context"
	"slices"
	"sync"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"perigee/shared/record"
)

// ahead reads what the next scenes of a chunk show while one is being drawn, where files are far away and the one will
// hardly fill the chunk: else each scene would wait for its own requests.
type ahead struct {
	d      *drawing
	c      chunk
	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup
	next   int // the first scene that is not begun
}

// scenesAhead is how many scenes are read at the same time as one is drawn.
const scenesAhead = 4

func (d *drawing) lookAhead(ctx context.Context, c chunk) *ahead {
	a := &ahead{d: d, c: c}
	if len(d.m.Scenes) < 2 {
		return a
	}
	a.ctx, a.cancel = context.WithCancel(ctx)
	return a
}

// stop waits for what is under way; nobody needs it any more.
func (a *ahead) stop() {
	if a.cancel != nil {
		a.cancel()
		a.done.Wait()
	}
}

// from begins the scenes behind one that is drawn next.
func (a *ahead) from(p *painter, i int) {
	if a.cancel == nil || !a.d.far(a.d.m.Scenes[i]) || p.covered(a.d.places[i]) {
		return
	}
	a.next = max(a.next, i+1)
	for begun := 0; a.next < len(a.d.m.Scenes) && a.next <= i+scenesAhead && begun < scenesAhead; a.next++ {
		at, s := a.next, a.d.m.Scenes[a.next]
		if !p.near(a.d.places[at]) || !pictured(s.Browse) {
			continue
		}
		begun++
		a.done.Go(func() {
			var err error
			defer recovered(&err)
			_ = a.d.warm(a.ctx, a.c, at, s) // whoever draws the scene will be told
		})
	}
}

// far tells whether files of a scene have to be fetched.
func (d *drawing) far(s Scene) bool {
	return slices.ContainsFunc(s.Coverages, func(c record.Coverage) bool {
		_, local := d.r.store.local(c.Href)
		return !local
	})
}

// covered tells whether a footprint holds the whole chunk.
func (p *painter) covered(g orb.Geometry) bool {
	if p.degree == nil || !p.degree.known {
		return false
	}
	polygon, ok := g.(orb.Polygon)
	if !ok {
		return false
	}
	return !slices.ContainsFunc(p.degree.bound.ToRing(), func(corner orb.Point) bool { return !planar.PolygonContains(polygon, corner) })
}
