package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"perigee/shared/geojsonseq"
	"perigee/shared/geoparquet"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// exported reads the items of an export.
func (s service) exported(t *testing.T, path string) (items []string) {
	t.Helper()
	r, err := http.Get(s.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != 200 {
		t.Fatalf("%s: %d %v %s", path, r.StatusCode, err, body)
	}
	next := geojsonseq.NewReader(bytes.NewReader(body), 1<<20).Next
	if r.Header.Get("Content-Type") == geoparquet.MediaType {
		file, err := geoparquet.NewReader(bytes.NewReader(body), int64(len(body)), geoparquet.Limits{Memory: 64 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		next = file.Next
	}
	for {
		item, err := next()
		if err == io.EOF {
			return items
		}
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, string(item))
	}
}

// RC-07: the whole of a collection, and of a search, comes out of a real catalogue once, in the order of the catalogue,
// while items come and go.
func TestExport(t *testing.T) {
	s := start(t)
	const n = 1300
	var changes []record.Change
	for i := range n {
		raw := item("big", fmt.Sprintf("i%05d", i), i%20)
		rec := record.Record{Key: record.Key{Collection: "big", ID: fmt.Sprintf("i%05d", i)}, Type: record.TypeItem, MediaType: "application/geo+json", Document: raw,
			Time: record.Interval{Start: time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC), End: time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC)}, Properties: map[string]any{"n": float64(i)}}
		changes = append(changes, record.Change{Record: rec, Replace: true, Source: record.Source{Time: time.Now()}})
	}
	for len(changes) > 0 {
		part := changes[:min(len(changes), 500)]
		changes = changes[len(part):]
		if _, err := s.store.Apply(context.Background(), scope.New("", "test", scope.Writer), part); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]int{
		"/stac/collections/big/export": n, "/stac/export?f=geojsonseq": n, "/stac/export?f=parquet": n,
		"/stac/export?filter=n%3E=1000&f=parquet": 300, "/stac/collections/big/export?filter=n%3C10": 10, "/stac/export?collections=none": 0, "/stac/export?collections=none&f=parquet": 0,
	} {
		items := s.exported(t, path)
		if len(items) != want {
			t.Errorf("%s: %d items, not %d", path, len(items), want)
		}
		seen := map[string]bool{}
		for _, one := range items {
			seen[one] = true
		}
		if len(seen) != len(items) {
			t.Errorf("%s: %d items of %d are there twice", path, len(items)-len(seen), len(items))
		}
	}
	if items := s.exported(t, "/stac/collections/big/export"); !strings.Contains(items[0], fmt.Sprintf(`"id":"i%05d"`, n-1)) || !strings.Contains(items[n-1], `"id":"i00000"`) {
		t.Errorf("from %s to %s", items[0], items[n-1])
	}
	if items := s.exported(t, "/workspaces/alice/stac/export"); len(items) > 0 {
		t.Errorf("alice exports %d items of the system", len(items))
	}
}
