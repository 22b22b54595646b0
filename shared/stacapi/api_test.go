package stacapi

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"perigee/shared/ogcapi"
	"perigee/shared/scope"
)

// catalogueOf is the API over the documents of testdata.
func catalogueOf(t testing.TB) (http.Handler, *memory) {
	m := &memory{}
	for _, name := range []string{"collection-S2MSI2A", "item-S2A_33UXP_20260430", "item-lonely"} {
		raw, err := os.ReadFile("testdata/documents/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		add := m.addItem
		if strings.HasPrefix(name, "collection") {
			add = m.addCollection
		}
		if err := add(scope.System, "s3://ingest/S2A/"+name+".json", raw); err != nil {
			t.Fatal(err)
		}
	}
	return handler(m), m
}

func handler(m *memory) http.Handler {
	return behindEdge(New(Config{Title: "Catalogue", Description: "What there is.", Store: m, Assets: store{}, Transactions: m}))
}

// behindEdge does what the edge does: the workspace of the path becomes the scope.
func behindEdge(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := scope.Asked{Scope: scope.New(scope.System, ""), Base: "https://perigee.example"}
		for prefix, sc := range map[string]scope.Scope{
			"/workspaces/alice": scope.New("alice", "alice"),
			"/workspaces/wide":  scope.New("wide", "wide", scope.Writer).Including("", "alice"), // reads the system's and alice's records too
		} {
			if rest, ok := strings.CutPrefix(r.URL.Path, prefix); ok {
				asked = scope.Asked{Scope: sc, Base: asked.Base + prefix}
				r.URL.Path, r.URL.RawPath = rest, strings.TrimPrefix(r.URL.RawPath, prefix)
			}
		}
		if r.Header.Get("Role") != "" {
			asked.Scope = scope.New(asked.Scope.Workspace, "anna", scope.Role(r.Header.Get("Role")))
		}
		next.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), asked)))
	})
}

func get(t testing.TB, h http.Handler, target string, header ...string) *httptest.ResponseRecorder {
	return send(t, h, http.MethodGet, target, nil, header...)
}

func send(t testing.TB, h http.Handler, method, target string, body io.Reader, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, body)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// RC-07: the answers of every resource, compared with goldens. UPDATE_GOLDEN=1 writes them anew.
func TestGoldenAnswers(t *testing.T) {
	h, _ := catalogueOf(t)
	for name, target := range map[string]string{
		"landing.json":        "/stac",
		"conformance.json":    "/stac/conformance",
		"collections.json":    "/stac/collections",
		"collection.json":     "/stac/collections/S2MSI2A",
		"uncollected.json":    "/stac/collections/uncollected",
		"items.json":          "/stac/collections/S2MSI2A/items",
		"item.json":           "/stac/collections/S2MSI2A/items/S2A_33UXP_20260430",
		"item-lonely.json":    "/stac/collections/uncollected/items/lonely",
		"search-page1.json":   "/stac/search?limit=1",
		"search-page2.json":   "/stac/search?limit=1&token=at+1",
		"search-nothing.json": "/stac/search?bbox=0,0,1,1",
		"landing.html":        "/stac?f=html",
		"item.html":           "/stac/collections/S2MSI2A/items/S2A_33UXP_20260430?f=html",
	} {
		w := get(t, h, target)
		if w.Code != 200 {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
			continue
		}
		golden := filepath.Join("testdata/golden", name)
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(golden, w.Body.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || !bytes.Equal(want, w.Body.Bytes()) {
			t.Errorf("%s differs from %s (%v):\n%s", target, golden, err, w.Body)
		}
		if strings.HasSuffix(name, ".json") && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s is not JSON", target)
		}
	}
}

func TestMediaTypes(t *testing.T) {
	h, _ := catalogueOf(t)
	cases := []struct{ target, accept, want string }{
		{"/stac", "", ogcapi.MediaTypeJSON},
		{"/stac/", "application/json", ogcapi.MediaTypeJSON},
		{"/stac", "text/html,*/*;q=0.8", ogcapi.MediaTypeHTML},
		{"/stac/api", "application/vnd.oai.openapi+json;version=3.0", ogcapi.MediaTypeOpenAPI},
		{"/stac/api.html", "", ogcapi.MediaTypeHTML},
		{"/stac/conformance?f=html", "", ogcapi.MediaTypeHTML},
		{"/stac/search", "", ogcapi.MediaTypeGeoJSON},
		{"/stac/search", "application/json", ogcapi.MediaTypeGeoJSON},
		{"/stac/search", "application/json, text/html;q=0.9", ogcapi.MediaTypeGeoJSON},
		{"/stac/search", "application/json;q=0.5, text/html", ogcapi.MediaTypeHTML},
		{"/stac/search?f=html", "", ogcapi.MediaTypeHTML},
		{"/stac/collections", "", ogcapi.MediaTypeJSON},
		{"/stac/collections?f=html", "", ogcapi.MediaTypeHTML},
		{"/stac/collections/S2MSI2A?f=html", "", ogcapi.MediaTypeHTML},
		{"/stac/collections/S2MSI2A/items", "", ogcapi.MediaTypeGeoJSON},
		{"/stac/collections/S2MSI2A/items?f=html", "", ogcapi.MediaTypeHTML},
		{"/stac/collections/S2MSI2A/items/S2A_33UXP_20260430", "", ogcapi.MediaTypeGeoJSON},
	}
	for _, c := range cases {
		w := get(t, h, c.target, "Accept", c.accept)
		if got := w.Header().Get("Content-Type"); w.Code != 200 || got != c.want {
			t.Errorf("%s as %q: %d %s", c.target, c.accept, w.Code, got)
		}
		again := get(t, h, c.target, "Accept", c.accept, "If-None-Match", w.Header().Get("ETag"))
		if again.Code != http.StatusNotModified {
			t.Errorf("%s again: %d", c.target, again.Code)
		}
		if head := send(t, h, http.MethodHead, c.target, nil, "Accept", c.accept); head.Code != 200 || head.Body.Len() > 0 {
			t.Errorf("HEAD %s: %d, %d bytes", c.target, head.Code, head.Body.Len())
		}
	}
}

// A workspace's items are its own, and links keep to the address that was asked.
func TestWorkspaces(t *testing.T) {
	h, m := catalogueOf(t)
	raw := `{"type":"Feature","id":"mine","collection":"c","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"datetime":"2026-01-01T00:00:00Z"}}`
	if err := m.addItem("alice", "s3://alice/mine.json", []byte(raw)); err != nil {
		t.Fatal(err)
	}
	w := get(t, h, "/workspaces/alice/stac/search")
	if got := decode(t, w).ids(); !slices.Equal(got, []string{"mine"}) {
		t.Error(got)
	}
	for _, href := range regexp.MustCompile(`"href":"([^"]*)"`).FindAllStringSubmatch(w.Body.String(), -1) {
		if !strings.HasPrefix(href[1], "https://perigee.example/workspaces/alice/stac") {
			t.Error(href[1])
		}
	}
	if w := get(t, h, "/stac/collections/c/items/mine"); w.Code != 404 {
		t.Errorf("the system sees a workspace's item: %d", w.Code)
	}
	if w := get(t, New(Config{Store: m, Assets: store{}}), "/stac/search"); w.Code != 500 {
		t.Errorf("without an edge: %d", w.Code)
	}
}
