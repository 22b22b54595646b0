package filter

import (
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

// function reads a spatial predicate; its name and the opening parenthesis are behind.
func (p *cql) function(f token) (Expr, error) {
	var rest func() (orb.Geometry, error)
	switch strings.ToUpper(f.text) {
	case "BBOX":
		rest = p.box
	case "INTERSECTS":
		rest = p.shape
	default:
		return nil, fault.At(fault.Invalid, "Constraint", "at character %d: %s is not offered, but BBOX and INTERSECTS", f.at+1, strings.ToUpper(f.text))
	}
	place := p.peek()
	if place.kind != name && place.kind != quoted {
		return nil, p.wrong("a property")
	}
	if err := placeNamed(p.names, place.text); err != nil {
		return nil, err
	}
	p.next()
	if err := p.expect(","); err != nil {
		return nil, err
	}
	g, err := rest()
	if err == nil {
		err = p.expect(")")
	}
	return Intersects(g), err
}

// expect takes the next token, which must be that sign.
func (p *cql) expect(s string) error {
	if !p.sign(s) {
		return p.wrong(s)
	}
	return nil
}

// numbers reads n numbers between separators; an empty separator is none.
func (p *cql) numbers(n int, separator string) ([]float64, error) {
	var all []float64
	for len(all) < n {
		if len(all) > 0 && separator != "" {
			if err := p.expect(separator); err != nil {
				return nil, err
			}
		}
		v, err := p.number()
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// box reads the two corners of BBOX and, where it is given, their reference system, whose axis order then holds.
func (p *cql) box() (orb.Geometry, error) {
	v, err := p.numbers(4, ",")
	if err != nil {
		return nil, err
	}
	crs := geo.CRS84
	if p.sign(",") {
		text, err := p.text("a reference system in quotes")
		if err != nil {
			return nil, err
		}
		if crs, err = geo.ParseCRS(text); err != nil {
			return nil, fault.At(fault.Invalid, "Constraint", "%w", err)
		}
	}
	return BoxIn(crs, [2]float64{v[0], v[1]}, [2]float64{v[2], v[3]})
}

// shape reads a geometry: ENVELOPE(west, east, north, south) as 07-006r1 has it, south and north in either order, or
// POINT(longitude latitude).
func (p *cql) shape() (orb.Geometry, error) {
	kind := p.next()
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var g orb.Geometry
	switch strings.ToUpper(kind.text) {
	case "ENVELOPE":
		v, err := p.numbers(4, ",")
		if err != nil {
			return nil, err
		}
		g = Box(v[0], min(v[2], v[3]), v[1], max(v[2], v[3]))
	case "POINT":
		v, err := p.numbers(2, "")
		if err != nil {
			return nil, err
		}
		g = orb.Point{v[0], v[1]}
	default:
		return nil, fault.At(fault.Invalid, "Constraint", "at character %d: the geometry %s is not read, but ENVELOPE and POINT", kind.at+1, kind.text)
	}
	return g, p.expect(")")
}
