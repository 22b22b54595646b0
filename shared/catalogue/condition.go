package catalogue

import (
	"slices"
	"strings"

	"perigee/shared/filter"
	"perigee/shared/scope"
)

// condition is a filter as SQL in two steps. The planner takes the exact comparison of geometries for so expensive that
// it does anything to avoid it; so it sees the boxes only, and what it finds by them, in order, is compared afterwards.
type condition struct {
	cheap string // over a record called r
	exact string // over a footprint of what was found, called f; empty when there is nothing to compare
}

// compile writes a filter whose parts must all hold.
func compile(c *filter.Compiler, e filter.Expr) (condition, error) {
	if err := c.Check(e); err != nil { // as a whole: its bounds are those of all parts
		return condition{}, err
	}
	var rest filter.And
	var boxes, exact []string
	for _, part := range conjuncts(e) {
		if box, relation, ok := inTwoSteps(c, part); ok {
			boxes, exact = append(boxes, box), append(exact, relation)
		} else {
			rest = append(rest, part)
		}
	}
	text, err := c.Compile(rest)
	return condition{strings.Join(append([]string{text}, boxes...), " and "), strings.Join(exact, " and ")}, err
}

// inTwoSteps writes a relation of the footprint to a geometry: first that of their boxes, then the exact one. S_DISJOINT
// is none that boxes help to find.
func inTwoSteps(c *filter.Compiler, e filter.Expr) (box, relation string, ok bool) {
	s, ok := e.(filter.Spatial)
	if !ok || s.Op == filter.SDisjoint {
		return "", "", false
	}
	if g, literal := s.Right.(filter.Geometry); literal && s.Left == filter.PropertyGeometry {
		return filter.TouchesBoxes(c, g.Geometry), filter.RelationSQL(c, s.Op, "f.footprint", c.Arg(g.Geometry)+"::geometry"), true
	}
	if g, literal := s.Left.(filter.Geometry); literal && s.Right == filter.PropertyGeometry {
		return filter.TouchesBoxes(c, g.Geometry), filter.RelationSQL(c, s.Op, c.Arg(g.Geometry)+"::geometry", "f.footprint"), true
	}
	return "", "", false
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

// each finds up to limit records in every readable workspace by itself, so that an index may give the order within it.
// The parts are not ordered among each other.
func (s condition) each(c *filter.Compiler, sc scope.Scope, columns, order string, limit int) string {
	upTo := " limit " + c.Arg(limit) + "::bigint"
	var parts []string
	for _, workspace := range readable(sc) {
		where := " from perigee.record r where r.workspace = " + c.Arg(workspace) + "::text and " + s.cheap + order
		if s.exact == "" {
			parts = append(parts, "(select "+columns+where+upTo+")")
		} else {
			parts = append(parts, "(select * from (select "+columns+", r.footprint"+where+" offset 0) f where "+s.exact+upTo+")")
		}
	}
	return strings.Join(parts, " union all ")
}

// readable are the workspaces that a scope may read, each once.
func readable(sc scope.Scope) []string {
	return slices.Compact(slices.Sorted(slices.Values(sc.Readable())))
}
