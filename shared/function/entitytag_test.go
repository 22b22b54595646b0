package function

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// A compressed answer has an entity tag of its own, which means the same in conditions.
func TestEntityTagsOfCompressedAnswers(t *testing.T) {
	body, changed := []byte(strings.Repeat("long enough ", 500)), []string(nil)
	h := compressed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v.1"`)
		changed = r.Header.Values("If-Match")
		if slices.Contains(strings.Split(r.Header.Get("If-None-Match"), ", "), `"v.1"`) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	}))
	ask := func(header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	plain, zipped := ask(), ask("Accept-Encoding", "gzip")
	if p, z := plain.Header().Get("ETag"), zipped.Header().Get("ETag"); p != `"v.1"` || z != `"v.1-gzip"` || zipped.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("%s, compressed %s", p, z)
	}
	for known, want := range map[string]string{
		`"v.1"`: `"v.1"`, `"v.1-gzip"`: `"v.1-gzip"`, `"v.0", "v.1-gzip"`: `"v.1-gzip"`, `"v.1-zstd"`: `"v.1-zstd"`, `"v.0-gzip", "v.1"`: `"v.1"`,
	} {
		if w := ask("Accept-Encoding", "gzip", "If-None-Match", known); w.Code != http.StatusNotModified || w.Header().Get("ETag") != want {
			t.Errorf("who has %s: %d, %s", known, w.Code, w.Header().Get("ETag"))
		}
	}
	if w := ask("If-None-Match", `"v.0-gzip"`); w.Code != http.StatusOK || w.Body.Len() != len(body) {
		t.Errorf("who has another: %d", w.Code)
	}
	if ask("If-Match", `"v.1-gzip"`); !slices.Equal(changed, []string{`"v.1"`}) {
		t.Errorf("If-Match is %q", changed)
	}
}
