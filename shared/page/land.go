package page

import (
	_ "embed" // land and borders
	"strings"
	"sync"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/simplify"
)

// landText is the land of the world and the borders on it: Natural Earth 4.1, 1:50 000 000, which is in the public
// domain, simplified to 0.02 degrees. Each line is a ring of land or a border, written as an encoded polyline in
// hundredths of a degree, longitude first.
//
//go:embed land.txt
var landText string

// outline is a ring of land or a border, and where it is.
type outline struct {
	points orb.LineString
	bound  orb.Bound
}

// earth is what a map has as its ground.
type earth struct{ land, borders []outline }

// readEarth is decoded when the first map is drawn: most instances draw none.
var readEarth = sync.OnceValue(func() earth {
	var e earth
	for line := range strings.Lines(landText) {
		kind, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		points := decodePolyline(text)
		o := outline{points, points.Bound()}
		if kind == "land" {
			e.land = append(e.land, o)
		} else {
			e.borders = append(e.borders, o)
		}
	}
	return e
})

// decodePolyline reads the differences from point to point: five bits a character, the lowest first, the sign in the
// lowest bit.
func decodePolyline(text string) orb.LineString {
	var points orb.LineString
	var at [2]int
	axis, shift, value := 0, 0, 0
	for i := range len(text) {
		c := int(text[i]) - 63
		value |= c & 31 << shift
		shift += 5
		if c >= 32 {
			continue
		}
		if value&1 != 0 {
			value = ^value
		}
		at[axis] += value >> 1
		if axis == 1 {
			points = append(points, orb.Point{float64(at[0]) / 100, float64(at[1]) / 100})
		}
		axis, shift, value = 1-axis, 0, 0
	}
	return points
}

// within are the outlines as far as a view shows them, no finer than a tolerance in degrees. The view may go beyond 180
// degrees east or west, where the world begins anew.
func within(all []outline, view orb.Bound, tolerance float64, rings bool) []orb.LineString {
	var seen []orb.LineString
	fewer := simplify.DouglasPeucker(tolerance)
	for _, turn := range []float64{-360, 0, 360} {
		at := orb.Bound{Min: orb.Point{view.Min[0] - turn, view.Min[1]}, Max: orb.Point{view.Max[0] - turn, view.Max[1]}}
		for _, o := range all {
			if size := o.bound.Max[0] - o.bound.Min[0] + o.bound.Max[1] - o.bound.Min[1]; size < tolerance || !at.Intersects(o.bound) {
				continue
			}
			for _, part := range clipped(at, o.points, rings) {
				part = fewer.LineString(part)
				for i := range part {
					part[i][0] += turn
				}
				seen = append(seen, part)
			}
		}
	}
	return seen
}

// clipped is a line or ring as far as it lies in a box. Neither changes what it is given.
func clipped(box orb.Bound, points orb.LineString, ring bool) []orb.LineString {
	if !ring {
		return clip.LineString(box, points)
	}
	part := clip.Ring(box, orb.Ring(points.Clone()))
	if len(part) < 4 {
		return nil
	}
	return []orb.LineString{orb.LineString(part)}
}
