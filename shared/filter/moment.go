package filter

import (
	"time"

	"perigee/shared/record"
)

// span is a moment or a whole day: from its first to its last moment, both in it.
type span struct{ lo, hi time.Time }

// momentValue is an instant: a moment or a day. hi is nil where lo is its last moment too.
type momentValue struct {
	lo, hi  func(c *Compiler) string
	eval    func(rec *record.Record) (span, bool)
	literal *span
	// indexed is lo, but -infinity where there is none, for conditions that an index may serve; nil when lo is indexed.
	indexed func(c *Compiler) string
	// json tells a property of which lo may be indexed, and hi is the end of lo's day or lo itself.
	json bool
}

func (m momentValue) last() func(c *Compiler) string {
	if m.hi == nil {
		return m.lo
	}
	return m.hi
}

// The moments before and after all others.
var (
	farPast   = time.Date(-100_000, 1, 1, 0, 0, 0, 0, time.UTC)
	farFuture = time.Date(100_000, 1, 1, 0, 0, 0, 0, time.UTC)
)

// openEnd is an end of an interval that there is not.
func openEnd(t time.Time) momentValue {
	text := "'infinity'::timestamptz"
	if t.Equal(farPast) {
		text = "'-infinity'::timestamptz"
	}
	return momentValue{
		lo:      func(*Compiler) string { return text },
		eval:    func(*record.Record) (span, bool) { return span{t, t}, true },
		literal: &span{t, t},
	}
}

func (s span) open() bool { return s.lo.Equal(farPast) || s.hi.Equal(farFuture) }

// moment reads an operand as an instant.
func (r *resolver) moment(o Operand, depth int) (momentValue, error) {
	if err := r.enter(depth); err != nil {
		return momentValue{}, err
	}
	if err := r.expect(o, TypeTimestamp); err != nil {
		return momentValue{}, err
	}
	switch o := o.(type) {
	case Date:
		return momentLiteral(day(o.Time))
	case Timestamp:
		return momentLiteral(span{o.Time, o.Time})
	case Untyped:
		s, ok := untypedSpan(o.Text)
		if !ok {
			return momentValue{}, invalid("%s is not a date or a timestamp", r.describe(o))
		}
		return momentLiteral(s)
	case Property:
		return momentProperty(o)
	case Function:
		v, err := call(r, o, depth, func(b called) value[time.Time] { return b.moment })
		return momentValue{lo: v.sql, eval: func(rec *record.Record) (span, bool) {
			t, ok := v.eval(rec)
			return span{t, t}, ok
		}}, err
	}
	return momentValue{}, invalid("%s is no instant", r.describe(o))
}

// day is the day (UTC) that a moment lies in.
func day(t time.Time) span {
	first := t.UTC().Truncate(24 * time.Hour)
	return span{first, first.Add(24*time.Hour - time.Microsecond)}
}

// plainTimes are forms of moments, in UTC, that clients of catalogues send, whose servers compare texts.
var plainTimes = []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00"}

// untypedSpan reads the text of a time; a day, a month, a year stand for all of it.
func untypedSpan(s string) (span, bool) {
	for _, layout := range plainTimes {
		if t, err := time.Parse(layout, s); err == nil {
			return span{t, t}, true
		}
	}
	i, err := record.ParseInterval(s)
	if err != nil || i.Start.IsZero() || i.End.IsZero() {
		return span{}, false
	}
	return span{i.Start, i.End}, true
}

func momentLiteral(s span) (momentValue, error) {
	s = span{micro(s.lo), micro(s.hi)}
	if s.lo.Year() < 1 || s.hi.Year() > 9999 {
		return momentValue{}, invalid("the year %d cannot be compared with", s.lo.Year())
	}
	m := momentValue{
		lo:      func(c *Compiler) string { return c.Arg(s.lo) + "::timestamptz" },
		eval:    func(*record.Record) (span, bool) { return s, true },
		literal: &s,
	}
	if !s.hi.Equal(s.lo) {
		m.hi = func(c *Compiler) string { return c.Arg(s.hi) + "::timestamptz" }
	}
	return m, nil
}

