package stacapi

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"perigee/shared/ogcapi"
)

// A filter is asked in either encoding, by GET and by POST, and finds the same.
func TestFilter(t *testing.T) {
	h, _ := catalogueOf(t)
	all := idsOf(t, get(t, h, "/stac/search?limit=100"))
	one := strings.Trim(all[0], `"`)
	text, asJSON := "id = '"+one+"' AND collection IS NOT NULL", `{"op":"=","args":[{"property":"id"},"`+one+`"]}`
	for name, got := range map[string][]string{
		"text":         idsOf(t, get(t, h, "/stac/search?filter="+url.QueryEscape(text))),
		"named text":   idsOf(t, get(t, h, "/stac/search?filter-lang=cql2-text&filter-crs="+url.QueryEscape(crs84[0])+"&filter="+url.QueryEscape(text))),
		"JSON":         idsOf(t, get(t, h, "/stac/search?filter-lang=cql2-json&filter="+url.QueryEscape(asJSON))),
		"posted JSON":  idsOf(t, send(t, h, "POST", "/stac/search", strings.NewReader(`{"filter":`+asJSON+`}`), "Content-Type", ogcapi.MediaTypeJSON)),
		"posted text":  idsOf(t, send(t, h, "POST", "/stac/search", strings.NewReader(`{"filter-lang":"cql2-text","filter":"id = '`+one+`'"}`), "Content-Type", ogcapi.MediaTypeJSON)),
		"every time":   idsOf(t, get(t, h, "/stac/search?limit=1&filter="+url.QueryEscape("NOT T_AFTER(datetime, TIMESTAMP('2100-01-01T00:00:00Z')) AND T_DURING(properties.datetime, INTERVAL('1970-01-01T00:00:00Z','..'))"))),
		"whole values": idsOf(t, get(t, h, "/stac/search?limit=1&filter="+url.QueryEscape("(T_BEFORE(datetime, DATE('2100-01-01')) OR id = 'x') AND S_INTERSECTS(geometry, BBOX(-180,-90,180,90))"))),
	} {
		if !slices.Equal(got, all[:1]) {
			t.Errorf("%s: %v, want %s", name, got, one)
		}
	}
	if got := idsOf(t, get(t, h, "/stac/search?filter="+url.QueryEscape("id = 'nothing like it'"))); len(got) != 0 {
		t.Error(got)
	}
}

func TestRefusedFilters(t *testing.T) {
	h, _ := catalogueOf(t)
	for _, c := range []struct{ method, target, body, want string }{
		{"GET", "filter=" + url.QueryEscape("id = "), "", "at character 6"},
		{"GET", "filter=" + url.QueryEscape("assets = 'a'"), "", `"assets"`},
		{"GET", "filter=" + url.QueryEscape("fly(id) = 1"), "", "fly"},
		{"GET", "filter=" + url.QueryEscape("id = 5"), "", "filter"},
		{"GET", "filter-lang=sql&filter=a", "", "filter-lang"},
		{"GET", "filter-crs=EPSG:3857", "", "filter-crs"},
		{"GET", "filter-lang=cql2-json&filter=a", "", "filter"},
		{"POST", "", `{"filter":{"op":"="}}`, "filter"},
		{"POST", "", `{"filter":"id = 'a'"}`, "filter"},
		{"POST", "", `{"filter-lang":"cql2-text","filter":{"op":"="}}`, "filter"},
		{"POST", "", `{"filter-lang":"sql","filter":{"op":"="}}`, "filter-lang"},
	} {
		w := send(t, h, c.method, (&urlTarget{"/stac/search?" + c.target}).String(), strings.NewReader(c.body), "Content-Type", ogcapi.MediaTypeJSON)
		if w.Code != 400 || !strings.Contains(w.Body.String(), c.want) && !strings.Contains(w.Body.String(), strings.ReplaceAll(c.want, `"`, `\"`)) {
			t.Errorf("%s %s %s: %d %s", c.method, c.target, c.body, w.Code, w.Body)
		}
	}
}

func TestQueryables(t *testing.T) {
	h, _ := catalogueOf(t)
	for _, target := range []string{"/stac/queryables", "/stac/collections/S2MSI2A/queryables"} {
		w := get(t, h, target)
		var got schema
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Header().Get("Content-Type") != mediaTypeSchema {
			t.Fatal(err, w.Header())
		}
		if !strings.HasSuffix(got.ID, target) || got.Properties["id"].Type != "string" || got.Properties["eo:cloud_cover"].Type != "number" ||
			!slices.Equal(got.Properties["platform"].Enum, []string{"sentinel-2a"}) || got.Properties["instruments"].Items == nil || got.Properties["instruments"].Enum != nil {
			t.Errorf("%s: %s", target, w.Body)
		}
	}
	if w := get(t, h, "/stac/collections/none/queryables"); w.Code != 404 {
		t.Error(w.Code)
	}
}
