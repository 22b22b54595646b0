package wkt

import (
	"reflect"
	"testing"

	"github.com/paulmach/orb"
	encoding "github.com/paulmach/orb/encoding/wkt"
	"pgregory.net/rapid"

	_ "perigee/test/draws" // the same each time
)

var points = rapid.Custom(func(t *rapid.T) orb.Point {
	return orb.Point{rapid.Float64Range(-180, 180).Draw(t, "x"), rapid.Float64Range(-90, 90).Draw(t, "y")}
})

var lines = rapid.Custom(func(t *rapid.T) orb.LineString { return rapid.SliceOfN(points, 2, 5).Draw(t, "line") })

var polygons = rapid.Custom(func(t *rapid.T) orb.Polygon {
	var polygon orb.Polygon
	for _, open := range rapid.SliceOfN(rapid.SliceOfN(points, 3, 5), 1, 3).Draw(t, "rings") {
		polygon = append(polygon, append(orb.Ring(open), open[0]))
	}
	return polygon
})

// geometries are of every kind; collections hold those of lesser depth.
func geometries(depth int) *rapid.Generator[orb.Geometry] {
	return rapid.Custom(func(t *rapid.T) orb.Geometry {
		switch rapid.IntRange(0, 5+min(depth, 1)).Draw(t, "kind") {
		case 0:
			return points.Draw(t, "point")
		case 1:
			return lines.Draw(t, "line")
		case 2:
			return polygons.Draw(t, "polygon")
		case 3:
			return orb.MultiPoint(rapid.SliceOfN(points, 1, 4).Draw(t, "points"))
		case 4:
			return orb.MultiLineString(rapid.SliceOfN(lines, 1, 3).Draw(t, "lines"))
		case 5:
			return orb.MultiPolygon(rapid.SliceOfN(polygons, 1, 3).Draw(t, "polygons"))
		}
		return orb.Collection(rapid.SliceOfN(geometries(depth-1), 1, 3).Draw(t, "parts"))
	})
}

// What another encoder writes is read as what it was.
func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := geometries(3).Draw(t, "geometry")
		text := encoding.MarshalString(g)
		var r Reader
		got, n, err := r.Read(text)
		if err != nil || n != len(text) || !reflect.DeepEqual(got, g) {
			t.Fatalf("%s became %v, %d bytes, %v", text, got, n, err)
		}
	})
}
