package catalogue

import (
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

// Overlap orders records by how well they fit the box that a query asks for: by the share of the box that they cover, times the share of
// them that lies in the box (Lanfear, USGS Open-File Report 2006-1279). What has no area comes first when ascending. Only a query that asks
// for a place in all cases has that order. No property of records is called so.
const Overlap filter.Property = "\x00overlap"

// Placed tells whether a filter asks for a place, so that records can be ordered by Overlap.
func Placed(e filter.Expr) bool { return placeOf(e) != nil }

// placeOf is the first geometry with which all that fulfils a filter shares a point; nil when there is none.
func placeOf(e filter.Expr) orb.Geometry {
	switch e := e.(type) {
	case filter.And:
		for _, part := range e {
			if g := placeOf(part); g != nil {
				return g
			}
		}
	case filter.Spatial:
		if g, ok := e.Right.(filter.Geometry); ok && e.Op == filter.SIntersects && e.Left == filter.PropertyGeometry {
			return g.Geometry
		}
	}
	return nil
}

// overlap is the key of the order: over the boxes of the place, of which one that crosses the date line has two. Footprints are clipped, not
// intersected, which takes no long time and no geometry amiss.
func overlap(c *filter.Compiler, asked filter.Expr) (orderKey, error) {
	place := placeOf(asked)
	if place == nil {
		return orderKey{}, fault.At(fault.Invalid, "sortby", "only records of a place that is asked for are ordered by how much of it they cover")
	}
	parts := []orb.Geometry{place}
	if several, ok := place.(orb.MultiPolygon); ok {
		parts = nil
		for _, part := range several {
			parts = append(parts, part)
		}
	}
	area, terms := 0.0, make([]string, len(parts))
	for i, part := range parts {
		b := part.Bound()
		area += (b.Max[0] - b.Min[0]) * (b.Max[1] - b.Min[1])
		terms[i] = "coalesce(ST_Area(ST_ClipByBox2D(r.footprint, (" + c.Arg(orb.Geometry(b.ToPolygon())) + "::geometry)::box2d)), 0)"
	}
	if !(area > 0) {
		return orderKey{expression: "0::float8", sqlType: "float8"}, nil
	}
	covered := "(" + strings.Join(terms, " + ") + ")"
	return orderKey{expression: "(case when ST_Area(r.footprint) > 0 then " + covered + " / " + strconv.FormatFloat(area, 'g', -1, 64) + "::float8 * (" + covered + " / ST_Area(r.footprint)) else 0 end)", sqlType: "float8"}, nil
}
