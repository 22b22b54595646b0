package geo

import (
	"math"
	"testing"

	"github.com/paulmach/orb"
)

func tile(west, south, size float64) orb.Polygon {
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{west + size, south + size}}.ToPolygon()
}

// The whole ellipsoid has 510 065 621.724 km², and so have its parts together.
func TestArea(t *testing.T) {
	globe := Area(orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}})
	if math.Abs(globe-510_065_621_724_088.5) > 10 {
		t.Errorf("the globe has %f m²", globe)
	}
	var parts orb.Collection
	for west := -180.0; west < 180; west += 30 {
		for south := -90.0; south < 90; south += 30 {
			parts = append(parts, tile(west, south, 30))
		}
	}
	if together := Area(parts); math.Abs(together-globe) > 10 {
		t.Errorf("its parts have %f m²", together)
	}
	with := append(tile(0, 40, 3), tile(1, 41, 1)[0])
	if holed := Area(with) + Area(tile(1, 41, 1)) - Area(tile(0, 40, 3)); math.Abs(holed) > 1 {
		t.Errorf("a hole is %f m² off", holed)
	}
	for _, g := range []orb.Geometry{nil, orb.Point{1, 2}, orb.LineString{{0, 0}, {1, 1}}, orb.MultiPoint{{1, 2}}} {
		if area := Area(g); area != 0 {
			t.Errorf("%v has %f m²", g, area)
		}
	}
}

func TestCentroidAndEnvelope(t *testing.T) {
	hole := append(tile(0, 0, 4), tile(0, 0, 2)[0])
	for _, c := range []struct {
		name     string
		of       orb.Geometry
		centroid orb.Point
		envelope orb.Geometry
	}{
		{"a point", orb.Point{1, 2}, orb.Point{1, 2}, orb.Point{1, 2}},
		{"points", orb.MultiPoint{{0, 0}, {2, 0}}, orb.Point{1, 0}, orb.LineString{{0, 0}, {2, 0}}},
		{"a line", orb.LineString{{0, 0}, {2, 0}, {2, 2}}, orb.Point{1.5, 0.5}, tile(0, 0, 2)},
		{"an area", tile(1, 1, 2), orb.Point{2, 2}, tile(1, 1, 2)},
		{"an area with a hole", hole, orb.Point{7.0 / 3, 7.0 / 3}, tile(0, 0, 4)},
		{"an area among others", orb.Collection{orb.Point{9, 9}, tile(1, 1, 2)}, orb.Point{2, 2}, tile(1, 1, 8)},
		{"two areas", orb.MultiPolygon{tile(0, 0, 1), tile(2, 0, 1)}, orb.Point{1.5, 0.5}, orb.Bound{Max: orb.Point{3, 1}}.ToPolygon()},
	} {
		if got := Centroid(c.of); math.Hypot(got[0]-c.centroid[0], got[1]-c.centroid[1]) > 1e-12 {
			t.Errorf("the centroid of %s is %v", c.name, got)
		}
		if got := Envelope(c.of); !orb.Equal(got, c.envelope) {
			t.Errorf("the envelope of %s is %v", c.name, got)
		}
	}
}
