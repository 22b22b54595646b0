package raster

// #include "paint.h"
import "C"

import (
	"context"
	"encoding/binary"
	"image"
	"math"
	"slices"
	"sync"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

// painter draws scenes into one chunk of a map, and keeps the memory for it between maps.
type painter struct {
	d      *drawing
	c      chunk
	open   spans
	sights []*sight
	planes []*plane
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

// paintAround draws what shows of a scene whose expressions look around a pixel: a quarter of the chunk at a time, with
// as much around it as they need.
func (p *painter) paintAround(ctx context.Context, l *look) error {
	const half = chunkSide / 2
	whole := p.c
	for i := range 4 {
		at := image.Pt(i%2*half, i/2*half)
		part := image.Rectangle{at, at.Add(image.Pt(half, half))}.Intersect(whole.clip)
		if !p.anyOpen(part) {
			continue
		}
		p.c = chunk{col: whole.col + at.X - l.margin, row: whole.row + at.Y - l.margin}
		values, err := p.frame(ctx, l, half+2*l.margin)
		if p.c = whole; err != nil {
			return err
		}
		if values != nil {
			p.layFrame(l, values, part, at, half+2*l.margin)
		}
	}
	return nil
}

func (p *painter) anyOpen(part image.Rectangle) bool {
	for row := part.Min.Y; row < part.Max.Y; row++ {
		if max(p.open.lo[row], part.Min.X) < min(p.open.hi[row], part.Max.X) {
			return true
		}
	}
	return false
}

// frame computes the channels of a square that begins where the chunk does; nil when it sees nothing.
func (p *painter) frame(ctx context.Context, l *look, side int) ([][]float32, error) {
	open := p.open
	defer func() { p.open = open }()
	p.open = spans{}
	for row := range side {
		p.open.hi[row] = side
	}
	if seen, err := p.ready(ctx, l); err != nil || !seen {
		return nil, err
	}
	samplers := p.groups
	for len(p.frames) < len(l.inputs) {
		p.frames = append(p.frames, nil)
	}
	for i := range l.inputs {
		p.frames[i] = slices.Grow(p.frames[i][:0], side*side)[:side*side]
	}
	for row := range side {
		for i := range samplers {
			samplers[i].row(row, 0, side)
		}
		for i := range l.inputs {
			copy(p.frames[i][row*side:][:side], p.rows[i])
		}
	}
	f := frame{width: side, height: side, ground: p.ground}
	var values [][]float32
	for i, e := range p.evaluators(l, side*side) {
		var bands [][]float32
		for _, at := range l.all()[i].inputs {
			bands = append(bands, p.frames[at])
		}
		values = append(values, e.frame(bands, side*side, f))
	}
	return values, nil
}

// layFrame lays the inner part of a computed square.
func (p *painter) layFrame(l *look, values [][]float32, part image.Rectangle, at image.Point, side int) {
	for row := part.Min.Y; row < part.Max.Y; row++ {
		lo, hi := max(p.open.lo[row], part.Min.X), min(p.open.hi[row], part.Max.X)
		if lo >= hi {
			continue
		}
		first, last := p.open.lo[row], p.open.hi[row]
		from := (row-at.Y+l.margin)*side + lo - at.X + l.margin
		p.row(l, row, lo, hi, func(i int, _ *channel) []float32 { return values[i][from:][:hi-lo] })
		p.reopen(row, first, last, lo, hi)
	}
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

// ready looks where the chunk lies in the grids of a scene and reads what is seen there; false when that is nothing.
func (p *painter) ready(ctx context.Context, l *look) (bool, error) {
	for i, g := range l.grids {
		seen, err := p.look(i, g)
		if err != nil || !seen {
			return false, err
		}
		if s := p.sights[i]; madeOf(g.levels, s.level, s.box) > maxReduced {
			return false, fault.New(fault.Invalid, "%s is too large to be drawn at this scale without overviews", l.inputs[slices.Index(l.of, i)].file.href)
		}
	}
	return true, p.load(ctx, l)
}

// maxLanes is how many planes share their memory, so that one step works on all.
const maxLanes = 4

// arrange groups the inputs of each grid, at most maxLanes together, whose planes then share their memory.
func (p *painter) arrange(l *look) error {
	p.groups = p.groups[:0]
	for len(p.planes) < len(l.inputs) {
		p.planes = append(p.planes, &plane{})
	}
	for grid := range l.grids {
		if !p.sights[grid].fits() {
			return fault.New(fault.Internal, "a kernel reaches beyond what is read for it")
		}
		var group []int
		for i, of := range l.of {
			if of == grid {
				group = append(group, i)
			}
		}
		for len(group) > 0 {
			n := min(len(group), maxLanes)
			p.share(group[:n], p.sights[grid])
			group = group[n:]
		}
	}
	return nil
}

// share gives the planes of a group their memory, and rows for their samples.
func (p *painter) share(inputs []int, s *sight) {
	at := len(p.groups)
	if at == len(p.shared) {
		p.shared, p.lines, p.bads = append(p.shared, nil), append(p.lines, make([]float32, maxLanes*chunkSide)), append(p.bads, make([]int32, chunkSide))
	}
	a := sampler{s: s, bad: p.bads[at]}
	lanes, size := 1, s.box.width*s.box.height
	if len(inputs) > 1 {
		lanes = maxLanes
	}
	p.shared[at] = slices.Grow(p.shared[at][:0], size*lanes)[:size*lanes]
	for lane, i := range inputs {
		*p.planes[i] = plane{samples: p.shared[at], lanes: lanes, lane: lane}
		for len(p.rows) <= i {
			p.rows = append(p.rows, nil)
		}
		p.rows[i] = p.lines[at][lane*chunkSide:][:chunkSide]
		a.planes, a.rows = append(a.planes, p.planes[i]), append(a.rows, p.rows[i])
	}
	p.groups = append(p.groups, a)
}

// all are the channels of a look, opacity last.
func (l *look) all() []*channel {
	var all []*channel
	for i := range l.channels {
		all = append(all, &l.channels[i])
	}
	if l.alpha != nil {
		all = append(all, l.alpha)
	}
	return all
}

// look computes where the chunk looks in a grid.
func (p *painter) look(i int, g sightGrid) (bool, error) {
	for len(p.sights) <= i {
		p.sights = append(p.sights, &sight{u: make([]int32, chunkSide*chunkSide), v: make([]int32, chunkSide*chunkSide)})
	}
	m, err := p.d.r.transforms.take(p.d.m.CRS, g.grid.CRS)
	if err != nil {
		return false, err
	}
	defer p.d.r.transforms.give(m)
	s := p.sights[i]
	s.grid, s.nearest, s.cubic, s.lattice, s.chunk, s.open, s.mapping = g.grid, g.nearest, g.cubic, p.d.lattice, p.c, &p.open, m
	seen := s.look(g.levels)
	s.mapping = nil
	return seen, nil
}

// load reads the planes of all inputs, at the same time.
func (p *painter) load(ctx context.Context, l *look) error {
	if err := p.arrange(l); err != nil {
		return err
	}
	if len(l.inputs) == 1 {
		return p.loadOne(ctx, l, 0)
	}
	g, ctx := newGroup(ctx, readers)
	for i, in := range l.inputs {
		if slices.ContainsFunc(l.inputs[:i], func(o *input) bool { return o.file == in.file }) {
			continue // with the first of its file
		}
		g.run(func() error {
			for k, o := range l.inputs {
				if o.file != in.file {
					continue
				}
				if err := p.loadOne(ctx, l, k); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

func (p *painter) loadOne(ctx context.Context, l *look, i int) error {
	s := p.sights[l.of[i]]
	return p.d.r.gather(ctx, l.inputs[i], s.level, s.box, s.round, p.planes[i])
}

// row draws the pixels lo to before hi of a row, of which the values of each channel are given.
func (p *painter) row(l *look, row, lo, hi int, values func(i int, c *channel) []float32) {
	if p.direct(l) {
		p.paintRow(l, row, lo, hi, values)
		return
	}
	n := hi - lo
	alpha := p.bytes[3][:n]
	for i := range alpha {
		alpha[i] = 255
	}
	for i := range l.channels {
		c := &l.channels[i]
		if v := p.probed(i, values(i, c)); l.style != nil {
			p.colour(l.style, c, alpha, v)
		} else {
			c.shade(p.bytes[i][:n], alpha, v)
		}
	}
	if l.alpha != nil {
		l.alpha.opacity(alpha, p.probed(len(l.channels), values(len(l.channels), l.alpha)))
	}
	if l.palette != nil {
		p.look256(l.palette, n)
	} else if len(l.channels) == 1 && l.style == nil {
		p.bytes[1], p.bytes[2] = p.bytes[0], p.bytes[0]
	}
	p.hide(row, lo, hi)
	p.lay(row, lo, hi)
}

// direct tells whether the channels of a scene become pixels without anything else in between.
func (p *painter) direct(l *look) bool {
	return l.alpha == nil && l.palette == nil && l.style == nil && !p.veiled && p.probe == nil
}

// paintRow shades and lays a row in one step.
func (p *painter) paintRow(l *look, row, lo, hi int, values func(i int, c *channel) []float32) {
	var v [3]*C.float
	var s [3]C.struct_perigee_stretch
	for i := range l.channels {
		c := &l.channels[i]
		v[i] = (*C.float)(&values(i, c)[0])
		s[i] = C.struct_perigee_stretch{low: C.float(c.low), scale: C.float(c.scale), none: C.float(nan)}
		if c.nodata != nil {
			s[i].none = C.float(*c.nodata)
		}
	}
	for i := len(l.channels); i < 3; i++ {
		v[i], s[i] = v[0], s[0]
	}
	pic := p.d.pic
	at := (row-p.c.clip.Min.Y+p.c.at.Y)*pic.Stride + 4*(lo-p.c.clip.Min.X+p.c.at.X)
	open := C.perigee_paint(v[0], v[1], v[2], s[0], s[1], s[2], C.int32_t(len(l.channels)), C.int32_t(hi-lo), (*C.uint8_t)(&pic.Pix[at]))
	p.open.lo[row], p.open.hi[row] = lo+int(open.first), lo+int(open.last)
}

// probed notes the first value of a channel where that is wanted.
func (p *painter) probed(i int, values []float32) []float32 {
	if p.probe != nil {
		p.probe[i] = values[0]
	}
	return values
}

// shade stretches values to 0..255; those that are no data, or no number, become transparent.
func (c *channel) shade(dst, alpha []uint8, values []float32) {
	low, scale := c.low, c.scale
	dst, alpha = dst[:len(values)], alpha[:len(values)]
	none := nan
	if c.nodata != nil {
		none = *c.nodata
	}
	for i, v := range values {
		switch level := (v-low)*scale + .5; {
		case v == none || v-v != 0:
			alpha[i] = 0
		case level >= 255:
			dst[i] = 255
		case level < 0:
			dst[i] = 0
		default:
			dst[i] = uint8(int32(level))
		}
	}
}

// colour gives values the colours of a style.
func (p *painter) colour(s *colouring, c *channel, alpha []uint8, values []float32) {
	low, scale := c.low, c.scale
	r, g, b := p.bytes[0][:len(values)], p.bytes[1][:len(values)], p.bytes[2][:len(values)]
	for i, v := range values {
		if v-v != 0 || c.nodata != nil && v == *c.nodata {
			alpha[i] = 0
			continue
		}
		var px [4]uint8
		if s.kind == Ramp {
			px = s.table[uint8(int32(min(max((v-low)*scale, 0), 255)+.5))]
		} else {
			px = s.of(v)
		}
		r[i], g[i], b[i], alpha[i] = px[0], px[1], px[2], px[3]
	}
}

// opacity multiplies what is opaque so far by the values.
func (c *channel) opacity(alpha []uint8, values []float32) {
	for i, v := range values {
		if v-v != 0 || c.nodata != nil && v == *c.nodata {
			alpha[i] = 0
		} else if alpha[i] != 0 {
			alpha[i] = uint8(int32(min(max((v-c.low)*c.scale, 0), 255) + .5))
		}
	}
}

// look256 turns indices into the colours of a palette.
func (p *painter) look256(palette [][4]uint8, n int) {
	for i := range n {
		index := int(p.bytes[0][i])
		if index >= len(palette) {
			p.bytes[3][i] = 0
			continue
		}
		c := palette[index]
		p.bytes[0][i], p.bytes[1][i], p.bytes[2][i] = c[0], c[1], c[2]
		if p.bytes[3][i] != 0 {
			p.bytes[3][i] = c[3]
		}
	}
}

// lay puts a row under what is drawn already and notes which pixels are still open.
func (p *painter) lay(row, lo, hi int) {
	pic := p.d.pic
	at := (row-p.c.clip.Min.Y+p.c.at.Y)*pic.Stride + 4*(lo-p.c.clip.Min.X+p.c.at.X)
	dst := pic.Pix[at:][:4*(hi-lo)]
	r, g, b, a := &p.bytes[0], &p.bytes[1], &p.bytes[2], &p.bytes[3]
	first, last := hi, lo
	for i := range hi - lo {
		px := dst[4*i : 4*i+4 : 4*i+4]
		switch above := px[3]; {
		case above == 0 && a[i] == 255:
			binary.LittleEndian.PutUint32(px, uint32(r[i])|uint32(g[i])<<8|uint32(b[i])<<16|0xff<<24)
			continue
		case above == 255 || a[i] == 0:
		case above == 0:
			px[0], px[1], px[2], px[3] = r[i], g[i], b[i], a[i]
		default:
			under(px, [4]uint8{r[i], g[i], b[i], a[i]})
		}
		if px[3] != 255 {
			first, last = min(first, lo+i), lo+i+1
		}
	}
	p.open.lo[row], p.open.hi[row] = first, last
}

// under mixes a pixel with one below it; colours are not multiplied by opacity.
func under(px []uint8, below [4]uint8) {
	a, b := uint32(px[3]), uint32(below[3])
	rest := b * (255 - a) // of the lower one, in 1/255
	total := a*255 + rest
	for c := range 3 {
		px[c] = uint8((uint32(px[c])*a*255 + uint32(below[c])*rest + total/2) / total)
	}
	px[3] = uint8((total + 127) / 255)
}
