package raster

import (
	"context"
	"math"
	"slices"
	"sync/atomic"
)

// input is a band of a coverage that a browse needs.
type input struct {
	file    *file
	band    int // counted from 1
	nodata  *float64
	nearest bool // a classification: values are not mixed
	levels  []level
	decoded *atomic.Int64 // counts the blocks that had to be decoded; nil: nobody asks
	along   []*input      // other bands of the file that the scene needs: where bands lie together they are decoded together
}

func (in *input) key(l level, col, row int) blockKey {
	k := blockKey{file: in.file.id, band: in.band, level: l.index, col: col, row: row}
	k.shape = [4]int32{int32(l.width), int32(l.height), int32(l.blockWidth), int32(l.blockHeight)}
	if l.reduced && in.nodata != nil {
		k.nodata = math.Float64bits(*in.nodata) + 1
	}
	return k
}

// plane is a window of an input at a level as float32, NaN where there is no data or no image.
type plane struct {
	window
	samples []float32
	lanes   int // planes that share the memory: a sample of each, then the next of each; 0: 1
	lane    int // which of them this is
}

func (p *plane) at(i int) float32 { return p.samples[i*p.lanes+p.lane] }

// resize makes room for a window, unless the plane was given its memory.
func (p *plane) resize(w window) {
	p.window = w
	if p.lanes > 0 {
		return
	}
	p.lanes, p.samples = 1, slices.Grow(p.samples[:0], w.width*w.height)[:w.width*w.height]
}

// gather reads a window, which may reach beyond the image, into the memory of p. With round, what is beyond the last
// column is the first again.
func (r *Renderer) gather(ctx context.Context, in *input, l level, w window, round bool, p *plane) error {
	p.resize(w)
	inside := w.x >= 0 && w.y >= 0 && w.x+w.width <= l.width && w.y+w.height <= l.height
	if !inside {
		for i := p.lane; i < len(p.samples); i += p.lanes {
			p.samples[i] = nan
		}
	}
	if inside || !round {
		return r.copyIn(ctx, in, l, p, 0)
	}
	for turn := -l.width; turn <= l.width; turn += l.width {
		if err := r.copyIn(ctx, in, l, p, turn); err != nil {
			return err
		}
	}
	return nil
}

// copyIn fills the part of a plane that lies within the image moved to the right by shift columns.
func (r *Renderer) copyIn(ctx context.Context, in *input, l level, p *plane, shift int) error {
	w := p.window
	w.x -= shift
	x0, y0, x1, y1 := max(w.x, 0), max(w.y, 0), min(w.x+w.width, l.width), min(w.y+w.height, l.height)
	if x0 >= x1 || y0 >= y1 {
		return nil
	}
	c0, c1, r0, r1 := x0/l.blockWidth, (x1-1)/l.blockWidth, y0/l.blockHeight, (y1-1)/l.blockHeight
	blocks, err := r.need(ctx, in, l, c0, r0, c1, r1)
	if err != nil {
		return err
	}
	for i, b := range blocks {
		u := l.unit(c0+i%(c1-c0+1), r0+i/(c1-c0+1))
		left, right := max(x0, u.x), min(x1, u.x+u.width)
		for y := max(y0, u.y); y < min(y1, u.y+u.height); y++ {
			widen(p.samples[((y-w.y)*w.width+left-w.x)*p.lanes+p.lane:], p.lanes, b, (y-u.y)*u.width+left-u.x, right-left, in.wanting(l))
		}
	}
	return nil
}

// wanting is the value of no data in the blocks of a level; reductions have NaN instead.
func (in *input) wanting(l level) *float64 {
	if l.reduced {
		return nil
	}
	return in.nodata
}

// need gives the units of a rectangle of columns and rows, row by row.
func (r *Renderer) need(ctx context.Context, in *input, l level, c0, r0, c1, r1 int) ([]*block, error) {
	var entries, mine []*entry
	for row := r0; row <= r1; row++ {
		for col := c0; col <= c1; col++ {
			e, fresh := r.blocks.claim(in.key(l, col, row))
			entries = append(entries, e)
			if fresh {
				mine = append(mine, e)
				r.claimAlong(in, l, e)
			}
		}
	}
	if in.decoded != nil && !l.reduced {
		in.decoded.Add(int64(len(mine)))
	}
	r.fulfil(ctx, in, l, r.onward(ctx, in, l, mine))
	blocks := make([]*block, len(entries))
	for i, e := range entries {
		b, again, err := e.wait(ctx)
		if again {
			var retried []*block
			if retried, err = r.need(ctx, in, l, e.key.col, e.key.row, e.key.col, e.key.row); err == nil {
				b = retried[0]
			}
		}
		if err != nil {
			return nil, err
		}
		blocks[i] = b
	}
	return blocks, nil
}

// claimAlong claims the same unit of the other bands of the file, for whoever decodes that of this one.
func (r *Renderer) claimAlong(in *input, l level, e *entry) {
	if l.reduced {
		return
	}
	for _, other := range in.along {
		if o, fresh := r.blocks.claim(other.key(l, e.key.col, e.key.row)); fresh {
			e.along = append(e.along, o)
		}
	}
}

