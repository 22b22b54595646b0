package stacapi

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"perigee/shared/filter"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
)

// RC-07: what each operator of the query extension asks of a property, whatever its type.
func TestQueryOperators(t *testing.T) {
	rec := record.Record{Key: record.Key{Collection: "c", ID: "Item_1"}, Properties: map[string]any{
		"eo:cloud_cover": 12.5, "platform": "Sentinel-2A", "instruments": []any{"MSI", "other"}, "off": false, "when": "2026-04-30T10:00:00Z", "odd": `50%_\ off`,
	}}
	for query, want := range map[string]bool{
		`{}`:                             true,
		`{"eo:cloud_cover":{"eq":12.5}}`: true,
		`{"properties.eo:cloud_cover":{"lt":12.6}}`:                           true,
		`{"eo:cloud_cover":{"gte":12.5,"lte":12.5}}`:                          true,
		`{"eo:cloud_cover":{"gte":0,"lt":12.5}}`:                              false,
		`{"eo:cloud_cover":{"gt":12,"neq":12.5}}`:                             false,
		`{"eo:cloud_cover":{"in":[1,12.5]}}`:                                  true,
		`{"eo:cloud_cover":{"in":[]}}`:                                        false,
		`{"platform":{"eq":"sentinel-2a"}}`:                                   true,
		`{"platform":"SENTINEL-2A"}`:                                          true,
		`{"platform":{"neq":"sentinel-2a"}}`:                                  false,
		`{"platform":{"neq":"landsat-8"}}`:                                    true,
		`{"missing":{"neq":"anything"}}`:                                      true,
		`{"missing":{"eq":"anything"}}`:                                       false,
		`{"missing":{"eq":null}}`:                                             true,
		`{"platform":{"neq":null}}`:                                           true,
		`{"platform":{"startsWith":"sent"}}`:                                  true,
		`{"platform":{"startsWith":"entinel"}}`:                               false,
		`{"platform":{"endsWith":"2a"}}`:                                      true,
		`{"platform":{"contains":"NEL-2"}}`:                                   true,
		`{"platform":{"contains":"nel%2"}}`:                                   false,
		`{"odd":{"contains":"%_\\ "}}`:                                        true,
		`{"platform":{"in":["landsat","SENTINEL-2A"]}}`:                       true,
		`{"instruments":{"eq":"msi"}}`:                                        true,
		`{"instruments":{"contains":"the"}}`:                                  true,
		`{"instruments":{"neq":"msi"}}`:                                       false,
		`{"off":{"eq":false}}`:                                                true,
		`{"off":{"neq":false}}`:                                               false,
		`{"when":{"gt":"2026-04-30T09:59:59Z","lte":"2026-04-30T10:00:00Z"}}`: true,
		`{"id":{"eq":"item_1"},"collection":{"in":["C"]}}`:                    true,
		`{"id":{"startsWith":"item1"}}`:                                       false,
		`{"platform":{"eq":"sentinel-2a"},"eo:cloud_cover":{"gt":50}}`:        false,
	} {
		e, err := parseQuery([]byte(query))
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if got := e == nil || filter.Holds(e, rec); got != want {
			t.Errorf("%s holds: %v", query, got)
		}
	}
}

// A query is asked by GET and by POST, and together with a filter: both apply.
func TestQueryBesideFilter(t *testing.T) {
	h, _ := catalogueOf(t)
	const both = `{"id":{"in":["LONELY","S2A_33UXP_20260430"]}}`
	for name, got := range map[string][]string{
		"get":             idsOf(t, get(t, h, "/stac/search?query="+url.QueryEscape(both)+"&filter="+url.QueryEscape("id = 'lonely'"))),
		"get items":       idsOf(t, get(t, h, "/stac/collections/uncollected/items?query="+url.QueryEscape(both))),
		"post":            idsOf(t, send(t, h, "POST", "/stac/search", strings.NewReader(`{"query":`+both+`,"filter":{"op":"=","args":[{"property":"id"},"lonely"]}}`), "Content-Type", ogcapi.MediaTypeJSON)),
		"post, with text": idsOf(t, send(t, h, "POST", "/stac/search", strings.NewReader(`{"query":`+both+`,"q":"lonely"}`), "Content-Type", ogcapi.MediaTypeJSON)),
	} {
		if !slices.Equal(got, []string{`"lonely"`}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestRefusedQueries(t *testing.T) {
	for query, want := range map[string]string{
		`[]`:                                    "query is not an object",
		`{"assets":{"eq":1}}`:                   `"assets"`,
		`{"geometry":{"eq":1}}`:                 "bbox",
		`{"a":{"like":"x"}}`:                    `no operator "like", but contains, endsWith, eq, gt`,
		`{"a":{"eq":{}}}`:                       "eq: the value is not",
		`{"a":{"lt":true}}`:                     "no order",
		`{"a":{"startsWith":5}}`:                "startsWith: the value is not a text",
		`{"a":{"in":"x"}}`:                      "list",
		`{"a":{"in":[null]}}`:                   "null",
		`{"a":{"gt":1e999}}`:                    "out of range",
		`{"datetime":{"gt":"yesterday"}}`:       "yesterday",
		`{"a":{"in":` + manyValues(1001) + `}}`: "at most 1000",
	} {
		if _, err := parseQuery([]byte(query)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v", query, err)
		}
	}
	_, err := parseQuery([]byte(`{"a":{"like":1},"b":{"lt":true}}`))
	if err == nil || !strings.Contains(err.Error(), "like") || !strings.Contains(err.Error(), "no order") {
		t.Errorf("not all faults: %v", err)
	}
}

func manyValues(n int) string {
	return "[" + strings.TrimSuffix(strings.Repeat("1,", n), ",") + "]"
}

func FuzzQuery(f *testing.F) {
	f.Add([]byte(`{"eo:cloud_cover":{"gte":0,"lte":10},"a":{"startsWith":"abc","in":["x",1]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := parseQuery(raw)
		if err != nil || e == nil {
			return
		}
		if err := filter.Check(e, nil); err != nil && len(raw) < 10_000 {
			t.Fatal(fmt.Sprintf("%q", raw), err)
		}
	})
}
