package stac

import (
	"fmt"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"pgregory.net/rapid"

	"perigee/shared/geo"
)

func TestGeometryFaults(t *testing.T) {
	cases := []struct{ name, raw, want, words string }{
		{"open ring", `{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}`, "geometry.coordinates[0]", "not closed"},
		{"short ring", `{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,0]]]}`, "geometry.coordinates[0]", "at least 4"},
		{"empty", `{"type":"Polygon","coordinates":[]}`, "geometry.coordinates", "at least 1"},
		{"longitude", `{"type":"Point","coordinates":[190,0]}`, "geometry.coordinates", "longitude 190"},
		{"latitude", `{"type":"MultiPoint","coordinates":[[0,0],[0,-91]]}`, "geometry.coordinates[1]", "latitude -91"},
		{"utm", `{"type":"Point","coordinates":[600000,5300000]}`, "geometry.coordinates geometry.coordinates", "longitude"},
		{"one number", `{"type":"Point","coordinates":[1]}`, "geometry.coordinates", "position"},
		{"text", `{"type":"Point","coordinates":["1","2"]}`, "geometry.coordinates", "position"},
		{"null", `{"type":"LineString","coordinates":[null,[0,0]]}`, "geometry.coordinates[0]", "position"},
		{"not an array", `{"type":"LineString","coordinates":{"a":1}}`, "geometry.coordinates", "object"},
		{"missing", `{"type":"LineString"}`, "geometry.coordinates", "missing"},
		{"no type", `{"coordinates":[0,0]}`, "geometry.type", "missing"},
		{"odd type", `{"type":"Circle","coordinates":[0,0]}`, "geometry.type", "Circle"},
		{"a string", `"here"`, "geometry", "not an object"},
		{"empty object", `{}`, "geometry", "is empty"},
		{"nested", strings.Repeat(`{"type":"GeometryCollection","geometries":[`, 6) + `{"type":"Point","coordinates":[0,0]}` + strings.Repeat("]}", 6), "geometry" + strings.Repeat(".geometries[0]", 4) + ".geometries", "nested"},
		{"too large", `{"type":"MultiPoint","coordinates":[` + strings.Repeat("[0,0],", maxVertices) + `[0,0]]}`, "geometry", "more than 100000 vertices"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g, err := DecodeGeometry([]byte(c.raw), "geometry")
			if g != nil || err == nil {
				t.Fatalf("%v, %v", g, err)
			}
			if got := locators(err); got != c.want {
				t.Errorf("faults at %q, want %q: %v", got, c.want, err)
			}
			if !strings.Contains(err.Error(), c.words) {
				t.Errorf("%q does not say %q", err, c.words)
			}
		})
	}
}

func TestGeometries(t *testing.T) {
	cases := []struct {
		raw  string
		want orb.Geometry
	}{
		{`{"type":"Point","coordinates":[1,2,300]}`, orb.Point{1, 2}},
		{`{"type":"Point","coordinates":[180.0000001,-90.0000001]}`, orb.Point{180, -90}},
		{`{"type":"LineString","coordinates":[[1,2],[3,4]]}`, orb.LineString{{1, 2}, {3, 4}}},
		{`{"type":"MultiLineString","coordinates":[[[1,2],[3,4]]]}`, orb.MultiLineString{{{1, 2}, {3, 4}}}},
		{square, orb.Polygon{{{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}}}},
		{`{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]}]}`, orb.Collection{orb.Point{1, 2}}},
	}
	for _, c := range cases {
		got, err := DecodeGeometry([]byte(c.raw), "geometry")
		if err != nil || !orb.Equal(got, c.want) {
			t.Errorf("%s: %v, %v", c.raw, got, err)
		}
	}
}

// Whatever orb writes is read as it was.
func TestGeometryRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		point := rapid.Custom(func(t *rapid.T) orb.Point {
			return orb.Point{rapid.Float64Range(-180, 180).Draw(t, "lon"), rapid.Float64Range(-90, 90).Draw(t, "lat")}
		})
		ring := rapid.Custom(func(t *rapid.T) orb.Ring {
			r := orb.Ring(rapid.SliceOfN(point, 3, 20).Draw(t, "ring"))
			return append(r, r[0])
		})
		polygon := rapid.Custom(func(t *rapid.T) orb.Polygon { return rapid.SliceOfN(ring, 1, 3).Draw(t, "polygon") })
		g := rapid.OneOf(
			rapid.Map(point, func(p orb.Point) orb.Geometry { return p }),
			rapid.Map(polygon, func(p orb.Polygon) orb.Geometry { return p }),
			rapid.Map(rapid.SliceOfN(polygon, 1, 3), func(p []orb.Polygon) orb.Geometry { return orb.MultiPolygon(p) }),
		).Draw(t, "geometry")
		raw, err := geojson.NewGeometry(g).MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeGeometry(raw, "g")
		if err != nil || !orb.Equal(got, g) {
			t.Fatalf("%s: %v, %v", raw, got, err)
		}
	})
}

func FuzzDecodeItem(f *testing.F) {
	f.Add([]byte(item(`"id":"a","assets":{"b":{"href":"x","eo:bands":[0,"r",{"name":"B1"}],"bands":[{}]}},"links":[{"rel":"a","href":"b"}]`, square, `"datetime":null`)))
	f.Add([]byte(`{"type":"Feature","geometry":{"type":"GeometryCollection","geometries":[{}]},"properties":{"a":[{"b":1e9}]}}`))
	f.Add([]byte(fmt.Sprintf(`{"type":"Feature","geometry":%s}`, strings.Replace(square, "[0,0]", `[9e9,"x"]`, 1))))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, _ = Type(raw)
		_, _ = DecodeCollection(raw)
		item, err := DecodeItem(raw)
		if (item == nil) == (err == nil) {
			t.Fatalf("%v, %v", item, err)
		}
		if item == nil {
			return
		}
		if item.ID == "" || item.Time.IsZero() {
			t.Fatalf("%+v", item)
		}
		if err := geo.Check(item.Geometry); err != nil {
			t.Fatal(err)
		}
	})
}
