package main

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"perigee/shared/record"
)

// downloads has the files of a product as one archive, as they lie in the bucket (RND-12; 1.9/6 and 1.9/16 of EOxServer's
// defects).
func (s *stage) downloads(t *testing.T) {
	if body := get(s.handler, "/ows?service=DSEO&request=GetCapabilities").Body.String(); !strings.Contains(body, "<dseo:Capabilities") || !strings.Contains(body, `<ows:Operation name="GetProduct">`) {
		t.Error(body)
	}
	item, query := s.items[0], "/ows?service=DSEO&version=1.0.0&request=GetProduct&ProductURI="+s.items[0].ID
	w := get(s.handler, query)
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/zip" {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	body := w.Body.Bytes()
	archive, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range archive.File {
		names = append(names, strings.TrimPrefix(f.Name, item.ID+"/"))
		content, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(content) // checks the sum
		if err != nil || f.Method != zip.Store {
			t.Errorf("%s: %v, method %d", f.Name, err, f.Method)
		}
		if f.Name == item.ID+"/NOT-INCLUDED.txt" && string(text) != "nowhere\tis not there\n" {
			t.Errorf("%q", text)
		}
	}
	for _, name := range []string{item.ID + ".json", "B02/B02.tif", "B03/B03.tif", "B04/B04.tif", "B08/B08.tif"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is not in %v", name, names)
		}
	}
	r := httptest.NewRequest(http.MethodGet, query, nil)
	r.Header.Set("Range", "bytes=100000-100099")
	part := httptest.NewRecorder()
	s.handler.ServeHTTP(part, r)
	if part.Code != 206 || !bytes.Equal(part.Body.Bytes(), body[100000:100100]) {
		t.Errorf("a part: %d, %d bytes", part.Code, part.Body.Len())
	}
	if w := get(s.handler, "/ows?service=DSEO&request=GetProduct&ProductURI=nowhere"); w.Code != 404 || !strings.Contains(w.Body.String(), `locator="ProductURI"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := get(s.handler, "/workspaces/other"+query); w.Code != 404 {
		t.Errorf("from another workspace: %d", w.Code)
	}
}

// What is one file already is read where it lies; what may not be read, or is read by others, is named and not sent, whatever a
// stranger's document says of it.
func TestDownloads(t *testing.T) {
	document := func(assets string) record.Record {
		return record.Record{Key: record.Key{Collection: "C", ID: "x"}, Source: "s3://ingest/x/x.json", MediaType: "application/geo+json", Document: []byte(`{"type":"Feature","stac_version":"1.1.0","id":"x","collection":"C",
			"geometry":{"type":"Point","coordinates":[14,47]},"bbox":[14,47,14,47],"properties":{"datetime":"2026-06-10T10:00:00Z"},"links":[],"assets":{` + assets + `}}`)}
	}
	store := testMemory()
	store.records = map[string]record.Record{
		"zipped":  document(`"B04":{"href":"./B04.tif","roles":["data"]},"product":{"href":"./x.SAFE.zip"}`),
		"typed":   document(`"whole":{"href":"./x","type":"application/zip","roles":["data"]}`),
		"strange": document(`"secret":{"href":"s3://cache/secret","roles":["data"]},"passwd":{"href":"file:///etc/passwd"},"inside":{"href":"http://127.0.0.1/admin"},"other":{"href":"s3://bob/a.tif"}`),
		"xml":     {Key: record.Key{ID: "xml"}, MediaType: "application/xml", Document: []byte("<a/>")},
		"none":    document(``),
	}
	handler := testHandler(t, testPainter(t, store))
	product := func(id string) *httptest.ResponseRecorder {
		return get(handler, "/ows?service=DSEO&request=GetProduct&ProductURI="+id)
	}
	for id, asset := range map[string]string{"zipped": "product", "typed": "whole"} {
		if w := product(id); w.Code != 302 || w.Header().Get("Location") != "http://example.com/stac/collections/C/items/x/assets/"+asset {
			t.Errorf("%s: %d %v", id, w.Code, w.Header())
		}
	}
	for id, want := range map[string]string{
		"strange": "x/x.json x/NOT-INCLUDED.txt", "xml": "xml/xml.xml", "none": "x/x.json",
	} {
		w := product(id)
		archive, err := zip.NewReader(bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len()))
		if err != nil {
			t.Fatalf("%s: %v %d %s", id, err, w.Code, w.Body)
		}
		var names []string
		for _, f := range archive.File {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %s", id, got)
		}
		if id == "strange" {
			for _, asset := range []string{"secret", "passwd", "inside", "other"} {
				if !strings.Contains(w.Body.String(), asset+"\tis not read by this service\n") {
					t.Errorf("%s is not named", asset)
				}
			}
		}
	}
	if w := product("nobody"); w.Code != 404 || !strings.Contains(w.Body.String(), "no product") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
