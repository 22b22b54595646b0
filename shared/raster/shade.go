package raster

// #include "paint.h"
import "C"

import (
	"encoding/binary"
)

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
