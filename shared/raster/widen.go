package raster

// #include "widen.h"
import "C"

import "context"

// units are the units of a level that a window within it touches, row by row.
type units struct {
	level          level
	c0, r0, c1, r1 int
}

func unitsOf(l level, w window) units {
	return units{l, w.x / l.blockWidth, w.y / l.blockHeight, (w.x + w.width - 1) / l.blockWidth, (w.y + w.height - 1) / l.blockHeight}
}

// overlaps calls f for the part of a window that lies in each unit: where it lies in the level.
func (u units) overlaps(w window, f func(i int, unit, part window)) {
	for i := range (u.c1 - u.c0 + 1) * (u.r1 - u.r0 + 1) {
		unit := u.level.unit(u.c0+i%(u.c1-u.c0+1), u.r0+i/(u.c1-u.c0+1))
		x, y := max(w.x, unit.x), max(w.y, unit.y)
		f(i, unit, window{x, y, min(w.x+w.width, unit.x+unit.width) - x, min(w.y+w.height, unit.y+unit.height) - y})
	}
}

// inside tells whether a window lies in a level.
func (l level) inside(w window) bool {
	return w.x >= 0 && w.y >= 0 && w.x+w.width <= l.width && w.y+w.height <= l.height
}

// find reads the units that an input needs, whose samples are laid into the planes when those of all inputs are there.
func (p *painter) find(ctx context.Context, l *look, i int) error {
	s := p.sights[l.of[i]]
	u := unitsOf(s.level, s.box)
	blocks, err := p.d.r.need(ctx, l.inputs[i], s.level, u.c0, u.r0, u.c1, u.r1)
	p.found[i] = blocks
	return err
}

// fill lays the samples that were found into the planes of a group.
func (p *painter) fill(l *look, g *sampler) {
	s := g.s
	if p.found[g.inputs[0]] == nil {
		return // they are there
	}
	u := unitsOf(s.level, s.box)
	for _, plane := range g.planes {
		plane.resize(s.box)
	}
	u.overlaps(s.box, func(at int, unit, part window) {
		if p.fillFour(l, g, at, unit, part) {
			return
		}
		for lane, i := range g.inputs {
			plane, in, b := g.planes[lane], l.inputs[i], p.found[i][at]
			for y := part.y; y < part.y+part.height; y++ {
				widen(plane.samples[plane.index(part.x, y):], plane.lanes, b, (y-unit.y)*unit.width+part.x-unit.x, part.width, in.wanting(s.level))
			}
		}
	})
}

// index is where the sample of a position of the level lies in the memory of a plane.
func (p *plane) index(x, y int) int { return ((y-p.y)*p.width+x-p.x)*p.lanes + p.lane }

// fillFour lays the samples of all bands of a group at once; false if they are not of the most common kind.
func (p *painter) fillFour(l *look, g *sampler, at int, unit, part window) bool {
	if g.planes[0].lanes != maxLanes {
		return false
	}
	var bands [maxLanes][]uint16
	var none [maxLanes]C.int32_t
	for lane, i := range g.inputs {
		samples, ok := p.found[i][at].samples.([]uint16)
		if !ok || p.found[i][at].mask != nil {
			return false
		}
		bands[lane], none[lane] = samples, -1
		if v, ok := asSample[uint16](l.inputs[i].wanting(g.s.level)); ok {
			none[lane] = C.int32_t(v)
		}
	}
	for lane := len(g.inputs); lane < maxLanes; lane++ {
		bands[lane], none[lane] = bands[0], none[0] // what nobody reads
	}
	plane, from := g.planes[0], (part.y-unit.y)*unit.width+part.x-unit.x
	C.perigee_widen((*C.float)(&plane.samples[plane.index(part.x, part.y)]), (*C.uint16_t)(&bands[0][from]), (*C.uint16_t)(&bands[1][from]),
		(*C.uint16_t)(&bands[2][from]), (*C.uint16_t)(&bands[3][from]), &none[0],
		C.struct_perigee_part{width: C.int64_t(part.width), height: C.int64_t(part.height), from_stride: C.int64_t(unit.width), to_stride: C.int64_t(plane.width)})
	return true
}
