package main

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"perigee/shared/record"
)

// RND-16: the data model is shown at /admin, as JSON and to people: collections, product types, coverage types, products and their
// coverages, each leading to the others. Where files lie is not told, and nothing can be changed.
func TestAdmin(t *testing.T) {
	store := testMemory()
	store.products[0].Coverages[0].Bands = []record.Band{{Name: "<B04>", Index: 1}}
	handler := testHandler(t, testPainter(t, store))
	read := func(target string, into any) {
		t.Helper()
		w := get(handler, target)
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil || w.Code != 200 || w.Header().Get("Content-Type") != "application/json" {
			t.Fatalf("%s: %d %v %s", target, w.Code, err, w.Body)
		}
		if strings.Contains(w.Body.String(), "s3://") {
			t.Errorf("%s tells where files lie: %s", target, w.Body)
		}
	}
	var all model
	read("/admin", &all)
	if len(all.Collections) != 2 || all.Collections[1].ID != "S2L2A" || len(all.ProductTypes) != 1 || len(all.Products) != 1 || all.Products[0].ID != "LOOSE" {
		t.Errorf("%+v", all)
	}
	if layers := strings.Join(all.Collections[1].Layers, " "); !strings.Contains(layers, "S2L2A S2L2A__") || !strings.Contains(layers, "S2L2A__NDVI") || !strings.Contains(layers, "S2L2A__heatmap") {
		t.Errorf("%s", layers)
	}
	var collection modelCollection
	read("/admin/collections/S2L2A?f=json", &collection)
	if len(collection.Products) != 2 || collection.Products[0].ID != "NEW" || collection.ProductTypes[0] != "S2MSI2A" {
		t.Errorf("%+v", collection)
	}
	var one modelProduct
	read("/admin/products/OLD__1", &one)
	if one.ID != "OLD__1" || one.Type != "S2MSI2A" || len(one.Coverages) != 1 || one.Coverages[0].Asset != "B04" || strings.Join(one.Browses, " ") != "TRUE_COLOR NDVI" {
		t.Errorf("%+v", one)
	}
	var kind modelType
	read("/admin/product-types/S2MSI2A", &kind)
	if kind.Browses["NDVI"].Grey.Expression != "(B08-B04)/(B08+B04)" {
		t.Errorf("%+v", kind)
	}
	for target, parts := range map[string][]string{
		"/admin": {"Collections", "/admin/collections/S2L2A?f=html"}, "/admin/": {"Product types"}, "/admin/collections/S2L2A": {"/admin/products/NEW?f=html", "S2L2A__NDVI"},
		"/admin/products/NEW": {"&lt;B04&gt;", "/stac/collections/S2L2A/items/NEW", "GetProduct&amp;ProductURI=NEW"}, "/admin/product-types/S2MSI2A": {"(B08-B04)/(B08+B04)"},
	} {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Header.Set("Accept", "text/html,*/*;q=0.5")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %d %v", target, w.Code, w.Header())
		}
		for _, part := range parts {
			if !strings.Contains(w.Body.String(), part) {
				t.Errorf("%s: %s is missing in %s", target, part, w.Body)
			}
		}
		if strings.Contains(w.Body.String(), "<B04>") || strings.Contains(w.Body.String(), "<form") {
			t.Errorf("%s: %s", target, w.Body)
		}
	}
	for _, target := range []string{"/admin/collections/nowhere", "/admin/products/nowhere", "/admin/product-types/nowhere", "/admin/coverage-types/nowhere", "/admin/users"} {
		if w := get(handler, target); w.Code != 404 {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	if w := get(handler, "/workspaces/ws/admin?f=json"); w.Code != 200 || !strings.Contains(w.Body.String(), `"http://example.com/workspaces/ws/admin/collections/S2L2A"`) {
		t.Errorf("in a workspace: %d %s", w.Code, w.Body)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/admin", nil))
	if w.Code != 405 {
		t.Errorf("POST: %d", w.Code)
	}
}

// Every named layer is described by a document of the type that is told, at an address that answers: what the rows
// getcapabilities:metadataurls and recommendations:metadataurls of the OGC's test suite ask for.
func TestDescriptionsOfLayers(t *testing.T) {
	handler := testHandler(t, testPainter(t, testMemory()))
	named := 0
	decoder := xml.NewDecoder(get(handler, "/ows?service=WMS&request=GetCapabilities").Body)
	for token, err := decoder.Token(); err == nil; token, err = decoder.Token() {
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "MetadataURL" && start.Name.Local != "Layer" {
			continue
		}
		if start.Name.Local == "Layer" {
			named++
			continue
		}
		named--
		var one struct {
			Format string `xml:"Format"`
			Online struct {
				Href string `xml:"http://www.w3.org/1999/xlink href,attr"`
			} `xml:"OnlineResource"`
		}
		if err := decoder.DecodeElement(&one, &start); err != nil {
			t.Fatal(err)
		}
		w := get(handler, strings.TrimPrefix(one.Online.Href, "http://example.com"))
		if w.Code != 200 || w.Header().Get("Content-Type") != one.Format {
			t.Errorf("%+v: %d %s", one, w.Code, w.Header().Get("Content-Type"))
		}
	}
	if named != 1 { // the root, which cannot be drawn
		t.Errorf("%d layers are not described", named-1)
	}
}
