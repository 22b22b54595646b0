package fes

import (
	"strings"
	"unicode/utf8"

	"perigee/shared/filter"
)

var comparisons = map[string]filter.Op{
	"PropertyIsEqualTo": filter.Equal, "PropertyIsNotEqualTo": filter.NotEqual,
	"PropertyIsLessThan": filter.Less, "PropertyIsGreaterThan": filter.Greater,
	"PropertyIsLessThanOrEqualTo": filter.LessOrEqual, "PropertyIsGreaterThanOrEqualTo": filter.GreaterOrEqual,
}

// compare reads a comparison of two expressions.
func (p *parser) compare(e *Element, op filter.Op) (filter.Expr, error) {
	sides, err := p.sides(e, 2)
	if err != nil {
		return nil, err
	}
	if sides[0].allText || sides[1].allText {
		return compareAllText(e, op, sides)
	}
	fold := folds(e)
	left, right := p.beside(sides[0], sides[1], fold), p.beside(sides[1], sides[0], fold)
	if fold && !untyped(left) && !untyped(right) {
		left, right = filter.CaseI{Operand: left}, filter.CaseI{Operand: right}
	}
	of := filter.Compare{Op: op, Left: left, Right: right}
	action := filter.MatchAction(e.attr("matchAction"))
	switch action {
	case "": // of 2.0 it is Any
		if p.space != nsFES {
			return of, nil
		}
		action = filter.MatchAny
	case filter.MatchAny, filter.MatchAll, filter.MatchOne:
	default:
		return nil, e.wrong("matchAction %.60q is not Any, All or One", string(action))
	}
	if action == filter.MatchAny && op != filter.NotEqual {
		return of, nil // which holds when it does for any value
	}
	return filter.Match{Action: action, Compare: of}, nil
}

// folds tells whether a comparison takes no regard to case. The attribute is an xs:boolean.
func folds(e *Element) bool {
	match := strings.TrimSpace(e.attr("matchCase"))
	return match == "false" || match == "0"
}

func untyped(o filter.Operand) bool {
	_, is := o.(filter.Untyped)
	return is
}

// beside is an operand as it stands in a comparison with another: protocols have their own values for some properties.
func (p *parser) beside(s, other side, fold bool) filter.Operand {
	literal, isLiteral := s.operand.(filter.Untyped)
	if !isLiteral {
		return s.operand
	}
	if property, isProperty := other.operand.(filter.Property); isProperty {
		literal.Text = p.names.Value(property, literal.Text)
	}
	literal.FoldCase = fold
	return literal
}

// compareAllText reads a comparison with the text of a whole record, which is whether the words of a literal are in it.
func compareAllText(e *Element, op filter.Op, sides []side) (filter.Expr, error) {
	words, isLiteral := sides[1].operand.(filter.Untyped)
	if sides[1].allText {
		words, isLiteral = sides[0].operand.(filter.Untyped)
	}
	switch {
	case isLiteral && op == filter.Equal:
		return filter.AnyText{Words: words.Text}, nil
	case isLiteral && op == filter.NotEqual:
		return filter.Not{Expr: filter.AnyText{Words: words.Text}}, nil
	}
	return nil, notOfAllText(e)
}

func notOfAllText(e *Element) error {
	return e.wrong("%s says nothing of all text, which is compared with a literal by PropertyIsLike, PropertyIsEqualTo and PropertyIsNotEqualTo", e.name.Local)
}

// isNull reads PropertyIsNull and PropertyIsNil.
func (p *parser) isNull(e *Element) (filter.Expr, error) {
	if _, found := e.lookup("nilReason"); found {
		return nil, e.wrong("the reason why a value is missing is not known")
	}
	sides, err := p.sides(e, 1)
	if err != nil {
		return nil, err
	}
	if sides[0].allText {
		return nil, notOfAllText(e)
	}
	return filter.IsNull{Operand: sides[0].operand}, nil
}

// between reads PropertyIsBetween: an expression, and one in each of its boundaries.
func (p *parser) between(e *Element) (filter.Expr, error) {
	if len(e.children) != 3 || e.children[1].name.Local != "LowerBoundary" || e.children[2].name.Local != "UpperBoundary" {
		return nil, e.wrong("PropertyIsBetween holds an expression, a LowerBoundary and an UpperBoundary")
	}
	value, err := p.side(e.children[0])
	if err != nil {
		return nil, err
	}
	var bounds [2]side
	for i, boundary := range e.children[1:] {
		if err := p.ours(boundary); err != nil {
			return nil, err
		}
		inner, err := p.sides(boundary, 1)
		if err != nil {
			return nil, err
		}
		bounds[i] = inner[0]
	}
	if value.allText || bounds[0].allText || bounds[1].allText {
		return nil, notOfAllText(e)
	}
	return filter.Between{Operand: value.operand, Low: p.beside(bounds[0], value, false), High: p.beside(bounds[1], value, false)}, nil
}

// like reads PropertyIsLike: an expression and a pattern.
func (p *parser) like(e *Element) (filter.Expr, error) {
	sides, err := p.sides(e, 2)
	if err != nil {
		return nil, err
	}
	literal, isLiteral := sides[1].operand.(filter.Untyped)
	if !isLiteral {
		return nil, e.wrong("the pattern of PropertyIsLike is a Literal")
	}
	escape := e.attr("escapeChar")
	if escape == "" {
		escape = e.attr("escape") // 1.0
	}
	pattern := wildcards{e.attr("wildCard"), e.attr("singleChar"), escape}.translate(literal.Text)
	switch {
	case sides[0].allText:
		return filter.AnyText{Pattern: pattern}, nil
	case folds(e):
		return filter.Like{Operand: filter.CaseI{Operand: sides[0].operand}, Pattern: filter.CaseI{Operand: filter.Text(pattern)}}, nil
	}
	return filter.Like{Operand: sides[0].operand, Pattern: filter.Text(pattern)}, nil
}

// wildcards are what a pattern has for any run of characters, for a single one, and before what stands for itself. Each
// may have several characters, or none.
type wildcards struct{ any, single, escape string }

// translate turns a pattern into the house's: % any run, _ one character, \ literally.
func (w wildcards) translate(pattern string) string {
	var out strings.Builder
	for pattern != "" {
		token, n := w.next(pattern)
		switch {
		case token == w.escape && n > 0 && len(pattern) > n:
			pattern = pattern[n:]
			if _, n = w.next(pattern); n == 0 {
				_, n = utf8.DecodeRuneInString(pattern)
			}
			writeLiteral(&out, pattern[:n])
		case token == w.any && n > 0 && token != w.escape:
			out.WriteByte('%')
		case token == w.single && n > 0 && token != w.escape:
			out.WriteByte('_')
		default:
			_, n = utf8.DecodeRuneInString(pattern)
			writeLiteral(&out, pattern[:n])
		}
		pattern = pattern[n:]
	}
	return out.String()
}

// next gives the longest of the wild cards and the escape that a pattern begins with, and its length.
func (w wildcards) next(pattern string) (token string, length int) {
	for _, candidate := range []string{w.escape, w.any, w.single} {
		if len(candidate) > length && strings.HasPrefix(pattern, candidate) {
			token, length = candidate, len(candidate)
		}
	}
	return token, length
}

func writeLiteral(out *strings.Builder, text string) {
	for _, r := range text {
		if strings.ContainsRune(`%_\`, r) {
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
}
