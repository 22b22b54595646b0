package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/record"
	"perigee/shared/scope"
)

// describe registers records of metadata: each is in a square at its index, from a day of March 2026 on.
func (s service) describe(t *testing.T, collection string, ids ...string) {
	t.Helper()
	var changes []record.Change
	for i, id := range ids {
		start := time.Date(2026, 3, i+1, 0, 0, 0, 0, time.UTC)
		rec := record.Record{
			Key: record.Key{Collection: collection, ID: id}, Type: "dataset", Title: "Gauges of " + id, MediaType: "application/xml", Document: []byte("<csw:Record/>"), Version: "1",
			Time: record.Interval{Start: start, End: start.AddDate(0, 0, 1)}, Footprint: orb.Bound{Min: orb.Point{float64(i) + 50, -10}, Max: orb.Point{float64(i) + 51, -9}}.ToPolygon(),
			Properties: map[string]any{"lineage": "measured", "denominator": float64(i)},
		}
		changes = append(changes, record.Change{Record: rec, Replace: true, Source: record.Source{Time: time.Now()}})
	}
	results, err := s.store.Apply(t.Context(), scope.New("", "test", scope.Writer), changes)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range results {
		if one.Err != nil {
			t.Fatal(one.Err)
		}
	}
}

// RC-07: records that came as ISO, as csw:Record or as records of OGC API - Records are items of the collection that they name, or of
// metadata:main, where the clients of pycsw look for them; they are found by it and by their ids, by place, time, properties,
// text and in every order, page by page.
func TestMetadataAreFound(t *testing.T) {
	s := filled(t)
	if r := s.get(t, s.URL+"/stac/collections/metadata:main", nil); r.StatusCode != 404 {
		t.Errorf("without metadata there is their collection: %d", r.StatusCode)
	}
	s.describe(t, "", "river", "lake", "sea", "old/one")
	s.describe(t, "A", "described")
	s.describe(t, "river", "spring", "mouth") // the record river is their collection
	for query, want := range map[string]string{
		"collections=metadata:main":                                                                              "old/one sea lake river",
		"collections=metadata:main&bbox=51.5,-10,52.5,-9":                                                        "sea lake",
		"collections=metadata:main&datetime=2026-03-01T12:00:00Z":                                                "river",
		"collections=metadata:main&bbox=0,-20,60,0&datetime=2026-03-03T12:00:00Z/..":                             "old/one sea",
		"collections=metadata:main&filter=denominator%3E1&sortby=title":                                          "old/one sea",
		"collections=metadata:main&q=gauges&sortby=-id":                                                          "sea river old/one lake",
		`collections=metadata:main&query={"lineage":{"eq":"measured"}}`:                                          "old/one sea lake river",
		"collections=metadata:main,river&sortby=id":                                                              "lake mouth old/one river sea spring",
		"filter=collection='metadata:main'":                                                                      "old/one sea lake river",
		"filter='metadata:main'=collection&sortby=id":                                                            "lake old/one river sea",
		"filter=denominator%3E1 AND (collection='metadata:main') AND lineage='measured'":                         "old/one sea",
		"filter=collection IN ('metadata:main','river')&sortby=id":                                               "lake mouth old/one river sea spring",
		"filter=collection='metadata:main' OR collection='river'&sortby=id":                                      "lake mouth old/one river sea spring",
		"filter=collection='river'":                                                                              "mouth spring",
		"filter=collection='A'":                                                                                  "described item09 item06 item03 item00",
		"filter=collection='metadata:main' OR id='item01'&sortby=id":                                             "item01 lake old/one river sea",
		"filter=collection LIKE 'metadata:%25'&sortby=id":                                                        "lake old/one river sea",
		"filter=CASEI(collection)=CASEI('Metadata:Main')&sortby=id":                                              "lake old/one river sea",
		"filter=collection='metadata:main' AND collection='A'":                                                   "",
		"filter=NOT collection='metadata:main'&sortby=id":                                                        "item00 item01 item02 item03 item04 item05 item06 item07 item08 item09 item10 item11",
		"collections=metadata:main&filter=collection='metadata:main'":                                            "old/one sea lake river",
		"collections=metadata:main&filter=collection%3C%3E'metadata:main'":                                       "",
		"ids=river,item00&filter=collection='metadata:main'":                                                     "river",
		`query={"collection":{"eq":"metadata:main"}}`:                                                            "old/one sea lake river",
		`query={"collection":{"in":["metadata:main"]},"denominator":{"gt":1}}`:                                   "old/one sea",
		`query={"collection":{"neq":"metadata:main"}}&datetime=2026-03-01T00:00:00Z/..`:                          "",
		"filter-lang=cql2-json&filter={\"op\":\"=\",\"args\":[{\"property\":\"collection\"},\"metadata:main\"]}": "old/one sea lake river",
		"collections=river":                "mouth spring",
		"collections=A":                    "described item09 item06 item03 item00",
		"ids=river,item00,described":       "river described item00",
		"ids=A":                            "",
		"datetime=2026-03-01T00:00:00Z/..": "",
	} {
		for limit := 1; limit <= 3; limit += 2 {
			var met []string
			for href := fmt.Sprintf("%s/stac/search?limit=%d&%s", s.URL, limit, strings.ReplaceAll(query, " ", "%20")); href != ""; {
				var page document
				if r := s.get(t, href, &page); r.StatusCode != 200 {
					t.Fatalf("%s: %d", href, r.StatusCode)
				}
				met = append(met, ids(page.Features)...)
				href = page.link("next").Href
			}
			if got := strings.Join(met, " "); got != want {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
	}
	var collections document
	s.get(t, s.URL+"/stac/collections", &collections)
	if got := ids(collections.Collections); !slices.Equal(got, []string{"A", "metadata:main", "named only", "river", "uncollected"}) {
		t.Errorf("collections %q", got)
	}
	for limit := 1; limit < 5; limit++ {
		var met []string
		for href := fmt.Sprintf("%s/stac/collections?limit=%d", s.URL, limit); href != ""; {
			var page document
			s.get(t, href, &page)
			met = append(met, ids(page.Collections)...)
			href = page.link("next").Href
		}
		if !slices.Equal(met, ids(collections.Collections)) {
			t.Errorf("by %d: %q", limit, met)
		}
	}
	s.get(t, s.URL+"/stac/collections?q=gauges", &collections)
	if got := ids(collections.Collections); !slices.Equal(got, []string{"river"}) {
		t.Errorf("collections with gauges: %q", got)
	}
	var c document
	s.get(t, s.URL+"/stac/collections/metadata:main", &c)
	if got := fmt.Sprintf("%s %s", c.Extent["spatial"], c.Extent["temporal"]); got != `{"bbox":[[50,-10,54,-9]]} {"interval":[["2026-03-01T00:00:00Z","2026-03-05T00:00:00Z"]]}` {
		t.Error(got)
	}
	checkCollection(t, c)
	if met := s.reach(t, c.link("self").Href); len(met) != 4 || met[0][:len("metadata:main-2026-03/")] != "metadata:main-2026-03/" {
		t.Errorf("links lead to %q", met)
	}
	s.checkMetadata(t)
}

// checkMetadata looks at items that are made of metadata, and at what is made of all of them.
func (s service) checkMetadata(t *testing.T) {
	t.Helper()
	var found document
	for path, collection := range map[string]string{"metadata:main/items/old%2Fone": "metadata:main", "river/items/spring": "river", "A/items/described": "A", "metadata:main/items/spring": "river", "metadata:main/items/item01": "named only"} {
		if r := s.get(t, s.URL+"/stac/collections/"+path, &found); r.StatusCode != 200 || found.Collection != collection || found.Type != "Feature" {
			t.Errorf("%s: %d, in %q", path, r.StatusCode, found.Collection)
		}
	}
	for _, path := range []string{"metadata:main/items/none", "metadata:main/items/A", "river/items/river", "A/items/river"} {
		if r := s.get(t, s.URL+"/stac/collections/"+path, nil); r.StatusCode != 404 {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
	var queryables document
	s.get(t, s.URL+"/stac/collections/metadata:main/queryables", &queryables)
	if queryables.Properties["lineage"] == nil || queryables.Properties["gsd"] != nil {
		t.Errorf("queryables %v", queryables.Properties)
	}
	var made struct {
		Aggregations []struct {
			Name    string
			Value   any
			Buckets []struct {
				Key       string
				Frequency int
			}
		}
	}
	s.get(t, s.URL+"/stac/collections/metadata:main/aggregate?aggregations=total_count,datetime_min,datetime_max,datetime_frequency", &made)
	if got := fmt.Sprint(made.Aggregations); got != "[{total_count 4 []} {datetime_min 2026-03-01T00:00:00Z []} {datetime_max 2026-03-04T00:00:00Z []} {datetime_frequency <nil> [{2026-03-01T00:00:00Z 1} {2026-03-02T00:00:00Z 1} {2026-03-03T00:00:00Z 1} {2026-03-04T00:00:00Z 1}]}]" {
		t.Error(got)
	}
	for _, method := range []string{http.MethodDelete, http.MethodPut} {
		r, err := http.NewRequest(method, s.URL+"/stac/collections/metadata:main/items/river", strings.NewReader(string(item("metadata:main", "river", 1))))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if answer.Body.Close(); answer.StatusCode != 404 {
			t.Errorf("%s of metadata as an item: %d", method, answer.StatusCode)
		}
	}
	if r := s.get(t, s.URL+"/stac/collections/"+url.PathEscape("metadata:main")+"/export?f=ndjson", nil); r.StatusCode != 200 {
		t.Errorf("export: %d", r.StatusCode)
	}
}

// RC-07: what names metadata:main as its collection, and what names none, are one collection, and so they are where somebody registered
// it.
func TestMetadataBesideItems(t *testing.T) {
	s := filled(t)
	s.describe(t, "", "river", "lake")
	s.register(t, scope.System, "", item("metadata:main", "scene", 3))
	main := s.URL + "/stac/collections/metadata:main"
	checked := func(listed string) {
		t.Helper()
		var collections, found, c document
		s.get(t, s.URL+"/stac/collections", &collections)
		s.get(t, s.URL+"/stac/collections?bbox=-180,-90,180,90", &found)
		if got := strings.Join(ids(collections.Collections), " "); got != listed || !slices.Equal(ids(found.Collections), ids(collections.Collections)) {
			t.Errorf("collections %q, by place %q, want %q", got, ids(found.Collections), listed)
		}
		s.get(t, main+"/items?sortby=id", &found)
		if got := ids(found.Features); !slices.Equal(got, []string{"lake", "river", "scene"}) {
			t.Errorf("items %q", got)
		}
		s.get(t, main, &c)
		if met := s.reach(t, main); len(met) != 3 {
			t.Errorf("links lead to %q", met)
		}
	}
	checked("A metadata:main named only uncollected")
	s.register(t, scope.System, "", []byte(`{"type":"Collection","stac_version":"1.0.0","id":"metadata:main","title":"Ours","description":"D","license":"proprietary",`+
		`"extent":{"spatial":{"bbox":[[0,40,10,41]]},"temporal":{"interval":[["2026-01-01T00:00:00Z",null]]}},"links":[]}`))
	checked("A metadata:main named only uncollected")
}
