package records

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"perigee/shared/datatest"
	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/ogcrecord"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
	"perigee/shared/transaction"
)

// writes are what the memory's transactions remember.
type writes struct {
	mutex  sync.Mutex
	serial int
	asked  int
}

// Apply makes changes in memory. A version is a number that counts up.
func (m *memory) Apply(r *http.Request, changes []transaction.Change) ([]transaction.Result, error) {
	m.writes.mutex.Lock()
	defer m.writes.mutex.Unlock()
	results := make([]transaction.Result, len(changes))
	for i, c := range changes {
		m.writes.asked++
		results[i] = m.make(r, c)
	}
	return results, nil
}

func (m *memory) make(r *http.Request, c transaction.Change) transaction.Result {
	sc := scope.FromContext(r.Context()).Scope
	found, missing := m.Record(r.Context(), sc, c.Collection, c.ID)
	switch {
	case c.Kind != transaction.Record:
		return transaction.Result{Err: fault.New(fault.Internal, "a change of a %s", c.Kind)}
	case c.Operation != transaction.Create && missing != nil:
		return transaction.Result{Err: missing}
	case len(c.Versions) > 0 && !slices.Contains(c.Versions, found.Version):
		return transaction.Result{Err: fault.At(fault.Outdated, "id", "it is another one")}
	}
	document := c.Document
	if c.Operation == transaction.Patch {
		var err error
		if document, err = stac.MergePatch(found.Document, c.Document); err != nil {
			return transaction.Result{Err: err}
		}
	}
	var rec record.Record
	if c.Operation != transaction.Delete {
		var err error
		if rec, err = read(c.MediaType, document); err != nil {
			return transaction.Result{Err: err}
		}
		_, missing := m.Record(r.Context(), sc, c.Collection, rec.ID)
		if c.Operation == transaction.Create && missing == nil {
			return transaction.Result{Err: fault.At(fault.Conflict, "id", "it is there already")}
		}
	}
	m.all = slices.DeleteFunc(m.all, func(one record.Record) bool { return c.Operation != transaction.Create && one.Key == found.Key })
	if c.Operation == transaction.Delete {
		return transaction.Result{Outcome: record.Deleted}
	}
	m.writes.serial++
	rec.Workspace, rec.Collection, rec.Document, rec.Version = sc.Workspace, c.Collection, document, fmt.Sprint("v", m.writes.serial)
	if c.Operation != transaction.Create {
		rec.Collection = found.Collection
	}
	m.add(rec)
	return transaction.Result{Collection: rec.Collection, ID: rec.ID, Version: rec.Version, Outcome: record.Created, Document: document, MediaType: rec.MediaType}
}

// read reads a record as registering does.
func read(mediaType string, document []byte) (record.Record, error) {
	if !IsJSON(mediaType) {
		return record.Record{Key: record.Key{ID: "x"}, Type: "service", Title: "X", MediaType: dublincore.MediaType}, nil
	}
	return ogcrecord.Decode(document)
}

func write(t testing.TB, h http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	return send(t, h, method, target, strings.NewReader(body), append([]string{"Role", "writer"}, header...)...)
}

func small(id, more string) string {
	return fmt.Sprintf(`{"id":%q,"type":"Feature","geometry":{"type":"Point","coordinates":[1.50,2]},"time":{"timestamp":"2026-01-01T00:00:00Z"},"properties":{"type":"dataset","title":"T"%s}}`, id, more)
}

