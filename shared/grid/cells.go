package grid

import (
	"math"

	"github.com/paulmach/orb"
)

// The world is divided into cells of CellSize degrees, counted from the north west corner: cell = row*CellColumns+column.
// They are the places by which a cache knows what changed.
const (
	CellSize    = 11.25
	CellColumns = 32
	CellRows    = 16
)

// Everywhere is the cell of what has no known place.
const Everywhere = -1

// CellsOf lists the cells, in ascending order, that share an area with bounds (longitude, latitude); a border alone is
// not shared. Bounds without an area, a point for instance, are in the cell to their south east. Bounds that cross the
// date line come as west > east. What lies outside the world counts as at its edge.
func CellsOf(bounds orb.Bound) []int {
	if !finite(bounds) || bounds.Min[1] > bounds.Max[1] {
		return nil
	}
	firstRow, lastRow := span(90-bounds.Max[1], 90-bounds.Min[1], CellRows)
	first, last := span(bounds.Min[0]+180, bounds.Max[0]+180, CellColumns)
	crossing := bounds.Min[0] > bounds.Max[0]
	if crossing {
		first, _ = span(bounds.Min[0]+180, 360, CellColumns)
		_, last = span(0, bounds.Max[0]+180, CellColumns)
	}
	var cells []int
	for row := firstRow; row <= lastRow; row++ {
		for column := range CellColumns {
			inside := column >= first && column <= last
			if crossing {
				inside = column >= first || column <= last
			}
			if inside {
				cells = append(cells, row*CellColumns+column)
			}
		}
	}
	return cells
}

// CellBounds is the place of a cell in longitude and latitude; Everywhere, and what is no cell, is the world.
func CellBounds(cell int) orb.Bound {
	if cell < 0 || cell >= CellColumns*CellRows {
		return orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}
	}
	west, north := float64(cell%CellColumns)*CellSize-180, 90-float64(cell/CellColumns)*CellSize
	return orb.Bound{Min: orb.Point{west, north - CellSize}, Max: orb.Point{west + CellSize, north}}
}

func finite(b orb.Bound) bool {
	for _, v := range [...]float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

// span gives the first and the last of n cells that the range from..to, in degrees from the first cell's edge, touches.
func span(from, to float64, n int) (first, last int) {
	inside := func(cell float64) int { return int(min(max(cell, 0), float64(n-1))) }
	first = inside(math.Floor(from / CellSize))
	last = inside(math.Ceil(to/CellSize) - 1)
	return first, max(first, last)
}
