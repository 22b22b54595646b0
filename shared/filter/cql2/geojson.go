package cql2

import (
	"encoding/json"

	"github.com/paulmach/orb"

	"perigee/shared/filter"
)

// geometry reads a geometry of GeoJSON (RFC 7946); its bbox is not looked at.
func (p *jsonParser) geometry(v *value, o object) (filter.Operand, error) {
	g, err := p.shape(v, o, 0)
	if err != nil {
		return nil, err
	}
	s, err := p.places.shape(g)
	return s, v.located(err)
}

// shape reads a geometry, depth deep within collections.
func (p *jsonParser) shape(v *value, o object, depth int) (orb.Geometry, error) {
	kind, err := o.member("type").text("the type of a geometry")
	if err != nil {
		return nil, err
	}
	held := o.member("coordinates")
	if kind == "GeometryCollection" {
		held = o.member("geometries")
	}
	if held == nil {
		return nil, v.failing("the %s holds nothing", shorten(kind))
	}
	switch kind {
	case "Point":
		return p.point(held)
	case "LineString":
		return p.line(held)
	case "Polygon":
		return p.polygon(held)
	case "MultiPoint":
		g, err := many(held, "an array of positions", p.point)
		return orb.MultiPoint(g), err
	case "MultiLineString":
		g, err := many(held, "an array of lines", p.line)
		return orb.MultiLineString(g), err
	case "MultiPolygon":
		g, err := many(held, "an array of polygons", p.polygon)
		return orb.MultiPolygon(g), err
	case "GeometryCollection":
		g, err := many(held, "an array of geometries", func(v *value) (orb.Geometry, error) { return p.part(v, depth+1) })
		return orb.Collection(g), err
	}
	return nil, o.member("type").failing("%q is not a geometry of GeoJSON", shorten(kind))
}

// maxCollections bounds the geometry collections within each other.
const maxCollections = 4

// part reads a geometry of a collection.
func (p *jsonParser) part(v *value, depth int) (orb.Geometry, error) {
	o, ok := v.content.(object)
	if !ok || o.member("type") == nil {
		return nil, v.failing("%v stands where a geometry was expected", v)
	}
	for _, m := range o {
		if m.key != "type" && m.key != "coordinates" && m.key != "geometries" && m.key != "bbox" {
			return nil, m.failing("a geometry has no such member")
		}
	}
	if depth > maxCollections {
		return nil, v.failing("geometry collections are nested deeper than %d", maxCollections)
	}
	return p.shape(v, o, depth)
}

// array gives the elements of a value that must be an array.
func (v *value) array(wanted string) (elements, error) {
	all, ok := v.content.(elements)
	if !ok {
		return nil, v.failing("%v stands where %s was expected", v, wanted)
	}
	return all, nil
}

// float gives the number that a value must be.
func (v *value) float() (float64, error) {
	text, ok := v.content.(json.Number)
	if !ok {
		return 0, v.failing("%v stands where a number was expected", v)
	}
	n, err := number(text.String())
	return float64(n), v.located(err)
}

// many reads the elements of an array.
func many[T any](v *value, wanted string, read func(*value) (T, error)) ([]T, error) {
	values, err := v.array(wanted)
	if err != nil {
		return nil, err
	}
	all := make([]T, len(values))
	for i, element := range values {
		if all[i], err = read(element); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (p *jsonParser) point(v *value) (orb.Point, error) {
	if p.positions++; p.positions > maxPositions {
		return orb.Point{}, v.failing("there are more than %d positions", maxPositions)
	}
	numbers, err := many(v, "a position", (*value).float)
	if err == nil && len(numbers) < 2 {
		err = v.failing("a position has two numbers at least")
	}
	if err != nil {
		return orb.Point{}, err
	}
	return orb.Point{numbers[0], numbers[1]}, nil
}

func (p *jsonParser) line(v *value) (orb.LineString, error) {
	return many(v, "an array of positions", p.point)
}

func (p *jsonParser) ring(v *value) (orb.Ring, error) {
	return many(v, "an array of positions", p.point)
}

func (p *jsonParser) polygon(v *value) (orb.Polygon, error) {
	return many(v, "an array of rings", p.ring)
}

// box reads {"bbox": …}.
func (p *jsonParser) box(v *value) (filter.Operand, error) {
	numbers, err := many(v, "the numbers of a bounding box", (*value).float)
	if err != nil {
		return nil, err
	}
	b, err := p.places.box(numbers)
	return b, v.located(err)
}
