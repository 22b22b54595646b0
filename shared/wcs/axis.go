package wcs

import (
	"strings"

	"perigee/shared/geo"
)

// axis is a direction of a coverage: 0 for easting or longitude, along which columns are counted, 1 for northing or latitude.
type axis int

// The axes by their names, whatever their case, and whether a name is one of longitude and latitude.
var axisNames = map[string]struct {
	axis
	degrees bool
}{
	"x": {0, false}, "e": {0, false}, "east": {0, false}, "easting": {0, false}, "y": {1, false}, "n": {1, false}, "north": {1, false}, "northing": {1, false},
	"long": {0, true}, "lon": {0, true}, "longitude": {0, true}, "lat": {1, true}, "latitude": {1, true},
}

// axisOf finds an axis by its name; a URL of one ends with it.
func axisOf(name string) (found axis, degrees, ok bool) {
	name = name[strings.LastIndexByte(name, '/')+1:]
	a, ok := axisNames[strings.ToLower(strings.TrimSpace(name))]
	return a.axis, a.degrees, ok
}

// system is how coordinates of a reference system are told.
type system struct {
	uri      string
	labels   string
	units    string
	northing bool // comes first
}

func systemOf(crs geo.CRS) system {
	s := system{uri: crs.URI(), labels: "x y", units: "m m", northing: crs.LatLon()}
	if crs == geo.Unnamed {
		s.uri = ""
	}
	if crs.Geographic() {
		s.labels, s.units = "long lat", "deg deg"
	}
	if s.northing {
		first, second, _ := strings.Cut(s.labels, " ")
		s.labels = second + " " + first
	}
	return s
}

// position writes coordinates, easting first, in the order of the system.
func (s system) position(x, y float64) string {
	if s.northing {
		x, y = y, x
	}
	return number(x) + " " + number(y)
}
