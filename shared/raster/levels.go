package raster

import (
	"math"

	"perigee/shared/geo"
)

// level is a coverage at one resolution: the full one, an overview of the file, or a reduction computed here because the
// file has none as coarse.
type level struct {
	index         int // 0 full, then the overviews, then the reductions
	width, height int
	fx, fy        float64 // pixels of the full resolution per pixel
	blockWidth    int     // the unit of reading
	blockHeight   int
	reduced       bool // from the level before
}

// The bounds of a unit of reading, in pixels. Smaller blocks of a file are read several at once.
const (
	minUnit = 256
	maxUnit = 1024
)

// levelsOf lists the levels of a grid, finest first, down to one of a few pixels.
func levelsOf(g geo.Grid) []level {
	bw, bh := unit(g.BlockWidth), unit(g.BlockHeight)
	if g.BlockWidth >= g.Width && g.BlockHeight < minUnit { // strips
		bw, bh = maxUnit, minUnit
	}
	all := []level{{width: g.Width, height: g.Height, fx: 1, fy: 1, blockWidth: bw, blockHeight: bh}}
	for i, o := range g.Overviews {
		if o.Width < 1 || o.Height < 1 || o.Width > all[i].width || o.Height > all[i].height {
			break
		}
		all = append(all, level{index: i + 1, width: o.Width, height: o.Height, fx: float64(g.Width) / float64(o.Width), fy: float64(g.Height) / float64(o.Height), blockWidth: bw, blockHeight: bh})
	}
	const few = 16
	for last := all[len(all)-1]; max(last.width, last.height) > few; last = all[len(all)-1] {
		all = append(all, level{
			index: last.index + 1, width: (last.width + 1) / 2, height: (last.height + 1) / 2, fx: 2 * last.fx, fy: 2 * last.fy,
			blockWidth: bw, blockHeight: bh, reduced: true,
		})
	}
	return all
}

// unit is a size of reading made of whole blocks of a file.
func unit(block int) int {
	switch {
	case block <= 0:
		return 512
	case block > maxUnit:
		return maxUnit
	case block >= minUnit:
		return block
	}
	return block * ((minUnit + block - 1) / block)
}

// choose picks the coarsest level that is still about as fine as the map, which shows rx times ry pixels of the full
// resolution in one of its own. Where the two differ much, the finer direction counts, within reason.
func choose(levels []level, rx, ry float64) level {
	target := max(min(rx, ry), max(rx, ry)/4) * 1.05
	best := levels[0]
	for _, l := range levels[1:] {
		if max(l.fx, l.fy) > target {
			break
		}
		best = l
	}
	return best
}

// maxReduced is how many pixels of a file may be read to make the part of a reduction that one chunk needs. A file of
// more has to bring overviews.
const maxReduced = 1 << 30

// madeOf is how many pixels of the file the units of a level are made of that a window touches.
func madeOf(levels []level, l level, w window) float64 {
	from := l
	for from.reduced {
		from = levels[from.index-1]
	}
	units := func(from, n, size, all int) float64 {
		first, last := max(from, 0)/size, (min(from+n, all)-1)/size
		return float64(min((last+1)*size, all) - first*size)
	}
	return units(w.x, w.width, l.blockWidth, l.width) * (l.fx / from.fx) * units(w.y, w.height, l.blockHeight, l.height) * (l.fy / from.fy)
}

// columns and rows of units at a level.
func (l level) columns() int { return (l.width + l.blockWidth - 1) / l.blockWidth }
func (l level) rows() int    { return (l.height + l.blockHeight - 1) / l.blockHeight }

// unit is the window of a unit of reading, cut at the edge of the level.
func (l level) unit(col, row int) window {
	x, y := col*l.blockWidth, row*l.blockHeight
	return window{x, y, min(l.blockWidth, l.width-x), min(l.blockHeight, l.height-y)}
}

// widen writes samples as float32, those that stand for no data as NaN, so many apart.
func widen(dst []float32, apart int, b *block, at, n int, nodata *float64) {
	switch s := b.samples.(type) {
	case []uint8:
		v, ok := asSample[uint8](nodata)
		widenRow(dst, apart, s[at:at+n], v, ok)
	case []uint16:
		v, ok := asSample[uint16](nodata)
		widenRow(dst, apart, s[at:at+n], v, ok)
	case []int16:
		v, ok := asSample[int16](nodata)
		widenRow(dst, apart, s[at:at+n], v, ok)
	case []float32:
		v := nan
		if nodata != nil {
			v = float32(*nodata)
		}
		widenRow(dst, apart, s[at:at+n], v, nodata != nil)
	}
	if b.mask != nil {
		for i, m := range b.mask[at : at+n] {
			if m == 0 {
				dst[i*apart] = nan
			}
		}
	}
}

type sample interface {
	uint8 | uint16 | int16 | float32
}

// asSample is the value as a sample, if there is such a sample.
func asSample[T uint8 | uint16 | int16](v *float64) (T, bool) {
	if v == nil || *v != math.Trunc(*v) || math.Abs(*v) > math.MaxUint16 {
		return 0, false
	}
	t := T(int32(*v))
	return t, float64(t) == *v
}

func widenRow[T sample](dst []float32, apart int, src []T, nodata T, has bool) {
	dst = dst[:(len(src)-1)*apart+1]
	if !has {
		for i, v := range src {
			dst[i*apart] = float32(v)
		}
		return
	}
	for i, v := range src {
		f := float32(v)
		if v == nodata {
			f = nan
		}
		dst[i*apart] = f
	}
}
