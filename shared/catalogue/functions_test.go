package catalogue_test

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/filter/filtertest"
	"perigee/shared/geo"
	"perigee/shared/record"
)

// Every character, by itself and between others, is folded alike by the database and in memory: all characters that are one
// when case, or accents, do not count. Characters of a newer Unicode than Go's, as Debian 13 has it, are not known in memory.
func TestCharactersAreFoldedAlike(t *testing.T) {
	_, conn := opened(t)
	for _, c := range []struct {
		fold string
		wrap func(filter.Operand) filter.Operand
	}{
		{"perigee.fold_case(c)", func(o filter.Operand) filter.Operand { return filter.CaseI{Operand: o} }},
		{"perigee.without_accents(c)", func(o filter.Operand) filter.Operand { return filter.AccentI{Operand: o} }},
		{"perigee.fold_case(perigee.without_accents(c))", func(o filter.Operand) filter.Operand { return filter.CaseI{Operand: filter.AccentI{Operand: o}} }},
	} {
		rows, err := conn.Query(t.Context(), "select c, f from (select c, "+c.fold+` collate "C" f from (
			select 'a' || chr(n) || 'b' c from generate_series(1, 195000) n where n not between 55296 and 57343) all_) folded where f <> c`)
		if err != nil {
			t.Fatal(err)
		}
		pairs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Text, Folded string }])
		if err != nil || len(pairs) < 900 {
			t.Fatalf("%d characters: %v", len(pairs), err)
		}
		wrong := 0
		for _, p := range pairs {
			if strings.ContainsFunc(p.Text, func(r rune) bool { return unicode.Is(unicode.Cn, r) }) {
				continue
			}
			rec := record.Record{Properties: map[string]any{"text": p.Text, "folded": p.Folded}}
			e := filter.Compare{Op: filter.Equal, Left: c.wrap(filter.Function{Name: "trim", Args: []filter.Operand{filter.Property("text")}}), Right: filter.Function{Name: "trim", Args: []filter.Operand{filter.Property("folded")}}}
			if !filter.Holds(e, rec) {
				if wrong++; wrong < 10 {
					t.Errorf("%s: %q is %q in the database, something else in memory", c.fold, p.Text, p.Folded)
				}
			}
		}
		if wrong > 0 {
			t.Errorf("%s: %d of %d differ", c.fold, wrong, len(pairs))
		}
	}
}

// Arithmetic of any two numbers never fails, and gives the same in the database as in memory: powers to the last digits,
// everything else exactly.
func TestArithmeticIsTheSame(t *testing.T) {
	_, conn := opened(t)
	random := rand.New(rand.NewPCG(7, 8))
	size := func() float64 {
		n := math.Pow(10, random.Float64()*598-299) * (random.Float64() + 0.5)
		if random.IntN(2) == 0 {
			n = float64(random.IntN(2000)-1000) / float64(1+random.IntN(8))
		}
		if random.IntN(8) == 0 {
			n = pick(random, []float64{0, 1, -1, 2, 9.9e299, -9.9e299, 1.1e-300, 9007199254740993, 0.1})
		}
		return n
	}
	for function, op := range map[string]filter.ArithmeticOp{"add": filter.Add, "subtract": filter.Subtract, "multiply": filter.Multiply,
		"divide": filter.Divide, "div": filter.Div, "modulo": filter.Modulo, "power": filter.Power} {
		var as, bs []float64
		for range 3000 {
			as, bs = append(as, size()), append(bs, size())
		}
		rows, err := conn.Query(t.Context(), "select a, b, perigee."+function+"(a, b) from unnest($1::float8[], $2::float8[]) of(a, b)", as, bs)
		if err != nil {
			t.Fatal(err)
		}
		results, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
			A, B   float64
			Result *float64
		}])
		if err != nil {
			t.Fatalf("%s: %v", function, err)
		}
		for _, r := range results {
			rec := record.Record{Properties: map[string]any{"a": r.A, "b": r.B}}
			value := filter.Arithmetic{Op: op, Left: filter.Property("a"), Right: filter.Property("b")}
			if r.Result == nil {
				if !filter.Holds(filter.IsNull{Operand: value}, rec) {
					t.Errorf("%g %s %g is null in the database only", r.A, op, r.B)
				}
				continue
			}
			low, high := *r.Result, *r.Result
			if op == filter.Power {
				slack := math.Abs(low) * 1e-12
				low, high = low-slack, high+slack
			}
			rec.Properties["low"], rec.Properties["high"] = low, high
			if !filter.Holds(filter.Between{Operand: value, Low: filter.Property("low"), High: filter.Property("high")}, rec) && math.Abs(high) < 1e299 {
				t.Errorf("%g %s %g is %g in the database only", r.A, op, r.B, *r.Result)
			}
		}
	}
}

