package catalogue_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// reader pages through an answer while others write.
type reader struct {
	query   catalogue.Query
	seen    []string
	present map[string]bool // there since it began, in the same place of the order
	done    bool
}

// However upserts, replacements and deletions, and pages of several readers, follow each other: no reader sees a record twice, and
// each sees every record that stayed where it was in the reader's order.
func TestPagesAmongWrites(t *testing.T) {
	s := cataloguetest.Open(t)
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		workspace := fmt.Sprint("w", run)
		sc := writer(workspace)
		model := map[string]string{} // the state of each record that is there
		clock := noon
		write := func() {
			clock = clock.Add(time.Second)
			var changes []record.Change
			touched := map[string]bool{}
			for range rapid.IntRange(1, 6).Draw(r, "changes") {
				id := fmt.Sprint(rapid.IntRange(0, 25).Draw(r, "id"))
				if touched[id] {
					continue
				}
				touched[id] = true
				c := item("S2", id, noon.Add(time.Duration(rapid.IntRange(0, 5).Draw(r, "hour"))*time.Hour))
				c.Source = record.Source{Time: clock}
				c.Record.Properties = map[string]any{"n": rapid.SampledFrom([]any{nil, 1.0, 2.0, "a"}).Draw(r, "n")}
				c.Delete = rapid.IntRange(0, 3).Draw(r, "deletes") == 0
				state := fmt.Sprint(c.Record.Time.Start, c.Record.Properties)
				c.Record.Document = []byte(state)
				changes = append(changes, c)
				if c.Delete {
					state = ""
				}
				model[id] = state
			}
			if _, err := s.Apply(r.Context(), sc, changes); err != nil {
				r.Fatal(err)
			}
		}
		write()
		var readers []*reader
		for range rapid.IntRange(1, 3).Draw(r, "readers") {
			q := catalogue.Query{Limit: rapid.IntRange(1, 4).Draw(r, "limit")}
			switch rapid.IntRange(0, 3).Draw(r, "order") {
			case 1:
				q.Sort = []catalogue.Sort{{Property: "n", Desc: rapid.Bool().Draw(r, "desc")}}
			case 2:
				q.Geometry = box(10.5, 45.5, 12, 47)
			case 3:
				q.DocumentsOnly = true
			}
			present := map[string]bool{}
			for id, state := range model {
				present[id+"="+state] = state != ""
			}
			readers = append(readers, &reader{query: q, present: present})
		}
		for slices.ContainsFunc(readers, func(c *reader) bool { return !c.done }) {
			if rapid.Bool().Draw(r, "writes") {
				write()
				for _, c := range readers {
					for place := range c.present {
						id, state := cutOnce(place)
						c.present[place] = c.present[place] && (c.done || model[id] == state)
					}
				}
			}
			readers[rapid.IntRange(0, len(readers)-1).Draw(r, "turn")].turn(r, s, writer(workspace))
		}
		for _, c := range readers {
			for place, stayed := range c.present {
				if id, _ := cutOnce(place); stayed && !slices.Contains(c.seen, id) {
					r.Fatalf("%+v skipped %s, which stayed; it saw %q", c.query, place, c.seen)
				}
			}
		}
	})
}

func cutOnce(place string) (id, state string) {
	for i := range place {
		if place[i] == '=' {
			return place[:i], place[i+1:]
		}
	}
	return place, ""
}

// turn takes the next page. A record may come again only if it was moved meanwhile.
func (c *reader) turn(r *rapid.T, s *catalogue.Store, sc scope.Scope) {
	if c.done {
		return
	}
	page := ask(r, s, sc, c.query)
	for _, rec := range page.Records {
		if slices.Contains(c.seen, rec.ID) && c.stayed(rec.ID) {
			r.Fatalf("%+v saw %s twice, which stayed", c.query, rec.ID)
		}
		c.seen = append(c.seen, rec.ID)
	}
	c.query.After, c.done = page.Next, page.Next == ""
}

// stayed tells whether a record is where it was when the reader began.
func (c *reader) stayed(id string) bool {
	for place, there := range c.present {
		if of, _ := cutOnce(place); of == id && there {
			return true
		}
	}
	return false
}
