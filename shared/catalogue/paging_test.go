package catalogue_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// Whatever the order, with ties and unknown values: the pages forward hold every record once, in the order of one large
// page, and the pages back are the same.
func TestPagesHoldEveryRecordOnce(t *testing.T) {
	s := cataloguetest.Open(t)
	random := rand.New(rand.NewPCG(8, 9))
	for _, workspace := range []string{"", "w"} {
		var changes []record.Change
		for i := range 60 {
			changes = append(changes, anyRecord(i, random))
		}
		applied(t, s, writer(workspace), changes...)
	}
	rapid.Check(t, func(r *rapid.T) {
		sc := rapid.SampledFrom([]scope.Scope{writer(""), writer("w").Including(""), writer("").Including("w", "none")}).Draw(r, "scope")
		q := catalogue.Query{Sort: anySort(r), Types: rapid.SampledFrom([][]string{nil, {record.TypeItem}}).Draw(r, "types")}
		q.Limit = catalogue.MaxLimit
		whole := keys(ask(r, s, sc, q).Records)
		q.Limit = rapid.IntRange(1, 50).Draw(r, "limit")
		forward, last := walk(r, s, sc, q)
		if got := slices.Concat(forward...); !slices.Equal(got, whole) {
			r.Fatalf("by pages %q, whole %q", got, whole)
		}
		q.After = last.Prev
		for i := len(forward) - 2; i >= 0; i-- {
			page := ask(r, s, sc, q)
			if got := keys(page.Records); !slices.Equal(got, forward[i]) {
				r.Fatalf("back page %d is %q, want %q", i, got, forward[i])
			}
			if page.Next == "" || (page.Prev == "") != (i == 0) {
				r.Fatalf("back page %d: next %q, prev %q", i, page.Next, page.Prev)
			}
			q.After = page.Prev
		}
	})
}

// walk takes all pages forward.
func walk(r *rapid.T, s *catalogue.Store, sc scope.Scope, q catalogue.Query) (pages [][]string, last catalogue.Page) {
	for {
		page := ask(r, s, sc, q)
		pages = append(pages, keys(page.Records))
		if (page.Prev == "") != (len(pages) == 1) {
			r.Fatalf("page %d has the previous page %q", len(pages), page.Prev)
		}
		if page.Next == "" {
			return pages, page
		}
		q.After = page.Next
	}
}

func ask(r *rapid.T, s *catalogue.Store, sc scope.Scope, q catalogue.Query) catalogue.Page {
	page, err := s.Search(r.Context(), sc, q)
	if err != nil {
		r.Fatal(err)
	}
	return page
}

func keys(records []record.Record) []string {
	all := make([]string, len(records))
	for i, r := range records {
		all[i] = fmt.Sprintf("%s/%s/%s", r.Workspace, r.Collection, r.ID)
	}
	return all
}

func anySort(r *rapid.T) []catalogue.Sort {
	var keys []catalogue.Sort
	for range rapid.IntRange(0, 3).Draw(r, "keys") {
		property := rapid.SampledFrom(append(slices.Clone(coreNames), "modified", "n", "eo:cloud_cover", "missing")).Draw(r, "property")
		keys = append(keys, catalogue.Sort{Property: filter.Property(property), Desc: rapid.Bool().Draw(r, "desc")})
	}
	return keys
}

