package stacapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
	"perigee/shared/transaction"
)

// writes are what the memory's transactions remember.
type writes struct {
	mutex  sync.Mutex
	asked  []int // how many changes came together
	down   error // what fails everything
	serial int
}

// Apply makes changes in memory. A version is a number that counts up.
func (m *memory) Apply(r *http.Request, changes []transaction.Change) ([]transaction.Result, error) {
	m.writes.mutex.Lock()
	defer m.writes.mutex.Unlock()
	if m.writes.down != nil {
		return nil, m.writes.down
	}
	m.writes.asked = append(m.writes.asked, len(changes))
	results := make([]transaction.Result, len(changes))
	for i, c := range changes {
		results[i] = m.make(scope.FromContext(r.Context()).Scope.Workspace, c)
	}
	return results, nil
}

func (m *memory) make(workspace string, c transaction.Change) transaction.Result {
	text, version, there := m.standing(workspace, c)
	result := transaction.Result{Collection: c.Collection, ID: c.ID}
	switch {
	case c.Operation == transaction.Create && there:
		result.Err = fault.At(fault.Conflict, "id", "it is there already")
	case c.Kind == record.TypeItem && !m.hasCollection(workspace, c.Collection):
		result.Err = fault.At(fault.NotFound, "collection", "there is no collection %q", c.Collection)
	case c.Operation != transaction.Create && !there:
		result.Err = fault.At(fault.NotFound, "id", "it is not there")
	case len(c.Versions) > 0 && !slices.Contains(c.Versions, version):
		result.Err = fault.At(fault.Outdated, "id", "it is another one")
	case c.Operation == transaction.Patch:
		c.Document, result.Err = stac.MergePatch(text, c.Document)
	}
	if result.Err != nil {
		return result
	}
	m.forget(workspace, c)
	if c.Operation == transaction.Delete {
		result.Outcome = record.Deleted
		return result
	}
	m.writes.serial++
	result.Version, result.Outcome = fmt.Sprint("v", m.writes.serial), record.Created
	if c.Kind == record.TypeItem {
		if c.Document, result.Err = stac.CompleteItem(c.Document, c.Collection, c.ID); result.Err != nil {
			return result
		}
	}
	result.Document = c.Document
	result.ID, result.Err = m.put(workspace, c, result.Version)
	return result
}

func (m *memory) hasCollection(workspace, id string) bool {
	return slices.ContainsFunc(m.collections, func(c Collection) bool { return c.Workspace == workspace && c.ID == id }) ||
		slices.ContainsFunc(m.items, func(r record.Record) bool { return r.Workspace == workspace && r.Collection == id })
}

// standing is what is there of what a change is about.
func (m *memory) standing(workspace string, c transaction.Change) (text []byte, version string, there bool) {
	id := c.ID
	if id == "" {
		var named struct{ ID string }
		_ = json.Unmarshal(c.Document, &named)
		id = named.ID
	}
	for _, item := range m.items {
		if c.Kind == record.TypeItem && item.Workspace == workspace && item.Collection == c.Collection && item.ID == id {
			return item.Document, item.Version, true
		}
	}
	for _, one := range m.collections {
		if c.Kind == record.TypeCollection && one.Workspace == workspace && one.ID == id {
			return one.Document, one.Version, true
		}
	}
	return nil, "", false
}

func (m *memory) forget(workspace string, c transaction.Change) {
	if c.Kind == record.TypeCollection {
		m.collections = slices.DeleteFunc(m.collections, func(one Collection) bool { return one.Workspace == workspace && one.ID == c.ID })
		return
	}
	m.items = slices.DeleteFunc(m.items, func(item record.Record) bool {
		return item.Workspace == workspace && item.Collection == c.Collection && item.ID == c.ID
	})
}

