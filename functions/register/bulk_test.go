package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"perigee/shared/bucket"
	"perigee/shared/catalogue"
	"perigee/shared/geoparquet"
	"perigee/shared/record"
)

// plain is an item without files.
func plain(collection, id string, n int) string {
	return fmt.Sprintf(`{"type":"Feature","stac_version":"1.0.0","id":%q,"collection":%q,"geometry":{"type":"Point","coordinates":[1.5,2]},"properties":{"datetime":"2026-01-01T00:00:00Z","n":%d},"links":[],"assets":{}}`, id, collection, n)
}

func manyLines(n int) string {
	var all strings.Builder
	for i := range n {
		all.WriteString(plain("big", fmt.Sprintf("i%04d", i), i) + "\n")
	}
	return all.String()
}

func parquetOf(t *testing.T, lines string) string {
	t.Helper()
	var out bytes.Buffer
	w, err := geoparquet.NewWriter(&out, geoparquet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(lines) {
		if err := w.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// imported sends items and reads what became of them.
func (w *world) imported(status int, path, body string, header ...string) (done imported) {
	w.t.Helper()
	response, text := w.ask("POST", path, "somebody", body, header...)
	if err := json.Unmarshal([]byte(text), &done); err != nil || response.StatusCode != status {
		w.t.Errorf("%s: %s, not %d: %s", path, response.Status, status, text)
	}
	return done
}

// items lists what of a collection a workspace has.
func (w *world) items(workspace, collection string) map[string]string {
	w.t.Helper()
	all := map[string]string{}
	page, err := w.store.Search(w.t.Context(), scopeOf(workspace), catalogue.Query{Types: []string{record.TypeItem}, Collections: []string{collection}, Limit: 10_000, DocumentsOnly: true})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range page.Records {
		all[r.ID] = string(r.Document)
	}
	return all
}

// WS-28: items by the thousand are registered from lines, text sequences and stac-geoparquet, as a body and from a bucket.
func TestImport(t *testing.T) {
	w := newWorld(t)
	const lines = "Content-Type"
	body := manyLines(250)
	if done := w.imported(200, "/register", body, lines, "application/x-ndjson"); done.Read != 250 || done.Created != 250 || done.Failed != 0 || done.After != 0 {
		t.Errorf("%+v", done)
	}
	if got := w.items("", "big"); len(got) != 250 || got["i0007"] != plain("big", "i0007", 7) {
		t.Errorf("%d items, %s", len(got), got["i0007"])
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte("\x1e" + strings.ReplaceAll(strings.TrimSpace(body), "\n", "\n\x1e")))
	_ = z.Close()
	if done := w.imported(200, "/register?after=200", zipped.String(), lines, "application/geo+json-seq", "Content-Encoding", "gzip"); done.Read != 50 || done.Unchanged != 50 {
		t.Errorf("again, behind 200: %+v", done)
	}
	file := parquetOf(t, body)
	if done := w.imported(200, "/register", file, lines, geoparquet.MediaType, "Workspace", "alice"); done.Read != 250 || done.Created != 250 {
		t.Errorf("as Parquet: %+v", done)
	}
	if got := w.items("alice", "big"); len(got) != 250 {
		t.Errorf("alice has %d items", len(got))
	}
	for key, text := range map[string]string{"dump/all.ndjson": body, "dump/all.parquet": file} {
		if _, err := w.objects.Put(t.Context(), w.bucket, key, []byte(text), bucket.PutOptions{}); err != nil {
			t.Fatal(err)
		}
		if done := w.imported(200, "/register", `{"url": "s3://`+w.bucket+"/"+key+`"}`); done.Read != 250 || done.Created > 0 || done.Failed > 0 {
			t.Errorf("%s: %+v", key, done)
		}
	}
	collection := `{"type":"Collection","stac_version":"1.0.0","id":"big","description":"d","license":"x","extent":{"spatial":{"bbox":[[1,2,3,4]]},"temporal":{"interval":[[null,null]]}},"links":[]}`
	if done := w.imported(200, "/register", collection+"\n"+plain("big", "x", 1), lines, "application/x-ndjson"); done.Created != 2 {
		t.Errorf("a collection and an item: %+v", done)
	}
}

// Each line that fails is told with its number and why; the others count.
func TestImportFailures(t *testing.T) {
	w := newWorld(t)
	body := strings.Join([]string{
		plain("c", "a", 1), `{"type":"Feature","id":"b"}`, "", `{"type":`, plain("c", "c", 1), `[1]`, `{"type":"Catalog","id":"x"}`, plain("c", strings.Repeat("l", 600), 1),
		strings.NewReplacer(`"assets":{}`, `"assets":{"B02":{"href":"s3://elsewhere/a.tif","type":"image/tiff"}}`, `"properties":{`, `"properties":{"s2:product_type":"S2MSI2A",`).Replace(plain("c", "far", 1)), plain("c", "d", 1),
	}, "\n")
	done := w.imported(200, "/register", body, "Content-Type", "application/x-ndjson")
	var told []string
	for _, f := range done.Failures {
		told = append(told, fmt.Sprintf("%d %s %s", f.Line, f.ID, f.Locator))
	}
	want := []string{"2 b geometry", "4  ", "6  ", "7 x type"}
	if done.Read != 9 || done.Created != 3 || done.Failed != 6 || len(told) != 6 || strings.Join(told[:4], "|") != strings.Join(want, "|") || !strings.HasPrefix(told[5], "9 far assets.B02.href") {
		t.Errorf("%+v\n%q", done, told)
	}
	if !strings.Contains(done.Failures[1].Error, "not JSON") || !strings.Contains(done.Failures[5].Error, "elsewhere") {
		t.Errorf("%+v", done.Failures)
	}
	file := parquetOf(t, manyLines(3))
	for name, c := range map[string]struct {
		status int
		path   string
		body   string
		header []string
		words  string
	}{
		"no file":           {422, "/register", "PAR1", []string{"Content-Type", geoparquet.MediaType}, "Parquet file"},
		"half a file":       {422, "/register", file[:len(file)-9], []string{"Content-Type", geoparquet.MediaType}, "Parquet file"},
		"no number":         {422, "/register?after=x", "", []string{"Content-Type", "application/x-ndjson"}, "after"},
		"unknown":           {422, "/register?behind=1", "", []string{"Content-Type", "application/x-ndjson"}, "behind"},
		"not compressed":    {422, "/register", "{}", []string{"Content-Type", "application/x-ndjson", "Content-Encoding", "gzip"}, "gzip"},
		"another's bucket":  {403, "/register", `{"url": "s3://elsewhere/a.ndjson"}`, nil, "elsewhere"},
		"nothing there":     {404, "/register", `{"url": "s3://` + w.bucket + `/none.parquet"}`, nil, "none.parquet"},
		"no object":         {422, "/register", `{"url": "https://elsewhere.example/a.parquet"}`, nil, "not an object"},
		"a stranger's file": {401, "/register", file, []string{"Content-Type", geoparquet.MediaType, "Writer", ""}, "bearer token"},
	} {
		response, text := w.ask("POST", c.path, "somebody", c.body, c.header...)
		if response.StatusCode != c.status || !strings.Contains(text, c.words) {
			t.Errorf("%s: %s %s", name, response.Status, text)
		}
	}
	broken := []byte(parquetOf(t, manyLines(5)))
	for i := 60; i < 200; i++ {
		broken[i] ^= 0x55
	}
	if done := w.imported(422, "/register", string(broken), "Content-Type", geoparquet.MediaType); done.Error == "" {
		t.Errorf("%+v", done)
	}
}

// While the database, or the broker, is away, an import says where to go on.
func TestImportGoesOn(t *testing.T) {
	w := newWorld(t)
	w.r.imports.Lock()
	if response, _ := w.ask("POST", "/register", "somebody", plain("c", "a", 1), "Content-Type", "application/x-ndjson"); response.StatusCode != 503 {
		t.Errorf("beside another import: %s", response.Status)
	}
	w.r.imports.Unlock()
	first := manyLines(100)
	rest := strings.Replace(manyLines(120)[len(first):], `"assets":{}`, `"assets":{"a":{"href":"s3://`+w.bucket+`/a.tif","type":"image/tiff"}}`, 1)
	if _, err := w.objects.Put(t.Context(), w.bucket, "a.tif", []byte("raster"), bucket.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	w.mutex.Lock()
	w.broken["s3://"+w.bucket+"/a.tif"] = "down"
	w.mutex.Unlock()
	done := w.imported(503, "/register", first+rest, "Content-Type", "application/x-ndjson")
	if done.After != 100 || done.Created != 100 || done.Error == "" {
		t.Errorf("%+v", done)
	}
	w.mutex.Lock()
	delete(w.broken, "s3://"+w.bucket+"/a.tif")
	w.mutex.Unlock()
	if done := w.imported(200, fmt.Sprintf("/register?after=%d", done.After), first+rest, "Content-Type", "application/x-ndjson"); done.Read != 20 || done.Failed > 0 || len(w.items("", "big")) != 120 {
		t.Errorf("%+v", done)
	}
}
