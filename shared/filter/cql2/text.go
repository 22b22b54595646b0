package cql2

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/filter/wkt"
	"perigee/shared/geo"
)

// ParseText reads a filter in CQL2 text. A failure is Invalid and tells at which character it was noticed.
func ParseText(text string, names filter.Names) (filter.Expr, error) {
	return ParseTextIn(geo.CRS84, text, names)
}

// ParseTextIn is ParseText for a filter whose geometries are in another reference system, one of literal.CRS, in the order
// of its axes (19-079r2, filter-crs).
func ParseTextIn(crs geo.CRS, text string, names filter.Names) (filter.Expr, error) {
	if err := tooLong(len(text)); err != nil {
		return nil, err
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return nil, fault.At(fault.Invalid, locator, "the filter is not text in UTF-8, or holds a NUL")
	}
	p := &textParser{text: text, names: names, places: places{crs}}
	e, err := p.filter()
	if err == nil {
		return e, nil
	}
	var f *failure
	if !errors.As(err, &f) {
		return nil, fault.At(fault.Invalid, locator, "%w", err)
	}
	character := utf8.RuneCountInString(text[:f.at]) + 1
	if f.cause != nil {
		return nil, fault.At(fault.Invalid, locator, "at character %d: %w", character, f.cause)
	}
	return nil, fault.At(fault.Invalid, locator, "at character %d: %s", character, f.message)
}

// textParser reads a text by recursive descent. Every production gives an operand; conditions are operands of type
// filter.Condition until it is known what they are parts of. So a parenthesis needs no guess.
type textParser struct {
	text   string
	names  filter.Names
	places places
	next   token  // not yet taken
	says   string // what next says, if it is a word, in capitals, or a sign
	last   token  // the one taken last
	tally  tally
	shapes wkt.Reader
	plain  string // the text in which spaces are blanks, once it is needed
	group  group
}

// group is the parenthesis that was closed last: the bytes between which it lies, and how many parentheses in each other
// it is.
type group struct{ at, end, layers int }

// reserved words cannot name properties unless in double quotes.
var reserved = []string{"AND", "OR", "NOT", "LIKE", "BETWEEN", "IN", "IS", "NULL", "TRUE", "FALSE", "DIV"}

func isReserved(text string) bool { return slices.Contains(reserved, capitals(text)) }

func (p *textParser) filter() (filter.Expr, error) {
	if err := p.seek(0); err != nil {
		return nil, err
	}
	at := p.next.at
	o, err := p.or(0)
	if err != nil {
		return nil, err
	}
	e, err := condition(o)
	switch {
	case p.next.form == theEnd:
		return e, located(err, at)
	case err != nil:
		return nil, p.expected("an operator")
	}
	return nil, p.expected("AND, OR or the end")
}

// seek makes the token from a byte on the next one.
func (p *textParser) seek(at int) (err error) {
	p.next, err = scan(p.text, at)
	switch p.next.form {
	case word:
		p.says = capitals(p.next.text)
	case sign:
		p.says = p.next.text
	default:
		p.says = ""
	}
	return err
}

// take goes on to the next token.
func (p *textParser) take() error {
	p.last = p.next
	return p.seek(p.next.end)
}

// is tells whether the next token is that keyword or sign.
func (p *textParser) is(text string) bool { return p.says == text }

// accept takes the next token if it is that keyword or sign.
func (p *textParser) accept(text string) (bool, error) {
	if !p.is(text) {
		return false, nil
	}
	return true, p.take()
}

// expect takes the next token, which must be that keyword or sign.
func (p *textParser) expect(text string) error {
	if !p.is(text) {
		return p.expected(text)
	}
	return p.take()
}

// expected is the failure to find what was wanted next.
func (p *textParser) expected(wanted string) error {
	found := "the end"
	if p.next.form != theEnd {
		found = shorten(p.text[p.next.at:p.next.end])
	}
	return failing(p.next.at, "found %s where %s was expected", found, wanted)
}

// aValue is what most productions begin with.
const aValue = "a value or a condition"

// located gives a failure of operands the place where the one at fault begins.
func located(err error, places ...int) error {
	var m *misfit
	if !errors.As(err, &m) {
		return err
	}
	return failing(places[max(0, min(m.operand, len(places)-1))], "%s", m.message)
}

// condition reads a production that must give a condition.
func (p *textParser) condition(read func(int) (filter.Operand, error), depth int) (filter.Expr, error) {
	at := p.next.at
	o, err := read(depth)
	if err != nil {
		return nil, err
	}
	e, err := condition(o)
	return e, located(err, at)
}

// or reads a booleanExpression, or any operand.
func (p *textParser) or(depth int) (filter.Operand, error) {
	parts, o, err := p.chain("OR", p.and, depth)
	if err != nil || parts == nil {
		return o, err
	}
	return filter.Condition{Expr: filter.Or(parts)}, nil
}

// and reads a booleanTerm, or any operand.
func (p *textParser) and(depth int) (filter.Operand, error) {
	parts, o, err := p.chain("AND", p.not, depth)
	if err != nil || parts == nil {
		return o, err
	}
	return filter.Condition{Expr: filter.And(parts)}, nil
}

