package main

import (
	"strings"
	"testing"

	"perigee/shared/record"
)

// RND-16: the files that tell of a product are found at the addresses that EOxServer has for them.
func TestMetadataFiles(t *testing.T) {
	store := testMemory()
	document := `{"type":"Feature","stac_version":"1.1.0","id":"a/b","collection":"C","geometry":{"type":"Point","coordinates":[14,47]},"bbox":[14,47,14,47],"properties":{"datetime":"2026-06-10T10:00:00Z"},"links":[],"assets":{
		"text":{"href":"./a.txt","type":"text/plain","roles":["metadata"]},"eoom":{"href":"./a.xml","type":"application/gml+xml","roles":["data","metadata"]},
		"documentation":{"href":"./a.pdf"},"B04":{"href":"./B04.tif","roles":["data"]}}}`
	store.records = map[string]record.Record{
		"a/b":  {Key: record.Key{Collection: "C", ID: "a/b"}, Document: []byte(document)},
		"list": {Key: record.Key{Collection: "C", ID: "list"}, Document: []byte(`[]`)},
	}
	handler := testHandler(t, testPainter(t, store))
	for path, want := range map[string]string{
		"a%2Fb/description":                   "/stac/collections/C/items/a%2Fb/assets/eoom",
		"a%2Fb/description?format=text/plain": "/stac/collections/C/items/a%2Fb/assets/text",
		"a%2Fb/documentation":                 "/stac/collections/C/items/a%2Fb/assets/documentation",
		"a%2Fb/thumbnail":                     "/stac/collections/C/items/a%2Fb/assets/thumbnail",
		"a%2Fb_B04/description":               "/stac/collections/C/items/a%2Fb/assets/eoom",
	} {
		w := get(handler, "/coverages/metadata/"+path)
		if w.Code != 302 || !strings.HasSuffix(w.Header().Get("Location"), want) {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Location"))
		}
	}
	inside := get(handler, "/workspaces/ws/coverages/metadata/a%2Fb/description").Header().Get("Location")
	if !strings.HasSuffix(inside, "/workspaces/ws/stac/collections/C/items/a%2Fb/assets/eoom") {
		t.Errorf("in a workspace: %s", inside)
	}
	for path, want := range map[string]string{
		"a%2Fb/other":                          "no file of other",
		"a%2Fb/description?format=image%2Fpng": "no file of description",
		"a%2Fb/secrets":                        "none of description",
		"a%2Fb_B99/description":                "no item",
		"nobody/thumbnail":                     "no item",
		"list/description":                     "not described by STAC",
	} {
		if w := get(handler, "/coverages/metadata/"+path); w.Code != 404 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
