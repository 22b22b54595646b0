package raster

import (
	"image"
	"math"

	"perigee/shared/geo"
)

// lattice is the grid of a map's pixels, counted from the origin of the coordinate system so that the same pixel has
// the same number, and is computed the same, in whatever map it is drawn.
type lattice struct {
	crs           geo.CRS
	horizontal    axis
	vertical      axis // counted southwards
	col, row      int  // of the map's upper left pixel
	width, height int
}

// axis counts pixels in one direction: the pixel base begins at the coordinate anchor.
type axis struct {
	step   float64
	base   int
	anchor float64
}

// latticeOf numbers the pixels of a map.
func latticeOf(m Map) lattice {
	l := lattice{crs: m.CRS, width: m.Width, height: m.Height}
	l.horizontal, l.col = axisOf(m.Bounds.Min[0], m.Bounds.Max[0], m.Width)
	l.vertical, l.row = axisOf(-m.Bounds.Max[1], -m.Bounds.Min[1], m.Height)
	return l
}

// axisOf makes the axis on which n pixels lie between two coordinates, and gives the number of the first.
func axisOf(from, to float64, n int) (axis, int) {
	span := to - from
	// The end of the span may be off by some units in its last place.
	doubt := min(8*max(math.Abs(from), math.Abs(to))*0x1p-52/span+0x1p-50, 1e-6)
	a := axis{step: settled(span/float64(n), doubt)}
	at := from / a.step
	first := math.Round(at)
	if math.Abs(at-first) < 1e-3 {
		return a, int(first)
	}
	a.base, a.anchor = int(math.Floor(at)), from
	return a, a.base
}

// settled replaces a pixel size by the simple number that it is within doubt, if there is one: a small number times a
// power of two, in units of the system or of the Web Mercator square. The sizes of two maps of one zoom level, which
// differ in their last digits by the way they were computed, become equal.
func settled(step, doubt float64) float64 {
	const simple = 1 << 20
	for _, unit := range []float64{1, geo.MercatorExtent} {
		m, e := math.Frexp(step / unit)
		if whole := math.Round(m * simple); math.Abs(m*simple/whole-1) < doubt {
			return math.Ldexp(whole/simple, e) * unit
		}
	}
	return step
}

// at gives the coordinate of a position counted in pixels.
func (a axis) at(pixel float64) float64 { return a.anchor + (pixel-float64(a.base))*a.step }

func (l lattice) x(col float64) float64 { return l.horizontal.at(col) }
func (l lattice) y(row float64) float64 { return -l.vertical.at(row) }

// chunkSide is the side of a chunk: the part of a map that is worked on at once, on a grid of the lattice.
const chunkSide = 256

// chunk is a square of the lattice and the part of it that a map shows.
type chunk struct {
	col, row int             // of its upper left pixel in the lattice
	clip     image.Rectangle // the part shown, in pixels of the chunk
	at       image.Point     // where the upper left of clip lies in the map
}

// chunks cuts the map into chunks, row by row.
func (l lattice) chunks() []chunk {
	var all []chunk
	for row := floorTo(l.row, chunkSide); row < l.row+l.height; row += chunkSide {
		for col := floorTo(l.col, chunkSide); col < l.col+l.width; col += chunkSide {
			clip := image.Rect(l.col-col, l.row-row, l.col+l.width-col, l.row+l.height-row).Intersect(image.Rect(0, 0, chunkSide, chunkSide))
			all = append(all, chunk{col: col, row: row, clip: clip, at: image.Pt(col+clip.Min.X-l.col, row+clip.Min.Y-l.row)})
		}
	}
	return all
}

func floorTo(v, step int) int {
	r := v % step
	if r < 0 {
		r += step
	}
	return v - r
}
