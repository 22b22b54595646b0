package filter

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"perigee/shared/record"
)

// compare decides a comparison with what a record says. Which values can be compared:
//
//	the property is   with a string                      number          truth value   time    array
//	text              as texts                           its number      -             its instant -
//	number            the number that the string writes  as numbers      -             -       -
//	truth value       the one that the string writes     -               = and <>      -       -
//	instant           the times that the string writes   -               -             as instants -
//	several texts     any of them as texts               -               -             -       -
//	array             -                                  -               -             -       = and <>, element by element
//
// Everything else is unknown.
func compare(c Compare, v any) truth {
	l, err := operandOf(c.Property, c.Value)
	if err != nil || v == nil {
		return unknown
	}
	if texts, several := v.([]string); several {
		return compareTexts(c, texts, l)
	}
	switch l := l.(type) {
	case string:
		return compareString(c, v, l)
	case float64:
		if coreKind(c.Property) != coreNone {
			return unknown
		}
		return compareNumber(c.Op, v, l)
	case bool:
		if b, ok := v.(bool); ok {
			return equality(c.Op, b == l)
		}
	case record.Interval:
		if t, ok := propertyInstant(c.Property, v); ok {
			return compareTime(c.Op, t, l)
		}
	case []any:
		if elements, ok := v.([]any); ok {
			return equality(c.Op, sameArray(elements, l))
		}
	}
	return unknown
}

// propertyInstant reads texts as instants, those of core properties excepted.
func propertyInstant(property string, v any) (time.Time, bool) {
	if k := coreKind(property); k == coreText || k == coreName {
		return time.Time{}, false
	}
	return instant(v)
}

func compareString(c Compare, v any, l string) truth {
	switch v := v.(type) {
	case string:
		if c.FoldCase {
			return relation(c.Op, strings.Compare(strings.ToLower(v), strings.ToLower(l)))
		}
		return relation(c.Op, strings.Compare(v, l))
	case float64:
		if n, ok := numeric(l); ok {
			return compareNumber(c.Op, v, n)
		}
	case bool:
		if truthWord(l) {
			return equality(c.Op, wordOf(v) == l)
		}
	case time.Time:
		if times, ok := asTimes(l); ok {
			return compareTime(c.Op, v, times)
		}
	}
	return unknown
}

func compareNumber(op Op, v any, l float64) truth {
	n, ok := numeric(v)
	if !ok {
		return unknown
	}
	return relation(op, cmp.Compare(n, l))
}

// compareTime compares an instant with the times that a literal stands for: it is less than all of them, equal to one
// of them, and so on.
func compareTime(op Op, t time.Time, l record.Interval) truth {
	switch op {
	case Less:
		return truthOf(t.Before(l.Start))
	case LessOrEqual:
		return truthOf(!t.After(l.End))
	case Greater:
		return truthOf(t.After(l.End))
	case GreaterOrEqual:
		return truthOf(!t.Before(l.Start))
	}
	return equality(op, !t.Before(l.Start) && !t.After(l.End))
}

func compareTexts(c Compare, texts []string, l operand) truth {
	switch l := l.(type) {
	case string:
		return compareAnyText(c, texts, l)
	case []any:
		return equality(c.Op, slices.EqualFunc(texts, l, func(s string, e any) bool { return s == e }))
	}
	return unknown
}

// compareAnyText holds when any of the texts does; not equal is the contrary of equal.
func compareAnyText(c Compare, texts []string, l string) truth {
	one := c
	if c.Op == NotEqual {
		one.Op = Equal
	}
	found := anyText(texts, func(s string) bool { return compareString(one, s, l) == yes })
	if c.Op == NotEqual {
		return yes - found
	}
	return found
}

// sameArray compares numbers by value, whatever decoder they come from; an array within an array equals nothing.
func sameArray(a, b []any) bool {
	return slices.EqualFunc(a, b, func(x, y any) bool {
		switch x := widen(x).(type) {
		case float64, string, bool:
			return x == y
		}
		return false
	})
}

func equality(op Op, same bool) truth {
	switch op {
	case Equal:
		return truthOf(same)
	case NotEqual:
		return truthOf(!same)
	}
	return unknown
}

func relation(op Op, order int) truth {
	switch op {
	case Less:
		return truthOf(order < 0)
	case LessOrEqual:
		return truthOf(order <= 0)
	case Greater:
		return truthOf(order > 0)
	case GreaterOrEqual:
		return truthOf(order >= 0)
	}
	return equality(op, order == 0)
}