func (m *memory) put(workspace string, c transaction.Change, version string) (id string, err error) {
	if c.Kind == record.TypeCollection {
		if err := m.addCollection(workspace, "", c.Document); err != nil {
			return "", err
		}
		last := &m.collections[len(m.collections)-1]
		last.Version = version
		return last.ID, nil
	}
	if err := m.addItem(workspace, "", c.Document); err != nil {
		return "", err
	}
	for i := range m.items {
		if item := &m.items[i]; item.Workspace == workspace && item.Collection == c.Collection && string(item.Document) == string(c.Document) {
			item.Version, id = version, item.ID
		}
	}
	return id, nil
}

// write sends a writing request of somebody who may.
func write(t testing.TB, h http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	return send(t, h, method, target, strings.NewReader(body), append([]string{"Role", "writer"}, header...)...)
}

func small(id, more string) string {
	return fmt.Sprintf(`{"type":"Feature","stac_version":"1.0.0","id":%q,"geometry":{"type":"Point","coordinates":[1,2]},"bbox":[1,2,1,2],"properties":{"datetime":"2026-01-01T00:00:00Z"%s},"links":[],"assets":{}}`, id, more)
}

const describedC = `{"type":"Collection","stac_version":"1.0.0","id":"C","description":"d","license":"other","extent":{"spatial":{"bbox":[[1,2,3,4]]},"temporal":{"interval":[[null,null]]}},"links":[]}`

// RC-07, RC-11: each request of the extensions, with its status, its headers and what is there afterwards.
func TestTransactions(t *testing.T) {
	h, _ := catalogueOf(t)
	const items, item, collection = "/stac/collections/C/items", "/stac/collections/C/items/a", "/stac/collections/C"
	var tag string
	for i, c := range []struct {
		method, target, body string
		header               []string
		status               int
		words                string
	}{
		{"POST", items, small("a", ""), nil, 404, "C"},
		{"POST", "/stac/collections", describedC, nil, 201, `"id":"C"`},
		{"POST", "/stac/collections", describedC, nil, 409, "there already"},
		{"POST", "/stac/collections", describedC, []string{"If-None-Match", "*"}, 412, "there already"},
		{"PATCH", collection, `{"title":"new"}`, []string{"Content-Type", "application/merge-patch+json"}, 200, `"title":"new"`},
		{"PUT", collection, describedC, nil, 200, `"id":"C"`},
		{"POST", items, small("a", ""), []string{"Content-Type", "application/geo+json"}, 201, `"collection":"C"`},
		{"POST", items, small("a", ""), nil, 409, "there already"},
		{"POST", items, small("b", ""), []string{"Content-Type", "text/plain"}, 415, "application/geo+json"},
		{"POST", items + "?limit=1", small("b", ""), nil, 400, `"limit"`},
		{"PUT", item, small("a", `,"n":1`), nil, 200, `"n":1`},
		{"PUT", "/stac/collections/C/items/none", small("none", ""), nil, 404, "not there"},
		{"PUT", "/stac/collections/C/items/new", small("new", ""), []string{"If-None-Match", "*"}, 201, `"id":"new"`},
		{"PUT", "/stac/collections/C/items/new", small("new", ""), []string{"If-None-Match", "*"}, 412, "there already"},
		{"PUT", item, small("a", `,"n":2`), []string{"If-None-Match", `"x"`}, 400, "If-None-Match"},
		{"PUT", item, small("a", `,"n":2`), []string{"If-Match", `"v0.old"`}, 412, "another one"},
		{"PUT", item, small("a", `,"n":2`), []string{"If-Match", "last"}, 200, `"n":2`},
		{"PATCH", item, `{"properties":{"n":3}}`, []string{"If-Match", "last", "Content-Type", "application/json"}, 200, `"n":3`},
		{"PATCH", item, `{"properties":{"n":4}}`, []string{"If-Match", "W/last"}, 412, "another one"},
		{"PATCH", item, `[{"op":"remove"}]`, []string{"Content-Type", "application/json-patch+json"}, 415, "merge-patch"},
		{"PATCH", item, `{`, nil, 400, "not JSON"},
		{"DELETE", item, "", []string{"If-Match", `"v0"`}, 412, "another one"},
		{"DELETE", item, "", []string{"If-Match", "last"}, 204, ""},
		{"DELETE", item, "", nil, 404, "not there"},
		{"DELETE", "/stac/collections/C/items/new", "", []string{"If-Match", "*"}, 204, ""},
		{"DELETE", collection, "", nil, 204, ""},
		{"DELETE", collection, "", nil, 404, "not there"},
		{"PUT", "/stac/collections", "", nil, 405, ""},
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
			if c.target == item {
				tag = w.Header().Get("ETag")
			}
			at := w.Header().Get("Location")
			if (w.Code == 201) != strings.HasPrefix(at, "https://perigee.example/stac/collections/C") || !strings.HasPrefix(w.Header().Get("ETag"), `"v`) {
				t.Errorf("%d: %v", i, w.Header())
			}
		}
	}
}

