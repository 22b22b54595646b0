package catalogue_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"

	"perigee/shared/filter"
	"perigee/shared/geo"
)

// The relations of geometries are decided in memory as GEOS decides them: on a coarse grid, where all ways of touching
// happen, on the same grid turned and stretched, where no coordinate is round, and between countries. The database has shortcuts for ST_Intersects that round: where
// the distance is less than the last digits nothing is asked. GEOS rounds, too, where it crosses what only grazes, since 3.13.
func TestRelationsAgreeWithTheDatabase(t *testing.T) {
	_, conn := opened(t)
	random := rand.New(rand.NewPCG(5, 6))
	countries := naturalEarth(t)
	var left, right []orb.Geometry
	for i := range 3000 {
		switch a, b := anyGeometry(random), anyGeometry(random); {
		case i%3 == 0:
			left, right = append(left, a), append(right, b)
		case i%3 == 1:
			left, right = append(left, turned(a)), append(right, turned(b))
		default:
			a, b := pick(random, countries).Record.Footprint, pick(random, countries).Record.Footprint
			left, right = append(left, a), append(right, b)
		}
	}
	const sql = `select i, ST_Intersects(p, q), ST_Equals(p, q), ST_Touches(p, q), ST_Within(p, q), ST_Overlaps(p, q), ST_Crosses(p, q), ST_Contains(p, q), ST_Distance(a, b)
		from (select i, a, b, perigee.plain(a) p, perigee.plain(b) q from (
			select i, ST_GeomFromEWKB(l) a, ST_GeomFromEWKB(r) b from unnest($1::bytea[], $2::bytea[]) with ordinality as of(l, r, i)) given
			where ST_IsValid(a) and ST_IsValid(b)) made`
	rows, err := conn.Query(t.Context(), sql, encodedAll(t, left), encodedAll(t, right))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	count, holding, grazing := 0, 0, 0
	for rows.Next() {
		var i int
		var distance float64
		want := make([]bool, len(relations))
		into := []any{&i}
		for n := range want {
			into = append(into, &want[n])
		}
		if err := rows.Scan(append(into, &distance)...); err != nil {
			t.Fatal(err)
		}
		count++
		a, b := left[i-1], right[i-1]
		for n, r := range relations {
			if want[n] {
				holding++
			}
			got := r.holds(a, b)
			switch {
			case got == want[n] || r.op == filter.SIntersects && distance < 1e-12:
			case grazes(a, b) || grazes(b, a):
				grazing++
			default:
				t.Errorf("%s of %v and %v is %v in memory", r.op, a, b, got)
			}
		}
	}
	if err := rows.Err(); err != nil || count < 2500 || holding < 500 || grazing > 6 {
		t.Errorf("%d pairs, %d relations that hold, %d that rounding decided: %v", count, holding, grazing, err)
	}
}

var relations = []struct {
	op    filter.SpatialOp
	holds func(a, b orb.Geometry) bool
}{
	{filter.SIntersects, geo.Intersects}, {filter.SEquals, geo.Equals}, {filter.STouches, geo.Touches}, {filter.SWithin, geo.Within},
	{filter.SOverlaps, geo.Overlaps}, {filter.SCrosses, geo.Crosses}, {filter.SContains, geo.Contains},
}

func encodedAll(t *testing.T, all []orb.Geometry) [][]byte {
	encoded := make([][]byte, len(all))
	for i, g := range all {
		var err error
		if encoded[i], err = ewkb.Marshal(g, 4326); err != nil {
			t.Fatal(err)
		}
	}
	return encoded
}

// grazes tells whether a vertex of the one lies beside a segment of the other, by less than the last digit of its coordinates:
// on the line for whoever rounds, which it is not.
func grazes(a, b orb.Geometry) bool {
	for _, line := range rowsOf(b) {
		for i := range len(line) - 1 {
			for _, p := range slices.Concat(rowsOf(a)...) {
				if besides(line[i], line[i+1], p) {
					return true
				}
			}
		}
	}
	return false
}

// besides tells whether a point lies beside the segment from a to b, nearer than coordinates tell.
func besides(a, b, p orb.Point) bool {
	part := func(p orb.Point, i int) *big.Rat {
		return new(big.Rat).Sub(new(big.Rat).SetFloat64(p[i]), new(big.Rat).SetFloat64(a[i]))
	}
	times := func(x, y *big.Rat) *big.Rat { return new(big.Rat).Mul(x, y) }
	area, _ := new(big.Rat).Sub(times(part(b, 0), part(p, 1)), times(part(b, 1), part(p, 0))).Float64()
	along := (b[0]-a[0])*(p[0]-a[0]) + (b[1]-a[1])*(p[1]-a[1])
	length := math.Hypot(b[0]-a[0], b[1]-a[1])
	return area != 0 && math.Abs(area) < 1e-15*length && along > 0 && along < length*length
}

// rowsOf are the vertices of a geometry, in the rows in which they are joined.
func rowsOf(g orb.Geometry) []orb.LineString {
	var all []orb.LineString
	switch g := g.(type) {
	case orb.Point:
		return []orb.LineString{{g}}
	case orb.MultiPoint:
		for _, p := range g {
			all = append(all, orb.LineString{p})
		}
	case orb.LineString:
		return []orb.LineString{g}
	case orb.MultiLineString:
		return g
	case orb.Polygon:
		for _, r := range g {
			all = append(all, orb.LineString(r))
		}
	case orb.MultiPolygon:
		for _, p := range g {
			all = append(all, rowsOf(p)...)
		}
	case orb.Collection:
		for _, part := range g {
			all = append(all, rowsOf(part)...)
		}
	}
	return all
}

// turned is a geometry turned by some angle and stretched.
func turned(g orb.Geometry) orb.Geometry {
	sin, cos := math.Sincos(0.7)
	at := func(p orb.Point) orb.Point { return orb.Point{(p[0]*cos - p[1]*sin) / 3, (p[0]*sin + p[1]*cos) / 7} }
	run := func(points []orb.Point) []orb.Point {
		all := make([]orb.Point, len(points))
		for i, p := range points {
			all[i] = at(p)
		}
		return all
	}
	switch g := g.(type) {
	case orb.Point:
		return at(g)
	case orb.MultiPoint:
		return orb.MultiPoint(run(g))
	case orb.LineString:
		return orb.LineString(run(g))
	case orb.MultiLineString:
		var all orb.MultiLineString
		for _, l := range g {
			all = append(all, run(l))
		}
		return all
	case orb.Polygon:
		var all orb.Polygon
		for _, r := range g {
			all = append(all, run(r))
		}
		return all
	case orb.MultiPolygon:
		var all orb.MultiPolygon
		for _, p := range g {
			all = append(all, turned(p).(orb.Polygon))
		}
		return all
	}
	var all orb.Collection
	for _, part := range g.(orb.Collection) {
		all = append(all, turned(part))
	}
	return all
}
