package geo

import (
	"slices"

	"github.com/paulmach/orb"
)

// figure is a geometry of one dimension.
type figure struct {
	dimension int
	points    []orb.Point
	lines     []orb.LineString
	areas     []orb.Polygon
}

func figureOf(g orb.Geometry) figure {
	f := figure{dimension: g.Dimensions()}
	f.add(g)
	return f
}

func (f *figure) add(g orb.Geometry) {
	switch g := g.(type) {
	case orb.Point:
		f.points = append(f.points, g)
	case orb.MultiPoint:
		f.points = append(f.points, g...)
	case orb.LineString:
		f.lines = append(f.lines, g)
	case orb.MultiLineString:
		f.lines = append(f.lines, g...)
	case orb.Ring:
		f.areas = append(f.areas, orb.Polygon{g})
	case orb.Polygon:
		f.areas = append(f.areas, g)
	case orb.MultiPolygon:
		f.areas = append(f.areas, g...)
	case orb.Bound:
		f.areas = append(f.areas, g.ToPolygon())
	case orb.Collection:
		for _, part := range g {
			if part.Dimensions() == f.dimension {
				f.add(part)
			}
		}
	}
}

// beside tells where a piece, and what is to the left and to the right of it, is.
func (f figure) beside(p *piece, n int) (here, left, right place) {
	here, left, right = outside, outside, outside
	if p.on[n] {
		here = inside
	}
	if f.dimension < 2 {
		return here, left, right
	}
	for i, area := range f.areas {
		areaLeft, on := p.sides[n][i]
		switch {
		case on && areaLeft:
			left = inside
		case on:
			right = inside
		case beyond(area, p.ends):
		case holds(area, middle(p.ends[0], p.ends[1])):
			left, right = inside, inside
		}
	}
	switch {
	case left == inside && right == inside:
		here = inside
	case left == inside || right == inside:
		here = border
	}
	return here, left, right
}

// beyond tells whether a piece is obviously outside of an area.
func beyond(area orb.Polygon, ends [2]position) bool {
	b := area.Bound()
	for axis := range 2 {
		if ends[0].near[axis] < b.Min[axis] && ends[1].near[axis] < b.Min[axis] || ends[0].near[axis] > b.Max[axis] && ends[1].near[axis] > b.Max[axis] {
			return true
		}
	}
	return false
}

// at tells where a position is at which pieces end in some places.
func (f figure) at(p position, key positionKey, pieces [3]bool, ends map[positionKey]bool) place {
	switch {
	case f.dimension < 2 && ends[key], f.dimension == 2 && pieces[border]:
		return border
	case pieces[inside]:
		return inside
	case f.dimension == 0:
		if slices.ContainsFunc(f.points, func(q orb.Point) bool { return positionAt(q).key() == key }) {
			return inside
		}
	case f.dimension == 2 && pieces == [3]bool{}:
		if slices.ContainsFunc(f.areas, func(area orb.Polygon) bool { return holds(area, p) }) {
			return inside
		}
	}
	return outside
}

// ends are the border of lines: the positions where an odd number of them ends.
func (f figure) ends() map[positionKey]bool {
	odd := map[positionKey]bool{}
	for _, l := range f.lines {
		if len(l) > 1 {
			for _, p := range []orb.Point{l[0], l[len(l)-1]} {
				key := positionAt(p).key()
				odd[key] = !odd[key]
			}
		}
	}
	return odd
}

// holds tells whether a position that is on no edge of an area is in it: whether a ray to the east leaves it once more
// than it enters.
func holds(area orb.Polygon, p position) bool {
	in := false
	for _, ring := range area {
		for i := 1; i < len(ring); i++ {
			a, b := ring[i-1], ring[i]
			if max(a[0], b[0]) < p.near[0] && p.exact == nil {
				continue
			}
			above, below := positionAt(a).compare(p, 1) > 0, positionAt(b).compare(p, 1) > 0
			if above == below {
				continue
			}
			if side := turnOf(a, b, p); above && side < 0 || below && side > 0 {
				in = !in
			}
		}
	}
	return in
}
