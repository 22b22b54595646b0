package catalogue

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"perigee/shared/fault"
	"perigee/shared/record"
)

// world is a catalogue without a database: what lasts from one batch to the next.
type world struct {
	records map[record.Key]held
	sources map[string]source
	tombs   map[record.Key]time.Time
}

func newWorld() *world {
	return &world{map[record.Key]held{}, map[string]source{}, map[record.Key]time.Time{}}
}

func (w *world) apply(changes ...record.Change) []record.Applied {
	results := make([]record.Applied, len(changes))
	b := newBatch(results)
	for key, h := range w.records {
		b.keep(key, h)
	}
	b.sources, b.tombs = maps.Clone(w.sources), maps.Clone(w.tombs)
	b.decide(prepareChanges("", changes, results))
	w.records = map[record.Key]held{}
	for key, h := range b.current {
		kept := *h
		kept.by, kept.pk = nil, 1
		w.records[key] = kept
	}
	w.sources, w.tombs = b.sources, b.tombs
	return results
}

// says is what a world holds, in words.
func (w *world) says() string {
	var all []string
	for key, h := range w.records {
		all = append(all, fmt.Sprintf("%s%s: %s of %s at %s", key.Collection, key.ID, h.version[:6], h.href, h.time.Format("05")))
	}
	slices.Sort(all)
	return fmt.Sprint(all)
}

func at(second int) time.Time { return time.Date(2024, 5, 1, 12, 0, second, 0, time.UTC) }

func laid(href, id, content string, second int) record.Change {
	return record.Change{
		Record: record.Record{Key: record.Key{ID: id}, Type: record.TypeItem, Document: []byte(content)}, Replace: true,
		Source: record.Source{Href: href, Version: content, Time: at(second)},
	}
}

func gone(href string, second int) record.Change {
	return record.Change{Delete: true, Source: record.Source{Href: href, Time: at(second)}}
}

func goneKey(id string, second int) record.Change {
	return record.Change{Delete: true, Record: record.Record{Key: record.Key{ID: id}}, Source: record.Source{Time: at(second)}}
}

func goneAnywhere(id string, second int) record.Change {
	c := goneKey(id, second)
	c.Anywhere = true
	return c
}

func inCollection(collection string, c record.Change) record.Change {
	c.Record.Collection = collection
	return c
}

// Every change delivered twice, shuffled, and in batches of any size ends in the same state.
func TestAnyOrderEndsInTheSameState(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 0))
		history := anyHistory(r)
		straight := newWorld()
		for _, c := range history {
			straight.apply(c)
		}
		shuffled := slices.Concat(history, history)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		w := newWorld()
		for len(shuffled) > 0 {
			n := 1 + random.IntN(len(shuffled))
			w.apply(shuffled[:n]...)
			shuffled = shuffled[n:]
		}
		if w.says() != straight.says() {
			r.Fatalf("shuffled %s, straight %s, of %s", w.says(), straight.says(), told(history))
		}
	})
}

func told(history []record.Change) string {
	var all string
	for _, c := range history {
		all += fmt.Sprintf("\n%s %q -> %q %s delete %v", c.Source.Time.Format("05"), c.Source.Href, c.Record.ID, c.Record.Document, c.Delete)
	}
	return all
}

// anyHistory is changes at different times: a few documents that hold a few records, now and then the same content.
func anyHistory(r *rapid.T) []record.Change {
	var history []record.Change
	for second := range rapid.IntRange(1, 10).Draw(r, "changes") {
		href := rapid.SampledFrom([]string{"a", "b", "c", ""}).Draw(r, "href")
		id := rapid.SampledFrom([]string{"1", "2"}).Draw(r, "id")
		collection := rapid.SampledFrom([]string{"", "C"}).Draw(r, "collection")
		switch kind := rapid.IntRange(0, 5).Draw(r, "kind"); {
		case kind == 0 && href != "":
			history = append(history, gone(href, second))
		case kind <= 1:
			history = append(history, inCollection(collection, goneKey(id, second)))
		case kind == 2:
			history = append(history, goneAnywhere(id, second))
		default:
			history = append(history, inCollection(collection, laid(href, id, rapid.SampledFrom([]string{"x", "y"}).Draw(r, "content"), second)))
		}
	}
	return history
}

