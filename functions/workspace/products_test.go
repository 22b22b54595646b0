package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/test/draws"
)

const systemYAML = `
layers: [{id: S2}]
collections: {S2: {product_types: [T]}}
productTypes:
  - {name: T, collections: [S2], coverages: {S2L2A_B04: {assets: [red]}}, browses: {RED: {grey: {expression: B04}}}}
`

const ownYAML = `# mine
layers:
  - {id: MINE, title: Mine}
collections: {MINE: {product_types: [T]}}
`

// own makes a workspace of Eric's, and gives its name and the path of its products.
func own(t *testing.T, w *world) (name, path string) {
	t.Helper()
	w.want(http.StatusCreated, eric, "POST", "/workspaces", body("eric", ""))
	w.told()
	name = w.k.prefix + "-eric"
	return name, "/workspaces/" + name + "/products"
}

// request asks with headers.
func (w *world) request(who, method, path, body string, header ...string) (int, http.Header, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Who", who)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return w.answered(r)
}

// What is put is given back as it was, or with the system's below it, as YAML or JSON, until it is taken back.
func TestProducts(t *testing.T) {
	w := newWorld(t)
	name, path := own(t, w)
	w.want(http.StatusNotFound, eric, "GET", path, "")
	w.want(http.StatusNotFound, eric, "DELETE", path, "")
	status, header, text := w.ask(eric, "PUT", path, ownYAML)
	tag := header.Get("ETag")
	if status != http.StatusCreated || tag == "" || !strings.Contains(text, `"name":"`+name+`"`) || !strings.Contains(text, `"items":0`) {
		t.Fatalf("%d %v %s", status, header, text)
	}
	status, header, text = w.ask(eric, "GET", path, "")
	if status != http.StatusOK || text != ownYAML || header.Get("ETag") != tag || header.Get("Content-Type") != "application/yaml" || header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("%d %v %s", status, header, text)
	}
	if status, _, _ := w.request(eric, "GET", path, "", "If-None-Match", tag); status != http.StatusNotModified {
		t.Errorf("asked for what is known: %d", status)
	}
	if text := w.want(http.StatusOK, eric, "GET", path+"?f=json", ""); text != `{"layers": [{"id": "MINE", "title": "Mine"}], "collections": {"MINE": {"product_types": ["T"]}}}` &&
		!(json.Valid([]byte(text)) && strings.Contains(text, `"MINE"`)) {
		t.Errorf("%s", text)
	}
	if _, header, text := w.request(eric, "GET", path+"?merged=true", "", "Accept", "application/json"); header.Get("Content-Type") != "application/json" || !json.Valid([]byte(text)) ||
		!strings.Contains(text, `"S2"`) || !strings.Contains(text, `"MINE"`) || header.Get("ETag") == tag {
		t.Errorf("%v %s", header, text)
	}
	whole, err := product.Load("merged", []byte(w.want(http.StatusOK, admin, "GET", path+"?merged=true", "")))
	if err != nil || len(whole.Layers) != 2 || whole.Layers[0].ID != "MINE" {
		t.Errorf("%+v, %v", whole.Layers, err)
	}
	w.want(http.StatusOK, eric, "DELETE", path, "")
	w.want(http.StatusNotFound, eric, "GET", path, "")
	if text := w.want(http.StatusOK, eric, "GET", path+"?merged=true", ""); strings.Contains(text, "MINE") || !strings.Contains(text, "S2") {
		t.Errorf("%s", text)
	}
	if told := w.told(); len(told) != 0 {
		t.Errorf("without items there was told %v", told)
	}
}

