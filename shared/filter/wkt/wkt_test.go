package wkt

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

func TestRead(t *testing.T) {
	square := orb.Ring{{0, 0}, {1, 0}, {1, 1}, {0, 0}}
	for text, want := range map[string]orb.Geometry{
		"POINT(1 2)":                 orb.Point{1, 2},
		" point ( -1.5e1\t+.5 ) ":    orb.Point{-15, .5},
		"POINT Z (1 2 3)":            orb.Point{1, 2},
		"POINTZ(1 2 3)":              orb.Point{1, 2},
		"POINT M(1 2 3)":             orb.Point{1, 2},
		"PointZM(1 2 3 4)":           orb.Point{1, 2},
		"POINT(1. 2 3 4)":            orb.Point{1, 2},
		"LINESTRING(1 2,3 4)":        orb.LineString{{1, 2}, {3, 4}},
		"POLYGON((0 0,1 0,1 1,0 0))": orb.Polygon{square},
		"POLYGON((0 0,1 0,1 1,0 0),(0 0,1 0,1 1,0 0))": orb.Polygon{square, square},
		"MULTIPOINT((1 2),(3 4))":                      orb.MultiPoint{{1, 2}, {3, 4}},
		"MULTIPOINT(1 2,3 4)":                          orb.MultiPoint{{1, 2}, {3, 4}},
		"MULTILINESTRING((1 2,3 4),(5 6,7 8))":         orb.MultiLineString{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}},
		"MULTIPOLYGON(((0 0,1 0,1 1,0 0)))":            orb.MultiPolygon{{square}},
		"GEOMETRYCOLLECTION(POINT(1 2),GEOMETRYCOLLECTION(LINESTRING(1 2,3 4)))": orb.Collection{
			orb.Point{1, 2}, orb.Collection{orb.LineString{{1, 2}, {3, 4}}}},
	} {
		for _, rest := range []string{"", ")", " AND x"} {
			var r Reader
			got, n, err := r.Read(text + rest)
			if err != nil || !reflect.DeepEqual(got, want) || strings.TrimSpace(text[n:]) != "" {
				t.Errorf("%s became %#v, %d bytes, %v\n want %#v", text+rest, got, n, err, want)
			}
		}
	}
}

func TestFailuresSayWhere(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "at character 1: found the end where a geometry",
		"CIRCLE(1 2)":                `at character 1: found "C" where a geometry`,
		"CIRCULARSTRING(1 2)":        "where a geometry",
		"POINT":                      "at character 6: found the end where (",
		"POINT(1)":                   `at character 8: found ")" where a number`,
		"POINT(1,2)":                 `at character 8: found "," where a number`,
		"POINT(1-2)":                 `at character 7: found "1" where a number`,
		"POINT(1 2x)":                `at character 9: found "2" where a number`,
		"POINT(1 2 3 4 5)":           `at character 15: found "5" where )`,
		"POINT Z(1 2)":               "where a number",
		"POINT Z(1 2 3 4)":           "where )",
		"POINT(1e999 2)":             "at character 7: 1e999 is not a number that can be reckoned with",
		"POINT(NaN 2)":               "where a number",
		"POINT(0x1 2)":               "where a number",
		"POINT(é 2)":                 `found "é" where`,
		"POINT EMPTY":                "at character 1: the POINT is empty",
		"POLYGON Z EMPTY":            "the POLYGON is empty",
		"POLYGONZ EMPTY":             "the POLYGON is empty",
		"LINESTRING(1 2)":            "at character 11: a line has two positions",
		"LINESTRING(1 2,3 4 5)":      `at character 20: found "5" where , or )`,
		"LINESTRING(1 2 3,3 4)":      "where a number",
		"POLYGON((0 0,1 0,1 1))":     "at character 9: a ring has four",
		"POLYGON((0 0,1 0,1 1,0 1))": "the last of which is the first",
		"POLYGON(0 0,1 0,1 1,0 1)":   "where (",
		"POLYGON((0 0,1 0,0 0":       "found the end where , or )",
		"MULTIPOINT()":               "where a number",
		"GEOMETRYCOLLECTION(1 2)":    "where a geometry",
		strings.Repeat("GEOMETRYCOLLECTION(", 5) + "POINT(1 2)": "nested deeper than 4",
	} {
		var r Reader
		_, _, err := r.Read(text)
		var located *Error
		if !errors.As(err, &located) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s failed with %v, want %s", text, err, want)
		}
	}
}

func TestPositionsAreBoundedInAll(t *testing.T) {
	line := "LINESTRING(" + strings.Repeat("1 2,", MaxPositions/2-1) + "1 2)"
	var r Reader
	for i := range 2 {
		if _, _, err := r.Read(line); err != nil {
			t.Fatalf("line %d: %v", i, err)
		}
	}
	if _, _, err := r.Read("POINT(1 2)"); err == nil || !strings.Contains(err.Error(), "more than 10000 positions") {
		t.Errorf("one more is read: %v", err)
	}
}

func TestStarts(t *testing.T) {
	for word, want := range map[string]bool{"point": true, "MultiPolygonZM": true, "POINTY": false, "ENVELOPE": false, "": false, "Z": false} {
		if Starts(word) != want {
			t.Errorf("Starts(%q) is %v", word, !want)
		}
	}
}

func FuzzWKT(f *testing.F) {
	for _, text := range []string{
		"POINT Z(1 2 3)", "LINESTRING(1 2,3 4)", "POLYGON((0 0,1 0,1 1,0 0))", "MULTIPOINT((1 2),3 4)", "MULTILINESTRING((1 2,3 4))",
		"MULTIPOLYGON(((0 0,1 0,1 1,0 0)))", "GEOMETRYCOLLECTION(POINT(1 2),POINT EMPTY)", "POINT(1e999 2)",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var r Reader
		g, n, err := r.Read(text)
		if err != nil {
			var located *Error
			if !errors.As(err, &located) || located.At < 0 || located.At > len(text) {
				t.Errorf("%q failed with %v", text, err)
			}
			return
		}
		var again Reader
		if g == nil || n > len(text) {
			t.Errorf("%q became %v in %d bytes", text, g, n)
		} else if same, m, err := again.Read(text[:n]); err != nil || m != n || !reflect.DeepEqual(g, same) {
			t.Errorf("the first %d bytes of %q became %v, %d, %v; not %v", n, text, same, m, err, g)
		}
	})
}
