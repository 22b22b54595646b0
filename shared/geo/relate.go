package geo

import (
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"
	"github.com/peterstace/simplefeatures/geom"
)

// The relations of two geometries (OGC 06-103r4, 6.1.15.3), in the plane of their coordinates. Between collections of
// geometries of several dimensions only the parts of the highest one count. What has no valid geometry is in no
// relation.

// Equals tells whether two geometries are the same set of positions.
func Equals(a, b orb.Geometry) bool { return related(a, b, geom.Equals) }

// Touches tells whether two geometries share positions of their borders only.
func Touches(a, b orb.Geometry) bool { return related(a, b, geom.Touches) }

// Within tells whether a lies in b, and not on its border only.
func Within(a, b orb.Geometry) bool { return related(a, b, geom.Within) }

// Contains tells whether b is Within a.
func Contains(a, b orb.Geometry) bool { return Within(b, a) }

// Overlaps tells whether two geometries of the same dimension share a part of that dimension that is neither of them.
func Overlaps(a, b orb.Geometry) bool { return related(a, b, geom.Overlaps) }

// Crosses tells whether the insides of two geometries share a part of a lower dimension than the higher of theirs.
func Crosses(a, b orb.Geometry) bool { return related(a, b, geom.Crosses) }

func related(a, b orb.Geometry, relation func(a, b geom.Geometry) (bool, error)) bool {
	if a == nil || b == nil || !a.Bound().Intersects(b.Bound()) {
		return false
	}
	p, err := plain(a)
	if err != nil {
		return false
	}
	q, err := plain(b)
	if err != nil {
		return false
	}
	holds, err := relation(p, q)
	return err == nil && holds
}

// plain is a geometry that is no collection: the union of its parts of the highest dimension.
func plain(g orb.Geometry) (geom.Geometry, error) {
	if b, ok := g.(orb.Bound); ok {
		g = b.ToPolygon()
	}
	parts, ok := g.(orb.Collection)
	if !ok {
		return convert(g)
	}
	var union geom.Geometry
	for i, part := range ofDimension(parts, parts.Dimensions()) {
		p, err := convert(part)
		if err != nil {
			return union, err
		}
		if i == 0 {
			union = p
		} else if union, err = geom.Union(union, p); err != nil {
			return union, err
		}
	}
	return union, nil
}

// ofDimension are the parts of a collection that have a dimension, those of collections within it too.
func ofDimension(c orb.Collection, dimension int) []orb.Geometry {
	var all []orb.Geometry
	for _, part := range c {
		if inner, ok := part.(orb.Collection); ok {
			all = append(all, ofDimension(inner, dimension)...)
		} else if part.Dimensions() == dimension {
			all = append(all, part)
		}
	}
	return all
}

func convert(g orb.Geometry) (geom.Geometry, error) {
	bytes, err := wkb.Marshal(g)
	if err != nil {
		return geom.Geometry{}, err
	}
	return geom.UnmarshalWKB(bytes, geom.NoValidate{})
}
