package main

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/identity"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// productsYAML has a collection of data access in which the even items lie, one without any, and one of the name of a
// collection of the catalogue.
const productsYAML = `
layers: [{id: EVEN, title: Even ones, abstract: Every other}]
collections: {EVEN: {}, EMPTY: {}, S2: {}}
productTypes:
  - {name: TWO, filter: {productionStatus: NEVER}, collections: [EVEN]}
`

// serve answers from a real database with a collection, five items in it, and one in a collection that nobody registered.
func serve(t *testing.T) http.Handler {
	t.Helper()
	store := cataloguetest.Open(t)
	changes := []record.Change{{Record: record.Record{
		Key: record.Key{Collection: "S2", ID: "S2"}, Type: record.TypeCollection, Title: "Sentinel-2", Document: []byte(`{"type":"Collection"}`), MediaType: "application/json", Version: "c",
		Footprint: orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}.ToPolygon(),
	}}}
	for i := range 6 {
		lon, at, collection := float64(10*i), time.Date(2026, 6, 1+i, 10, 0, 0, 0, time.UTC), "S2"
		if i == 5 {
			collection = "named"
		}
		changes = append(changes, record.Change{Record: record.Record{
			Key: record.Key{Collection: collection, ID: fmt.Sprintf("%s_%d", collection, i)}, Type: record.TypeItem, Title: fmt.Sprintf("Scene %d", i), Abstract: "fields and water",
			Time: record.Interval{Start: at, End: at}, Footprint: orb.Bound{Min: orb.Point{lon, 40}, Max: orb.Point{lon + 5, 45}}.ToPolygon(),
			ProductType: []string{"TWO", ""}[i%2], Properties: map[string]any{"eo:cloud_cover": float64(10 * i), "sat:orbit_state": []string{"ascending", "descending"}[i%2], "instruments": []any{"msi", fmt.Sprint("x", i)}, "productionStatus": "ARCHIVED"},
			Document: []byte(fmt.Sprintf(`{"type":"Feature","id":"S2_%d"}`, i)), MediaType: "application/geo+json", Version: fmt.Sprint(i),
		}})
	}
	applied, err := store.Apply(t.Context(), scope.New(scope.System, "test", scope.Writer), changes)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range applied {
		if a.Err != nil {
			t.Fatal(a.Err)
		}
	}
	edge, err := identity.New(identity.Config{Auth: "none"})
	if err != nil {
		t.Fatal(err)
	}
	products, err := product.Load("products", []byte(productsYAML))
	if err != nil {
		t.Fatal(err)
	}
	return edge.Wrap(handler(config{Title: "test"}, store, products))
}

func get(t *testing.T, h http.Handler, target string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	return w
}

