package raster

import (
	"context"
	"math"
	"slices"
	"sync"

	"perigee/shared/geo"
)

// painter draws scenes into one chunk of a map, and keeps the memory for it between maps.
type painter struct {
	d      *drawing
	c      chunk
	open   spans
	sights []*sight
	planes []*plane
	found  [][]*block // by input: the units that its plane is made of; nil: it is made
	rows   [][]float32
	frames [][]float32 // by input: the pixels of a part of the chunk and those around it
	evals  []*evaluator
	groups []sampler
	shared [][]float32 // by group: the memory of its planes
	lines  [][]float32 // by group: the memory of its rows
	bads   [][]int32
	bytes  [4][chunkSide]uint8
	degree *degrees2D
	veil   []uint8  // by pixel: 0 where masks hide the scene
	marked []uint8  // by pixel: whether it lies in a mask
	cover  []uint8  // by pixel: how much of it a line covers
	counts []uint16 // by pixel: how many shapes lie over it
	veiled bool
	probe  []float32 // by channel: its value in the only pixel; nil: not wanted
	inputs [][]float32
	lows   [chunkSide]int32 // by row: what of it a step is about
	highs  [chunkSide]int32
}

var painters = sync.Pool{New: func() any { return &painter{} }}

func (p *painter) begin(d *drawing, c chunk) {
	p.d, p.c, p.degree = d, c, nil
	for row := range chunkSide {
		p.open.lo[row], p.open.hi[row] = 0, 0
		if row >= c.clip.Min.Y && row < c.clip.Max.Y {
			p.open.lo[row], p.open.hi[row] = c.clip.Min.X, c.clip.Max.X
		}
	}
}

// full tells whether every pixel of the chunk is opaque.
func (p *painter) full() bool {
	for row := range chunkSide {
		if p.open.lo[row] < p.open.hi[row] {
			return false
		}
	}
	return true
}

// layers draws what shows of a scene, from the top.
func (p *painter) layers(ctx context.Context, l *look) error {
	if p.veiled = false; l.over == nil {
		return p.paint(ctx, l)
	}
	p.above(l.over)
	if err := p.marks(ctx, l.over); err != nil {
		return err
	}
	if len(l.channels) > 0 {
		if err := p.paint(ctx, l); err != nil {
			return err
		}
	}
	p.below(l.over)
	return nil
}

// paint draws what shows of the picture of a scene.
func (p *painter) paint(ctx context.Context, l *look) error {
	if l.margin > 0 {
		return p.paintAround(ctx, l)
	}
	if seen, err := p.ready(ctx, l); err != nil || !seen {
		return err
	}
	if p.straight(l) {
		return nil
	}
	evaluators, samplers := p.evaluators(l, chunkSide), p.groups
	for row := p.c.clip.Min.Y; row < p.c.clip.Max.Y; row++ {
		lo, hi := p.span(l, row)
		if lo >= hi {
			continue
		}
		for i := range samplers {
			samplers[i].row(row, lo, hi)
		}
		first, last := p.open.lo[row], p.open.hi[row]
		p.row(l, row, lo, hi, func(i int, c *channel) []float32 { return evaluators[i].row(p.bands(c, lo, hi), hi-lo) })
		p.reopen(row, first, last, lo, hi)
	}
	return nil
}

// span are the open pixels of a row that see something of a scene.
func (p *painter) span(l *look, row int) (lo, hi int) {
	lo, hi = chunkSide, 0
	for i := range l.grids {
		if s := &p.sights[i].seen; s.lo[row] < s.hi[row] {
			lo, hi = min(lo, s.lo[row]), max(hi, s.hi[row])
		}
	}
	return max(lo, p.open.lo[row]), min(hi, p.open.hi[row])
}

// bands are the rows of a channel's inputs.
func (p *painter) bands(c *channel, lo, hi int) [][]float32 {
	p.inputs = p.inputs[:0]
	for _, at := range c.inputs {
		p.inputs = append(p.inputs, p.rows[at][lo:hi])
	}
	return p.inputs
}

// ground is how far the pixels of a row of the chunk lie apart, in metres where the system has degrees or is Web Mercator,
// in its own units otherwise; degrees: how many they are.
func (p *painter) ground(row int) (dx, dy, degrees float64) {
	l := p.d.lattice
	dx, dy = l.horizontal.step, l.vertical.step
	y := l.y(float64(p.c.row+row) + .5)
	switch {
	case l.crs.Geographic():
		return dx * metresPerDegree * max(math.Cos(y*math.Pi/180), 1e-3), dy * metresPerDegree, dy
	case l.crs == geo.WebMercator:
		shrunk := math.Cosh(y * math.Pi / geo.MercatorExtent)
		return dx / shrunk, dy / shrunk, 0
	}
	return dx, dy, 0
}

const metresPerDegree = 2 * geo.MercatorExtent / 360

// evaluators are those of the channels, with room for n values.
func (p *painter) evaluators(l *look, n int) []*evaluator {
	for i, c := range l.all() {
		if i == len(p.evals) {
			p.evals = append(p.evals, nil)
		}
		if v := p.evals[i]; v == nil || v.e != c.expression || v.size < n || !slices.Equal(v.given, c.bound) {
			p.evals[i] = newEvaluator(c.expression, n, c.bound)
		}
	}
	return p.evals[:len(l.all())]
}
