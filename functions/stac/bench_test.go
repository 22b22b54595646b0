package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/identity"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

const benchItems = 10_000

// loaded is the function on a catalogue of as many items as its peers were measured with, of a usual size.
func loaded(b *testing.B) string {
	b.Helper()
	address := cataloguetest.URL(b)
	store, err := catalogue.Open(b.Context(), catalogue.Config{URL: address})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(store.Close)
	raw, err := os.ReadFile("../../shared/stac/testdata/stac-1.0.item.json")
	if err != nil {
		b.Fatal(err)
	}
	item, err := stac.DecodeItem(raw)
	if err != nil {
		b.Fatal(err)
	}
	day := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	var changes []record.Change
	for i := range benchItems {
		rec := item.Record()
		rec.Collection, rec.ID = fmt.Sprintf("C%d", i%5), fmt.Sprintf("item-%05d", i)
		rec.Time.Start = day.Add(time.Duration(i*7919%benchItems) * time.Hour)
		rec.Time.End = rec.Time.Start
		west, south := float64(i*31%3500)/10-178, float64(i*17%1500)/10-80
		rec.Footprint = orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{west + 1, south + 1}}.ToPolygon()
		rec.Properties = map[string]any{"eo:cloud_cover": float64(i*7%1000) / 10, "platform": fmt.Sprintf("p%d", i%3)}
		rec.Document, rec.MediaType = bytes.Replace(raw, []byte(item.ID), []byte(rec.ID), 1), stac.MediaTypeItem
		changes = append(changes, record.Change{Record: rec, Replace: true, Source: record.Source{Time: time.Now()}})
	}
	for start := 0; start < len(changes); start += 500 {
		if _, err := store.Apply(context.Background(), scope.New("", "bench", scope.Writer), changes[start:start+500]); err != nil {
			b.Fatal(err)
		}
	}
	cataloguetest.Settle(b, address)
	return serve(b, store)
}

func serve(b *testing.B, store *catalogue.Store) string {
	b.Helper()
	edge, err := identity.New(identity.Config{Auth: "none"})
	if err != nil {
		b.Fatal(err)
	}
	api, err := newAPI(config{Title: "Bench", Register: "http://127.0.0.1:1", ObjectStore: ObjectStore{IngestBucket: "ingest", CacheBucket: "cache", SignedFor: time.Hour}}, store)
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(edge.Wrap(api))
	b.Cleanup(server.Close)
	return server.URL
}

// BenchmarkHTTP asks as four clients do, each question another one.
func BenchmarkHTTP(b *testing.B) {
	root := loaded(b)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	box := func(i int) (west, south int) { return i*37%330 - 170, i*13%130 - 70 }
	for _, c := range []struct {
		name string
		ask  func(i int) (method, target, body string)
	}{
		{"search", func(i int) (string, string, string) { return "GET", fmt.Sprintf("/stac/search?limit=%d", 10+i%2), "" }},
		{"bbox", func(i int) (string, string, string) {
			w, s := box(i)
			return "GET", fmt.Sprintf("/stac/search?bbox=%d,%d,%d,%d", w, s, w+10, s+10), ""
		}},
		{"collection, bbox and time", func(i int) (string, string, string) {
			w, s := box(i)
			return "POST", "/stac/search", fmt.Sprintf(`{"collections":["C%d"],"bbox":[%d,%d,%d,%d],"datetime":"2024-02-0%dT00:00:00Z/2024-12-01T00:00:00Z"}`, i%5, w, s, w+20, s+20, 1+i%9)
		}},
		{"filter", func(i int) (string, string, string) {
			return "GET", "/stac/search?filter=" + url.QueryEscape(fmt.Sprintf("eo:cloud_cover < %d.5 AND platform = 'p%d'", 1+i%40, i%3)), ""
		}},
		{"free text", func(i int) (string, string, string) {
			return "GET", fmt.Sprintf("/stac/search?q=item-%05d", i*13%benchItems), ""
		}},
		{"item", func(i int) (string, string, string) {
			n := i * 13 % benchItems
			return "GET", fmt.Sprintf("/stac/collections/C%d/items/item-%05d", n%5, n), ""
		}},
		{"aggregate", func(i int) (string, string, string) {
			w, s := box(i)
			return "GET", fmt.Sprintf("/stac/aggregate?aggregations=total_count,datetime_frequency&datetime_frequency_interval=month&bbox=%d,%d,%d,%d", w, s, w+40, s+40), ""
		}},
		{"collections", func(i int) (string, string, string) {
			return "GET", fmt.Sprintf("/stac/collections?limit=%d", 5+i%5), ""
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var n atomic.Int64
			b.SetParallelism(2) // by two processors: four clients
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					method, target, body := c.ask(int(n.Add(1)))
					r, err := http.NewRequest(method, root+target, strings.NewReader(body))
					if err != nil {
						b.Error(err)
						return
					}
					answer, err := client.Do(r)
					if err != nil {
						b.Error(err)
						return
					}
					if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != 200 {
						b.Errorf("%s: %d %v", target, answer.StatusCode, err)
					}
					answer.Body.Close()
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
		})
	}
}
