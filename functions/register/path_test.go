package main

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/datatest"
	"perigee/shared/routes"
)

// REG-08: a path is what it was for the original: an object's address, one with its bucket, or one below the workspace's own.
func TestPlaced(t *testing.T) {
	r := &registrar{places: places{ingest: "ingest", read: []string{"archive"}}}
	for told, want := range map[string]string{
		"EODATA/Sentinel-2/MSI/L2A/2020/09/02/S2A_x.SAFE/": "s3://EODATA/Sentinel-2/MSI/L2A/2020/09/02/S2A_x.SAFE",
		"/eodata/Sentinel-2/S2A_x.SAFE":                    "s3://EODATA/Sentinel-2/S2A_x.SAFE",
		"s3://archive/a/S2A_x.SAFE/":                       "s3://archive/a/S2A_x.SAFE",
		"archive/a/item.json":                              "s3://archive/a/item.json",
		"ingest/a/item.json":                               "s3://ingest/a/item.json",
		"other/a/item.json":                                "s3://ingest/other/a/item.json",
		"item.json":                                        "s3://ingest/item.json",
		"https://example.org/item.json":                    "https://example.org/item.json",
	} {
		if got := r.placed(scopeOf(""), told); got != want {
			t.Errorf("%s is %s, want %s", told, got, want)
		}
	}
	if got := r.placed(scopeOf("ws"), "archive/x"); got != "s3://archive/x" {
		t.Errorf("in a workspace: %s", got)
	}
	if got := r.placed(scopeOf("ws"), "a/x"); got != "s3://ws/a/x" {
		t.Errorf("in a workspace: %s", got)
	}
	for name, want := range map[string]string{
		"S2A_MSIL1C_20210908T042701_N0301_R133_T46RER_20210908T070248.SAFE": "sentinel2", "S1A_IW_GRDH_1SDV_x.SAFE": "sentinel1", "S3A_OL_x.SEN3": "sentinel3",
		"LC08_L1TP_005009_20150710_20170407_01_T1": "landsat8", "LC81530252014153LGN00": "", "item.json": "", "S2A_x": "",
	} {
		if got := readerOfProduct("s3://x/y/" + name); got != want {
			t.Errorf("%s is read by %q, want %q", name, got, want)
		}
	}
}

// REG-08: a product of Sentinel-2 is registered by its path, as an item that is made of its own metadata; the legacy message
// is a bare path. Its manifest's end is the item's.
func TestProductByPath(t *testing.T) {
	shared := datatest.Folder(t)
	const name = "S2A_MSIL1C_20210908T042701_N0301_R133_T46RER_20210908T070248.SAFE"
	w := newWorld(t)
	for i, r := range w.r.routes.Routes {
		if r.Kind == routes.Path {
			w.r.routes.Routes[i].Backends = []routes.Backend{{Kind: routes.CatalogueItem}} // its images are not among the data
		}
	}
	folder := filepath.Join(shared, "data/eoepca/safe", name)
	err := filepath.WalkDir(folder, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Base(file) == "expected_output.json" {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		_, err = w.objects.Put(t.Context(), w.bucket, "products/"+name+"/"+strings.TrimPrefix(file, folder+"/"), text, bucket.PutOptions{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	granule := "products/" + name + "/GRANULE/L1C_T46RER_A032448_20210908T043714/MTD_TL.xml"
	text, _, err := w.objects.ReadAll(t.Context(), w.bucket, granule, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	w.delete(granule)
	if status, words := w.deliver(w.notification(w.bucket, "products/"+name, eventing.ModeReplace)); status != http.StatusAccepted {
		t.Errorf("assets: %d %s", status, words)
	}
	early := w.request("path", eventing.ModeReplace, eventing.Document{Href: "s3://" + w.bucket + "/products/" + name, Time: time.Now()})
	if status, words := w.deliver(early); status != http.StatusUnprocessableEntity || !strings.Contains(words, "not there: s3://"+w.bucket+"/"+granule) {
		t.Errorf("before its files are there: %d %s", status, words)
	}
	w.handled(w.put(granule, string(text)))
	w.wantNews("create S2MSI1C/" + name)
	path, _ := json.Marshal(w.bucket + "/products/" + name + "/")
	w.handled(w.request("register_path_queue", eventing.ModeRegister, eventing.Document{Content: path, Time: time.Now()}))
	got := w.record("S2MSI1C", name)
	if got.Properties["s2:product_type"] != "S2MSI1C" || got.Source != "s3://"+w.bucket+"/products/"+name {
		t.Errorf("record %+v", got)
	}
	if s := w.status("products/" + name); s.Route != "path" || s.Status != "registered" {
		t.Errorf("status %+v", s)
	}
	w.news()
	noticed := eventing.Document{Href: "s3://" + w.bucket + "/products/" + name, Time: time.Now()}
	w.handled(w.request("path", eventing.ModeDeregister, noticed))
	w.wantNews("")
	if err := w.objects.Delete(t.Context(), w.bucket, "products/"+name+"/manifest.safe"); err != nil {
		t.Fatal(err)
	}
	noticed.Time = time.Now()
	w.handled(w.request("path", eventing.ModeDeregister, noticed))
	if w.record("S2MSI1C", got.ID).ID != "" {
		t.Error("the item is there without its product")
	}
}

// REG-08: an item is registered by its path too; what is neither an item nor a product is told.
func TestItemByPath(t *testing.T) {
	w := newWorld(t)
	w.put("a/x.json", item("C", "x", "x"))
	w.put("a/catalog.json", `{"type": "Collection", "stac_version": "1.0.0", "id": "D", "description": "d", "license": "x", "extent": {"spatial": {"bbox": [[1, 2, 3, 4]]}, "temporal": {"interval": [[null, null]]}}, "links": []}`)
	w.handled(w.request(eventing.RoutePaths, eventing.ModeRegister, eventing.Document{Content: json.RawMessage(`"a/x.json"`), Time: time.Now()}))
	if w.record("C", "x").ID == "" {
		t.Error("the item is not registered")
	}
	for content, words := range map[string]string{
		`"a/none.json"`: "none.json", `"a/catalog.json"`: "Collection", `{}`: "no path", `5`: "not a JSON object", `"a/S2A_x.SAFE"`: "manifest.safe",
	} {
		status, said := w.deliver(w.request(eventing.RoutePaths, eventing.ModeRegister, eventing.Document{Content: json.RawMessage(content), Time: time.Now()}))
		if status != http.StatusUnprocessableEntity || !strings.Contains(said, words) {
			t.Errorf("%s: %d %s", content, status, said)
		}
	}
	w.handled(w.request("deregister_path_queue", eventing.ModeDeregister, eventing.Document{Content: json.RawMessage(`"a/x.json"`), Time: time.Now().Add(time.Minute)}))
	if w.record("C", "x").ID != "" {
		t.Error("the item is still there")
	}
}
