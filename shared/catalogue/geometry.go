package catalogue

import (
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"

	"perigee/shared/fault"
)

const srid = 4326 // longitude first in PostGIS, as everywhere in here

// encode writes a geometry as EWKB; nil stays nil.
func encode(g orb.Geometry) ([]byte, error) {
	if g == nil {
		return nil, nil
	}
	if b, ok := g.(orb.Bound); ok {
		g = b.ToPolygon()
	}
	bytes, err := ewkb.Marshal(g, srid)
	if err != nil {
		return nil, fault.At(fault.Invalid, "geometry", "a geometry of type %T cannot be kept: %w", g, err)
	}
	return bytes, nil
}

// decode reads EWKB; nil stays nil.
func decode(bytes []byte) (orb.Geometry, error) {
	if bytes == nil {
		return nil, nil
	}
	g, _, err := ewkb.Unmarshal(bytes)
	if err != nil {
		return nil, fmt.Errorf("read a geometry of the database: %w", err)
	}
	return g, nil
}

// arguments writes the geometries among the arguments of a statement as EWKB.
func arguments(args []any) ([]any, error) {
	for i, arg := range args {
		g, ok := arg.(orb.Geometry)
		if !ok {
			continue
		}
		bytes, err := encode(g)
		if err != nil {
			return nil, err
		}
		args[i] = bytes
	}
	return args, nil
}

// plainBox tells whether a geometry consists of boxes and points only, which are valid whatever they are.
func plainBox(g orb.Geometry) bool {
	switch g.(type) {
	case orb.Point, orb.MultiPoint:
		return true
	}
	return isBox(g)
}

// isBox tells whether a geometry is a box.
func isBox(g orb.Geometry) bool {
	switch g := g.(type) {
	case orb.Bound:
		return true
	case orb.Polygon:
		b := g.Bound()
		return len(g) == 1 && len(g[0]) == 5 && b.Max[0] > b.Min[0] && b.Max[1] > b.Min[1] && orb.Equal(g, b.ToPolygon())
	}
	return false
}

// boxRounding is by how many degrees the columns of a footprint's box differ from it at most (perigee.box_rounding).
const boxRounding = 1e-5

// invalidGeometry says which of several geometries is invalid, and why.
type invalidGeometry struct {
	index  int
	reason string
}

func (i invalidGeometry) fault() error {
	return fault.At(fault.Invalid, "geometry", "the geometry is not valid: %s", i.reason)
}

// validity asks which of the geometries are invalid in the sense of OGC Simple Features; nil ones are not.
func validity(encoded [][]byte, into *[]invalidGeometry) question {
	return question{
		sql: `select i, ST_IsValidReason(g) from (
				select i, ST_GeomFromEWKB(b) g from unnest($1::bytea[]) with ordinality as given(b, i) where b is not null offset 0) parsed
			where not ST_IsValid(g)`,
		args: []any{encoded},
		rows: each(into, func(rows pgx.Rows) (invalidGeometry, error) {
			var r invalidGeometry
			err := rows.Scan(&r.index, &r.reason)
			r.index--
			return r, err
		}),
	}
}
