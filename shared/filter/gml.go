package filter

import (
	"math"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

// gml reads a geometry of GML 2, 3.1.1 or 3.2.1 (Envelope, Box, Point, LineString, Polygon) into longitude and
// latitude. Coordinates come in the axis order of the CRS's authority; without srsName they are EPSG:4326, latitude
// first, as catalogue clients send them.
func gml(e *Element) (orb.Geometry, error) {
	toPoint, err := axes(e.attr("srsName"))
	if err != nil {
		return nil, err
	}
	switch e.Name.Local {
	case "Envelope", "Box":
		return box(e, toPoint)
	case "Point":
		points, err := positions(e, toPoint)
		if err != nil || len(points) != 1 {
			return nil, wrongGeometry(e, err)
		}
		return points[0], nil
	case "LineString":
		points, err := positions(e, toPoint)
		if err != nil || len(points) < 2 {
			return nil, wrongGeometry(e, err)
		}
		return orb.LineString(points), nil
	case "Polygon":
		return polygon(e, toPoint)
	}
	return nil, fault.At(fault.Invalid, "Filter", "the geometry %s is not read", e.Name.Local)
}

func wrongGeometry(e *Element, err error) error {
	if err != nil {
		return err
	}
	return fault.At(fault.Invalid, "Filter", "the coordinates of %s are not complete", e.Name.Local)
}

// axes gives how a pair of coordinates in a CRS becomes a point in longitude and latitude.
func axes(srsName string) (func(a, b float64) orb.Point, error) {
	if srsName == "" {
		return axesOf(geo.WGS84)
	}
	crs, err := geo.ParseCRS(srsName)
	if err != nil {
		return nil, fault.At(fault.Invalid, "srsName", "%w", err)
	}
	return axesOf(crs)
}

func axesOf(crs geo.CRS) (func(a, b float64) orb.Point, error) {
	projection, ok := geo.Plain(crs)
	if !ok {
		return nil, fault.At(fault.Invalid, "srsName", "geometries in %s are not read", crs)
	}
	return func(a, b float64) orb.Point {
		if crs.LatLon() {
			a, b = b, a
		}
		lon, lat := projection.Inverse(a, b)
		return orb.Point{lon, lat}
	}, nil
}

// BoxIn is the Box between two corners in a coordinate reference system, in the axis order of its authority.
func BoxIn(crs geo.CRS, lower, upper [2]float64) (orb.Geometry, error) {
	toPoint, err := axesOf(crs)
	if err != nil {
		return nil, err
	}
	return between(toPoint(lower[0], lower[1]), toPoint(upper[0], upper[1]))
}

// box reads an envelope; it may cross the date line.
func box(e *Element, toPoint func(a, b float64) orb.Point) (orb.Geometry, error) {
	points, err := positions(e, toPoint)
	if err != nil || len(points) != 2 {
		return nil, wrongGeometry(e, err)
	}
	return between(points[0], points[1])
}

func between(lower, upper orb.Point) (orb.Geometry, error) {
	if lower[1] > upper[1] {
		return nil, fault.At(fault.Invalid, "Filter", "the lower corner of the box lies north of the upper one")
	}
	return Box(lower[0], lower[1], upper[0], upper[1]), nil
}

func polygon(e *Element, toPoint func(a, b float64) orb.Point) (orb.Geometry, error) {
	var rings orb.Polygon
	for _, boundary := range e.Children {
		for _, ring := range boundary.Children {
			points, err := positions(ring, toPoint)
			if err != nil {
				return nil, err
			}
			if len(points) < 4 || points[0] != points[len(points)-1] {
				return nil, fault.At(fault.Invalid, "Filter", "a ring needs at least four positions, the last equal to the first")
			}
			rings = append(rings, orb.Ring(points))
		}
	}
	if len(rings) == 0 {
		return nil, wrongGeometry(e, nil)
	}
	return rings, nil
}

// positions collects the coordinates below an element: pos, posList, lowerCorner and upperCorner, coordinates, coord.
func positions(e *Element, toPoint func(a, b float64) orb.Point) ([]orb.Point, error) {
	var numbers []float64
	for _, c := range e.Children {
		fields := strings.Fields(c.Text)
		switch c.Name.Local {
		case "coordinates":
			fields = strings.FieldsFunc(c.Text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' || r == '\r' })
		case "pos", "posList", "lowerCorner", "upperCorner":
		case "coord":
			fields = nil
			for _, axis := range c.Children {
				fields = append(fields, axis.Text)
			}
		default:
			continue
		}
		for _, field := range fields {
			v, err := strconv.ParseFloat(field, 64)
			if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fault.At(fault.Invalid, "Filter", "%q is not a coordinate", field)
			}
			numbers = append(numbers, v)
		}
	}
	if len(numbers)%2 != 0 {
		return nil, wrongGeometry(e, nil)
	}
	var points []orb.Point
	for i := 0; i < len(numbers); i += 2 {
		points = append(points, toPoint(numbers[i], numbers[i+1]))
	}
	return points, nil
}
