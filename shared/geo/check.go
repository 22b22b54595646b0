package geo

import (
	"math"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
)

// MaxPositions is the most positions that a geometry may have.
const MaxPositions = 100_000

const maxNesting = 4 // of geometry collections

// rounding is how far, in degrees, a position may be beyond the globe: other programs' last digits (Natural Earth's
// Russia reaches to 180.00000000000006).
const rounding = 1e-9

// Check is an Invalid failure for a geometry that cannot be kept or asked with as it stands: no position at all, one
// that is not on the globe (longitude, latitude in degrees), a line of one position, a ring that is not closed, more
// than MaxPositions. Whether rings cross themselves is left to the database.
func Check(g orb.Geometry) error {
	c := checker{}
	if err := c.geometry(g, 0); err != nil {
		return err
	}
	if c.positions == 0 {
		return invalid("the geometry has no positions")
	}
	return nil
}

func invalid(format string, args ...any) error {
	return fault.At(fault.Invalid, "geometry", format, args...)
}

type checker struct{ positions int }

func (c *checker) geometry(g orb.Geometry, depth int) error {
	switch g := g.(type) {
	case orb.Point:
		return c.run([]orb.Point{g}, 1, "point")
	case orb.MultiPoint:
		return c.run(g, 1, "set of points")
	case orb.LineString:
		return c.run(g, 2, "line")
	case orb.Polygon:
		return c.polygon(g)
	case orb.Bound:
		return c.polygon(g.ToPolygon())
	case orb.MultiLineString:
		return each(g, func(l orb.LineString) error { return c.run(l, 2, "line") })
	case orb.MultiPolygon:
		return each(g, c.polygon)
	case orb.Collection:
		if depth == maxNesting {
			return invalid("the geometry collection is nested more than %d deep", maxNesting)
		}
		return each(g, func(part orb.Geometry) error { return c.geometry(part, depth+1) })
	default:
		return invalid("%T is not a geometry of GeoJSON", g)
	}
}

func each[T any](parts []T, check func(T) error) error {
	for _, part := range parts {
		if err := check(part); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) polygon(p orb.Polygon) error {
	if len(p) == 0 {
		return invalid("a polygon has no ring")
	}
	return each(p, func(ring orb.Ring) error {
		if err := c.run(ring, 4, "ring"); err != nil {
			return err
		}
		if ring[0] != ring[len(ring)-1] {
			return invalid("a ring is not closed: it starts at %g %g and ends at %g %g",
				ring[0][0], ring[0][1], ring[len(ring)-1][0], ring[len(ring)-1][1])
		}
		return nil
	})
}

func (c *checker) run(points []orb.Point, least int, what string) error {
	if len(points) < least {
		return invalid("a %s has %d positions, it needs %d", what, len(points), least)
	}
	if c.positions += len(points); c.positions > MaxPositions {
		return invalid("the geometry has more than %d positions", MaxPositions)
	}
	for _, p := range points {
		if !(math.Abs(p[0]) <= 180+rounding && math.Abs(p[1]) <= 90+rounding) {
			return invalid("the position %g %g is not on the globe (longitude, latitude)", p[0], p[1])
		}
	}
	return nil
}
