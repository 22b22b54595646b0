package main

import (
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/simplify"
)

// simplified is a footprint with fewer points, none further from it than the tolerance in degrees; a ring that would
// vanish, and what is no area, stays as it is (REG-22).
func simplified(g orb.Geometry, tolerance float64) orb.Geometry {
	if tolerance <= 0 {
		return g
	}
	switch g := g.(type) {
	case orb.Polygon:
		return simplerPolygon(g, tolerance)
	case orb.MultiPolygon:
		all := make(orb.MultiPolygon, len(g))
		for i, p := range g {
			all[i] = simplerPolygon(p, tolerance)
		}
		return all
	}
	return g
}

func simplerPolygon(p orb.Polygon, tolerance float64) orb.Polygon {
	rings := make(orb.Polygon, len(p))
	for i, ring := range p {
		rings[i] = ring
		if fewer := simplify.DouglasPeucker(tolerance).Ring(ring.Clone()); len(fewer) >= 4 {
			rings[i] = fewer
		}
	}
	return rings
}
