package filter

import (
	"strings"

	"perigee/shared/fault"
	"perigee/shared/record"
)

const never = "null::boolean" // a comparison of what cannot be compared

func (c *Compiler) compare(e Compare, at place) (string, error) {
	if !e.Op.known() {
		return "", fault.At(fault.Invalid, e.Property, "%q is not a comparison", e.Op)
	}
	l, err := c.operand(e.Property, e.Value)
	if err != nil {
		return "", err
	}
	switch coreKind(e.Property) {
	case coreText, coreName:
		return c.compareCoreText(e, l), nil
	case coreInstant:
		return c.compareCoreInstant(e, l, at), nil
	case coreTexts:
		return c.compareTexts(e, l), nil
	}
	return c.compareJSON(e, l), nil
}

func (op Op) known() bool {
	switch op {
	case Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual:
		return true
	}
	return false
}

func (c *Compiler) operand(property string, v any) (operand, error) {
	if err := textual(property, property); err != nil {
		return nil, err
	}
	return operandOf(property, v)
}

// named is a core text, null when it is unknown.
func (c *Compiler) named(property string) string {
	if coreKind(property) == coreName {
		return "nullif(" + c.core(property) + ", '')"
	}
	return c.core(property)
}

// fold writes a text, and a literal's placeholder to compare it with, in lower case where case does not count.
func (c *Compiler) fold(text, literal string, foldCase bool) (expression, placeholder string) {
	if foldCase {
		return "(lower(" + text + " collate " + c.columns.Functions + `.fold) collate "C")`, c.Arg(strings.ToLower(literal)) + "::text"
	}
	return text, c.Arg(literal) + "::text"
}

func (c *Compiler) compareCoreText(e Compare, l operand) string {
	s, ok := l.(string)
	if !ok {
		return never
	}
	text, value := c.fold(c.named(e.Property), s, e.FoldCase)
	return text + " " + string(e.Op) + " " + value
}

func (c *Compiler) compareCoreInstant(e Compare, l operand, at place) string {
	times, ok := asTimes(l)
	if !ok {
		return never
	}
	column := c.core(e.Property)
	if e.Property == PropertyDatetime && !at.negated && (e.Op == Greater || e.Op == GreaterOrEqual || e.Op == Equal) {
		column = c.columns.DatetimeIndexed
	}
	return c.compareTimes(column, e.Op, times)
}

func (c *Compiler) compareTimes(column string, op Op, times record.Interval) string {
	start := func() string { return c.Arg(times.Start) + "::timestamptz" }
	end := func() string { return c.Arg(times.End) + "::timestamptz" }
	switch op {
	case Less:
		return column + " < " + start()
	case LessOrEqual:
		return column + " <= " + end()
	case Greater:
		return column + " > " + end()
	case GreaterOrEqual:
		return column + " >= " + start()
	case NotEqual:
		return "(" + column + " < " + start() + " or " + column + " > " + end() + ")"
	}
	return "(" + column + " >= " + start() + " and " + column + " <= " + end() + ")"
}

func (c *Compiler) compareTexts(e Compare, l operand) string {
	switch l := l.(type) {
	case string:
		op, not := e.Op, ""
		if op == NotEqual {
			op, not = Equal, "not "
		}
		text, value := c.fold(`word`, l, e.FoldCase)
		return c.anyKeyword(not, text+" "+string(op)+" "+value)
	case []any:
		if relates(e.Op, l) {
			k := c.columns.Keywords
			return "case when cardinality(" + k + ") > 0 then to_jsonb(" + k + ") " + string(e.Op) + " " + c.Arg(jsonOf(l)) + "::text::jsonb end"
		}
	}
	return never
}

// anyKeyword is a condition on any of the keywords, each called word.
func (c *Compiler) anyKeyword(not, condition string) string {
	k := c.columns.Keywords
	return "case when cardinality(" + k + ") > 0 then " + not + `exists (select from unnest(` + k + `) word where ` + condition + ") end"
}

