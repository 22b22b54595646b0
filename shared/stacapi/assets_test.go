package stacapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"perigee/shared/record"
	"perigee/shared/scope"
)

func TestAssets(t *testing.T) {
	h, m := catalogueOf(t)
	const item = "/stac/collections/S2MSI2A/items/S2A_33UXP_20260430/assets/"
	cases := []struct {
		target   string
		status   int
		location string
	}{
		{item + "visual", 302, "http://objects.example/ingest/S2A/TCI.tif?signature=1"},
		{item + "B04", 302, "http://objects.example/ingest/S2A/B04.tif?signature=1"},
		{item + "odd%2Fkey%20&%20more", 302, "http://objects.example/ingest/odd key.xml?signature=1"},
		{"/stac/collections/S2MSI2A/assets/thumbnail", 302, "http://objects.example/ingest/S2A/preview/s2.png?signature=1"},
		{item + "thumbnail", 404, ""}, // lies elsewhere
		{item + "none", 404, ""},
		{item + "visual?x=1", 400, ""},
		{"/stac/collections/uncollected/assets/x", 404, ""},
		{"/stac/collections/uncollected/items/lonely/assets/x", 404, ""},
		{"/stac/collections/none/items/lonely/assets/x", 404, ""},
	}
	for _, c := range cases {
		if w := get(t, h, c.target); w.Code != c.status || w.Header().Get("Location") != c.location {
			t.Errorf("%s: %d %s %s", c.target, w.Code, w.Header().Get("Location"), w.Body)
		}
	}
	named := `{"type":"Feature","id":"named","collection":"c","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"datetime":"2026-01-01T00:00:00Z"},"assets":{"a":{"href":"https://objects.example/ingest/a.tif"}}}`
	if err := m.addItem(scope.System, "", []byte(named)); err != nil {
		t.Fatal(err)
	}
	if w := get(t, h, "/stac/collections/c/items/named/assets/a"); w.Header().Get("Location") != "http://objects.example/ingest/a.tif?signature=1" {
		t.Errorf("an asset that is named by the store's address: %d %v", w.Code, w.Header())
	}
	if w := get(t, h, "/stac/collections/c/items/named"); !strings.Contains(w.Body.String(), `"href":"https://perigee.example/stac/collections/c/items/named/assets/a","alternate":{"s3":{"href":"s3://ingest/a.tif"}}`) {
		t.Errorf("an asset that is named by the store's address: %s", w.Body)
	}
	w := send(t, h, http.MethodHead, item+"visual", nil)
	if w.Code != 200 || w.Header().Get("Content-Length") != "123" || w.Header().Get("Accept-Ranges") != "bytes" || w.Header().Get("ETag") != `"abc"` {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
	raw := `{"type":"Feature","id":"thief","collection":"c","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"datetime":"2026-01-01T00:00:00Z"},"assets":{"a":{"href":"s3://bob/secret"}}}`
	if err := m.addItem("alice", "", []byte(raw)); err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		if w := send(t, h, method, "/workspaces/alice/stac/collections/c/items/thief/assets/a", nil); w.Code != 403 || w.Header().Get("Location") != "" {
			t.Errorf("%s of another's file: %d %v", method, w.Code, w.Header())
		}
	}
}

// What everybody reads is told at the address where everybody does, and led to there; the place stays beside it.
func TestPublicAssets(t *testing.T) {
	h, m := catalogueOf(t)
	raw := `{"type":"Feature","id":"open","collection":"c","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"datetime":"2026-01-01T00:00:00Z"},"assets":{"a":{"href":"s3://open/k.tif"}}}`
	if err := m.addItem(scope.System, "", []byte(raw)); err != nil {
		t.Fatal(err)
	}
	body := get(t, h, "/stac/collections/c/items/open").Body.String()
	for _, want := range []string{`{"href":"https://open.example/k.tif","alternate":{"s3":{"href":"s3://open/k.tif"}}}`, `"stac_extensions":["` + alternateSchema + `"]`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		w := send(t, h, method, "/stac/collections/c/items/open/assets/a", nil)
		if w.Code != 302 || w.Header().Get("Location") != "https://open.example/k.tif" {
			t.Errorf("%s: %d %v", method, w.Code, w.Header())
		}
	}
}

