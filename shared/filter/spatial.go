package filter

import (
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/record"
)

// shape is a geometry. literal is nil when it is not one.
type shape struct {
	value   value[orb.Geometry]
	literal orb.Geometry
	record  bool // the footprint of the record
}

// geometry reads an operand as a geometry.
func (r *resolver) geometry(o Operand, depth int) (shape, error) {
	if err := r.enter(depth); err != nil {
		return shape{}, err
	}
	if err := r.expect(o, TypeGeometry); err != nil {
		return shape{}, err
	}
	switch o := o.(type) {
	case Geometry:
		return r.geometryLiteral(o.Geometry)
	case Property:
		if o == PropertyGeometry {
			return footprint(), nil
		}
		return shape{}, invalid("%s is no geometry: %s is", r.describe(o), PropertyGeometry)
	case Function:
		v, err := call(r, o, depth, func(b called) value[orb.Geometry] { return b.geometry })
		return shape{value: v}, err
	}
	return shape{}, invalid("%s is no geometry", r.describe(o))
}

func (r *resolver) geometryLiteral(g orb.Geometry) (shape, error) {
	if err := geo.Check(g); err != nil {
		return shape{}, err
	}
	if r.geometries++; r.geometries > maxGeometries {
		return shape{}, invalid("the filter has more than %d geometries", maxGeometries)
	}
	return shape{literal: g, value: value[orb.Geometry]{
		sql:  func(c *Compiler) string { return c.Arg(g) + "::geometry" },
		eval: func(*record.Record) (orb.Geometry, bool) { return g, true },
	}}, nil
}

func footprint() shape {
	return shape{record: true, value: value[orb.Geometry]{
		sql:  func(c *Compiler) string { return c.columns.Footprint },
		eval: func(rec *record.Record) (orb.Geometry, bool) { return rec.Footprint, rec.Footprint != nil },
	}}
}

// spatialRelations are the operators: the database's function (see RelationSQL), and the decision in memory.
var spatialRelations = map[SpatialOp]struct {
	function string
	holds    func(a, b orb.Geometry) bool
}{
	SIntersects: {"", geo.Intersects},
	SEquals:     {"ST_Equals", geo.Equals},
	STouches:    {"ST_Touches", geo.Touches},
	SWithin:     {"ST_Within", geo.Within},
	SOverlaps:   {"ST_Overlaps", geo.Overlaps},
	SCrosses:    {"ST_Crosses", geo.Crosses},
	SContains:   {"ST_Contains", geo.Contains},
}

// spatial decides a relation of two geometries. All but S_DISJOINT need boxes that touch: an index finds these.
func (r *resolver) spatial(e Spatial, depth int) (condition, error) {
	op := e.Op
	if op == SDisjoint {
		op = SIntersects
	}
	if _, ok := spatialRelations[op]; !ok {
		return condition{}, invalid("%q is no spatial operator", string(e.Op))
	}
	left, err := r.geometry(e.Left, depth)
	if err != nil {
		return condition{}, err
	}
	right, err := r.geometry(e.Right, depth)
	if err != nil {
		return condition{}, err
	}
	result := placed(op, left, right)
	if e.Op == SDisjoint {
		result = negated(result)
	}
	if e.MissingIsFalse {
		result = missingIsFalse(result)
	}
	return result, nil
}

func placed(op SpatialOp, left, right shape) condition {
	rel := spatialRelations[op]
	return condition{
		sql: func(c *Compiler, at place) string {
			exact := RelationSQL(c, op, left.value.sql(c), right.value.sql(c))
			of := soughtBy(left, right)
			if at.negated || of == nil {
				return exact
			}
			return "(" + TouchesBoxes(c, of) + " and " + exact + ")"
		},
		eval: decided(left.value.eval, right.value.eval, rel.holds),
	}
}

// RelationSQL writes a spatial relation of two expressions, all but S_DISJOINT. The database's own take no collection of
// geometries: a point is shared when any two of the parts share one, and other relations get the union of the parts of the
// highest dimension.
func RelationSQL(c *Compiler, op SpatialOp, left, right string) string {
	if op == SIntersects {
		return c.columns.Functions + ".intersects(" + left + ", " + right + ")"
	}
	left, right = c.columns.Functions+".plain("+left+")", c.columns.Functions+".plain("+right+")"
	return spatialRelations[op].function + "(" + left + ", " + right + ")"
}

// maxBoxes is how many boxes a geometry is looked for by, part by part: two for what crosses the date line.
const maxBoxes = 4

// TouchesBoxes is the condition that the footprint's box touches that of a geometry, or of any of its few parts.
func TouchesBoxes(c *Compiler, g orb.Geometry) string { return touchesAny(c, BoxesOf(g)) }

// BoxesOf are the boxes of a geometry: of its parts, when they are few.
func BoxesOf(g orb.Geometry) []orb.Bound {
	parts := geo.Bounds(g)
	if len(parts) > maxBoxes {
		return []orb.Bound{g.Bound()}
	}
	return parts
}

// soughtBy is the literal that the record's footprint is related to, by which an index finds it; nil where there is none.
func soughtBy(left, right shape) orb.Geometry {
	switch {
	case left.record == right.record:
		return nil
	case left.record:
		return right.literal
	}
	return left.literal
}

func touchesAny(c *Compiler, boxes []orb.Bound) string {
	touches := make([]string, len(boxes))
	for i, b := range boxes {
		touches[i] = c.columns.Footprint + " && " + c.Arg(b) + "::geometry"
	}
	return "(" + strings.Join(touches, " or ") + ")"
}

// distance decides whether two geometries are near each other; where one is missing it is false.
func (r *resolver) distance(e Distance, depth int) (condition, error) {
	if !inRange(e.Metres) || e.Metres < 0 {
		return condition{}, invalid("a distance is zero or a positive number of metres, not %g", e.Metres)
	}
	left, err := r.geometry(e.Left, depth)
	if err != nil {
		return condition{}, err
	}
	right, err := r.geometry(e.Right, depth)
	if err != nil {
		return condition{}, err
	}
	near := within(e.Metres, left, right)
	if e.Beyond {
		near = negated(near)
	}
	return missingIsFalse(near), nil
}

func within(metres float64, left, right shape) condition {
	return condition{
		sql: func(c *Compiler, at place) string {
			exact := c.columns.Functions + ".within(" + left.value.sql(c) + ", " + right.value.sql(c) + ", " + c.Arg(metres) + "::float8)"
			of := soughtBy(left, right)
			if at.negated || of == nil {
				return exact
			}
			var around []orb.Bound
			for _, b := range geo.Bounds(of) {
				around = append(around, geo.Around(b, metres)...)
			}
			if len(around) > 2*maxBoxes {
				around = geo.Around(of.Bound(), metres)
			}
			return "(" + touchesAny(c, around) + " and " + exact + ")"
		},
		eval: decided(left.value.eval, right.value.eval, func(a, b orb.Geometry) bool { return geo.Distance(a, b) <= metres }),
	}
}
