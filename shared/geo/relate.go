package geo

import (
	"github.com/paulmach/orb"
)

// The relations of two valid geometries (OGC 06-103r4, 6.1.15.3), in the plane of their coordinates, decided exactly. Of
// a collection only the parts of the highest dimension count, and areas of it that overlap are one.

// Equals tells whether two geometries are the same set of positions.
func Equals(a, b orb.Geometry) bool { return related(a, b, matrix.equals) }

// Touches tells whether two geometries share positions, but none that is inside of both.
func Touches(a, b orb.Geometry) bool { return related(a, b, matrix.touches) }

// Within tells whether a lies in b, and not on its border only.
func Within(a, b orb.Geometry) bool { return related(a, b, matrix.within) }

// Contains tells whether b is Within a.
func Contains(a, b orb.Geometry) bool { return Within(b, a) }

// Overlaps tells whether two geometries of the same dimension share a part of that dimension that is neither of them.
func Overlaps(a, b orb.Geometry) bool { return related(a, b, matrix.overlaps) }

// Crosses tells whether the insides of two geometries share a part of a lower dimension than the higher of theirs, and
// one of them is also outside of the other.
func Crosses(a, b orb.Geometry) bool { return related(a, b, matrix.crosses) }

func related(a, b orb.Geometry, holds func(matrix) bool) bool {
	if a == nil || b == nil || !a.Bound().Intersects(b.Bound()) {
		return false
	}
	return holds(relate(a, b))
}

// place is where a position is, seen from a geometry.
type place int

const (
	inside place = iota
	border
	outside
)

// matrix is the dimensionally extended nine-intersection model: the dimensions of what the places of two geometries
// share, -1 where they share nothing.
type matrix struct {
	of         [3][3]int
	dimensions [2]int
}

func (m matrix) share(a, b place) bool { return m.of[a][b] >= 0 }

func (m matrix) equals() bool {
	return m.share(inside, inside) && !m.share(inside, outside) && !m.share(border, outside) && !m.share(outside, inside) && !m.share(outside, border)
}

func (m matrix) touches() bool {
	return !m.share(inside, inside) && (m.share(inside, border) || m.share(border, inside) || m.share(border, border))
}

func (m matrix) within() bool {
	return m.share(inside, inside) && !m.share(inside, outside) && !m.share(border, outside)
}

func (m matrix) crosses() bool {
	switch a, b := m.dimensions[0], m.dimensions[1]; {
	case a < b:
		return m.share(inside, inside) && m.share(inside, outside)
	case a > b:
		return m.share(inside, inside) && m.share(outside, inside)
	case a == 1:
		return m.of[inside][inside] == 0
	}
	return false
}

func (m matrix) overlaps() bool {
	d := m.dimensions
	return d[0] == d[1] && m.of[inside][inside] == d[0] && m.share(inside, outside) && m.share(outside, inside)
}
