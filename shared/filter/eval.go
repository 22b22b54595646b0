package filter

import (
	"strings"
	"time"

	"perigee/shared/geo"
	"perigee/shared/record"
)

// truth is a value of three-valued logic: what a comparison says of a property that the record does not have is
// unknown, and so is its negation.
type truth int8

const (
	no truth = iota
	unknown
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// Holds decides on one record in memory as the catalogue does by the SQL of Compiler: a record is taken when the
// condition is true, not when it is unknown. A condition that the compiler refuses does not hold.
func Holds(e Expr, rec record.Record) bool {
	if e == nil {
		return true
	}
	if _, err := NewCompiler(Columns{}).Compile(e); err != nil {
		return false
	}
	return eval(e, rec) == yes
}

func eval(e Expr, rec record.Record) truth {
	switch e := e.(type) {
	case nil:
		return yes
	case And:
		return all(e, rec)
	case Or:
		return anyOf(e, rec)
	case Not:
		return yes - eval(e.Expr, rec)
	case Compare:
		return compare(e, value(e.Property, rec))
	case Like:
		return like(e, value(e.Property, rec))
	case Between:
		return all(e.parts(), rec)
	case In:
		return anyOf(e.parts(), rec)
	case IsNull:
		return truthOf(value(e.Property, rec) == nil)
	case Intersects:
		return truthOf(rec.Footprint != nil && geo.Intersects(rec.Footprint, e.Geometry))
	case During:
		return truthOf(!rec.Time.IsZero() && exactly(rec.Time).Overlaps(exactly(e.Interval)))
	case AnyText:
		return truthOf(e.found(Text(rec)))
	}
	return unknown
}

func all(parts []Expr, rec record.Record) truth {
	result := yes
	for _, part := range parts {
		result = min(result, eval(part, rec))
	}
	return result
}

func anyOf(parts []Expr, rec record.Record) truth {
	result := no
	for _, part := range parts {
		result = max(result, eval(part, rec))
	}
	return result
}

// parts are the two comparisons that Between stands for.
func (b Between) parts() []Expr {
	return []Expr{Compare{Op: GreaterOrEqual, Property: b.Property, Value: b.Low}, Compare{Op: LessOrEqual, Property: b.Property, Value: b.High}}
}

// parts are the comparisons that In stands for.
func (i In) parts() []Expr {
	parts := make([]Expr, len(i.Values))
	for n, v := range i.Values {
		parts[n] = Compare{Op: Equal, Property: i.Property, Value: v}
	}
	return parts
}

func exactly(i record.Interval) record.Interval {
	if !i.Start.IsZero() {
		i.Start = micro(i.Start)
	}
	if !i.End.IsZero() {
		i.End = micro(i.End)
	}
	return i
}

func (a AnyText) found(text string) bool {
	if a.Pattern != "" && !matches(strings.ToLower(text), anywhere(a.Pattern)) {
		return false
	}
	if a.Words == "" {
		return true
	}
	there := make(map[string]bool)
	for _, w := range Words(text) {
		there[w] = true
	}
	wanted := Words(a.Words)
	for _, w := range wanted {
		if !there[w] {
			return false
		}
	}
	return len(wanted) > 0
}

func like(e Like, v any) truth {
	pattern := escaped(e.Pattern)
	if e.FoldCase {
		pattern = strings.ToLower(pattern)
	}
	one := func(s string) bool {
		if e.FoldCase {
			s = strings.ToLower(s)
		}
		return matches(s, pattern)
	}
	switch v := v.(type) {
	case string:
		return truthOf(one(v))
	case []string:
		return anyText(v, one)
	case time.Time:
		return truthOf(matches(record.Instant(v), strings.ToUpper(pattern)))
	}
	return unknown
}

func anyText(texts []string, holds func(string) bool) truth {
	for _, s := range texts {
		if holds(s) {
			return yes
		}
	}
	return no
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
