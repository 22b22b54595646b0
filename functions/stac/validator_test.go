package main

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"perigee/shared/scope"
)

// validator asks what stac-api-validator (https://github.com/stac-utils/stac-api-validator, 0.6) asks of each conformance class, in
// the way of requests, the client that it is written with: any media type is accepted, and bodies are JSON.
type validator struct {
	service
	*testing.T
	landing document
}

// validated is a catalogue with what the questions need: properties to compare, items at a place that is looked at, times.
func validated(t *testing.T) validator {
	s := filled(t)
	s.register(t, scope.System, "", []byte(`{"type":"Collection","stac_version":"1.0.0","id":"V","description":"D","license":"proprietary",`+
		`"extent":{"spatial":{"bbox":[[20,20,21,21]]},"temporal":{"interval":[["2026-01-01T00:00:00Z",null]]}},"links":[]}`))
	for i := range 12 {
		s.register(t, scope.System, "", fmt.Appendf(nil, `{"type":"Feature","stac_version":"1.0.0","id":"v%02d","collection":"V","bbox":[20,20,21,21],`+
			`"geometry":{"type":"Polygon","coordinates":[[[20,20],[21,20],[21,21],[20,21],[20,20]]]},"properties":{"datetime":"2026-02-%02[2]dT00:00:00Z",`+
			`"eo:cloud_cover":%d,"platform":"sentinel-2%c","instruments":["msi"]},"links":[],"assets":{"data":{"href":"https://files.example/v"}}}`, i, i+1, i*5, 'a'+rune(i%2)))
	}
	s.describe(t, "", "river", "lake") // no items, and yet among them
	v := validator{service: s, T: t}
	v.landing = v.ask(http.MethodGet, s.URL+"/stac", nil, 200)
	return v
}

// ask asks, and holds what every answer has to have.
func (v validator) ask(method, href string, body any, status int) (d document) {
	v.Helper()
	var send io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			v.Fatal(err)
		}
		send = strings.NewReader(string(text))
	}
	r, err := http.NewRequest(method, href, send)
	if err != nil {
		v.Fatal(err)
	}
	r.Header.Set("Accept", "*/*")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		v.Fatal(err)
	}
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	v.read(v.T, answer, &d)
	want := "application/json"
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/search") || strings.Contains(path, "/items"):
		want = "application/geo+json"
	case strings.HasSuffix(path, "/queryables"):
		want = "application/schema+json"
	}
	if answer.StatusCode != status || status == 200 && kind != want {
		v.Errorf("%s %s %v: %d %s, not %d %s", method, href, body, answer.StatusCode, kind, status, want)
	}
	return d
}

// search asks by GET, and by POST what the body says; both have to be answered with the status.
func (v validator) search(query url.Values, body map[string]any, status int) (found []document) {
	v.Helper()
	byQuery := v.ask(http.MethodGet, v.URL+"/stac/search?"+query.Encode(), nil, status)
	byBody := v.ask(http.MethodPost, v.URL+"/stac/search", body, status)
	if !slices.Equal(ids(byQuery.Features), ids(byBody.Features)) {
		v.Errorf("%v finds %q, %v %q", query, ids(byQuery.Features), body, ids(byBody.Features))
	}
	return byQuery.Features
}

// standing holds an answer against the links by which it says where it stands.
func (v validator) standing(d document, at string, rels ...string) {
	v.Helper()
	if self := d.link("self").Href; self != at {
		v.Errorf("%s says that it is at %s", at, self)
	}
	for _, rel := range append(rels, "root") {
		if d.link(rel).Href == "" {
			v.Errorf("%s has no link %s", at, rel)
		}
	}
}

// RC-07: the questions of stac-api-validator are answered as it wants, for each conformance class that is claimed.
func TestValidator(t *testing.T) {
	v := validated(t)
	for name, of := range map[string]func(validator){
		"core": validator.core, "browseable": validator.browseable, "children": validator.children, "collections": validator.collections, "features": validator.features,
		"item-search": validator.itemSearch, "datetime": validator.datetimes, "item-search#fields": validator.fields, "item-search#sort": validator.sorts,
		"item-search#query": validator.queries, "item-search#filter": validator.filters,
	} {
		t.Run(name, func(t *testing.T) { of(validator{v.service, t, v.landing}) })
	}
}

