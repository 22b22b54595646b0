package geo

import (
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
)

var square = orb.Ring{{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}}

func TestCheck(t *testing.T) {
	deep := orb.Geometry(orb.Point{1, 2})
	for range 6 {
		deep = orb.Collection{deep}
	}
	for _, c := range []struct {
		name     string
		geometry orb.Geometry
		fault    string // part of the message, empty for none
	}{
		{"a point", orb.Point{180, -90}, ""},
		{"points", orb.MultiPoint{{1, 2}, {3, 4}}, ""},
		{"a line", orb.LineString{{1, 2}, {3, 4}}, ""},
		{"lines", orb.MultiLineString{{{1, 2}, {3, 4}}}, ""},
		{"a polygon", orb.Polygon{square}, ""},
		{"polygons", orb.MultiPolygon{{square}, {square, square}}, ""},
		{"a box", orb.Bound{Min: orb.Point{0, 0}, Max: orb.Point{1, 1}}, ""},
		{"a collection", orb.Collection{orb.Point{1, 2}, orb.Polygon{square}}, ""},
		{"nothing", nil, "not a geometry"},
		{"no points", orb.MultiPoint{}, "needs 1"},
		{"no parts", orb.MultiPolygon{}, "no positions"},
		{"an empty collection", orb.Collection{}, "no positions"},
		{"a short line", orb.LineString{{1, 2}}, "needs 2"},
		{"no ring", orb.Polygon{}, "no ring"},
		{"a short ring", orb.Polygon{{{0, 0}, {1, 1}, {0, 0}}}, "needs 4"},
		{"an open ring", orb.Polygon{{{0, 0}, {1, 0}, {1, 1}, {0, 1}}}, "not closed"},
		{"an open hole", orb.Polygon{square, {{0, 0}, {1, 0}, {1, 1}, {0, 1}}}, "not closed"},
		{"too far east", orb.Point{180.1, 0}, "180.1 0 is not on the globe"},
		{"too far south", orb.LineString{{0, 0}, {0, -91}}, "not on the globe"},
		{"not a number", orb.Point{math.NaN(), 0}, "not on the globe"},
		{"infinite", orb.Point{0, math.Inf(-1)}, "not on the globe"},
		{"a ring alone", square, "not a geometry"},
		{"nested", deep, "nested"},
		{"too many positions", make(orb.MultiPoint, MaxPositions+1), "more than"},
		{"too many in parts", orb.MultiLineString{make(orb.LineString, MaxPositions), make(orb.LineString, 2)}, "more than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Check(c.geometry)
			if c.fault == "" && err != nil || c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)) {
				t.Errorf("%v, want %q", err, c.fault)
			}
			if err != nil && (fault.KindOf(err) != fault.Invalid || fault.LocatorOf(err) != "geometry") {
				t.Errorf("%v at %q", fault.KindOf(err), fault.LocatorOf(err))
			}
		})
	}
}

func TestIntersects(t *testing.T) {
	at := func(west, south, size float64) orb.Polygon {
		return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{west + size, south + size}}.ToPolygon()
	}
	ring := append(at(0, 0, 10), orb.Ring(at(2, 2, 6)[0]))
	for _, c := range []struct {
		name string
		a, b orb.Geometry
		want bool
	}{
		{"overlapping", at(0, 0, 2), at(1, 1, 2), true},
		{"apart", at(0, 0, 1), at(2, 2, 1), false},
		{"boxes overlap, shapes do not", orb.Polygon{{{0, 0}, {4, 0}, {0, 4}, {0, 0}}}, at(3, 3, 1), false},
		{"sharing an edge", at(0, 0, 1), at(1, 0, 1), true},
		{"sharing a corner", at(0, 0, 1), at(1, 1, 1), true},
		{"one in the other", at(0, 0, 10), at(4, 4, 1), true},
		{"in a hole", ring, at(4, 4, 1), false},
		{"touching the hole's edge", ring, at(2, 4, 1), true},
		{"around a hole", ring, at(1, 1, 8), true},
		{"a point inside", at(0, 0, 2), orb.Point{1, 1}, true},
		{"a point on the border", at(0, 0, 2), orb.Point{2, 1}, true},
		{"a point in a hole", ring, orb.Point{5, 5}, false},
		{"the same point", orb.Point{1, 1}, orb.MultiPoint{{0, 0}, {1, 1}}, true},
		{"different points", orb.Point{1, 1}, orb.MultiPoint{{0, 0}, {2, 2}}, false},
		{"a point on a line", orb.LineString{{0, 0}, {2, 2}}, orb.Point{1, 1}, true},
		{"a point behind a line", orb.LineString{{0, 0}, {2, 2}, {4, 0}}, orb.Point{3, 3}, false},
		{"crossing lines", orb.LineString{{0, 0}, {2, 2}}, orb.LineString{{0, 2}, {2, 0}}, true},
		{"lines on top of each other", orb.LineString{{0, 0}, {2, 0}}, orb.LineString{{1, 0}, {3, 0}}, true},
		{"lines one after the other", orb.LineString{{0, 0}, {1, 0}}, orb.LineString{{2, 0}, {3, 0}}, false},
		{"a line through", at(1, 1, 1), orb.MultiLineString{{{5, 5}, {6, 6}}, {{0, 0}, {3, 3}}}, true},
		{"a line inside", at(0, 0, 5), orb.LineString{{1, 1}, {2, 2}}, true},
		{"one of many", orb.MultiPolygon{at(0, 0, 1), at(5, 5, 1)}, orb.Collection{orb.Point{9, 9}, at(5, 5, 9)}, true},
		{"a box", orb.Bound{Min: orb.Point{0, 0}, Max: orb.Point{1, 1}}, orb.Ring(at(0.5, 0.5, 3)[0]), true},
		{"nothing", nil, orb.Point{1, 1}, false},
	} {
		if Intersects(c.a, c.b) != c.want || Intersects(c.b, c.a) != c.want {
			t.Errorf("%s: %v and %v", c.name, Intersects(c.a, c.b), Intersects(c.b, c.a))
		}
	}
}
