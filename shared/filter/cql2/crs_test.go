package cql2

import (
	"fmt"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/filter"
	"perigee/shared/geo"
	"perigee/shared/record"
)

// around is a box around a point of longitude and latitude in a reference system: its numbers in the order of the axes.
func around(crs geo.CRS, lon, lat, reach float64) [4]float64 {
	projection, _ := geo.Plain(crs)
	x, y := projection.Forward(lon, lat)
	if crs.LatLon() {
		x, y = y, x
	}
	return [4]float64{x - reach, y - reach, x + reach, y + reach}
}

// Places in another reference system, in the order of its axes, are those in longitude and latitude.
func TestPlacesInOtherSystems(t *testing.T) {
	for crs, reach := range map[geo.CRS]float64{geo.CRS84: 0.1, geo.WGS84: 0.1, geo.WebMercator: 9000, geo.CRS(32633): 9000} {
		for lon, want := range map[float64]bool{16: true, 17: false} {
			v := around(crs, lon, 48, reach)
			ring := fmt.Sprintf("POLYGON((%[1]f %[2]f, %[3]f %[2]f, %[3]f %[4]f, %[1]f %[4]f, %[1]f %[2]f))", v[0], v[1], v[2], v[3])
			text := fmt.Sprintf("S_INTERSECTS(geometry, BBOX(%f, %f, %f, %f)) AND S_WITHIN(geometry, %s)", v[0], v[1], v[2], v[3], ring)
			asJSON := fmt.Sprintf(`{"op":"and","args":[{"op":"s_intersects","args":[{"property":"geometry"},{"bbox":[%[1]f,%[2]f,%[3]f,%[4]f]}]},`+
				`{"op":"s_within","args":[{"property":"geometry"},{"type":"Polygon","coordinates":[[[%[1]f,%[2]f],[%[3]f,%[2]f],[%[3]f,%[4]f],[%[1]f,%[4]f],[%[1]f,%[2]f]]]}]}]}`, v[0], v[1], v[2], v[3])
			for _, read := range []func() (filter.Expr, error){
				func() (filter.Expr, error) { return ParseTextIn(crs, text, places84{}) },
				func() (filter.Expr, error) { return ParseJSONIn(crs, []byte(asJSON), places84{}) },
			} {
				e, err := read()
				if err != nil || filter.Holds(e, record.Record{Footprint: orb.Point{16, 48}}) != want {
					t.Errorf("%s around %v: %v", crs, lon, err)
				}
			}
		}
	}
	if _, err := ParseTextIn(geo.WGS84, "S_INTERSECTS(geometry, POINT(16 148))", places84{}); err != nil {
		t.Error(err)
	}
	if _, err := ParseTextIn(geo.WGS84, "S_INTERSECTS(geometry, POINT(148 16))", places84{}); err == nil {
		t.Error("a latitude of 148 is read")
	}
}

// places84 names the properties of records as they are.
type places84 struct{}

func (places84) Property(name string) (filter.Property, bool, error) {
	return filter.Property(name), false, nil
}
func (places84) Value(_ filter.Property, value string) string { return value }
