package stacapi

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"perigee/shared/ogcapi"
)

// listed is what a page of items says of them.
type listed struct {
	Features []map[string]json.RawMessage `json:"features"`
}

func idsOf(t *testing.T, w *httptest.ResponseRecorder) []string {
	t.Helper()
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	var page listed
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, f := range page.Features {
		ids = append(ids, string(f["id"]))
	}
	return ids
}

// The same order is asked for in every way that there is.
func TestSort(t *testing.T) {
	h, _ := catalogueOf(t)
	up := idsOf(t, get(t, h, "/stac/search?sortby=id&limit=100"))
	if len(up) < 2 || !slices.IsSorted(up) {
		t.Fatal(up)
	}
	for _, target := range []string{"/stac/search?sortby=+id&limit=100", "/stac/search?sortby=%2Bid&limit=100", "/stac/search?limit=100&sortby=+properties.nothing,+id"} {
		if got := idsOf(t, get(t, h, target)); !slices.Equal(got, up) {
			t.Errorf("%s: %v", target, got)
		}
	}
	slices.Reverse(up)
	if got := idsOf(t, get(t, h, "/stac/search?sortby=-id&limit=100")); !slices.Equal(got, up) {
		t.Errorf("descending: %v", got)
	}
	body := `{"limit":100,"sortby":[{"field":"id","direction":"desc"}]}`
	if got := idsOf(t, send(t, h, "POST", "/stac/search", strings.NewReader(body), "Content-Type", ogcapi.MediaTypeJSON)); !slices.Equal(got, up) {
		t.Errorf("by a body: %v", got)
	}
	if page := get(t, h, "/stac/search?f=html&sortby=-id").Body.String(); !strings.Contains(page, "By id (descending)") {
		t.Error("the page does not say in which order it is")
	}
}

func TestFields(t *testing.T) {
	h, _ := catalogueOf(t)
	names := func(w *httptest.ResponseRecorder) string {
		t.Helper()
		var page listed
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || len(page.Features) == 0 {
			t.Fatal(w.Code, err, w.Body)
		}
		var all []string
		for name := range page.Features[0] {
			all = append(all, name)
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	post := func(body string) *httptest.ResponseRecorder {
		return send(t, h, "POST", "/stac/search", strings.NewReader(body), "Content-Type", ogcapi.MediaTypeJSON)
	}
	cases := []struct {
		name string
		w    *httptest.ResponseRecorder
		want string
	}{
		{"one", get(t, h, "/stac/search?fields=geometry"), "collection geometry id stac_version type"},
		{"a part", post(`{"fields":{"include":["properties.datetime"]}}`), "collection id properties stac_version type"},
		{"said both ways", get(t, h, "/stac/search?fields=%2Bbbox,-bbox"), "bbox collection id stac_version type"},
		{"what is needed stays", post(`{"fields":{"include":["bbox"],"exclude":["id","type"]}}`), "bbox collection id stac_version type"},
		{"only left out", post(`{"fields":{"exclude":["assets","links"]}}`), "bbox collection geometry id properties stac_extensions stac_version type"},
		{"left out of the standard ones", post(`{"fields":{"exclude":["assets","links"],"include":[]}}`), "bbox collection geometry id properties stac_extensions stac_version type"},
		{"the same by parameter", get(t, h, "/stac/search?fields=-assets,-links"), "bbox collection geometry id properties stac_extensions stac_version type"},
		{"the standard ones", get(t, h, "/stac/search?fields="), "assets bbox collection geometry id links properties stac_extensions stac_version type"},
		{"the standard ones by body", post(`{"fields":{}}`), "assets bbox collection geometry id links properties stac_extensions stac_version type"},
		{"and by nothings", post(`{"fields":{"include":null,"exclude":[]}}`), "assets bbox collection geometry id links properties stac_extensions stac_version type"},
		{"of a collection", get(t, h, "/stac/collections/S2MSI2A/items?fields=id,-geometry"), "collection id stac_version type"},
	}
	for _, c := range cases {
		if got := names(c.w); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
