package catalogue

import (
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/filter"
	"perigee/shared/scope"
)

// matched finds all records of a query, one row each, or several together where tallies know them: its columns are given,
// the first of which is their number. Tallies are exact, for the database keeps them in the transaction of the records. In the
// places at the border of a box most records are known to reach into it by their own boxes, which an index has.
func (s condition) matched(c *filter.Compiler, sc scope.Scope, q Query, wanted []Aggregation, columns string) string {
	if unbounded(q) && talliable(wanted) {
		return "select " + talliedColumns(wanted) + " from perigee.tally t where t.workspace = any(" + c.Arg(readable(sc)) +
			"::text[]) and t.place = -3 and t.month >= 0" + typesOf(c, q) + among(c, q) + " group by t.month, t.collection" +
			" union all select " + columns + " from perigee.record r where false and " + s.cheap // says of which types the columns are
	}
	box, ok := s.tallied(q, wanted)
	if !ok {
		return "select * from " + s.all(c, sc, columns)
	}
	inner, border := placesWithin(box)
	places := c.Arg(inner) + "::integer[]"
	of := " from perigee.record r where r.workspace = any(" + c.Arg(readable(sc)) + "::text[]) and "
	exact := strings.ReplaceAll(s.exact, "f.footprint", "r.footprint")
	edges := edgesOf(c, box)
	since, begun := s.begin()
	first, last := s.wholeMonths()
	parts := []string{
		"select " + talliedColumns(wanted) + " from perigee.tally t where t.workspace = any(" + c.Arg(readable(sc)) + "::text[]) and t.place = any(" + places + ")" +
			typesOf(c, q) + among(c, q) + " and t.month between " + first + " and " + last + " group by t.month, t.collection",
		together("select "+columns+" from (select collection, nullif(datetime, '-infinity') as start_time from border where sure) r", len(wanted)),
		"select " + columns + " from border join perigee.record r on r.pk = border.pk where not border.sure and " + s.shared(false) + exact,
		"select " + columns + of + s.lasting() + " and " + exact,
	}
	if len(s.times) > 0 { // the months in which not all share an instant
		rest := "select " + columns + of + "not r.lasts and r.place = any(" + places + ") and " + s.shared(false) + s.cheap
		begins, ends := beginning(first), beginning("greatest("+first+", "+last+" + 1)")
		parts = append(parts, rest+" and r.datetime < "+begins, rest+" and r.datetime >= "+ends)
	}
	return "with border as materialized (select r.pk, r.collection, r.datetime, " + begun + edges.reached() + " as sure" + of +
		"not r.lasts and r.place = any(" + c.Arg(border) + "::integer[]) and " + since + s.cheap + " and " + edges.touched() + ") " +
		strings.Join(parts, " union all ")
}

// together adds up the rows of a statement that are of the same keys.
func together(rows string, keys int) string {
	columns := ""
	for i := range keys {
		columns += ", k" + strconv.Itoa(i)
	}
	return "select sum(n)::bigint as n" + columns + " from (" + rows + ") each group by " + strings.TrimPrefix(columns, ", ")
}

// tallied tells whether tallies know a part of the records: those within a box, by type, collection and month.
func (s condition) tallied(q Query, wanted []Aggregation) (orb.Bound, bool) {
	if len(s.geometries) != 1 || !isBox(s.geometries[0]) || len(q.IDs) > 0 || q.Text != "" || !boundsOnly(q.Filter) || !talliable(wanted) {
		return orb.Bound{}, false
	}
	return s.geometries[0].Bound(), true
}

// unbounded tells whether a query asks for all records, of some types and collections.
func unbounded(q Query) bool {
	return q.Geometry == nil && q.Time.IsZero() && q.Text == "" && len(q.IDs) == 0 && q.Filter == nil
}

// talliable tells whether tallies know what is wanted: numbers, by month and by collection.
func talliable(wanted []Aggregation) bool {
	for _, a := range wanted {
		switch {
		case a.Kind == AggregateCount:
		case a.Kind == AggregateTerms && a.Property == filter.PropertyCollection:
		case a.Kind == AggregateTime && (a.Unit == "month" || a.Unit == "quarter" || a.Unit == "year") && slices.Contains([]filter.Property{"", filter.PropertyDatetime, filter.PropertyStart}, a.Property):
		default:
			return false
		}
	}
	return true
}