// Distances are the same in memory as in the database to a ten thousandth, across the date line, over the poles and
// between geometries of every kind; none fails.
func TestDistancesAreTheSame(t *testing.T) {
	_, conn := opened(t)
	random := rand.New(rand.NewPCG(9, 10))
	var left, right []orb.Geometry
	somewhere := func() orb.Geometry {
		w, s := random.Float64()*358-180, random.Float64()*178-90
		return pick(random, []orb.Geometry{orb.Point{w, s}, box(w, s, w+random.Float64()*2, s+random.Float64()*2), orb.LineString{{w, s}, {w + 1, s + 2}},
			filter.Box(170, -10, -170, 10), orb.LineString{{-180, -90}, {-180, 90}}, orb.Point{0, 90}, orb.MultiPoint{{w, s}, {-w, -s}}})
	}
	for range 2000 {
		left, right = append(left, somewhere()), append(right, somewhere())
	}
	rows, err := conn.Query(t.Context(), `select i, perigee.distance(ST_GeomFromEWKB(l), ST_GeomFromEWKB(r))
		from unnest($1::bytea[], $2::bytea[]) with ordinality as of(l, r, i)`, encodedAll(t, left), encodedAll(t, right))
	if err != nil {
		t.Fatal(err)
	}
	results, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
		N      int
		Metres float64
	}])
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		a, b := left[r.N-1], right[r.N-1]
		if got := geo.Distance(a, b); math.Abs(got-r.Metres) > 1e-4*r.Metres+0.01 {
			t.Errorf("%v and %v are %f m apart in memory, %f in the database", a, b, got, r.Metres)
		}
	}
}

// Areas are the same in memory as in the database, of the smallest and of the whole globe, with holes, from pole to pole;
// none fails. They are those of the ellipsoid.
func TestAreasAreTheSame(t *testing.T) {
	_, conn := opened(t)
	random := rand.New(rand.NewPCG(11, 12))
	known := map[int]float64{0: 510_065_621_724_088.5, 1: 510_065_621_724_088.5 / 8, 2: 12308463893.97633, 3: 0}
	all := []orb.Geometry{box(-180, -90, 180, 90), box(0, 0, 90, 90), box(0, 0, 1, 1), box(0, 0, 5e-324, 5e-324)}
	for range 1000 {
		w, s, size := random.Float64()*340-170, random.Float64()*170-90, math.Pow(10, -random.Float64()*5)
		hole := box(w, s, w+size, s+size)
		all = append(all, pick(random, []orb.Geometry{orb.Point{w, s}, hole, orb.LineString{{w, s}, {w + 1, s + 2}}, filter.Box(170, -10, -170, 10),
			orb.Polygon{{{w, s}, {w + size, s + 3*size/2}, {w - size, s + size}, {w, s}}}, append(box(w-1, s-1, w+2, s+2), hole[0]),
			orb.Collection{hole, orb.Point{w, s}, hole}, orb.MultiPolygon{hole, box(w, s+2*size, w+size, s+3*size)}}))
	}
	rows, err := conn.Query(t.Context(), "select perigee.area(ST_GeomFromEWKB(g)) from unnest($1::bytea[]) with ordinality as of(g, i) order by i", encodedAll(t, all))
	if err != nil {
		t.Fatal(err)
	}
	results, err := pgx.CollectRows(rows, pgx.RowTo[float64])
	if err != nil {
		t.Fatal(err)
	}
	for i, metres := range results {
		if got := geo.Area(all[i]); math.Abs(got-metres) > 1e-9*metres+0.1 {
			t.Errorf("%v has %g m² in memory, %g in the database", all[i], got, metres)
		}
		if want, ok := known[i]; ok && math.Abs(metres-want) > 1e-6*want+0.01 {
			t.Errorf("%v has %f m², want %f", all[i], metres, want)
		}
	}
	var null *float64
	if err := conn.QueryRow(t.Context(), "select perigee.area(null)").Scan(&null); err != nil || null != nil {
		t.Errorf("%v %v", null, err)
	}
}

// Whatever tree there is, the database never fails: it answers, or the tree is refused before.
func TestNoTreeFailsTheDatabase(t *testing.T) {
	s := cataloguetest.Open(t)
	var changes []record.Change
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 60 {
		changes = append(changes, anyRecord(i, random))
	}
	applied(t, s, writer(""), changes...)
	answered := 0
	rapid.Check(t, func(r *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(r, "data")
		answered += answers(r, s, filtertest.Tree(data))
	})
	if answered == 0 {
		t.Error("no tree was answered")
	}
}

// answers asks, and tells whether there was an answer; a failure that is no refusal is wrong.
func answers(t interface{ Fatalf(string, ...any) }, s *catalogue.Store, e filter.Expr) int {
	_, err := s.Search(context.Background(), writer(""), catalogue.Query{Filter: e, Limit: 3, Count: true})
	switch {
	case err == nil:
		return 1
	case fault.KindOf(err) != fault.Invalid || strings.Contains(err.Error(), "SQLSTATE"):
		t.Fatalf("%#v: %v", e, err)
	}
	return 0
}

// FuzzSearch asks the database trees of all kinds.
func FuzzSearch(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 3))
	for range 100 {
		seed := make([]byte, random.IntN(200))
		for i := range seed {
			seed[i] = byte(random.Uint32())
		}
		f.Add(seed)
	}
	s := cataloguetest.Open(f)
	f.Fuzz(func(t *testing.T, data []byte) { answers(t, s, filtertest.Tree(data)) })
}
