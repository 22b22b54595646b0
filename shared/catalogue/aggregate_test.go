package catalogue_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
)

// What is aggregated is what a search finds, counted by hand: with tallies and without, within boxes and times.
func TestAggregate(t *testing.T) {
	s := cataloguetest.Open(t)
	random := rand.New(rand.NewPCG(9, 10))
	var changes []record.Change
	for i := range 800 {
		c := item([]string{"a", "b"}[i%2], fmt.Sprint(i), noon.Add(-time.Duration(random.IntN(200*24))*time.Hour))
		c.Record.Footprint = someFootprint(random)
		c.Record.Properties = map[string]any{"eo:cloud_cover": float64(random.IntN(1000)) / 10, "platform": fmt.Sprint("p", random.IntN(15)), "instruments": []any{"x", "y"}[:random.IntN(3)]}
		switch i % 12 {
		case 0:
			c.Record.Time.End = c.Record.Time.Start.AddDate(0, 0, 1+random.IntN(60))
		case 1:
			c.Record.Time = record.Interval{}
		case 2:
			c.Record.Footprint = nil
		}
		changes = append(changes, c)
	}
	applied(t, s, writer(""), changes...)
	for range 40 {
		q := catalogue.Query{Limit: catalogue.MaxLimit}
		if random.IntN(4) > 0 {
			west, south := random.Float64()*300-180, random.Float64()*120-90
			q.Geometry = box(west, south, west+60*random.Float64(), south+60*random.Float64())
		}
		if random.IntN(2) == 0 {
			q.Collections = []string{"a"}
		}
		if random.IntN(2) == 0 {
			q.Time.Start = noon.AddDate(0, 0, -random.IntN(200))
			q.Time.End = q.Time.Start.AddDate(0, 0, random.IntN(120))
		}
		found := search(t, s, writer(""), q).Records
		for _, wanted := range [][]catalogue.Aggregation{
			{{Name: "n", Kind: catalogue.AggregateCount}, {Name: "months", Kind: catalogue.AggregateTime, Unit: "month"},
				{Name: "collections", Kind: catalogue.AggregateTerms, Property: filter.PropertyCollection}},
			{{Name: "n", Kind: catalogue.AggregateCount}, {Name: "days", Kind: catalogue.AggregateTime, Unit: "day"},
				{Name: "clouds", Kind: catalogue.AggregateNumbers, Property: "eo:cloud_cover", Width: 10},
				{Name: "platforms", Kind: catalogue.AggregateTerms, Property: "platform", Limit: 5},
				{Name: "instruments", Kind: catalogue.AggregateTerms, Property: "instruments"},
				{Name: "least", Kind: catalogue.AggregateMin, Property: "eo:cloud_cover"}},
		} {
			got, err := s.Aggregate(t.Context(), writer(""), q, wanted)
			if err != nil {
				t.Fatalf("%+v: %v", q, err)
			}
			for i, w := range wanted {
				if want := byHand(w, found); fmt.Sprint(got[i]) != fmt.Sprint(want) {
					t.Fatalf("%+v\n%s is %v\nby hand %v", q, w.Name, got[i], want)
				}
			}
		}
	}
}

