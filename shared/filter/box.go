package filter

import "github.com/paulmach/orb"

// Box is the geometry of a bounding box in longitude and latitude: a polygon, or two of them across the date line (west
// beyond east); a box without width or height is the line or the point that is left of it, and one that is thinner than
// Thinnest has that width.
func Box(west, south, east, north float64) orb.Geometry {
	if west > east && west == 180 {
		west = -180
	}
	if west > east && east == -180 {
		east = 180
	}
	switch crosses := west > east; {
	case crosses && south == north:
		return orb.MultiLineString{{{west, south}, {180, south}}, {{-180, south}, {east, south}}}
	case crosses:
		return orb.MultiPolygon{rectangle(west, south, 180, north), rectangle(-180, south, east, north)}
	case west == east && south == north:
		return orb.Point{west, south}
	case west == east || south == north:
		return orb.LineString{{west, south}, {east, north}}
	}
	return rectangle(west, south, east, north)
}

// Thinnest is the least width and height of a box that has any, in degrees: a tenth of a millimetre. PostGIS's search for the polygon around
// a point passes over edges shorter than 1e-12, so that a thinner box would have some of its points or not by how often it was asked before.
const Thinnest = 1e-9

func noThinner(low, high, least float64) (float64, float64) {
	if !(low < high && high-low < Thinnest) {
		return low, high
	}
	if low = high - Thinnest; low < least {
		return least, least + Thinnest
	}
	return low, high
}

func rectangle(west, south, east, north float64) orb.Polygon {
	west, east = noThinner(west, east, -180)
	south, north = noThinner(south, north, -90)
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}.ToPolygon()
}
