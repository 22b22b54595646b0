package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/shared/record"
	"perigee/shared/scope"
)

// busyWriter inserts items that come and go, each under an id of its own, between those that stay, until it is told to stop.
func (s service) busyWriter(ctx context.Context, t *testing.T) (stop func() (rounds int)) {
	ctx, cancel := context.WithCancel(ctx)
	var working sync.WaitGroup
	rounds := 0
	working.Go(func() {
		var there []record.Change
		for ; ctx.Err() == nil; rounds++ {
			var changes []record.Change
			for i := range 20 {
				id := fmt.Sprintf("item%02d-%d", (i*7+rounds)%80, rounds)
				changes = append(changes, passing(id, (i*7+rounds)%80))
			}
			if _, err := s.store.Apply(ctx, scope.New("", "writer", scope.Writer), slices.Concat(changes, there)); err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
			there = nil
			for _, c := range changes {
				there = append(there, record.Change{Record: record.Record{Key: c.Record.Key}, Delete: true, Source: record.Source{Time: time.Now()}})
			}
		}
	})
	return func() int { cancel(); working.Wait(); return rounds }
}

// passing is an item at the time and with the number of the one that stays at an index.
func passing(id string, index int) record.Change {
	start := time.Date(2026, 1, 1+index/4, 0, 0, 0, 0, time.UTC) // with many of the same time
	rec := record.Record{
		Key: record.Key{Collection: "busy", ID: id}, Type: record.TypeItem, MediaType: "application/geo+json", Time: record.Interval{Start: start, End: start}, Version: id,
		Properties: map[string]any{"n": float64(index / 8)},
		Document: fmt.Appendf(nil, `{"type":"Feature","stac_version":"1.0.0","id":%q,"collection":"busy","geometry":null,"properties":{"datetime":%q,"n":%d},"links":[],"assets":{}}`,
			id, start.Format(time.RFC3339), index/8),
	}
	return record.Change{Record: rec, Replace: true, Source: record.Source{Time: time.Now()}}
}

// RC-07: while items are inserted and deleted, who pages forward and back again by links meets every item that stays once each
// way, in order, and none twice, whatever the order and by whatever method.
func TestPagesWhileItemsComeAndGo(t *testing.T) {
	s := start(t)
	var staying []record.Change
	for i := range 80 {
		staying = append(staying, passing(fmt.Sprintf("item%02d", i), i))
	}
	if _, err := s.store.Apply(t.Context(), scope.New("", "writer", scope.Writer), staying); err != nil {
		t.Fatal(err)
	}
	stop := s.busyWriter(t.Context(), t)
	for round := range 3 {
		for _, question := range []string{"/stac/search?limit=7", "/stac/search?limit=11&sortby=-n,id", "/stac/collections/busy/items?limit=9&sortby=id", "/stac/search?limit=13&sortby=properties.datetime&filter=n%3C10&collections=busy"} {
			forward, last := s.follow(t, s.URL+question, "next")
			once(t, fmt.Sprint(round, " ", question), forward)
			back, _ := s.follow(t, last, "prev")
			slices.Reverse(back)
			once(t, fmt.Sprint(round, " back of ", question), back)
		}
		once(t, "POST", s.post(t, `{"limit":6,"sortby":[{"field":"n","direction":"asc"}]}`))
	}
	if rounds := stop(); rounds < 3 {
		t.Errorf("only %d rounds were written meanwhile", rounds)
	}
}

// follow walks the links of a relation from a page and gives the ids of the pages, and the address of the last; of pages
// backwards each is turned around, and the first is the last that there is by now.
func (s service) follow(t *testing.T, href, rel string) (met []string, last string) {
	t.Helper()
	for atEnd := rel == "next"; href != ""; {
		var page document
		if r := s.get(t, href, &page); r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d", href, r.StatusCode)
		}
		these := ids(page.Features)
		if next := page.link("next").Href; !atEnd && next != "" {
			href = next // others came meanwhile
			continue
		}
		atEnd = true
		if rel == "prev" {
			slices.Reverse(these)
		}
		met, last, href = append(met, these...), href, page.link(rel).Href
	}
	return met, last
}

// once holds that of all that was met nothing was met twice, and that all that stays was.
func once(t *testing.T, what string, met []string) {
	t.Helper()
	seen, stayed := map[string]bool{}, 0
	for _, id := range met {
		if seen[id] {
			t.Errorf("%s: %s is met twice", what, id)
		}
		seen[id] = true
		if !strings.Contains(id, "-") {
			stayed++
		}
	}
	if stayed != 80 {
		t.Errorf("%s: %d of 80 that stayed were met", what, stayed)
	}
}
