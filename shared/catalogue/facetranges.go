package catalogue

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

// number is what is divided into ranges of numbers.
func (f facet) number(c *filter.Compiler) (string, error) {
	switch {
	case f.Width != 0 && !widthPossible(f.Width):
		return "", fault.At(fault.Invalid, f.Name, "the width of the ranges is %v, not between %v and %v", f.Width, leastWidth, greatestWidth)
	case f.typ != "" && f.typ != typeNumber:
		return "", fault.At(fault.Invalid, f.Name, "the property %s has no numbers", f.Property)
	}
	j, err := f.json(c)
	return "perigee.number(" + j + ") as " + f.k(), err
}

// time is what is divided into ranges of times. A date is its whole day: it is where its last moment is, because filters
// have it not before what lies in it.
func (f facet) time(c *filter.Compiler) (string, error) {
	switch {
	case f.Unit != "" && !unitsOfTime[f.Unit]:
		return "", fault.At(fault.Invalid, f.Name, "there are no ranges of a %q: there are those of a year, quarter, month, week, day or hour", f.Unit)
	case f.typ != "" && f.typ != typeInstant:
		return "", fault.At(fault.Invalid, f.Name, "the property %s has no times", f.Property)
	}
	switch f.Property {
	case filter.PropertyDatetime, filter.PropertyStart, filter.PropertyEnd, filter.PropertyCreated, filter.PropertyModified:
		at, err := Aggregation{Property: f.Property}.instant(c)
		return at + " as " + f.k(), err
	}
	j, err := f.json(c)
	return "perigee.instant_end(" + j + ") as " + f.k(), err
}

// widthPossible tells whether numbers divided by a width are such that the database can hold.
func widthPossible(width float64) bool { return width >= leastWidth && width <= greatestWidth }

func (f facet) ofEqualWidth() bool {
	return f.Kind == FacetNumbers && f.Width == 0 || f.Kind == FacetTimes && f.Unit == ""
}

// ranges counts the records by ranges of a width: those that have any.
func (f facet) ranges(c *filter.Compiler) string {
	k := f.k()
	if f.Kind == FacetTimes {
		begin := "date_trunc(" + c.Arg(f.Unit) + "::text, " + k + " at time zone 'UTC') at time zone 'UTC'"
		return f.limited(c, "select v, null::text as k, "+micros("v")+" as low, null::text as high, count(*) as n, 0 as shape from (select "+begin+
			" as v from found where "+k+" is not null) times group by v", "v")
	}
	width := c.Arg(f.Width) + "::float8"
	// The quotient may be off by one, in the last digit of a number on an edge: the edges decide, as they do in filters.
	numbers := fmt.Sprintf(`select case when %[1]s < i * %[2]s then i - 1 when %[1]s >= (i + 1) * %[2]s then i + 1 else i end as v
		from (select %[1]s, floor(%[1]s / %[2]s) as i from found where abs(%[1]s) <= 9e15 * %[2]s) quotients`, k, width)
	return f.limited(c, "select v, null::text as k, (v * "+width+")::text as low, ((v + 1) * "+width+")::text as high, count(*) as n, 0 as shape from ("+
		numbers+") numbers group by v", "v")
}

// shapeLast is of the last range of those of equal width.
const shapeLast = 1

// equalRanges counts the records by ranges of equal width, all of them, from the least value to the greatest. The edges
// are computed once, and compared with as filters do.
func (f facet) equalRanges(c *filter.Compiler) string {
	k, parts := f.k(), c.Arg(min(f.limit(), maxEqualRanges))+"::integer"
	divisible, edge, written := "hi - lo > 1e-290", "lo + (hi - lo) * g / parts", func(edge string) string { return "(" + edge + ")::text" }
	if f.Kind == FacetTimes {
		epoch := func(t string) string { return "extract(epoch from " + t + ")::float8" }
		divisible, written = "hi > lo", micros
		edge = "to_timestamp(" + epoch("lo") + " + (" + epoch("hi") + " - " + epoch("lo") + ") * g / parts)"
	} else {
		edge = "case when abs(" + edge + ") < 1e-290 then 0 else " + edge + " end" // smaller ones cannot be compared with
	}
	within := fmt.Sprintf(`(with whole as materialized (
			select lo, hi, case when %[1]s then %[2]s else 1 end as parts from (select min(%[3]s) as lo, max(%[3]s) as hi from found) ends where lo is not null),
		edges as materialized (
			select parts, array(select case g when 0 then lo when parts then hi else greatest(lo, least(hi, %[4]s)) end from generate_series(0, parts) g order by g) as edge from whole),
		counted as (select width_bucket(%[3]s, edge[1:parts]) as g, count(*) as n from found, edges where %[3]s is not null group by 1)
		select g.g as v, null::text as k, %[5]s as low, %[6]s as high, coalesce(counted.n, 0) as n, case g.g when parts then %[7]d else 0 end as shape
		from edges cross join generate_series(1, parts) g(g) left join counted on counted.g = g.g)`,
		divisible, parts, k, edge, written("edge[g.g]"), written("edge[g.g + 1]"), shapeLast)
	f.Limit, f.AtLeast = maxEqualRanges, 0
	return f.limited(c, within, "v")
}

// micros is a time as microseconds since 1970.
func micros(t string) string { return "(extract(epoch from " + t + ") * 1000000)::bigint::text" }

// rangeBucket is the bucket of a range. The last of ranges of equal width has its end in it.
func (f facet) rangeBucket(r facetRow) (FacetBucket, error) {
	read := f.numbers
	if f.Kind == FacetTimes {
		read = f.times
	}
	low, high, err := read(r)
	if err != nil {
		return FacetBucket{}, err
	}
	above := filter.Less
	if r.shape == shapeLast {
		above = filter.LessOrEqual
	}
	from, _ := filter.Literal(low)
	to, _ := filter.Literal(high)
	within := filter.And{filter.Compare{Op: filter.GreaterOrEqual, Left: f.Property, Right: from}, filter.Compare{Op: above, Left: f.Property, Right: to}}
	if end, ok := high.(time.Time); ok && end.Year() > lastYear {
		within = within[:1]
	}
	return FacetBucket{Min: low, Max: high, Filter: within}, nil
}

// lastYear is the last one that there are times of.
const lastYear = 9999

// numbers are the ends of a range of numbers.
func (f facet) numbers(r facetRow) (low, high any, err error) {
	from, failed := strconv.ParseFloat(*r.low, 64)
	to, too := strconv.ParseFloat(*r.high, 64)
	return from, to, errors.Join(failed, too)
}

// times are the ends of a range of times.
func (f facet) times(r facetRow) (low, high any, err error) {
	from, err := strconv.ParseInt(*r.low, 10, 64)
	if err != nil {
		return nil, nil, err
	}
	begin := time.UnixMicro(from).UTC()
	if f.Unit != "" {
		return begin, next(begin, f.Unit), nil
	}
	to, err := strconv.ParseInt(*r.high, 10, 64)
	return begin, time.UnixMicro(to).UTC(), err
}

// next is the beginning of the unit of time behind that which begins at t.
func next(t time.Time, unit string) time.Time {
	switch unit {
	case "year":
		return t.AddDate(1, 0, 0)
	case "quarter":
		return t.AddDate(0, 3, 0)
	case "month":
		return t.AddDate(0, 1, 0)
	case "week":
		return t.AddDate(0, 0, 7)
	case "day":
		return t.AddDate(0, 0, 1)
	}
	return t.Add(time.Hour)
}
