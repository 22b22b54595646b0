package geo

import "testing"

func TestAxes(t *testing.T) {
	tests := []struct {
		crs                   CRS
		geographic, northings bool
	}{
		{CRS84, true, false}, {WGS84, true, true}, {WebMercator, false, false}, {32633, false, false}, {32733, false, false},
		{3035, false, true}, {3034, false, true}, {31467, false, true}, {2193, false, true}, {3006, false, true}, {28992, false, false},
		{4258, true, true}, {7844, true, true}, {4087, false, false}, {3819, true, true}, {0, false, false}, {999999, false, false},
	}
	for _, test := range tests {
		if test.crs.Geographic() != test.geographic || test.crs.LatLon() != test.northings {
			t.Errorf("%v: geographic %t, northing first %t", test.crs, test.crs.Geographic(), test.crs.LatLon())
		}
	}
}

// The spans are in order and apart, or a search among them would miss some.
func TestSpans(t *testing.T) {
	for _, spans := range [][]span{northingFirst, geographic} {
		for i, s := range spans {
			if s.from > s.to || i > 0 && spans[i-1].to >= s.from {
				t.Errorf("%v after %v", s, spans[max(i-1, 0)])
			}
		}
	}
}
