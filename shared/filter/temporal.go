package filter

import (
	"slices"
	"strings"
	"time"

	"perigee/shared/record"
)

// period is the operand of a temporal relation: an interval, or an instant, whose ends are equal.
type period struct {
	start, end momentValue
	instant    bool
	record     bool // the time of the record
}

func (p period) literal() bool { return p.start.literal != nil && p.end.literal != nil }

// period reads an operand as an interval or an instant.
func (r *resolver) period(o Operand, depth int) (period, error) {
	switch o := o.(type) {
	case Interval:
		return r.interval(o, depth)
	case Untyped:
		if strings.Contains(o.Text, "/") {
			return r.untypedInterval(o, depth)
		}
	case Property:
		if o == PropertyTime {
			return recordPeriod(), r.enter(depth)
		}
	}
	m, err := r.moment(o, depth)
	return period{start: m, end: m, instant: true}, err
}

func (r *resolver) interval(o Interval, depth int) (period, error) {
	if err := r.enter(depth); err != nil {
		return period{}, err
	}
	p := period{start: openEnd(farPast), end: openEnd(farFuture)}
	var err error
	if o.Start != nil {
		if p.start, err = r.moment(o.Start, depth+1); err != nil {
			return p, err
		}
	}
	if o.End != nil {
		if p.end, err = r.moment(o.End, depth+1); err != nil {
			return p, err
		}
	}
	return p, p.check()
}

// check refuses an interval that no time is in.
func (p period) check() error {
	if p.literal() && compareSpans(*p.start.literal, *p.end.literal) > 0 {
		return invalid("the interval %s/%s ends before it starts", record.Instant(p.start.literal.lo), record.Instant(p.end.literal.hi))
	}
	return nil
}

func (r *resolver) untypedInterval(o Untyped, depth int) (period, error) {
	i, err := record.ParseInterval(o.Text)
	if err != nil {
		return period{}, invalid("%s is not an interval: %v", r.describe(o), err)
	}
	p := period{start: openEnd(farPast), end: openEnd(farFuture)}
	if !i.Start.IsZero() {
		p.start, err = momentLiteral(span{i.Start, i.Start})
	}
	if err == nil && !i.End.IsZero() {
		p.end, err = momentLiteral(span{i.End, i.End})
	}
	if err != nil {
		return p, err
	}
	return p, r.enter(depth)
}

// recordPeriod is the time of the record: an end that is not known is open, and there is none when both are not.
func recordPeriod() period {
	end := func(column, other Property, open string, of func(record.Interval) time.Time, orElse time.Time) momentValue {
		return momentValue{
			lo: func(c *Compiler) string {
				return "coalesce(" + c.core(column) + ", case when " + c.core(other) + " is not null then " + open + "::timestamptz end)"
			},
			eval: func(rec *record.Record) (span, bool) {
				t := of(rec.Time)
				if t.IsZero() {
					t = orElse
				}
				return span{micro(t), micro(t)}, !rec.Time.IsZero()
			},
		}
	}
	return period{
		start:  end(PropertyStart, PropertyEnd, "'-infinity'", func(i record.Interval) time.Time { return i.Start }, farPast),
		end:    end(PropertyEnd, PropertyStart, "'infinity'", func(i record.Interval) time.Time { return i.End }, farFuture),
		record: true,
	}
}

// endpoint is an end of one of the two operands of a relation.
type endpoint int

const (
	start1 endpoint = iota
	end1
	start2
	end2
)

// relation is the comparisons that a temporal operator stands for (W3C Time Ontology, to which OGC 21-065r2, 7.9
// refers). All must hold.
type relation struct {
	intervals bool // both operands must be intervals
	apart     bool // it holds for times that share no instant
	ends      []struct {
		left  endpoint
		op    Op
		right endpoint
	}
}

type ends = []struct {
	left  endpoint
	op    Op
	right endpoint
}

