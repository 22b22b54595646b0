package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/shared/bucket"
	"perigee/shared/catalogue"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// RC-07: a client walks from the landing page over collections and pages to every item, by links alone.
func TestWalk(t *testing.T) {
	s := filled(t)
	var landing document
	s.get(t, s.URL+"/stac", &landing)
	for _, class := range []string{"core", "collections", "ogcapi-features", "item-search"} {
		if !slices.Contains(landing.ConformsTo, "https://api.stacspec.org/v1.0.0/"+class) {
			t.Errorf("%s is not claimed", class)
		}
	}
	for _, rel := range []string{"self", "root", "service-desc", "service-doc", "conformance", "data", "search"} {
		if r := s.get(t, landing.link(rel).Href, nil); r.StatusCode != 200 || !strings.HasPrefix(r.Header.Get("Content-Type"), landing.link(rel).Type) {
			t.Errorf("%s: %d %s, not %s", rel, r.StatusCode, r.Header.Get("Content-Type"), landing.link(rel).Type)
		}
	}
	var collections document
	s.get(t, landing.link("data").Href, &collections)
	if got := ids(collections.Collections); !slices.Equal(got, []string{"A", "named only", "uncollected"}) {
		t.Errorf("collections %q", got)
	}
	var met []string
	for _, c := range collections.Collections {
		checkCollection(t, c)
		for href := c.link("items").Href + "?limit=3"; href != ""; {
			var page document
			s.get(t, href, &page)
			for _, f := range page.Features {
				s.checkItem(t, f, c)
			}
			met = append(met, ids(page.Features)...)
			href = page.link("next").Href
		}
	}
	if slices.Sort(met); len(met) != 12 || len(slices.Compact(met)) != 12 {
		t.Errorf("met %v", met)
	}
}

// checkCollection holds a collection against what STAC 1.0.0 requires of one.
func checkCollection(t *testing.T, c document) {
	t.Helper()
	if c.Type != "Collection" || c.Version == "" || c.Description == "" || c.License == "" || c.Extent["spatial"] == nil || c.Extent["temporal"] == nil {
		t.Errorf("%+v", c)
	}
	for _, rel := range []string{"self", "root", "parent", "items"} {
		if c.link(rel).Href == "" {
			t.Errorf("the collection %s has no link %s", c.ID, rel)
		}
	}
}

// checkItem holds an item against what STAC 1.0.0 requires of one, and follows its links.
func (s service) checkItem(t *testing.T, f, c document) {
	t.Helper()
	if f.Type != "Feature" || f.Version == "" || f.Collection != c.ID || f.Geometry == nil || f.Properties["datetime"] == nil || f.Assets == nil {
		t.Errorf("%+v", f)
	}
	if f.link("collection").Href != c.link("self").Href || f.link("parent").Href == "" || f.link("root").Href != s.URL+"/stac" {
		t.Errorf("%s: links %v", f.ID, f.Links)
	}
	var self document
	if r := s.get(t, f.link("self").Href, &self); r.StatusCode != 200 || self.ID != f.ID {
		t.Errorf("%s: %d", f.link("self").Href, r.StatusCode)
	}
}

