package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// Centroid is the centre of gravity of a geometry in the plane of longitude and latitude: of its areas, of its lines where
// there are none, of its points where there are only such. Each sum is rounded step by step as GEOS does, so that the
// database finds the same.
func Centroid(g orb.Geometry) orb.Point {
	c := &centre{}
	c.add(g)
	switch {
	case c.area != 0:
		return orb.Point{c.ofAreas[0] / 3 / c.area, c.ofAreas[1] / 3 / c.area}
	case c.length > 0:
		return orb.Point{c.ofLines[0] / c.length, c.ofLines[1] / c.length}
	}
	return orb.Point{c.ofPoints[0] / float64(c.points), c.ofPoints[1] / float64(c.points)}
}

// centre adds up what the parts of a geometry weigh, and where.
type centre struct {
	base     *orb.Point // from which triangles are measured
	ofAreas  orb.Point  // three times the centres of triangles, by twice their areas
	area     float64    // twice
	ofLines  orb.Point
	length   float64
	ofPoints orb.Point
	points   int
}

func (c *centre) add(g orb.Geometry) {
	switch g := g.(type) {
	case orb.Point:
		c.point(g)
	case orb.MultiPoint:
		for _, p := range g {
			c.point(p)
		}
	case orb.LineString:
		c.line(g)
	case orb.MultiLineString:
		for _, l := range g {
			c.line(l)
		}
	case orb.Bound:
		c.polygon(g.ToPolygon())
	case orb.Polygon:
		c.polygon(g)
	case orb.MultiPolygon:
		for _, p := range g {
			c.polygon(p)
		}
	case orb.Collection:
		for _, part := range g {
			c.add(part)
		}
	}
}

func (c *centre) point(p orb.Point) {
	c.points++
	c.ofPoints[0] += p[0]
	c.ofPoints[1] += p[1]
}

func (c *centre) line(points []orb.Point) {
	var length float64
	for i := 1; i < len(points); i++ {
		p, q := points[i-1], points[i]
		dx, dy := p[0]-q[0], p[1]-q[1]
		segment := math.Sqrt(float64(dx*dx) + float64(dy*dy))
		if segment == 0 {
			continue
		}
		length += segment
		c.ofLines[0] += float64(segment * ((p[0] + q[0]) / 2))
		c.ofLines[1] += float64(segment * ((p[1] + q[1]) / 2))
	}
	c.length += length
	if length == 0 && len(points) > 0 {
		c.point(points[0])
	}
}

func (c *centre) polygon(area orb.Polygon) {
	for i, ring := range area {
		if len(ring) == 0 {
			continue
		}
		if c.base == nil {
			c.base = &ring[0]
		}
		weight := 1.0
		if counterclockwise(ring) == (i == 0) {
			weight = -1
		}
		for j := 1; j < len(ring); j++ {
			c.triangle(weight, ring[j-1], ring[j])
		}
		c.line(ring)
	}
}

func (c *centre) triangle(weight float64, p, q orb.Point) {
	o := *c.base
	area := float64((p[0]-o[0])*(q[1]-o[1])) - float64((q[0]-o[0])*(p[1]-o[1]))
	for i := range 2 {
		c.ofAreas[i] += float64(weight * area * (o[i] + p[i] + q[i]))
	}
	c.area += float64(weight * area)
}

// Envelope is the least box around a geometry, or the line or the point that it shrinks to.
func Envelope(g orb.Geometry) orb.Geometry {
	b := g.Bound()
	switch {
	case b.Min == b.Max:
		return b.Min
	case b.Min[0] == b.Max[0] || b.Min[1] == b.Max[1]:
		return orb.LineString{b.Min, b.Max}
	}
	return b.ToPolygon()
}