// What is answered is what is read from then on.
func TestWrittenIsRead(t *testing.T) {
	h, _ := catalogueOf(t)
	made := write(t, h, "POST", "/stac/collections", describedC)
	read := get(t, h, "/stac/collections/C")
	if made.Body.String() != read.Body.String() || made.Header().Get("ETag") != read.Header().Get("ETag") || made.Header().Get("Content-Type") != read.Header().Get("Content-Type") {
		t.Errorf("%v %s\n%v %s", made.Header(), made.Body, read.Header(), read.Body)
	}
	made = write(t, h, "POST", "/stac/collections/C/items", small("ü/ä", ""))
	read = get(t, h, strings.TrimPrefix(made.Header().Get("Location"), "https://perigee.example"))
	if made.Code != 201 || read.Code != 200 || made.Header().Get("ETag") != read.Header().Get("ETag") || made.Body.String() != read.Body.String() {
		t.Errorf("%d %v %s\n%d %v %s", made.Code, made.Header(), made.Body, read.Code, read.Header(), read.Body)
	}
	if again := get(t, h, "/stac/collections/C", "If-None-Match", made.Header().Get("ETag")); again.Code != 200 {
		t.Errorf("the tag of another resource: %d", again.Code)
	}
}

// Writing is closed without a role, before anything of a body is read.
func TestWritingIsClosed(t *testing.T) {
	h, m := catalogueOf(t)
	for _, pattern := range routes(Config{}).Patterns() {
		method, path, _ := strings.Cut(pattern, " ")
		if method == "GET" || strings.HasSuffix(path, "/search") || strings.HasSuffix(path, "/export") || strings.HasSuffix(path, "/aggregate") {
			continue
		}
		for role, status := range map[string]int{"": 401, "reader": 403} {
			target := strings.NewReplacer("{collection}", "S2MSI2A", "{item}", "S2A_33UXP_20260430").Replace(path)
			if w := send(t, h, method, target, unread{t}, "Role", role); w.Code != status {
				t.Errorf("%s as %q: %d %s", pattern, role, w.Code, w.Body)
			}
		}
	}
	if len(m.writes.asked) > 0 {
		t.Error("something was asked to be written")
	}
}

// unread is a body that nobody may read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, errors.New("unread")
}

func collectionOf(documents ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(documents, ",") + `]}`
}

