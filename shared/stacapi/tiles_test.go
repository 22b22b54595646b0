package stacapi

import (
	"encoding/json"
	"strings"
	"testing"

	"perigee/shared/scope"
	"perigee/shared/stac"
)

// tiled is an item whose files are tiles; others lies elsewhere, and strange has a variable of its own.
const tiled = `{"type":"Feature","stac_version":"1.0.0","id":"tiled","collection":"tiled","geometry":{"type":"Point","coordinates":[16,48]},"properties":{"datetime":"2026-01-01T00:00:00Z"},"links":[],"assets":{},` +
	`"asset_templates":{"data":{"href":"./{TileMatrix}/{TileRow}/{TileCol}.tif"},"open":{"href":"s3://open/a b/{TileMatrix}/{TileRow}-{TileCol}.tif"},` +
	`"others":{"href":"https://tiles.example/{TileMatrix}/{TileRow}/{TileCol}.png"},"strange":{"href":"./{Style}/{TileMatrix}/{TileRow}/{TileCol}.tif"}}}`

// RC-07: tiles in the object store are opened here, by a template that keeps its variables; nothing beside them is.
func TestTiles(t *testing.T) {
	h, m := catalogueOf(t)
	if err := m.addItem("", "s3://ingest/tiled/item.json", []byte(tiled)); err != nil {
		t.Fatal(err)
	}
	const at = "/stac/collections/tiled/items/tiled"
	var doc struct {
		Extensions []string `json:"stac_extensions"`
		Templates  map[string]struct {
			Href      string
			Alternate map[string]struct{ Href string }
		} `json:"asset_templates"`
	}
	w := get(t, h, at)
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string][2]string{
		"data":    {"https://perigee.example" + at + "/tiles/data/{TileMatrix}/{TileRow}/{TileCol}", "s3://ingest/tiled/{TileMatrix}/{TileRow}/{TileCol}.tif"},
		"open":    {"https://open.example/a b/{TileMatrix}/{TileRow}-{TileCol}.tif", "s3://open/a b/{TileMatrix}/{TileRow}-{TileCol}.tif"},
		"others":  {"https://tiles.example/{TileMatrix}/{TileRow}/{TileCol}.png", ""},
		"strange": {"s3://ingest/tiled/{Style}/{TileMatrix}/{TileRow}/{TileCol}.tif", ""},
	} {
		if got := doc.Templates[key]; got.Href != want[0] || got.Alternate[alternateName].Href != want[1] {
			t.Errorf("%s: %+v", key, got)
		}
	}
	if len(doc.Extensions) != 1 {
		t.Errorf("extensions %v", doc.Extensions)
	}
	for path, location := range map[string]string{
		"/tiles/data/0/12/3":              "http://objects.example/ingest/tiled/0/12/3.tif?signature=1",
		"/tiles/data/EPSG:32633/0/0":      "http://objects.example/ingest/tiled/EPSG:32633/0/0.tif?signature=1",
		"/tiles/open/0/1/2":               "https://open.example/a b/0/1-2.tif",
		"/tiles/data/../0/0":              "",
		"/tiles/data/%2E%2E/0/0":          "",
		"/tiles/data/%2E%2E%2Fsecret/0/0": "",
		"/tiles/data/a%2Fb/0/0":           "",
		"/tiles/data/{TileRow}/0/0":       "",
		"/tiles/data/0/-1/0":              "",
		"/tiles/data/0/x/0":               "",
		"/tiles/data/0/0/99999999999":     "",
		"/tiles/others/0/0/0":             "",
		"/tiles/none/0/0/0":               "",
		"/tiles/data/0/0":                 "",
	} {
		w := get(t, h, at+path)
		if w.Header().Get("Location") != location || location == "" && w.Code != 404 || location != "" && w.Code != 302 {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Location"))
		}
	}
	if w := get(t, h, at+"/tiles/data/0/1/2?x=1"); w.Code != 400 {
		t.Errorf("%d", w.Code)
	}
	a := api{Config: Config{Store: m, Assets: store{}}}
	on := asked{root: "https://perigee.example/stac", scope: scope.New("", "")}
	back, err := a.restored(t.Context(), on, w.Body.Bytes(), false)
	if err != nil {
		t.Fatal(err)
	}
	if href, _ := stac.TemplateHref(back, "data"); href != "s3://ingest/tiled/{TileMatrix}/{TileRow}/{TileCol}.tif" {
		t.Errorf("comes back as %s", href)
	}
	bare := strings.ReplaceAll(w.Body.String(), `"alternate":{"s3":`, `"other":{"s3":`)
	if back, err = a.restored(t.Context(), on, []byte(bare), false); err != nil {
		t.Fatal(err)
	}
	if href, _ := stac.TemplateHref(back, "data"); href != "s3://ingest/tiled/{TileMatrix}/{TileRow}/{TileCol}.tif" {
		t.Errorf("comes back without its alternate as %s", href)
	}
}
