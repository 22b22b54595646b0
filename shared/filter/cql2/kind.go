package cql2

import (
	"strings"

	"perigee/shared/filter"
)

// kind says what an operand is, or, as a set, what it may be.
type kind uint16

const (
	aText kind = 1 << iota
	aFoldedText
	aNumber
	aTruth
	anInstant
	anInterval
	aGeometry
	anArray
	aProperty
	aFunction
	anArithmetic
	aCondition
	allTextOfRecord

	dynamic   = aProperty | aFunction
	character = aText | aFoldedText | dynamic
	numeric   = aNumber | anArithmetic | dynamic
	scalar    = character | numeric | aTruth | anInstant | aCondition
	temporal  = anInstant | anInterval | dynamic
	spatial   = aGeometry | dynamic
	array     = anArray | dynamic
	anything  = scalar | temporal | spatial | array
	nullable  = anything &^ anArray
)

// words name single kinds and the usual sets of them, the larger ones first.
var words = []struct {
	kind kind
	word string
}{
	{anything, "a value"}, {nullable, "a value"}, {scalar, "a scalar value"}, {aText, "a text"}, {aFoldedText, "a text of CASEI or ACCENTI"},
	{aNumber, "a number"}, {anArithmetic, "an arithmetic expression"}, {aTruth, "true or false"}, {anInstant, "a date or timestamp"},
	{anInterval, "an interval"}, {aGeometry, "a geometry"}, {anArray, "an array"}, {aProperty, "a property"}, {aFunction, "a function"},
	{aCondition, "a condition"}, {allTextOfRecord, "the property of all text"},
}

// String is the kind in words: a geometry, a property or a function.
func (k kind) String() string {
	var all []string
	for _, w := range words {
		if k&w.kind == w.kind {
			all = append(all, w.word)
			k &^= w.kind
		}
	}
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + " or " + all[len(all)-1]
}

func kindOf(o filter.Operand) kind {
	switch o.(type) {
	case filter.Text, filter.Untyped:
		return aText
	case filter.CaseI, filter.AccentI:
		return aFoldedText
	case filter.Number:
		return aNumber
	case filter.Boolean:
		return aTruth
	case filter.Date, filter.Timestamp:
		return anInstant
	case filter.Interval:
		return anInterval
	case filter.Geometry:
		return aGeometry
	case filter.List:
		return anArray
	case filter.Property:
		return aProperty
	case filter.Function:
		return aFunction
	case filter.Arithmetic:
		return anArithmetic
	case filter.Condition:
		return aCondition
	case allText:
		return allTextOfRecord
	}
	return 0
}

// fit checks that the operand at a place among others is of one of the kinds.
func fit(place int, o filter.Operand, allowed kind) error {
	found := kindOf(o)
	switch {
	case found&allowed != 0:
		return nil
	case found == allTextOfRecord:
		return misfitting(place, "all text is searched by LIKE, = and <> with a text, and by nothing else")
	case found == aText && allowed == temporal:
		return misfitting(place, "a text stands where %v was expected; write DATE('…') or TIMESTAMP('…')", allowed)
	case subtractsNames(o):
		return misfitting(place, "an arithmetic expression stands where %v was expected; a name with a hyphen stands in double quotes", allowed)
	}
	return misfitting(place, "%v stands where %v was expected", found, allowed)
}

// subtractsNames tells whether an operand is what becomes of a name with a hyphen.
func subtractsNames(o filter.Operand) bool {
	a, ok := o.(filter.Arithmetic)
	return ok && a.Op == filter.Subtract && kindOf(a.Right) == aProperty
}
