package geo

import (
	"math"
	"testing"

	"github.com/paulmach/orb"
)

func TestFootprint(t *testing.T) {
	for _, c := range []struct {
		name    string
		outline []orb.Point
		want    orb.Geometry
	}{
		{"as it is", []orb.Point{{1, 1}, {2, 1}, {2, 2}, {1, 1}}, orb.Polygon{{{1, 1}, {2, 1}, {2, 2}, {1, 1}}}},
		{"open and clockwise", []orb.Point{{1, 1}, {2, 2}, {2, 1}}, orb.Polygon{{{1, 1}, {2, 1}, {2, 2}, {1, 1}}}},
		{"across the date line", []orb.Point{{179, 0}, {-179, 0}, {-179, 2}, {179, 2}}, orb.MultiPolygon{
			{{{179, 0}, {180, 0}, {180, 2}, {179, 2}, {179, 0}}}, {{{-180, 0}, {-179, 0}, {-179, 2}, {-180, 2}, {-180, 0}}}}},
		{"up to the date line", []orb.Point{{179, 0}, {180, 0}, {180, 2}, {179, 2}}, orb.Polygon{{{179, 0}, {180, 0}, {180, 2}, {179, 2}, {179, 0}}}},
		{"round the pole", []orb.Point{{-120, 80}, {0, 80}, {120, 80}}, orb.MultiPolygon{
			{{{-120, 80}, {0, 80}, {120, 80}, {180, 80}, {180, 90}, {-120, 90}, {-120, 80}}}, {{{-180, 80}, {-120, 80}, {-120, 90}, {-180, 90}, {-180, 80}}}}},
	} {
		got := Footprint(c.outline)
		if !orb.Equal(got, c.want) && !Equals(got, c.want) {
			t.Errorf("%s: %v, not %v", c.name, got, c.want)
		}
	}
}

// FuzzFootprint: whatever the outline, the parts lie within the earth's coordinates.
func FuzzFootprint(f *testing.F) {
	f.Add(179.0, 1.0, -179.0, 2.0, 170.0, 3.0)
	f.Add(-120.0, 80.0, 0.0, 80.0, 120.0, 80.0)
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g float64) {
		on := func(v, limit float64) float64 { return math.Mod(math.Round(v*1e6)/1e6, limit) }
		for _, v := range []float64{a, b, c, d, e, g} {
			if math.IsNaN(v) || math.Abs(v) > 1e9 {
				return
			}
		}
		bound := Footprint([]orb.Point{{on(a, 180), on(b, 90)}, {on(c, 180), on(d, 90)}, {on(e, 180), on(g, 90)}}).Bound()
		if !bound.IsEmpty() && (bound.Min[0] < -180.0001 || bound.Max[0] > 180.0001 || bound.Min[1] < -90 || bound.Max[1] > 90) {
			t.Errorf("%v", bound)
		}
	})
}
