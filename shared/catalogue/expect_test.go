package catalogue_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/record"
)

// saying is a change by somebody's word: a document that came by itself, under a condition.
func saying(collection, id, content string, w record.Condition) record.Change {
	c := item(collection, id, noon)
	c.Record.Document = []byte(content)
	c.Source = record.Source{Time: noon}
	c.If = &w
	return c
}

func unsaying(collection, id string, w record.Condition) record.Change {
	return record.Change{Delete: true, Record: record.Record{Key: record.Key{Collection: collection, ID: id}, Type: record.TypeItem}, Source: record.Source{Time: noon}, If: &w}
}

func describing(id string, w record.Condition) record.Change {
	c := saying("", id, "{}", w)
	c.Record.Type = record.TypeCollection
	return c
}

// RC-11: a change with a condition is written when it holds, and changes nothing when it does not.
func TestConditions(t *testing.T) {
	s := cataloguetest.Open(t)
	versions := map[string]string{}
	modified := time.Time{}
	absent, present := record.Condition{Absent: true}, record.Condition{Present: true}
	of := func(names ...string) record.Condition {
		var w record.Condition
		for _, n := range names {
			w.Versions = append(w.Versions, versions[n])
		}
		return w
	}
	for i, step := range []struct {
		make    func() record.Change
		outcome record.Outcome
		kind    fault.Kind
		keep    string
	}{
		{make: func() record.Change { return saying("S2", "a", "1", present) }, kind: fault.NotFound},
		{make: func() record.Change { return unsaying("S2", "a", present) }, kind: fault.NotFound},
		{make: func() record.Change { return saying("S2", "a", "1", record.Condition{Versions: []string{"x"}}) }, kind: fault.Outdated},
		{make: func() record.Change {
			return saying("S2", "a", "1", record.Condition{Present: true, Versions: []string{"x"}})
		}, kind: fault.NotFound},
		{make: func() record.Change { return saying("S2", "a", "1", absent) }, outcome: record.Created, keep: "first"},
		{make: func() record.Change { return saying("S2", "a", "2", absent) }, kind: fault.Conflict},
		{make: func() record.Change { return saying("S2", "a", "1", absent) }, kind: fault.Conflict},
		{make: func() record.Change { return saying("S2", "a", "1", present) }, outcome: record.Unchanged, keep: "first"},
		{make: func() record.Change { return saying("S2", "a", "2", of("first")) }, outcome: record.Replaced, keep: "second"},
		{make: func() record.Change { return saying("S2", "a", "3", of("first")) }, kind: fault.Outdated},
		{make: func() record.Change { return unsaying("S2", "a", of("first")) }, kind: fault.Outdated},
		{make: func() record.Change { return saying("S2", "a", "3", of("first", "second")) }, outcome: record.Replaced, keep: "third"},
		{make: func() record.Change {
			return saying("S2", "a", "4", record.Condition{Unmodified: modified.Add(-time.Second)})
		}, kind: fault.Outdated},
		{make: func() record.Change { return saying("S2", "a", "4", record.Condition{Unmodified: modified}) }, outcome: record.Replaced, keep: "fourth"},
		{make: func() record.Change { return unsaying("S2", "a", of("fourth")) }, outcome: record.Deleted},
		{make: func() record.Change { return unsaying("S2", "a", present) }, kind: fault.NotFound},
		{make: func() record.Change { return saying("S2", "a", "1", absent) }, outcome: record.Created, keep: "again"},
	} {
		before := len(outbox(t, s, writer("")))
		got := apply(t, s, writer(""), step.make())[0]
		if got.Outcome != step.outcome || (got.Err == nil) != (step.outcome != "") || got.Err != nil && fault.KindOf(got.Err) != step.kind {
			t.Fatalf("step %d: %q, %v; want %q, %v", i, got.Outcome, got.Err, step.outcome, step.kind)
		}
		if got.Err != nil && len(outbox(t, s, writer(""))) != before {
			t.Errorf("step %d: a refused change changed something", i)
		}
		if step.keep == "" {
			continue
		}
		found, err := s.Record(t.Context(), writer(""), record.TypeItem, "S2", "a")
		if err != nil || got.Version != found.Version || got.Version == "" {
			t.Fatalf("step %d: version %q, the record has %q, %v", i, got.Version, found.Version, err)
		}
		versions[step.keep], modified = got.Version, found.Modified.Truncate(time.Second)
	}
	if versions["again"] != versions["first"] {
		t.Error("the same content has another version")
	}
}

