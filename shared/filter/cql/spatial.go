package cql

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/filter"
	"perigee/shared/filter/literal"
	"perigee/shared/filter/wkt"
	"perigee/shared/geo"
)

var spatials = map[string]filter.SpatialOp{
	"INTERSECTS": filter.SIntersects, "EQUALS": filter.SEquals, "DISJOINT": filter.SDisjoint, "TOUCHES": filter.STouches,
	"CROSSES": filter.SCrosses, "WITHIN": filter.SWithin, "CONTAINS": filter.SContains, "OVERLAPS": filter.SOverlaps,
}

func isSpatial(word string) bool {
	return spatials[word] != "" || slices.Contains([]string{"BBOX", "DWITHIN", "BEYOND", "RELATE"}, word)
}

// spatial reads a spatial predicate, whose name is behind. Where a geometry is missing it is false.
func (p *parser) spatial(word string) (filter.Expr, error) {
	if word == "RELATE" {
		return nil, p.failAt(p.now.from, "RELATE is not offered, but the relations that have a name: INTERSECTS, EQUALS, DISJOINT, TOUCHES, CROSSES, WITHIN, CONTAINS, OVERLAPS")
	}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	left, err := p.place()
	if err != nil {
		return nil, err
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	e, err := p.beyondFirst(word, left)
	if err == nil {
		err = p.expect(")")
	}
	return e, err
}

// beyondFirst reads what follows the first place of a spatial predicate.
func (p *parser) beyondFirst(word string, left filter.Operand) (filter.Expr, error) {
	if word == "BBOX" {
		box, err := p.box()
		return filter.Spatial{Op: filter.SIntersects, Left: left, Right: filter.Geometry{Geometry: box}, MissingIsFalse: true}, err
	}
	right, err := p.place()
	if err != nil {
		return nil, err
	}
	if op := spatials[word]; op != "" {
		return filter.Spatial{Op: op, Left: left, Right: right, MissingIsFalse: true}, nil
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	metres, err := p.distance()
	return filter.Distance{Left: left, Right: right, Metres: metres, Beyond: word == "BEYOND"}, err
}

// distance reads a number and its unit: words (statute miles), or a text in quotes.
func (p *parser) distance() (float64, error) {
	from := p.now.from
	value, err := p.number()
	if err == nil {
		err = p.expect(",")
	}
	if err != nil {
		return 0, err
	}
	var unit []string
	for p.now.kind == name || p.now.kind == text {
		unit = append(unit, p.now.text)
		p.next()
	}
	if len(unit) == 0 {
		return 0, p.expected("a unit (meters, kilometers, feet, statute miles, nautical miles)")
	}
	metres, err := literal.Metres(value, strings.Join(unit, " "))
	return metres, p.located(from, err)
}

// located gives a failure the byte at which it was noticed.
func (p *parser) located(at int, err error) error {
	if err == nil {
		return nil
	}
	return p.failAt(at, "%w", err)
}

// place reads a geometry, the property that is the place of a record, or a function that may be one.
func (p *parser) place() (filter.Operand, error) {
	t := p.now
	if p.is("SRID") && p.before("=") {
		return p.extended()
	}
	n, err := p.sum()
	if err != nil {
		return nil, err
	}
	switch o := n.operand.(type) {
	case filter.Geometry, filter.Function:
		return o, nil
	case filter.Property:
		if o != filter.PropertyGeometry {
			return nil, p.failAt(t.from, "%.60s is not a place", t.text)
		}
		return o, nil
	}
	return nil, p.failAt(t.from, "found %.60q where a property or a geometry was expected", t.text)
}

// extended reads a geometry with its reference system before it: SRID=32633;POINT(500000 5316300).
func (p *parser) extended() (filter.Operand, error) {
	p.next()
	p.next() // the equals sign
	t := p.now
	if _, err := p.number(); err != nil {
		return nil, err
	}
	crs, err := literal.CRS("EPSG:"+t.text, true)
	if err != nil {
		return nil, p.located(t.from, err)
	}
	if err := p.expect(";"); err != nil {
		return nil, err
	}
	g, err := p.wellKnown(crs)
	return filter.Geometry{Geometry: g}, err
}

// tagged is what follows the kind of a geometry.
var tagged = regexp.MustCompile(`(?i)^\s*(?:(?:Z|M|ZM)?\s*\(|(?:(?:Z|M|ZM)\s+)?EMPTY\b)`)

// shaped tells whether a geometry follows the present word, which names a kind of geometry and may be a property's too.
func (p *parser) shaped() bool { return tagged.MatchString(p.source[p.now.to:]) }

// shape reads a geometry in longitude and latitude.
func (p *parser) shape() (node, error) {
	from := p.now.from
	read := func() (orb.Geometry, error) { return p.wellKnown(geo.CRS84) }
	if p.is("ENVELOPE") {
		read = p.envelope
	}
	g, err := read()
	return node{operand: filter.Geometry{Geometry: g}, from: from}, err
}

// wellKnown reads a well-known text in a reference system, easting or longitude first.
func (p *parser) wellKnown(crs geo.CRS) (orb.Geometry, error) {
	from := p.now.from
	g, n, err := p.geometry.Read(p.source[from:])
	var failed *wkt.Error
	if errors.As(err, &failed) {
		return nil, p.failAt(from+failed.At, "%s", failed.Message)
	}
	if err != nil {
		return nil, p.located(from, err)
	}
	p.move(from + n)
	g = literal.Geometry(crs, g)
	return g, p.located(from, geo.Check(g))
}

// numbers reads n numbers with commas between them.
func (p *parser) numbers(n int) ([]float64, error) {
	var all []float64
	for len(all) < n {
		if len(all) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		minus := p.sign("-")
		v, err := p.number()
		if err != nil {
			return nil, err
		}
		if minus {
			v = -v
		}
		all = append(all, v)
	}
	return all, nil
}

// box reads the two corners of BBOX and, where it is named, their reference system.
func (p *parser) box() (orb.Geometry, error) {
	from := p.now.from
	v, err := p.numbers(4)
	if err != nil {
		return nil, err
	}
	crs := geo.CRS84
	if p.sign(",") {
		if p.now.kind != text && p.now.kind != name {
			return nil, p.expected("a reference system in quotes")
		}
		if crs, err = literal.CRS(p.now.text, true); err != nil {
			return nil, p.located(p.now.from, err)
		}
		p.next()
	}
	g, err := literal.Box(crs, [2]float64{v[0], v[1]}, [2]float64{v[2], v[3]})
	return g, p.located(from, err)
}

// envelope reads ENVELOPE(west, east, north, south) as 07-006r1 has it, south and north in either order.
func (p *parser) envelope() (orb.Geometry, error) {
	from := p.now.from
	p.next()
	if err := p.expect("("); err != nil {
		return nil, err
	}
	v, err := p.numbers(4)
	if err == nil {
		err = p.expect(")")
	}
	if err != nil {
		return nil, err
	}
	g, err := literal.Box(geo.CRS84, [2]float64{v[0], min(v[2], v[3])}, [2]float64{v[1], max(v[2], v[3])})
	return g, p.located(from, err)
}