// RC-07: item collections are created item by item; who sent them learns of each that was not.
func TestItemCollections(t *testing.T) {
	h, m := catalogueOf(t)
	write(t, h, "POST", "/stac/collections", describedC)
	const items = "/stac/collections/C/items"
	for _, c := range []struct {
		name, target, body string
		status             int
		words              []string
	}{
		{"all", items, collectionOf(small("a", ""), small("b", "")), 201, []string{`{"status":"created","created":2}`}},
		{"by the other name", "/stac/collections/C/bulk_items", collectionOf(small("c", "")), 201, []string{`"created":1`}},
		{"the type behind the features", items, `{"features":[` + small("d", "") + `],"type":"FeatureCollection"}`, 201, []string{`"created":1`}},
		{"some are there", items, collectionOf(small("e", ""), small("a", ""), `{"id":"f"}`, small("g", "")), 409,
			[]string{`"status":409`, `"created":2`, `"locator":"features[1].id"`, `"locator":"features[2].type"`, "Some of the features were not created"}},
		{"one is wrong", items, collectionOf(`{"id":"f"}`, small("h", "")), 400, []string{`"created":1`, `features[0].geometry`}},
		{"none", items, collectionOf(), 400, []string{`"features"`}},
		{"it breaks off", items, strings.TrimSuffix(collectionOf(small("i", "")), "}]}"), 400, []string{"not JSON"}},
		{"it breaks off behind one", items, strings.TrimSuffix(collectionOf(small("j", "")), "]}"), 400, []string{"not JSON"}},
		{"of another type", items, strings.Replace(collectionOf(small("k", "")), "FeatureCollection", "Features", 1), 400, nil},
		{"into nothing", "/stac/collections/N/items", collectionOf(small("a", "")), 404, []string{"N"}},
		{"collections", "/stac/collections", `{"collections":[` + strings.Replace(describedC, `"C"`, `"D"`, 1) + `,` + describedC + `]}`, 409, []string{`"created":1`, `"locator":"collections[1].id"`}},
		{"a list of collections", "/stac/collections", `[` + strings.Replace(describedC, `"C"`, `"E"`, 1) + `]`, 201, []string{`"created":1`}},
	} {
		w := write(t, h, "POST", c.target, c.body)
		if w.Code != c.status || w.Header().Get("Location") != "" {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
		for _, words := range c.words {
			if !strings.Contains(w.Body.String(), words) {
				t.Errorf("%s lacks %s: %s", c.name, words, w.Body)
			}
		}
	}
	m.writes.down = fault.New(fault.Unavailable, "away")
	if w := write(t, h, "POST", items, collectionOf(small("z", ""))); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("while nobody writes: %d %s", w.Code, w.Body)
	}
}

// Large collections are written in portions; each document keeps its place in what is told.
func TestLargeItemCollections(t *testing.T) {
	h, m := catalogueOf(t)
	write(t, h, "POST", "/stac/collections", describedC)
	var all []string
	for i := range 2*portionSize + 7 {
		all = append(all, small(fmt.Sprint("i", i), ""))
	}
	all[portionSize+3] = `{"id":"wrong"}`
	m.writes.asked = nil
	w := write(t, h, "POST", "/stac/collections/C/items", collectionOf(all...))
	slices.Sort(m.writes.asked)
	if w.Code != 400 || !strings.Contains(w.Body.String(), fmt.Sprintf(`"features[%d].type"`, portionSize+3)) || !strings.Contains(w.Body.String(), fmt.Sprintf(`"created":%d`, len(all)-1)) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !slices.Equal(m.writes.asked, []int{7, portionSize, portionSize}) {
		t.Errorf("portions of %v", m.writes.asked)
	}
	large := small("l0", `,"text":"`+strings.Repeat("x", portionBytes)+`"`)
	m.writes.asked = nil
	if w := write(t, h, "POST", "/stac/collections/C/items", collectionOf(large, small("l1", ""))); w.Code != 201 || len(m.writes.asked) != 2 {
		t.Errorf("%d %s, portions of %v", w.Code, w.Body, m.writes.asked)
	}
}

