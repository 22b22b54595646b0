package cql2

import (
	"errors"
	"unicode/utf8"

	"perigee/shared/filter"
	"perigee/shared/filter/wkt"
)

// call reads a name and what it has in parentheses: a literal, CASEI or ACCENTI, a predicate, a function.
func (p *textParser) call(depth int) (filter.Operand, error) {
	name := p.next
	keyword := p.says
	if wkt.Starts(name.text) {
		return p.geometry()
	}
	if err := p.take(); err != nil {
		return nil, err
	}
	if err := p.take(); err != nil {
		return nil, err
	}
	switch keyword {
	case "DATE":
		return p.instant(date)
	case "TIMESTAMP":
		return p.instant(timestamp)
	case "INTERVAL":
		return p.interval(depth)
	case "BBOX":
		return p.box(name.at)
	case "CASEI", "ACCENTI":
		return p.fold(keyword, depth)
	}
	if _, ok := predicates[keyword]; ok {
		return p.binary(keyword, name.at, depth)
	}
	return p.function(name.text, depth)
}

// instant reads the text of DATE or TIMESTAMP and the closing parenthesis.
func (p *textParser) instant(read func(string) (filter.Operand, error)) (filter.Operand, error) {
	if p.next.form != quote {
		return nil, p.expected("a text in single quotes")
	}
	o, err := read(p.next.text)
	if err != nil {
		return nil, located(err, p.next.at)
	}
	if err := p.take(); err != nil {
		return nil, err
	}
	return o, p.expect(")")
}

func (p *textParser) interval(depth int) (filter.Operand, error) {
	start, err := p.bound(depth)
	if err == nil {
		err = p.expect(",")
	}
	if err != nil {
		return nil, err
	}
	end, err := p.bound(depth)
	if err != nil {
		return nil, err
	}
	return filter.Interval{Start: start, End: end}, p.expect(")")
}

// bound reads an instantParameter.
func (p *textParser) bound(depth int) (filter.Operand, error) {
	at := p.next.at
	if p.next.form == quote {
		o, err := bound(p.next.text)
		if err != nil {
			return nil, located(err, at)
		}
		return o, p.take()
	}
	o, err := p.primary(depth + 1)
	if err != nil {
		return nil, err
	}
	return o, located(fit(0, o, dynamic), at)
}

// box reads the numbers of BBOX, which began at a byte, and the closing parenthesis.
func (p *textParser) box(at int) (filter.Operand, error) {
	var corners []float64
	for {
		v, err := p.signed()
		if err != nil {
			return nil, err
		}
		corners = append(corners, v)
		if p.is(")") {
			break
		}
		if len(corners) == 6 {
			return nil, p.expected(")")
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
	}
	o, err := p.places.box(corners)
	if err != nil {
		return nil, located(err, at)
	}
	return o, p.take()
}

// signed reads a signedNumericLiteral.
func (p *textParser) signed() (float64, error) {
	negative := p.is("-")
	if negative || p.is("+") {
		if err := p.take(); err != nil {
			return 0, err
		}
	}
	if p.next.form != numeral {
		return 0, p.expected("a number")
	}
	n, err := number(p.next.text)
	if err != nil {
		return 0, located(err, p.next.at)
	}
	if negative {
		n = -n
	}
	return float64(n), p.take()
}

// geometry reads a geometryLiteral.
func (p *textParser) geometry() (filter.Operand, error) {
	at := p.next.at
	if p.plain == "" {
		p.plain = blank(p.text)
	}
	g, n, err := p.shapes.Read(p.plain[at:])
	if err != nil {
		var e *wkt.Error
		if errors.As(err, &e) {
			return nil, failing(at+e.At, "%s", e.Message)
		}
		return nil, failing(at, "%v", err)
	}
	o, err := p.places.shape(g)
	if err != nil {
		return nil, located(err, at)
	}
	p.last = token{word, "", at, at + n}
	return o, p.seek(at + n)
}

func (p *textParser) fold(name string, depth int) (filter.Operand, error) {
	at := p.next.at
	inner, err := p.primary(depth + 1)
	if err != nil {
		return nil, err
	}
	o, err := fold(name, inner)
	if err != nil {
		return nil, located(err, at)
	}
	return o, p.expect(")")
}

// binary reads the two operands of a predicate that is written as a function, which began at a byte.
func (p *textParser) binary(name string, at, depth int) (filter.Operand, error) {
	args, places, err := p.list(p.argument, depth+1)
	if err != nil {
		return nil, err
	}
	if len(args) != 2 {
		return nil, failing(at, "%s takes 2 operands, not %d", name, len(args))
	}
	o, err := truth(predicate(name, args[0], args[1]))
	return o, located(err, places...)
}

func (p *textParser) function(name string, depth int) (filter.Operand, error) {
	if none, err := p.accept(")"); none || err != nil {
		return filter.Function{Name: name}, err
	}
	args, _, err := p.list(p.argument, depth+1)
	return filter.Function{Name: name, Args: args}, err
}

// isBare tells whether a name needs no double quotes and so can be that of a function, which has none.
func isBare(name string) bool {
	return name != "" && utf8.ValidString(name) && nameLength(name) == len(name) && !isKeyword(name)
}

// isKeyword tells whether a word means something in the grammar, if only before a parenthesis.
func isKeyword(name string) bool {
	switch keyword := capitals(name); keyword {
	case "DATE", "TIMESTAMP", "INTERVAL", "BBOX", "CASEI", "ACCENTI":
		return true
	default:
		return predicates[keyword] != 0 || wkt.Starts(name) || isReserved(name)
	}
}