func TestProductsAreRefused(t *testing.T) {
	w := newWorld(t)
	_, path := own(t, w)
	for _, c := range []struct {
		who, method, path, body string
		status                  int
		words                   string
	}{
		{nobody, "PUT", path, ownYAML, 401, "bearer token"}, {nobody, "GET", path, "", 401, ""}, {nobody, "DELETE", path, "", 401, ""},
		{bob, "PUT", path, ownYAML, 403, "does not own"}, {bob, "GET", path, "", 403, ""}, {bob, "DELETE", path, "", 403, ""},
		{"eric", "PUT", path, ownYAML, 403, "writer"}, {"eric", "DELETE", path, "", 403, "writer"}, {reader, "GET", path, "", 403, ""},
		{eric, "PUT", "/workspaces/none/products", ownYAML, 404, ""}, {admin, "PUT", "/products", ownYAML, 404, "settings of the deployment"},
		{eric, "PUT", path, "layers: []\nlayer: []\n", 400, `products:2:1: unknown key \"layer\"`},
		{eric, "PUT", path, "collections:\n  MINE: {product_types: [NONE]}\n", 400, `there is no product type \"NONE\"`},
		{eric, "PUT", path, "storage: {data: {x: {secret_access_key: y}}}", 400, "is the deployment's"},
		{eric, "PUT", path, strings.Repeat("#", product.MaxOverlay+1), 400, "larger than 262144 bytes"},
		{eric, "PUT", path, strings.Repeat("[", 1000), 400, "nested too deeply"},
		{eric, "PUT", path + "?x=1", ownYAML, 400, ""}, {eric, "GET", path + "?merged=yes", "", 400, ""}, {eric, "GET", path + "?f=xml", "", 400, ""},
		{eric, "POST", path, ownYAML, 405, ""},
		{admin, "PUT", path, ownYAML, 201, ""},
	} {
		if text := w.want(c.status, c.who, c.method, c.path, c.body); !strings.Contains(text, c.words) {
			t.Errorf("%s %s %.30q: %s", c.who, c.method, c.body, text)
		}
	}
}

// Who changes what somebody else has changed since is told so (RFC 9110, 13.1).
func TestProductsOnConditions(t *testing.T) {
	w := newWorld(t)
	_, path := own(t, w)
	put := func(status int, text string, header ...string) string {
		t.Helper()
		got, h, answer := w.request(eric, "PUT", path, text, header...)
		if got != status {
			t.Errorf("%q with %q: %d %s", text, header, got, answer)
		}
		return h.Get("ETag")
	}
	put(412, ownYAML, "If-Match", "*")
	put(412, ownYAML, "If-Match", `"1"`)
	first := put(201, ownYAML, "If-None-Match", "*")
	put(412, ownYAML, "If-None-Match", "*")
	second := put(200, "layers: []", "If-Match", `"0", `+first)
	if first == second {
		t.Error("another configuration has the same tag")
	}
	put(412, ownYAML, "If-Match", first)
	put(412, ownYAML, "If-Match", "W/"+second)
	_, header, _ := w.request(eric, "GET", path+"?merged=true", "")
	if third := put(200, "layers: []", "If-Match", header.Get("ETag")); third != second {
		t.Errorf("the same again has the tag %s, not %s", third, second)
	}
	if status, _, _ := w.request(eric, "DELETE", path, "", "If-Match", first); status != 412 {
		t.Errorf("deleting what was changed: %d", status)
	}
	if status, _, _ := w.request(eric, "DELETE", path, "", "If-Match", second); status != 200 {
		t.Errorf("deleting: %d", status)
	}
}

// filled registers items in a workspace.
func filled(t *testing.T, w *world, name string, n int) {
	t.Helper()
	var changes []record.Change
	for i := range n {
		id := fmt.Sprintf("i%04d", i)
		changes = append(changes, record.Change{
			Record: record.Record{Key: record.Key{Collection: "S2", ID: id}, Type: record.TypeItem, Document: []byte(`{}`), MediaType: "application/geo+json"},
			Source: record.Source{Href: "s3://" + name + "/" + id + ".json", Version: "1", Time: time.Now()},
		})
	}
	if _, err := w.store.Apply(t.Context(), scope.New(name, "t", scope.Writer), changes); err != nil {
		t.Fatal(err)
	}
	waiting, err := w.store.Outbox(t.Context(), system.In(name), 1000)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, e := range waiting {
		ids = append(ids, e.ID)
	}
	if err := w.store.Sent(t.Context(), system.In(name), ids); err != nil {
		t.Fatal(err)
	}
}

// requested are the documents that register was asked for, and how often, with the ids of the requests.
func requested(t *testing.T, name string, told map[string]event.Event) map[string]int {
	t.Helper()
	asked := map[string]int{}
	for _, e := range told {
		if e.Type() != eventing.TypeRegisterRequested {
			continue
		}
		var data eventing.RegisterRequest
		if err := json.Unmarshal(e.Data(), &data); err != nil {
			t.Fatal(err)
		}
		x := e.Extensions()
		if x["route"] != "items" || x["mode"] != "replace" || x["workspace"] != name || len(data.Documents) > eventing.MaxBatch {
			t.Errorf("%v with %d documents", x, len(data.Documents))
		}
		for _, d := range data.Documents {
			if asked[d.Href]++; d.Time.IsZero() {
				t.Errorf("%+v", d)
			}
		}
	}
	return asked
}

