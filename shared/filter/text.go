package filter

import (
	"strings"
	"unicode/utf8"

	"perigee/shared/record"
)

// textValue is a text, and how it is to be compared.
type textValue struct {
	value[string]
	folds
}

// folds say what does not count when texts are compared. Accents go first: what is left has fewer letters of its own.
type folds struct{ caseless, accentless bool }

func (f folds) and(g folds) folds {
	return folds{f.caseless || g.caseless, f.accentless || g.accentless}
}

func (f folds) none() bool { return !f.caseless && !f.accentless }

func (f folds) apply(s string) string {
	if f.accentless {
		s = withoutAccents(s)
	}
	if f.caseless {
		s = foldCase(s)
	}
	return s
}

// write writes an expression folded. Literals are folded by the database too, so that both sides are.
func (f folds) write(c *Compiler, text string) string {
	if f.accentless {
		text = c.columns.Functions + ".without_accents(" + text + ")"
	}
	if f.caseless {
		text = c.columns.Functions + ".fold_case(" + text + ")"
	}
	if f.none() {
		return text
	}
	return "(" + text + ` collate "C")`
}

// foldArray writes an array of texts, folded.
func (f folds) foldArray(c *Compiler, array string) string {
	if f.none() {
		return array + "::text[]"
	}
	return "array(select " + f.write(c, "word") + " from unnest(" + array + "::text[]) word)"
}

func (v textValue) folded(f folds) value[string] {
	if f.none() {
		return v.value
	}
	return value[string]{
		sql: func(c *Compiler) string { return f.write(c, v.sql(c)) },
		eval: func(rec *record.Record) (string, bool) {
			s, ok := v.eval(rec)
			return f.apply(s), ok
		},
	}
}

// text reads an operand as a text.
func (r *resolver) text(o Operand, depth int) (textValue, error) {
	if err := r.enter(depth); err != nil {
		return textValue{}, err
	}
	if err := r.expect(o, TypeText); err != nil {
		return textValue{}, err
	}
	switch o := o.(type) {
	case Text:
		v, err := textLiteral(string(o))
		return textValue{value: v}, err
	case Untyped:
		v, err := textLiteral(o.Text)
		return textValue{v, folds{caseless: o.FoldCase}}, err
	case Property:
		v, err := textProperty(o)
		return textValue{value: v}, err
	case CaseI:
		v, err := r.text(o.Operand, depth+1)
		v.caseless = true
		return v, err
	case AccentI:
		v, err := r.text(o.Operand, depth+1)
		v.accentless = true
		return v, err
	case Function:
		v, err := call(r, o, depth, func(b called) value[string] { return b.text })
		return textValue{value: v}, err
	}
	return textValue{}, invalid("%s is no text", r.describe(o))
}

func textLiteral(s string) (value[string], error) {
	return value[string]{
		sql:  func(c *Compiler) string { return c.Arg(s) + `::text collate "C"` },
		eval: func(*record.Record) (string, bool) { return s, true },
	}, textual(s)
}

func textProperty(p Property) (value[string], error) {
	return value[string]{
		sql: func(c *Compiler) string { return c.text(p) },
		eval: func(rec *record.Record) (string, bool) {
			s, ok := propertyValue(p, rec).(string)
			return s, ok
		},
	}, textual(string(p))
}

// maxOperand bounds a text to compare with, in bytes.
const maxOperand = 16 << 10

// textual refuses what no text of the catalogue can hold.
func textual(s string) error {
	if len(s) > maxOperand {
		return invalid("a text to compare with has %d bytes, at most %d are possible", len(s), maxOperand)
	}
	if strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
		return invalid("a text to compare with is not valid UTF-8, or holds a zero character")
	}
	return nil
}

// compareTexts compares by code points, folded as any of the two sides asks for.
func (r *resolver) compareTexts(e Compare, depth int) (condition, error) {
	left, err := r.text(e.Left, depth)
	if err != nil {
		return condition{}, err
	}
	right, err := r.text(e.Right, depth)
	f := left.and(right.folds)
	return ordered(e.Op, left.folded(f), right.folded(f), strings.Compare), err
}

// unwrap is what CaseI and AccentI are laid around, and what does not count by them.
func unwrap(o Operand) (Operand, folds) {
	var f folds
	for range maxNesting {
		switch w := o.(type) {
		case CaseI:
			o, f.caseless = w.Operand, true
		case AccentI:
			o, f.accentless = w.Operand, true
		default:
			return o, f
		}
	}
	return o, f
}

// like matches a text, any element of an array of texts, or an instant of the record as record.Instant writes it.
func (r *resolver) like(e Like, depth int) (condition, error) {
	pattern, f, err := r.pattern(e.Pattern)
	if err != nil {
		return condition{}, err
	}
	operand, also := unwrap(e.Operand)
	f = f.and(also)
	if p, ok := operand.(Property); ok {
		t, known := r.typeOfProperty(p)
		switch k := coreKind(p); {
		case k == coreTexts:
			return likeKeyword(f, pattern), nil
		case k == coreInstant:
			return likeInstant(p, pattern), nil
		case !known || t == TypeArray:
			return likeJSON(p, f, pattern, known)
		}
	}
	v, err := r.text(e.Operand, depth)
	if err != nil {
		return condition{}, err
	}
	exact := ordered("like", v.folded(f), pattern.folded(f), likeOrder)
	if p, ok := operand.(Property); !ok || coreKind(p) != coreNone || !f.none() {
		return exact, nil
	}
	return likeDeclared(v, pattern, exact), nil
}

