package raster

import (
	"context"
	"image"
	"slices"
)

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
