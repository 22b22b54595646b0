package literal

import (
	"regexp"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/project"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/geo"
)

// easting are the names of reference systems that come from a time when easting or longitude was always first.
var easting = regexp.MustCompile(`(?i)^https?://www\.opengis\.net/gml/srs/`)

// short are the names of reference systems that say nothing of their axes.
var short = regexp.MustCompile(`(?i)^EPSG:\d+$`)

const maxName = 200 // bytes, of a reference system

// CRS reads the name of a reference system in which filters may have coordinates. The form of a name decides on the
// order of coordinates: a URN or a URI of OGC (http://www.opengis.net/def/crs/…) has the order of the authority,
// latitude first for EPSG:4326; a URI of GML 2 (http://www.opengis.net/gml/srs/…) has longitude first; a short name
// (EPSG:4326) has longitude first where xFirst says that its context has.
func CRS(name string, xFirst bool) (geo.CRS, error) {
	name = strings.TrimSpace(name)
	if len(name) > maxName {
		return 0, fault.New(fault.Invalid, "%.60q is too long for the name of a coordinate reference system", name)
	}
	crs, err := geo.ParseCRS(name)
	if err != nil {
		return 0, err
	}
	if err := readable(crs); err != nil {
		return 0, err
	}
	if crs == geo.WGS84 && (easting.MatchString(name) || xFirst && short.MatchString(name)) {
		return geo.CRS84, nil
	}
	return crs, nil
}

// readable tells whether coordinates in a system can be brought to longitude and latitude.
func readable(crs geo.CRS) error {
	if _, ok := geo.Plain(crs); !ok {
		return fault.New(fault.Invalid, "coordinates in %s are not read: there are EPSG:4326, CRS:84, EPSG:3857 and the UTM zones of WGS 84", crs)
	}
	return nil
}

// Point gives the longitude and latitude of coordinates in a reference system of CRS, in the order of its axes.
func Point(crs geo.CRS, first, second float64) orb.Point {
	if crs.LatLon() {
		first, second = second, first
	}
	projection, ok := geo.Plain(crs)
	if !ok {
		return orb.Point{first, second}
	}
	lon, lat := projection.Inverse(first, second)
	return orb.Point{lon, lat}
}

// Box is the box between two corners in a reference system, in the order of its axes. In degrees it may cross the date
// line (west beyond east).
func Box(crs geo.CRS, lower, upper [2]float64) (orb.Geometry, error) {
	if err := readable(crs); err != nil {
		return nil, err
	}
	a, b := Point(crs, lower[0], lower[1]), Point(crs, upper[0], upper[1])
	rectangular := crs.Geographic() || crs == geo.WebMercator
	g := filter.Box(a[0], a[1], b[0], b[1])
	switch {
	case rectangular && a[1] > b[1]:
		return nil, fault.New(fault.Invalid, "the lower corner of the box lies north of the upper one")
	case !rectangular && (lower[0] > upper[0] || lower[1] > upper[1]):
		return nil, fault.New(fault.Invalid, "the lower corner of the box lies beyond the upper one")
	case !rectangular && lower[0] < upper[0] && lower[1] < upper[1]:
		g = outline(crs, lower, upper)
	}
	return g, geo.Check(g)
}

// sidePoints is how many positions a side of a rectangle gets that is bent on the globe.
const sidePoints = 16

// outline is the rectangle between two corners whose sides do not follow meridians and parallels.
func outline(crs geo.CRS, lower, upper [2]float64) orb.Geometry {
	corners := [5][2]float64{lower, {upper[0], lower[1]}, upper, {lower[0], upper[1]}, lower}
	var ring orb.Ring
	for i := range 4 {
		from, to := corners[i], corners[i+1]
		for step := range sidePoints {
			part := float64(step) / sidePoints
			ring = append(ring, Point(crs, from[0]+part*(to[0]-from[0]), from[1]+part*(to[1]-from[1])))
		}
	}
	return orb.Polygon{append(ring, ring[0])}
}

// Geometry brings a geometry, whose coordinates are in a reference system of CRS with easting or longitude first, to
// longitude and latitude.
func Geometry(crs geo.CRS, g orb.Geometry) orb.Geometry {
	projection, ok := geo.Plain(crs)
	if !ok || crs.Geographic() {
		return g
	}
	return project.Geometry(g, func(p orb.Point) orb.Point {
		lon, lat := projection.Inverse(p[0], p[1])
		return orb.Point{lon, lat}
	})
}
