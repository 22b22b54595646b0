package geo

import (
	"github.com/paulmach/orb"
)

// Intersects tells whether two geometries share a point, borders included, in the plane of their coordinates.
func Intersects(a, b orb.Geometry) bool {
	if a == nil || b == nil || !a.Bound().Intersects(b.Bound()) {
		return false
	}
	p, q := take(a), take(b)
	return p.crosses(q) || p.holds(q) || q.holds(p)
}

// pieces is a geometry taken apart: single points, the segments of lines and rings, the areas, and one position of
// every connected part.
type pieces struct {
	points   []orb.Point
	segments [][2]orb.Point
	areas    []orb.Polygon
	anchors  []orb.Point
}

func take(g orb.Geometry) *pieces {
	p := &pieces{}
	p.add(g)
	return p
}

func (p *pieces) add(g orb.Geometry) {
	switch g := g.(type) {
	case orb.Point:
		p.points = append(p.points, g)
	case orb.MultiPoint:
		p.points = append(p.points, g...)
	case orb.LineString:
		p.line(g)
	case orb.MultiLineString:
		for _, l := range g {
			p.line(l)
		}
	case orb.Ring:
		p.polygon(orb.Polygon{g})
	case orb.Polygon:
		p.polygon(g)
	case orb.MultiPolygon:
		for _, area := range g {
			p.polygon(area)
		}
	case orb.Bound:
		p.polygon(g.ToPolygon())
	case orb.Collection:
		for _, part := range g {
			p.add(part)
		}
	}
}

func (p *pieces) polygon(area orb.Polygon) {
	if len(area) == 0 {
		return
	}
	p.areas = append(p.areas, area)
	for _, ring := range area {
		p.line(orb.LineString(ring))
	}
}

func (p *pieces) line(l orb.LineString) {
	for i := 1; i < len(l); i++ {
		p.segments = append(p.segments, [2]orb.Point{l[i-1], l[i]})
	}
	if len(l) > 0 {
		p.anchors = append(p.anchors, l[0])
	}
}

// crosses tells whether points or lines of the two meet.
func (p *pieces) crosses(q *pieces) bool {
	for _, s := range p.segments {
		for _, t := range q.segments {
			if meet(s, t) {
				return true
			}
		}
	}
	return p.touched(q.points) || q.touched(p.points) || same(p.points, q.points)
}

func (p *pieces) touched(points []orb.Point) bool {
	for _, point := range points {
		for _, s := range p.segments {
			if turn(s[0], s[1], point) == 0 && within(s, point) {
				return true
			}
		}
	}
	return false
}

func same(a, b []orb.Point) bool {
	for _, p := range a {
		for _, q := range b {
			if p == q {
				return true
			}
		}
	}
	return false
}

// holds tells whether a part of q lies inside an area of p; that no lines cross is known by then.
func (p *pieces) holds(q *pieces) bool {
	for _, area := range p.areas {
		for _, points := range [][]orb.Point{q.points, q.anchors} {
			for _, point := range points {
				if holds(area, positionAt(point)) {
					return true
				}
			}
		}
	}
	return false
}

// meet tells whether two closed segments share a point.
func meet(s, t [2]orb.Point) bool {
	a, b := turn(s[0], s[1], t[0]), turn(s[0], s[1], t[1])
	c, d := turn(t[0], t[1], s[0]), turn(t[0], t[1], s[1])
	if a*b < 0 && c*d < 0 {
		return true
	}
	return a == 0 && within(s, t[0]) || b == 0 && within(s, t[1]) || c == 0 && within(t, s[0]) || d == 0 && within(t, s[1])
}

// within tells whether a point on the line of a segment is on the segment.
func within(s [2]orb.Point, p orb.Point) bool {
	return min(s[0][0], s[1][0]) <= p[0] && p[0] <= max(s[0][0], s[1][0]) &&
		min(s[0][1], s[1][1]) <= p[1] && p[1] <= max(s[0][1], s[1][1])
}
