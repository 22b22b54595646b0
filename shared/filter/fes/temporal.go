package fes

import (
	"strings"

	"perigee/shared/filter"
	"perigee/shared/filter/literal"
)

// temporals are the operators on two times, of 2.0.
var temporals = map[string]filter.TemporalOp{
	"After": filter.TAfter, "Before": filter.TBefore, "Begins": filter.TStarts, "BegunBy": filter.TStartedBy, "TContains": filter.TContains,
	"During": filter.TDuring, "EndedBy": filter.TFinishedBy, "Ends": filter.TFinishes, "TEquals": filter.TEquals, "Meets": filter.TMeets,
	"MetBy": filter.TMetBy, "TOverlaps": filter.TOverlaps, "OverlappedBy": filter.TOverlappedBy, "AnyInteracts": filter.TIntersects,
}

// temporal reads an operator on two times. A single one stands beside the time of the record.
func (p *parser) temporal(e *Element, op filter.TemporalOp) (filter.Expr, error) {
	var operands []filter.Operand
	for _, child := range e.children {
		o, err := p.moment(child)
		if err != nil {
			return nil, err
		}
		operands = append(operands, o)
	}
	switch len(operands) {
	case 1:
		if _, isProperty := operands[0].(filter.Property); isProperty {
			return nil, e.wrong("%s has no time beside %.60s", e.name.Local, e.children[0].text)
		}
		return literal.Relation(op, filter.PropertyTime, operands[0]), nil
	case 2:
		return literal.Relation(op, operands[0], operands[1]), nil
	}
	return nil, e.wrong("%s holds a property and a time", e.name.Local)
}

// moment reads a time of GML, a literal that is one, or an expression that may be one.
func (p *parser) moment(e *Element) (filter.Operand, error) {
	if e.name.Space != p.space || e.name.Local == "TimeInstant" || e.name.Local == "TimePeriod" {
		o, err := p.gml(e)
		if _, isGeometry := o.(filter.Geometry); err == nil && isGeometry {
			err = e.wrong("%s is not a time", e.name.Local)
		}
		return o, err
	}
	o, err := p.operand(e)
	if err != nil {
		return nil, err
	}
	switch o := o.(type) {
	case filter.Untyped:
		at, err := literal.Time(o.Text)
		return at, e.failed(err)
	case filter.Geometry, filter.Arithmetic:
		return nil, e.wrong("%s holds no time", e.name.Local)
	}
	return o, nil
}

// time reads a TimeInstant or a TimePeriod.
func (p *parser) time(e *Element) (filter.Operand, error) {
	switch e.name.Local {
	case "TimeInstant":
		at := parts(e)
		if len(at) != 1 || of(at[0], "timePosition") != nil {
			return nil, e.wrong("a TimeInstant holds a timePosition")
		}
		o, err := timePosition(at[0], "")
		if err == nil && o == nil {
			err = at[0].wrong("the instant is not known")
		}
		return o, err
	case "TimePeriod":
		return p.period(e)
	}
	return nil, e.wrong("the time %s is not read, but TimeInstant and TimePeriod", e.name.Local)
}

// period reads a TimePeriod: beginPosition and endPosition, or begin and end with an instant each.
func (p *parser) period(e *Element) (filter.Operand, error) {
	ends := parts(e)
	if len(ends) > 2 { // duration or timeInterval, which the ends imply
		ends = ends[:2]
	}
	if len(ends) != 2 || of(ends[0], "beginPosition", "begin") != nil || of(ends[1], "endPosition", "end") != nil {
		return nil, e.wrong("a TimePeriod holds a begin and an end")
	}
	start, err := p.end(ends[0], "before")
	if err != nil {
		return nil, err
	}
	finish, err := p.end(ends[1], "after")
	if err != nil {
		return nil, err
	}
	period, err := literal.Period(start, finish)
	return period, e.failed(err)
}

// end reads an end of a period; it is nil for an open one.
func (p *parser) end(e *Element, beyond string) (filter.Operand, error) {
	if len(e.children) == 0 {
		return timePosition(e, beyond)
	}
	if len(e.children) > 1 || of(e.children[0], "TimeInstant") != nil {
		return nil, e.wrong("%s holds a TimeInstant", e.name.Local)
	}
	at := parts(e.children[0])
	if len(at) != 1 || of(at[0], "timePosition") != nil {
		return nil, e.children[0].wrong("a TimeInstant holds a timePosition")
	}
	return timePosition(at[0], beyond)
}

// timePosition reads a time; it is nil where it is told to be unknown, or to lie beyond what is written nowhere.
func timePosition(e *Element, beyond string) (filter.Operand, error) {
	switch indeterminate := e.attr("indeterminatePosition"); {
	case indeterminate == "":
	case e.text == "" && (indeterminate == "unknown" || indeterminate == beyond):
		return nil, nil
	default:
		return nil, e.wrong("the indeterminatePosition %.60q is not read here", indeterminate)
	}
	if strings.Contains(e.text, "/") {
		return nil, e.wrong("%.60q is a period, not a time", e.text)
	}
	o, err := literal.Time(e.text)
	return o, e.failed(err)
}
