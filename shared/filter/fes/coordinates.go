package fes

import (
	"cmp"
	"iter"
	"strconv"
	"strings"

	"perigee/shared/filter/literal"
	"perigee/shared/filter/wkt"
	"perigee/shared/geo"
)

// maxPositions bounds the positions of all geometries of a filter.
const maxPositions = wkt.MaxPositions

// take is given each position: its first two coordinates and the reference system that they are in.
type take func(crs geo.CRS, first, second float64)

// eachPosition reads the positions within an element, in any of the forms that GML has or had for them.
func (p *parser) eachPosition(e *Element, take take) error {
	for _, c := range parts(e) {
		if !isGML(c) {
			return c.wrong("%s is not an element of GML", c.name.Local)
		}
		var err error
		switch c.name.Local {
		case "pos", "lowerCorner", "upperCorner":
			err = p.position(c, strings.FieldsSeq(c.text), true, take)
		case "posList":
			err = p.posList(c, take)
		case "coord":
			err = p.position(c, texts(c.children), false, take)
		case "coordinates":
			err = p.tuples(c, take)
		case "pointProperty", "pointRep":
			err = p.pointProperty(c, take)
		default:
			err = c.wrong("%s is not read within %s", c.name.Local, e.name.Local)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func texts(list []*Element) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, e := range list {
			if !yield(e.text) {
				return
			}
		}
	}
}

func (p *parser) pointProperty(e *Element, take take) error {
	if len(e.children) != 1 || of(e.children[0], "Point") != nil {
		return e.wrong("%s holds a Point", e.name.Local)
	}
	return p.eachPosition(e.children[0], take)
}

// system is the reference system of the positions in an element: that which it or an element around it names, or WGS 84
// in the order of its version of GML.
func (p *parser) system(e *Element, gml3 bool) (geo.CRS, error) {
	name := e.inherited("srsName")
	if name == "" {
		name = "EPSG:4326"
	}
	crs, err := literal.CRS(name, !gml3)
	return crs, e.failed(err)
}

// position reads one position of two or three coordinates.
func (p *parser) position(e *Element, fields iter.Seq[string], gml3 bool, take take) error {
	crs, err := p.system(e, gml3)
	if err != nil {
		return err
	}
	return p.one(e, crs, fields, take)
}

func (p *parser) one(e *Element, crs geo.CRS, fields iter.Seq[string], take take) error {
	var values [3]float64
	n := 0
	for field := range fields {
		if n == len(values) {
			return e.wrong("a position has two or three coordinates")
		}
		var err error
		if values[n], err = coordinate(e, field); err != nil {
			return err
		}
		n++
	}
	if n < 2 {
		return e.wrong("a position has two or three coordinates, not %d", n)
	}
	return p.count(e, func() { take(crs, values[0], values[1]) })
}

// count counts a position before it is kept.
func (p *parser) count(e *Element, keep func()) error {
	if p.positions++; p.positions > maxPositions {
		return e.wrong("the geometries of a filter have %d positions at most", maxPositions)
	}
	keep()
	return nil
}

// posList reads positions one after the other, of as many coordinates as srsDimension says.
func (p *parser) posList(e *Element, take take) error {
	crs, err := p.system(e, true)
	if err != nil {
		return err
	}
	dimension := cmp.Or(e.inherited("srsDimension"), e.attr("dimension"), "2")
	if dimension != "2" && dimension != "3" {
		return e.wrong("positions of %.60q coordinates are not read, but of 2 or 3", dimension)
	}
	size := int(dimension[0] - '0')
	var values [3]float64
	n := 0
	for field := range strings.FieldsSeq(e.text) {
		if values[n], err = coordinate(e, field); err != nil {
			return err
		}
		if n++; n == size {
			n = 0
			if err := p.count(e, func() { take(crs, values[0], values[1]) }); err != nil {
				return err
			}
		}
	}
	if n != 0 {
		return e.wrong("the list ends within a position of %s coordinates (srsDimension)", dimension)
	}
	return nil
}

// tuples reads gml:coordinates: tuples parted by ts, of numbers parted by cs, with a decimal point of their own.
func (p *parser) tuples(e *Element, take take) error {
	decimal, cs, ts := cmp.Or(e.attr("decimal"), "."), cmp.Or(e.attr("cs"), ","), e.attr("ts")
	crs, err := p.system(e, false)
	if err != nil {
		return err
	}
	if decimal == cs || cs == ts || decimal == ts {
		return e.wrong("the signs that part coordinates are the same")
	}
	tuples := strings.SplitSeq(e.text, ts)
	if strings.TrimSpace(ts) == "" {
		tuples = strings.FieldsSeq(closed(e.text, cs))
	}
	for tuple := range tuples {
		if err := p.one(e, crs, numbers(tuple, decimal, cs), take); err != nil {
			return err
		}
	}
	return nil
}

// closed takes away the space that some write around the sign between coordinates.
func closed(text, cs string) string {
	if strings.TrimSpace(cs) == "" {
		return text
	}
	parts := strings.Split(text, cs)
	for i, part := range parts {
		parts[i] = strings.TrimSpace(part)
	}
	return strings.Join(parts, cs)
}

// numbers are the coordinates of a tuple, with a point before their decimals.
func numbers(tuple, decimal, cs string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for field := range strings.SplitSeq(tuple, cs) {
			field = strings.TrimSpace(field)
			if decimal != "." {
				field = strings.Replace(field, decimal, ".", 1)
			}
			if !yield(field) {
				return
			}
		}
	}
}

func coordinate(e *Element, text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || wkt.Number(text) != len(text) {
		return 0, e.wrong("%.60q is not a coordinate", text)
	}
	return v, nil
}