// identifiers are those of the entries of a feed, and the number of all.
func identifiers(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var feed struct {
		Total   int `xml:"totalResults"`
		Entries []struct {
			ID string `xml:"identifier"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &feed); err != nil || w.Code != 200 {
		t.Fatalf("%d %v %s", w.Code, err, w.Body)
	}
	all := []string{fmt.Sprint(feed.Total, ":")}
	for _, e := range feed.Entries {
		all = append(all, e.ID)
	}
	return strings.Join(all, " ")
}

// RND-13, RND-14: the two steps over a real catalogue. Each parameter finds what it should.
func TestTwoSteps(t *testing.T) {
	h := serve(t)
	const items = "/opensearch/collections/S2/atom/?"
	for target, want := range map[string]string{
		"/opensearch/atom/":                                                          "4: S2 named EMPTY EVEN",
		"/opensearch/atom/?count=1":                                                  "4: S2",
		"/opensearch/atom/?count=1&startIndex=1":                                     "4: named",
		"/opensearch/atom/?count=1&startIndex=2":                                     "4: EMPTY",
		"/opensearch/atom/?count=0":                                                  "4:",
		"/opensearch/atom/?bbox=51,41,52,42":                                         "2: S2 named",
		"/opensearch/atom/?bbox=151,41,152,42":                                       "1: S2",
		"/opensearch/atom/?uid=named":                                                "1: named",
		"/opensearch/atom/?q=sentinel":                                               "1: S2",
		items:                                                                        "5: S2_4 S2_3 S2_2 S2_1 S2_0",
		items + "count=2&startIndex=3":                                               "5: S2_1 S2_0",
		items + "count=0":                                                            "5:",
		items + "bbox=11,41,12,42":                                                   "1: S2_1",
		items + "bbox=9,39,16,46&georel=contains":                                    "1: S2_1",
		items + "bbox=11,41,12,42&georel=disjoint":                                   "4: S2_4 S2_3 S2_2 S2_0",
		items + "lon=8&lat=42&r=300000":                                              "2: S2_1 S2_0",
		items + "geom=LINESTRING(1%2041,12%2042)":                                    "2: S2_1 S2_0",
		items + "start=2026-06-03&end=2026-06-04":                                    "2: S2_3 S2_2",
		items + "start=2026-06-03&end=2026-06-04&timerel=disjoint":                   "3: S2_4 S2_1 S2_0",
		items + "start=2026-06-03&end=2026-06-04&timerel=contains":                   "2: S2_3 S2_2",
		items + "start=2026-06-03T10:00:00Z&end=2026-06-03T10:00:00Z&timerel=equals": "1: S2_2",
		items + "eo:cloudCover=]20":                                                  "2: S2_4 S2_3",
		items + "cloudCover={10,20}":                                                 "2: S2_2 S2_1",
		items + "orbitDirection=ASCENDING":                                           "3: S2_4 S2_2 S2_0",
		items + "instrument=x3":                                                      "1: S2_3",
		items + "instrument=msi":                                                     "5: S2_4 S2_3 S2_2 S2_1 S2_0",
		items + "productionStatus=ARCHIVED&cloudCover=0":                             "1: S2_0",
		items + "parentIdentifier=S2&count=1":                                        "5: S2_4",
		items + "cql=cloudCover%20BETWEEN%2010%20AND%2030":                           "3: S2_3 S2_2 S2_1",
		items + "q=2_3":                                                              "1: S2_3",
		items + "q=WATER+s2_1":                                                       "1: S2_1",
		items + "q=water&uid=S2_1":                                                   "1: S2_1",
		"/opensearch/collections/named/atom":                                         "1: named_5",
		"/opensearch/atom/?uid=EVEN":                                                 "1: EVEN",
		"/opensearch/atom/?count=2&startIndex=3":                                     "4: EVEN",
		"/opensearch/collections/EVEN/atom":                                          "3: S2_4 S2_2 S2_0",
		"/opensearch/collections/EVEN/atom/?cloudCover=]10&count=1":                  "2: S2_4",
		"/opensearch/collections/EMPTY/atom":                                         "0:",
		"/workspaces/other/opensearch/collections/EVEN/atom":                         "0:",
		"/workspaces/other/opensearch/atom":                                          "3: EMPTY EVEN S2",
	} {
		if got := identifiers(t, get(t, h, target)); got != want {
			t.Errorf("%s: %q, not %q", target, got, want)
		}
	}
	for target, has := range map[string]string{
		"/opensearch/":                   `rel="collection"`,
		"/opensearch/collections/S2/":    `value="DESCENDING"`,
		"/opensearch/collections/named/": "{eo:productionStatus?}",
		"/opensearch/collections/EVEN/":  "<Description>Every other</Description>",
	} {
		if w := get(t, h, target); w.Code != 200 || !strings.Contains(w.Body.String(), has) {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	for _, target := range []string{"/opensearch/collections/nowhere/", "/opensearch/collections/nowhere/atom/"} {
		if w := get(t, h, target); w.Code != 404 || !strings.Contains(w.Body.String(), `locator="collection"`) {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}
