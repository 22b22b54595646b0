// Package filter is the one filter language inside: every protocol's filter parses into this syntax tree, one compiler
// writes parametrised SQL from it, one evaluator decides on an item in memory. Standard library and orb only.
package filter

import (
	"github.com/paulmach/orb"

	"perigee/shared/record"
)

// Expr is a condition on a record. Its implementations are the types of this file; nil stands for no condition.
type Expr interface{ expr() }

// And holds when all its parts do; an empty And is true.
type And []Expr

// Or holds when any of its parts does; an empty Or is false.
type Or []Expr

// Not turns its part around.
type Not struct{ Expr Expr }

// Op is a comparison operator.
type Op string

// The comparison operators.
const (
	Equal          Op = "="
	NotEqual       Op = "<>"
	Less           Op = "<"
	LessOrEqual    Op = "<="
	Greater        Op = ">"
	GreaterOrEqual Op = ">="
)

// Compare holds when the property stands in the relation to the value. Value is a string, float64, bool, time.Time, or
// a []any of them, which equals an array property of the same elements in the same order.
type Compare struct {
	Op       Op
	Property string
	Value    any
	FoldCase bool // compare strings without regard to case
}

// Like holds when the property, a string or an instant as record.Instant writes it, matches the pattern: % stands for
// any run of characters, _ for one, a backslash takes the next character literally.
type Like struct {
	Property string
	Pattern  string
	FoldCase bool
}

// Between holds when Low <= property <= High.
type Between struct {
	Property  string
	Low, High any
}

// In holds when the property equals one of the values.
type In struct {
	Property string
	Values   []any
}

// IsNull holds when the record has no such property.
type IsNull struct{ Property string }

// Intersects holds when the record's footprint shares a point with the geometry (longitude, latitude). It is false for
// a record without a footprint.
type Intersects struct{ Geometry orb.Geometry }

// During holds when the record's time shares an instant with the interval. It is false for a record without a time.
type During struct{ Interval record.Interval }

// AnyText holds when the record's text has the words (Words) or the pattern of Like (without regard to case) in it.
type AnyText struct {
	Words   string
	Pattern string
}

func (And) expr()        {}
func (Or) expr()         {}
func (Not) expr()        {}
func (Compare) expr()    {}
func (Like) expr()       {}
func (Between) expr()    {}
func (In) expr()         {}
func (IsNull) expr()     {}
func (Intersects) expr() {}
func (During) expr()     {}
func (AnyText) expr()    {}

// Box is the geometry of a bounding box in longitude and latitude: a polygon, or two of them across the date line (west
// beyond east); a box without width or height is the line or the point that is left of it.
func Box(west, south, east, north float64) orb.Geometry {
	if west > east && west == 180 {
		west = -180
	}
	if west > east && east == -180 {
		east = 180
	}
	switch crosses := west > east; {
	case crosses && south == north:
		return orb.MultiLineString{{{west, south}, {180, south}}, {{-180, south}, {east, south}}}
	case crosses:
		return orb.MultiPolygon{rectangle(west, south, 180, north), rectangle(-180, south, east, north)}
	case west == east && south == north:
		return orb.Point{west, south}
	case west == east || south == north:
		return orb.LineString{{west, south}, {east, north}}
	}
	return rectangle(west, south, east, north)
}

func rectangle(west, south, east, north float64) orb.Polygon {
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}.ToPolygon()
}
