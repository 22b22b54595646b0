package ingress

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"perigee/local-runner/broker"
	"perigee/local-runner/manifest"
)

// saying answers with a name and the path it was asked for.
func saying(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, name+" "+r.URL.Path) })
}

func router(t *testing.T, routes ...manifest.Route) *Router {
	t.Helper()
	r, err := NewRouter(routes, func(name broker.Name) http.Handler { return saying(name.Name) })
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func to(kind manifest.PathType, path, service string) manifest.Route {
	return manifest.Route{Type: kind, Path: path, Service: broker.Name{Name: service}}
}

func TestRoutes(t *testing.T) {
	g := New("0.0.0.0:8080")
	g.Ready(&House{Router: router(t,
		to(manifest.PathExact, "/", "viewer"),
		to(manifest.PathPrefix, "/cs", "short"),
		to(manifest.PathPrefix, "/csw", "csw"),
		to(manifest.PathPrefix, "/csw/admin/", "admin"),
		to(manifest.PathPrefix, "/workspaces", "workspace"),
		to(manifest.RegularExpression, "^/workspaces/[^/]+/csw(/.*)?$", "csw"),
		to(manifest.PathExact, "/csw/exact", "exact"),
	)})
	for path, want := range map[string]string{
		"/":                         "viewer /",
		"/csw":                      "csw /csw",
		"/csw/":                     "csw /csw/",
		"/csw?service=CSW":          "csw /csw",
		"/cswx":                     "404",
		"/cs/w":                     "short /cs/w",
		"/csw/admin":                "admin /csw/admin",
		"/csw/admin/x":              "admin /csw/admin/x",
		"/csw/exact":                "exact /csw/exact",
		"/csw/exact/":               "csw /csw/exact/",
		"/workspaces/a/csw":         "csw /workspaces/a/csw",
		"/workspaces/a/csw/x":       "csw /workspaces/a/csw/x",
		"/workspaces/a/cswx":        "workspace /workspaces/a/cswx",
		"/workspaces/a/b/csw":       "workspace /workspaces/a/b/csw",
		"/nothing":                  "404",
		"/csw/%2e%2e/internal/x":    "400",
		"/csw/../internal/describe": "400",
		"/csw/a%2Fb":                "csw /csw/a/b",
	} {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, nil)
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		got := w.Body.String()
		if w.Code != http.StatusOK {
			got = http.StatusText(w.Code)
			want = strings.NewReplacer("404", "Not Found", "400", "Bad Request").Replace(want)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestRouterRefusesABrokenPattern(t *testing.T) {
	_, err := NewRouter([]manifest.Route{to(manifest.RegularExpression, "(", "x")}, func(broker.Name) http.Handler { return nil })
	if err == nil {
		t.Error("a broken pattern is a route")
	}
}
