package fes

import (
	"slices"

	"github.com/paulmach/orb"

	"perigee/shared/filter/literal"
	"perigee/shared/geo"
)

// shapes are the geometries of GML that are read.
var shapes = map[string]bool{
	"Envelope": true, "Box": true, "Point": true, "LineString": true, "Curve": true, "CompositeCurve": true, "Polygon": true, "Surface": true,
	"CompositeSurface": true, "MultiPoint": true, "MultiLineString": true, "MultiCurve": true, "MultiPolygon": true, "MultiSurface": true,
	"MultiGeometry": true,
}

// geometry reads a geometry into longitude and latitude, and checks that it lies on the globe.
func (p *parser) geometry(e *Element) (orb.Geometry, error) {
	g, err := p.shape(e)
	if err == nil {
		err = e.failed(geo.Check(g))
	}
	return g, err
}

// shape reads a geometry of GML 2, 3.1.1 or 3.2.1.
func (p *parser) shape(e *Element) (g orb.Geometry, err error) {
	switch e.name.Local {
	case "Envelope", "Box":
		return p.box(e)
	case "Point":
		return p.point(e)
	case "LineString", "Curve", "CompositeCurve":
		return p.line(e)
	case "Polygon":
		return p.polygon(e)
	case "Surface", "CompositeSurface", "MultiPolygon", "MultiSurface":
		return p.surfaces(e)
	case "MultiPoint", "MultiLineString", "MultiCurve", "MultiGeometry":
		return p.collection(e)
	}
	return nil, e.wrong("the geometry %s is not read", e.name.Local)
}

// of refuses an element that is not of GML or has another name than one of these.
func of(e *Element, names ...string) error {
	if !isGML(e) || !slices.Contains(names, e.name.Local) {
		return e.wrong("%s is not read here, where there is %s", e.name.Local, orList(names))
	}
	return nil
}

// orList lists names: a, b or c.
func orList(names []string) string {
	list := names[0]
	for i, name := range names[1:] {
		if i == len(names)-2 {
			list += " or " + name
		} else {
			list += ", " + name
		}
	}
	return list
}

// described are the elements that say something of a geometry or a time beside its coordinates.
var described = map[string]bool{
	"metaDataProperty": true, "description": true, "descriptionReference": true, "identifier": true, "name": true, "boundedBy": true,
}

// parts are the elements within an element that are not its description.
func parts(e *Element) []*Element {
	var all []*Element
	for _, child := range e.children {
		if !described[child.name.Local] {
			all = append(all, child)
		}
	}
	return all
}

// members are the elements within the properties of an element, which have one of the names.
func members(e *Element, properties ...string) ([]*Element, error) {
	var all []*Element
	for _, property := range parts(e) {
		if err := of(property, properties...); err != nil {
			return nil, err
		}
		if len(property.children) == 0 {
			return nil, property.wrong("%s is empty, and references elsewhere are not followed", property.name.Local)
		}
		all = append(all, property.children...)
	}
	if len(all) == 0 {
		return nil, e.wrong("%s is empty", e.name.Local)
	}
	return all, nil
}

// point reads a Point.
func (p *parser) point(e *Element) (orb.Point, error) {
	points, err := p.points(e)
	if err != nil {
		return orb.Point{}, err
	}
	if len(points) != 1 {
		return orb.Point{}, e.wrong("a Point has one position, not %d", len(points))
	}
	return points[0], nil
}

// line reads a LineString, or a Curve or CompositeCurve whose parts follow each other.
func (p *parser) line(e *Element) (orb.LineString, error) {
	switch e.name.Local {
	case "Curve":
		segments, err := members(e, "segments")
		if err != nil {
			return nil, err
		}
		return p.joined(segments, "LineStringSegment")
	case "CompositeCurve", "Ring":
		curves, err := members(e, "curveMember")
		if err != nil {
			return nil, err
		}
		return p.joined(curves, "LineString", "Curve", "CompositeCurve")
	}
	points, err := p.points(e)
	if err == nil && len(points) < 2 {
		err = e.wrong("a line has two positions at least, not %d", len(points))
	}
	return points, err
}

// joined reads lines that make one.
func (p *parser) joined(list []*Element, names ...string) (orb.LineString, error) {
	var whole orb.LineString
	for _, e := range list {
		if err := of(e, names...); err != nil {
			return nil, err
		}
		line, err := p.line(e)
		if err != nil {
			return nil, err
		}
		if len(whole) > 0 {
			if whole[len(whole)-1] != line[0] {
				return nil, e.wrong("the line does not begin where the one before it ends")
			}
			line = line[1:]
		}
		whole = append(whole, line...)
	}
	return whole, nil
}

