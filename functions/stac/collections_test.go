package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"perigee/shared/scope"
)

// described is a catalogue with collections that were described, and others that items only name.
func described(t *testing.T) service {
	s := start(t)
	for _, c := range []struct{ id, more, box, time string }{
		{"alpha", `"title":"Zebra","keywords":["optical","EO"],"license":"CC-BY-4.0","sci:doi":"10.1/a"`, "0,40,10,50", `"2020-01-01T00:00:00Z","2020-12-31T00:00:00Z"`},
		{"delta", `"title":"Ant","keywords":["radar"],"license":"other","created":"2024-05-01T00:00:00Z"`, "170,-20,-170,0", `"2021-01-01T00:00:00Z",null`},
		{"omega", `"license":"CC-BY-4.0"`, "-180,-90,180,90", `null,null`},
	} {
		s.register(t, scope.System, "", fmt.Appendf(nil, `{"type":"Collection","stac_version":"1.0.0","id":%q,"description":"Collection %[1]s of the climate model",%s,`+
			`"extent":{"spatial":{"bbox":[[%s]]},"temporal":{"interval":[[%s]]}},"links":[]}`, c.id, c.more, c.box, c.time))
	}
	for i, collection := range []string{"beta", "beta", "gamma", "", "delta"} {
		s.register(t, scope.System, "", item(collection, fmt.Sprint("item", i), 2*i))
	}
	return s
}

// collectionIDs walks all pages of a search of collections.
func (s service) collectionIDs(t *testing.T, query string) (met []string, matched int) {
	t.Helper()
	matched = -1
	for href := s.URL + "/stac/collections?" + query; href != ""; {
		var page struct {
			document
			Matched *int `json:"numberMatched"`
		}
		if r := s.get(t, href, &page); r.StatusCode != 200 {
			t.Fatalf("%s: %d", href, r.StatusCode)
		}
		met = append(met, ids(page.Collections)...)
		if page.Matched != nil {
			matched = *page.Matched
		}
		href = page.link("next").Href
	}
	return met, matched
}

// RC-07: collections are searched by place, time, text and filter, those that items only name among them, in any order and by
// pages of any size.
func TestCollectionSearch(t *testing.T) {
	s := described(t)
	for query, want := range map[string]string{
		"":                              "alpha beta delta gamma omega uncollected",
		"bbox=5,45,6,46":                "alpha omega",
		"bbox=0,40,0,5,41,1000":         "alpha beta gamma omega", // beta from 0 to 3, gamma from 4 to 5
		"bbox=179,-10,-179,-5":          "delta omega",
		"datetime=2020-06-01T00:00:00Z": "alpha omega",
		"datetime=2022-01-01T00:00:00Z/2026-01-03T12:00:00Z":   "beta delta omega",
		"datetime=../2019-01-01T00:00:00Z":                     "omega",
		"q=radar,nothing":                                      "delta",
		"q=" + url.QueryEscape(`"climate model" AND -optical`): "delta omega",
		"q=zebra": "alpha",
		"q=gamma": "gamma",
		"filter=" + url.QueryEscape("license = 'CC-BY-4.0'"):                                                                  "alpha omega",
		"filter=" + url.QueryEscape("title LIKE 'Z%' OR id IN ('gamma','none')"):                                              "alpha gamma",
		"filter=" + url.QueryEscape("description LIKE '%delta%' AND created > TIMESTAMP('2024-01-01T00:00:00Z')"):             "delta",
		"filter=" + url.QueryEscape("T_INTERSECTS(extent.temporal, INTERVAL('2020-05-01T00:00:00Z','2020-06-01T00:00:00Z'))"): "alpha",
		"filter=" + url.QueryEscape("A_CONTAINS(keywords, ('EO'))") + "&bbox=0,40,1,41":                                       "alpha",
		"filter=" + url.QueryEscape("\"sci:doi\" IS NULL"):                                                                    "beta delta gamma omega uncollected",
		"filter-lang=cql2-json&filter=" + url.QueryEscape(`{"op":"=","args":[{"property":"id"},"beta"]}`):                     "beta",
		"sortby=-id":                "uncollected omega gamma delta beta alpha",
		"sortby=title,id":           "beta gamma uncollected delta alpha omega", // those without a title first; that of omega is its id
		"sortby=-title&q=model":     "omega alpha delta",
		"sortby=extent.temporal,id": "omega alpha delta beta gamma uncollected",
		"sortby=-license,-id":       "delta omega alpha uncollected gamma beta",
		"fields=title&sortby=id":    "alpha beta delta gamma omega uncollected",
	} {
		wanted := strings.Fields(want)
		for _, limit := range []int{1, 2, 3, 5, 100} {
			got, matched := s.collectionIDs(t, fmt.Sprintf("limit=%d&%s", limit, query))
			if !slices.Equal(got, wanted) || matched != len(wanted) {
				t.Errorf("%s by %d: %q of %d, want %q", query, limit, got, matched, wanted)
			}
		}
	}
	var page document
	s.get(t, s.URL+"/stac/collections?fields=title&limit=1", &page)
	if c := page.Collections[0]; c.Type != "Collection" || c.License != "" || c.Links != nil {
		t.Errorf("fields: %+v", c)
	}
	for _, bad := range []string{"colour=red", "bbox=1", "datetime=now", "filter=" + url.QueryEscape("id ="), "sortby=geometry", "sortby=extent.spatial", "token=x", "q=%28", "filter=" + url.QueryEscape("assets = 'x'")} {
		if r := s.get(t, s.URL+"/stac/collections?"+bad, nil); r.StatusCode != 400 {
			t.Errorf("%s: %d", bad, r.StatusCode)
		}
	}
	var collections document
	s.get(t, s.URL+"/stac/collections", &collections)
	for _, c := range collections.Collections {
		if c.ID == "beta" && fmt.Sprintf("%s %s", c.Extent["spatial"], c.Extent["temporal"]) != `{"bbox":[[0,40,3,41]]} {"interval":[["2026-01-01T00:00:00Z","2026-01-03T00:00:00Z"]]}` {
			t.Errorf("beta: %s", c.Extent)
		}
	}
}
