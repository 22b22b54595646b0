package filter_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/filter/filtertest"
	"perigee/shared/record"
)

// Whatever tree there is, it is compiled or refused by a message, in memory as for the database, and a condition and its
// contrary do not both hold.
func FuzzCompile(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		seed := make([]byte, random.IntN(120))
		for i := range seed {
			seed[i] = byte(random.Uint32())
		}
		f.Add(seed)
	}
	f.Add(bytes.Repeat([]byte{0}, 200))
	f.Add(bytes.Repeat([]byte{14, 0}, 200))
	types := filter.TypeMap{"n": filter.TypeNumber, "eo:cloud_cover": filter.TypeTimestamp}
	records := []record.Record{{}, {
		Key: record.Key{ID: "a", Collection: "c"}, Title: "Straße", Keywords: []string{"a", "ß"}, Footprint: filter.Box(170, -10, -170, 10),
		Time:       record.Interval{Start: time.Date(2020, 2, 29, 0, 0, 0, 0, time.UTC)},
		Properties: map[string]any{"n": 1e299, "eo:cloud_cover": "2020-02-29", `with 'quotes" and \ $1`: []any{1.0, "a", nil}},
	}}
	f.Fuzz(func(t *testing.T, data []byte) {
		e := filtertest.Tree(data)
		for _, types := range []filter.Types{nil, types} {
			c := filter.NewCompiler(filter.Columns{Functions: "f", Types: types})
			sql, err := c.Compile(e)
			p, unprepared := filter.Prepare(e, types)
			if (err == nil) != (unprepared == nil) {
				t.Fatalf("%#v is compiled: %v; prepared: %v", e, err, unprepared)
			}
			if err != nil {
				if fault.KindOf(err) != fault.Invalid || err.Error() == "" {
					t.Fatalf("%#v is refused by %v", e, err)
				}
				continue
			}
			if strings.ContainsRune(sql, 0) || strings.Contains(sql, "or true --") {
				t.Fatalf("a value is part of %s", sql)
			}
			contrary, err := filter.Prepare(filter.Not{Expr: e}, types)
			for _, rec := range records {
				if p.Holds(rec) && err == nil && contrary.Holds(rec) {
					t.Fatalf("%#v holds, and so does its contrary", e)
				}
			}
		}
	})
}
