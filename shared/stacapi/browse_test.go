package stacapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"perigee/shared/ogcapi"
	"perigee/shared/stac"
)

// node is a catalog, a collection or an item, by its links.
type node struct {
	Type     string      `json:"type"`
	Version  string      `json:"stac_version"`
	ID       string      `json:"id"`
	Links    []stac.Link `json:"links"`
	Children []node      `json:"children"`
	Catalogs []node      `json:"catalogs"`
}

func (n node) to(rel string) []string {
	var hrefs []string
	for _, l := range n.Links {
		if l.Rel == rel {
			hrefs = append(hrefs, l.Href)
		}
	}
	return hrefs
}

func follow(t testing.TB, h http.Handler, href string) node {
	t.Helper()
	w := get(t, h, strings.TrimPrefix(href, "https://perigee.example"))
	var n node
	if err := json.Unmarshal(w.Body.Bytes(), &n); err != nil || w.Code != 200 {
		t.Fatalf("%s: %d %v %s", href, w.Code, err, w.Body)
	}
	if self := n.to("self"); len(self) != 1 || self[0] != href {
		t.Errorf("%s is by its own word at %v", href, self)
	}
	return n
}

// meet walks to every item that child and item links lead to, and holds what it meets against the extensions.
func meet(t testing.TB, h http.Handler, href, root string) (items []string) {
	t.Helper()
	n := follow(t, h, href)
	if got := n.to("root"); len(got) != 1 || got[0] != root {
		t.Errorf("%s: root %v", href, got)
	}
	if n.Type == "Feature" {
		return []string{n.ID}
	}
	children := n.to("child")
	if len(children) > 0 {
		whole := follow(t, h, n.to("children")[0])
		var met []string
		for _, c := range whole.Children {
			met = append(met, c.to("self")...)
			alone, _ := json.Marshal(follow(t, h, c.to("self")[0]))
			if listed, _ := json.Marshal(c); c.Type == stac.TypeCollection && string(listed) != string(alone) {
				t.Errorf("%s is less among the children: %s\n%s", c.ID, listed, alone)
			}
		}
		if !slices.Equal(met, children) || whole.to("parent")[0] == "" || whole.to("root")[0] != root {
			t.Errorf("%s has the children %v, links %v", href, met, children)
		}
	}
	for _, child := range children {
		if parent := follow(t, h, child).to("parent"); len(parent) != 1 {
			t.Errorf("%s has the parents %v", child, parent)
		}
		items = append(items, meet(t, h, child, root)...)
	}
	for _, item := range n.to("item") {
		items = append(items, meet(t, h, item, root)...)
	}
	return items
}