// What was read here and comes back is what its author wrote: links of this API go, and assets lie where they lay.
func TestWhatWasReadComesBackAsItWas(t *testing.T) {
	h, m := catalogueOf(t)
	for _, target := range []string{"/stac/collections/S2MSI2A/items/S2A_33UXP_20260430", "/stac/collections/S2MSI2A"} {
		served := get(t, h, target)
		if w := write(t, h, "PUT", target, served.Body.String(), "If-Match", "*"); w.Code != 200 {
			t.Fatalf("%s: %d %s", target, w.Code, w.Body)
		}
		if again := get(t, h, target); canonical(t, again.Body.Bytes()) != canonical(t, served.Body.Bytes()) {
			t.Errorf("%s was\n%s\nand is\n%s", target, served.Body, again.Body)
		}
	}
	stored := string(m.items[slices.IndexFunc(m.items, func(r record.Record) bool { return r.ID == "S2A_33UXP_20260430" })].Document)
	if strings.Contains(stored, "perigee.example") || !strings.Contains(stored, `"s3://ingest/S2A/`) || strings.Contains(stored, `"s3":`) {
		t.Errorf("kept is %s", stored)
	}
}

func canonical(t *testing.T, text []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Addresses of this API that a client gives without the place behind them are looked up; those that lead nowhere go.
func TestRestored(t *testing.T) {
	_, m := catalogueOf(t)
	a := api{Config: Config{Store: m, Assets: store{}}}
	on := asked{scope: scope.New("", ""), root: "https://perigee.example/stac"}
	const item = "https://perigee.example/stac/collections/S2MSI2A/items/S2A_33UXP_20260430"
	for _, c := range []struct {
		raw, want string
		patch     bool
	}{
		{`{"links": [ ], "assets":{"x":{"href":"https://elsewhere.example/x"}}}`, `{"links": [ ], "assets":{"x":{"href":"https://elsewhere.example/x"}}}`, false},
		{`{"assets":{"x":{"href": "` + item + `/assets/B04" , "n":1.0}}}`, `{"assets":{"x":{"href": "s3://ingest/S2A/B04.tif" , "n":1.0}}}`, false},
		{`{"assets":{"x":{"href":"` + item + `/assets/none"},"y":{"href":"y"}}}`, `{"assets":{"y":{"href":"y"}}}`, false},
		{`{"assets":{"x":{"href":"` + item + `/assets/none","title":"t"}}}`, `{"assets":{"x":{"title":"t"}}}`, true},
		{`{"assets":{"x":{"href":"` + item + `/assets/B04","alternate":{"s3":{"href":"s3://b/k"},"o":{"href":"p"}}}}}`, `{"assets":{"x":{"href":"s3://b/k","alternate":{"o":{"href":"p"}}}}}`, false},
		{`{"stac_extensions":["https://stac-extensions.github.io/eo/v1.1.0/schema.json", "` + alternateSchema + `"],"assets":{"x":{"href":"` + item + `/assets/B04","alternate":{"s3":{"href":"s3://b/k"}}}}}`,
			`{"stac_extensions":["https://stac-extensions.github.io/eo/v1.1.0/schema.json"],"assets":{"x":{"href":"s3://b/k"}}}`, false},
		{`{"assets":{"x":{"href":"https://open.example/k","alternate":{"s3":{"href":"s3://open/k"}}}}}`, `{"assets":{"x":{"href":"s3://open/k"}}}`, false},
		{`{"links":[{"rel":"self","href":"` + item + `"},{"rel":"related", "href":"` + item + `"},{"rel":"alternate","href":"https://perigee.example/stac?f=html"},{"rel":"root","href":"https://perigee.example/stac"}]}`,
			`{"links":[{"rel":"related","href":"` + item + `"}]}`, false},
		{`{"links":"https://perigee.example/stac"}`, `{"links":"https://perigee.example/stac"}`, false},
		{`not JSON https://perigee.example/stac`, `not JSON https://perigee.example/stac`, false},
	} {
		got, err := a.restored(t.Context(), on, []byte(c.raw), c.patch)
		if err != nil || string(got) != c.want {
			t.Errorf("%s\n got %s, %v\nwant %s", c.raw, got, err, c.want)
		}
	}
}
