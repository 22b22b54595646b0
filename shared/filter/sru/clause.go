package sru

import (
	"strings"

	"perigee/shared/filter"
)

// relations are those that are offered.
var relations = map[string]bool{
	"=": true, "==": true, "exact": true, "<>": true, "<": true, "<=": true, ">": true, ">=": true, "any": true, "all": true, "adj": true, "within": true,
	"like": true, "scr": true,
}

// choice is the relation that a term alone has: the server's choice, which is that the term stands somewhere, be it within a word.
const choice = "scr"

// search reads a search clause: a term, or an index, a relation and a term.
func (p *parser) search() (filter.Expr, error) {
	index, from, quoted := p.text, p.from, p.kind == quotedText
	if err := p.next(); err != nil {
		return nil, err
	}
	relation := strings.TrimPrefix(strings.ToLower(p.text), "cql.")
	isRelation := p.kind == sign && p.text != "(" && p.text != ")" && p.text != "/" || p.kind == word && relations[relation]
	if !isRelation {
		if p.kind == word && !p.is("and") && !p.is("or") && !p.is("not") && !p.is("prox") {
			return nil, p.failAt(LocatorRelation, p.from, "the relation %.60q is not offered; a term of several words stands in quotation marks", p.text)
		}
		return p.anywhere(index, quoted, from, choice)
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	if err := p.modifiers(); err != nil {
		return nil, err
	}
	if p.kind != word && p.kind != quotedText {
		return nil, p.expected("a term")
	}
	term, at, isQuoted := p.text, p.from, p.kind == quotedText
	if err := p.next(); err != nil {
		return nil, err
	}
	property, allText, err := p.index(index, from)
	if err != nil {
		return nil, err
	}
	if allText {
		return p.anywhere(term, isQuoted, at, relation)
	}
	return p.compare(property, relation, term, at)
}

// index gives the property of an index, or tells that it stands for all text.
func (p *parser) index(name string, from int) (property filter.Property, allText bool, err error) {
	switch strings.ToLower(name) {
	case "cql.anywhere", "cql.serverchoice", "srw.serverchoice", "anywhere", "cql.allindexes", "cql.anyindexes":
		return "", true, nil
	}
	if set, local, found := strings.Cut(name, "."); found {
		name = set + ":" + local
	}
	property, allText, err = p.names.Property(name)
	if err != nil {
		return "", false, p.failAt(LocatorIndex, from, "%v", err)
	}
	return property, allText, nil
}

// anywhere looks for a term in all text.
func (p *parser) anywhere(term string, quoted bool, from int, relation string) (filter.Expr, error) {
	if strings.TrimSpace(term) == "" {
		return nil, p.failAt(LocatorQuery, from, "the term is empty")
	}
	if relation == "like" {
		return filter.AnyText{Pattern: term}, nil
	}
	one := func(text string) filter.Expr {
		pattern, masked := mask(text)
		if masked || relation == choice || quoted && relation != "any" && relation != "all" && strings.ContainsAny(strings.TrimSpace(text), " \t") {
			return filter.AnyText{Pattern: "%" + pattern + "%"}
		}
		return filter.AnyText{Words: unescaped(text)}
	}
	switch relation {
	case "any":
		return p.each(term, func(all []filter.Expr) filter.Expr { return filter.Or(all) }, one)
	case "all":
		return p.each(term, func(all []filter.Expr) filter.Expr { return filter.And(all) }, one)
	case "<>":
		return filter.Not{Expr: one(term)}, nil
	case "=", "==", "exact", "adj", choice:
		return one(term), nil
	}
	return nil, p.failAt(LocatorRelation, from, "all text is not compared by %s", relation)
}

// each makes a condition of each word of a term.
func (p *parser) each(term string, join func([]filter.Expr) filter.Expr, one func(string) filter.Expr) (filter.Expr, error) {
	words := strings.Fields(term)
	if p.nodes += len(words); p.nodes > maxNodes {
		return nil, p.failAt(LocatorQuery, p.from, "a query of more than %d parts is not read", maxNodes)
	}
	if len(words) == 0 {
		return nil, p.failAt(LocatorQuery, p.from, "the term is empty")
	}
	all := make([]filter.Expr, len(words))
	for i, w := range words {
		all[i] = one(w)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return join(all), nil
}

// prose are the properties that people write: a term is looked for in them.
func prose(property filter.Property) bool {
	switch property {
	case filter.PropertyTitle, filter.PropertyAbstract:
		return true
	}
	return false
}

// compare makes the condition of an index other than all text.
func (p *parser) compare(property filter.Property, relation, term string, from int) (filter.Expr, error) {
	value := func(text string) filter.Operand {
		return filter.Untyped{Text: p.names.Value(property, unescaped(text))}
	}
	like := func(pattern string) filter.Expr {
		return filter.Like{Operand: filter.CaseI{Operand: property}, Pattern: filter.CaseI{Operand: filter.Text(pattern)}}
	}
	whole := func(text string) filter.Expr {
		if pattern, masked := mask(text); masked {
			return like(pattern)
		}
		return compared(property, filter.Equal, value(text))
	}
	one := func(text string) filter.Expr {
		if !prose(property) {
			return whole(text)
		}
		pattern, _ := mask(text)
		return like("%" + pattern + "%")
	}
	switch relation {
	case "=", "adj", "scr":
		return one(term), nil
	case "==", "exact":
		return whole(term), nil
	case "like":
		return like(term), nil
	case "any":
		return p.each(term, func(all []filter.Expr) filter.Expr { return filter.Or(all) }, one)
	case "all":
		return p.each(term, func(all []filter.Expr) filter.Expr { return filter.And(all) }, one)
	case "within":
		ends := strings.Fields(term)
		if len(ends) != 2 {
			return nil, p.failAt(LocatorQuery, from, "within has two values between quotation marks, as \"2024-05-01 2024-05-31\"")
		}
		return filter.Between{Operand: property, Low: value(ends[0]), High: value(ends[1])}, nil
	case "<>", "<", "<=", ">", ">=":
		return compared(property, filter.Op(relation), value(term)), nil
	}
	return nil, p.failAt(LocatorRelation, from, "the relation %s is not offered", relation)
}

// mask makes the pattern of LIKE of a term, and tells whether it has a mask. Anchors at the ends have nothing to hold to.
func mask(term string) (pattern string, masked bool) {
	var b strings.Builder
	escaped := false
	for _, r := range strings.TrimSuffix(strings.TrimPrefix(term, "^"), "^") {
		switch {
		case escaped:
			escaped = false
			literal(&b, r)
		case r == '\\':
			escaped = true
		case r == '*':
			masked = true
			b.WriteByte('%')
		case r == '?':
			masked = true
			b.WriteByte('_')
		default:
			literal(&b, r)
		}
	}
	return b.String(), masked
}

// literal writes a character of a pattern that stands for itself.
func literal(b *strings.Builder, r rune) {
	if r == '%' || r == '_' || r == '\\' {
		b.WriteByte('\\')
	}
	b.WriteRune(r)
}

// unescaped is a term without its escapes.
func unescaped(term string) string {
	if !strings.Contains(term, `\`) {
		return term
	}
	var b strings.Builder
	escaped := false
	for _, r := range term {
		if r == '\\' && !escaped {
			escaped = true
			continue
		}
		escaped = false
		b.WriteRune(r)
	}
	return b.String()
}

// compared compares the values of a property, of which it may have several.
func compared(property filter.Property, op filter.Op, v filter.Operand) filter.Expr {
	return filter.Match{Action: filter.MatchAny, Compare: filter.Compare{Op: op, Left: property, Right: v}}
}
