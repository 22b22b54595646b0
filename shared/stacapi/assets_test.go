package stacapi

import (
	"net/http"
	"testing"
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