func (v validator) core() {
	v.standing(v.landing, v.URL+"/stac")
	if v.landing.link("root").Type != "application/json" || v.landing.link("self").Type != "application/json" || !slices.Contains(v.landing.ConformsTo, "https://api.stacspec.org/v1.0.0/core") {
		v.Errorf("%+v", v.landing.Links)
	}
	for _, rel := range []string{"service-desc", "service-doc"} {
		link := v.landing.link(rel)
		r, err := http.NewRequest(http.MethodGet, link.Href, nil)
		if err != nil {
			v.Fatal(err)
		}
		r.Header.Set("Accept", link.Type)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			v.Fatal(err)
		}
		answer.Body.Close()
		if kind, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";"); answer.StatusCode != 200 || !strings.HasPrefix(link.Type, kind) {
			v.Errorf("%s: %d %s", rel, answer.StatusCode, kind)
		}
	}
	if got := v.ask(http.MethodGet, v.landing.link("conformance").Href, nil, 200); !slices.Equal(got.ConformsTo, v.landing.ConformsTo) {
		v.Errorf("the landing page conforms to %v, /conformance to %v", v.landing.ConformsTo, got.ConformsTo)
	}
	if got := v.ask(http.MethodGet, v.landing.link("http://www.opengis.net/def/rel/ogc/1.0/queryables").Href, nil, 200); got.Type != "object" {
		v.Errorf("%+v", got)
	}
}

// browseable: items that links lead to are found by their ids.
func (v validator) browseable() {
	reached := v.reach(v.T, v.URL+"/stac")
	if len(reached) != 26 {
		v.Errorf("reached %q", reached)
	}
	for _, one := range reached {
		_, id, _ := strings.Cut(one, "/")
		if found := v.ask(http.MethodGet, v.URL+"/stac/search?ids="+id, nil, 200); len(found.Features) != 1 {
			v.Errorf("%s is not found", one)
		}
	}
}

// children: those that the landing page names are those that /children lists, each of them as it answers alone.
func (v validator) children() {
	link := v.landing.link("children")
	var listed struct {
		Children []any
		document
	}
	if r := v.get(v.T, link.Href, &listed); r.StatusCode != 200 || !strings.HasSuffix(link.Href, "/children") {
		v.Fatal(r.StatusCode, link)
	}
	v.standing(listed.document, link.Href)
	var alone []any
	for _, l := range v.landing.Links {
		if l.Rel == "child" {
			var one any
			v.get(v.T, l.Href, &one)
			alone = append(alone, one)
		}
	}
	if len(alone) != 5 || !reflect.DeepEqual(alone, listed.Children) {
		v.Errorf("%d children are named, %d listed, or they differ", len(alone), len(listed.Children))
	}
}

func (v validator) collections() {
	at := v.landing.link("data").Href
	v.ask(http.MethodGet, at+"/non-existent-collection", nil, 404)
	all := v.ask(http.MethodGet, at, nil, 200)
	if v.standing(all, at); len(all.Collections) != 5 || all.Type != "" {
		v.Errorf("%+v", all)
	}
	v.standing(v.ask(http.MethodGet, at+"/V", nil, 200), at+"/V", "parent", "items", "http://www.opengis.net/def/rel/ogc/1.0/queryables")
}

func (v validator) features() {
	at := v.URL + "/stac/collections/V/items"
	v.ask(http.MethodGet, at+"/non-existent-item", nil, 404)
	page := v.ask(http.MethodGet, at, nil, 200)
	v.standing(page, at)
	one := page.Features[0].link("self").Href
	v.standing(v.ask(http.MethodGet, one, nil, 200), one, "parent", "collection")
	first := v.ask(http.MethodGet, at+"?limit=1", nil, 200).link("next").Href
	if second := v.ask(http.MethodGet, first, nil, 200); first == at+"?limit=1" || len(second.Features) != 1 {
		v.Errorf("%s: %+v", first, second)
	}
}
