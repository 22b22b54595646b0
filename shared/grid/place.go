package grid

import (
	"math"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
)

// Place is where bounds of a set's CRS (easting first) lie in longitude and latitude, west beyond east where they cross
// the date line. It is not ok for a system that only PROJ knows, or where not all of the bounds can be placed.
func (s Set) Place(b orb.Bound) (place orb.Bound, ok bool) {
	projection, plain := geo.Plain(s.CRS)
	if !plain {
		return orb.Bound{}, false
	}
	if s.straight() {
		west, south := projection.Inverse(b.Min[0], b.Min[1])
		east, north := projection.Inverse(b.Max[0], b.Max[1])
		return turned(orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}), true
	}
	place, ok = around(b, projection.Inverse)
	return turned(place), ok
}

// Cover is a box in the set's CRS around a place in longitude and latitude, not much larger than it needs to be. It is
// not ok for a place across the date line, for a system that only PROJ knows, or where not all of the place has a part in it.
func (s Set) Cover(place orb.Bound) (b orb.Bound, ok bool) {
	projection, plain := geo.Plain(s.CRS)
	if !plain || place.Min[0] > place.Max[0] || !finite(place) {
		return orb.Bound{}, false
	}
	if !s.straight() {
		return around(place, projection.Forward)
	}
	if s.CRS == geo.WebMercator { // whose poles are infinitely far away
		const most = 85.06
		place.Min[1], place.Max[1] = min(max(place.Min[1], -most), most), min(max(place.Max[1], -most), most)
	}
	b.Min[0], b.Min[1] = projection.Forward(place.Min[0], place.Min[1])
	b.Max[0], b.Max[1] = projection.Forward(place.Max[0], place.Max[1])
	return b, true
}

// straight tells whether meridians and parallels are lines along the axes.
func (s Set) straight() bool { return s.CRS.Geographic() || s.CRS == geo.WebMercator }

// samples is how many points along a side are looked at where lines are curved. What curves between them stays within
// the margin, a part of the size of the box.
const (
	samples = 16
	margin  = 1.0 / 64
)

// around is the box around what becomes of a box: of a lattice of its points, because extremes may lie within.
func around(b orb.Bound, turn func(x, y float64) (float64, float64)) (box orb.Bound, ok bool) {
	box = orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	for i := range samples + 1 {
		for j := range samples + 1 {
			x, y := turn(b.Min[0]+(b.Max[0]-b.Min[0])*float64(i)/samples, b.Min[1]+(b.Max[1]-b.Min[1])*float64(j)/samples)
			if math.IsNaN(x-x) || math.IsNaN(y-y) { // infinite, or none
				return box, false
			}
			box = box.Extend(orb.Point{x, y})
		}
	}
	return box.Pad(margin * max(box.Max[0]-box.Min[0], box.Max[1]-box.Min[1])), true
}

// turned writes longitudes beyond the date line as such: the west is then beyond the east.
func turned(b orb.Bound) orb.Bound {
	if b.Max[0]-b.Min[0] >= 360 {
		b.Min[0], b.Max[0] = -180, 180
		return b
	}
	if b.Min[0] < -180 {
		b.Min[0] += 360
	}
	if b.Max[0] > 180 {
		b.Max[0] -= 360
	}
	return b
}
