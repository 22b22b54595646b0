package fes

import (
	"strings"

	"perigee/shared/filter"
)

// side is an operand, or the text of a whole record, which is none.
type side struct {
	operand filter.Operand
	allText bool
}

// sides reads the expressions within an element, of which there are n.
func (p *parser) sides(e *Element, n int) ([]side, error) {
	if len(e.children) != n {
		return nil, e.wrong("%s holds %d expressions, not %d", e.name.Local, n, len(e.children))
	}
	all := make([]side, n)
	for i, child := range e.children {
		var err error
		if all[i], err = p.side(child); err != nil {
			return nil, err
		}
	}
	return all, nil
}

var arithmetic = map[string]filter.ArithmeticOp{"Add": filter.Add, "Sub": filter.Subtract, "Mul": filter.Multiply, "Div": filter.Divide}

// side reads an expression: PropertyName (1.x), ValueReference (2.0), Literal, Function or one of the arithmetic of 1.x.
func (p *parser) side(e *Element) (side, error) {
	if err := p.ours(e); err != nil {
		return side{}, err
	}
	switch e.name.Local {
	case "PropertyName", "ValueReference":
		property, allText, err := p.names.Property(e.text)
		if err != nil {
			return side{}, e.refused(err)
		}
		return side{property, allText}, nil
	case "Literal":
		o, err := p.literal(e)
		return side{operand: o}, err
	case "Function":
		return p.function(e)
	}
	op, known := arithmetic[e.name.Local]
	if !known {
		return side{}, e.wrong("%s is not an expression, which are PropertyName, ValueReference, Literal, Function, Add, Sub, Mul and Div", e.name.Local)
	}
	operands, err := p.operands(e)
	if err != nil {
		return side{}, err
	}
	if len(operands) != 2 {
		return side{}, e.wrong("%s holds 2 expressions, not %d", e.name.Local, len(operands))
	}
	return side{operand: filter.Arithmetic{Op: op, Left: operands[0], Right: operands[1]}}, nil
}

// operand reads an expression that is a value.
func (p *parser) operand(e *Element) (filter.Operand, error) {
	s, err := p.side(e)
	if err == nil && s.allText {
		err = e.wrong("all text is no value: it is searched by PropertyIsLike, PropertyIsEqualTo and PropertyIsNotEqualTo")
	}
	return s.operand, err
}

func (p *parser) operands(e *Element) ([]filter.Operand, error) {
	var all []filter.Operand
	for _, child := range e.children {
		o, err := p.operand(child)
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

func (p *parser) function(e *Element) (side, error) {
	name := strings.TrimSpace(e.attr("name"))
	if name == "" {
		return side{}, e.wrong("the function has no name")
	}
	args, err := p.operands(e)
	return side{operand: filter.Function{Name: name, Args: args}}, err
}

// literal reads a text, a geometry or a time.
func (p *parser) literal(e *Element) (filter.Operand, error) {
	switch {
	case len(e.children) == 0:
		return filter.Untyped{Text: e.text}, nil
	case len(e.children) > 1 || e.text != "":
		return nil, e.wrong("a Literal holds a text or one element of GML")
	}
	return p.gml(e.children[0])
}

// gml reads a geometry or a time.
func (p *parser) gml(e *Element) (filter.Operand, error) {
	if !isGML(e) {
		return nil, e.wrong("%s is not an element of GML", e.name.Local)
	}
	if err := p.node(e); err != nil {
		return nil, err
	}
	if strings.HasPrefix(e.name.Local, "Time") {
		return p.time(e)
	}
	g, err := p.geometry(e)
	if err != nil {
		return nil, err
	}
	return filter.Geometry{Geometry: g}, nil
}

// The namespaces of GML: 2.1 and 3.1.1, 3.2.1.
const (
	nsGML   = "http://www.opengis.net/gml"
	nsGML32 = "http://www.opengis.net/gml/3.2"
)

func isGML(e *Element) bool {
	return e.name.Space == nsGML || e.name.Space == nsGML32 || e.name.Space == ""
}
