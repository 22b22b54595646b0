package catalogue_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/record"
)

// What a page begins at is written as the database reads it: the value comes back the same, of whatever year.
func TestKeysReadBack(t *testing.T) {
	_, conn := opened(t)
	random := rand.New(rand.NewPCG(3, 4))
	micros := []int64{0, -1, 1, math.MaxInt64, math.MinInt64, -63_113_904_000_000_000, -90_000_000_000_000_000, 300_000_000_000_000_000}
	for range 200 {
		micros = append(micros, random.Int64N(1<<57)-1<<56)
	}
	for _, m := range micros {
		var same bool
		text, since := catalogue.TimestampText(m), strconv.FormatInt(m, 10)
		err := conn.QueryRow(t.Context(), `select case when isfinite(v) then (extract(epoch from v) - 946684800) * 1000000 = $2::text::numeric
			else v::text = case when $2::text::numeric < 0 then '-infinity' else 'infinity' end end from (select $1::text::timestamptz v) given`, text, since).Scan(&same)
		if err != nil || !same {
			t.Errorf("%d µs from 2000 on is written as %q: %v", m, text, err)
		}
	}
	for _, v := range []float64{0, -1.5, 1e300, 5e-324, 0.1, 123456789.123456789, math.Inf(1), math.Inf(-1)} {
		var back float64
		if err := conn.QueryRow(t.Context(), "select $1::text::float8", catalogue.FloatText(v)).Scan(&back); err != nil || back != v {
			t.Errorf("%g is written as %q: %v", v, catalogue.FloatText(v), err)
		}
	}
}

// A process that has seen no record that lasts finds the first one there is.
func TestFirstRecordThatLasts(t *testing.T) {
	url := cataloguetest.URL(t)
	var stores [2]*catalogue.Store
	for i := range stores {
		store, err := catalogue.Open(t.Context(), catalogue.Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(store.Close)
		stores[i] = store
	}
	long := item("S2", "long", noon.AddDate(0, -3, 0))
	long.Record.Time.End = noon.AddDate(1, 0, 0)
	asked := catalogue.Query{Time: record.Interval{Start: noon, End: noon.Add(time.Hour)}, Sort: []catalogue.Sort{{Property: "id"}}}
	if found := search(t, stores[0], writer(""), asked).Records; len(found) != 0 {
		t.Fatal(keys(found))
	}
	applied(t, stores[1], writer(""), long)
	for range 2 {
		if found := search(t, stores[0], writer(""), asked).Records; len(found) != 1 {
			t.Error(keys(found))
		}
	}
}

// A connection of its own is limited once, for all of its session; what leads through a pooler is not taken for one.
func TestConnectionsOfTheirOwn(t *testing.T) {
	url := cataloguetest.URL(t)
	through, _ := pooled(t, url, 1)
	for address, want := range map[string]string{url: "7s", through: "0"} {
		store, err := catalogue.Open(t.Context(), catalogue.Config{URL: address, MaxConns: 1, StatementTimeout: 7 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(store.Close)
		search(t, store, writer(""), catalogue.Query{})
		if got, err := store.Setting(t.Context(), "statement_timeout"); err != nil || got != want {
			t.Errorf("the timeout of the session is %q, not %q: %v", got, want, err)
		}
		if got, err := store.Setting(t.Context(), "plan_cache_mode"); err != nil || got == "force_generic_plan" { // it is of one question only
			t.Errorf("plans are kept by %q: %v", got, err)
		}
	}
}
