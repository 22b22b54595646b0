package stacapi

import (
	"slices"
	"testing"

	"perigee/shared/ogcapi/ogcapitest"
)

// RC-22: every route keeps what this API promises of all, and is described in OpenAPI as it is.
func TestEveryRoute(t *testing.T) {
	_, m := catalogueOf(t)
	rs := routes(Config{Title: "Catalogue", Description: "What there is.", Store: m, Assets: store{}})
	ogcapitest.Check(t, ogcapitest.API{
		Handler: behindEdge(rs), Patterns: rs.Patterns(), Root: Root, Description: openAPI,
		Fill:    map[string]string{"collection": "S2MSI2A", "item": "S2A_33UXP_20260430", "asset": "visual", "GET " + Root + "/collections/{collection}/assets/{asset} asset": "thumbnail"},
		Open:    []string{"GET " + Root + "/aggregate", "GET " + Root + "/collections/{collection}/aggregate"},
		Streams: []string{"GET " + Root + "/export", "GET " + Root + "/collections/{collection}/export"},
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