// The same question by GET and by POST meets the same items in the same order, page by page.
func TestSearch(t *testing.T) {
	s := filled(t)
	cases := []struct{ get, post, want string }{
		{"", `{}`, "item11 item10 item09 item08 item07 item06 item05 item04 item03 item02 item01 item00"},
		{"collections=A,uncollected", `{"collections":["A","uncollected"]}`, "item11 item09 item08 item06 item05 item03 item02 item00"},
		{"bbox=3.5,40.5,3.6,40.6", `{"bbox":[3.5,40.5,3.6,40.6]}`, "item03"},
		{"bbox=3.5,40.5,3.5,40.5", `{"bbox":[3.5,40.5,3.5,40.5]}`, "item03"},        // a point
		{"bbox=3.5,40.5,4.5,40.5", `{"bbox":[3.5,40.5,4.5,40.5]}`, "item04 item03"}, // a line
		{"bbox=170,40.5,0.5,40.5", `{"bbox":[170,40.5,0.5,40.5]}`, "item00"},
		{"bbox=180,-90,0.5,90", `{"bbox":[180,-90,0.5,90]}`, "item00"},
		{"bbox=179,-90,0.5,90", `{"bbox":[179,-90,0.5,90]}`, "item00"},
		{"datetime=2026-01-03T00:00:00Z/2026-01-04T12:00:00Z", `{"datetime":"2026-01-03T00:00:00Z/2026-01-04T12:00:00Z"}`, "item03 item02"},
		{"ids=item07,item01,none", `{"ids":["item07","item01","none"]}`, "item07 item01"},
		{"intersects=%7B%22type%22:%22Point%22,%22coordinates%22:[5.5,40.5]%7D", `{"intersects":{"type":"Point","coordinates":[5.5,40.5]}}`, "item05"},
		{"collections=none", `{"collections":["none"]}`, ""},
		{"filter=datetime+%3E%3D+DATE('2026-01-03')+AND+collection+IN+('A')&sortby=id", `{"filter":{"op":"and","args":[{"op":">=","args":[{"property":"datetime"},{"date":"2026-01-03"}]},{"op":"in","args":[{"property":"collection"},["A"]]}]},"sortby":[{"field":"id"}]}`, "item03 item06 item09"},
		{"filter=S_WITHIN(geometry,BBOX(2.9,40,4.1,42))", `{"filter":{"op":"s_within","args":[{"property":"geometry"},{"type":"Polygon","coordinates":[[[2.9,40],[4.1,40],[4.1,42],[2.9,42],[2.9,40]]]}]}}`, "item03"},
		{"filter=T_DURING(datetime,INTERVAL('2026-01-02T12:00:00Z','2026-01-04T12:00:00Z'))", `{"filter":{"op":"t_during","args":[{"property":"datetime"},{"interval":["2026-01-02T12:00:00Z","2026-01-04T12:00:00Z"]}]}}`, "item03 item02"},
		{"sortby=id&fields=id", `{"sortby":[{"field":"id"}],"fields":{"include":["id"]}}`, "item00 item01 item02 item03 item04 item05 item06 item07 item08 item09 item10 item11"},
		{"collections=A,uncollected&sortby=-properties.datetime", `{"collections":["A","uncollected"],"sortby":[{"field":"properties.datetime","direction":"desc"}]}`,
			"item11 item09 item08 item06 item05 item03 item02 item00"},
		{"sortby=collection,%2Bproperties.nothing,-id&ids=item00,item02,item05", `{"ids":["item00","item02","item05"],"sortby":[{"field":"collection"},{"field":"id","direction":"desc"}]}`, "item00 item05 item02"},
	}
	for _, c := range cases {
		var byGet []string
		for href := s.URL + "/stac/search?limit=5&" + c.get; href != ""; {
			var page document
			s.get(t, href, &page)
			byGet = append(byGet, ids(page.Features)...)
			href = page.link("next").Href
		}
		if got := strings.Join(byGet, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.get, got, c.want)
		}
		if got := strings.Join(s.post(t, c.post), " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.post, got, c.want)
		}
	}
	for _, bad := range []string{"token=forged", "datetime=1985", "limit=0", "colour=red"} {
		if r := s.get(t, s.URL+"/stac/search?"+bad, nil); r.StatusCode != 400 || r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d", bad, r.StatusCode)
		}
	}
}

// post walks the pages of a search by POST, merging what a next link says into the body.
func (s service) post(t *testing.T, body string) (met []string) {
	t.Helper()
	fields := map[string]any{"limit": 5}
	if err := json.Unmarshal([]byte(body), &fields); err != nil {
		t.Fatal(err)
	}
	for {
		sent, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.Post(s.URL+"/stac/search", "application/json", bytes.NewReader(sent))
		if err != nil {
			t.Fatal(err)
		}
		var page document
		if s.read(t, r, &page).StatusCode != 200 {
			t.Fatalf("%s: %d", sent, r.StatusCode)
		}
		met = append(met, ids(page.Features)...)
		at := slices.IndexFunc(page.Links, func(l stac.Link) bool { return l.Rel == "next" })
		if at < 0 {
			return met
		}
		if err := json.Unmarshal(page.Links[at].Body, &fields); err != nil || !page.Links[at].Merge || page.Links[at].Method != http.MethodPost {
			t.Fatalf("%+v %v", page.Links[at], err)
		}
	}
}