// talliedColumns are those of a month's records of a collection, as Aggregation.expression has them for each.
func talliedColumns(wanted []Aggregation) string {
	columns := "sum(t.n)::bigint as n"
	for i, a := range wanted {
		switch a.Kind {
		case AggregateCount:
			columns += ", null::text as k" + strconv.Itoa(i)
			continue
		case AggregateTerms:
			columns += ", to_jsonb(t.collection) as k" + strconv.Itoa(i)
			continue
		}
		columns += ", case when t.month > 0 then date_trunc('" + a.Unit + "', make_timestamp(t.month / 12, t.month % 12 + 1, 1, 0, 0, 0)) end as k" + strconv.Itoa(i)
	}
	return columns
}

func typesOf(c *filter.Compiler, q Query) string {
	if len(q.Types) == 0 {
		return ""
	}
	return " and t.type = any(" + c.Arg(q.Types) + "::text[])"
}

func among(c *filter.Compiler, q Query) string {
	_, text := collectionsOf(c, q)
	return text
}

// wholeMonths are the first and the last month of which all records that do not last share an instant with all times.
func (s condition) wholeMonths() (first, last string) {
	firsts, lasts := []string{"0"}, []string{"119999"}
	for _, t := range s.times {
		firsts = append(firsts, "12") // January of the year 1
		if t.start != "" {
			firsts = append(firsts, "perigee.month("+t.start+") + 1")
		}
		if t.end != "" {
			lasts = append(lasts, "perigee.month("+t.end+") - 1")
		}
	}
	return "greatest(" + strings.Join(firsts, ", ") + ")", "least(" + strings.Join(lasts, ", ") + ")"
}

// beginning is the first moment of a month.
func beginning(month string) string {
	return "make_timestamptz((" + month + ") / 12, (" + month + ") % 12 + 1, 1, 0, 0, 0, 'UTC')"
}

// begin is what an index of time knows of records that do not last and share an instant with all times: when they begin, and
// whether they begin within the times, so that nothing else is to be looked at.
func (s condition) begin() (since, within string) {
	for _, t := range s.times {
		since += "r.datetime > '-infinity' and "
		if t.start != "" {
			since += "r.datetime >= " + t.start + " - interval '24 hours' and "
			within += "r.datetime >= " + t.start + " and "
		}
		if t.end != "" {
			since += "r.datetime <= " + t.end + " and "
		}
	}
	return since, within
}

// edges are those of a box, as arguments: as far out, and as far in, as the boxes of records are rounded.
type edges struct{ outer, inner [4]string }

const (
	west = iota
	south
	east
	north
)

func edgesOf(c *filter.Compiler, b orb.Bound) edges {
	var e edges
	for i, at := range [4]float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]} {
		out := boxRounding
		if i < east {
			out = -out
		}
		e.outer[i], e.inner[i] = c.Arg(at+out)+"::float8", c.Arg(at-out)+"::float8"
	}
	return e
}

// touched is the condition that the box of a record may touch the box.
func (e edges) touched() string {
	return "r.west <= " + e.outer[east] + " and r.east >= " + e.outer[west] + " and r.south <= " + e.outer[north] + " and r.north >= " + e.outer[south]
}

// reached is the condition that a record is sure to share a point with the box, by its own box alone: each edge of that has a
// point of the footprint, and one of them lies within the box.
func (e edges) reached() string {
	across := "r.west >= " + e.inner[west] + " and r.east <= " + e.inner[east]
	along := "r.south >= " + e.inner[south] + " and r.north <= " + e.inner[north]
	between := func(edge string, from, to int) string {
		return edge + " between " + e.inner[from] + " and " + e.inner[to]
	}
	return "(" + along + " and (" + between("r.east", west, east) + " or " + between("r.west", west, east) + ") or " +
		across + " and (" + between("r.north", south, north) + " or " + between("r.south", south, north) + "))"
}

// placesWithin are the places of which all footprints lie within a box, and the others of which some may touch it.
func placesWithin(box orb.Bound) (inner, border []int) {
	inner = []int{}
	for _, place := range placesOf([]orb.Bound{box}) {
		if around := reach(place); box.Contains(around.Min) && box.Contains(around.Max) {
			inner = append(inner, place)
		} else {
			border = append(border, place)
		}
	}
	return inner, border
}

// reach is where the footprints of a place may be: in its cell, half a cell wider on all sides.
func reach(place int) orb.Bound {
	level := place / placeLevel
	size := finestSize * float64(int(1)<<(finestPlaces-level))
	west, south := float64(place%placeRow)*size-180, float64(place%placeLevel/placeRow)*size-90
	return orb.Bound{Min: orb.Point{west - size/2 - edge, south - size/2 - edge}, Max: orb.Point{west + size*3/2 + edge, south + size*3/2 + edge}}
}
