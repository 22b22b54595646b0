package stacapi

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/ogcapi"
)

// The bounds of a free text.
const (
	maxFreeText  = 2000 // bytes
	maxTerms     = 100
	maxFreeDepth = 20 // parentheses within each other
)

// readFreeText reads the parameter q (https://github.com/stac-api-extensions/freetext-search, v1.0.0-rc.1). With commas
// alone it is a list of terms, any of which has to be there: the basic search, and that of OGC API - Records. Otherwise it
// is read as the advanced search.
func readFreeText(p *ogcapi.Params) filter.Expr {
	text := p.Text("q")
	if strings.TrimSpace(text) == "" {
		return nil
	}
	e, err := parseFreeText(text)
	p.Fail(err)
	return e
}

// readFreeText reads the field q of a search's body: a list of terms is the basic search, a text the advanced one.
func (b *bodyReader) readFreeText() filter.Expr {
	raw := b.take("q")
	if raw == nil {
		return nil
	}
	var terms []string
	if raw[0] == '[' {
		if b.decode("q", "a text or an array of strings", raw, &terms); len(terms) == 0 {
			return nil
		}
		e, err := anyTerm(terms)
		b.fail(err)
		return e
	}
	var text string
	if b.decode("q", "a text or an array of strings", raw, &text); strings.TrimSpace(text) == "" {
		return nil
	}
	e, err := parseFreeText(text)
	b.fail(err)
	return e
}

func parseFreeText(text string) (filter.Expr, error) {
	if len(text) > maxFreeText {
		return nil, fault.At(fault.Invalid, "q", "q has %d bytes, at most %d are possible", len(text), maxFreeText)
	}
	if strings.Contains(text, ",") && !advanced(text) {
		return anyTerm(strings.Split(text, ","))
	}
	t := &freeText{rest: text, whole: text}
	e, err := t.sequence(0)
	if err == nil && t.symbol == ")" {
		err = t.fault("a parenthesis is closed that was not opened")
	}
	if err != nil {
		return nil, err
	}
	return e, filter.Check(e, nil)
}

// advanced tells whether a text has something in it that only the advanced search knows.
func advanced(text string) bool {
	if strings.ContainsAny(text, `"()`) {
		return true
	}
	for _, word := range strings.FieldsFunc(text, parting) {
		if word == "AND" || word == "OR" || word[0] == '+' || word[0] == '-' {
			return true
		}
	}
	return false
}

func parting(r rune) bool { return r == ',' || unicode.IsSpace(r) }

// anyTerm holds for what has any of the terms in it.
func anyTerm(terms []string) (filter.Expr, error) {
	if len(terms) > maxTerms {
		return nil, fault.At(fault.Invalid, "q", "q has %d terms, at most %d are possible", len(terms), maxTerms)
	}
	var alternatives filter.Or
	for _, one := range terms {
		if one = strings.TrimSpace(one); one != "" {
			alternatives = append(alternatives, term(one))
		}
	}
	if len(alternatives) == 0 {
		return nil, nil
	}
	return alternatives, filter.Check(alternatives, nil)
}

// term holds for what has a term in it: its words, one behind the other as they are written.
func term(text string) filter.Expr {
	if len(filter.Words(text)) == 1 && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		return filter.AnyText{Words: text}
	}
	return filter.AnyText{Words: text, Pattern: escapePattern.Replace(strings.Join(strings.Fields(text), " "))}
}

// freeText reads an advanced search: AND, which binds more closely, and OR, which is also what stands between two terms
// with nothing between them; parentheses; phrases between quotation marks; + before what has to be there and - before
// what must not be. Where something of a sequence has to be there, what has no sign need not.
type freeText struct {
	whole, rest string
	symbol      string // the next one: a term, or one of ( ) + - AND OR, or empty at the end
	quoted      bool   // symbol is a phrase
	terms       int
}