func TestOutcomes(t *testing.T) {
	notReplacing := func(c record.Change) record.Change { c.Replace = false; return c }
	typed := func(c record.Change, typ string) record.Change { c.Record.Type = typ; return c }
	for _, c := range []struct {
		name    string
		before  []record.Change
		change  record.Change
		outcome record.Outcome
		kind    fault.Kind // of the refusal, where there is no outcome
		after   string
	}{
		{"new", nil, laid("a", "1", "x", 5), record.Created, 0, "[1 of a at 05]"},
		{"the same again", []record.Change{laid("a", "1", "x", 5)}, laid("a", "1", "x", 5), record.Unchanged, 0, "[1 of a at 05]"},
		{"the same, written later", []record.Change{laid("a", "1", "x", 5)}, laid("a", "1", "x", 7), record.Unchanged, 0, "[1 of a at 07]"},
		{"the same in another document", []record.Change{laid("a", "1", "x", 5)}, laid("b", "1", "x", 7), record.Unchanged, 0, "[1 of b at 07]"},
		{"the same in an older document", []record.Change{laid("a", "1", "x", 5)}, laid("b", "1", "x", 3), record.Unchanged, 0, "[1 of a at 05]"},
		{"different", []record.Change{laid("a", "1", "x", 5)}, laid("a", "1", "y", 7), record.Replaced, 0, "[1 of a at 07]"},
		{"different, of the same second", []record.Change{laid("a", "1", "x", 5)}, laid("a", "1", "y", 5), record.Replaced, 0, "[1 of a at 05]"},
		{"different, without replacing", []record.Change{laid("a", "1", "x", 5)}, notReplacing(laid("a", "1", "y", 7)), "", fault.Conflict, "[1 of a at 05]"},
		{"new, without replacing", nil, notReplacing(laid("a", "1", "y", 7)), record.Created, 0, "[1 of a at 07]"},
		{"of another type", []record.Change{laid("a", "1", "x", 5)}, typed(laid("b", "1", "y", 7), record.TypeCollection), "", fault.Conflict, "[1 of a at 05]"},
		{"late", []record.Change{laid("a", "1", "x", 5)}, laid("a", "1", "y", 3), record.Stale, 0, "[1 of a at 05]"},
		{"late in another document", []record.Change{laid("a", "1", "x", 5)}, laid("b", "1", "y", 3), record.Stale, 0, "[1 of a at 05]"},
		{"moved", []record.Change{laid("a", "1", "x", 5)}, laid("a", "2", "x", 7), record.Created, 0, "[2 of a at 07]"},
		{"moved onto another", []record.Change{laid("a", "1", "x", 5), laid("b", "2", "y", 6)}, laid("a", "2", "z", 7), record.Replaced, 0, "[2 of a at 07]"},
		{"moved under a newer", []record.Change{laid("a", "1", "x", 5), laid("b", "2", "y", 9)}, laid("a", "2", "z", 7), record.Stale, 0, "[2 of b at 09]"},
		{"deleted", []record.Change{laid("a", "1", "x", 5)}, gone("a", 7), record.Deleted, 0, "[]"},
		{"deleted in the same second", []record.Change{laid("a", "1", "x", 5)}, gone("a", 5), record.Deleted, 0, "[]"},
		{"deleted again", []record.Change{laid("a", "1", "x", 5), gone("a", 7)}, gone("a", 7), record.Absent, 0, "[]"},
		{"deleted too late", []record.Change{laid("a", "1", "x", 5)}, gone("a", 3), record.Stale, 0, "[1 of a at 05]"},
		{"an unknown document deleted", nil, gone("a", 7), record.Absent, 0, "[]"},
		{"late after the deletion of an unknown document", []record.Change{gone("a", 7)}, laid("a", "1", "x", 5), record.Stale, 0, "[]"},
		{"late after a deletion", []record.Change{laid("a", "1", "x", 5), gone("a", 7)}, laid("a", "1", "y", 6), record.Stale, 0, "[]"},
		{"back after a deletion", []record.Change{laid("a", "1", "x", 5), gone("a", 7)}, laid("a", "1", "x", 8), record.Created, 0, "[1 of a at 08]"},
		{"an older document deleted", []record.Change{laid("a", "1", "x", 5), laid("b", "1", "y", 6)}, gone("a", 7), record.Absent, 0, "[1 of b at 06]"},
		{"the newer document deleted", []record.Change{laid("a", "1", "x", 5), laid("b", "1", "y", 6)}, gone("b", 7), record.Deleted, 0, "[]"},
		{"deleted by its key", []record.Change{laid("a", "1", "x", 5)}, goneKey("1", 7), record.Deleted, 0, "[]"},
		{"deleted by its key too late", []record.Change{laid("a", "1", "x", 5)}, goneKey("1", 3), record.Stale, 0, "[1 of a at 05]"},
		{"an unknown key deleted", nil, goneKey("1", 7), record.Absent, 0, "[]"},
		{"an unknown id deleted", nil, goneAnywhere("1", 7), record.Absent, 0, "[]"},
		{"an id deleted", []record.Change{inCollection("C", laid("a", "1", "x", 5)), laid("b", "2", "x", 5)}, goneAnywhere("1", 7), record.Deleted, 0, "[2 of b at 05]"},
		{"an id deleted too late", []record.Change{inCollection("C", laid("a", "1", "x", 5))}, goneAnywhere("1", 3), record.Stale, 0, "[C1 of a at 05]"},
		{"late after the deletion of an id", []record.Change{goneAnywhere("1", 7)}, inCollection("C", laid("a", "1", "x", 6)), record.Stale, 0, "[]"},
		{"back after the deletion of an id", []record.Change{goneAnywhere("1", 7)}, inCollection("C", laid("a", "1", "x", 8)), record.Created, 0, "[C1 of a at 08]"},
		{"late after the deletion of a key", []record.Change{goneKey("1", 7)}, laid("", "1", "x", 7), record.Stale, 0, "[]"},
		{"back after the deletion of a key", []record.Change{goneKey("1", 7)}, laid("", "1", "x", 8), record.Created, 0, "[1 of  at 08]"},
		{"an old word of a document that is gone", []record.Change{laid("b", "1", "y", 3), gone("a", 7)}, laid("a", "1", "x", 5), record.Stale, 0, "[]"},
		{"without an id", nil, laid("a", "", "x", 5), "", fault.Invalid, "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			for _, b := range c.before {
				w.apply(b)
			}
			got := w.apply(c.change)[0]
			if got.Outcome != c.outcome || (got.Err != nil) != (c.outcome == "") || c.outcome == "" && fault.KindOf(got.Err) != c.kind {
				t.Errorf("the outcome is %q, %v; want %q", got.Outcome, got.Err, c.outcome)
			}
			if after := w.owners(); after != c.after {
				t.Errorf("after it %s, want %s", after, c.after)
			}
		})
	}
}

