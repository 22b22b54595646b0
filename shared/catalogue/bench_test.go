package catalogue_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/filter"
	"perigee/shared/record"
)

// BenchmarkApply writes batches of new items, and of the same items again, which is what a redelivery costs.
func BenchmarkApply(b *testing.B) {
	for _, size := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("new %d", size), func(b *testing.B) {
			s, random, n := cataloguetest.Open(b), rand.New(rand.NewPCG(1, 2)), 0
			for b.Loop() {
				b.StopTimer()
				batch := scenes(&n, size, random)
				b.StartTimer()
				applied(b, s, writer(""), batch...)
			}
		})
		b.Run(fmt.Sprintf("again %d", size), func(b *testing.B) {
			s, random, n := cataloguetest.Open(b), rand.New(rand.NewPCG(1, 2)), 0
			batch := scenes(&n, size, random)
			for b.Loop() {
				applied(b, s, writer(""), batch...)
			}
		})
	}
}

func scenes(n *int, size int, random *rand.Rand) []record.Change {
	batch := make([]record.Change, size)
	for i := range batch {
		batch[i] = scene(*n, random)
		*n++
	}
	return batch
}

// BenchmarkSearch asks a catalogue of 100 000 items.
func BenchmarkSearch(b *testing.B) {
	url := cataloguetest.URL(b)
	s := filled(b, url, 100_000)
	month := record.Interval{Start: time.Date(2022, 3, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2022, 3, 31, 0, 0, 0, 0, time.UTC)}
	for _, c := range searches(month) {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				search(b, s, writer(""), c.query)
			}
		})
	}
	b.Run("record by id", func(b *testing.B) {
		found := search(b, s, writer(""), catalogue.Query{Limit: 1, Offset: 500}).Records[0]
		for b.Loop() {
			if _, err := s.Record(b.Context(), writer(""), record.TypeItem, found.Collection, found.ID); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, q := range map[string]catalogue.ProductQuery{
		"products of a tile":      {Layer: "S2L2A", Geometry: box(10, 45, 11, 46), Limit: 20},
		"products of the world":   {Layer: "S2L2A", Geometry: box(-180, -90, 180, 90), Limit: 20},
		"products of a day":       {Layer: "S2L2A", Geometry: box(-20, 0, 40, 60), Time: record.Interval{Start: month.Start, End: month.Start.Add(24 * time.Hour)}},
		"products without a hit":  {Layer: "nothing", Geometry: box(10, 45, 11, 46), Limit: 20},
		"product by its id alone": {ID: "S2A_MSIL2A_20200101T100000_N0500_R000_T33UXP_000000"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Products(b.Context(), writer(""), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("extents", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Extents(b.Context(), writer("")); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("revisions, nothing new", func(b *testing.B) {
		_, latest, err := s.Revisions(b.Context(), writer(""), 0)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, _, err := s.Revisions(b.Context(), writer(""), latest); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// asked is a query that the catalogue is measured by.
type asked struct {
	name  string
	query catalogue.Query
}

func searches(month record.Interval) []asked {
	items := []string{record.TypeItem}
	return []asked{
		{"newest", catalogue.Query{Types: items, Documents: true}},
		{"newest of a collection", catalogue.Query{Types: items, Collections: []string{"S2MSI1A"}, Documents: true}},
		{"box", catalogue.Query{Types: items, Geometry: box(10, 45, 12, 47), Documents: true}},
		{"month", catalogue.Query{Types: items, Time: month, Documents: true}},
		{"box and month", catalogue.Query{Types: items, Geometry: box(0, 40, 20, 50), Time: month, Documents: true}},
		{"large box and month", catalogue.Query{Types: items, Geometry: box(-90, -60, 90, 60), Time: month, Documents: true}},
		{"words", catalogue.Query{Types: items, Text: "t33uxp 000777", Documents: true}},
		{"substring", catalogue.Query{Filter: filter.AnyText{Pattern: "%_009999%"}, Documents: true}},
		{"cloud cover", catalogue.Query{Types: items, Filter: filter.Compare{Op: filter.Less, Left: filter.Property("eo:cloud_cover"), Right: filter.Number(5)}, Documents: true}},
		{"count of a box", catalogue.Query{Types: items, Geometry: box(-10, 30, 40, 60), Count: true, Limit: -1}},
		{"count of all", catalogue.Query{Types: items, Count: true, Limit: -1}},
		{"page at offset 5000", catalogue.Query{Types: items, Offset: 5000, Documents: true}},
		{"100 of a box", catalogue.Query{Types: items, Geometry: box(-10, 30, 40, 60), Limit: 100, Documents: true}},
	}
}

// filled is a catalogue with that many items, as the planner of the database likes it.
func filled(b *testing.B, url string, size int) *catalogue.Store {
	s, err := catalogue.Open(b.Context(), catalogue.Config{URL: url})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	began, random := time.Now(), rand.New(rand.NewPCG(1, 2))
	for n := 0; n < size; {
		applied(b, s, writer(""), scenes(&n, 500, random)...)
	}
	conn, err := pgx.Connect(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(b.Context(), "vacuum analyze"); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d items in %v", size, time.Since(began).Round(time.Second))
	return s
}
