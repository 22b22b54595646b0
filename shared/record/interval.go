package record

import (
	"strings"
	"time"

	"perigee/shared/fault"
)

// Interval is a time interval, closed at both ends; a zero end is open. An instant has equal ends.
type Interval struct {
	Start, End time.Time
}

// IsZero tells whether the interval is open at both ends: it bounds nothing.
func (i Interval) IsZero() bool { return i.Start.IsZero() && i.End.IsZero() }

// Overlaps tells whether the two intervals share an instant.
func (i Interval) Overlaps(o Interval) bool {
	return (i.End.IsZero() || o.Start.IsZero() || !i.End.Before(o.Start)) && (o.End.IsZero() || i.Start.IsZero() || !o.End.Before(i.Start))
}

// Union is the smallest interval that holds both; a zero interval adds nothing.
func (i Interval) Union(o Interval) Interval {
	switch {
	case i.IsZero():
		return o
	case o.IsZero():
		return i
	}
	if o.Start.IsZero() || (!i.Start.IsZero() && o.Start.Before(i.Start)) {
		i.Start = o.Start
	}
	if o.End.IsZero() || (!i.End.IsZero() && o.End.After(i.End)) {
		i.End = o.End
	}
	return i
}

// ParseInterval reads an instant or an interval: RFC 3339 date-times, or the reduced forms YYYY-MM-DD, YYYY-MM and YYYY
// that stand for the whole day, month or year; ".." or nothing is an open end (OGC API Features, 7.15.4 datetime).
func ParseInterval(s string) (Interval, error) {
	from, to, isInterval := strings.Cut(strings.TrimSpace(s), "/")
	start, err := parseInstant(from)
	if err != nil {
		return Interval{}, err
	}
	if !isInterval {
		if start.IsZero() {
			return Interval{}, fault.New(fault.Invalid, "a time is empty")
		}
		return start, nil
	}
	end, err := parseInstant(to)
	if err != nil {
		return Interval{}, err
	}
	i := Interval{Start: start.Start, End: end.End}
	if !i.Start.IsZero() && !i.End.IsZero() && i.End.Before(i.Start) {
		return Interval{}, fault.New(fault.Invalid, "the interval %q ends before it starts", s)
	}
	return i, nil
}

// String is the form ParseInterval reads, with ".." for open ends.
func (i Interval) String() string {
	if i.Start.Equal(i.End) && !i.IsZero() {
		return Instant(i.Start)
	}
	return orOpen(i.Start) + "/" + orOpen(i.End)
}

// Dates writes the ends of the interval for formats that have dates beside times, an open one as nothing: what came as days is days
// again, from midnight to the last moment before one.
func (i Interval) Dates() (start, end string) {
	if i.Start.Equal(i.End) && !i.IsZero() {
		return Instant(i.Start), Instant(i.End)
	}
	lasts := i.End.IsZero() || endsDay(i.End)
	switch {
	case i.Start.IsZero():
	case lasts && i.Start.Equal(dayOf(i.Start)):
		start = i.Start.UTC().Format(time.DateOnly)
	default:
		start = Instant(i.Start)
	}
	switch {
	case i.End.IsZero():
	case lasts:
		end = i.End.UTC().Format(time.DateOnly)
	default:
		end = Instant(i.End)
	}
	return start, end
}

// dayOf is when the day of a time begins.
func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// endsDay tells whether a time is the last moment of a day, as ParseInterval reads one.
func endsDay(t time.Time) bool {
	next := t.Add(time.Microsecond)
	return next.Equal(dayOf(next))
}

// Instant writes a time as RFC 3339 in UTC with as many decimals as it has.
func Instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999999999Z07:00") }

func orOpen(t time.Time) string {
	if t.IsZero() {
		return ".."
	}
	return Instant(t)
}

var reduced = []struct {
	layout              string
	years, months, days int
}{{"2006-01-02", 0, 0, 1}, {"2006-01", 0, 1, 0}, {"2006", 1, 0, 0}}

func parseInstant(s string) (Interval, error) {
	s = strings.TrimSpace(s)
	if s == "" || s == ".." {
		return Interval{}, nil
	}
	upper := strings.ToUpper(s)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, upper); err == nil {
			return Interval{Start: t.UTC(), End: t.UTC()}, nil
		}
	}
	for _, r := range reduced {
		if t, err := time.Parse(r.layout, s); err == nil {
			return Interval{Start: t, End: t.AddDate(r.years, r.months, r.days).Add(-time.Microsecond)}, nil
		}
	}
	return Interval{}, fault.New(fault.Invalid, "%q is not a date or date-time (RFC 3339)", s)
}
