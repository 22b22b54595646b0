package geo

import (
	"testing"

	"github.com/paulmach/orb"
)

// A frame is the narrowest that holds all parts: one across the date line goes on beyond it, and no other does.
func TestFrame(t *testing.T) {
	box := func(west, east float64) orb.Polygon {
		return orb.Bound{Min: orb.Point{west, -1}, Max: orb.Point{east, 2}}.ToPolygon()
	}
	for name, c := range map[string]struct {
		of         orb.Geometry
		west, east float64
	}{
		"one part":                      {box(10, 12), 10, 12},
		"a part as wide as the world":   {box(-180, 180), -180, 180},
		"a point":                       {orb.Point{5, 1}, 5, 5},
		"parts beside each other":       {orb.MultiPolygon{box(10, 12), box(-4, 3)}, -4, 12},
		"across the date line":          {orb.MultiPolygon{box(170, 180), box(-180, -170)}, 170, 190},
		"across it, in another order":   {orb.MultiPolygon{box(-180, -170), box(170, 180)}, 170, 190},
		"across it, in four parts":      {orb.MultiPolygon{box(-180, -170), box(178, 180), box(-175, -160), box(165, 179)}, 165, 200},
		"on both sides of it":           {orb.MultiPolygon{box(170, 175), box(-170, -160)}, 170, 200},
		"on both sides of the world":    {orb.MultiPolygon{box(-95, -85), box(85, 95)}, -95, 95},
		"all around, but for a gap":     {orb.MultiPolygon{box(-180, 0), box(1, 180)}, 1, 360},
		"parts within another":          {orb.MultiPolygon{box(-180, 180), box(170, 180), box(-180, -170)}, -180, 180},
		"a collection across":           {orb.Collection{box(179, 180), orb.Collection{box(-180, -179)}}, 179, 181},
		"lines across":                  {orb.MultiLineString{{{179, -1}, {180, 2}}, {{-180, 2}, {-178, 2}}}, 179, 182},
		"all around, with the gap east": {orb.MultiPolygon{box(-180, 0), box(0, 179)}, -180, 179},
	} {
		got := Frame(c.of)
		if got.Min[0] != c.west || got.Max[0] != c.east || got.Min[1] != c.of.Bound().Min[1] || got.Max[1] != c.of.Bound().Max[1] {
			t.Errorf("%s: %v", name, got)
		}
	}
}
