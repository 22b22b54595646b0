package catalogue

import (
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/grid"
	"perigee/shared/record"
)

func TestBuckets(t *testing.T) {
	day := func(year, month, day int) time.Time {
		return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	}
	zone := time.FixedZone("", -3600)
	for _, c := range []struct {
		name       string
		start, end time.Time
		buckets    []int
	}{
		{"an instant", day(2024, 5, 1), day(2024, 5, 1), []int{2024*12 + 4}},
		{"across a year", day(2023, 12, 31), day(2024, 1, 1), []int{2023*12 + 11, 2024 * 12}},
		{"by universal time", time.Date(2024, 4, 30, 23, 30, 0, 0, zone), time.Date(2024, 4, 30, 23, 30, 0, 0, zone), []int{2024*12 + 4}},
		{"no time", time.Time{}, time.Time{}, []int{AnyTime}},
		{"open", day(2024, 5, 1), time.Time{}, []int{AnyTime}},
		{"open before", time.Time{}, day(2024, 5, 1), []int{AnyTime}},
		{"more than two years", day(2022, 5, 1), day(2024, 5, 1), []int{AnyTime}},
	} {
		if got := BucketsOf(record.Interval{Start: c.start, End: c.end}); !slices.Equal(got, c.buckets) {
			t.Errorf("%s: %v, want %v", c.name, got, c.buckets)
		}
	}
	if got := BucketsOf(record.Interval{Start: day(2022, 5, 1), End: day(2024, 4, 1)}); len(got) != 24 {
		t.Errorf("two years are %d months", len(got))
	}
}

func TestSpots(t *testing.T) {
	square := func(west, south, east, north float64) orb.Bound {
		return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}
	}
	year := record.Interval{Start: at(0), End: at(0).AddDate(1, 0, 0)}
	one := func(bounds ...orb.Bound) trace {
		return trace{id: "a", layers: []string{"l"}, drawable: true, bounds: bounds, time: record.Interval{Start: at(0), End: at(0)}}
	}
	long := one(square(0, 0, 50, 50))
	long.time = year
	for _, c := range []struct {
		name  string
		trace trace
		cells []int
	}{
		{"a border touches both sides", one(square(0, 0, 11.25, 11.25)), []int{6*32 + 15, 6*32 + 16, 6*32 + 17, 7*32 + 15, 7*32 + 16, 7*32 + 17, 8*32 + 15, 8*32 + 16, 8*32 + 17}},
		{"two parts at the date line", one(square(179, 1, 180, 2), square(-180, 1, -179, 2)), []int{7 * 32, 7*32 + 31}},
		{"the world", one(square(-180, -90, 180, 90)), []int{grid.Everywhere}},
		{"nowhere", one(), []int{grid.Everywhere}},
		{"large and long", long, []int{grid.Everywhere}},
	} {
		var cells []int
		for _, s := range c.trace.spots() {
			cells = append(cells, s.cell)
		}
		slices.Sort(cells)
		if got := slices.Compact(cells); !slices.Equal(got, c.cells) {
			t.Errorf("%s: %v, want %v", c.name, got, c.cells)
		}
	}
	if got := (trace{layers: []string{"l"}}).spots(); len(got) != 0 {
		t.Errorf("what cannot be drawn is at %v", got)
	}
}
