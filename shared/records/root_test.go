package records

import (
	"net/http"
	"strings"
	"testing"
)

// RC-05: who knows the catalogue by the root of its host, as the original has it, is led to the API, whatever is asked.
func TestRootLeadsToTheAPI(t *testing.T) {
	h, _ := catalogueOf(t)
	for _, c := range []struct{ method, target, to string }{
		{"GET", "/collections", "/records/collections"},
		{"HEAD", "/conformance", "/records/conformance"},
		{"GET", "/openapi?f=html", "/records/openapi?f=html"},
		{"GET", "/collections/metadata:main/items?bbox=1,2,3,4&q=a%20b", "/records/collections/metadata:main/items?bbox=1,2,3,4&q=a%20b"},
		{"POST", "/collections/metadata:main/items", "/records/collections/metadata:main/items"},
		{"DELETE", "/collections/metadata:main/items/a%2Fb", "/records/collections/metadata:main/items/a%2Fb"},
		{"GET", "/workspaces/alice/collections", "/workspaces/alice/records/collections"},
	} {
		w := send(t, h, c.method, c.target, nil)
		if w.Code != http.StatusTemporaryRedirect || w.Header().Get("Location") != "https://perigee.example"+c.to || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s %s: %d %v", c.method, c.target, w.Code, w.Header())
		}
	}
	for target, status := range map[string]int{"/": 404, "/recordsx": 404, "/collectionsx": 404, "//collections": 404, "/collections/../records": 404} {
		if w := send(t, h, http.MethodGet, target, nil); w.Code != status || w.Header().Get("Location") != "" {
			t.Errorf("%s: %d %v", target, w.Code, w.Header())
		}
	}
	if w := send(t, h, http.MethodPost, "/conformance", strings.NewReader("")); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}
