package cql

import (
	"math"
	"strconv"
	"strings"

	"perigee/shared/filter"
	"perigee/shared/filter/literal"
	"perigee/shared/filter/wkt"
)

// operand reads a value.
func (p *parser) operand() (filter.Operand, error) {
	n, err := p.sum()
	if err != nil {
		return nil, err
	}
	return p.value(n)
}

// additive and multiplicative are the operators of arithmetic by their rank.
var (
	additive       = map[string]filter.ArithmeticOp{"+": filter.Add, "-": filter.Subtract}
	multiplicative = map[string]filter.ArithmeticOp{"*": filter.Multiply, "/": filter.Divide}
)

func (p *parser) sum() (node, error) { return p.arithmetic(p.product, additive) }

func (p *parser) product() (node, error) { return p.arithmetic(p.signed, multiplicative) }

// arithmetic reads one part, or values with operators of the same rank between them.
func (p *parser) arithmetic(part func() (node, error), ops map[string]filter.ArithmeticOp) (node, error) {
	n, err := part()
	for err == nil && p.now.kind == sign && ops[p.now.text] != "" {
		op := ops[p.now.text]
		left, wrong := p.value(n)
		if wrong != nil {
			return node{}, wrong
		}
		p.next()
		right, wrong := part()
		if wrong != nil {
			return node{}, wrong
		}
		var o filter.Operand
		if o, err = p.value(right); err == nil {
			n = node{operand: filter.Arithmetic{Op: op, Left: left, Right: o}, from: n.from}
		}
	}
	return n, err
}

// signed reads a value with signs before it.
func (p *parser) signed() (node, error) {
	from := p.now.from
	minus := p.sign("-")
	if !minus && !p.sign("+") {
		return p.primary()
	}
	n, err := p.within(p.signed)
	if err != nil {
		return node{}, err
	}
	o, err := p.value(n)
	if number, isNumber := o.(filter.Number); minus && isNumber {
		o = -number
	} else if minus {
		o = filter.Arithmetic{Op: filter.Subtract, Left: filter.Number(0), Right: o}
	}
	return node{operand: o, from: from}, err
}

// reserved are the words that are no properties unless they are quoted.
var reserved = map[string]bool{
	"AND": true, "OR": true, "NOT": true, "LIKE": true, "ILIKE": true, "BETWEEN": true, "IN": true, "IS": true, "NULL": true,
	"EXISTS": true, "DOES-NOT-EXIST": true,
}

// primary reads a literal, a property, a function, a spatial predicate or what is in parentheses.
func (p *parser) primary() (node, error) {
	t := p.now
	if err := p.count(); err != nil {
		return node{}, err
	}
	switch {
	case p.sign("("):
		return p.closing(")")
	case p.sign("["):
		return p.closing("]")
	case t.kind == number:
		v, err := p.number()
		return node{operand: filter.Number(v), from: t.from}, err
	case t.kind == text:
		p.next()
		return node{operand: filter.Untyped{Text: t.text}, from: t.from}, nil
	case t.kind == moment:
		at, err := literal.Time(t.text)
		if err != nil {
			return node{}, p.failAt(t.from, "%w", err)
		}
		p.next()
		return node{operand: at, from: t.from}, nil
	case t.kind == quoted:
		return p.property()
	case t.kind == name:
		return p.named()
	}
	return node{}, p.expected("a property or a value")
}

// closing reads what is in parentheses, of which the first is behind.
func (p *parser) closing(parenthesis string) (node, error) {
	n, err := p.within(p.or)
	if err == nil {
		err = p.expect(parenthesis)
	}
	return n, err
}

// number reads a finite number.
func (p *parser) number() (float64, error) {
	v, err := strconv.ParseFloat(p.now.text, 64)
	if p.now.kind != number {
		return 0, p.expected("a number")
	}
	if err != nil || math.IsInf(v, 0) {
		return 0, p.failAt(p.now.from, "%.60s is not a number that can be reckoned with", p.now.text)
	}
	p.next()
	return v, nil
}

// property reads a name of the protocol.
func (p *parser) property() (node, error) {
	t := p.now
	property, allText, err := p.names.Property(t.text)
	if err != nil {
		return node{}, p.refused(t.from, err)
	}
	p.next()
	if allText {
		return node{allText: true, from: t.from}, nil
	}
	return node{operand: property, from: t.from}, nil
}

// named reads what begins with a word.
func (p *parser) named() (node, error) {
	t := p.now
	word := strings.ToUpper(t.text)
	called := p.before("(")
	switch {
	case word == "TRUE" || word == "FALSE":
		p.next()
		return node{operand: filter.Boolean(word == "TRUE"), from: t.from}, nil
	case word == "INCLUDE":
		p.next()
		return node{expr: filter.And{}, from: t.from}, nil
	case word == "EXCLUDE":
		p.next()
		return node{expr: filter.Or{}, from: t.from}, nil
	case word == "IN" && called: // identifiers
		p.next()
		e, err := p.in(filter.PropertyID)
		return node{expr: e, from: t.from}, err
	case reserved[word]:
		return node{}, p.expected("a property or a value")
	case wkt.Starts(word) && p.shaped(), word == "ENVELOPE" && called:
		return p.shape()
	case called && isSpatial(word):
		p.next()
		e, err := p.spatial(word)
		return node{expr: e, from: t.from}, err
	case called:
		return p.function()
	}
	return p.property()
}

// function reads a call of a function.
func (p *parser) function() (node, error) {
	t := p.now
	p.next()
	p.next() // the parenthesis
	f := filter.Function{Name: t.text}
	if p.sign(")") {
		return node{operand: f, from: t.from}, nil
	}
	return p.within(func() (node, error) {
		for {
			arg, err := p.operand()
			if err != nil {
				return node{}, err
			}
			f.Args = append(f.Args, arg)
			if p.sign(")") {
				return node{operand: f, from: t.from}, nil
			}
			if !p.sign(",") {
				return node{}, p.expected(", or )")
			}
		}
	})
}
