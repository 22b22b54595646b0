package filter

import (
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

// Predicate decides on records in memory as the catalogue does by the SQL of Compiler.
type Predicate struct{ condition condition }

// Prepare checks a condition once, to decide on many records. types may be nil.
func Prepare(e Expr, types Types) (Predicate, error) {
	c, err := resolve(e, types)
	return Predicate{c}, err
}

// Holds tells whether a record is taken: when the condition is true, not when it is unknown.
func (p Predicate) Holds(rec record.Record) bool {
	return p.condition.eval != nil && p.condition.eval(&rec) == yes
}

// Holds decides on one record by a condition on properties that nobody declared. A condition that Check refuses does not
// hold.
func Holds(e Expr, rec record.Record) bool {
	if e == nil {
		return true
	}
	p, err := Prepare(e, nil)
	return err == nil && p.Holds(rec)
}
