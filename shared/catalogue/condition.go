package catalogue

import (
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/filter"
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
	brief      bool           // no record lasts, as far as is known
}

// timeBound is an interval as arguments; an empty end is open.
type timeBound struct {
	interval   record.Interval
	start, end string
}

// compile writes a filter whose parts must all hold.
func compile(c *filter.Compiler, e filter.Expr) (condition, error) {
	if err := c.Check(e); err != nil { // as a whole: its bounds are those of all parts
		return condition{}, err
	}
	var rest filter.And
	var result condition
	var exact, begins []string
	for _, part := range conjuncts(e) {
		if interval, ok := sharing(part); ok {
			result.times = append(result.times, boundBy(c, interval))
		} else if s, ok := inTwoSteps(c, part); ok {
			result.geometries = append(result.geometries, s.geometry)
			result.boxes, exact = append(result.boxes, s.boxes), append(exact, s.relation)
		} else {
			if interval, ok := implying(part); ok {
				result.times = append(result.times, boundBy(c, interval))
			}
			rest = append(rest, part)
			begins = append(begins, alike(c, part)...)
		}
	}
	text, err := c.Compile(rest)
	result.cheap = strings.Join(append([]string{text}, begins...), " and ")
	result.exact = strings.Join(exact, " and ")
	return result, err
}

// alike is the condition by which the index of a property helps to find a text that it equals.
func alike(c *filter.Compiler, e filter.Expr) []string {
	equal, ok := e.(filter.Compare)
	if !ok || equal.Op != filter.Equal {
		return nil
	}
	property, named := equal.Left.(filter.Property)
	text, literal := equal.Right.(filter.Text)
	if untyped, ok := equal.Right.(filter.Untyped); ok && !untyped.FoldCase {
		text, literal = filter.Text(untyped.Text), true
	}
	if typ, known := c.Type(property); !named || !literal || !known || typ != filter.TypeText || coreSort(property) {
		return nil
	}
	first := []rune(string(text))
	return []string{headOf("(r.properties -> "+c.Arg(string(property))+"::text)") + " = " + c.Arg(string(first[:min(len(first), 250)])) + "::text"}
}

// twoSteps is a relation of the footprint to a geometry, for which the two share a point.
type twoSteps struct {
	geometry orb.Geometry
	boxes    string
	relation string
}

// inTwoSteps writes a relation of the footprint to a geometry: first that of their boxes, then the exact one. S_DISJOINT
// is none that boxes help to find.
func inTwoSteps(c *filter.Compiler, e filter.Expr) (twoSteps, bool) {
	s, ok := e.(filter.Spatial)
	if !ok || s.Op == filter.SDisjoint {
		return twoSteps{}, false
	}
	if g, literal := s.Right.(filter.Geometry); literal && s.Left == filter.PropertyGeometry {
		return twoSteps{g.Geometry, filter.TouchesBoxes(c, g.Geometry), filter.RelationSQL(c, s.Op, "f.footprint", c.Arg(g.Geometry)+"::geometry")}, true
	}
	if g, literal := s.Left.(filter.Geometry); literal && s.Right == filter.PropertyGeometry {
		return twoSteps{g.Geometry, filter.TouchesBoxes(c, g.Geometry), filter.RelationSQL(c, s.Op, c.Arg(g.Geometry)+"::geometry", "f.footprint")}, true
	}
	return twoSteps{}, false
}

// sharing tells whether a part of a filter asks for records that share an instant with an interval.
func sharing(e filter.Expr) (record.Interval, bool) {
	t, ok := e.(filter.Temporal)
	if !ok || t.Op != filter.TIntersects {
		return record.Interval{}, false
	}
	return implying(e)
}

// implying tells whether records for which a relation of times holds share an instant with an interval.
func implying(e filter.Expr) (record.Interval, bool) {
	t, ok := e.(filter.Temporal)
	if !ok || t.Left != filter.PropertyTime || t.Op == filter.TAfter || t.Op == filter.TBefore || t.Op == filter.TDisjoint {
		return record.Interval{}, false
	}
	i, ok := t.Right.(filter.Interval)
	if !ok {
		return record.Interval{}, false
	}
	start, known := instantOf(i.Start)
	end, too := instantOf(i.End)
	return record.Interval{Start: start, End: end}, known && too
}

// instantOf is an end of an interval: an instant, or nothing where it is open.
func instantOf(o filter.Operand) (time.Time, bool) {
	switch o := o.(type) {
	case nil:
		return time.Time{}, true
	case filter.Timestamp:
		return o.Time, true
	}
	return time.Time{}, false
}

// boundsOnly tells whether a filter asks for nothing but places that records share a point with, and times that they share
// an instant with.
func boundsOnly(e filter.Expr) bool {
	for _, part := range conjuncts(e) {
		s, spatial := part.(filter.Spatial)
		_, literal := s.Right.(filter.Geometry)
		_, temporal := sharing(part)
		if part != nil && !temporal && !(spatial && s.Op == filter.SIntersects && literal && s.Left == filter.PropertyGeometry) {
			return false
		}
	}
	return true
}

func boundBy(c *filter.Compiler, i record.Interval) timeBound {
	t := timeBound{interval: i}
	if at := orNull(i.Start); at != nil {
		t.start = c.Arg(*at) + "::timestamptz"
	}
	if at := orNull(i.End); at != nil {
		t.end = c.Arg(*at) + "::timestamptz"
	}
	return t
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

// kinds are the conditions of the parts in which records are looked for when their time counts: those that last have an
// index of their own.
func (s condition) kinds() []string {
	if len(s.times) == 0 {
		return []string{s.cheap + s.touching()}
	}
	kinds := []string{"not r.lasts and " + s.shared(false) + s.cheap + s.touching()}
	if !s.brief {
		kinds = append(kinds, s.lasting())
	}
	return kinds
}

// parts is how many statements a condition is looked for by.
func (s condition) parts(sc scope.Scope) int { return len(s.kinds()) * len(readable(sc)) }

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
	upTo := " limit " + limited(c, limit)
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
