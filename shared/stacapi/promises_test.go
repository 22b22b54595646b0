package stacapi

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"perigee/shared/ogcapi/ogcapitest"
)

// RC-22: every route keeps what this API promises of all, and is described in OpenAPI as it is; so does every one below a
// catalog.
func TestEveryRoute(t *testing.T) {
	_, m := catalogueOf(t)
	if err := m.addItem("", "s3://ingest/tiled/item.json", []byte(tiled)); err != nil {
		t.Fatal(err)
	}
	rs := routes(Config{Title: "Catalogue", Description: "What there is.", Store: m, Assets: store{}})
	description, err := wholeOpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	patterns, below := throughCatalogs(rs.Patterns())
	api := ogcapitest.API{
		Handler: withCatalogs("wide", behindEdge(rs)), Patterns: append(patterns, below...), Root: Root, Description: description,
		Fill: map[string]string{"catalog": "_catalogue", "collection": "S2MSI2A", "period": "2026", "item": "S2A_33UXP_20260430", "asset": "visual",
			"template": "data", "matrix": "0", "row": "1", "column": "2"},
	}
	for _, at := range []string{Root, Root + "/catalogs/{catalog}"} {
		api.Fill["GET "+at+"/collections/{collection}/assets/{asset} asset"] = "thumbnail"
		tiles := "GET " + at + "/collections/{collection}/items/{item}/tiles/{template}/{matrix}/{row}/{column}"
		api.Fill[tiles+" collection"], api.Fill[tiles+" item"] = "tiled", "tiled"
		api.Open = append(api.Open, "GET "+at+"/aggregate", "GET "+at+"/collections/{collection}/aggregate")
		api.Streams = append(api.Streams, "GET "+at+"/export", "GET "+at+"/collections/{collection}/export")
	}
	ogcapitest.Check(t, api)
}

// throughCatalogs are the routes but for the one that leads to others, and those to which it leads.
func throughCatalogs(patterns []string) (own, below []string) {
	const through = Root + "/catalogs/{catalog}"
	for _, pattern := range patterns {
		method, path, _ := strings.Cut(pattern, " ")
		if path == through+"/{path...}" {
			continue
		}
		own = append(own, pattern)
		if method == http.MethodGet && path != Root && !strings.HasPrefix(path, Root+"/api") && !strings.HasPrefix(path, through) {
			below = append(below, "GET "+through+strings.TrimPrefix(path, Root))
		}
	}
	return own, below
}

// withCatalogs asks for catalogs in a workspace that has some.
func withCatalogs(workspace string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, Root+"/catalogs") {
			prefix := "/workspaces/" + workspace
			r.URL.Path, r.URL.RawPath = prefix+r.URL.Path, prefix+r.URL.EscapedPath()
		}
		h.ServeHTTP(w, r)
	})
}

// RC-22: who does not read the body finds the neighbours of a page in the header.
func TestLinkHeaders(t *testing.T) {
	h, _ := catalogueOf(t)
	for target, want := range map[string][]string{
		"/stac":                           {`<https://perigee.example/stac/api>; rel="service-desc"; type="application/vnd.oai.openapi+json;version=3.0"`, `<https://perigee.example/stac/collections>; rel="data"; type="application/json"`},
		"/stac/search?limit=1":            {`<https://perigee.example/stac/search?limit=1&token=at+1>; rel="next"; type="application/geo+json"`, `<https://perigee.example/stac/search?f=html&limit=1>; rel="alternate"; type="text/html"`},
		"/stac/search?limit=1&token=at+1": {`<https://perigee.example/stac/search?limit=1&token=at+0>; rel="prev"; type="application/geo+json"`},
		"/stac/collections/S2MSI2A/items": {`<https://perigee.example/stac/collections/S2MSI2A>; rel="collection"; type="application/json"`},
		"/stac/collections/S2MSI2A/items/S2A_33UXP_20260430?f=html": {`<https://perigee.example/stac/collections/S2MSI2A/items/S2A_33UXP_20260430>; rel="self"; type="application/geo+json"`},
		"/stac/conformance?f=html":                                  {`<https://perigee.example/stac/conformance?f=json>; rel="alternate"; type="application/json"`},
	} {
		links := get(t, h, target).Header().Values("Link")
		for _, one := range want {
			if !slices.Contains(links, one) {
				t.Errorf("%s: no %s in %q", target, one, links)
			}
		}
	}
}