// chain reads conditions with a keyword between them; a part without such is given as it is.
func (p *textParser) chain(keyword string, part func(int) (filter.Operand, error), depth int) ([]filter.Expr, filter.Operand, error) {
	at := p.next.at
	o, err := part(depth)
	if err != nil || !p.is(keyword) {
		return nil, o, err
	}
	first, err := condition(o)
	parts := []filter.Expr{first}
	for err == nil && p.is(keyword) {
		if err = p.take(); err != nil {
			break
		}
		var e filter.Expr
		e, err = p.condition(part, depth)
		parts = append(parts, e)
	}
	return parts, nil, located(err, at)
}

// not reads a booleanFactor, or any operand.
func (p *textParser) not(depth int) (filter.Operand, error) {
	if !p.is("NOT") {
		return p.predicate(depth)
	}
	if err := p.count(depth); err != nil {
		return nil, err
	}
	if err := p.take(); err != nil {
		return nil, err
	}
	return truth(negate(p.condition(p.not, depth+1)))
}

func (p *textParser) count(depth int) error { return located(p.tally.count(depth), p.next.at) }

// comparisons are the signs of comparisonOperator.
var comparisons = map[string]filter.Op{
	"=": filter.Equal, "<>": filter.NotEqual, "<": filter.Less, "<=": filter.LessOrEqual, ">": filter.Greater, ">=": filter.GreaterOrEqual,
}

// predicate reads an operand and what is said of it, if anything is.
func (p *textParser) predicate(depth int) (filter.Operand, error) {
	at := p.next.at
	o, err := p.sum(depth)
	if err != nil {
		return nil, err
	}
	if op, ok := comparisons[p.says]; ok {
		o, err = p.compared(op, o, at, depth)
	} else if p.is("NOT") || p.is("LIKE") || p.is("BETWEEN") || p.is("IN") {
		o, err = p.related(o, at, depth)
	}
	for n := 0; err == nil && p.is("IS"); n++ {
		if err = p.count(depth + n); err == nil {
			o, err = p.null(o, at)
		}
	}
	return o, err
}

func (p *textParser) compared(op filter.Op, left filter.Operand, at, depth int) (filter.Operand, error) {
	if err := p.take(); err != nil {
		return nil, err
	}
	from := p.next.at
	right, err := p.sum(depth)
	if err != nil {
		return nil, err
	}
	o, err := truth(compare(p.names, op, left, right))
	return o, located(err, at, from)
}

// null reads IS [NOT] NULL, said of an operand that began at a byte.
func (p *textParser) null(o filter.Operand, at int) (filter.Operand, error) {
	if err := p.take(); err != nil {
		return nil, err
	}
	negated, err := p.accept("NOT")
	if err == nil {
		err = p.expect("NULL")
	}
	if err != nil {
		return nil, err
	}
	e, err := isNull(o)
	if negated {
		e, err = negate(e, err)
	}
	o, err = truth(e, err)
	return o, located(err, at)
}

// related reads [NOT] LIKE, BETWEEN or IN, said of an operand that began at a byte.
func (p *textParser) related(o filter.Operand, at, depth int) (filter.Operand, error) {
	negated, err := p.accept("NOT")
	if err != nil {
		return nil, err
	}
	var e filter.Expr
	switch {
	case p.is("LIKE"):
		e, err = p.like(o, at, depth)
	case p.is("BETWEEN"):
		e, err = p.between(o, at, depth)
	case p.is("IN"):
		e, err = p.in(o, at, depth)
	default:
		err = p.expected("LIKE, BETWEEN or IN")
	}
	if negated {
		e, err = negate(e, err)
	}
	return truth(e, err)
}

func (p *textParser) like(o filter.Operand, at, depth int) (filter.Expr, error) {
	if err := p.take(); err != nil {
		return nil, err
	}
	from := p.next.at
	pattern, err := p.primary(depth)
	if err != nil {
		return nil, err
	}
	e, err := like(o, pattern)
	return e, located(err, at, from)
}

func (p *textParser) between(o filter.Operand, at, depth int) (filter.Expr, error) {
	if err := p.take(); err != nil {
		return nil, err
	}
	from := p.next.at
	low, err := p.sum(depth)
	if err == nil {
		err = p.expect("AND")
	}
	if err != nil {
		return nil, err
	}
	to := p.next.at
	high, err := p.sum(depth)
	if err != nil {
		return nil, err
	}
	e, err := between(p.names, o, low, high)
	return e, located(err, at, from, to)
}

func (p *textParser) in(o filter.Operand, at, depth int) (filter.Expr, error) {
	if err := p.take(); err != nil {
		return nil, err
	}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	values, places, err := p.list(p.sum, depth+1)
	if err != nil {
		return nil, err
	}
	e, err := in(p.names, o, values)
	return e, located(err, append([]int{at}, places...)...)
}

// list reads operands up to the closing parenthesis, one at least, and tells where they begin.
func (p *textParser) list(read func(int) (filter.Operand, error), depth int) (all []filter.Operand, places []int, err error) {
	for {
		places = append(places, p.next.at)
		o, err := read(depth)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, o)
		if closed, err := p.accept(")"); closed || err != nil {
			return all, places, err
		}
		if !p.is(",") {
			return nil, nil, p.expected(", or )")
		}
		if err := p.take(); err != nil {
			return nil, nil, err
		}
	}
}