// RC-23: an item that can be drawn, and has no small picture, gets one that leads to its map.
func TestDrawnThumbnails(t *testing.T) {
	h, m := catalogueOf(t)
	add := func(id, geometry, assets string, shown bool) {
		raw := `{"type":"Feature","id":"` + id + `","collection":"c","geometry":` + geometry + `,"properties":{"datetime":"2026-01-01T00:00:00Z"},"assets":{` + assets + `}}`
		if err := m.addItem(scope.System, "", []byte(raw)); err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(m.items, func(r record.Record) bool { return r.ID == id })
		m.items[at].Shown = shown
	}
	const box = `{"type":"Polygon","coordinates":[[[10,59],[12,59],[12,61],[10,61],[10,59]]]}`
	add("plain", box, `"a":{"href":"s3://ingest/a.tif"}`, true)
	add("nothing to draw", box, ``, false)
	add("has one", box, `"small":{"href":"s3://ingest/p.png","roles":["thumbnail"]}`, true)
	add("two, names", box, ``, true)
	add("dateline", `{"type":"MultiPolygon","coordinates":[[[[179,0],[180,0],[180,4],[179,4],[179,0]]],[[[-180,0],[-178,0],[-178,4],[-180,4],[-180,0]]]]}`, ``, true)
	add("point", `{"type":"Point","coordinates":[5,0]}`, ``, true)
	const small = `"thumbnail":{"href":"https://perigee.example/stac/collections/c/items/`
	for id, want := range map[string]string{
		"plain":           "BBOX=10%2C59%2C12%2C61&CRS=CRS%3A84&FORMAT=image%2Fpng&HEIGHT=256&LAYERS=plain&REQUEST=GetMap&SERVICE=WMS&STYLES=&TRANSPARENT=TRUE&VERSION=1.3.0&WIDTH=128",
		"nothing to draw": "", "has one": "", "two, names": "",
		"dateline": "BBOX=179%2C0%2C182%2C4&CRS=CRS%3A84&FORMAT=image%2Fpng&HEIGHT=256&LAYERS=dateline&REQUEST=GetMap&SERVICE=WMS&STYLES=&TRANSPARENT=TRUE&VERSION=1.3.0&WIDTH=192",
		"point":    "BBOX=4.9999%2C-0.0001%2C5.0001%2C0.0001&CRS=CRS%3A84&FORMAT=image%2Fpng&HEIGHT=256&LAYERS=point&REQUEST=GetMap&SERVICE=WMS&STYLES=&TRANSPARENT=TRUE&VERSION=1.3.0&WIDTH=256",
	} {
		self := "/stac/collections/c/items/" + url.PathEscape(id)
		for _, target := range []string{self, "/stac/collections/c/items?ids=" + url.QueryEscape(id)} {
			if body := get(t, h, target).Body.String(); strings.Contains(body, small) != (want != "") {
				t.Errorf("%s: %s", target, body)
			}
		}
		w := get(t, h, self+"/assets/thumbnail")
		if location := w.Header().Get("Location"); want == "" && w.Code != 404 && id != "has one" || want != "" && (w.Code != 302 || location != "https://perigee.example/ows?"+want) {
			t.Errorf("%s: %d %s", id, w.Code, location)
		}
	}
	if page := get(t, h, "/stac/collections/c/items/plain?f=html").Body.String(); !strings.Contains(page, `src="https://perigee.example/stac/collections/c/items/plain/assets/thumbnail"`) {
		t.Error("the page does not show the thumbnail")
	}
}
