package filter

import (
	"strings"
	"unicode/utf8"

	"perigee/shared/fault"
)

// namespaces of OGC Filter Encoding: 1.0 and 1.1 (04-095), and 2.0 (09-026r2, ISO 19143).
const (
	nsOGC = "http://www.opengis.net/ogc"
	nsFES = "http://www.opengis.net/fes/2.0"
)

// FES reads an ogc:Filter element of OGC Filter Encoding 1.1 (OGC 04-095).
func FES(e *Element, names Names) (Expr, error) {
	if e.Name.Local != "Filter" || (e.Name.Space != nsOGC && e.Name.Space != nsFES && e.Name.Space != "") {
		return nil, fault.At(fault.Invalid, "Constraint", "%s is not an ogc:Filter", e.Name.Local)
	}
	if len(e.Children) == 0 {
		return nil, nil
	}
	f := fes{names}
	if identifies(e.Children[0]) {
		return f.ids(e)
	}
	if len(e.Children) != 1 {
		return nil, fault.At(fault.Invalid, "Filter", "a filter holds one condition, this one has %d", len(e.Children))
	}
	return f.condition(e.Children[0])
}

type fes struct{ names Names }

func identifies(e *Element) bool {
	return e.Name.Local == "FeatureId" || e.Name.Local == "GmlObjectId"
}

// ids reads a filter that is a list of identifiers.
func (f fes) ids(e *Element) (Expr, error) {
	in := In{Operand: PropertyID}
	for _, c := range e.Children {
		if !identifies(c) {
			return nil, fault.At(fault.Invalid, "Filter", "a filter holds identifiers or one condition, not %s beside identifiers", c.Name.Local)
		}
		in.Values = append(in.Values, Text(c.attr("fid")+c.attr("id")))
	}
	return in, nil
}

var comparisons = map[string]Op{
	"PropertyIsEqualTo": Equal, "PropertyIsNotEqualTo": NotEqual, "PropertyIsLessThan": Less, "PropertyIsGreaterThan": Greater,
	"PropertyIsLessThanOrEqualTo": LessOrEqual, "PropertyIsGreaterThanOrEqualTo": GreaterOrEqual,
}

// condition reads one operator of Filter Encoding.
func (f fes) condition(e *Element) (Expr, error) {
	switch name := e.Name.Local; name {
	case "And", "Or":
		return f.logic(e)
	case "Not":
		if len(e.Children) != 1 {
			return nil, fault.At(fault.Invalid, "Filter", "Not holds one condition, not %d", len(e.Children))
		}
		inner, err := f.condition(e.Children[0])
		return Not{inner}, err
	case "PropertyIsLike":
		return f.like(e)
	case "PropertyIsNull":
		property, err := f.plainProperty(e)
		return IsNull{property}, err
	case "PropertyIsBetween":
		return f.between(e)
	case "BBOX", "Intersects":
		return f.spatial(e)
	default:
		if op, ok := comparisons[name]; ok {
			return f.compare(e, op)
		}
		return nil, fault.At(fault.Invalid, "Filter", "the operator %s is not offered", name)
	}
}

