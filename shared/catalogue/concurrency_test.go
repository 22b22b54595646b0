package catalogue_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"perigee/shared/catalogue"
	"perigee/shared/record"
)

// REG-21, REG-33: four writers of the same items, each in another order, leave one record of each, and one event of each state that was
// written.
func TestConcurrentWritersOfTheSameItems(t *testing.T) {
	s, conn := opened(t)
	var changes []record.Change
	for i := range 30 {
		for version := range 3 {
			c := drawn(item("S2", fmt.Sprintf("item%d", i), noon.AddDate(0, 0, i)), "S2", "all")
			c.Record.Document, c.Source.Time = fmt.Append(nil, version), noon.Add(time.Duration(version)*time.Second)
			changes = append(changes, c)
		}
	}
	var group errgroup.Group
	for n := range 4 {
		mine, random := slices.Clone(changes), rand.New(rand.NewPCG(1, uint64(n)))
		random.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
		group.Go(func() error {
			for batch := range slices.Chunk(mine, 10) {
				results, err := s.Apply(t.Context(), writer(""), batch)
				if err != nil {
					return err
				}
				for _, r := range results {
					if r.Err != nil {
						return r.Err
					}
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	want := []string{"(30,30,30,30)"}
	if got := lines(t, conn, `select count(*), count(distinct id), count(distinct version), count(*) filter (where source_time = '2024-05-01T12:00:02Z') from perigee.record`); !slices.Equal(got, want) {
		t.Errorf("the records are %q, want %q", got, want)
	}
	if got := lines(t, conn, `select (select count(*) from perigee.document), (select count(*) from perigee.coverage), (select count(*) from perigee.asset), (select sum(items) from perigee.layer_day)`); !slices.Equal(got, []string{"(30,30,30,60)"}) {
		t.Errorf("documents, coverages, assets and items of layers are %q", got)
	}
	states := map[string]int{}
	told := map[string]time.Time{}
	for _, e := range outbox(t, s, writer("")) {
		if !e.Time.After(told[e.Subject]) {
			t.Errorf("%s is told at %v, what was written before at %v", e.ID, e.Time, told[e.Subject])
		}
		told[e.Subject] = e.Time
		states[e.Subject+" "+strings.Split(e.ID, "/")[3]]++
	}
	for state, events := range states {
		if events != 1 {
			t.Errorf("%s has %d events", state, events)
		}
	}
	if len(states) < 30 || len(states) > 90 {
		t.Errorf("%d states were told", len(states))
	}
}

// Who reads revisions again and again, each time since the latest that was seen, misses none: their order is the order
// of commits.
func TestRevisionOrderIsCommitOrder(t *testing.T) {
	s, _ := opened(t)
	var writers errgroup.Group
	for n := range 4 {
		writers.Go(func() error {
			for i := range 25 {
				c := drawn(item("S2", fmt.Sprintf("item%d-%d", n, i), noon.AddDate(0, i%3, 0)), "S2", fmt.Sprintf("layer%d", (n+i)%3))
				c.Record.Footprint = box(float64(i*5), 10, float64(i*5+3), 12)
				if _, err := s.Apply(t.Context(), writer("w"), []record.Change{c}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	type place struct {
		layer        string
		cell, bucket int
	}
	seen, done := map[place]int64{}, make(chan error, 1)
	go func() { done <- writers.Wait() }()
	var since int64
	read := func() {
		changed, latest, err := s.Revisions(t.Context(), writer("w"), since)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range changed {
			if r.Revision <= since || r.Revision > latest || r.Workspace != "w" {
				t.Errorf("%+v between %d and %d", r, since, latest)
			}
			seen[place{r.Layer, r.Cell, r.Bucket}] = r.Revision
		}
		since = latest
	}
	for working := true; working; read() {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			working = false
		default:
		}
	}
	all, latest, err := s.Revisions(t.Context(), writer("w"), 0)
	if err != nil || latest != 100 || len(all) != len(seen) {
		t.Fatalf("%d places, %d seen, latest %d, %v", len(all), len(seen), latest, err)
	}
	for _, r := range all {
		if seen[place{r.Layer, r.Cell, r.Bucket}] != r.Revision {
			t.Errorf("%+v was seen as %d", r, seen[place{r.Layer, r.Cell, r.Bucket}])
		}
	}
}

// Two writers that exchange what they write, again and again, never wait for each other in a circle.
func TestWritersDoNotLockEachOtherOut(t *testing.T) {
	s, _ := opened(t)
	var group errgroup.Group
	for n := range 4 {
		group.Go(func() error {
			for i := range 20 {
				a := drawn(item("S2", fmt.Sprint((n+i)%4), noon), "S2")
				b := drawn(item("S2", fmt.Sprint((n+i+1)%4), noon), "S2")
				a.Source.Href, b.Source.Href = fmt.Sprintf("s3://x/%d", (n*7+i)%5), fmt.Sprintf("s3://x/%d", (n+i*3+1)%5)
				a.Source.Time, b.Source.Time = time.Time{}, time.Time{}
				a.Record.Document, b.Record.Document = fmt.Append(nil, n, i), fmt.Append(nil, n, i)
				if _, err := s.Apply(t.Context(), writer(""), []record.Change{a, b}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if page := search(t, s, writer(""), catalogue.Query{}); len(page.Records) == 0 || len(page.Records) > 4 {
		t.Errorf("%d records", len(page.Records))
	}
}
