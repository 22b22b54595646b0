package stacapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"perigee/shared/scope"
)

// Walking the pages by their links, there and back, meets every item once and in the same order, by GET and by POST.
func TestPaging(t *testing.T) {
	m := &memory{}
	for i := range 23 {
		raw := fmt.Sprintf(`{"type":"Feature","id":"i%02d","collection":"c","geometry":{"type":"Point","coordinates":[%d,0]},"properties":{"datetime":"2026-01-%02dT00:00:00Z"}}`, i, i, 1+i/2)
		if err := m.addItem(scope.System, "", []byte(raw)); err != nil {
			t.Fatal(err)
		}
	}
	h := handler(m)
	whole := decode(t, get(t, h, "/stac/search?limit=100"))
	if whole.Matched == nil || *whole.Matched != 23 || whole.link("next") != nil {
		t.Errorf("%v %v", whole.Matched, whole.Links)
	}
	for _, first := range []*http.Request{
		httptest.NewRequest("GET", "https://perigee.example/stac/search?limit=5&collections=c", nil),
		httptest.NewRequest("GET", "https://perigee.example/stac/collections/c/items?limit=5", nil),
		httptest.NewRequest("POST", "https://perigee.example/stac/search", strings.NewReader(`{"limit":5,"collections":["c"]}`)),
	} {
		there, last := walk(t, h, first, "next")
		if !slices.Equal(there, whole.ids()) {
			t.Errorf("%s: %v", first.Method, there)
		}
		back, _ := walk(t, h, last, "prev")
		if len(back) != 23 || back[0] != "i01" && back[0] != whole.ids()[20] {
			t.Errorf("%s back: %v", first.Method, back)
		}
		slices.Sort(back)
		sorted := slices.Sorted(slices.Values(there))
		if !slices.Equal(back, sorted) {
			t.Errorf("%s back: %v", first.Method, back)
		}
	}
}

// walk follows the links of a relation as a client does, and gives the ids it met and the last page's request.
func walk(t *testing.T, h http.Handler, r *http.Request, rel string) (ids []string, last *http.Request) {
	t.Helper()
	body := map[string]any{}
	if r.Method == http.MethodPost {
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Fatal(err)
		}
	}
	target := r.URL.String()
	for range 50 {
		sent, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		last = httptest.NewRequest(r.Method, target, bytes.NewReader(sent))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, last)
		last = httptest.NewRequest(r.Method, target, bytes.NewReader(sent))
		a := decode(t, w)
		ids = append(ids, a.ids()...)
		link := a.link(rel)
		if link == nil {
			return ids, last
		}
		if link["method"] != r.Method {
			t.Fatalf("%v after %s", link, r.Method)
		}
		target = link["href"].(string)
		if merged, ok := link["body"].(map[string]any); ok && link["merge"] == true {
			for k, v := range merged {
				body[k] = v
			}
		}
	}
	t.Fatal("the pages do not end")
	return nil, nil
}
