package raster

// #include "direct.h"
import "C"

import "unsafe"

// straight draws a scene that shows three bands of one grid as they are: reading, stretching and laying them is one step,
// for all rows. It is false, and nothing was drawn, where there is more to do.
func (p *painter) straight(l *look) bool {
	if len(l.channels) != 3 || !p.direct(l) || len(l.inputs) != 3 || len(p.groups) != 1 || p.sights[0].nearest {
		return false
	}
	var low, scale [4]C.float
	for i := range l.channels {
		c := &l.channels[i]
		if !c.expression.band() || c.nodata != nil || p.planes[c.inputs[0]].lane != i {
			return false
		}
		low[i], scale[i] = C.float(c.low), C.float(c.scale)
	}
	var was spans
	for row := p.c.clip.Min.Y; row < p.c.clip.Max.Y; row++ {
		was.lo[row], was.hi[row] = p.span(l, row)
		p.lows[row], p.highs[row] = int32(was.lo[row]), int32(was.hi[row])
	}
	s, plane, pic := p.sights[0], p.planes[0], p.d.pic
	x, y := &s.kernelX, &s.kernelY
	sights := C.struct_perigee_sights{}
	if s.folded() {
		sights.rays, sights.n = (*C.struct_perigee_ray)(unsafe.Pointer(&s.runs[0])), C.int64_t(len(s.runs))
	} else {
		s.unfold()
		sights.u, sights.v = (*C.int32_t)(&s.u[0]), (*C.int32_t)(&s.v[0])
	}
	C.perigee_direct(C.struct_perigee_plane{
		samples: (*C.float)(&plane.samples[0]), width: C.int64_t(s.box.width), left: C.int32_t(s.box.x), top: C.int32_t(s.box.y),
		first_x: (*C.int32_t)(&x.first[0]), first_y: (*C.int32_t)(&y.first[0]), weights_x: (*C.float)(&x.weights[0]), weights_y: (*C.float)(&y.weights[0]),
		taps_x: C.int32_t(x.taps), taps_y: C.int32_t(y.taps),
	}, sights, &low[0], &scale[0], C.struct_perigee_canvas{
		pixels: (*C.uint8_t)(&pic.Pix[p.c.at.Y*pic.Stride+4*p.c.at.X]), stride: C.int64_t(pic.Stride),
		row: C.int32_t(p.c.clip.Min.Y), column: C.int32_t(p.c.clip.Min.X), rows: C.int32_t(p.c.clip.Dy()),
		lo: (*C.int32_t)(&p.lows[0]), hi: (*C.int32_t)(&p.highs[0]),
	})
	for row := p.c.clip.Min.Y; row < p.c.clip.Max.Y; row++ {
		lo, hi := was.lo[row], was.hi[row]
		if lo >= hi {
			continue
		}
		first, last := p.open.lo[row], p.open.hi[row]
		p.open.lo[row], p.open.hi[row] = int(p.lows[row]), int(p.highs[row])
		p.reopen(row, first, last, lo, hi)
	}
	return true
}
