package catalogue

import (
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/geo"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// condition is a filter as SQL in two steps. The planner takes the exact comparison of geometries for so expensive that
// it does anything to avoid it; so it sees the boxes only, and what it finds by them, in order, is compared afterwards.
type condition struct {
	cheap      string         // over a record called r
	boxes      []string       // over a record called r: its footprint's box touches one; not in cheap
	exact      string         // over a footprint of what was found, called f; empty when there is nothing to compare
	geometries []orb.Geometry // that footprints share a point with
	times      []timeBound    // that records share an instant with; not in cheap
}

// timeBound is an interval as arguments; an empty end is open.
type timeBound struct {
	interval   record.Interval
	start, end string
}

// maxBoxes is how many boxes a geometry is looked for by, part by part: two for what crosses the date line.
const maxBoxes = 4

// compile writes a filter whose parts must all hold.
func compile(c *filter.Compiler, e filter.Expr) (condition, error) {
	var rest filter.And
	var result condition
	for _, part := range conjuncts(e) {
		switch part := part.(type) {
		case filter.Intersects:
			result.geometries = append(result.geometries, part.Geometry)
		case filter.During:
			t, err := boundBy(c, part.Interval)
			if err != nil {
				return condition{}, err
			}
			result.times = append(result.times, t)
		default:
			rest = append(rest, part)
		}
	}
	text, err := c.Compile(rest)
	if err != nil {
		return condition{}, err
	}
	result.cheap = text
	var exact []string
	for _, g := range result.geometries {
		if err := geo.Check(g); err != nil {
			return condition{}, err
		}
		result.boxes = append(result.boxes, boxes(c, g))
		exact = append(exact, "ST_Intersects(f.footprint, "+c.Arg(g)+"::geometry)")
	}
	result.exact = strings.Join(exact, " and ")
	return result, nil
}

// boundsOnly tells whether a part of a filter is one that compile takes apart, and nothing else is asked by it.
func boundsOnly(e filter.Expr) bool {
	for _, part := range conjuncts(e) {
		switch part.(type) {
		case nil, filter.Intersects, filter.During:
		default:
			return false
		}
	}
	return true
}

func boundBy(c *filter.Compiler, i record.Interval) (timeBound, error) {
	if !i.Start.IsZero() && !i.End.IsZero() && i.End.Before(i.Start) {
		return timeBound{}, fault.At(fault.Invalid, filter.PropertyDatetime, "the interval %s ends before it starts", i)
	}
	t := timeBound{interval: i}
	if at := orNull(i.Start); at != nil {
		t.start = c.Arg(*at) + "::timestamptz"
	}
	if at := orNull(i.End); at != nil {
		t.end = c.Arg(*at) + "::timestamptz"
	}
	return t, nil
}

// shares is the condition that a record shares an instant with the interval. One that does not last begins at most a day
// before, and ends when its column says so: of comparisons the planner knows how much they leave, of ranges it does not.
func (t timeBound) shares(lasting bool) string {
	if lasting {
		text := "r.period && tstzrange(" + orText(t.start) + ", " + orText(t.end) + ", '[]')"
		if t.end != "" {
			text += " and r.datetime <= " + t.end
		}
		return text
	}
	conditions := []string{"r.start_time is not null"}
	if t.start != "" {
		conditions = append(conditions, "r.datetime >= "+t.start+" - interval '24 hours'", "r.end_time >= "+t.start)
	}
	if t.end != "" {
		conditions = append(conditions, "r.datetime <= "+t.end)
	}
	return strings.Join(conditions, " and ")
}

func orText(argument string) string {
	if argument == "" {
		return "null"
	}
	return argument
}

func conjuncts(e filter.Expr) []filter.Expr {
	all, ok := e.(filter.And)
	if !ok {
		return []filter.Expr{e}
	}
	var parts []filter.Expr
	for _, part := range all {
		parts = append(parts, conjuncts(part)...)
	}
	return parts
}

// boxes is the condition that a footprint's box touches that of a geometry, or of any of its few parts.
func boxes(c *filter.Compiler, g orb.Geometry) string {
	parts := bounds(g)
	if len(parts) > maxBoxes {
		parts = []orb.Bound{g.Bound()}
	}
	touches := make([]string, len(parts))
	for i, b := range parts {
		touches[i] = "r.footprint && " + c.Arg(b) + "::geometry"
	}
	return "(" + strings.Join(touches, " or ") + ")"
}

// kinds are the conditions of the parts in which records are looked for when their time counts: those that last have an
// index of their own.
func (s condition) kinds() []string {
	if len(s.times) == 0 {
		return []string{s.cheap + s.touching()}
	}
	return []string{"not r.lasts and " + s.shared(false) + s.cheap + s.touching(), s.lasting()}
}

// lasting is the condition for records that last.
func (s condition) lasting() string {
	return "r.lasts and " + s.shared(true) + s.cheap + s.touching()
}

// touching is the condition on boxes, behind others.
func (s condition) touching() string {
	var text string
	for _, box := range s.boxes {
		text += " and " + box
	}
	return text
}

// shared is the condition on time, before others.
func (s condition) shared(lasting bool) string {
	var text string
	for _, t := range s.times {
		text += t.shares(lasting) + " and "
	}
	return text
}

// each finds up to limit records in every readable workspace by itself, so that an index may give the order within it.
// The parts are not ordered among each other.
func (s condition) each(c *filter.Compiler, sc scope.Scope, columns, order string, limit int) string {
	upTo := " limit " + c.Arg(limit) + "::bigint"
	var parts []string
	for _, workspace := range readable(sc) {
		from := " from perigee.record r where r.workspace = " + c.Arg(workspace) + "::text and "
		for _, kind := range s.kinds() {
			parts = append(parts, "("+s.compared(columns, from+kind+order, upTo)+")")
		}
	}
	return strings.Join(parts, " union all ")
}

// newest is compared where the newest are wanted: so many, and those of the same time as the last of them. That needs no
// sorting of what an index gives in the order of time.
func (s condition) newest(columns, from, upTo string) string {
	const order = " order by r.datetime desc"
	ties := " fetch first (" + upTo + ") rows with ties"
	if s.exact == "" {
		return "select " + columns + from + order + ties
	}
	return "select * from (select " + columns + ", r.footprint" + from + order + " offset 0) f where " + s.exact + " order by f.k0 desc" + ties
}

// compared selects from what was found cheaply, in its order, what compares exactly.
func (s condition) compared(columns, from, upTo string) string {
	if s.exact == "" {
		return "select " + columns + from + upTo
	}
	return "select * from (select " + columns + ", r.footprint" + from + " offset 0) f where " + s.exact + upTo
}

// all are all records of readable workspaces for which the condition holds: a table called r of their columns.
func (s condition) all(c *filter.Compiler, sc scope.Scope, columns string) string {
	workspaces := c.Arg(readable(sc)) + "::text[]"
	var parts []string
	for _, kind := range s.kinds() {
		where := " from perigee.record r where r.workspace = any(" + workspaces + ") and " + kind
		if s.exact == "" {
			parts = append(parts, "select "+columns+where)
		} else {
			parts = append(parts, "select "+columns+where+" and "+strings.ReplaceAll(s.exact, "f.footprint", "r.footprint"))
		}
	}
	return "(" + strings.Join(parts, " union all ") + ") r"
}

// readable are the workspaces that a scope may read, each once.
func readable(sc scope.Scope) []string {
	return slices.Compact(slices.Sorted(slices.Values(sc.Readable())))
}