// A change by somebody's word counts, whatever the clocks of the machines say that the states before it come from; and a
// late word of a document does not bring back what it replaced.
func TestAWordCountsBehindWhatItSpeaksOf(t *testing.T) {
	s := cataloguetest.Open(t)
	ahead := item("S2", "a", noon)
	ahead.Source.Time = time.Now().Add(time.Hour)
	applied(t, s, writer(""), ahead)
	if got := applied(t, s, writer(""), saying("S2", "a", "mine", record.Condition{Present: true})); got[0] != record.Replaced {
		t.Fatalf("a word is %q", got[0])
	}
	if got := applied(t, s, writer(""), ahead); got[0] != record.Stale {
		t.Errorf("the document that was replaced is %q", got[0])
	}
	if got := applied(t, s, writer(""), unsaying("S2", "a", record.Condition{Present: true})); got[0] != record.Deleted {
		t.Errorf("the deletion is %q", got[0])
	}
	if got := applied(t, s, writer(""), saying("S2", "a", "mine", record.Condition{Absent: true})); got[0] != record.Created {
		t.Errorf("created again, it is %q", got[0])
	}
	events := outbox(t, s, writer(""))
	ids := map[string]bool{}
	for _, e := range events {
		ids[e.ID] = true
	}
	if len(ids) != 4 {
		t.Errorf("there are %d different events: %+v", len(ids), events)
	}
}