// joint is how many units side by side are decoded in one call, so that what lies together in an object is fetched
// together. On a disk that gains nothing.
func (in *input) joint(l level) int {
	if in.file.onDisk() || l.reduced {
		return 1
	}
	return 4
}

// fulfil settles entries, all of them, whatever happens.
func (r *Renderer) fulfil(ctx context.Context, in *input, l level, entries []*entry) {
	if len(entries) == 0 {
		return
	}
	if t := in.file.tiling(ctx, l); t != nil {
		r.fulfilTiles(ctx, l, t, entries)
		return
	}
	limit := readers
	if l.reduced {
		limit = 1 // reduce divides the work itself
	}
	g, ctx := newGroup(ctx, limit)
	joint := in.joint(l)
	for len(entries) > 0 {
		n := 1
		for n < len(entries) && n < joint && entries[n].key.row == entries[0].key.row && entries[n].key.col == entries[n-1].key.col+1 {
			n++
		}
		run := entries[:n]
		entries = entries[n:]
		g.run(func() error {
			blocks, err := r.decode(ctx, in, l, run)
			for i, e := range run {
				if err != nil {
					r.blocks.settle(e, nil, err)
					for _, o := range e.along {
						r.blocks.settle(o, nil, err)
					}
					continue
				}
				r.blocks.settle(e, blocks[i][0], nil)
				for k, o := range e.along {
					r.blocks.settle(o, blocks[i][k+1], nil)
				}
			}
			return nil
		})
	}
	g.Wait()
}

// decode makes the blocks of a run of units: for each that of its band and those claimed along with it.
func (r *Renderer) decode(ctx context.Context, in *input, l level, run []*entry) (_ [][]*block, err error) {
	defer recovered(&err)
	if err := cancelled(ctx); err != nil {
		return nil, err
	}
	first, last := run[0].key, run[len(run)-1].key
	if l.reduced {
		b, err := r.reduce(ctx, in, l, first.col, first.row)
		return [][]*block{{b}}, err
	}
	w, end := l.unit(first.col, first.row), l.unit(last.col, last.row)
	w.width = end.x + end.width - w.x
	bands := []int{in.band}
	for _, e := range run {
		for _, o := range e.along {
			if !slices.Contains(bands, o.key.band) {
				bands = append(bands, o.key.band)
			}
		}
	}
	whole, err := in.file.read(ctx, bands, l.index, [2]int{l.width, l.height}, w)
	if err != nil {
		return nil, err
	}
	var blocks [][]*block
	for _, e := range run {
		u := l.unit(e.key.col, e.key.row)
		u.x, u.y = u.x-w.x, u.y-w.y
		parts := []*block{whole[0].cut(u)}
		for _, o := range e.along {
			parts = append(parts, whole[slices.Index(bands, o.key.band)].cut(u))
		}
		blocks = append(blocks, parts)
	}
	return blocks, nil
}

// reduce makes a block of half the resolution of the level before: the average of the valid ones of four pixels, or the
// first of them for a classification. It goes quarter by quarter, since those of the level before may be reductions
// themselves; a quarter is made beside the others only where not too many are already.
func (r *Renderer) reduce(ctx context.Context, in *input, l level, col, row int) (*block, error) {
	u := l.unit(col, row)
	out := &block{width: u.width, height: u.height}
	samples := make([]float32, u.width*u.height)
	out.samples = samples
	halfX, halfY := (l.blockWidth+1)/2, (l.blockHeight+1)/2
	g, ctx := newGroup(ctx, 4)
	for y := 0; y < u.height; y += halfY {
		for x := 0; x < u.width; x += halfX {
			quarter := window{u.x + x, u.y + y, min(halfX, u.width-x), min(halfY, u.height-y)}
			fill := func() error { return r.halve(ctx, in, l, quarter, samples[y*u.width+x:], u.width) }
			select {
			case r.forks <- struct{}{}:
				g.run(func() error {
					defer func() { <-r.forks }()
					return fill()
				})
			default:
				if err := fill(); err != nil {
					g.run(func() error { return err })
				}
			}
		}
	}
	return out, g.Wait()
}

// halve fills a window of a reduction, whose rows are stride apart in out.
func (r *Renderer) halve(ctx context.Context, in *input, l level, w window, out []float32, stride int) error {
	var p plane
	if err := r.gather(ctx, in, in.levels[l.index-1], window{2 * w.x, 2 * w.y, 2 * w.width, 2 * w.height}, false, &p); err != nil {
		return err
	}
	for y := range w.height {
		upper, lower := p.samples[2*y*p.width:][:p.width], p.samples[(2*y+1)*p.width:][:p.width]
		dst := out[y*stride:][:w.width]
		for x := range dst {
			if dst[x] = (upper[2*x] + upper[2*x+1] + lower[2*x] + lower[2*x+1]) / 4; in.nearest || dst[x] != dst[x] {
				dst[x] = fewer(upper[2*x], upper[2*x+1], lower[2*x], lower[2*x+1], in.nearest)
			}
		}
	}
	return nil
}

// fewer is the average of those that are data, or the first of them.
func fewer(a, b, c, d float32, first bool) float32 {
	var sum, n float32
	for _, v := range [4]float32{a, b, c, d} {
		if v != v {
			continue
		}
		if first {
			return v
		}
		sum, n = sum+v, n+1
	}
	if n == 0 {
		return nan
	}
	return sum / n
}
