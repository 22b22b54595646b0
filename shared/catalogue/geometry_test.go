package catalogue

import (
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"
)

func TestGeometriesComeBack(t *testing.T) {
	point := rapid.Custom(func(r *rapid.T) orb.Point {
		return orb.Point{rapid.Float64Range(-180, 180).Draw(r, "lon"), rapid.Float64Range(-90, 90).Draw(r, "lat")}
	})
	points := rapid.SliceOfN(point, 1, 10)
	rapid.Check(t, func(r *rapid.T) {
		p := points.Draw(r, "points")
		ring := orb.Ring(append(p, p[0]))
		for _, g := range []orb.Geometry{
			p[0], orb.MultiPoint(p), orb.LineString(p), orb.MultiLineString{p, p}, orb.Polygon{ring}, orb.MultiPolygon{{ring}, {ring, ring}},
			orb.Collection{p[0], orb.Polygon{ring}},
		} {
			bytes, err := encode(g)
			if err != nil {
				r.Fatal(err)
			}
			back, err := decode(bytes)
			if err != nil || !orb.Equal(g, back) {
				r.Fatalf("%v came back as %v, %v", g, back, err)
			}
		}
	})
	if bytes, err := encode(nil); bytes != nil || err != nil {
		t.Errorf("nothing became %v, %v", bytes, err)
	}
	if g, err := decode(nil); g != nil || err != nil {
		t.Errorf("nothing came back as %v, %v", g, err)
	}
	if _, err := decode([]byte{1, 2, 3}); err == nil {
		t.Error("three bytes are no geometry")
	}
}

func TestBoxesNeedNoCheck(t *testing.T) {
	square := orb.Bound{Min: orb.Point{0, 0}, Max: orb.Point{1, 1}}
	for _, c := range []struct {
		geometry orb.Geometry
		plain    bool
	}{
		{orb.Point{1, 2}, true}, {square, true}, {square.ToPolygon(), true},
		{orb.Polygon{{{0, 0}, {2, 2}, {2, 0}, {0, 2}, {0, 0}}}, false},
		{orb.Bound{Min: orb.Point{0, 0}, Max: orb.Point{0, 1}}.ToPolygon(), false},
		{append(square.ToPolygon(), orb.Ring{{0.2, 0.2}, {0.2, 0.4}, {0.4, 0.4}, {0.2, 0.2}}), false},
		{orb.LineString{{0, 0}, {1, 1}}, false},
	} {
		if plainBox(c.geometry) != c.plain {
			t.Errorf("%v is plain: %v", c.geometry, !c.plain)
		}
	}
}
