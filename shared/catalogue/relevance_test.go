package catalogue_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/filter"
	"perigee/shared/record"
)

// Words in the title count more than among the keywords, and these more than elsewhere; the pages of that order fit together.
func TestRelevance(t *testing.T) {
	s := cataloguetest.Open(t)
	var changes []record.Change
	for i, rec := range []record.Record{
		{Abstract: "Of glaciers, and ozone."},
		{Title: "Fields", Keywords: []string{"OZONE", "air"}},
		{Title: "Ozone over the Pole"},
		{Title: "Seas", Abstract: "Nothing of it.", Properties: map[string]any{"relevance": 7.0}},
		{Title: "Ozone and glaciers", Abstract: "Both."},
	} {
		c := item("c", fmt.Sprint(i), noon.Add(-time.Duration(i)*time.Hour))
		rec.Key, rec.Type, rec.Time, rec.Footprint = c.Record.Key, c.Record.Type, c.Record.Time, c.Record.Footprint
		rec.Document, rec.MediaType = c.Record.Document, c.Record.MediaType
		c.Record = rec
		changes = append(changes, c)
	}
	applied(t, s, writer(""), changes...)
	pages := func(q catalogue.Query) (forward, back []string) {
		q.Limit = 1
		var last string
		for {
			page := search(t, s, writer(""), q)
			forward = append(forward, page.Records[0].ID)
			if page.Next == "" {
				last = page.Prev
				break
			}
			q.After = page.Next
		}
		for q.After = last; q.After != ""; {
			page := search(t, s, writer(""), q)
			back = append(back, page.Records[0].ID)
			q.After = page.Prev
		}
		slices.Reverse(back)
		return forward, back
	}
	most := []catalogue.Sort{{Property: catalogue.Relevance, Desc: true}}
	for name, test := range map[string]struct {
		query catalogue.Query
		want  string
	}{
		"a word":                {catalogue.Query{Text: "ozone", Sort: most}, "[2 4 1 0]"},
		"two words":             {catalogue.Query{Text: "ozone glaciers", Sort: most}, "[4 0]"},
		"one of two, in filter": {catalogue.Query{Filter: filter.Or{filter.AnyText{Words: "ozone"}, filter.AnyText{Words: "glaciers"}}, Sort: most}, "[4 2 0 1]"},
		"least first":           {catalogue.Query{Text: "ozone", Sort: []catalogue.Sort{{Property: catalogue.Relevance}}}, "[0 1 2 4]"},
		"newest":                {catalogue.Query{Text: "ozone"}, "[0 1 2 4]"},
		"a property without q":  {catalogue.Query{Sort: most}, "[3 0 1 2 4]"},
	} {
		forward, back := pages(test.query)
		if fmt.Sprint(forward) != test.want || fmt.Sprint(back) != fmt.Sprint(forward[:len(forward)-1]) {
			t.Errorf("%s: forward %v, back %v, want %s", name, forward, back, test.want)
		}
	}
}
