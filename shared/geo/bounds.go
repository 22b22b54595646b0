package geo

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// Bounds are those of the parts of a geometry, so that one that is cut at the date line is not taken for a band around
// the world.
func Bounds(g orb.Geometry) []orb.Bound {
	switch g := g.(type) {
	case nil:
		return nil
	case orb.MultiPolygon:
		return boundsOf(g)
	case orb.MultiLineString:
		return boundsOf(g)
	case orb.Collection:
		var all []orb.Bound
		for _, part := range g {
			all = append(all, Bounds(part)...)
		}
		return all
	}
	return []orb.Bound{g.Bound()}
}

func boundsOf[G orb.Geometry](parts []G) []orb.Bound {
	all := make([]orb.Bound, len(parts))
	for i, part := range parts {
		all[i] = part.Bound()
	}
	return all
}

// Around are boxes that hold everything that is as near to a box as a distance in metres, and a little more: one, or two
// across the date line.
func Around(b orb.Bound, metres float64) []orb.Bound {
	const metresPerDegree, margin = 110_000, 0.02 // of latitude, at least
	reach := metres/metresPerDegree + margin
	south, north := b.Min[1]-reach, b.Max[1]+reach
	world := orb.Bound{Min: orb.Point{-180, max(south, -90)}, Max: orb.Point{180, min(north, 90)}}
	if south < -89 || north > 89 {
		return []orb.Bound{world}
	}
	sideways := reach / math.Cos(max(-south, north)*math.Pi/180)
	west, east := b.Min[0]-sideways, b.Max[0]+sideways
	box := func(west, east float64) orb.Bound {
		return orb.Bound{Min: orb.Point{west, world.Min[1]}, Max: orb.Point{east, world.Max[1]}}
	}
	switch {
	case east-west >= 360:
		return []orb.Bound{world}
	case west < -180:
		return []orb.Bound{box(west+360, 180), box(-180, east)}
	case east > 180:
		return []orb.Bound{box(west, 180), box(-180, east-360)}
	}
	return []orb.Bound{box(west, east)}
}

// Frame is the narrowest box that holds all parts of a geometry. Where that lies across the date line, it goes on beyond it: its
// east is then above 180 degrees. The geometry is cut there, as RFC 7946, 3.1.9 has it.
func Frame(g orb.Geometry) orb.Bound {
	frame := g.Bound()
	parts := Bounds(g)
	slices.SortFunc(parts, func(a, b orb.Bound) int { return cmp.Compare(a.Min[0], b.Min[0]) })
	widest, reached := frame.Min[0]+360-frame.Max[0], frame.Min[0] // what is free, first beyond both ends
	for _, part := range parts {
		if free := part.Min[0] - reached; free > widest {
			widest = free
			frame.Min[0], frame.Max[0] = part.Min[0], reached+360
		}
		reached = max(reached, part.Max[0])
	}
	return frame
}