// RC-05, RC-11: each request of OGC API - Features - Part 4, with its status, its headers and what is there afterwards.
func TestWriting(t *testing.T) {
	h, _ := catalogueOf(t)
	const items, a = allMain + "/items", allMain + "/items/a"
	var tag string
	for i, c := range []struct {
		method, target, body string
		header               []string
		status               int
		words                string
	}{
		{"POST", items, small("a", ""), []string{"Content-Type", "application/geo+json"}, 201, `"coordinates":[1.50,2]`},
		{"POST", items, small("a", ""), []string{"Content-Type", "application/geo+json"}, 409, "there already"},
		{"POST", items, small("a", ""), []string{"Content-Type", "application/geo+json", "If-None-Match", "*"}, 412, "there already"},
		{"POST", items, small("b", ""), []string{"Content-Type", "application/json"}, 201, `"id":"b"`}, // which is no query
		{"POST", items, small("b", ""), []string{"Content-Type", "image/png"}, 415, "application/geo+json"},
		{"POST", items + "?limit=1", small("c", ""), []string{"Content-Type", "application/geo+json"}, 400, `"limit"`},
		{"POST", items, `{"id":"c","type":"Feature"}`, []string{"Content-Type", "application/geo+json"}, 400, `"geometry"`},
		{"POST", items, small("c", ""), []string{"Content-Type", "application/geo+json", "Content-Crs", "<http://www.opengis.net/def/crs/EPSG/0/3857>"}, 400, "Content-Crs"},
		{"POST", items, `<csw:Record/>`, []string{"Content-Type", "application/xml"}, 201, `"title":"X"`},
		{"PUT", a, small("a", `,"n":1.0`), []string{"Content-Crs", "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"}, 200, `"n":1.0`},
		{"PUT", allMain + "/items/none", small("none", ""), nil, 404, "none"},
		{"PUT", allMain + "/items/new", small("new", ""), []string{"If-None-Match", "*"}, 201, `"id":"new"`},
		{"PUT", allMain + "/items/new", small("new", ""), []string{"If-None-Match", "*"}, 412, "there already"},
		{"PUT", a, small("a", ""), []string{"If-None-Match", `"x"`}, 400, "If-None-Match"},
		{"PUT", a, small("a", ""), []string{"If-Match", `"v0.old"`}, 412, "another one"},
		{"PUT", a, small("a", `,"n":2`), []string{"If-Match", "last"}, 200, `"n":2`},
		{"PATCH", a, `{"properties":{"n":3}}`, []string{"If-Match", "last", "Content-Type", "application/merge-patch+json"}, 200, `"n":3`},
		{"PATCH", a, `{"properties":{"n":4}}`, []string{"If-Match", "W/last"}, 412, "another one"},
		{"PATCH", a, `[{"op":"remove"}]`, []string{"Content-Type", "application/json-patch+json"}, 415, "merge-patch"},
		{"DELETE", a, "", []string{"If-Match", `"v0"`}, 412, "another one"},
		{"DELETE", a, "", []string{"If-Match", "last"}, 204, ""},
		{"DELETE", a, "", nil, 404, "a"},
		{"GET", a, "", nil, 404, "a"},
		{"DELETE", allMain + "/items", "", nil, 405, ""},
		{"PUT", allMain, "", nil, 405, ""},
	} {
		header := slices.Clone(c.header)
		for i := range header {
			header[i] = strings.Replace(header[i], "last", tag, 1)
		}
		w := write(t, h, c.method, c.target, c.body, header...)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.words) {
			t.Fatalf("%d: %s %s: %d %s", i, c.method, c.target, w.Code, w.Body)
		}
		if w.Code == 200 || w.Code == 201 {
			if c.target == a {
				tag = w.Header().Get("ETag")
			}
			if (w.Code == 201) != strings.HasPrefix(w.Header().Get("Location"), "https://perigee.example"+allMain+"/items/") || !strings.HasPrefix(w.Header().Get("ETag"), `"v`) {
				t.Errorf("%d: %v", i, w.Header())
			}
		}
	}
}

// What is answered is what is read from then on, in each format by a tag of the same version.
func TestWrittenIsRead(t *testing.T) {
	h, _ := catalogueOf(t)
	made := write(t, h, "POST", "/records/collections/woudc/items", small("ü/ä", ""), "Content-Type", "application/geo+json")
	at := strings.TrimPrefix(made.Header().Get("Location"), "https://perigee.example")
	read := get(t, h, at)
	if made.Code != 201 || read.Code != 200 || made.Header().Get("ETag") != read.Header().Get("ETag") || made.Body.String() != read.Body.String() || made.Header().Get("Content-Type") != read.Header().Get("Content-Type") {
		t.Errorf("%d %v %s\n%d %v %s", made.Code, made.Header(), made.Body, read.Code, read.Header(), read.Body)
	}
	for _, format := range []string{"json", "xml", "html"} {
		tag := get(t, h, at+"?f="+format).Header().Get("ETag")
		w := write(t, h, "PATCH", at, `{"properties":{"title":"T"}}`, "If-Match", tag)
		if want := map[bool]int{true: 200, false: 412}[format != "html"]; w.Code != want {
			t.Errorf("If-Match %s of %s: %d %s", tag, format, w.Code, w.Body)
		}
	}
}

