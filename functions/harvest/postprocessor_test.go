package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// HRV-10: items of a bucket are led through a service inside that the operator named, which is asked once more when it is
// busy; a request that names one leads nowhere inside, and its items are told.
func TestServiceOfOnesOwn(t *testing.T) {
	w := newWorld(t)
	asked := 0
	service := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
		item, _ := io.ReadAll(q.Body)
		if asked++; asked == 1 {
			rw.Header().Set("Retry-After", "0")
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if q.Header.Get("Content-Type") != "application/geo+json" || q.Header.Get("Authorization") != "" {
			rw.WriteHeader(http.StatusTeapot)
			return
		}
		_, _ = io.WriteString(rw, strings.Replace(string(item), `"id": "a"`, `"id": "better"`, 1))
	}))
	t.Cleanup(service.Close)
	w.put(w.bucket, map[string]string{"catalog.json": nodeText("Catalog", "c", "item a.json"), "a.json": itemText("a", "S2")})
	w.configured(`
harvesters:
  own:
    resource: {type: STACCatalog, staccatalog: {root_path: /catalog.json}}
    postprocessors: [{type: external, kwargs: {url: "`+service.URL+`", retries: 1}}]
`, func(c *config) { c.Tries = 3 })
	w.handled(wanted("1", "own", "", ""))
	w.drain()
	w.wantContents([]string{"better"})
	if asked != 2 {
		t.Errorf("it was asked %d times", asked)
	}

	w.handled(wanted("2", "own", "", `{"postprocessors":[{"type":"external","kwargs":{"url":"`+service.URL+`/inside"}}]}`))
	w.drain()
	run := w.latest("")
	if asked != 2 || run.Requested != 0 || run.Failed != 1 || !strings.Contains(run.Failures[0].Reason, "127.0.0.1") {
		t.Errorf("asked %d times: %+v", asked, run)
	}
}
