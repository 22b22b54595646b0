package stacapi

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"perigee/shared/scope"
)

// RC-22: pages need nothing from elsewhere, and say nothing that a document smuggles in.
func TestPages(t *testing.T) {
	h, m := catalogueOf(t)
	raw := `{"type":"Feature","id":"<script>","collection":"c\"'","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"datetime":"2026-01-01T00:00:00Z","x":"</td><script>alert(1)</script>"},` +
		`"assets":{"a":{"href":"javascript:alert(1)"}},"links":[{"rel":"about","href":"javascript:alert(1)"}]}`
	if err := m.addItem(scope.System, "", []byte(raw)); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/stac", "/stac/api.html", "/stac/conformance", "/stac/aggregations", "/stac/aggregate?aggregations=collection_frequency", "/stac/children", "/stac/functions", "/stac/collections", "/stac/collections/S2MSI2A", "/stac/collections/uncollected",
		"/stac/collections/S2MSI2A/items", "/stac/search?limit=1", "/stac/collections/S2MSI2A/items/S2A_33UXP_20260430", "/stac/collections/c%22%27/items/%3Cscript%3E"} {
		w := get(t, h, target, "Accept", "text/html")
		body := w.Body.String()
		if w.Code != 200 || !strings.HasPrefix(body, "<!doctype html>") {
			t.Errorf("%s: %d %s", target, w.Code, body)
		}
		for _, bad := range []string{"<script", `href="javascript:`, "ZgotmplZ", "<link", "@import", "url("} {
			if strings.Contains(body, bad) {
				t.Errorf("%s has %q in it", target, bad)
			}
		}
		for _, src := range regexp.MustCompile(`src="([^"]*)"`).FindAllStringSubmatch(body, -1) {
			if !strings.HasPrefix(src[1], "https://perigee.example/stac/") {
				t.Errorf("%s shows %s", target, src[1])
			}
		}
	}
	if body := get(t, h, "/stac/search?f=html&limit=1").Body.String(); !strings.Contains(body, `rel="next" href="https://perigee.example/stac/search?limit=1&amp;token=at+1&amp;f=html"`) {
		t.Errorf("no way to the next page: %s", body)
	}
}

// The description lists exactly the routes there are, each with the parameters that are known there.
func TestDescriptionMatchesRoutes(t *testing.T) {
	h, _ := catalogueOf(t)
	var doc described
	if err := json.Unmarshal(get(t, h, "/stac/api").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	var described, routed []string
	names := strings.NewReplacer("{collectionId}", "{collection}", "{itemId}", "{item}", "{assetKey}", "{asset}", "{catalogId}", "{catalog}")
	for path, methods := range doc.Paths {
		for method, op := range methods {
			described = append(described, strings.ToUpper(method)+" "+Root+strings.TrimSuffix(names.Replace(path), "/"))
			for _, p := range op.Parameters {
				if p.Ref == "" || doc.Components.Parameters[p.Ref[strings.LastIndex(p.Ref, "/")+1:]].Name == "" {
					t.Errorf("%s %s: parameter %+v", method, path, p)
				}
			}
		}
	}
	for path, methods := range doc.Paths {
		if op, ok := methods["get"]; ok {
			doc.compareParameters(t, h, path, op)
		}
	}
	for _, pattern := range routes(Config{}).Patterns() {
		const below = "/catalogs/{catalog}"
		if !strings.HasSuffix(pattern, "{path...}") && pattern != "GET "+Root+below {
			routed = append(routed, pattern)
		}
		if strings.HasPrefix(pattern, "GET ") && !strings.Contains(pattern, below) && !strings.HasPrefix(pattern, "GET "+Root+"/api") {
			routed = append(routed, strings.Replace(pattern, Root, Root+below, 1))
		}
	}
	slices.Sort(described)
	slices.Sort(routed)
	if !slices.Equal(described, routed) {
		t.Errorf("described %v\nrouted %v", described, routed)
	}
	if !strings.Contains(get(t, h, "/workspaces/alice/stac/api").Body.String(), `"servers": [{"url":"https://perigee.example/workspaces/alice/stac"}]`) {
		t.Error("the server's address is not the one that was asked")
	}
}

// compareParameters compares the parameters that are described with those that the refusal of an unknown one names.
func (d described) compareParameters(t *testing.T, h http.Handler, path string, op operation) {
	t.Helper()
	at := strings.NewReplacer("{collectionId}", "S2MSI2A", "{itemId}", "S2A_33UXP_20260430", "{assetKey}", "thumbnail", "{catalogId}", systemCatalog, "{period}", "2026-04").
		Replace("/workspaces/wide" + Root + strings.TrimSuffix(path, "/"))
	var problem struct{ Detail string }
	if strings.HasSuffix(path, "/aggregate") { // whose further parameters are those of the aggregations that are asked for
		at += "?aggregations=datetime_frequency,cloud_cover_frequency,centroid_geohash_grid_frequency,centroid_geotile_grid_frequency&nonsense=1"
	} else {
		at += "?nonsense=1"
	}
	w := get(t, h, at)
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || w.Code != 400 {
		t.Errorf("%s takes any parameter: %d %s", path, w.Code, w.Body)
		return
	}
	_, list, _ := strings.Cut(problem.Detail, `"nonsense" here, but `)
	known := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
	known = slices.DeleteFunc(known, func(name string) bool { return name == "nonsense" })
	var described []string
	for _, p := range op.Parameters {
		name := d.Components.Parameters[p.Ref[strings.LastIndex(p.Ref, "/")+1:]].Name
		if !slices.Contains([]string{"collectionId", "itemId", "assetKey", "catalogId", "period", "template", "matrix", "row", "column"}, name) {
			described = append(described, name)
		}
	}
	slices.Sort(described)
	slices.Sort(known)
	if !slices.Equal(described, known) {
		t.Errorf("%s: described %v\nknown %v", path, described, known)
	}
}
