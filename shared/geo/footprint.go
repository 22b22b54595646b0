package geo

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// Footprint makes the geometry of GeoJSON (RFC 7946, 3.1.6 and 3.1.9) of the outline of what a satellite saw, as its
// positions follow each other on the ground: the ring is closed and runs counterclockwise, it is cut at the date line
// when it crosses it, and what goes round a pole reaches the pole.
func Footprint(outline []orb.Point) orb.Geometry {
	ring := unrolled(closed(outline))
	if ring = roundPole(ring); len(ring) < 4 {
		return orb.Polygon{closed(outline)}
	}
	if ring.Orientation() == orb.CW {
		slices.Reverse(ring)
	}
	var parts orb.MultiPolygon
	west, east := ring.Bound().Min[0], ring.Bound().Max[0]
	for turn := math.Floor((west + 180) / 360); turn*360-180 < east; turn++ {
		part := between(ring, turn*360-180, turn*360+180)
		if len(part) < 4 {
			continue
		}
		for i := range part {
			part[i][0] -= turn * 360
		}
		parts = append(parts, orb.Polygon{part})
	}
	switch len(parts) {
	case 0: // a line back and forth
		return orb.Polygon{closed(outline)}
	case 1:
		return parts[0]
	}
	return parts
}

func closed(outline []orb.Point) orb.Ring {
	ring := slices.Clone(orb.Ring(outline))
	if len(ring) > 0 && ring[0] != ring[len(ring)-1] {
		ring = append(ring, ring[0])
	}
	return ring
}

// unrolled lets longitudes go on beyond 180 degrees, so that no step of the ring is longer than half the earth.
func unrolled(ring orb.Ring) orb.Ring {
	turn := 0.0
	for i := 1; i < len(ring); i++ {
		switch step := ring[i][0] + turn - ring[i-1][0]; {
		case step > 180:
			turn -= 360
		case step < -180:
			turn += 360
		}
		ring[i][0] += turn
	}
	return ring
}

// roundPole leads a ring that does not come back to where it began over the pole that it went round.
func roundPole(ring orb.Ring) orb.Ring {
	if len(ring) == 0 || math.Abs(ring[0][0]-ring[len(ring)-1][0]) < 180 {
		return ring
	}
	sum := 0.0
	for _, p := range ring {
		sum += p[1]
	}
	pole := math.Copysign(90, sum)
	return append(ring, orb.Point{ring[len(ring)-1][0], pole}, orb.Point{ring[0][0], pole}, ring[0])
}

// between is what of a ring lies between two meridians.
func between(ring orb.Ring, west, east float64) orb.Ring {
	part := cutAt(ring, west, func(x float64) bool { return x >= west })
	return cutAt(part, east, func(x float64) bool { return x <= east })
}

// cutAt keeps what of a ring lies on one side of a meridian (Sutherland and Hodgman).
func cutAt(ring orb.Ring, x float64, in func(x float64) bool) orb.Ring {
	var kept orb.Ring
	add := func(p orb.Point) {
		if len(kept) == 0 || kept[len(kept)-1] != p {
			kept = append(kept, p)
		}
	}
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if in(a[0]) {
			add(a)
		}
		if in(a[0]) != in(b[0]) {
			add(orb.Point{x, a[1] + (b[1]-a[1])*(x-a[0])/(b[0]-a[0])})
		}
	}
	if len(kept) > 0 && kept[0] != kept[len(kept)-1] {
		kept = append(kept, kept[0])
	}
	return kept
}