func (f fes) logic(e *Element) (Expr, error) {
	if len(e.Children) == 0 {
		return nil, fault.At(fault.Invalid, "Filter", "%s holds no condition", e.Name.Local)
	}
	var parts []Expr
	for _, c := range e.Children {
		part, err := f.condition(c)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	if e.Name.Local == "Or" {
		return Or(parts), nil
	}
	return And(parts), nil
}

// property reads the PropertyName (1.x) or ValueReference (2.0) of an operator.
func (f fes) property(e *Element) (Property, bool, error) {
	name := e.child("PropertyName")
	if name == nil {
		name = e.child("ValueReference")
	}
	if name == nil {
		return "", false, fault.At(fault.Invalid, "Filter", "%s names no property", e.Name.Local)
	}
	return f.names.Property(name.Text)
}

// plainProperty is the property of an operator that says nothing of all text.
func (f fes) plainProperty(e *Element) (Property, error) {
	property, text, err := f.property(e)
	if err == nil && text {
		err = textOnly(e)
	}
	return property, err
}

func textOnly(e *Element) error {
	return fault.At(fault.Invalid, "Filter", "%s says nothing of all text, which is searched by PropertyIsLike, PropertyIsEqualTo and PropertyIsNotEqualTo", e.Name.Local)
}

func (f fes) literal(e *Element) (string, error) {
	literal := e.child("Literal")
	if literal == nil {
		return "", fault.At(fault.Invalid, "Filter", "%s has no literal", e.Name.Local)
	}
	return literal.Text, nil
}

func (f fes) compare(e *Element, op Op) (Expr, error) {
	property, text, err := f.property(e)
	if err != nil {
		return nil, err
	}
	literal, err := f.literal(e)
	if err != nil {
		return nil, err
	}
	switch {
	case text && op == Equal:
		return AnyText{Words: literal}, nil
	case text && op == NotEqual:
		return Not{AnyText{Words: literal}}, nil
	case text:
		return nil, textOnly(e)
	}
	return Compare{Op: op, Left: property, Right: Untyped{f.names.Value(property, literal), e.attr("matchCase") == "false"}}, nil
}

func (f fes) between(e *Element) (Expr, error) {
	property, err := f.plainProperty(e)
	if err != nil {
		return nil, err
	}
	low, high := e.child("LowerBoundary"), e.child("UpperBoundary")
	if low == nil || high == nil {
		return nil, fault.At(fault.Invalid, "Filter", "PropertyIsBetween needs a lower and an upper boundary")
	}
	from, err := f.literal(low)
	if err != nil {
		return nil, err
	}
	to, err := f.literal(high)
	return Between{property, Untyped{Text: f.names.Value(property, from)}, Untyped{Text: f.names.Value(property, to)}}, err
}

func (f fes) like(e *Element) (Expr, error) {
	property, text, err := f.property(e)
	if err != nil {
		return nil, err
	}
	literal, err := f.literal(e)
	if err != nil {
		return nil, err
	}
	pattern := translate(literal, e.attr("wildCard"), e.attr("singleChar"), e.attr("escapeChar")+e.attr("escape"))
	if text {
		return AnyText{Pattern: pattern}, nil
	}
	if e.attr("matchCase") == "false" {
		return Like{property, CaseI{Text(pattern)}}, nil
	}
	return Like{property, Text(pattern)}, nil
}

// translate turns a pattern with its own wild cards into the house's: % any run, _ one character, \ literally.
func translate(pattern, wild, single, escape string) string {
	var out strings.Builder
	for pattern != "" {
		if escape != "" && strings.HasPrefix(pattern, escape) && len(pattern) > len(escape) {
			pattern = pattern[len(escape):]
		} else if wild != "" && strings.HasPrefix(pattern, wild) {
			out.WriteByte('%')
			pattern = pattern[len(wild):]
			continue
		} else if single != "" && strings.HasPrefix(pattern, single) {
			out.WriteByte('_')
			pattern = pattern[len(single):]
			continue
		}
		r, size := utf8.DecodeRuneInString(pattern)
		if strings.ContainsRune(`%_\`, r) {
			out.WriteByte('\\')
		}
		out.WriteString(pattern[:size])
		pattern = pattern[size:]
	}
	return out.String()
}

// spatial reads BBOX and Intersects; BBOX is an intersection with a box. The property may be left out.
func (f fes) spatial(e *Element) (Expr, error) {
	for _, c := range e.Children {
		if name := c.Name.Local; name == "PropertyName" || name == "ValueReference" {
			if err := placeNamed(f.names, c.Text); err != nil {
				return nil, err
			}
			continue
		}
		g, err := gml(c)
		if err != nil {
			return nil, err
		}
		return Intersects(g), nil
	}
	return nil, fault.At(fault.Invalid, "Filter", "%s has no geometry", e.Name.Local)
}

// placeNamed refuses the name of what is not the place of a record.
func placeNamed(names Names, name string) error {
	property, _, err := names.Property(name)
	if err == nil && property != PropertyGeometry {
		err = fault.At(fault.Invalid, "PropertyName", "%q is not a place", name)
	}
	return err
}
