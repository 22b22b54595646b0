package catalogue

import (
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/filter"
	"perigee/shared/geo"
	"perigee/shared/scope"
)

// condition is a filter as SQL in two steps. The planner takes the exact comparison of geometries for so expensive that
// it does anything to avoid it; so it sees the boxes only, and what it finds by them, in order, is compared afterwards.
type condition struct {
	cheap string // over a record called r
	exact string // over a footprint of what was found, called f; empty when there is nothing to compare
}

// maxBoxes is how many boxes a geometry is looked for by, part by part: two for what crosses the date line.
const maxBoxes = 4

// compile writes a filter whose parts must all hold.
func compile(c *filter.Compiler, e filter.Expr) (condition, error) {
	var rest filter.And
	var geometries []orb.Geometry
	for _, part := range conjuncts(e) {
		if i, ok := part.(filter.Intersects); ok {
			geometries = append(geometries, i.Geometry)
		} else {
			rest = append(rest, part)
		}
	}
	text, err := c.Compile(rest)
	if err != nil {
		return condition{}, err
	}
	result := condition{cheap: text}
	var exact []string
	for _, g := range geometries {
		if err := geo.Check(g); err != nil {
			return condition{}, err
		}
		result.cheap += " and " + boxes(c, g)
		exact = append(exact, "ST_Intersects(f.footprint, "+c.Arg(g)+"::geometry)")
	}
	result.exact = strings.Join(exact, " and ")
	return result, nil
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