// polygon reads a Polygon or a patch of a Surface, by the names for boundaries that GML 2 and GML 3 have.
func (p *parser) polygon(e *Element) (orb.Polygon, error) {
	var rings orb.Polygon
	for _, boundary := range parts(e) {
		if err := of(boundary, "exterior", "interior", "outerBoundaryIs", "innerBoundaryIs"); err != nil {
			return nil, err
		}
		outer := boundary.name.Local == "exterior" || boundary.name.Local == "outerBoundaryIs"
		if outer != (len(rings) == 0) || len(boundary.children) != 1 {
			return nil, boundary.wrong("a polygon has one exterior and then interiors, of one ring each")
		}
		ring, err := p.ring(boundary.children[0])
		if err != nil {
			return nil, err
		}
		rings = append(rings, ring)
	}
	if len(rings) == 0 {
		return nil, e.wrong("%s has no exterior", e.name.Local)
	}
	return rings, nil
}

func (p *parser) ring(e *Element) (orb.Ring, error) {
	if err := of(e, "LinearRing", "Ring"); err != nil {
		return nil, err
	}
	line, err := p.line(e)
	if err == nil && (len(line) < 4 || line[0] != line[len(line)-1]) {
		err = e.wrong("a ring has four positions at least, the last of which is the first")
	}
	return orb.Ring(line), err
}

// surfacesOf are the properties of what is made of surfaces.
var surfacesOf = map[string][]string{
	"Surface": {"patches", "polygonPatches"}, "CompositeSurface": {"surfaceMember"},
	"MultiPolygon": {"polygonMember"}, "MultiSurface": {"surfaceMember", "surfaceMembers"},
}

// surfaces reads what is made of surfaces, into one set of polygons.
func (p *parser) surfaces(e *Element) (orb.MultiPolygon, error) {
	list, err := members(e, surfacesOf[e.name.Local]...)
	if err != nil {
		return nil, err
	}
	names := []string{"Polygon", "Surface", "CompositeSurface"}
	if e.name.Local == "Surface" {
		names = []string{"PolygonPatch", "Triangle", "Rectangle"}
	}
	var all orb.MultiPolygon
	for _, member := range list {
		if err := of(member, names...); err != nil {
			return nil, err
		}
		var some orb.MultiPolygon
		if surfacesOf[member.name.Local] != nil {
			some, err = p.surfaces(member)
		} else {
			some = make(orb.MultiPolygon, 1)
			some[0], err = p.polygon(member)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// collection reads a set of points, lines or any geometries.
func (p *parser) collection(e *Element) (orb.Geometry, error) {
	switch e.name.Local {
	case "MultiPoint":
		all, err := gather(e, p.point, []string{"pointMember", "pointMembers"}, "Point")
		return orb.MultiPoint(all), err
	case "MultiLineString":
		all, err := gather(e, p.line, []string{"lineStringMember"}, "LineString")
		return orb.MultiLineString(all), err
	case "MultiCurve":
		all, err := gather(e, p.line, []string{"curveMember", "curveMembers"}, "LineString", "Curve", "CompositeCurve")
		return orb.MultiLineString(all), err
	}
	list, err := members(e, "geometryMember", "geometryMembers")
	var all orb.Collection
	for _, member := range list {
		g, err := p.shape(member)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return all, err
}

// gather reads the members of a set, which have one of the names.
func gather[T any](e *Element, read func(*Element) (T, error), properties []string, names ...string) ([]T, error) {
	list, err := members(e, properties...)
	if err != nil {
		return nil, err
	}
	var all []T
	for _, member := range list {
		if err := of(member, names...); err != nil {
			return nil, err
		}
		one, err := read(member)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// box reads an Envelope or a Box; in degrees it may cross the date line.
func (p *parser) box(e *Element) (orb.Geometry, error) {
	var system geo.CRS
	var corners [][2]float64
	err := p.eachPosition(e, func(crs geo.CRS, first, second float64) {
		system = crs
		corners = append(corners, [2]float64{first, second})
	})
	if err != nil {
		return nil, err
	}
	if len(corners) != 2 {
		return nil, e.wrong("%s has two corners, not %d", e.name.Local, len(corners))
	}
	g, err := literal.Box(system, corners[0], corners[1])
	return g, e.failed(err)
}

// points collects the positions within an element, in longitude and latitude.
func (p *parser) points(e *Element) (orb.LineString, error) {
	var all orb.LineString
	err := p.eachPosition(e, func(crs geo.CRS, first, second float64) {
		all = append(all, literal.Point(crs, first, second))
	})
	return all, err
}
