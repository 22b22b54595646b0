package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/shared/record"
	"perigee/shared/scope"
)

// reach meets the items that child and item links lead to.
func (s service) reach(t *testing.T, href string) (items []string) {
	t.Helper()
	var d document
	if r := s.get(t, href, &d); r.StatusCode != 200 {
		t.Fatalf("%s: %d", href, r.StatusCode)
	}
	for _, l := range d.Links {
		switch l.Rel {
		case "child":
			items = append(items, s.reach(t, l.Href)...)
		case "item":
			items = append(items, d.ID+"/"+l.Title)
		}
	}
	return items
}

// RC-07: every item of a real catalogue is reached by links alone, those that last, those of the first and of the last moment
// of a month, and those without a time among them.
func TestBrowse(t *testing.T) {
	s := filled(t)
	var changes []record.Change
	put := func(id string, from, to time.Time) {
		raw := item("edge", id, 3)
		rec := record.Record{Key: record.Key{Collection: "edge", ID: id}, Type: record.TypeItem, MediaType: "application/geo+json", Document: raw, Time: record.Interval{Start: from, End: to}}
		changes = append(changes, record.Change{Record: rec, Replace: true, Source: record.Source{Time: time.Now()}})
	}
	first := time.Date(2024, 12, 1, 0, 0, 0, 0, time.UTC)
	last := time.Date(2024, 12, 31, 23, 59, 59, 999999000, time.UTC)
	put("first", first, first)
	put("last", last, last)
	put("next", last.Add(time.Microsecond), last.Add(time.Hour))
	put("long", first.AddDate(0, 0, 3), first.AddDate(1, 0, 0))
	put("open", first.AddDate(0, 0, 4), time.Time{})
	put("timeless", time.Time{}, time.Time{})
	for i := range 600 {
		put(fmt.Sprintf("many%03d", i), first.AddDate(0, 2, i%20), first.AddDate(0, 2, i%20))
	}
	if _, err := s.store.Apply(t.Context(), scope.New("", "test", scope.Writer), changes); err != nil {
		t.Fatal(err)
	}
	items := s.reach(t, s.URL+"/stac")
	if slices.Sort(items); len(items) != 618 || len(slices.Compact(slices.Clone(items))) != 618 {
		t.Errorf("reached %d items", len(items))
	}
	for _, want := range []string{"edge-2024-12/first", "edge-2024-12/last", "edge-2025-01/next", "edge-2024-12/long", "edge-2024-12/open", "edge-undated/timeless"} {
		if !slices.Contains(items, want) {
			t.Errorf("%s was not reached", want)
		}
	}
}

// RC-07: who may act in all workspaces finds those that have records as catalogs; a stranger finds none.
func TestWorkspacesAreCatalogs(t *testing.T) {
	s := filled(t)
	for _, workspace := range []string{"alice", "bob"} {
		s.register(t, workspace, "", item("mine", "of "+workspace, 1))
	}
	var registry struct {
		Catalogs []document `json:"catalogs"`
		document
	}
	s.get(t, s.URL+"/stac/catalogs?limit=1", &registry)
	if got := ids(registry.Catalogs); !slices.Equal(got, []string{"alice"}) {
		t.Errorf("%q", got)
	}
	s.get(t, registry.link("next").Href, &registry)
	if got := ids(registry.Catalogs); !slices.Equal(got, []string{"bob"}) || registry.link("next").Href != "" {
		t.Errorf("%q", got)
	}
	var page document
	s.get(t, s.URL+"/stac/catalogs/bob/search", &page)
	if got := ids(page.Features); !slices.Equal(got, []string{"of bob"}) {
		t.Errorf("%q", got)
	}
	for _, l := range page.Features[0].Links {
		if r := s.get(t, l.Href, nil); r.StatusCode != 200 || l.Rel == "canonical" && !strings.HasPrefix(l.Href, s.URL+"/workspaces/bob/stac/") {
			t.Errorf("%s: %s %d", l.Rel, l.Href, r.StatusCode)
		}
	}
	if got := s.reach(t, s.URL+"/stac"); len(got) != 14 {
		t.Errorf("reached %d items", len(got))
	}
	for _, path := range []string{"/stac/catalogs/alice", "/stac/catalogs/nobody", "/workspaces/alice/stac/catalogs/bob"} {
		r, err := http.NewRequest(http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(path, "nobody") {
			r.Header.Set("Origin", "https://elsewhere.example") // of a page from elsewhere nobody knows who asks
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if answer.Body.Close(); answer.StatusCode != 404 {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
}
