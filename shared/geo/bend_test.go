package geo

import (
	"encoding/json"
	"math"
	"testing"
)

func TestBendGoesThroughItsPoints(t *testing.T) {
	place := func(c, r float64) (x, y float64) {
		return 500000 + 10*c + 2*r + 1e-4*c*r, 5400000 - 9*r + c + 1e-4*r*r
	}
	var points []ControlPoint
	for _, c := range []float64{0, 500, 1000} {
		for _, r := range []float64{0, 400, 900} {
			x, y := place(c, r)
			points = append(points, ControlPoint{c, r, x, y})
		}
	}
	b, near, ok := BendOf(points)
	if !ok {
		t.Fatal("no polynomial goes through nine points")
	}
	g := Grid{CRS: 32633, Transform: near, Bend: &b, Width: 1000, Height: 900}
	if !g.Valid() || math.Abs(g.Resolution()-10) > 2 {
		t.Errorf("the resolution is %g", g.Resolution())
	}
	stored, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	var read Grid
	if err := json.Unmarshal(stored, &read); err != nil {
		t.Fatal(err)
	}
	x, y := read.World(321, 123)
	if wx, wy := place(321, 123); math.Hypot(x-wx, y-wy) > 1e-3 {
		t.Errorf("column 321, row 123 lies at %f %f, not at %f %f", x, y, wx, wy)
	}
	if c, r := read.Pixel(x, y); math.Hypot(c-321, r-123) > 1 { // the inverse of a polynomial is none
		t.Errorf("and back at %f %f", c, r)
	}
}

func TestPointsThatTieNothing(t *testing.T) {
	for name, points := range map[string][]ControlPoint{
		"none": nil, "two": {{0, 0, 1, 1}, {1, 1, 2, 2}},
		"on a line": {{0, 0, 1, 1}, {1, 1, 2, 2}, {2, 2, 3, 3}, {3, 3, 4, 4}},
		"one place": {{0, 0, 1, 1}, {5, 0, 1, 1}, {0, 5, 1, 1}, {5, 5, 1, 1}},
		"endless":   {{0, 0, 1, 1}, {5, 0, math.Inf(1), 1}, {0, 5, 1, 2}, {5, 5, 1, 1}},
	} {
		if _, _, ok := BendOf(points); ok {
			t.Errorf("%s: a polynomial was found", name)
		}
	}
	if _, near, ok := BendOf([]ControlPoint{{0, 0, 10, 20}, {10, 0, 30, 20}, {0, 10, 10, 0}}); !ok || math.Abs(near[1]-2) > 1e-12 || math.Abs(near[5]+2) > 1e-12 || math.Abs(near[0]-10) > 1e-12 {
		t.Errorf("three points give %v, %v", near, ok)
	}
}
