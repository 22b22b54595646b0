package cql2

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/filter"
	"perigee/shared/filter/wkt"
)

var (
	sums     = map[string]filter.ArithmeticOp{"+": filter.Add, "-": filter.Subtract}
	products = map[string]filter.ArithmeticOp{"*": filter.Multiply, "/": filter.Divide, "%": filter.Modulo, "DIV": filter.Div}
	powers   = map[string]filter.ArithmeticOp{"^": filter.Power}
)

// sum reads an arithmeticExpression, or any operand.
func (p *textParser) sum(depth int) (filter.Operand, error) {
	return p.arithmetic(sums, maxDepth+1, p.product, depth)
}

// product reads an arithmeticTerm, or any operand.
func (p *textParser) product(depth int) (filter.Operand, error) {
	return p.arithmetic(products, maxDepth+1, p.power, depth)
}

// power reads a powerTerm, or any operand.
func (p *textParser) power(depth int) (filter.Operand, error) {
	return p.arithmetic(powers, 1, p.factor, depth)
}

// arithmetic reads operands with operators between them, at most so many, from left to right. Each makes the tree one
// deeper.
func (p *textParser) arithmetic(ops map[string]filter.ArithmeticOp, most int, read func(int) (filter.Operand, error), depth int) (filter.Operand, error) {
	at := p.next.at
	o, err := read(depth)
	for n := 1; err == nil && n <= most; n++ {
		op, ok := ops[p.says]
		if !ok {
			break
		}
		if err = p.count(depth + n); err != nil {
			break
		}
		if err = p.take(); err != nil {
			break
		}
		from := p.next.at
		var right filter.Operand
		if right, err = read(depth); err == nil {
			o, err = arithmetic(op, o, right)
			err = located(err, at, from)
		}
	}
	return o, err
}

// factor reads an arithmeticFactor: signs and what they stand before.
func (p *textParser) factor(depth int) (filter.Operand, error) {
	signed, negative := false, false
	for p.is("-") || p.is("+") {
		signed = true
		negative = negative != p.is("-")
		if err := p.take(); err != nil {
			return nil, err
		}
	}
	at := p.next.at
	o, err := p.primary(depth)
	if err != nil || !signed {
		return o, err
	}
	if err := fit(0, o, numeric); err != nil {
		return nil, located(err, at)
	}
	n, isNumber := o.(filter.Number)
	switch {
	case !negative:
		return o, nil
	case isNumber:
		return -n, nil
	}
	return filter.Arithmetic{Op: filter.Multiply, Left: filter.Number(-1), Right: o}, nil
}

// primary reads what needs no operator.
func (p *textParser) primary(depth int) (filter.Operand, error) {
	if err := p.count(depth); err != nil {
		return nil, err
	}
	switch t := p.next; {
	case t.form == numeral:
		n, err := number(t.text)
		if err != nil {
			return nil, failing(t.at, "%v", err)
		}
		return n, p.take()
	case t.form == quote:
		return filter.Text(t.text), p.take()
	case t.form == quoted:
		return p.property()
	case t.form == word:
		return p.word(depth)
	case p.is("("):
		return p.parenthesis(depth)
	}
	return nil, p.expected(aValue)
}

// number reads a numeral.
func number(text string) (filter.Number, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, misfitting(0, "the number %s is too large", shorten(text))
	}
	return filter.Number(v), nil
}

// word reads what begins with a word: true, false, a property, or what has a parenthesis after it.
func (p *textParser) word(depth int) (filter.Operand, error) {
	t := p.next
	switch {
	case p.is("TRUE"), p.is("FALSE"):
		return filter.Boolean(p.is("TRUE")), p.take()
	case isReserved(t.text):
		return nil, p.expected(aValue)
	}
	after, err := scan(p.text, t.end)
	switch {
	case err != nil:
		return nil, err
	case after.form == sign && after.text == "(":
		return p.call(depth)
	case wkt.Starts(t.text) && after.form == word && slices.Contains([]string{"Z", "M", "ZM", "EMPTY"}, capitals(after.text)):
		return p.geometry()
	}
	return p.property()
}

// property takes the name of a property.
func (p *textParser) property() (filter.Operand, error) {
	t := p.next
	if err := p.take(); err != nil {
		return nil, err
	}
	o, err := property(p.names, t.text)
	if err != nil {
		f := &failure{at: t.at, message: err.Error(), cause: err}
		if t.form == word && strings.HasPrefix(p.text[t.end:], "-") && nameLength(p.text[t.end+1:]) > 0 {
			f.message, f.cause = f.message+"; a name with a hyphen stands in double quotes", nil
		}
		return nil, f
	}
	return o, nil
}

// parenthesis reads an array, or an expression in parentheses.
func (p *textParser) parenthesis(depth int) (filter.Operand, error) {
	at := p.next.at
	if err := p.take(); err != nil {
		return nil, err
	}
	if empty, err := p.accept(")"); empty || err != nil {
		return filter.List{}, err
	}
	from := p.next.at
	first, err := p.or(depth + 1)
	if err != nil {
		return nil, err
	}
	if p.is(")") {
		p.group = group{at: at, end: p.next.end, layers: 1 + p.layers(from)}
		return first, p.take()
	}
	if !p.is(",") {
		return nil, p.expected("AND, OR, a comma or )")
	}
	if first, err = p.element(first, from); err != nil {
		return nil, err
	}
	if err := p.take(); err != nil {
		return nil, err
	}
	rest, _, err := p.list(p.argument, depth+1)
	return append(filter.List{first}, rest...), err
}

// argument reads an operand where an array may stand.
func (p *textParser) argument(depth int) (filter.Operand, error) {
	from := p.next.at
	o, err := p.or(depth)
	if err != nil {
		return nil, err
	}
	return p.element(o, from)
}

// element makes an array of an operand, read from a byte on, that is nothing but a parenthesis.
func (p *textParser) element(o filter.Operand, from int) (filter.Operand, error) {
	if err := fit(0, o, anything); err != nil {
		return nil, located(err, from)
	}
	for range p.layers(from) {
		o = filter.List{o}
	}
	return o, nil
}

// layers counts the parentheses around all that was read from a byte up to the last token.
func (p *textParser) layers(from int) int {
	if p.group.at == from && p.group.end == p.last.end {
		return p.group.layers
	}
	return 0
}
