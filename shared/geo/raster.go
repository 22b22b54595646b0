package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// Grid is the raster grid of a coverage, as much as planning a map needs, so that no file is opened to plan.
type Grid struct {
	CRS         CRS        `json:"crs"`
	WKT         string     `json:"wkt,omitempty"`  // the system as well-known text, where it has no code: CRS is Unnamed then
	Transform   [6]float64 `json:"transform"`      // GDAL's order: x origin, pixel width, row rotation, y origin, column rotation, pixel height (negative: north up)
	Bend        *Bend      `json:"bend,omitempty"` // in place of the transform, which then only comes near
	Width       int        `json:"width"`          // pixels
	Height      int        `json:"height"`
	Overviews   []Size     `json:"overviews,omitempty"` // from fine to coarse
	BlockWidth  int        `json:"block_width,omitempty"`
	BlockHeight int        `json:"block_height,omitempty"`
	DataType    string     `json:"data_type,omitempty"` // GDAL's name, e.g. UInt16
	Bands       int        `json:"bands,omitempty"`
	NoData      *float64   `json:"nodata,omitempty"`
}

// Size is the size of an overview in pixels.
type Size struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Bounds is the extent of the grid in its own CRS, easting first.
func (g Grid) Bounds() orb.Bound {
	b := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	for _, corner := range [][2]float64{{0, 0}, {float64(g.Width), 0}, {0, float64(g.Height)}, {float64(g.Width), float64(g.Height)}} {
		x, y := g.World(corner[0], corner[1])
		b = b.Extend(orb.Point{x, y})
	}
	return b
}

// World gives the coordinates, easting first, of a position counted in pixels from the upper left corner.
func (g Grid) World(col, row float64) (x, y float64) {
	if g.Bend != nil {
		return g.Bend.World.at(col, row)
	}
	t := g.Transform
	return t[0] + col*t[1] + row*t[2], t[3] + col*t[4] + row*t[5]
}

// Pixel gives the position in pixels, counted from the upper left corner, of coordinates in the grid's CRS.
func (g Grid) Pixel(x, y float64) (col, row float64) {
	if g.Bend != nil {
		return g.Bend.Pixel.at(x, y)
	}
	t := g.Transform
	det := t[1]*t[5] - t[2]*t[4]
	dx, dy := x-t[0], y-t[3]
	return (dx*t[5] - dy*t[2]) / det, (dy*t[1] - dx*t[4]) / det
}

// Resolution is the size of a pixel in units of the CRS.
func (g Grid) Resolution() float64 {
	t := g.Transform
	return math.Sqrt(math.Abs(t[1]*t[5] - t[2]*t[4]))
}

// Valid tells whether the grid can be planned with: a known CRS, a size and an invertible transform.
func (g Grid) Valid() bool {
	r := g.Resolution()
	return g.CRS != 0 && (g.CRS != Unnamed || g.WKT != "") && g.Width > 0 && g.Height > 0 && r > 0 && !math.IsInf(r, 0) && !math.IsNaN(r)
}