// chain delivers events of products, each as often as times and in any order, and what is replied likewise, to the end.
func (w *world) chain(t *testing.T, times int, told map[string]event.Event) {
	t.Helper()
	var waiting []event.Event
	add := func(e event.Event) {
		for range times {
			waiting = append(waiting, e)
		}
	}
	for _, e := range told {
		if e.Type() == eventing.TypeWorkspaceProducts {
			add(e)
		}
	}
	seen, chance := map[string]bool{}, draws.Random()
	for len(waiting) > 0 {
		i := chance.IntN(len(waiting))
		e := waiting[i]
		waiting = slices.Delete(waiting, i, i+1)
		status, header, reply := w.deliver(e)
		if status/100 != 2 {
			t.Fatalf("%s: %d %s", e.ID(), status, reply)
		}
		if reply == "" {
			continue
		}
		next := event.New()
		next.SetID(header.Get("Ce-Id"))
		next.SetSource(header.Get("Ce-Source"))
		next.SetType(header.Get("Ce-Type"))
		next.SetExtension("workspace", header.Get("Ce-Workspace"))
		if err := next.SetData(header.Get("Content-Type"), []byte(reply)); err != nil || next.Type() != eventing.TypeWorkspaceProducts {
			t.Fatalf("%v: %s, %v", header, reply, err)
		}
		if !seen[next.ID()] {
			seen[next.ID()] = true
			add(next)
		}
	}
}

// The items of a workspace whose products changed are looked at again, each once, however often and in which order the
// events come.
func TestItemsAreLookedAtAgain(t *testing.T) {
	w := newWorld(t)
	name, path := own(t, w)
	const n = 250
	filled(t, w, name, n)
	if text := w.want(http.StatusCreated, eric, "PUT", path, ownYAML); !strings.Contains(text, `"items":250`) {
		t.Errorf("%s", text)
	}
	first := w.told()
	if len(first) != 1 {
		t.Fatalf("told %v", first)
	}
	w.chain(t, 2, first)
	told := w.told()
	asked := requested(t, name, told)
	if len(told) != 3 || len(asked) != n {
		t.Errorf("%d requests for %d items", len(told), len(asked))
	}
	for href, times := range asked {
		if times != 1 {
			t.Errorf("%s %d times", href, times)
		}
	}
	if text := w.want(http.StatusOK, eric, "PUT", path, ownYAML); !strings.Contains(text, `"items":0`) || len(w.told()) != 0 {
		t.Errorf("the same again: %s", text)
	}
	w.want(http.StatusOK, eric, "PUT", path, "layers: []")
	w.chain(t, 1, first) // of a change that another one followed
	if told := requested(t, name, w.told()); len(told) != 0 {
		t.Errorf("an old event asks for %d items", len(told))
	}
}

// A worker that ends at any of its calls leaves nothing out.
func TestItemsAreLookedAtAgainAfterCrashes(t *testing.T) {
	w := newWorld(t)
	everyCrash(t, w, 4, func(short string, doomed *world) {
		w.want(http.StatusCreated, eric, "POST", "/workspaces", body(short, ""))
		name := w.k.prefix + "-" + short
		path := "/workspaces/" + name + "/products"
		filled(t, w, name, 120)
		w.told()
		doomed.ask(eric, "PUT", path, ownYAML)
		events := w.told()
		for _, e := range events {
			doomed.deliver(e)
		}
		if status, _, text := w.ask(eric, "PUT", path, ownYAML); status/100 != 2 {
			t.Fatalf("%s: %d %s", short, status, text)
		}
		for id, e := range w.told() {
			events[id] = e
		}
		w.chain(t, 1, events)
		for id, e := range w.told() {
			events[id] = e
		}
		if asked := requested(t, name, events); len(asked) != 120 {
			t.Errorf("%s: %d items were asked for", short, len(asked))
		}
	})
}

// A deployment whose catalogue has an overlay in a form that is not understood tells so, and gives it back as it was.
func TestProductsOfAnotherVersion(t *testing.T) {
	w := newWorld(t)
	name, path := own(t, w)
	text := "layers: []\nfuture: {x: 1}\n"
	if _, _, err := w.store.PutOverlay(t.Context(), scope.New(name, "eric", scope.Writer), []byte(text), func(catalogue.Overlay) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if got := w.want(http.StatusOK, eric, "GET", path, ""); got != text {
		t.Errorf("%s", got)
	}
	w.want(http.StatusOK, eric, "GET", path+"?merged=true", "")
}
