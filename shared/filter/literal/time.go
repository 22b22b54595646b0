package literal

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

// Time reads a time of ISO 8601: a date-time is a filter.Timestamp (in UTC where it names no zone), a date is a
// filter.Date, a month or a year is a filter.Interval of dates, and so is start/end, whose ends are dates, date-times,
// ".." or nothing for an open end; one end may be a duration (P1D) from the other.
func Time(text string) (filter.Operand, error) {
	from, to, isPeriod := strings.Cut(text, "/")
	if !isPeriod {
		return moment(text)
	}
	switch {
	case strings.HasPrefix(strings.ToUpper(strings.TrimSpace(from)), "P"):
		return lasting(text, to, from, -1)
	case strings.HasPrefix(strings.ToUpper(strings.TrimSpace(to)), "P"):
		return lasting(text, from, to, 1)
	}
	start, err := end(from)
	if err != nil {
		return nil, err
	}
	finish, err := end(to)
	if err != nil {
		return nil, err
	}
	return Period(start, finish)
}

// Period is the interval between two ends, of which one may be open (nil). A month or a year as an end is its first or
// its last day.
func Period(start, finish filter.Operand) (filter.Operand, error) {
	if whole, ok := start.(filter.Interval); ok {
		start = whole.Start
	}
	if whole, ok := finish.(filter.Interval); ok {
		finish = whole.End
	}
	if start == nil && finish == nil {
		return nil, fault.New(fault.Invalid, "the period is open at both ends")
	}
	if start != nil && finish != nil && last(finish).Before(first(start)) {
		return nil, fault.New(fault.Invalid, "the period ends before it begins")
	}
	return filter.Interval{Start: start, End: finish}, nil
}

// first and last are the bounds of a date or a timestamp.
func first(o filter.Operand) time.Time {
	if date, ok := o.(filter.Date); ok {
		return date.Time
	}
	at, _ := o.(filter.Timestamp)
	return at.Time
}

func last(o filter.Operand) time.Time {
	if date, ok := o.(filter.Date); ok {
		return date.Time.AddDate(0, 0, 1).Add(-time.Nanosecond)
	}
	return first(o)
}

func end(text string) (filter.Operand, error) {
	if text = strings.TrimSpace(text); text == "" || text == ".." {
		return nil, nil
	}
	return moment(text)
}

// lasting is a period of a length from, or until, an end.
func lasting(text, at, length string, direction int) (filter.Operand, error) {
	known, err := moment(at)
	if err != nil {
		return nil, err
	}
	if whole, ok := known.(filter.Interval); ok {
		known = whole.Start
	}
	other, ok := after(first(known), strings.TrimSpace(length), direction)
	if !ok {
		return nil, fault.New(fault.Invalid, "%.60q has no duration of ISO 8601, such as P1D or PT12H", text)
	}
	if direction < 0 {
		return Period(filter.Timestamp{Time: other}, filter.Timestamp{Time: first(known)})
	}
	return Period(filter.Timestamp{Time: first(known)}, filter.Timestamp{Time: other})
}

var durations = regexp.MustCompile(`^P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6}(?:\.\d{1,9})?)S)?)?$`)

// Later is a time moved by a duration of ISO 8601 (P1D, PT12H); false where that is none, or leads out of the years that dates have.
func Later(t time.Time, duration string) (time.Time, bool) {
	return after(t, strings.TrimSpace(duration), 1)
}

// after moves a time by a duration. The result lies within the years that a date can be written of.
func after(t time.Time, duration string, direction int) (time.Time, bool) {
	duration = strings.ToUpper(duration)
	m := durations.FindStringSubmatch(duration)
	if m == nil || strings.HasSuffix(duration, "P") || strings.HasSuffix(duration, "T") {
		return t, false
	}
	n := func(i int) int {
		v, _ := strconv.Atoi(m[i])
		return v * direction
	}
	seconds, _ := time.ParseDuration("0" + m[7] + "s")
	t = t.AddDate(n(1), n(2), n(3)*7+n(4))
	t = t.Add(time.Duration(n(5))*time.Hour + time.Duration(n(6))*time.Minute + time.Duration(direction)*seconds)
	return t, t.Year() >= 1 && t.Year() <= 9999
}

var moments = []struct {
	layout string
	of     func(t time.Time) filter.Operand
}{
	{"2006-01-02T15:04:05.999999999Z07:00", timestamp}, {"2006-01-02T15:04:05.999999999", timestamp},
	{"2006-01-02T15:04Z07:00", timestamp}, {"2006-01-02T15:04", timestamp},
	{"2006-01-02", date}, {"2006-01-02Z", date},
	{"2006-01", func(t time.Time) filter.Operand { return days(t, t.AddDate(0, 1, -1)) }},
	{"2006", func(t time.Time) filter.Operand { return days(t, t.AddDate(1, 0, -1)) }},
}

func timestamp(t time.Time) filter.Operand { return filter.Timestamp{Time: t.UTC()} }
func date(t time.Time) filter.Operand      { return filter.Date{Time: t} }

func days(from, to time.Time) filter.Operand {
	return filter.Interval{Start: filter.Date{Time: from}, End: filter.Date{Time: to}}
}

// moment reads a time that is no period.
func moment(text string) (filter.Operand, error) {
	upper := strings.ToUpper(strings.TrimSpace(text))
	for _, m := range moments {
		if t, err := time.Parse(m.layout, upper); err == nil && t.Year() > 0 {
			return m.of(t), nil
		}
	}
	return nil, fault.New(fault.Invalid, "%.60q is not a date, a date-time or a period of ISO 8601", text)
}

// intervalOnly are the operators that are defined for two intervals (OGC 21-065r2, 7.9).
var intervalOnly = map[filter.TemporalOp]bool{
	filter.TContains: true, filter.TDuring: true, filter.TFinishedBy: true, filter.TFinishes: true, filter.TMeets: true, filter.TMetBy: true,
	filter.TOverlappedBy: true, filter.TOverlaps: true, filter.TStartedBy: true, filter.TStarts: true,
}

// Relation is a relation of two times by ISO 19108, which knows instants where CQL2 asks for intervals (a date DURING a
// period): an instant is then the interval that begins and ends with it. All properties but filter.PropertyTime are
// instants. Where a time is missing the relation is false, as relations of geometries are.
func Relation(op filter.TemporalOp, left, right filter.Operand) filter.Expr {
	if intervalOnly[op] {
		left, right = interval(left), interval(right)
	}
	return filter.Temporal{Op: op, Left: left, Right: right, MissingIsFalse: true}
}

func interval(o filter.Operand) filter.Operand {
	switch o := o.(type) {
	case filter.Property:
		if o != filter.PropertyTime {
			return filter.Interval{Start: o, End: o}
		}
	case filter.Date, filter.Timestamp:
		return filter.Interval{Start: o, End: o}
	}
	return o
}