// Within a batch each change finds what those before it left.
func TestConditionsWithinABatch(t *testing.T) {
	s := cataloguetest.Open(t)
	absent, present, collected := record.Condition{Absent: true}, record.Condition{Present: true}, record.Condition{Absent: true, Collected: true}
	results := apply(t, s, writer(""),
		saying("S2", "a", "1", collected), describing("S2", absent), saying("S2", "a", "1", collected), saying("S2", "a", "2", absent),
		saying("S2", "b", "1", absent), saying("S2", "b", "2", present), unsaying("S2", "c", present))
	var got []string
	for _, r := range results {
		said := string(r.Outcome)
		if r.Err != nil {
			said = fault.KindOf(r.Err).String()
		}
		got = append(got, said)
	}
	want := []string{"not found", "created", "created", "conflict", "stale", "created", "not found"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if results[4].Version != "" || results[5].Version == "" {
		t.Errorf("versions %q, %q", results[4].Version, results[5].Version)
	}
}

// A collection is deleted when nothing is in it, and something is put into one that is there.
func TestCollectionsThatConditionsSpeakOf(t *testing.T) {
	s := cataloguetest.Open(t)
	collected, empty := record.Condition{Absent: true, Collected: true}, record.Condition{Present: true, Empty: true}
	gone := func() record.Change {
		c := unsaying("", "S2", empty)
		c.Record.Type = record.TypeCollection
		return c
	}
	fails := func(c record.Change, kind fault.Kind, locator string) {
		t.Helper()
		if got := apply(t, s, writer(""), c)[0]; got.Err == nil || fault.KindOf(got.Err) != kind || fault.LocatorOf(got.Err) != locator {
			t.Errorf("%q, %v; want %v", got.Outcome, got.Err, kind)
		}
	}
	fails(saying("S2", "a", "1", collected), fault.NotFound, "collection")
	fails(gone(), fault.NotFound, "id")
	applied(t, s, writer(""), describing("S2", record.Condition{Absent: true}))
	applied(t, s, writer(""), saying("S2", "a", "1", collected))
	fails(gone(), fault.Conflict, "id")
	if got := apply(t, s, writer("w"), saying("S2", "a", "1", collected))[0]; fault.KindOf(got.Err) != fault.NotFound {
		t.Errorf("the collection of another workspace: %q, %v", got.Outcome, got.Err)
	}
	applied(t, s, writer(""), unsaying("S2", "a", record.Condition{Present: true}))
	if got := applied(t, s, writer(""), gone()); got[0] != record.Deleted {
		t.Errorf("an empty collection is %q", got[0])
	}
	fails(describing("S2", record.Condition{Collected: true}), fault.NotFound, "collection")
	applied(t, s, writer(""), item("S2", "b", noon)) // which needs no collection
	fails(gone(), fault.Conflict, "id")
	applied(t, s, writer(""), describing("S2", record.Condition{Collected: true})) // which its item names
	applied(t, s, writer(""), saying("S2", "c", "1", collected))
}

// Of many that know the same version exactly one writes: two clients with the same ETag, on two instances.
func TestOneOfManyWins(t *testing.T) {
	url := cataloguetest.URL(t)
	var stores []*catalogue.Store
	for range 2 {
		s, err := catalogue.Open(t.Context(), catalogue.Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		stores = append(stores, s)
	}
	version := apply(t, stores[0], writer(""), saying("S2", "a", "0", record.Condition{Absent: true}))[0].Version
	for round := range 5 {
		var won, lost atomic.Int32
		var next atomic.Value
		race(t, 8, func(n int) error {
			content := fmt.Sprintf("%d by %d", round, n)
			results, err := stores[n%2].Apply(t.Context(), writer(""), []record.Change{saying("S2", "a", content, record.Condition{Versions: []string{version}})})
			switch {
			case err != nil:
				return err
			case fault.KindOf(results[0].Err) == fault.Outdated && results[0].Err != nil:
				lost.Add(1)
			case results[0].Outcome == record.Replaced:
				won.Add(1)
				next.Store(results[0].Version)
			default:
				return fmt.Errorf("%q, %w", results[0].Outcome, results[0].Err)
			}
			return nil
		})
		if won.Load() != 1 || lost.Load() != 7 {
			t.Fatalf("%d won, %d lost", won.Load(), lost.Load())
		}
		version = next.Load().(string)
	}
	var created atomic.Int32
	race(t, 8, func(n int) error {
		results, err := stores[n%2].Apply(t.Context(), writer(""), []record.Change{saying("S2", "b", fmt.Sprint(n), record.Condition{Absent: true})})
		if err == nil && results[0].Outcome == record.Created {
			created.Add(1)
		}
		return err
	})
	if created.Load() != 1 {
		t.Errorf("%d created the same item", created.Load())
	}
}

// A collection that goes and an item that comes into it: both at once cannot be.
func TestAnItemNeverComesIntoACollectionThatGoes(t *testing.T) {
	s := cataloguetest.Open(t)
	for round := range 10 {
		id := fmt.Sprint("C", round)
		applied(t, s, writer(""), describing(id, record.Condition{Absent: true}))
		var outcomes [2]record.Applied
		race(t, 2, func(n int) error {
			c := saying(id, "a", "1", record.Condition{Absent: true, Collected: true})
			if n == 1 {
				c = unsaying("", id, record.Condition{Present: true, Empty: true})
				c.Record.Type = record.TypeCollection
			}
			results, err := s.Apply(t.Context(), writer(""), []record.Change{c})
			if err == nil {
				outcomes[n] = results[0]
			}
			return err
		})
		put, gone := outcomes[0], outcomes[1]
		if (put.Outcome == record.Created) == (gone.Outcome == record.Deleted) {
			t.Errorf("the item is %q (%v), the collection %q (%v)", put.Outcome, put.Err, gone.Outcome, gone.Err)
		}
	}
}

// Batches that add to collections and delete them do not wait for each other in a circle.
func TestConditionsDoNotDeadlock(t *testing.T) {
	s := cataloguetest.Open(t)
	race(t, 4, func(n int) error {
		for round := range 10 {
			var changes []record.Change
			for i := range 6 {
				id := fmt.Sprint("C", (i*(n+1)+round)%7)
				gone := unsaying("", id, record.Condition{Empty: true})
				gone.Record.Type = record.TypeCollection
				changes = append(changes, saying(id, fmt.Sprint(n, "-", i), "1", record.Condition{Collected: true}), gone, describing(id, record.Condition{}))
			}
			if _, err := s.Apply(t.Context(), writer(""), changes); err != nil {
				return err
			}
		}
		return nil
	})
}

// race lets n do something at once.
func race(t *testing.T, n int, do func(n int) error) {
	t.Helper()
	start := make(chan struct{})
	var group errgroup.Group
	for i := range n {
		group.Go(func() error {
			<-start
			return do(i)
		})
	}
	close(start)
	if err := group.Wait(); err != nil {
		t.Fatal(strings.TrimSpace(err.Error()))
	}
}