// An item that was read by the STAC API and is written here has its files where they lay, and none of the links that say where it stood.
func TestItemsThatSTACServed(t *testing.T) {
	const item = `{"type":"Feature","stac_version":"1.0.0","stac_extensions":["https://e.example/a.json","https://stac-extensions.github.io/alternate-assets/v1.2.0/schema.json"],` +
		`"id":"i","collection":"C","geometry":{"type":"Point","coordinates":[1.0,2]},"bbox":[1,2,1,2],"properties":{"datetime":"2026-01-01T00:00:00Z","n":1.50},` +
		`"links":[{"rel":"self","href":"https://perigee.example/stac/collections/C/items/i"},{"rel":"root","href":"https://perigee.example/stac"},{"rel":"about","href":"https://perigee.example/stac/about"}],` +
		`"assets":{"B":{"href":"https://perigee.example/stac/collections/C/items/i/assets/B","alternate":{"s3":{"href":"s3://b/B.tif"}},"gsd":10.0},` +
		`"T":{"href":"https://perigee.example/stac/collections/C/items/i/assets/T","title":"made here"},` +
		`"W":{"href":"https://elsewhere.example/w","alternate":{"s3":{"href":"s3://b/w"}}}}}`
	on := asked{base: "https://perigee.example", root: "https://perigee.example/records"}
	got, err := restored(on, []byte(item))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"B":{"href":"s3://b/B.tif","gsd":10.0}`, `"W":{"href":"https://elsewhere.example/w","alternate":{"s3":{"href":"s3://b/w"}}}`,
		`"n":1.50`, `"links":[{"rel":"about","href":"https://perigee.example/stac/about"}]`, `alternate-assets`} {
		if !strings.Contains(string(got), part) {
			t.Errorf("%s is not in %s", part, got)
		}
	}
	if strings.Contains(string(got), `"T"`) {
		t.Errorf("what was made here is kept: %s", got)
	}
	without := strings.Replace(item, `,"alternate":{"s3":{"href":"s3://b/w"}}`, "", 1)
	if got, err = restored(on, []byte(without)); err != nil || !strings.Contains(string(got), `"stac_extensions":["https://e.example/a.json"]`) {
		t.Errorf("%s, %v", got, err)
	}
}

// Links are where a record stands: those are spliced, all else is as it was sent.
var links = regexp.MustCompile(`,?\s*"links"\s*:\s*\[[^\]]*\]`)

// RC-05: a record that is written is read as it was written, byte for byte but for its links, and so it is when what was
// read is written again.
func TestRecordsReadBackAsTheyWereWritten(t *testing.T) {
	documents := map[string][]byte{"small": []byte(`{ "type" : "Feature","id":"s","geometry":null,"zz":[1.0,2e3],"properties":{"b":1,"a":{"y":null,"x":"é\u00e9"}},"time":null,"links":[ {"rel":"about", "href":"https://o.example/a"}]}`)}
	own, err := filepath.Glob("testdata/documents/record-*.json")
	if err != nil || len(own) == 0 {
		t.Fatal(own, err)
	}
	if folder, found := datatest.Find(); found {
		own = append(own, filepath.Join(folder, "data/catalogue/records/record.json"))
	}
	for _, name := range own {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		documents[name] = raw
	}
	for name, raw := range documents {
		h := behindEdge(handler(t, &memory{}))
		w := write(t, h, "POST", allMain+"/items", string(raw), "Content-Type", "application/geo+json")
		if w.Code != 201 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
			continue
		}
		at := strings.TrimPrefix(w.Header().Get("Location"), "https://perigee.example")
		first := get(t, h, at).Body.Bytes()
		if got, want := links.ReplaceAll(first, nil), links.ReplaceAll(raw, nil); !bytes.Equal(got, want) {
			t.Errorf("%s became\n%s\nfrom\n%s", name, got, want)
		}
		for _, l := range ownLinksOf(t, raw) {
			if !bytes.Contains(first, l) {
				t.Errorf("%s: the link %s is lost in %s", name, l, first)
			}
		}
		if w := write(t, h, "PUT", at, string(first), "Content-Type", "application/geo+json"); w.Code != 200 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if again := get(t, h, at).Body.Bytes(); !bytes.Equal(again, first) {
			t.Errorf("%s, read and written, became\n%s\nfrom\n%s", name, again, first)
		}
	}
}

// ownLinksOf are the links of a record that do not say where it stood, nor count from there, as they were written.
func ownLinksOf(t *testing.T, raw []byte) [][]byte {
	t.Helper()
	var record struct{ Links []json.RawMessage }
	if err := json.Unmarshal(raw, &record); err != nil {
		t.Fatal(err)
	}
	var all [][]byte
	for _, l := range record.Links {
		var about struct{ Rel, Href string }
		if err := json.Unmarshal(l, &about); err != nil {
			t.Fatal(err)
		}
		if !structural[about.Rel] && stac.IsAbsolute(about.Href) {
			all = append(all, l)
		}
	}
	return all
}

// Writing is closed without a role, and no body but one that may be a query is read.
func TestWritingIsClosed(t *testing.T) {
	h, m := catalogueOf(t)
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		target := main2A + "/items/S2A_33UXP_20260430"
		if method == "POST" {
			target = main2A + "/items"
		}
		for role, status := range map[string]int{"": 401, "reader": 403} {
			if w := send(t, h, method, target, unread{t}, "Role", role, "Content-Type", "application/geo+json"); w.Code != status {
				t.Errorf("%s as %q: %d %s", method, role, w.Code, w.Body)
			}
			if w := send(t, h, method, target, strings.NewReader(small("a", "")), "Role", role, "Content-Type", "application/json"); w.Code != status {
				t.Errorf("%s as %q: %d %s", method, role, w.Code, w.Body)
			}
		}
	}
	if m.writes.asked > 0 {
		t.Error("something was asked to be written")
	}
}

// unread is a body that nobody may read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, errors.New("unread")
}

// A workspace's records are written where they are read.
func TestWritingInAWorkspace(t *testing.T) {
	h, _ := catalogueOf(t)
	w := write(t, h, "POST", "/workspaces/alice"+allMain+"/items", small("mine", ""), "Content-Type", "application/geo+json")
	if w.Code != 201 || w.Header().Get("Location") != "https://perigee.example/workspaces/alice"+allMain+"/items/mine" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if w := get(t, h, allMain+"/items/mine"); w.Code != 404 {
		t.Errorf("the system sees a workspace's record: %d", w.Code)
	}
}
