package cql

import (
	"regexp"
	"strings"

	"perigee/shared/filter"
	"perigee/shared/filter/literal"
)

// temporals are the relations of two times: those of 07-006r1, and by the names of Filter Encoding 2.0 the others.
var temporals = map[string]filter.TemporalOp{
	"BEFORE": filter.TBefore, "AFTER": filter.TAfter, "DURING": filter.TDuring, "TEQUALS": filter.TEquals, "TCONTAINS": filter.TContains,
	"BEGINS": filter.TStarts, "BEGUNBY": filter.TStartedBy, "ENDS": filter.TFinishes, "ENDEDBY": filter.TFinishedBy, "MEETS": filter.TMeets,
	"METBY": filter.TMetBy, "TOVERLAPS": filter.TOverlaps, "OVERLAPPEDBY": filter.TOverlappedBy, "ANYINTERACTS": filter.TIntersects,
}

// temporal reads a relation to another time; it is nil where none follows. Where a time is missing it is false.
func (p *parser) temporal(o filter.Operand) (filter.Expr, error) {
	op := temporals[strings.ToUpper(p.now.text)]
	if p.now.kind != name || op == "" {
		return nil, nil
	}
	left, err := p.timeOf(o, p.now.from)
	if err != nil {
		return nil, err
	}
	p.next()
	wider := false
	if op == filter.TBefore || op == filter.TDuring {
		if wider = p.word("OR"); wider {
			if wanted := map[filter.TemporalOp]string{filter.TBefore: "DURING", filter.TDuring: "AFTER"}[op]; !p.word(wanted) {
				return nil, p.expected(wanted)
			}
		}
	}
	right, err := p.time()
	if err != nil {
		return nil, err
	}
	if !wider {
		return literal.Relation(op, left, right), nil
	}
	if op == filter.TDuring { // DURING OR AFTER
		op = filter.TAfter
	}
	// The ends of the period belong to it here, so that there is no gap between before or after and during.
	return filter.Or{literal.Relation(op, left, right), literal.Relation(filter.TIntersects, left, right)}, nil
}

// times are how times without quotes look, and what parts the ends of a period.
var times = regexp.MustCompile(`^(?:\d{4}|[Pp][0-9Tt]|\.\./)[0-9A-Za-z:.+-]*(?:\s*/\s*[0-9A-Za-z:.+-]+)?`)

// time reads a time, with or without quotes, or a value that may be one.
func (p *parser) time() (filter.Operand, error) {
	from := p.now.from
	if m := times.FindString(p.source[from:]); m != "" {
		o, err := literal.Time(m)
		if err != nil {
			return nil, p.located(from, err)
		}
		p.move(from + len(m))
		return o, p.count()
	}
	o, err := p.operand()
	if err != nil {
		return nil, err
	}
	return p.timeOf(o, from)
}

// timeOf takes a value for a time: a text is read as one.
func (p *parser) timeOf(o filter.Operand, from int) (filter.Operand, error) {
	switch o := o.(type) {
	case filter.Untyped:
		at, err := literal.Time(o.Text)
		return at, p.located(from, err)
	case filter.Property, filter.Function, filter.Date, filter.Timestamp, filter.Interval:
		return o, nil
	}
	return nil, p.failAt(from, "found a value that is no time")
}
