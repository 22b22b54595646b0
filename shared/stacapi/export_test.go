package stacapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/geojsonseq"
	"perigee/shared/geoparquet"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// manyOf is the API over so many items of the collection c, whose documents lie over several lines.
func manyOf(t testing.TB, n int) (http.Handler, *memory) {
	m := &memory{}
	for i := range n {
		raw := fmt.Sprintf("{\"type\":\"Feature\",\"stac_version\":\"1.0.0\",\n \"id\":\"i%04d\",\"collection\":\"c\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1.50,2]},"+
			"\"properties\":{\"datetime\":\"2026-01-01T00:00:00Z\",\"n\":%d},\n \"links\":[{\"rel\":\"self\",\"href\":\"./i.json\"}],\"assets\":{\"a\":{\"href\":\"i.tif\"}}}", i, i)
		item, err := stac.DecodeItem([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		m.items = append(m.items, record.Record{Key: record.Key{Collection: "c", ID: item.ID}, Type: record.TypeItem, Time: item.Time,
			Footprint: item.Geometry, Properties: item.Properties, Document: []byte(raw), Source: "s3://ingest/a/i.json"})
	}
	return handler(m), m
}

// itemsIn reads the items of an export, whichever format it has.
func itemsIn(t testing.TB, w *httptest.ResponseRecorder) (items []string) {
	t.Helper()
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	next := geojsonseq.NewReader(w.Body, 1<<20).Next
	if w.Header().Get("Content-Type") == geoparquet.MediaType {
		r, err := geoparquet.NewReader(bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len()), geoparquet.Limits{Memory: 64 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		next = r.Next
	}
	for {
		item, err := next()
		if err == io.EOF {
			return items
		}
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, string(item))
	}
}

// Bulk: every item of a question is in the export once, in every format, whole or part by part.
func TestExport(t *testing.T) {
	h, _ := manyOf(t, 1203)
	for _, target := range []string{"/stac/collections/c/export", "/stac/export?collections=c", "/stac/export"} {
		for _, f := range []string{"ndjson", "geojsonseq", "parquet"} {
			w := get(t, h, target+separator(target)+"f="+f)
			if items := itemsIn(t, w); len(items) != 1203 || !strings.Contains(items[0], `"id":"i0000"`) || !strings.Contains(items[1202], `"id":"i1202"`) {
				t.Errorf("%s as %s: %d items", target, f, len(items))
			}
			if w.Header().Get("Link") != "" || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment; filename=") {
				t.Errorf("%s: %v", target, w.Header())
			}
		}
	}
	seen, parts := map[string]bool{}, 0
	for target := "/stac/collections/c/export?limit=400&filter=n%3C1000&f=ndjson"; target != ""; parts++ {
		w := get(t, h, target)
		for _, item := range itemsIn(t, w) {
			seen[item] = true
		}
		target = ""
		if next := regexp.MustCompile(`^<https://perigee.example(/stac/collections/c/export\?.*limit=400.*)>; rel="next"$`).FindStringSubmatch(w.Header().Get("Link")); next != nil {
			target = next[1]
		}
	}
	if len(seen) != 1000 || parts != 3 {
		t.Errorf("%d items in %d parts", len(seen), parts)
	}
	w := send(t, h, http.MethodPost, "/stac/export?f=ndjson", strings.NewReader(`{"collections":["c"],"limit":7,"sortby":[{"field":"id","direction":"desc"}],"fields":{"include":["properties.n"]}}`))
	if items := itemsIn(t, w); len(items) != 7 || items[0] != `{"type":"Feature","stac_version":"1.0.0","id":"i1202","collection":"c","properties":{"n":1202}}` || w.Header().Get("Next-Token") != "at 7" {
		t.Errorf("by a body: %v %v", items, w.Header())
	}
	if w := send(t, h, http.MethodPost, "/stac/export", strings.NewReader(`{}`)); len(itemsIn(t, w)) != 1203 {
		t.Error("an empty body does not ask for everything")
	}
}

func separator(target string) string {
	if strings.Contains(target, "?") {
		return "&"
	}
	return "?"
}

// What is exported opens here, or is as it was registered.
func TestExportedDocuments(t *testing.T) {
	h, _ := manyOf(t, 1)
	served := itemsIn(t, get(t, h, "/stac/collections/c/export"))[0]
	if alone := get(t, h, "/stac/collections/c/items").Body.String(); !strings.Contains(strings.ReplaceAll(alone, "\n ", ""), served) {
		t.Errorf("%s is not in %s", served, alone)
	}
	const original = `{"type":"Feature","stac_version":"1.0.0","id":"i0000","collection":"c","geometry":{"type":"Point","coordinates":[1.50,2]},` +
		`"properties":{"datetime":"2026-01-01T00:00:00Z","n":0},"links":[{"rel":"self","href":"s3://ingest/a/i.json"}],"assets":{"a":{"href":"s3://ingest/a/i.tif"}}}`
	if got := itemsIn(t, get(t, h, "/stac/collections/c/export?hrefs=original"))[0]; got != original {
		t.Errorf("\n got %s\nwant %s", got, original)
	}
}

func TestExportRefusals(t *testing.T) {
	h, _ := manyOf(t, 1)
	for target, want := range map[string]int{
		"/stac/collections/none/export": 404, "/stac/export?f=csv": 400, "/stac/export?hrefs=both": 400, "/stac/export?colour=red": 400, "/stac/export?limit=0": 400,
		"/stac/export?token=forged": 400, "/stac/collections/c/export?collections=c": 400, "/stac/collections/c/export?filter=(": 400,
	} {
		if w := get(t, h, target); w.Code != want {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	if w := send(t, h, http.MethodPost, "/stac/export?limit=1", strings.NewReader("{}")); w.Code != 400 {
		t.Errorf("%d", w.Code)
	}
	if w := send(t, h, http.MethodHead, "/stac/export?f=parquet", nil); w.Code != 200 || w.Body.Len() > 0 || w.Header().Get("Content-Type") != geoparquet.MediaType {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
	if name := fileName("a/b\"c\n%é ok"); name != "a_b_c___ ok" {
		t.Error(name)
	}
	if !strings.Contains(get(t, h, "/stac/collections/c").Body.String(), `{"rel":"enclosure","href":"https://perigee.example/stac/collections/c/export?f=parquet","type":"application/vnd.apache.parquet"`) {
		t.Error("the collection does not lead to its export")
	}
}

// failing is a store that is away from the second page on, or that waits.
type failing struct {
	*memory
	wait chan struct{}
}

func (f failing) Search(ctx context.Context, sc scope.Scope, q Query) (Page, error) {
	if f.wait != nil {
		<-f.wait
	}
	if q.After != "" {
		return Page{}, fault.New(fault.Unavailable, "the store is away")
	}
	return f.memory.Search(ctx, sc, q)
}

// An export that breaks off does not look whole.
func TestExportBreaksOff(t *testing.T) {
	_, m := manyOf(t, 600)
	var said bytes.Buffer
	server := httptest.NewUnstartedServer(behindEdge(New(Config{Store: failing{memory: m}, Assets: store{}})))
	server.Config.ErrorLog = log.New(&said, "", 0)
	server.Start()
	defer func() {
		server.Close() // nothing is said any more
		if said.Len() > 0 {
			t.Errorf("the server complains: %s", said.String())
		}
	}()
	for _, f := range []string{"ndjson", "parquet"} {
		r, err := http.Get(server.URL + "/stac/export?f=" + f)
		if err != nil {
			continue // not even its beginning came
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err == nil {
			t.Errorf("%s: %d bytes look like all of it", f, len(body))
		}
		if bytes.Contains(body, []byte("about:blank")) {
			t.Errorf("%s: the failure stands among the items", f)
		}
	}
}

// More exports than there are places for are told to come again.
func TestExportPlaces(t *testing.T) {
	_, m := manyOf(t, 1)
	wait := make(chan struct{})
	h := behindEdge(New(Config{Store: failing{m, wait}, Assets: store{}}))
	codes := make(chan int)
	for range maxExports + 1 {
		go func() { codes <- get(t, h, "/stac/export").Code }()
	}
	if code := <-codes; code != http.StatusServiceUnavailable {
		t.Errorf("the first to be answered got %d", code)
	}
	close(wait)
	for range maxExports {
		if code := <-codes; code != 200 {
			t.Error(code)
		}
	}
}