// likeDeclared is a match of a declared text. What matches does so when case does not count too, for which there is an
// index, unless a single character is left open: that may become several.
func likeDeclared(v, pattern textValue, exact condition) condition {
	if s, _ := pattern.eval(nil); strings.Contains(s, "_") {
		return exact
	}
	folded := ordered("like", v.folded(folds{caseless: true}), pattern.folded(folds{caseless: true}), likeOrder)
	return condition{
		sql: func(c *Compiler, at place) string {
			if at.negated {
				return exact.sql(c, at)
			}
			return "(" + folded.sql(c, at) + " and " + exact.sql(c, at) + ")"
		},
		eval: exact.eval,
	}
}

// likeOrder decides LIKE where an operator is decided by the order of two texts.
func likeOrder(s, pattern string) int {
	if matches(s, pattern) {
		return 0
	}
	return 1
}

// pattern reads a pattern, made safe for its end: a backslash there stands for itself.
func (r *resolver) pattern(o Operand) (textValue, folds, error) {
	inner, f := unwrap(o)
	var s string
	switch inner := inner.(type) {
	case Text:
		s = string(inner)
	case Untyped:
		s = inner.Text
		f.caseless = f.caseless || inner.FoldCase
	default:
		return textValue{}, f, invalid("%s is no pattern: LIKE takes a text", r.describe(o))
	}
	if err := textual(s); err != nil {
		return textValue{}, f, err
	}
	v, err := textLiteral(escaped(s))
	return textValue{value: v}, f, err
}

func likeKeyword(f folds, pattern textValue) condition {
	folded := pattern.folded(f)
	return condition{
		sql: func(c *Compiler, _ place) string {
			return anyKeyword(c, "", f.write(c, "word")+" like "+folded.sql(c))
		},
		eval: func(rec *record.Record) truth {
			if len(rec.Keywords) == 0 {
				return unknown
			}
			p, _ := folded.eval(rec)
			return anyOf(rec.Keywords, func(s string) truth { return truthOf(matches(f.apply(s), p)) })
		},
	}
}

// anyKeyword is a condition on any of the keywords, each called word.
func anyKeyword(c *Compiler, not, condition string) string {
	k := c.columns.Keywords
	return "case when cardinality(" + k + ") > 0 then " + not + "exists (select from unnest(" + k + ") word where " + condition + ") end"
}

func anyOf[T any](list []T, holds func(T) truth) truth {
	result := no
	for _, v := range list {
		if holds(v) == yes {
			result = yes
		}
	}
	return result
}

func likeInstant(p Property, pattern textValue) condition {
	return condition{
		sql: func(c *Compiler, _ place) string {
			return "rtrim(rtrim(to_char(" + c.core(p) + ` at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z' like upper(` +
				pattern.sql(c) + ")"
		},
		eval: func(rec *record.Record) truth {
			t := coreTime(p, rec)
			if t.IsZero() {
				return unknown
			}
			s, _ := pattern.eval(rec)
			return truthOf(matches(record.Instant(micro(t)), upperASCII(s)))
		},
	}
}

// upperASCII is what the database does to texts of collation "C".
func upperASCII(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' {
			return c - 'a' + 'A'
		}
		return c
	}, s)
}

func likeJSON(p Property, f folds, pattern textValue, array bool) (condition, error) {
	folded := pattern.folded(f)
	one := func(v any) truth {
		s, ok := v.(string)
		if !ok {
			return unknown
		}
		with, _ := folded.eval(nil)
		return truthOf(matches(f.apply(s), with))
	}
	return condition{
		sql: func(c *Compiler, _ place) string {
			j, with := c.json(p), folded.sql(c)
			several := "when 'array' then exists (select from jsonb_array_elements(" + j + ") e where " + f.write(c, c.string("e.value")) + " like " + with + ")"
			if array {
				return "case jsonb_typeof(" + j + ") " + several + " end"
			}
			return "case jsonb_typeof(" + j + ") when 'string' then " + f.write(c, c.string(j)) + " like " + with + " " + several + " end"
		},
		eval: func(rec *record.Record) truth {
			switch v := propertyValue(p, rec).(type) {
			case string:
				if !array {
					return one(v)
				}
			case []any:
				return anyOf(v, one)
			}
			return unknown
		},
	}, textual(string(p))
}

// escaped makes a pattern safe for the end: a backslash there stands for itself.
func escaped(pattern string) string {
	trailing := len(pattern) - len(strings.TrimRight(pattern, `\`))
	if trailing%2 == 1 {
		return pattern + `\`
	}
	return pattern
}

// matches is LIKE: % any run of characters, _ one character, a backslash takes the next one literally. It remembers the
// last % to come back to, so that its time is bounded by the product of the lengths.
func matches(s, pattern string) bool {
	text, pat := []rune(s), []rune(pattern)
	i, j, star, from := 0, 0, -1, 0
	for i < len(text) {
		switch width := literalAt(pat, j, text[i]); {
		case j < len(pat) && pat[j] == '%':
			star, from = j, i
			j++
		case width > 0:
			i, j = i+1, j+width
		case star >= 0:
			from++
			i, j = from, star+1
		default:
			return false
		}
	}
	for j < len(pat) && pat[j] == '%' {
		j++
	}
	return j == len(pat)
}

// literalAt is the width of the pattern's element at j when it stands for the character c, else 0.
func literalAt(pat []rune, j int, c rune) int {
	switch {
	case j >= len(pat) || pat[j] == '%':
		return 0
	case pat[j] == '_':
		return 1
	case pat[j] == '\\' && j+1 < len(pat):
		if pat[j+1] == c {
			return 2
		}
		return 0
	case pat[j] == c:
		return 1
	}
	return 0
}
