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

// areaOf is where on Earth a map looks, as an extent in longitude and latitude that is rather too large than too small.
// It is not ok for a map in which nothing can be seen. For a system whose projection is not computed here it is the
// world.
func areaOf(m wms.Map) (area orb.Bound, ok bool) {
	crs, b := m.CRS, m.Bounds
	widest := max((b.Max[0]-b.Min[0])/float64(m.Width), (b.Max[1]-b.Min[1])/float64(m.Height))
	if widest > maxMetres || crs.Geographic() && widest > maxDegrees {
		return orb.Bound{}, false
	}
	projection, known := geo.Plain(crs)
	if !known {
		return world, true
	}
	if crs.Geographic() {
		return clip(b)
	}
	const steps = 16
	area = orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	for i := range steps + 1 {
		for j := range steps + 1 {
			x := b.Min[0] + float64(i)/steps*(b.Max[0]-b.Min[0])
			y := b.Min[1] + float64(j)/steps*(b.Max[1]-b.Min[1])
			lon, lat := projection.Inverse(x, y)
			if math.IsNaN(lon) || math.IsNaN(lat) {
				return world, true
			}
			area = area.Extend(orb.Point{lon, lat})
		}
	}
	margin := max(area.Max[0]-area.Min[0], area.Max[1]-area.Min[1]) / (steps * 2) // a curved edge between two points
	return clip(area.Pad(margin))
}

func clip(b orb.Bound) (orb.Bound, bool) {
	if !b.Intersects(world) {
		return orb.Bound{}, false
	}
	for axis := range 2 {
		b.Min[axis], b.Max[axis] = max(b.Min[axis], world.Min[axis]), min(b.Max[axis], world.Max[axis])
	}
	return b, true
}