func (w *world) owners() string {
	all := []string{}
	for key, h := range w.records {
		all = append(all, fmt.Sprintf("%s%s of %s at %s", key.Collection, key.ID, h.href, h.time.Format("05")))
	}
	slices.Sort(all)
	return fmt.Sprint(all)
}

func TestChangesOfOneBatch(t *testing.T) {
	notReplacing := func(c record.Change) record.Change { c.Replace = false; return c }
	for _, c := range []struct {
		name     string
		changes  []record.Change
		outcomes []record.Outcome
		after    string
	}{
		{"the last by time wins", []record.Change{laid("a", "1", "y", 7), laid("a", "1", "x", 5)}, []record.Outcome{record.Created, record.Stale}, "[1 of a at 07]"},
		{"also without replacing", []record.Change{notReplacing(laid("", "1", "x", 5)), notReplacing(laid("", "1", "y", 7))},
			[]record.Outcome{record.Stale, record.Created}, "[1 of  at 07]"},
		{"the same twice", []record.Change{laid("a", "1", "x", 5), laid("a", "1", "x", 5)}, []record.Outcome{record.Created, record.Unchanged}, "[1 of a at 05]"},
		{"created and deleted", []record.Change{gone("a", 7), laid("a", "1", "x", 5)}, []record.Outcome{record.Absent, record.Stale}, "[]"},
		{"deleted and created", []record.Change{laid("a", "1", "x", 7), gone("a", 5)}, []record.Outcome{record.Created, record.Absent}, "[1 of a at 07]"},
		{"moved at once", []record.Change{laid("a", "1", "x", 5), laid("a", "2", "x", 7)}, []record.Outcome{record.Stale, record.Created}, "[2 of a at 07]"},
		{"exchanged", []record.Change{laid("a", "1", "x", 5), laid("b", "2", "y", 5), laid("a", "2", "y", 7), laid("b", "1", "x", 7)},
			[]record.Outcome{record.Stale, record.Created, record.Unchanged, record.Created}, "[1 of b at 07 2 of a at 07]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			for i, got := range w.apply(c.changes...) {
				if got.Err != nil || got.Outcome != c.outcomes[i] {
					t.Errorf("change %d is %q, %v; want %q", i, got.Outcome, got.Err, c.outcomes[i])
				}
			}
			if after := w.owners(); after != c.after {
				t.Errorf("after it %s, want %s", after, c.after)
			}
		})
	}
}

// A change without a time counts as asked for now.
func TestChangesWithoutATime(t *testing.T) {
	w := newWorld()
	untimed := laid("", "1", "x", 0)
	untimed.Source.Time = time.Time{}
	w.apply(untimed)
	later := laid("", "1", "y", 0)
	later.Source.Time = time.Time{}
	if got := w.apply(later)[0]; got.Outcome != record.Replaced {
		t.Errorf("the second is %q", got.Outcome)
	}
	if got := w.apply(laid("", "1", "z", 5))[0]; got.Outcome != record.Stale {
		t.Errorf("one of long ago is %q", got.Outcome)
	}
}