func (c *Compiler) compareJSON(e Compare, l operand) string {
	if !relates(e.Op, l) {
		return never
	}
	p, f, op := c.json(e.Property), c.columns.Functions, " "+string(e.Op)+" "
	switch l := l.(type) {
	case string:
		return c.compareJSONString(e, p, l)
	case float64:
		return f + ".number(" + p + ")" + op + c.Arg(l) + "::float8"
	case record.Interval:
		return c.compareTimes(f+".instant("+p+")", e.Op, l)
	case bool:
		return "case when jsonb_typeof(" + p + ") = 'boolean' then " + p + "::boolean" + op + c.Arg(l) + "::boolean end"
	case []any:
		return "case when jsonb_typeof(" + p + ") = 'array' then " + p + op + c.Arg(jsonOf(l)) + "::text::jsonb end"
	}
	return never
}

// relates tells whether a value can stand in a relation: truth values and arrays are equal or not, no more.
func relates(op Op, l operand) bool {
	switch l.(type) {
	case bool, []any:
		return op == Equal || op == NotEqual
	}
	return true
}

// compareJSONString lets a literal that writes a number, or a truth value, be compared with properties that are such:
// in XML every literal is a text.
func (c *Compiler) compareJSONString(e Compare, p, l string) string {
	text, value := c.fold(c.string(p), l, e.FoldCase)
	asText := text + " " + string(e.Op) + " " + value
	if n, ok := numeric(l); ok {
		return "case jsonb_typeof(" + p + ") when 'string' then " + asText + " when 'number' then " +
			c.columns.Functions + ".number(" + p + ") " + string(e.Op) + " " + c.Arg(n) + "::float8 end"
	}
	if truthWord(l) && (e.Op == Equal || e.Op == NotEqual) {
		return "case jsonb_typeof(" + p + ") when 'string' then " + asText + " when 'boolean' then " +
			p + "::boolean " + string(e.Op) + " " + c.Arg(l == "true") + "::boolean end"
	}
	return asText
}

// string is the text of a JSON value that is one, else null.
func (c *Compiler) string(p string) string {
	return "(" + c.columns.Functions + ".string(" + p + `) collate "C")`
}

func (c *Compiler) like(e Like) (string, error) {
	if _, err := c.operand(e.Property, e.Pattern); err != nil {
		return "", err
	}
	pattern := escaped(e.Pattern)
	switch coreKind(e.Property) {
	case coreText, coreName:
		text, value := c.fold(c.named(e.Property), pattern, e.FoldCase)
		return text + " like " + value, nil
	case coreInstant:
		return c.spelled(e.Property) + " like " + c.Arg(strings.ToUpper(pattern)) + "::text", nil
	case coreTexts:
		text, value := c.fold("word", pattern, e.FoldCase)
		return c.anyKeyword("", text+" like "+value), nil
	}
	text, value := c.fold(c.string(c.json(e.Property)), pattern, e.FoldCase)
	return text + " like " + value, nil
}

// spelled is an instant as record.Instant writes it.
func (c *Compiler) spelled(property string) string {
	return "rtrim(rtrim(to_char(" + c.core(property) + ` at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z'`
}

// in writes a list of texts as one array, so that an index serves it; other lists are alternatives.
func (c *Compiler) in(e In, at place) (string, error) {
	words := make([]string, 0, len(e.Values))
	for _, v := range e.Values {
		l, err := c.operand(e.Property, v)
		if err != nil {
			return "", err
		}
		if s, ok := l.(string); ok && c.onlyText(e.Property, s) {
			words = append(words, s)
		}
	}
	if len(words) == 0 || len(words) < len(e.Values) {
		return c.join(e.parts(), " or ", "false", at)
	}
	column := c.named(e.Property)
	if coreKind(e.Property) == coreNone {
		column = c.string(c.json(e.Property))
	}
	return column + " = any(" + c.Arg(words) + "::text[])", nil
}

// onlyText tells whether a literal is compared with texts alone.
func (c *Compiler) onlyText(property, l string) bool {
	switch coreKind(property) {
	case coreText, coreName:
		return true
	case coreNone:
		_, numeric := numeric(l)
		return !numeric && !truthWord(l)
	}
	return false
}
