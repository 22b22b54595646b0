// Package sru reads the Contextual Query Language of SRU 1.1 and 1.2 (http://www.loc.gov/standards/sru/cql/spec.html,
// once called Common Query Language), which libraries speak. It is not the CQL of OGC catalogues, which is package cql.
//
//	"sea ice"                                       in all text of a record, be it within words
//	cql.anywhere = ice                              a word of it
//	dc.title = ice and dc.date >= 2024-05-01
//	subject any "optical radar" or not platform == sentinel-2a
//	dc.date within "2024-05-01 2024-05-31"
//
// Booleans bind alike and from left to right. In a text that people write (title, abstract, subject, whatever a record
// calls so) "=" finds the term, "all" each and "any" one of its words, without regard to case; other values are compared.
// "==" and "exact" compare whole values. An asterisk stands for any run of characters, a question mark for one. "like"
// takes the pattern of SQL, which clients of other catalogues send.
package sru

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

// The bounds of a query.
const (
	maxLength = 64 << 10 // bytes
	maxDepth  = 100      // parentheses and negations within each other
	maxNodes  = 2000     // clauses and words
)

// Parse reads a query. The indexes are resolved by names, a dot of theirs counting as a colon. A failure tells at which
// character it was noticed; its locator is query, or the index or the relation that is not offered.
func Parse(source string, names filter.Names) (filter.Expr, error) {
	if len(source) > maxLength {
		return nil, fault.At(fault.Invalid, LocatorQuery, "the query is longer than %d bytes", maxLength)
	}
	if !utf8.ValidString(source) || strings.ContainsRune(source, 0) {
		return nil, fault.At(fault.Invalid, LocatorQuery, "the query has bytes that are no characters of UTF-8")
	}
	p := &parser{source: source, names: names}
	if err := p.next(); err != nil {
		return nil, err
	}
	e, err := p.query()
	if err == nil && p.kind != end {
		err = p.expected("the end or and, or, not")
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// The locators of failures.
const (
	LocatorQuery    = "query"
	LocatorIndex    = "index"
	LocatorRelation = "relation"
)

// The kinds of tokens.
const (
	end = iota
	word
	quotedText
	sign
)

// parser reads by recursive descent, one token ahead.
type parser struct {
	source string
	names  filter.Names
	from   int // the byte at which the present token begins
	to     int // the byte behind it
	kind   int
	text   string // of the token; of a quoted one with its escapes
	depth  int
	nodes  int
}

func (p *parser) failAt(locator string, at int, format string, args ...any) error {
	args = append([]any{utf8.RuneCountInString(p.source[:at]) + 1}, args...)
	return fault.At(fault.Invalid, locator, "at character %d: "+format, args...)
}

func (p *parser) expected(what string) error {
	if p.kind == end {
		return p.failAt(LocatorQuery, p.from, "found the end where %s was expected", what)
	}
	return p.failAt(LocatorQuery, p.from, "found %.60q where %s was expected", p.source[p.from:p.to], what)
}

// next goes to the next token.
func (p *parser) next() error {
	rest := strings.TrimLeftFunc(p.source[p.to:], unicode.IsSpace)
	p.from = len(p.source) - len(rest)
	p.to, p.kind, p.text = p.from, end, ""
	if rest == "" {
		return nil
	}
	if rest[0] == '"' || rest[0] == '\'' {
		return p.quoted(rest[0])
	}
	p.kind = sign
	for _, s := range []string{"<>", "<=", ">=", "==", "<", ">", "=", "(", ")", "/"} {
		if strings.HasPrefix(rest, s) {
			p.to, p.text = p.from+len(s), s
			return nil
		}
	}
	n := strings.IndexFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`<>=()/"`, r) })
	if n < 0 {
		n = len(rest)
	}
	p.kind, p.to, p.text = word, p.from+n, rest[:n]
	return nil
}

// quoted reads a text in quotation marks; a backslash takes the next character literally.
func (p *parser) quoted(mark byte) error {
	for i := p.from + 1; i < len(p.source); i++ {
		switch p.source[i] {
		case '\\':
			i++
		case mark:
			p.kind, p.to, p.text = quotedText, i+1, p.source[p.from+1:i]
			return nil
		}
	}
	return p.failAt(LocatorQuery, p.from, "the quotation mark is never closed")
}

// is tells whether the present token is that word.
func (p *parser) is(keyword string) bool { return p.kind == word && strings.EqualFold(p.text, keyword) }

// query reads clauses between booleans.
func (p *parser) query() (filter.Expr, error) {
	left, err := p.clause()
	for err == nil {
		switch {
		case p.is("and"):
			left, err = p.join(left, func(a, b filter.Expr) filter.Expr { return filter.And{a, b} })
		case p.is("or"):
			left, err = p.join(left, func(a, b filter.Expr) filter.Expr { return filter.Or{a, b} })
		case p.is("not"):
			left, err = p.join(left, func(a, b filter.Expr) filter.Expr { return filter.And{a, filter.Not{Expr: b}} })
		case p.is("prox"):
			return nil, p.failAt(LocatorRelation, p.from, "the boolean prox is not offered")
		default:
			return left, nil
		}
	}
	return nil, err
}

// join reads what stands behind a boolean.
func (p *parser) join(left filter.Expr, as func(a, b filter.Expr) filter.Expr) (filter.Expr, error) {
	if err := p.next(); err != nil {
		return nil, err
	}
	if err := p.modifiers(); err != nil {
		return nil, err
	}
	right, err := p.clause()
	if err != nil {
		return nil, err
	}
	return as(left, right), nil
}

// modifiers reads over the modifiers of a relation or a boolean that change nothing here, and refuses others.
func (p *parser) modifiers() error {
	for p.kind == sign && p.text == "/" {
		if err := p.next(); err != nil {
			return err
		}
		switch strings.TrimPrefix(strings.ToLower(p.text), "cql.") {
		case "ignorecase", "ignoreaccents", "masked", "word", "string", "isodate", "number":
		default:
			return p.failAt(LocatorRelation, p.from, "the modifier %.60q is not offered", p.text)
		}
		if err := p.next(); err != nil {
			return err
		}
	}
	return nil
}

// clause reads a query in parentheses, a negation, or a search clause.
func (p *parser) clause() (filter.Expr, error) {
	if p.nodes++; p.nodes > maxNodes {
		return nil, p.failAt(LocatorQuery, p.from, "a query of more than %d parts is not read", maxNodes)
	}
	switch {
	case p.kind == sign && p.text == "(":
		return p.deeper(func() (filter.Expr, error) {
			e, err := p.query()
			if err == nil && (p.kind != sign || p.text != ")") {
				err = p.expected(")")
			}
			if err == nil {
				err = p.next()
			}
			return e, err
		})
	case p.is("not"): // not of the language, but sent
		return p.deeper(func() (filter.Expr, error) {
			e, err := p.clause()
			return filter.Not{Expr: e}, err
		})
	case p.kind == word || p.kind == quotedText:
		return p.search()
	}
	return nil, p.expected("a term")
}

func (p *parser) deeper(read func() (filter.Expr, error)) (filter.Expr, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.failAt(LocatorQuery, p.from, "the query is nested deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	if err := p.next(); err != nil {
		return nil, err
	}
	return read()
}