// However long what records are ordered by is, a token is short enough to come back.
func TestPagesOrderedByLongValues(t *testing.T) {
	s := cataloguetest.Open(t)
	long := strings.Repeat(`<"&\ü`, 1500)
	var changes []record.Change
	for i := range 6 {
		c := item("S2", fmt.Sprint(i), noon)
		c.Record.Title, c.Record.Abstract, c.Record.Keywords = fmt.Sprint(i%2)+long, long, []string{long, long}
		c.Record.Properties = map[string]any{"text": long + fmt.Sprint(i), "list": []any{long, i}}
		changes = append(changes, c)
	}
	applied(t, s, writer(""), changes...)
	q := catalogue.Query{Limit: 1}
	for _, property := range []string{"abstract", "title", "keywords", "text", "list", "abstract", "keywords", "text", "list", "title"} {
		q.Sort = append(q.Sort, catalogue.Sort{Property: filter.Property(property), Desc: true})
	}
	var found []string
	for {
		page := search(t, s, writer(""), q)
		found = append(found, ids(page.Records)...)
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if !slices.Equal(found, []string{"1", "3", "5", "0", "2", "4"}) {
		t.Errorf("found %q", found)
	}
}

// Records that come and go between pages neither hide others nor show them twice.
func TestPagesOfAChangingCatalogue(t *testing.T) {
	s := cataloguetest.Open(t)
	var changes []record.Change
	for i := range 9 {
		changes = append(changes, item("S2", fmt.Sprint(i), noon.Add(-time.Duration(i)*time.Hour)))
	}
	applied(t, s, writer(""), changes...)
	q := catalogue.Query{Limit: 3}
	first := search(t, s, writer(""), q)
	applied(t, s, writer(""), item("S2", "newest", noon.Add(time.Hour)),
		record.Change{Delete: true, Record: record.Record{Key: first.Records[2].Key}})
	q.After = first.Next
	if got := ids(search(t, s, writer(""), q).Records); !slices.Equal(got, []string{"3", "4", "5"}) {
		t.Errorf("the second page is %q", got)
	}
}

// Where all that was behind a page, or before it, is gone, the empty page leads back to that page, whatever the order.
func TestEmptyPagesLeadBack(t *testing.T) {
	s := cataloguetest.Open(t)
	for name, order := range map[string][]catalogue.Sort{"newest": nil, "title": {{Property: filter.PropertyTitle, Desc: true}}, "n": {{Property: "n"}}} {
		q := catalogue.Query{Collections: []string{name}, Sort: order, Limit: 2}
		var changes []record.Change
		for i := range 6 {
			changes = append(changes, item(name, fmt.Sprint(i), noon))
		}
		applied(t, s, writer(""), changes...)
		first := search(t, s, writer(""), q)
		q.After = first.Next
		second := search(t, s, writer(""), q)
		gone := func(records ...record.Record) {
			for _, rec := range records {
				applied(t, s, writer(""), record.Change{Delete: true, Record: record.Record{Key: rec.Key}})
			}
		}
		leads := func(token string, to catalogue.Page) catalogue.Page {
			q.After = token
			page := search(t, s, writer(""), q)
			if !slices.Equal(ids(page.Records), ids(to.Records)) {
				t.Errorf("%s: %q, want %q", name, ids(page.Records), ids(to.Records))
			}
			return page
		}
		q.After = second.Next
		gone(search(t, s, writer(""), q).Records...)
		last := leads(second.Next, catalogue.Page{})
		leads(last.Prev, second)
		gone(first.Records...)
		start := leads(second.Prev, catalogue.Page{})
		leads(start.Next, second)
		gone(second.Records...)
		if page := leads(start.Next, catalogue.Page{}); page.Next != "" || page.Prev == "" {
			t.Errorf("%s: of nothing there is a next page: %+v", name, page)
		}
	}
}

func TestTokensHoldForOneQuestionInOneScope(t *testing.T) {
	s := cataloguetest.Open(t)
	applied(t, s, writer(""), item("S2", "a", noon), item("S2", "b", noon), item("S2", "c", noon))
	q := catalogue.Query{Collections: []string{"S2"}, Limit: 1}
	token := search(t, s, writer(""), q).Next
	q.After = token
	if got := search(t, s, writer(""), q); !slices.Equal(ids(got.Records), []string{"b"}) {
		t.Errorf("the second page is %q", ids(got.Records))
	}
	q.Limit, q.Count, q.Documents = 2, true, true
	if got := search(t, s, writer(""), q); len(got.Records) != 2 || *got.Matched != 3 {
		t.Errorf("with another limit: %q", ids(got.Records))
	}
	raw, _ := base64.RawURLEncoding.DecodeString(token)
	refused := func(name string, sc scope.Scope, q catalogue.Query) {
		t.Helper()
		if _, err := s.Search(t.Context(), sc, q); fault.KindOf(err) != fault.Invalid || fault.LocatorOf(err) != "token" {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused("another workspace", writer("w"), q)
	refused("a wider scope", writer("").Including("w"), q)
	refused("somebody else", scope.New("", "somebody", scope.Writer), q)
	refused("another question", writer(""), catalogue.Query{Collections: []string{"S1"}, After: token})
	refused("another order", writer(""), catalogue.Query{Collections: []string{"S2"}, After: token, Sort: []catalogue.Sort{{Property: "id"}}})
	for name, after := range map[string]string{
		"not base64": "%%%", "not JSON": "aaaa", "cut": token[:len(token)-4], "very long": strings.Repeat("a", 20_000),
		"other keys": base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(raw), `"k":[`, `"k":["x",`, 1))),
		"a zero":     base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(raw), `"S2"`, `"\u0000"`, 1))),
	} {
		q.After = after
		refused(name, writer(""), q)
	}
	// What is inside a token is a place, no more: a wrong one is a failure of the one who made it.
	q.After = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(raw), `"k":["`, `"k":["x`, 1)))
	if _, err := s.Search(t.Context(), writer(""), q); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a time that is none: %v", err)
	}
}
