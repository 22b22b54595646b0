// Package fes reads OGC Filter Encoding 1.0 and 1.1 (02-059, 04-095; namespace ogc) and 2.0 (09-026r2, ISO 19143;
// namespace fes) with geometries of GML 2.1, 3.1.1 and 3.2.1 and times of GML 3.2.1 into the syntax tree of package
// filter.
//
// The order of coordinates is that of their reference system's name (package literal), and of GML where the name does
// not say: without srsName, or with a short one (EPSG:4326), coordinates are latitude and longitude in the elements of
// GML 3 (pos, posList, lowerCorner, upperCorner), as catalogue clients send them, and longitude and latitude in those of
// GML 2 (coordinates, coord). They may be in WGS 84, Web Mercator or a UTM zone of WGS 84. Curves have straight segments.
//
// Where a geometry or a time is missing, a spatial or temporal operator is false.
package fes

import (
	"perigee/shared/fault"
	"perigee/shared/filter"
)

// The namespaces of Filter Encoding.
const (
	nsOGC = "http://www.opengis.net/ogc"
	nsFES = "http://www.opengis.net/fes/2.0"
)

// maxNodes bounds the nodes of the tree that a filter becomes.
const maxNodes = 5000

// Parse reads a Filter element. Names are resolved by names; an empty filter is no condition (nil). What is wrong is
// told with the path of the element that it lies in.
func Parse(e *Element, names filter.Names) (filter.Expr, error) {
	known := e.name.Space == nsOGC || e.name.Space == nsFES || e.name.Space == ""
	if e.name.Local != "Filter" || !known {
		return nil, fault.At(fault.Invalid, "Constraint", "%s is not a Filter of the namespace %s or %s", e.name.Local, nsOGC, nsFES)
	}
	p := &parser{names: names, space: e.name.Space}
	conditions, err := p.conditions(e)
	switch {
	case err != nil:
		return nil, err
	case len(conditions) == 0:
		return nil, nil
	case len(conditions) > 1:
		return nil, e.wrong("a filter holds one condition or a list of identifiers, this one has %d conditions", len(conditions))
	}
	return conditions[0], nil
}

// parser reads one filter.
type parser struct {
	names     filter.Names
	space     string // the namespace of the filter's elements
	nodes     int
	positions int
}

// node counts a node of the tree.
func (p *parser) node(e *Element) error {
	if p.nodes++; p.nodes > maxNodes {
		return e.wrong("a filter of more than %d parts is not read", maxNodes)
	}
	return nil
}

// ours tells whether the element is one of Filter Encoding, in the namespace and version of the filter.
func (p *parser) ours(e *Element) error {
	_, temporal := temporals[e.name.Local]
	switch {
	case e.name.Space != p.space:
		return e.wrong("the namespace %.60q is not that of the filter, %.60q", e.name.Space, p.space)
	case p.space == nsOGC && (temporal || since2[e.name.Local]):
		return e.wrong("%s is of Filter Encoding 2.0, whose namespace is %s", e.name.Local, nsFES)
	case p.space == nsFES && until2[e.name.Local]:
		return e.wrong("%s is of Filter Encoding 1.1, whose namespace is %s", e.name.Local, nsOGC)
	}
	return p.node(e)
}

// conditions reads all conditions within an element; identifiers that follow each other are one.
func (p *parser) conditions(e *Element) ([]filter.Expr, error) {
	var all []filter.Expr
	for i := 0; i < len(e.children); {
		n := 0
		for i+n < len(e.children) && identifies(e.children[i+n]) {
			n++
		}
		var one filter.Expr
		var err error
		if n > 0 {
			one, err = p.identifiers(e.children[i : i+n])
		} else {
			one, err = p.condition(e.children[i])
		}
		if err != nil {
			return nil, err
		}
		all = append(all, one)
		i += max(n, 1)
	}
	return all, nil
}

// since2 are the operators that came with Filter Encoding 2.0, beside the temporal ones.
var since2 = map[string]bool{"PropertyIsNil": true, "ResourceId": true}

// until2 are what 2.0 does not have any more.
var until2 = map[string]bool{"FeatureId": true, "GmlObjectId": true}

// condition reads one operator.
func (p *parser) condition(e *Element) (filter.Expr, error) {
	if err := p.ours(e); err != nil {
		return nil, err
	}
	name := e.name.Local
	if op, known := comparisons[name]; known {
		return p.compare(e, op)
	}
	if op, known := spatials[name]; known {
		return p.spatial(e, op)
	}
	if op, known := temporals[name]; known {
		return p.temporal(e, op)
	}
	switch name {
	case "And", "Or", "Not":
		return p.logic(e)
	case "PropertyIsLike":
		return p.like(e)
	case "PropertyIsBetween":
		return p.between(e)
	case "PropertyIsNull", "PropertyIsNil":
		return p.isNull(e)
	case "DWithin", "Beyond":
		return p.distance(e)
	case "Function":
		o, err := p.operand(e)
		return filter.Truth{Operand: o}, err
	}
	return nil, e.wrong("the operator %s is not offered", name)
}

// logic reads And, Or and Not.
func (p *parser) logic(e *Element) (filter.Expr, error) {
	parts, err := p.conditions(e)
	if err != nil {
		return nil, err
	}
	switch name := e.name.Local; {
	case len(parts) == 0:
		return nil, e.wrong("%s holds no condition", name)
	case name == "And":
		return filter.And(parts), nil
	case name == "Or":
		return filter.Or(parts), nil
	case len(parts) > 1:
		return nil, e.wrong("Not holds one condition, not %d", len(parts))
	}
	return filter.Not{Expr: parts[0]}, nil
}

// identifierOf is the attribute that holds the identifier, by the element.
var identifierOf = map[string]string{"FeatureId": "fid", "GmlObjectId": "id", "ResourceId": "rid"}

func identifies(e *Element) bool { return identifierOf[e.name.Local] != "" }

// identifiers reads a list of identifiers, any of which a record may have.
func (p *parser) identifiers(list []*Element) (filter.Expr, error) {
	in := filter.In{Operand: filter.PropertyID}
	for _, e := range list {
		if err := p.ours(e); err != nil {
			return nil, err
		}
		for _, version := range []string{"version", "previousRid", "startDate", "endDate"} {
			if _, found := e.lookup(version); found {
				return nil, e.wrong("there are no versions of records, so that %s cannot be asked for", version)
			}
		}
		id := e.attr(identifierOf[e.name.Local])
		if id == "" {
			return nil, e.wrong("the attribute %s is missing or empty", identifierOf[e.name.Local])
		}
		in.Values = append(in.Values, filter.Untyped{Text: id})
	}
	return in, nil
}