// RC-07: who follows child and item links alone meets every item once, however many there are in a month, and the children of
// each are listed whole.
func TestBrowse(t *testing.T) {
	h, m := catalogueOf(t)
	for i := range 600 {
		raw := fmt.Sprintf(`{"type":"Feature","stac_version":"1.0.0","id":"i%03d","collection":"many","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"datetime":"2025-%02d-10T00:00:00Z"},"links":[],"assets":{}}`, i, 3+9*(i/590))
		if err := m.addItem("", "", []byte(raw)); err != nil {
			t.Fatal(err)
		}
	}
	items := meet(t, h, "https://perigee.example/stac", "https://perigee.example/stac")
	slices.Sort(items)
	if len(items) != 602 || len(slices.Compact(items)) != 602 {
		t.Errorf("met %d items", len(items))
	}
	for _, target := range []string{"/stac/collections/many/catalogs/2024", "/stac/collections/many/catalogs/x", "/stac/collections/many/catalogs/2025-13", "/stac/collections/many/catalogs/2025-04",
		"/stac/collections/none/catalogs/2025", "/stac/collections/none/children", "/stac/collections/many/catalogs/undated", "/stac/collections/many/catalogs/2025-04/children"} {
		if w := get(t, h, target); w.Code != 404 {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	for _, target := range []string{"/stac?f=html", "/stac/collections/many?f=html", "/stac/collections/many/catalogs/2025?f=html", "/stac/collections/many/catalogs/2025-03?f=html", "/stac/catalogs?f=html", "/stac/functions?f=html"} {
		if w := get(t, h, target); w.Code != 200 || w.Header().Get("Content-Type") != ogcapi.MediaTypeHTML {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

func TestChildrenByType(t *testing.T) {
	h, _ := catalogueOf(t)
	for query, want := range map[string]string{
		"": "_catalogue alice S2MSI2A uncollected", "type=Catalog": "_catalogue alice", "type=Collection": "S2MSI2A uncollected",
	} {
		for _, limit := range []int{1, 2, 3, 100} {
			var met []string
			for href := fmt.Sprintf("https://perigee.example/workspaces/wide/stac/children?limit=%d&%s", limit, query); href != ""; {
				w := get(t, h, strings.TrimPrefix(href, "https://perigee.example"))
				var n node
				if err := json.Unmarshal(w.Body.Bytes(), &n); err != nil || w.Code != 200 {
					t.Fatal(w.Code, w.Body)
				}
				for _, c := range n.Children {
					if c.ID != "wide" {
						met = append(met, c.ID)
					}
				}
				href = ""
				if next := n.to("next"); len(next) > 0 {
					href = next[0]
				}
			}
			if got := strings.Join(met, " "); got != want {
				t.Errorf("%q by %d: %s, want %s", query, limit, got, want)
			}
		}
	}
	for _, bad := range []string{"type=Feature", "token=x", "limit=0", "f=xml"} {
		if w := get(t, h, "/stac/children?"+bad); w.Code != 400 {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
}

// RC-07: each workspace that a scope reads is a catalog, below which everything is found that is found in the API, and
// nothing of others.
func TestCatalogs(t *testing.T) {
	h, m := catalogueOf(t)
	raw := `{"type":"Feature","stac_version":"1.0.0","id":"a/ü 1","collection":"mine","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"datetime":"2026-01-01T00:00:00Z"},"links":[],"assets":{}}`
	if err := m.addItem("alice", "", []byte(raw)); err != nil {
		t.Fatal(err)
	}
	const root = "https://perigee.example/workspaces/wide/stac"
	registry := follow(t, h, root+"/catalogs")
	var names []string
	for _, c := range registry.Catalogs {
		names = append(names, c.ID)
		if c.Type != stac.TypeCatalog || c.Version == "" || len(c.to("data")) != 1 || len(c.to("search")) != 2 || c.to("parent")[0] != root || len(c.to("children")) != 1 {
			t.Errorf("%+v", c)
		}
	}
	if got := strings.Join(names, " "); got != "wide _catalogue alice" {
		t.Error(got)
	}
	landing := follow(t, h, root+"/catalogs/alice")
	if got := landing.to("child"); len(got) != 1 || got[0] != root+"/catalogs/alice/collections/mine" || landing.to("parent")[0] != root || landing.to("root")[0] != root {
		t.Errorf("%v", landing.Links)
	}
	collection := follow(t, h, landing.to("child")[0])
	if collection.to("parent")[0] != root+"/catalogs/alice" || collection.to("canonical")[0] != root+"/collections/mine" {
		t.Errorf("%v", collection.Links)
	}
	if got := meet(t, h, root+"/catalogs/alice", root); !slices.Equal(got, []string{"a/ü 1"}) {
		t.Errorf("met %q", got)
	}
	if got := len(meet(t, h, root+"/catalogs/_catalogue", root)); got != 2 {
		t.Errorf("met %d items of the system", got)
	}
	for target, want := range map[string]int{
		"/catalogs/alice/search": 1, "/catalogs/alice/search?collections=S2MSI2A": 0, "/catalogs/_catalogue/search": 2, "/catalogs/wide/search": 0, "/search": 3,
		"/catalogs/alice/collections/mine/items": 1,
	} {
		if got := len(decode(t, get(t, h, "/workspaces/wide/stac"+target)).ids()); got != want {
			t.Errorf("%s finds %d, want %d", target, got, want)
		}
	}
	posted := decode(t, send(t, h, "POST", "/workspaces/wide/stac/catalogs/_catalogue/search", strings.NewReader(`{"limit":1}`)))
	if len(posted.ids()) != 1 || posted.link("next")["href"] != root+"/catalogs/_catalogue/search" {
		t.Errorf("%+v", posted)
	}
	for _, target := range []string{"/stac/catalogs/alice", "/workspaces/wide/stac/catalogs/bob", "/workspaces/wide/stac/catalogs/alice/catalogs/alice", "/workspaces/wide/stac/catalogs/alice/collections/S2MSI2A"} {
		if w := get(t, h, target); w.Code != 404 {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	for _, c := range []struct{ method, target string }{{"POST", "/catalogs"}, {"DELETE", "/catalogs/alice"}, {"PUT", "/catalogs/alice/collections/mine"}, {"POST", "/catalogs/alice/collections/mine/items"}} {
		if w := send(t, h, c.method, "/workspaces/wide/stac"+c.target, nil); w.Code != 405 {
			t.Errorf("%s %s: %d", c.method, c.target, w.Code)
		}
	}
}
