package cql2

import (
	"regexp"
	"strings"
	"time"

	"perigee/shared/filter"
)

// predicates are the ones that are written as functions of two operands, by their names in capitals, and what their
// operands may be.
var predicates = map[string]kind{
	"S_INTERSECTS": spatial, "S_EQUALS": spatial, "S_DISJOINT": spatial, "S_TOUCHES": spatial, "S_WITHIN": spatial,
	"S_OVERLAPS": spatial, "S_CROSSES": spatial, "S_CONTAINS": spatial,
	"T_AFTER": temporal, "T_BEFORE": temporal, "T_CONTAINS": temporal, "T_DISJOINT": temporal, "T_DURING": temporal,
	"T_EQUALS": temporal, "T_FINISHEDBY": temporal, "T_FINISHES": temporal, "T_INTERSECTS": temporal, "T_MEETS": temporal,
	"T_METBY": temporal, "T_OVERLAPPEDBY": temporal, "T_OVERLAPS": temporal, "T_STARTEDBY": temporal, "T_STARTS": temporal,
	"A_EQUALS": array, "A_CONTAINS": array, "A_CONTAINEDBY": array, "A_OVERLAPS": array,
}

// condition makes a condition of an operand that is one.
func condition(o filter.Operand) (filter.Expr, error) {
	switch o := o.(type) {
	case filter.Condition:
		return o.Expr, nil
	case filter.Boolean, filter.Function:
		return filter.Truth{Operand: o}, nil
	case filter.Property:
		return nil, misfitting(0, "a property alone is no condition; compare it: = TRUE")
	}
	return nil, misfitting(0, "%v stands where a condition was expected", kindOf(o))
}

// truth makes an operand of a condition; one that is but an operand becomes that.
func truth(e filter.Expr, err error) (filter.Operand, error) {
	if err != nil {
		return nil, err
	}
	if t, ok := e.(filter.Truth); ok {
		return t.Operand, nil
	}
	return filter.Condition{Expr: e}, nil
}

// negate turns a condition around.
func negate(e filter.Expr, err error) (filter.Expr, error) {
	if err != nil {
		return nil, err
	}
	return filter.Not{Expr: e}, nil
}

// predicate makes the condition of one of predicates.
func predicate(name string, left, right filter.Operand) (filter.Expr, error) {
	allowed := predicates[name]
	if err := fit(0, left, allowed); err != nil {
		return nil, err
	}
	if err := fit(1, right, allowed); err != nil {
		return nil, err
	}
	switch allowed {
	case spatial:
		return filter.Spatial{Op: filter.SpatialOp(name), Left: left, Right: right}, nil
	case temporal:
		return filter.Temporal{Op: filter.TemporalOp(name), Left: left, Right: right}, nil
	}
	return filter.Array{Op: filter.ArrayOp(name), Left: left, Right: right}, nil
}

// compare makes a comparison.
func compare(names filter.Names, op filter.Op, left, right filter.Operand) (filter.Expr, error) {
	if _, all := left.(allText); all {
		return compareAllText(op, right)
	}
	if _, all := right.(allText); all && (op == filter.Equal || op == filter.NotEqual) {
		return compareAllText(op, left)
	}
	if err := fit(0, left, scalar); err != nil {
		return nil, err
	}
	if err := fit(1, right, scalar); err != nil {
		return nil, err
	}
	return filter.Compare{Op: op, Left: known(names, right, left), Right: known(names, left, right)}, nil
}

func compareAllText(op filter.Op, right filter.Operand) (filter.Expr, error) {
	words, ok := literal(right)
	search := filter.AnyText{Words: string(words)}
	switch {
	case ok && op == filter.Equal:
		return search, nil
	case ok && op == filter.NotEqual:
		return filter.Not{Expr: search}, nil
	}
	return nil, fit(0, allText{}, anything)
}

// like makes a comparison with a pattern.
func like(operand, pattern filter.Operand) (filter.Expr, error) {
	text, ok := literal(pattern)
	if !ok {
		return nil, misfitting(1, "%v stands where a pattern was expected, a text", kindOf(pattern))
	}
	if _, all := operand.(allText); all {
		return filter.AnyText{Pattern: string(text)}, nil
	}
	if err := fit(0, operand, character); err != nil {
		return nil, err
	}
	return filter.Like{Operand: operand, Pattern: pattern}, nil
}