var relations = map[TemporalOp]relation{
	TAfter:        {apart: true, ends: ends{{start1, Greater, end2}}},
	TBefore:       {apart: true, ends: ends{{end1, Less, start2}}},
	TEquals:       {ends: ends{{start1, Equal, start2}, {end1, Equal, end2}}},
	TIntersects:   {ends: ends{{start1, LessOrEqual, end2}, {end1, GreaterOrEqual, start2}}},
	TContains:     {intervals: true, ends: ends{{start1, Less, start2}, {end1, Greater, end2}}},
	TDuring:       {intervals: true, ends: ends{{start1, Greater, start2}, {end1, Less, end2}}},
	TFinishedBy:   {intervals: true, ends: ends{{start1, Less, start2}, {end1, Equal, end2}}},
	TFinishes:     {intervals: true, ends: ends{{start1, Greater, start2}, {end1, Equal, end2}}},
	TMeets:        {intervals: true, ends: ends{{end1, Equal, start2}}},
	TMetBy:        {intervals: true, ends: ends{{start1, Equal, end2}}},
	TOverlappedBy: {intervals: true, ends: ends{{start1, Greater, start2}, {start1, Less, end2}, {end1, Greater, end2}}},
	TOverlaps:     {intervals: true, ends: ends{{start1, Less, start2}, {end1, Greater, start2}, {end1, Less, end2}}},
	TStartedBy:    {intervals: true, ends: ends{{start1, Equal, start2}, {end1, Greater, end2}}},
	TStarts:       {intervals: true, ends: ends{{start1, Equal, start2}, {end1, Less, end2}}},
}

// temporal decides a relation of two times.
func (r *resolver) temporal(e Temporal, depth int) (condition, error) {
	op := e.Op
	if op == TDisjoint {
		op = TIntersects
	}
	rel, ok := relations[op]
	if !ok {
		return condition{}, invalid("%q is no temporal operator", string(e.Op))
	}
	left, err := r.period(e.Left, depth)
	if err != nil {
		return condition{}, err
	}
	right, err := r.period(e.Right, depth)
	if err != nil {
		return condition{}, err
	}
	for _, side := range []struct {
		of      period
		operand Operand
	}{{left, e.Left}, {right, e.Right}} {
		if rel.intervals && side.of.instant {
			return condition{}, invalid("%s is a relation of two intervals: %s is an instant", e.Op, r.describe(side.operand))
		}
	}
	result := related(rel, op, left, right)
	if e.Op == TDisjoint {
		result = negated(result)
	}
	if e.MissingIsFalse {
		result = missingIsFalse(result)
	}
	return result, nil
}

func related(rel relation, op TemporalOp, left, right period) condition {
	at := []momentValue{start1: left.start, end1: left.end, start2: right.start, end2: right.end}
	conditions := make([]condition, len(rel.ends))
	for i, e := range rel.ends {
		conditions[i] = momentsCompared(e.op, at[e.left], at[e.right])
	}
	exact := both(conditions...)
	of, with := left, right
	if right.record {
		of, with = right, left
	}
	if !of.record || !with.literal() || rel.apart {
		return exact
	}
	within := with.span()
	return condition{eval: exact.eval, sql: func(c *Compiler, at place) string {
		switch {
		case op == TIntersects:
			return sharesTime(c, within)
		case !at.negated:
			return "(" + sharesTime(c, within) + " and " + exact.sql(c, at) + ")"
		}
		return exact.sql(c, at)
	}}
}

// span is from the first to the last moment of a literal.
func (p period) span() span { return span{p.start.literal.lo, p.end.literal.hi} }

// sharesTime is the condition that the record's time shares an instant with a span, as the indexes know it: when it
// shares one it begins before the span ends.
func sharesTime(c *Compiler, within span) string {
	bound := func(t time.Time) string {
		if slices.ContainsFunc([]time.Time{farPast, farFuture}, t.Equal) {
			return "null"
		}
		return c.Arg(t) + "::timestamptz"
	}
	end := bound(within.hi)
	condition := c.columns.Period + " && tstzrange(" + bound(within.lo) + ", " + end + ", '[]')"
	if end != "null" {
		condition = "(" + condition + " and " + c.columns.DatetimeIndexed + " <= " + end + ")"
	}
	return condition
}
