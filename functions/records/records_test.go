package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"perigee/shared/record"
	"perigee/shared/scope"
)

const items = "/records/collections/metadata:main/items"

// RC-05: every parameter finds what it should, by GET and as a body, and pages meet each record once.
func TestItems(t *testing.T) {
	s := filled(t)
	const all = "s08 s07 s05 s04 s03 s02 s01 S2 s00 part series"
	for query, want := range map[string]string{
		"":                       all,
		"limit=3":                all,
		"bbox=2.5,40.2,3.5,40.7": "s03 s02 S2",
		"bbox=40.2,2.5,40.7,3.5&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4326": "s03 s02 S2",
		"bbox=":                                       all,
		"datetime=2026-01-03T00:00:00Z/..":            "s08 s07 s05 s04 s03 s02 S2",
		"datetime=2025-05-05T00:00:00Z":               "part",
		"q=ice":                                       "s07 s05 s03 s01",
		"q=ICE,document":                              "s07 s05 s03 s01",
		"q=fields+and+sea":                            "s08 s04 s02 s00",
		"q=sea+and+fields":                            "",
		"q=scene+3,a++part":                           "s03 part",
		"ids=s03,part,none":                           "s03 part",
		"type=series":                                 "S2 series",
		"type=collection":                             "S2",
		"type=dataset&limit=4":                        "s08 s07 s05 s04 s03 s02 s01 s00 part",
		"externalIds=s03":                             "s03",
		"externalIds=urn:s:x1":                        "series",
		"externalIds=urn:s:":                          "series",
		"externalIds=x1,s01":                          "s01 series",
		"externalIds=other:x1":                        "",
		"title=Scene+3":                               "s03",
		"keywords=k3":                                 "s03",
		"platform=p1":                                 "s07 s04 s01",
		"eo:cloud_cover=30.5":                         "s03",
		"properties.eo:cloud_cover=30.5":              "s03",
		"collection=S2&limit=4":                       "s05 s04 s03 s02 s01 s00",
		"parentIdentifier=series":                     "part",
		"anytext=optical":                             "S2",
		"sortby=%2Btitle&ids=s01,part,s00":            "part s00 s01",
		"sortby=-eo:cloud_cover&type=dataset&limit=5": "s08 s07 s05 s04 s03 s02 s01 s00 part",
		"q=scene,ice&sortby=-relevance":               "s07 s05 s03 s01 s08 s04 s02 s00",
		"sortby=type,-id":                             "S2 part s08 s07 s05 s04 s03 s02 s01 s00 series",
		"filter=eo:cloud_cover+<+20+AND+keywords+LIKE+'%25ce'":                                           "s01",
		"filter=type='dataset'+AND+collection+<>+'S2'":                                                   "s08 s07 part",
		"filter=S_INTERSECTS(geometry,BBOX(2.5,40.2,3.5,40.7))+AND+type+IN+('dataset')":                  "s03 s02",
		"filter=T_AFTER(datetime,TIMESTAMP('2026-01-05T12:00:00Z'))":                                     "s08 s07 s05",
		"filter=created+>+TIMESTAMP('2020-01-01T00:00:00Z')+AND+updated+<+DATE('2020-01-01')":            "",
		"filter=anytext+LIKE+'%25elds%25'&limit=4":                                                       "s08 s07 s05 s04 s03 s02 s01 s00",
		"filter-lang=cql2-json&filter=" + url.QueryEscape(`{"op":"=","args":[{"property":"id"},"s03"]}`): "s03",
		"filter-lang=cql-text&filter=BBOX(geometry,2.5,40.2,3.5,40.7)+AND+title+ILIKE+'scene%25'":        "s03 s02",
		"offset=6":             "s01 S2 s00 part series",
		"startindex=9&limit=5": "part series",
		"offset=50":            "",
	} {
		if got := s.walk(t, items+"?"+query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	for path, want := range map[string]string{"S2": "s05 s04 s03 s02 s01 s00", "series": "part", "named%20only": "s08 s07"} {
		if got := s.walk(t, "/records/collections/"+path+"/items?limit=4"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if got := s.walk(t, "/workspaces/alice"+items); got != "s09" {
		t.Errorf("alice: %q", got)
	}
}

// walk follows the pages of a list.
func (s service) walk(t testing.TB, target string) string {
	t.Helper()
	var met []string
	for pages := 0; target != ""; pages++ {
		var page document
		s.get(t, target, &page)
		for _, f := range page.Features {
			met = append(met, f.ID)
		}
		if pages > 20 || page.NumberReturned != len(page.Features) {
			t.Fatalf("%s: %d pages, %d of %d", target, pages, len(page.Features), page.NumberReturned)
		}
		if pages == 0 && (page.NumberMatched == nil || *page.NumberMatched < len(page.Features)) {
			t.Errorf("%s: %v matched", target, page.NumberMatched)
		}
		target = page.link("next")
	}
	return strings.Join(met, " ")
}

// RC-05: a body is CQL2 JSON by itself, as pycsw takes it, or an object of parameters.
func TestItemsByBody(t *testing.T) {
	s := filled(t)
	for body, want := range map[string]string{
		`{"op":">","args":[{"property":"eo:cloud_cover"},25]}`:                                                  "s08 s07 s05 s04 s03",
		`{"filter":{"op":"=","args":[{"property":"type"},"series"]},"limit":1}`:                                 "S2 series",
		`{"bbox":[2.5,40.2,3.5,40.7],"type":["dataset"],"sortby":[{"field":"id","direction":"asc"}],"limit":1}`: "s02 s03",
		`{"filter":"id = 's03'","filter-lang":"cql2-text"}`:                                                     "s03",
		`{"q":["sea","ice"],"offset":2,"limit":2}`:                                                              "s05 s04 s03 s02 s01 s00",
		`{"ids":["s01"]}`: "s01",
		``:                "s08 s07 s05 s04 s03 s02 s01 S2 s00 part series",
		`{}`:              "s08 s07 s05 s04 s03 s02 s01 S2 s00 part series",
	} {
		target, met := s.URL+items+"?limit=3", []string{}
		if strings.Contains(body, "limit") {
			target = s.URL + items
		}
		for pages := 0; target != "" && pages < 20; pages++ {
			r, err := http.Post(target, "application/json", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			var page document
			read(t, r, &page)
			met = append(met, strings.Fields(ids(page.Features))...)
			target = page.link("next")
		}
		if got := strings.Join(met, " "); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	for body, kind := range map[string]string{`{"op":"nonsense"}`: "application/json", `[1]`: "application/json", `{"limit":{}}`: "application/json", `{"colour":"red"}`: "application/json"} {
		r, err := http.Post(s.URL+items, kind, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if r := read(t, r, nil); r.StatusCode != 400 || r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d", body, r.StatusCode)
		}
	}
	r, err := http.Post(s.URL+items, "application/geo+json", strings.NewReader(`{"type":"Feature"}`))
	if err != nil {
		t.Fatal(err)
	}
	if r := read(t, r, nil); r.StatusCode != 503 {
		t.Errorf("a record where nobody writes: %d", r.StatusCode)
	}
}

// RC-05, 1.9/15: what is wrong with a question is said, all of it, and where (EOxServer died of a box of two numbers).
func TestFaults(t *testing.T) {
	s := filled(t)
	for query, locators := range map[string]string{
		"limit=0&bbox=1,2,3&datetime=1985&colour=red": "bbox colour datetime limit",
		"offset=-1&startindex=2":                      "startindex",
		"offset=x":                                    "offset",
		"bbox=1,2":                                    "bbox",
		"offset=1000001&limit=x":                      "limit offset",
		"startindex=1000001":                          "startindex",
		"offset=1&token=x":                            "offset",
		"token=forged":                                "token",
		"filter=title+=":                              "filter",
		"filter=title+=+5":                            "filter",
		"filter=links='x'":                            "filter",
		"filter-lang=xpath&filter=x":                  "filter-lang",
		"filter-crs=EPSG:9999999":                     "filter-crs",
		"crs=EPSG:2154":                               "crs",
		"bbox-crs=nonsense":                           "bbox-crs",
		"sortby=geometry":                             "sortby",
		"sortby=-relevance":                           "sortby",
		"sortby=nothing:here":                         "sortby",
		"geometry=x":                                  "geometry",
		"f=pdf":                                       "f",
		"limit=1&limit=2":                             "limit",
	} {
		r, err := http.Get(s.URL + items + "?" + query)
		if err != nil {
			t.Fatal(err)
		}
		var problem struct {
			Status int
			Errors []struct{ Locator, Detail string }
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || json.Unmarshal(body, &problem) != nil || r.StatusCode != 400 || problem.Status != 400 || r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", query, r.StatusCode, body)
			continue
		}
		var got []string
		for _, e := range problem.Errors {
			got = append(got, e.Locator)
		}
		slices.Sort(got)
		if strings.Join(slices.Compact(got), " ") != locators {
			t.Errorf("%s: %v, want %s: %s", query, got, locators, body)
		}
	}
	for _, path := range []string{"/records/collections/none", "/records/collections/none/items", "/records/collections/none/queryables", items + "/none", "/records/collections/S2/items/part",
		"/workspaces/alice/records/collections/S2", "/records/nothing"} {
		if r := s.get(t, path, nil); r.StatusCode != 404 {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
}

// RC-05: a digital object identifier is an external one, by itself or behind its scheme, whether it is the id of the record or one of
// its properties; so is the scheme alone.
func TestDigitalObjectIdentifiers(t *testing.T) {
	s := filled(t)
	s.apply(t, scope.System,
		record.Record{Key: record.Key{ID: "10.3390/rs1"}, Type: "document", Title: "An article", Document: []byte("<article/>"), MediaType: "application/xml"},
		record.Record{Key: record.Key{ID: "cited"}, Type: "dataset", Title: "Cited", Document: []byte("<data/>"), MediaType: "application/xml", Properties: map[string]any{"sci:doi": "10.5281/z2"}})
	for query, want := range map[string]string{
		"10.3390/rs1": "10.3390/rs1", "https://doi.org:10.3390/rs1": "10.3390/rs1", "10.5281/z2": "cited", "https://doi.org:10.5281/z2,x1": "cited series",
		"https://doi.org:": "10.3390/rs1 cited", "https://doi.org:10.3390/rs2": "",
	} {
		var page document
		s.get(t, items+"?sortby=id&externalIds="+url.QueryEscape(query), &page)
		if got := ids(page.Features); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	var article document
	s.get(t, items+"/10.3390%2Frs1", &article)
	if got := fmt.Sprint(article.Properties["externalIds"]); got != "[map[scheme:https://doi.org value:10.3390/rs1]]" {
		t.Error(got)
	}
}
