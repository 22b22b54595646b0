// Package geo holds what everything else says about places: coordinate reference systems and their axis order, plain
// projections, raster grids and geometry checks. Geometries are those of paulmach/orb. Without I/O.
package geo

import (
	"regexp"
	"strconv"
	"strings"

	"perigee/shared/fault"
)

// CRS is a coordinate reference system: an EPSG code, or CRS84. The zero CRS is unknown.
type CRS int

// The systems this code names by itself. CRS84 is WGS 84 with longitude first (OGC 06-042 annex B.3); it has no EPSG
// code and carries a number outside their range.
const (
	CRS84       CRS = -84
	Unnamed     CRS = -1 // that of a grid which says itself what it is (Grid.WKT)
	WGS84       CRS = 4326
	WebMercator CRS = 3857
)

var crsForms = regexp.MustCompile(`(?i)^(?:EPSG:|urn:(?:ogc|x-ogc):def:crs:EPSG:[^:]*:|https?://www\.opengis\.net/def/crs/EPSG/[^/]+/|https?://www\.opengis\.net/gml/srs/epsg\.xml#)(\d{1,6})$`)
var crs84Forms = regexp.MustCompile(`(?i)^(?:(?:OGC:)?CRS:?84|urn:ogc:def:crs:OGC:[^:]*:CRS84|https?://www\.opengis\.net/def/crs/OGC/[^/]+/CRS84)$`)

// ParseCRS reads the short (EPSG:4326, CRS:84), URN and URL forms.
func ParseCRS(s string) (CRS, error) {
	s = strings.TrimSpace(s)
	if crs84Forms.MatchString(s) {
		return CRS84, nil
	}
	if m := crsForms.FindStringSubmatch(s); m != nil {
		code, err := strconv.Atoi(m[1])
		if err == nil && code > 0 {
			if code == 900913 {
				return WebMercator, nil
			}
			return CRS(code), nil
		}
	}
	return 0, fault.New(fault.Invalid, "%q is not a coordinate reference system that is known here", s)
}

// String is the short form: EPSG:32633, CRS:84.
func (c CRS) String() string {
	if c == CRS84 {
		return "CRS:84"
	}
	return "EPSG:" + strconv.Itoa(int(c))
}

// URN is the form OGC 07-092 defines: urn:ogc:def:crs:EPSG::32633.
func (c CRS) URN() string {
	if c == CRS84 {
		return "urn:ogc:def:crs:OGC:1.3:CRS84"
	}
	return "urn:ogc:def:crs:EPSG::" + strconv.Itoa(int(c))
}

// URI is the form that OGC APIs use: http://www.opengis.net/def/crs/EPSG/0/32633.
func (c CRS) URI() string {
	if c == CRS84 {
		return "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
	}
	return "http://www.opengis.net/def/crs/EPSG/0/" + strconv.Itoa(int(c))
}

// EPSG is the code by which PROJ knows the system in longitude-first order; CRS84 answers 4326.
func (c CRS) EPSG() int {
	if c == CRS84 {
		return int(WGS84)
	}
	return int(c)
}

// Geographic tells whether the coordinates are degrees.
func (c CRS) Geographic() bool {
	return c == CRS84 || listed(geographic, c)
}

// LatLon tells whether the authority's axis order is northing (or latitude) first, which WMS 1.3.0, FES 2.0 and GML 3
// in URN form follow. The geographic systems and many projected ones (EPSG:3035, EPSG:31466-31469) are.
func (c CRS) LatLon() bool {
	return listed(northingFirst, c)
}
