package filter

import (
	"reflect"
	"testing"

	"github.com/paulmach/orb"
)

// Every box is a valid geometry, however little of it there is.
func TestBox(t *testing.T) {
	thin := 4e-13
	for _, c := range []struct {
		box  [4]float64
		want orb.Geometry
	}{
		{[4]float64{1, 2, 3, 4}, orb.Polygon{{{1, 2}, {3, 2}, {3, 4}, {1, 4}, {1, 2}}}},
		{[4]float64{1, 2, 1, 2}, orb.Point{1, 2}},
		{[4]float64{1, 2, 1, 4}, orb.LineString{{1, 2}, {1, 4}}},
		{[4]float64{1, 2, 3, 2}, orb.LineString{{1, 2}, {3, 2}}},
		{[4]float64{179, 0, -179, 1}, orb.MultiPolygon{{{{179, 0}, {180, 0}, {180, 1}, {179, 1}, {179, 0}}}, {{{-180, 0}, {-179, 0}, {-179, 1}, {-180, 1}, {-180, 0}}}}},
		{[4]float64{179, 0, -179, 0}, orb.MultiLineString{{{179, 0}, {180, 0}}, {{-180, 0}, {-179, 0}}}},
		{[4]float64{180, 0, -179, 1}, orb.Polygon{{{-180, 0}, {-179, 0}, {-179, 1}, {-180, 1}, {-180, 0}}}},
		{[4]float64{179, 0, -180, 1}, orb.Polygon{{{179, 0}, {180, 0}, {180, 1}, {179, 1}, {179, 0}}}},
		{[4]float64{180, 0, -180, 1}, orb.LineString{{-180, 0}, {-180, 1}}}, // the date line itself
		{[4]float64{1, -thin, 3, thin}, orb.Polygon{{{1, thin - Thinnest}, {3, thin - Thinnest}, {3, thin}, {1, thin}, {1, thin - Thinnest}}}},
		{[4]float64{-180, -90, 1e-13 - 180, -89}, orb.Polygon{{{-180, -90}, {Thinnest - 180, -90}, {Thinnest - 180, -89}, {-180, -89}, {-180, -90}}}},
	} {
		if got := Box(c.box[0], c.box[1], c.box[2], c.box[3]); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v is %#v, want %#v", c.box, got, c.want)
		}
	}
}
