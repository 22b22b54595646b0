package cql

import (
	"strings"

	"perigee/shared/filter"
)

var comparisons = map[string]filter.Op{
	"=": filter.Equal, "<>": filter.NotEqual, "!=": filter.NotEqual, "<": filter.Less, "<=": filter.LessOrEqual, ">": filter.Greater,
	">=": filter.GreaterOrEqual,
}

// predicate reads a value and, where it follows, what is said of it.
func (p *parser) predicate() (node, error) {
	n, err := p.sum()
	if err != nil || n.expr != nil {
		return n, err
	}
	var e filter.Expr
	if op, known := comparisons[p.now.text]; known && p.now.kind == sign {
		e, err = p.compare(n, op)
	} else if n.allText {
		e, err = p.allTextLike()
	} else {
		e, err = p.relation(n.operand)
	}
	if err != nil || e == nil {
		return n, err
	}
	return node{expr: e, from: n.from}, nil
}

// compare reads the sign of a comparison and its right side.
func (p *parser) compare(left node, op filter.Op) (filter.Expr, error) {
	if left.allText && op != filter.Equal && op != filter.NotEqual {
		return nil, p.expected("LIKE, = or <>, by which all text is searched,")
	}
	p.next()
	right, err := p.sum()
	if err != nil {
		return nil, err
	}
	if left.allText || right.allText {
		return p.compareAllText(left, right, op)
	}
	a, err := p.value(left)
	if err != nil {
		return nil, err
	}
	b, err := p.value(right)
	return filter.Compare{Op: op, Left: p.beside(a, b), Right: p.beside(b, a)}, err
}

// beside is a value as it stands in a comparison with another: protocols have their own values for some properties.
func (p *parser) beside(o, other filter.Operand) filter.Operand {
	literal, isLiteral := o.(filter.Untyped)
	property, isProperty := other.(filter.Property)
	if isLiteral && isProperty {
		literal.Text = p.names.Value(property, literal.Text)
		return literal
	}
	return o
}

// compareAllText is whether the words of a literal are in a record.
func (p *parser) compareAllText(left, right node, op filter.Op) (filter.Expr, error) {
	words, isText := right.operand.(filter.Untyped)
	if right.allText {
		words, isText = left.operand.(filter.Untyped)
	}
	switch {
	case !isText:
		return nil, p.failAt(right.from, "all text is compared with words in quotes")
	case op == filter.Equal:
		return filter.AnyText{Words: words.Text}, nil
	case op == filter.NotEqual:
		return filter.Not{Expr: filter.AnyText{Words: words.Text}}, nil
	}
	return nil, p.failAt(right.from, "all text is searched by LIKE, = and <>")
}

// allTextLike reads the pattern that is searched in all text; it is nil where none follows.
func (p *parser) allTextLike() (filter.Expr, error) {
	negated := p.word("NOT")
	if !p.is("LIKE") && !p.is("ILIKE") {
		if negated {
			return nil, p.expected("LIKE")
		}
		return nil, nil
	}
	p.next()
	pattern, err := p.pattern()
	return negate(filter.AnyText{Pattern: pattern}, negated), err
}

func negate(e filter.Expr, negated bool) filter.Expr {
	if negated {
		return filter.Not{Expr: e}
	}
	return e
}

// relation reads what is said of a value but a comparison by a sign; it is nil where nothing is.
func (p *parser) relation(o filter.Operand) (filter.Expr, error) {
	negated := p.word("NOT")
	var e filter.Expr
	var err error
	switch {
	case p.word("LIKE"):
		var pattern string
		pattern, err = p.pattern()
		e = filter.Like{Operand: o, Pattern: filter.Text(pattern)}
	case p.word("ILIKE"):
		var pattern string
		pattern, err = p.pattern()
		e = filter.Like{Operand: filter.CaseI{Operand: o}, Pattern: filter.CaseI{Operand: filter.Text(pattern)}}
	case p.word("BETWEEN"):
		e, err = p.between(o)
	case p.word("IN"):
		e, err = p.in(o)
	case negated:
		return nil, p.expected("LIKE, ILIKE, BETWEEN or IN")
	case p.word("IS"):
		negated = p.word("NOT")
		if !p.word("NULL") {
			return nil, p.expected("NULL")
		}
		e = filter.IsNull{Operand: o}
	case p.word("EXISTS"):
		e = filter.Not{Expr: filter.IsNull{Operand: o}}
	case p.word("DOES-NOT-EXIST"):
		e = filter.IsNull{Operand: o}
	default:
		return p.temporal(o)
	}
	return negate(e, negated), err
}

// pattern reads a pattern in quotes. A backslash at its end stands for itself.
func (p *parser) pattern() (string, error) {
	if p.now.kind != text {
		return "", p.expected("a pattern in quotes")
	}
	pattern := p.now.text
	p.next()
	if before := strings.TrimRight(pattern, `\`); (len(pattern)-len(before))%2 == 1 {
		pattern += `\`
	}
	return pattern, nil
}

func (p *parser) between(o filter.Operand) (filter.Expr, error) {
	low, err := p.operand()
	if err != nil {
		return nil, err
	}
	if !p.word("AND") {
		return nil, p.expected("AND")
	}
	high, err := p.operand()
	return filter.Between{Operand: o, Low: p.beside(low, o), High: p.beside(high, o)}, err
}

func (p *parser) in(o filter.Operand) (filter.Expr, error) {
	in := filter.In{Operand: o}
	err := p.list(func() error {
		v, err := p.operand()
		in.Values = append(in.Values, p.beside(v, o))
		return err
	})
	return in, err
}

// list reads parts between parentheses, one at least.
func (p *parser) list(part func() error) error {
	if err := p.expect("("); err != nil {
		return err
	}
	for {
		if err := part(); err != nil {
			return err
		}
		if p.sign(")") {
			return nil
		}
		if !p.sign(",") {
			return p.expected(", or )")
		}
	}
}