// literal gives the text of a text, or of CASEI or ACCENTI of one.
func literal(o filter.Operand) (filter.Text, bool) {
	for {
		switch inner := o.(type) {
		case filter.CaseI:
			o = inner.Operand
		case filter.AccentI:
			o = inner.Operand
		default:
			text, ok := o.(filter.Text)
			return text, ok
		}
	}
}

func between(names filter.Names, operand, low, high filter.Operand) (filter.Expr, error) {
	for i, o := range []filter.Operand{operand, low, high} {
		if err := fit(i, o, scalar); err != nil {
			return nil, err
		}
	}
	return filter.Between{Operand: operand, Low: known(names, operand, low), High: known(names, operand, high)}, nil
}

// in makes the condition that an operand is one of some values, whose places come after the operand's.
func in(names filter.Names, operand filter.Operand, values []filter.Operand) (filter.Expr, error) {
	if err := fit(0, operand, scalar); err != nil {
		return nil, err
	}
	all := make([]filter.Operand, len(values))
	for i, v := range values {
		if err := fit(i+1, v, scalar); err != nil {
			return nil, err
		}
		all[i] = known(names, operand, v)
	}
	return filter.In{Operand: operand, Values: all}, nil
}

func isNull(operand filter.Operand) (filter.Expr, error) {
	if err := fit(0, operand, nullable); err != nil {
		return nil, err
	}
	return filter.IsNull{Operand: operand}, nil
}

func arithmetic(op filter.ArithmeticOp, left, right filter.Operand) (filter.Operand, error) {
	if err := fit(0, left, numeric); err != nil {
		return nil, err
	}
	if err := fit(1, right, numeric); err != nil {
		return nil, err
	}
	return filter.Arithmetic{Op: op, Left: left, Right: right}, nil
}

// fold makes CASEI or ACCENTI, by its name in capitals.
func fold(name string, operand filter.Operand) (filter.Operand, error) {
	if err := fit(0, operand, character); err != nil {
		return nil, err
	}
	if name == "CASEI" {
		return filter.CaseI{Operand: operand}, nil
	}
	return filter.AccentI{Operand: operand}, nil
}

// known puts the values by which records know a property in place of those that the protocol compares it with.
func known(names filter.Names, with, value filter.Operand) filter.Operand {
	of := with
	for {
		switch inner := of.(type) {
		case filter.CaseI:
			of = inner.Operand
		case filter.AccentI:
			of = inner.Operand
		case filter.Property:
			return inRecords(names, inner, value)
		default:
			return value
		}
	}
}

func inRecords(names filter.Names, p filter.Property, value filter.Operand) filter.Operand {
	switch v := value.(type) {
	case filter.Text:
		return filter.Text(names.Value(p, string(v)))
	case filter.CaseI:
		return filter.CaseI{Operand: inRecords(names, p, v.Operand)}
	case filter.AccentI:
		return filter.AccentI{Operand: inRecords(names, p, v.Operand)}
	}
	return value
}

// date reads a day.
func date(text string) (filter.Operand, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return nil, misfitting(0, "%q is not a date such as 2020-12-31", shorten(text))
	}
	return filter.Date{Time: t}, nil
}

// instants is the form of RFC 3339, from which time.Parse allows more to deviate.
var instants = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)

// timestamp reads an instant.
func timestamp(text string) (filter.Operand, error) {
	t, err := time.Parse(time.RFC3339, text)
	if t = t.UTC(); err != nil || !instants.MatchString(text) || t.Year() < 0 || t.Year() > 9999 {
		return nil, misfitting(0, "%q is not a timestamp such as 2020-12-31T23:59:59Z", shorten(text))
	}
	return filter.Timestamp{Time: t}, nil
}

// instant reads a day or an instant.
func instant(text string) (filter.Operand, error) {
	if strings.ContainsAny(text, "Tt") {
		return timestamp(text)
	}
	return date(text)
}

// bound reads what stands for an end of an interval: an instant, or .. for an open one, which is nil.
func bound(text string) (filter.Operand, error) {
	if text == ".." {
		return nil, nil
	}
	return instant(text)
}
