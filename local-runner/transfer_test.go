package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"perigee/shared/geojsonseq"
)

// catalogueHouse plays the functions that export and import, over so many items; it fails now and then.
type catalogueHouse struct {
	*httptest.Server
	items  []string
	got    []string // lines that were registered
	asked  []string
	broken int // requests that are answered 503, before others are answered
}

func newCatalogueHouse(t *testing.T, n int) *catalogueHouse {
	h := &catalogueHouse{}
	for i := range n {
		h.items = append(h.items, fmt.Sprintf(`{"type":"Feature","id":"i%d","collection":"c","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"datetime":"2026-01-01T00:00:00Z","n":%d},"links":[],"assets":{}}`, i, i))
	}
	h.Server = httptest.NewServer(http.HandlerFunc(h.answer))
	t.Cleanup(h.Close)
	return h
}

func (h *catalogueHouse) answer(w http.ResponseWriter, r *http.Request) {
	h.asked = append(h.asked, r.Header.Get("Authorization")+" "+r.URL.String())
	if h.broken > 0 {
		h.broken--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	switch {
	case strings.HasSuffix(r.URL.Path, "/stac/collections/c"):
		io.WriteString(w, `{"type":"Collection","id":"c"}`)
	case strings.HasSuffix(r.URL.Path, "/stac/export"):
		from, _ := strconv.Atoi(r.FormValue("token"))
		to := min(from+1000, len(h.items))
		if to < len(h.items) {
			w.Header().Set("Next-Token", strconv.Itoa(to))
		}
		io.WriteString(w, strings.Join(h.items[from:to], "\n"))
	case strings.HasSuffix(r.URL.Path, "/register"):
		h.register(w, r)
	}
}

// register takes lines; the id of one says that it fails, or that all that follows has to wait.
func (h *catalogueHouse) register(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.Atoi(r.FormValue("after"))
	created, failed, failures := 0, 0, []string{}
	for lines := geojsonseq.NewReader(r.Body, 1<<20); ; {
		item, err := lines.Next()
		text := string(item)
		switch {
		case err == io.EOF:
			fmt.Fprintf(w, `{"read": %d, "created": %d, "failed": %d, "failures": [%s]}`, created+failed, created, failed, strings.Join(failures, ","))
			return
		case lines.Line() <= after:
		case strings.Contains(text, `"bad"`):
			failed++
			failures = append(failures, fmt.Sprintf(`{"line": %d, "id": "bad", "error": "it has no place"}`, lines.Line()))
		case strings.Contains(text, `"wait"`) && after == 0:
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintf(w, `{"created": %d, "failed": %d, "failures": [%s], "after": %d, "error": "the database is away"}`, created, failed, strings.Join(failures, ","), lines.Line()-1)
			return
		default:
			created++
			h.got = append(h.got, text)
		}
	}
}

func (h *catalogueHouse) transfer(said *bytes.Buffer) *transfer {
	return &transfer{client: client{url: h.URL, token: "t", http: h.Client()}, prefix: "/workspaces/w", say: &speaker{out: said}, patience: time.Nanosecond}
}

// run is a command line, as it is typed.
func (h *catalogueHouse) run(t *testing.T, args ...string) (out, said string, err error) {
	t.Helper()
	var o, e bytes.Buffer
	err = dispatch(t.Context(), append(args, "--url", h.URL), terminal{in: strings.NewReader(strings.Join(h.items, "\n")), out: &o, err: &e})
	return o.String(), e.String(), err
}

// What is exported in whichever format is imported again, item by item.
func TestExportAndImport(t *testing.T) {
	h := newCatalogueHouse(t, 2345)
	folder := t.TempDir()
	for _, name := range []string{"all.ndjson", "all.ndjson.gz", "all.geojsons", "all.parquet"} {
		file := filepath.Join(folder, name)
		if _, said, err := h.run(t, "export", "c", "--to", file, "--filter", "n<9", "--workspace", "w"); err != nil || !strings.Contains(said, "exported 2345 items") {
			t.Fatalf("%s: %v %s", name, err, said)
		}
		h.got = nil
		if _, said, err := h.run(t, "import", file); err != nil || !strings.Contains(said, "created 2345, replaced 0, unchanged 0, failed 0") {
			t.Errorf("%s: %v %s", name, err, said)
		}
		if strings.HasSuffix(name, ".parquet") {
			continue // whose members have another order
		}
		if strings.Join(h.got, "\n") != strings.Join(h.items, "\n") {
			t.Errorf("%s: %d items came back, or others", name, len(h.got))
		}
	}
	if asked := h.asked[0]; asked != " /workspaces/w/stac/export?collections=c&f=ndjson&filter=n%3C9&hrefs=original&limit=1000" {
		t.Errorf("asked for %s", asked)
	}
	out, _, err := h.run(t, "export")
	if err != nil || out != strings.Join(h.items, "\n")+"\n" {
		t.Errorf("to the standard output: %v, %d bytes", err, len(out))
	}
	h.got = nil
	if _, said, err := h.run(t, "import", "-", "--after", "2000"); err != nil || len(h.got) != 345 {
		t.Errorf("from the standard input: %v %s", err, said)
	}
}

// An export goes on where it was interrupted, after the house has been away for a while, and after it was away for good.
func TestExportGoesOn(t *testing.T) {
	h := newCatalogueHouse(t, 2500)
	var said bytes.Buffer
	e := exporting{transfer: h.transfer(&said), asked: map[string][]string{}}
	h.broken = attempts - 1
	var all bytes.Buffer
	if token, err := e.run(t.Context(), geojsonseq.NewLines(&all), ""); err != nil || token != "" || strings.Count(all.String(), "\n") != 2500 {
		t.Errorf("%q %v", token, err)
	}
	file := filepath.Join(t.TempDir(), "x.ndjson")
	first := &stopping{at: 1000, then: func() { h.broken = 100 }}
	token, err := e.run(t.Context(), first, "")
	if err == nil || token != "1000" {
		t.Errorf("%q %v", token, err)
	}
	h.broken = 0
	if err := os.WriteFile(file, []byte(strings.Join(h.items[:1000], "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := e.into(t.Context(), terminal{}, file, formatLines, "1000"); err != nil {
		t.Fatal(err)
	}
	if whole, _ := os.ReadFile(file); string(whole) != strings.Join(h.items, "\n")+"\n" {
		t.Errorf("%d bytes", len(whole))
	}
	said.Reset()
	h.broken = 100
	if err := e.into(t.Context(), terminal{}, file, formatLines, "2000"); err == nil || !strings.Contains(said.String(), "to go on: --after 2000") {
		t.Errorf("%v %s", err, said.String())
	}
}

// stopping takes items and does something when there are so many.
type stopping struct {
	at, n int
	then  func()
}

func (s *stopping) Write([]byte) error {
	if s.n++; s.n == s.at {
		s.then()
	}
	return nil
}

func (*stopping) Close() error { return nil }

// Lines that fail are told with their numbers in the file; a house that is away in the middle is asked again from there.
func TestImportTellsLines(t *testing.T) {
	h := newCatalogueHouse(t, 0)
	file := filepath.Join(t.TempDir(), "x.ndjson")
	lines := []string{`{"id":"a"}`, ``, `{"id":"bad"}`, `{"id":`, `{"id":"wait"}`, "\x1e{\"id\":\"b\"}", `{"id":"bad"}`}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	var out, said bytes.Buffer
	i := importing{transfer: h.transfer(&said), out: &out}
	err := i.file(t.Context(), terminal{}, file, formatLines, 0)
	var code exitCode
	if !errors.As(err, &code) || int(code) != exitFailed || !strings.Contains(said.String(), "created 3, replaced 0, unchanged 0, failed 3") {
		t.Errorf("%v %s", err, said.String())
	}
	if want := "line 4: unexpected end of JSON input\nline 3 bad: it has no place\nline 7 bad: it has no place\n"; out.String() != want {
		t.Errorf("told %q, want %q", out.String(), want)
	}
	h.broken = 100
	said.Reset()
	if err := i.file(t.Context(), terminal{}, file, formatLines, 0); err == nil || !strings.Contains(said.String(), "to go on: --after 0") {
		t.Errorf("%v %s", err, said.String())
	}
	h.broken = 0
	if h.asked[0] != "Bearer t /workspaces/w/register?after=0" {
		t.Errorf("asked for %s", h.asked[0])
	}
}

func TestTransferIsMisused(t *testing.T) {
	for _, args := range [][]string{{"export", "--format", "csv"}, {"import"}, {"import", "a", "b"}, {"import", "a.ndjson", "--format", "xml"}, {"import", "a.ndjson", "--after", "-1"}} {
		var usage *usageError
		if err := dispatch(t.Context(), args, terminal{out: io.Discard, err: io.Discard}); !errors.As(err, &usage) {
			t.Errorf("%q: %v", args, err)
		}
	}
	for _, args := range [][]string{{"import", "none.ndjson", "--url", "http://127.0.0.1:1"}, {"import", "-", "--format", "parquet", "--url", "http://127.0.0.1:1"}} {
		if err := dispatch(t.Context(), args, terminal{out: io.Discard, err: io.Discard}); err == nil {
			t.Errorf("%q works", args)
		}
	}
}
