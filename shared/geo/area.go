package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// Area is how many square metres of the WGS 84 ellipsoid a geometry covers; points and lines cover none, and of a
// collection the areas of its parts are added up. Edges are straight in longitude and latitude.
func Area(g orb.Geometry) float64 {
	switch g := g.(type) {
	case orb.Bound:
		return Area(g.ToPolygon())
	case orb.Polygon:
		var area float64
		for i, ring := range g {
			if covered := math.Abs(below(ring)); i == 0 {
				area = covered
			} else {
				area -= covered
			}
		}
		return area
	case orb.MultiPolygon:
		var area float64
		for _, part := range g {
			area += Area(part)
		}
		return area
	case orb.Collection:
		var area float64
		for _, part := range g {
			area += Area(part)
		}
		return area
	}
	return 0
}

// zoneTerms are those of the series by which the ellipsoid's area between the equator and the latitude φ grows with
// longitude: semiMinor² (c₁ sin φ + c₃ sin 3φ + c₅ sin 5φ + …), whose mean between two latitudes is known exactly. They
// follow from the eccentricity e alone: sin φ + 2/3 e² sin³ φ + 3/5 e⁴ sin⁵ φ + …, written by multiples of the angle. The
// migrations have the same numbers.
var zoneTerms = [...]float64{1.0033640898209764, -0.0011241893787627971, 1.699460646976848e-6, -2.718255104718912e-9, 4.438128477948812e-12}

// below is the area between an edge after the other of a ring and the equator, negative where they lead west.
func below(ring orb.Ring) float64 {
	var area float64
	for i := 1; i < len(ring); i++ {
		from, to := ring[i-1], ring[i]
		width, middle, half := radians(to[0]-from[0]), radians(from[1]+to[1])/2, radians(to[1]-from[1])/2
		mean := 0.0
		for k, c := range zoneTerms {
			m := float64(2*k + 1)
			term := c * math.Sin(m*middle)
			if half != 0 {
				term *= math.Sin(m*half) / (m * half)
			}
			mean += term
		}
		area += semiMinor * semiMinor * width * mean
	}
	return area
}

// radians are those of degrees, or zero where there are next to none.
func radians(degrees float64) float64 {
	if math.Abs(degrees) < 1e-12 {
		return 0
	}
	return degrees * math.Pi / 180
}
