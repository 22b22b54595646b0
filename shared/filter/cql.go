package filter

import (
	"strconv"
	"strings"

	"perigee/shared/fault"
)

// maxCQL bounds the length of a CQL text in bytes.
const maxCQL = 64 << 10

// CQL reads a condition in the Common Query Language of OGC catalogues (07-006r1, 6.2.2): comparisons, LIKE, ILIKE,
// BETWEEN, IN, IS NULL, BBOX(property, west, south, east, north), INTERSECTS with an ENVELOPE or POINT, AND, OR, NOT.
// A failure tells at which character it was noticed.
func CQL(text string, names Names) (Expr, error) {
	if len(text) > maxCQL {
		return nil, fault.At(fault.Invalid, "Constraint", "the condition is longer than %d bytes", maxCQL)
	}
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &cql{tokens: tokens, names: names}
	e, err := p.or(0)
	if err == nil && p.peek().kind != end {
		err = p.wrong("the end or AND, OR")
	}
	return e, err
}

type cql struct {
	tokens []token
	at     int
	names  Names
}

func (p *cql) peek() token { return p.tokens[p.at] }

func (p *cql) next() token {
	t := p.tokens[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

// word takes the next token when it is that keyword.
func (p *cql) word(keyword string) bool {
	if t := p.peek(); t.kind == name && strings.EqualFold(t.text, keyword) {
		p.at++
		return true
	}
	return false
}

// sign takes the next token when it is that sign.
func (p *cql) sign(s string) bool {
	if t := p.peek(); t.kind == sign && t.text == s {
		p.at++
		return true
	}
	return false
}

func (p *cql) wrong(wanted string) error {
	t := p.peek()
	found := strconv.Quote(t.text)
	if t.kind == end {
		found = "the end"
	}
	return fault.At(fault.Invalid, "Constraint", "at character %d: found %s where %s was expected", t.at+1, found, wanted)
}

func (p *cql) or(depth int) (Expr, error) {
	first, err := p.and(depth)
	parts := []Expr{first}
	for err == nil && p.word("OR") {
		var part Expr
		part, err = p.and(depth)
		parts = append(parts, part)
	}
	if len(parts) == 1 || err != nil {
		return first, err
	}
	return Or(parts), nil
}

func (p *cql) and(depth int) (Expr, error) {
	first, err := p.not(depth)
	parts := []Expr{first}
	for err == nil && p.word("AND") {
		var part Expr
		part, err = p.not(depth)
		parts = append(parts, part)
	}
	if len(parts) == 1 || err != nil {
		return first, err
	}
	return And(parts), nil
}

func (p *cql) not(depth int) (Expr, error) {
	if depth > maxDepth {
		return nil, fault.At(fault.Invalid, "Constraint", "the condition is nested deeper than %d", maxDepth)
	}
	if p.word("NOT") {
		inner, err := p.not(depth + 1)
		return Not{inner}, err
	}
	if p.sign("(") {
		inner, err := p.or(depth + 1)
		if err == nil && !p.sign(")") {
			err = p.wrong(")")
		}
		return inner, err
	}
	return p.predicate()
}

func (p *cql) predicate() (Expr, error) {
	t := p.peek()
	if t.kind != name && t.kind != quoted {
		return nil, p.wrong("a property")
	}
	p.next()
	if t.kind == name && p.sign("(") {
		return p.function(t)
	}
	property, text, err := p.names.Property(t.text)
	if err != nil {
		return nil, err
	}
	negated := p.word("NOT")
	var e Expr
	if text {
		e, err = p.anyText(negated)
	} else {
		e, err = p.relation(property, negated)
	}
	if negated && err == nil {
		e = Not{e}
	}
	return e, err
}

var signs = map[string]Op{"=": Equal, "<>": NotEqual, "!=": NotEqual, "<": Less, "<=": LessOrEqual, ">": Greater, ">=": GreaterOrEqual}

// relation reads what is said of a property.
func (p *cql) relation(property Property, negated bool) (Expr, error) {
	switch {
	case p.word("LIKE"):
		pattern, err := p.text("a pattern in quotes")
		return Like{property, Text(pattern)}, err
	case p.word("ILIKE"):
		pattern, err := p.text("a pattern in quotes")
		return Like{property, CaseI{Text(pattern)}}, err
	case p.word("BETWEEN"):
		return p.between(property)
	case p.word("IN"):
		return p.in(property)
	case !negated && p.word("IS"):
		negated = p.word("NOT")
		if !p.word("NULL") {
			return nil, p.wrong("NULL")
		}
		if negated {
			return Not{IsNull{property}}, nil
		}
		return IsNull{property}, nil
	}
	op, ok := signs[p.peek().text]
	if !ok || p.peek().kind != sign || negated {
		return nil, p.wrong("a comparison")
	}
	p.next()
	value, err := p.value(property)
	return Compare{Op: op, Left: property, Right: value}, err
}

// anyText reads what is said of all text of a record.
func (p *cql) anyText(negated bool) (Expr, error) {
	switch {
	case p.word("LIKE"), p.word("ILIKE"):
		pattern, err := p.text("a pattern in quotes")
		return AnyText{Pattern: pattern}, err
	case !negated && p.sign("="):
		words, err := p.text("words in quotes")
		return AnyText{Words: words}, err
	case !negated && (p.sign("<>") || p.sign("!=")):
		words, err := p.text("words in quotes")
		return Not{AnyText{Words: words}}, err
	}
	return nil, p.wrong("LIKE, = or <>, by which all text is searched,")
}

// text reads a literal.
func (p *cql) text(wanted string) (string, error) {
	if p.peek().kind != literal {
		return "", p.wrong(wanted)
	}
	return p.next().text, nil
}

func (p *cql) between(property Property) (Expr, error) {
	low, err := p.value(property)
	if err != nil {
		return nil, err
	}
	if !p.word("AND") {
		return nil, p.wrong("AND")
	}
	high, err := p.value(property)
	return Between{property, low, high}, err
}

func (p *cql) in(property Property) (Expr, error) {
	if !p.sign("(") {
		return nil, p.wrong("(")
	}
	in := In{Operand: property}
	for {
		v, err := p.value(property)
		if err != nil {
			return nil, err
		}
		in.Values = append(in.Values, v)
		if p.sign(")") {
			return in, nil
		}
		if !p.sign(",") {
			return nil, p.wrong(", or )")
		}
	}
}

func (p *cql) value(property Property) (Operand, error) {
	switch t := p.peek(); t.kind {
	case literal:
		p.next()
		return Untyped{Text: p.names.Value(property, t.text)}, nil
	case number:
		n, err := p.number()
		return Number(n), err
	default:
		return nil, p.wrong("a value")
	}
}

func (p *cql) number() (float64, error) {
	t := p.peek()
	v, err := strconv.ParseFloat(t.text, 64)
	if t.kind != number || err != nil {
		return 0, p.wrong("a number")
	}
	p.next()
	return v, nil
}
