package main

import (
	"math"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/wms"
)

// world is everything in longitude and latitude.
var world = orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}

// The widest pixel in which anything is drawn: in a wider one the whole Earth is a speck, and a scene is nothing.
const (
	maxMetres  = 500e3
	maxDegrees = 5
)

// areaOf is where on Earth a map looks, as a box in longitude and latitude that is rather too large than too small, or
// two boxes when that lies across the antimeridian. It is nil for a map in which nothing can be seen. For a system whose
// projection is not computed here it is the world.
func areaOf(m wms.Map) orb.Geometry {
	crs, b := m.CRS, m.Bounds
	widest := max((b.Max[0]-b.Min[0])/float64(m.Width), (b.Max[1]-b.Min[1])/float64(m.Height))
	if widest > maxMetres || crs.Geographic() && widest > maxDegrees {
		return nil
	}
	projection, known := geo.Plain(crs)
	if !known {
		return world.ToPolygon()
	}
	if crs.Geographic() {
		return onGlobe(b)
	}
	const steps = 16
	area := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	for i := range steps + 1 {
		for j := range steps + 1 {
			x := b.Min[0] + float64(i)/steps*(b.Max[0]-b.Min[0])
			y := b.Min[1] + float64(j)/steps*(b.Max[1]-b.Min[1])
			lon, lat := projection.Inverse(x, y)
			if math.IsNaN(lon) || math.IsNaN(lat) {
				return world.ToPolygon()
			}
			area = area.Extend(orb.Point{lon, lat})
		}
	}
	margin := max(area.Max[0]-area.Min[0], area.Max[1]-area.Min[1]) / (steps * 2) // a curved edge between two points
	return onGlobe(area.Pad(margin))
}

// onGlobe is an extent whose longitudes may go on beyond 180 degrees either way, as an area of the globe.
func onGlobe(b orb.Bound) orb.Geometry {
	south, north := max(b.Min[1], world.Min[1]), min(b.Max[1], world.Max[1])
	if south > north {
		return nil
	}
	box := func(west, east float64) orb.Polygon {
		return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}.ToPolygon()
	}
	width := b.Max[0] - b.Min[0]
	if width >= 360 {
		return box(-180, 180)
	}
	west := b.Min[0] - 360*math.Floor((b.Min[0]+180)/360)
	if east := west + width; east > 180 {
		return orb.MultiPolygon{box(west, 180), box(-180, east-360)}
	}
	return box(west, west+width)
}
