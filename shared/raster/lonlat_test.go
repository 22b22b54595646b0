package raster

import (
	"math"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

func TestLonLat(t *testing.T) {
	r, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for crs, test := range map[geo.CRS][4]float64{ // x, y, longitude, latitude
		geo.WGS84: {16, 48, 16, 48}, 32633: {500000, 5300000, 15, 47.8537}, 3995: {0, 0, 0, 90}, 3035: {4321000, 3210000, 10, 52},
	} {
		x, y := []float64{test[0]}, []float64{test[1]}
		if err := r.LonLat(crs, x, y); err != nil || math.Abs(y[0]-test[3]) > .001 || crs != 3995 && math.Abs(x[0]-test[2]) > .001 {
			t.Errorf("%s: %g %g (%v)", crs, x[0], y[0], err)
		}
	}
	if err := r.LonLat(999999, []float64{0}, []float64{0}); fault.LocatorOf(err) != "crs" {
		t.Errorf("%v", err)
	}
}