func byHand(w catalogue.Aggregation, found []record.Record) catalogue.Aggregated {
	counts, least := map[string]int64{}, ""
	for _, r := range found {
		switch w.Name {
		case "months":
			if !r.Time.Start.IsZero() {
				counts[r.Time.Start.Format("2006-01")+"-01T00:00:00Z"]++
			}
		case "days":
			if !r.Time.Start.IsZero() {
				counts[r.Time.Start.Format("2006-01-02T00:00:00Z")]++
			}
		case "clouds":
			counts[fmt.Sprint(int(r.Properties["eo:cloud_cover"].(float64)/10)*10)]++
		case "platforms":
			counts[r.Properties["platform"].(string)]++
		case "collections":
			counts[r.Collection]++
		case "instruments":
			for _, v := range r.Properties["instruments"].([]any) {
				counts[v.(string)]++
			}
		case "least":
			if v := fmt.Sprint(r.Properties["eo:cloud_cover"]); least == "" || number(v) < number(least) {
				least = v
			}
		}
	}
	a := catalogue.Aggregated{Name: w.Name}
	switch w.Name {
	case "n":
		a.Value = fmt.Sprint(len(found))
		return a
	case "least":
		a.Value = least
		return a
	}
	names := slices.SortedFunc(maps.Keys(counts), func(x, y string) int {
		switch w.Name {
		case "clouds":
			return cmp.Compare(number(x), number(y))
		case "platforms", "instruments", "collections":
			return cmp.Or(cmp.Compare(counts[y], counts[x]), cmp.Compare(x, y))
		}
		return cmp.Compare(x, y)
	})
	for i, name := range names {
		if w.Limit > 0 && i >= w.Limit {
			a.Others += counts[name]
			continue
		}
		a.Buckets = append(a.Buckets, catalogue.Bucket{Key: name, Count: counts[name]})
	}
	return a
}

func number(s string) (n float64) {
	_, _ = fmt.Sscan(s, &n)
	return n
}

func TestAggregateByPlace(t *testing.T) {
	s := cataloguetest.Open(t)
	here, there := item("S2", "here", noon), item("S2", "there", noon)
	here.Record.Footprint, there.Record.Footprint = box(16, 48, 16.2, 48.2), orb.Point{-179.9, -89.9}
	applied(t, s, writer(""), here, there)
	got, err := s.Aggregate(t.Context(), writer(""), catalogue.Query{}, []catalogue.Aggregation{
		{Name: "hash", Kind: catalogue.AggregateGeohash, Precision: 3}, {Name: "tile", Kind: catalogue.AggregateGeotile, Precision: 3},
		{Name: "latest", Kind: catalogue.AggregateMax, Property: filter.PropertyDatetime}, {Name: "ids", Kind: catalogue.AggregateTerms, Property: "collection"},
	})
	if want := "[{hash  [{000 1} {u2e 1}] 0} {tile  [{3/0/7 1} {3/4/2 1}] 0} {latest 2024-05-01T12:00:00.000000Z [] 0} {ids  [{S2 2}] 0}]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("%v %v", got, err)
	}
}

// Numbers that are beyond what ranges can tell apart are in none, and fail nothing.
func TestAggregateOfHugeNumbers(t *testing.T) {
	s := cataloguetest.Open(t)
	for i, n := range []float64{1e299, -1e299, 1e-299, 7} {
		c := item("S2", fmt.Sprint(i), noon)
		c.Record.Properties = map[string]any{"n": n}
		applied(t, s, writer(""), c)
	}
	for _, width := range []float64{1e-15, 1, 1e15} {
		got, err := s.Aggregate(t.Context(), writer(""), catalogue.Query{}, []catalogue.Aggregation{{Kind: catalogue.AggregateNumbers, Property: "n", Width: width}})
		if err != nil || len(got[0].Buckets) == 0 {
			t.Errorf("%v: %v %v", width, got, err)
		}
	}
}

func TestAggregationsThatAreRefused(t *testing.T) {
	s := cataloguetest.Open(t)
	for _, a := range []catalogue.Aggregation{
		{Kind: "median"}, {Kind: catalogue.AggregateMin}, {Kind: catalogue.AggregateTerms, Property: "a\x00"},
		{Kind: catalogue.AggregateTime, Unit: "fortnight"}, {Kind: catalogue.AggregateNumbers, Property: "n"}, {Kind: catalogue.AggregateNumbers, Property: "n", Width: 1e16},
		{Kind: catalogue.AggregateGeohash, Precision: 13}, {Kind: catalogue.AggregateGeotile, Precision: 30},
	} {
		if _, err := s.Aggregate(t.Context(), writer(""), catalogue.Query{}, []catalogue.Aggregation{a}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", a, err)
		}
	}
	if _, err := s.Aggregate(t.Context(), writer(""), catalogue.Query{}, make([]catalogue.Aggregation, 21)); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "20") {
		t.Errorf("%v", err)
	}
}
