package fes

import (
	"strconv"

	"perigee/shared/filter"
	"perigee/shared/filter/literal"
	"perigee/shared/filter/wkt"
)

// spatials are the operators on two geometries; BBOX is an intersection with a box.
var spatials = map[string]filter.SpatialOp{
	"BBOX": filter.SIntersects, "Intersects": filter.SIntersects, "Equals": filter.SEquals, "Disjoint": filter.SDisjoint, "Touches": filter.STouches,
	"Within": filter.SWithin, "Overlaps": filter.SOverlaps, "Crosses": filter.SCrosses, "Contains": filter.SContains,
}

// spatial reads an operator on two geometries.
func (p *parser) spatial(e *Element, op filter.SpatialOp) (filter.Expr, error) {
	left, right, err := p.places(e, e.children)
	if err != nil {
		return nil, err
	}
	if e.name.Local == "BBOX" && !boxed(e.children) {
		return nil, e.wrong("BBOX holds an Envelope or a Box")
	}
	return filter.Spatial{Op: op, Left: left, Right: right, MissingIsFalse: true}, nil
}

// boxed tells whether every geometry among the operands of BBOX is a box.
func boxed(operands []*Element) bool {
	for _, e := range operands {
		if shapes[e.name.Local] && isGML(e) && e.name.Local != "Envelope" && e.name.Local != "Box" {
			return false
		}
	}
	return true
}

// places reads the operands of a spatial operator. A single one stands beside the place of the record.
func (p *parser) places(e *Element, operands []*Element) (left, right filter.Operand, err error) {
	switch len(operands) {
	case 1:
		right, err = p.place(operands[0])
		if _, isProperty := right.(filter.Property); err == nil && isProperty {
			err = e.wrong("%s has no geometry beside %.60s", e.name.Local, operands[0].text)
		}
		return filter.PropertyGeometry, right, err
	case 2:
		if left, err = p.place(operands[0]); err != nil {
			return nil, nil, err
		}
		right, err = p.place(operands[1])
		return left, right, err
	}
	return nil, nil, e.wrong("%s holds a property and a geometry", e.name.Local)
}

// place reads a geometry of GML, the property that is the place of a record, or an expression that may be one.
func (p *parser) place(e *Element) (filter.Operand, error) {
	if e.name.Space != p.space || shapes[e.name.Local] {
		o, err := p.gml(e)
		if _, isGeometry := o.(filter.Geometry); err == nil && !isGeometry {
			err = e.wrong("%s is not a geometry", e.name.Local)
		}
		return o, err
	}
	o, err := p.operand(e)
	if err != nil {
		return nil, err
	}
	switch o := o.(type) {
	case filter.Property:
		if o != filter.PropertyGeometry {
			return nil, e.wrong("%.60s is not a place", e.text)
		}
	case filter.Untyped, filter.Arithmetic, filter.Date, filter.Timestamp, filter.Interval:
		return nil, e.wrong("%s holds no geometry", e.name.Local)
	}
	return o, nil
}

// distance reads DWithin and Beyond: two geometries and how far they are from each other.
func (p *parser) distance(e *Element) (filter.Expr, error) {
	last := len(e.children) - 1
	if last < 1 || e.children[last].name.Local != "Distance" {
		return nil, e.wrong("%s ends with a Distance", e.name.Local)
	}
	left, right, err := p.places(e, e.children[:last])
	if err != nil {
		return nil, err
	}
	metres, err := p.metres(e.children[last])
	if err != nil {
		return nil, err
	}
	return filter.Distance{Left: left, Right: right, Metres: metres, Beyond: e.name.Local == "Beyond"}, nil
}

// metres reads a Distance, whose unit is units in 1.x and uom in 2.0.
func (p *parser) metres(e *Element) (float64, error) {
	if err := p.ours(e); err != nil {
		return 0, err
	}
	value, err := strconv.ParseFloat(e.text, 64)
	if err != nil || wkt.Number(e.text) != len(e.text) {
		return 0, e.wrong("%.60q is not a number", e.text)
	}
	metres, err := literal.Metres(value, e.attr("units")+e.attr("uom"))
	return metres, e.failed(err)
}
