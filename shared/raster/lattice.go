package raster

import (
	"image"
	"math"

	"perigee/shared/geo"
)

// lattice is the grid of a map's pixels, counted from the origin of the coordinate system so that the same pixel has
// the same number, and is computed the same, in whatever map it is drawn.
type lattice struct {
	crs            geo.CRS
	stepX, stepY   float64 // size of a pixel
	shiftX, shiftY float64 // of the grid against the origin, in pixels, 0 to 1
	col, row       int     // of the map's upper left pixel; rows count southwards from the origin
	width, height  int
}

// latticeOf numbers the pixels of a map.
func latticeOf(m Map) lattice {
	l := lattice{crs: m.CRS, width: m.Width, height: m.Height}
	l.stepX, l.stepY = settled((m.Bounds.Max[0]-m.Bounds.Min[0])/float64(m.Width)), settled((m.Bounds.Max[1]-m.Bounds.Min[1])/float64(m.Height))
	l.col, l.shiftX = split(m.Bounds.Min[0] / l.stepX)
	l.row, l.shiftY = split(-m.Bounds.Max[1] / l.stepY)
	return l
}

// settled rounds a pixel size to 40 binary digits: the sizes of two maps of one zoom level, which differ in the last
// digits by the way they were divided, become equal, and no pixel moves by more than a hundred-thousandth of a metre.
func settled(step float64) float64 {
	m, e := math.Frexp(step)
	return math.Ldexp(math.Round(m*(1<<40))/(1<<40), e)
}

// split cuts a position in pixels into a whole number and the rest. A rest of less than a thousandth is none.
func split(at float64) (int, float64) {
	whole := math.Round(at)
	if math.Abs(at-whole) < 1e-3 {
		return int(whole), 0
	}
	whole = math.Floor(at)
	return int(whole), math.Round((at-whole)*(1<<16)) / (1 << 16)
}

// x and y give the coordinates of a position counted in pixels of the lattice.
func (l lattice) x(col float64) float64 { return (col + l.shiftX) * l.stepX }
func (l lattice) y(row float64) float64 { return -(row + l.shiftY) * l.stepY }

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
