package catalogue_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"

	"perigee/shared/filter"
	"perigee/shared/geo"
)

// The relations of geometries are decided in memory as GEOS decides them: on a coarse grid, where all ways of touching
// happen, on the same grid turned and stretched, where no coordinate is round, and between countries. The database has shortcuts for ST_Intersects that round: where
// the distance is less than the last digits nothing is asked.
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
	count, holding := 0, 0
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
			if got := r.holds(a, b); got != want[n] && !(r.op == filter.SIntersects && distance < 1e-12) {
				t.Errorf("%s of %v and %v is %v in memory", r.op, a, b, got)
			}
		}
	}
	if err := rows.Err(); err != nil || count < 2500 || holding < 500 {
		t.Errorf("%d pairs, %d relations that hold: %v", count, holding, err)
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