// sequence reads alternatives up to a closing parenthesis or the end.
func (t *freeText) sequence(depth int) (filter.Expr, error) {
	if depth > maxFreeDepth {
		return nil, t.fault("parentheses stand more than %d deep", maxFreeDepth)
	}
	if err := t.next(); err != nil {
		return nil, err
	}
	var required, excluded filter.And
	var optional filter.Or
	for first := true; t.symbol != "" && !t.is(")"); first = false {
		if t.is("OR") {
			if err := t.next(); err != nil {
				return nil, err
			}
			if first || t.symbol == "" || t.is(")") || t.is("OR") {
				return nil, t.fault("OR stands between two terms")
			}
		}
		e, sign, err := t.conjunction(depth)
		if err != nil {
			return nil, err
		}
		switch sign {
		case '+':
			required = append(required, e)
		case '-':
			excluded = append(excluded, e)
		default:
			optional = append(optional, e)
		}
	}
	if len(required)+len(excluded)+len(optional) == 0 {
		return nil, t.fault("there is no term")
	}
	all := append(required, excluded...)
	if len(required) == 0 && len(optional) > 0 {
		all = append(all, optional)
	}
	return all, nil
}

// conjunction reads terms with AND between them. The sign is that of a term that stands alone.
func (t *freeText) conjunction(depth int) (filter.Expr, byte, error) {
	e, sign, err := t.signed(depth)
	if err != nil || !t.is("AND") {
		return e, sign, err
	}
	all := filter.And{e}
	for t.is("AND") {
		if err := t.next(); err != nil {
			return nil, 0, err
		}
		e, _, err := t.signed(depth)
		if err != nil {
			return nil, 0, err
		}
		all = append(all, e)
	}
	return all, 0, nil
}

// signed reads a term, which is turned around by a minus.
func (t *freeText) signed(depth int) (filter.Expr, byte, error) {
	var sign byte
	if t.is("+") || t.is("-") {
		sign = t.symbol[0]
		if err := t.next(); err != nil {
			return nil, 0, err
		}
	}
	e, err := t.operand(depth)
	if err == nil && sign == '-' {
		e = filter.Not{Expr: e}
	}
	return e, sign, err
}

func (t *freeText) operand(depth int) (filter.Expr, error) {
	switch {
	case t.is("("):
		e, err := t.sequence(depth + 1)
		if err != nil {
			return nil, err
		}
		if !t.is(")") {
			return nil, t.fault("a parenthesis is not closed")
		}
		return e, t.next()
	case t.symbol == "" || t.is(")") || t.is("+") || t.is("-") || t.is("AND") || t.is("OR"):
		return nil, t.fault("a term is missing")
	}
	if t.terms++; t.terms > maxTerms {
		return nil, t.fault("there are more than %d terms", maxTerms)
	}
	e := term(t.symbol)
	return e, t.next()
}

// is tells whether the next symbol is one that is no term.
func (t *freeText) is(symbol string) bool { return t.symbol == symbol && !t.quoted }

// next reads a symbol. A sign counts where a term begins, so that a word may have a hyphen in it.
func (t *freeText) next() error {
	t.rest = strings.TrimLeftFunc(t.rest, parting)
	t.symbol, t.quoted = "", false
	if t.rest == "" {
		return nil
	}
	switch c := t.rest[0]; c {
	case '(', ')', '+', '-':
		t.symbol, t.rest = t.rest[:1], t.rest[1:]
		return nil
	case '"':
		phrase, rest, closed := strings.Cut(t.rest[1:], `"`)
		if !closed {
			return t.fault("a quotation mark is not closed")
		}
		if strings.TrimSpace(phrase) == "" {
			return t.fault("there is nothing between two quotation marks")
		}
		t.symbol, t.rest, t.quoted = phrase, rest, true
		return nil
	}
	end := strings.IndexFunc(t.rest, func(r rune) bool { return parting(r) || r == '(' || r == ')' || r == '"' })
	if end < 0 {
		end = len(t.rest)
	}
	t.symbol, t.rest = t.rest[:end], t.rest[end:]
	return nil
}

// fault says what is wrong with the text, and where.
func (t *freeText) fault(format string, args ...any) error {
	at := utf8.RuneCountInString(t.whole[:len(t.whole)-len(t.rest)])
	return fault.At(fault.Invalid, "q", format+", before character %d of q", append(args, at+1)...)
}
