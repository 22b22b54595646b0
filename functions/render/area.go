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

// lonLat takes coordinates of a system to longitude and latitude, in place (raster.Renderer).
type lonLat func(crs geo.CRS, x, y []float64) error

// areaOf is where on Earth a map looks, as a box in longitude and latitude that is rather too large than too small, or
// two boxes when that lies across the antimeridian. It is nil for a map in which nothing can be seen. A system that is
// not known is an Invalid failure located at "crs".
func areaOf(m wms.Map, to lonLat) (orb.Geometry, error) {
	crs, b := m.CRS, m.Bounds
	widest := max((b.Max[0]-b.Min[0])/float64(m.Width), (b.Max[1]-b.Min[1])/float64(m.Height))
	if widest > maxMetres || crs.Geographic() && widest > maxDegrees {
		return nil, nil
	}
	if _, plain := geo.Plain(crs); plain && crs.Geographic() {
		return onGlobe(b), nil
	}
	const steps = 16
	if crs == geo.WebMercator { // its rectangles are some on the globe too
		corners := orb.Bound{Min: corner(b.Min), Max: corner(b.Max)}
		return onGlobe(corners.Pad(max(corners.Max[0]-corners.Min[0], corners.Max[1]-corners.Min[1]) / (steps * 2))), nil
	}
	var x, y []float64
	for i := range steps + 1 {
		for j := range steps + 1 {
			x = append(x, b.Min[0]+float64(i)/steps*(b.Max[0]-b.Min[0]))
			y = append(y, b.Min[1]+float64(j)/steps*(b.Max[1]-b.Min[1]))
		}
	}
	if err := to(crs, x, y); err != nil {
		return nil, err
	}
	area, whole := around(x, y, steps+1)
	if whole {
		return world.ToPolygon(), nil
	}
	margin := max(area.Max[0]-area.Min[0], area.Max[1]-area.Min[1]) / (steps * 2) // a curved edge between two points
	return onGlobe(area.Pad(margin)), nil
}

// corner takes a point of Web Mercator to the globe.
func corner(p orb.Point) orb.Point {
	mercator, _ := geo.Plain(geo.WebMercator)
	lon, lat := mercator.Inverse(p[0], p[1])
	return orb.Point{lon, lat}
}

// around is the box around the places of a lattice, column by column. It goes all the way around where the lattice jumps
// from one side of the antimeridian to the other, as it does around a pole; it is the whole Earth where much of the
// lattice lies nowhere.
func around(lon, lat []float64, rows int) (area orb.Bound, whole bool) {
	area = orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	jumps := false
	for i := range lon {
		if math.IsNaN(lon[i]) || math.IsNaN(lat[i]) {
			return area, true
		}
		area = area.Extend(orb.Point{lon[i], lat[i]})
		for _, before := range [2]int{i - 1, i - rows} {
			if before >= 0 && (before != i-1 || i%rows > 0) && math.Abs(lon[i]-lon[before]) > 180 {
				jumps = true
			}
		}
	}
	if jumps {
		area.Min[0], area.Max[0] = -180, 180
		if area.Max[1] > 45 { // maybe a pole between the points
			area.Max[1] = 90
		}
		if area.Min[1] < -45 {
			area.Min[1] = -90
		}
	}
	return area, false
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
