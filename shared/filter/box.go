package filter

import "github.com/paulmach/orb"

// Box is the geometry of a bounding box in longitude and latitude: a polygon, or two of them across the date line (west
// beyond east); a box without width or height is the line or the point that is left of it.
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

func rectangle(west, south, east, north float64) orb.Polygon {
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}.ToPolygon()
}