func momentProperty(p Property) (momentValue, error) {
	if err := textual(string(p)); err != nil {
		return momentValue{}, err
	}
	if coreKind(p) == coreInstant {
		m := momentValue{
			lo: func(c *Compiler) string { return c.core(p) },
			eval: func(rec *record.Record) (span, bool) {
				t := coreTime(p, rec)
				return span{micro(t), micro(t)}, !t.IsZero()
			},
		}
		switch p {
		case PropertyDatetime:
			m.indexed = func(c *Compiler) string { return c.columns.DatetimeIndexed }
		case PropertyStart:
			m.indexed = func(c *Compiler) string { return c.columns.StartIndexed }
		}
		return m, nil
	}
	return momentValue{
		lo:   func(c *Compiler) string { return c.columns.Functions + ".instant(" + c.json(p) + ")" },
		hi:   func(c *Compiler) string { return c.columns.Functions + ".instant_end(" + c.json(p) + ")" },
		eval: func(rec *record.Record) (span, bool) { return instant(propertyValue(p, rec)) },
		json: true,
	}, nil
}

func (r *resolver) compareMoments(e Compare, depth int) (condition, error) {
	left, err := r.moment(e.Left, depth)
	if err != nil {
		return condition{}, err
	}
	right, err := r.moment(e.Right, depth)
	if err != nil {
		return condition{}, err
	}
	return momentsCompared(e.Op, left, right), nil
}

// momentsCompared compares so that of two instants exactly one is less, equal or greater: a day is less than what lies
// behind it, greater than what lies before it, and equal to what lies in it.
func momentsCompared(op Op, left, right momentValue) condition {
	if left.literal != nil && right.literal == nil {
		op, left, right = op.turned(), right, left
	}
	return condition{
		sql:  func(c *Compiler, at place) string { return momentsSQL(c, op, left, right, at) },
		eval: decided(left.eval, right.eval, func(a, b span) bool { return op.holds(compareSpans(a, b)) }),
	}
}

func compareSpans(a, b span) int {
	switch {
	case a.hi.Before(b.lo):
		return -1
	case a.lo.After(b.hi):
		return 1
	}
	return 0
}

// momentsSQL writes the comparison. Where no Not is above, what has no datetime may be before all that have, or is left out as such: an index
// serves that.
func momentsSQL(c *Compiler, op Op, left, right momentValue, at place) string {
	lo, hi := left.lo, left.last()
	bounded := right.literal != nil && !right.literal.open()
	if left.indexed != nil && left.indexed(c) != "" && bounded && !at.negated && op != NotEqual {
		lo, hi = left.indexed, left.indexed
		switch op {
		case Less:
			return "(" + lo(c) + " < " + right.lo(c) + " and " + lo(c) + " > '-infinity')"
		case LessOrEqual:
			return "(" + lo(c) + " <= " + right.last()(c) + " and " + lo(c) + " > '-infinity')"
		}
	}
	switch op {
	case Less:
		if left.json && bounded { // the beginning may be indexed
			return "(" + lo(c) + " < " + right.lo(c) + " and " + hi(c) + " < " + right.lo(c) + ")"
		}
		return hi(c) + " < " + right.lo(c)
	case LessOrEqual:
		return lo(c) + " <= " + right.last()(c)
	case Greater:
		return lo(c) + " > " + right.last()(c)
	case NotEqual:
		return "(" + hi(c) + " < " + right.lo(c) + " or " + lo(c) + " > " + right.last()(c) + ")"
	case Equal:
		if left.hi == nil && right.hi == nil {
			return lo(c) + " = " + right.lo(c)
		}
		return "(" + notBefore(c, lo, hi, left, right) + " and " + lo(c) + " <= " + right.last()(c) + ")"
	}
	return "(" + notBefore(c, lo, hi, left, right) + ")"
}

// notBefore is the condition that left does not end before right begins. The beginning of a property may be indexed:
// what ends behind a moment does not begin before the day of that moment.
func notBefore(c *Compiler, lo, hi func(*Compiler) string, left, right momentValue) string {
	if !left.json || right.literal == nil || right.literal.open() {
		return hi(c) + " >= " + right.lo(c)
	}
	first := day(right.literal.lo).lo
	condition := lo(c) + " >= " + c.Arg(first) + "::timestamptz"
	if !first.Equal(right.literal.lo) {
		condition += " and " + hi(c) + " >= " + right.lo(c)
	}
	return condition
}
