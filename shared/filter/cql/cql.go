// Package cql reads the Common Query Language of OGC catalogues (CQL 1: 07-006r1, 6.2.2) as it is spoken since: with
// what ECQL added (expressions on both sides, functions, IN, ILIKE, identifiers, durations) and the properties of
// protocols, whose names have prefixes. It has nothing to do with CQL2, which is package cql2.
//
//	eo:cloud_cover < 20 AND platform IN ('sentinel-2a', 'sentinel-2b')
//	title ILIKE '%lorem%' OR NOT (csw:AnyText = 'sea ice')
//	BBOX(ows:BoundingBox, 13.9, 37, 15.1, 37.9)
//	DWITHIN(geometry, POINT(16 48), 20, kilometers)
//	apiso:TempExtent DURING 2020-01-01T00:00:00Z/P1M
//
// A name may have a hyphen or a solidus between letters (landsat:wrs-path); there the arithmetic of two properties needs
// space around its operator. Coordinates are longitude and latitude; the box of BBOX is in the order of the reference
// system that it names by a URN or a URI. A geometry may be in another one that is read (SRID=32633;POINT(…)).
package cql

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/filter/wkt"
)

// The bounds of a condition.
const (
	maxLength = 64 << 10 // bytes
	maxDepth  = 100      // parentheses, functions and negations within each other
	maxNodes  = 5000     // of the tree
)

// Parse reads a condition. Names are resolved by names. A failure tells at which character it was noticed.
func Parse(source string, names filter.Names) (filter.Expr, error) {
	if len(source) > maxLength {
		return nil, fault.At(fault.Invalid, "Constraint", "the condition is longer than %d bytes", maxLength)
	}
	if !utf8.ValidString(source) || strings.ContainsRune(source, 0) {
		return nil, fault.At(fault.Invalid, "Constraint", "the condition has bytes that are no characters of UTF-8")
	}
	p := &parser{lexer: lexer{source: source}, names: names}
	p.move(0)
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	e, err := p.condition(n)
	if err == nil && p.now.kind != end {
		err = p.expected("the end or AND, OR")
	}
	return e, err
}

// parser reads a condition by recursive descent, in one pass and without going back: what is in parentheses shows by
// itself whether it is a condition or a value.
type parser struct {
	lexer
	names    filter.Names
	geometry wkt.Reader
	depth    int
	nodes    int
}

// node is what was read: a condition, a value, or the text of a whole record, which is neither.
type node struct {
	expr    filter.Expr
	operand filter.Operand
	allText bool
	from    int // the byte it begins at
}

// next goes to the next token.
func (p *parser) next() { p.move(p.now.to) }

// is tells whether the present token is that keyword.
func (p *parser) is(keyword string) bool {
	return p.now.kind == name && strings.EqualFold(p.now.text, keyword)
}

// before tells whether the present token stands before that sign.
func (p *parser) before(s string) bool {
	return strings.HasPrefix(strings.TrimLeftFunc(p.source[p.now.to:], unicode.IsSpace), s)
}

// word takes the present token when it is that keyword.
func (p *parser) word(keyword string) bool {
	found := p.is(keyword)
	if found {
		p.next()
	}
	return found
}

// sign takes the present token when it is that sign.
func (p *parser) sign(s string) bool {
	found := p.now.kind == sign && p.now.text == s
	if found {
		p.next()
	}
	return found
}

// expect takes the present token, which must be that sign.
func (p *parser) expect(s string) error {
	if !p.sign(s) {
		return p.expected(s)
	}
	return nil
}

// within reads what lies one level deeper.
func (p *parser) within(read func() (node, error)) (node, error) {
	if p.depth++; p.depth > maxDepth {
		return node{}, p.failAt(p.now.from, "the condition is nested deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	return read()
}

// count counts a node of the tree.
func (p *parser) count() error {
	if p.nodes++; p.nodes > maxNodes {
		return p.failAt(p.now.from, "a condition of more than %d parts is not read", maxNodes)
	}
	return nil
}

// condition takes what was read, up to the present token, for a condition.
func (p *parser) condition(n node) (filter.Expr, error) {
	if n.expr != nil {
		return n.expr, nil
	}
	switch n.operand.(type) {
	case filter.Boolean, filter.Function:
		return filter.Truth{Operand: n.operand}, nil
	}
	if n.allText {
		return nil, p.expected("LIKE, = or <>, by which all text is searched,")
	}
	return nil, p.expected("a comparison")
}

// value takes what was read for a value.
func (p *parser) value(n node) (filter.Operand, error) {
	switch {
	case n.allText:
		return nil, p.failAt(n.from, "all text is no value: it is searched by LIKE, = and <>")
	case n.operand == nil:
		return nil, p.failAt(n.from, "found a condition where a value was expected")
	}
	return n.operand, nil
}

func (p *parser) or() (node, error) {
	return p.chain("OR", p.and, func(all []filter.Expr) filter.Expr { return filter.Or(all) })
}

func (p *parser) and() (node, error) {
	return p.chain("AND", p.not, func(all []filter.Expr) filter.Expr { return filter.And(all) })
}

// chain reads one part, or conditions with a keyword between them.
func (p *parser) chain(keyword string, part func() (node, error), join func([]filter.Expr) filter.Expr) (node, error) {
	n, err := part()
	if err != nil || !p.is(keyword) {
		return n, err
	}
	var all []filter.Expr
	for from := n.from; ; {
		e, err := p.condition(n)
		if err != nil {
			return node{}, err
		}
		all = append(all, e)
		if !p.word(keyword) {
			return node{expr: join(all), from: from}, nil
		}
		if n, err = part(); err != nil {
			return node{}, err
		}
	}
}

func (p *parser) not() (node, error) {
	from := p.now.from
	if !p.word("NOT") {
		return p.predicate()
	}
	if err := p.count(); err != nil {
		return node{}, err
	}
	n, err := p.within(p.not)
	if err != nil {
		return node{}, err
	}
	e, err := p.condition(n)
	return node{expr: filter.Not{Expr: e}, from: from}, err
}
