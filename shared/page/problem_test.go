package page

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/scope"
)

// RC-22: who asked for a page is told on one what is wrong, all of it and escaped; programs are told as ever, and so is who asked for
// something else.
func TestProblems(t *testing.T) {
	failing := Problems("/stac", ogcapi.Handler(func(w http.ResponseWriter, r *http.Request) error {
		if r.URL.Path == "/fine" {
			return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, "fine")
		}
		return errors.Join(fault.At(fault.Invalid, "bbox", "bbox is <b>wrong</b>"), fault.At(fault.Invalid, "limit", "limit is no number"))
	}))
	const browser = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
	for _, c := range []struct {
		method, target, accept, kind string
		status                       int
	}{
		{"GET", "/x?bbox=1", browser, ogcapi.MediaTypeHTML, 400}, {"HEAD", "/x?bbox=1", browser, ogcapi.MediaTypeHTML, 400}, {"GET", "/x?f=html", "", ogcapi.MediaTypeHTML, 400},
		{"GET", "/x", "*/*", ogcapi.MediaTypeProblem, 400}, {"GET", "/x?f=json", browser, ogcapi.MediaTypeProblem, 400}, {"POST", "/x", browser, ogcapi.MediaTypeProblem, 400},
		{"GET", "/fine", browser, ogcapi.MediaTypeJSON, 200},
	} {
		r := httptest.NewRequest(c.method, c.target, nil)
		r.Header.Set("Accept", c.accept)
		w := httptest.NewRecorder()
		failing.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Base: "https://perigee.example"})))
		body := w.Body.String()
		if w.Code != c.status || w.Header().Get("Content-Type") != c.kind || (c.method == "HEAD") != (body == "") {
			t.Errorf("%s %s by %q: %d %s %s", c.method, c.target, c.accept, w.Code, w.Header().Get("Content-Type"), body)
		}
		if c.kind != ogcapi.MediaTypeHTML || c.method == "HEAD" {
			continue
		}
		for _, part := range []string{"bbox is &lt;b&gt;wrong", "limit is no number", "<h1>Bad Request</h1>", "/x?f=html"} {
			if !strings.Contains(body, part) {
				t.Errorf("no %q in %s", part, body)
			}
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") {
			t.Errorf("policy %q", policy)
		}
	}
}