// What went in comes out, and its assets are led to where they can be read, whole or in part.
func TestDocumentsAndAssets(t *testing.T) {
	s := filled(t)
	ctx := context.Background()
	content := bytes.Repeat([]byte("0123456789"), 100)
	if _, err := s.objects.Put(ctx, s.bucket, "A/item04.tif", content, bucket.PutOptions{ContentType: "image/tiff"}); err != nil {
		t.Fatal(err)
	}
	self := s.URL + "/stac/collections/named%20only/items/item04"
	r, err := http.Get(self)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || !strings.Contains(string(body), `"properties":{"datetime":"2026-01-05T00:00:00Z","gsd":10.0}`) {
		t.Errorf("%v %s", err, body)
	}
	var got document
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	data := got.Assets["data"]
	if alternate := fmt.Sprint(data["alternate"]); data["href"] != self+"/assets/data" || alternate != "map[s3:map[href:s3://"+s.bucket+"/A/item04.tif]]" {
		t.Errorf("%v", data)
	}
	href := data["href"].(string)
	for asked, want := range map[string]string{"": string(content), "bytes=10-14": "01234"} {
		request, err := http.NewRequest(http.MethodGet, href, nil)
		if err != nil {
			t.Fatal(err)
		}
		if asked != "" {
			request.Header.Set("Range", asked)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		part, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || string(part) != want {
			t.Errorf("%q: %d, %d bytes, %v", asked, answer.StatusCode, len(part), err)
		}
	}
	head, err := http.Head(href)
	if err != nil {
		t.Fatal(err)
	}
	if head.Body.Close(); head.StatusCode != 200 || head.ContentLength != 1000 || head.Header.Get("Accept-Ranges") != "bytes" || head.Header.Get("Content-Type") != "image/tiff" {
		t.Errorf("HEAD: %d %v", head.StatusCode, head.Header)
	}
	for what, target := range map[string]string{"missing file": s.URL + "/stac/collections/A/items/item00/assets/data", "missing asset": self + "/assets/none"} {
		if head, err := http.Head(target); err != nil || head.StatusCode != 404 {
			t.Errorf("%s: %v %v", what, head, err)
		}
	}
}

// A workspace sees its own items at its own address; its items lead to no file of another's bucket.
func TestWorkspace(t *testing.T) {
	s := filled(t)
	thief := item("mine", "thief", 1)
	thief = bytes.Replace(thief, []byte("./thief.tif"), []byte("s3://"+s.bucket+"/A/item04.tif"), 1)
	s.register(t, "alice", "s3://alice/thief.json", thief)
	var page document
	s.get(t, s.URL+"/workspaces/alice/stac/search", &page)
	if got := ids(page.Features); !slices.Equal(got, []string{"thief"}) {
		t.Fatalf("alice sees %v", got)
	}
	for _, l := range page.Features[0].Links {
		if !strings.HasPrefix(l.Href, s.URL+"/workspaces/alice/stac") {
			t.Errorf("%s leads to %s", l.Rel, l.Href)
		}
	}
	href := page.Features[0].Assets["data"]["href"].(string)
	if r := s.get(t, href, nil); r.StatusCode != 403 {
		t.Errorf("%s: %d", href, r.StatusCode)
	}
	if r := s.get(t, s.URL+"/stac/collections/mine/items/thief", nil); r.StatusCode != 404 {
		t.Errorf("the system sees it: %d", r.StatusCode)
	}
	for _, path := range []string{"/stac/collections/mine", "/stac/collections/mine/items", "/workspaces/alice/stac/collections/A"} {
		if r := s.get(t, s.URL+path, nil); r.StatusCode != 404 {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
}

// Pages of collections meet each once, those that were described and those that items only name.
func TestPagesOfCollections(t *testing.T) {
	s := filled(t)
	s.register(t, scope.System, "", item("zone", "z", 3))
	s.register(t, scope.System, "", []byte(`{"type":"Collection","stac_version":"1.0.0","id":"empty","description":"D","license":"proprietary",`+
		`"extent":{"spatial":{"bbox":[[0,40,10,41]]},"temporal":{"interval":[[null,null]]}},"links":[]}`))
	for limit := 1; limit <= 6; limit++ {
		var met []string
		for href := fmt.Sprintf("%s/stac/collections?limit=%d", s.URL, limit); href != ""; {
			var page document
			s.get(t, href, &page)
			met = append(met, ids(page.Collections)...)
			href = page.link("next").Href
		}
		if !slices.Equal(met, []string{"A", "empty", "named only", "uncollected", "zone"}) {
			t.Errorf("by %d: %q", limit, met)
		}
	}
	var c document
	s.get(t, s.URL+"/stac/collections/named%20only", &c)
	if got := fmt.Sprintf("%s %s", c.Extent["spatial"], c.Extent["temporal"]); got != `{"bbox":[[1,40,11,41]]} {"interval":[["2026-01-02T00:00:00Z","2026-01-11T00:00:00Z"]]}` {
		t.Error(got)
	}
	if r := s.get(t, s.URL+"/stac/collections/empty/items", &c); r.StatusCode != 200 || len(c.Features) != 0 {
		t.Errorf("an empty collection: %d", r.StatusCode)
	}
	if r := s.get(t, s.URL+"/stac/collections?token=nonsense", nil); r.StatusCode != 400 {
		t.Errorf("a forged token: %d", r.StatusCode)
	}
}

// Without a database the function starts, and says that it cannot answer now.
func TestDatabaseAway(t *testing.T) {
	store, err := catalogue.Open(context.Background(), catalogue.Config{URL: "postgres://nobody@127.0.0.1:1/none?connect_timeout=1"})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/stac/search", nil)
	api, err := newAPI(config{ObjectStore: ObjectStore{SignedFor: time.Hour}, Register: "http://127.0.0.1:1"}, store)
	if err != nil {
		t.Fatal(err)
	}
	api.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New("", "")})))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
