package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/record"
)

// REG-01, REG-04, REG-21: an item is created, delivered again, replaced, moved to another collection and removed; a late
// creation does not bring it back.
func TestItemLife(t *testing.T) {
	w := newWorld(t)
	w.files("a/", "B02.tif", "B03.tif", "B04.tif")

	created := w.put("a/item.json", item("C1", "one", "first", "B02", "B03", "B04"))
	w.handled(created)
	w.wantNews("create C1/one")
	if got := w.record("C1", "one"); got.Title != "first" || got.ProductType != "S2MSI2A" || got.Source != "s3://"+w.bucket+"/a/item.json" {
		t.Errorf("record %+v", got)
	}
	p := w.product("one")
	if len(p.Coverages) != 3 || p.Type != "S2MSI2A" || p.Coverages[2].Bands[0].Name != "B04" || p.Coverages[2].ETag == "" || !p.Coverages[0].Grid.Valid() {
		t.Errorf("product %+v", p)
	}
	if s := w.status("a/item.json"); s.Status != "registered" || s.Outcome != record.Created || s.ID != "one" || s.Event != created.ID() {
		t.Errorf("status %+v", s)
	}

	w.handled(created)
	w.wantNews("")
	if s := w.status("a/item.json"); s.Outcome != record.Unchanged {
		t.Errorf("status %+v", s)
	}

	w.handled(w.put("a/item.json", item("C1", "one", "second", "B02", "B03", "B04")))
	w.wantNews("replace C1/one")
	if got := w.record("C1", "one"); got.Title != "second" {
		t.Errorf("record %+v", got)
	}

	w.handled(w.put("a/item.json", item("C2", "one", "moved", "B02", "B03", "B04")))
	if got, old := w.record("C2", "one"), w.record("C1", "one"); got.Title != "moved" || old.ID != "" {
		t.Errorf("records %+v, %+v", got, old)
	}
	if news := w.news(); news != "delete C1/one, create C2/one" && news != "create C2/one, delete C1/one" {
		t.Errorf("sent %q", news)
	}

	deleted := w.delete("a/item.json")
	w.handled(deleted)
	w.wantNews("delete C2/one")
	w.handled(created, deleted)
	w.wantNews("")
	if got := w.record("", "one"); got.ID != "" {
		t.Errorf("record %+v", got)
	}
	if s := w.status("a/item.json"); s.Status != "deregistered" {
		t.Errorf("status %+v", s)
	}

	w.handled(w.put("a/item.json", item("C2", "one", "again", "B02")))
	w.wantNews("create C2/one")
}

// The present state counts: a removal that is told late does not remove what lies there again, and a creation that is
// told late does not need its object.
func TestLateNotifications(t *testing.T) {
	w := newWorld(t)
	created := w.put("x.json", item("C", "x", "x"))
	deleted := w.delete("x.json")
	again := w.put("x.json", item("C", "x", "again"))
	w.handled(deleted)
	w.wantNews("create C/x")
	w.handled(created, again, deleted)
	w.wantNews("")
	if got := w.record("C", "x"); got.Title != "again" {
		t.Errorf("record %+v", got)
	}

	created = w.put("y.json", item("C", "y", "y"))
	w.delete("y.json")
	w.handled(created)
	w.wantNews("")
	if s := w.status("y.json"); s.Status != "" {
		t.Errorf("status of what nobody saw: %+v", s)
	}
}

// The item's event is that of OGC API PubSub; a deletion carries the id as text.
func TestItemEvents(t *testing.T) {
	w := newWorld(t)
	w.handled(w.put("x.json", item("C", "x", "x")))
	w.handled(w.delete("x.json"))
	if len(w.sent) != 2 {
		t.Fatalf("sent %v", w.sent)
	}
	create, remove := w.sent[0], w.sent[1]
	var feature struct {
		Type, ID, Collection string
		Properties           map[string]any
	}
	if err := json.Unmarshal(create.Data(), &feature); err != nil || feature.ID != "x" || feature.Collection != "C" || feature.Type != "Feature" || feature.Properties["title"] != "x" {
		t.Errorf("data %s: %v", create.Data(), err)
	}
	if remove.DataContentType() != event.TextPlain || string(remove.Data()) != "x" || remove.Subject() != "x" {
		t.Errorf("deletion %s", remove)
	}
	if create.ID() == remove.ID() || create.Extensions()["workspace"] != nil {
		t.Errorf("events %s %s", create, remove)
	}
}

// REG-25: what was drawn is drawn anew when only a file changed; a file that nobody refers to is of no interest.
func TestFileIsReplaced(t *testing.T) {
	w := newWorld(t)
	w.files("", "B04.tif")
	w.handled(w.put("x.json", item("C", "x", "x", "B04")))
	w.handled(w.put("unknown.tif", "?"))
	before := w.product("x").Coverages[0].ETag
	w.news()
	w.handled(w.put("B04.tif", "other pixels"))
	w.wantNews("replace C/x")
	if after := w.product("x").Coverages[0].ETag; after == before {
		t.Errorf("the coverage still has the ETag %s", after)
	}
}

// Many items may refer to one file; all are looked at again, a few at a time.
func TestFileOfManyItems(t *testing.T) {
	w := newWorld(t)
	w.files("", "B04.tif")
	const many = 2*together + 1
	for i := range many {
		w.handled(w.put(fmt.Sprintf("%d.json", i), item("C", fmt.Sprint(i), "x", "B04")))
	}
	w.news()
	w.handled(w.put("B04.tif", "other pixels"))
	if got := strings.Count(w.news(), "replace C/"); got != many {
		t.Errorf("%d of %d items were replaced", got, many)
	}
}

// A file's grid is asked for once in each of its states.
func TestGridsAreRemembered(t *testing.T) {
	w := newWorld(t)
	w.files("", "B04.tif")
	w.handled(w.put("x.json", item("C", "x", "x", "B04")), w.put("x.json", item("C", "x", "y", "B04")), w.put("z.json", item("C", "z", "z", "B04")))
	href := "s3://" + w.bucket + "/B04.tif"
	if n := w.described[href]; n != 1 {
		t.Errorf("asked %d times", n)
	}
	w.handled(w.put("B04.tif", "other pixels"))
	if n := w.described[href]; n < 2 {
		t.Errorf("asked %d times after a change", n)
	}
}

// An item that names no collection, one that no product type takes, and one without anything to draw.
func TestKindsOfItems(t *testing.T) {
	w := newWorld(t)
	w.files("", "red.tif", "B04.tif")
	w.handled(w.put("u.json", untyped(item("", "u", "u", "red"))), w.put("t.json", item("", "t", "t", "B04")), w.put("n.json", untyped(item("C", "n", "n"))))
	w.wantNews("create uncollected/u, create uncollected/t, create C/n")
	extents, err := w.store.Extents(t.Context(), scopeOf(""))
	if err != nil {
		t.Fatal(err)
	}
	layers := map[string]bool{}
	for _, e := range extents {
		layers[e.Collection+"|"+e.ID] = true
	}
	if !layers["S2L2A|"] || !layers["|u"] || layers["|n"] || len(layers) != 2 {
		t.Errorf("layers %v", layers)
	}
	if p := w.product("u"); p.Type != "" || len(p.Browses) == 0 || p.Coverages[0].Bands[0].Name != "red" {
		t.Errorf("product %+v", p)
	}
}

// REG-06, REG-13: collections are kept as they came; removing the object removes them.
func TestCollection(t *testing.T) {
	w := newWorld(t)
	const text = `{"type": "Collection", "stac_version": "1.0.0", "id": "C", "title": "A collection", "description": "d", "license": "CC0-1.0", "keywords": ["k"],
		"extent": {"spatial": {"bbox": [[10, 40, 20, 50]]}, "temporal": {"interval": [["2024-01-01T00:00:00Z", null]]}}, "links": []}`
	w.handled(w.put("collection.json", text))
	w.wantNews("create C/C")
	got := w.record("", "C")
	if string(got.Document) != text || got.Type != record.TypeCollection || got.Title != "A collection" {
		t.Errorf("record %+v", got)
	}
	w.handled(w.put("collection.json", text), w.delete("collection.json"))
	w.wantNews("delete C/C")
}

// REG-01: a workspace has its own bucket and its own records.
func TestWorkspace(t *testing.T) {
	w := newWorld(t)
	_, mine := w.objects, w.extraBucket()
	w.handled(w.putIn(mine, "x.json", item("C", "x", "mine")))
	w.wantNews("create C/x")
	if got := w.record("C", "x"); got.ID != "" {
		t.Errorf("the system sees %+v", got)
	}
	got, err := w.store.Record(t.Context(), scopeOf(mine), "", "C", "x")
	if err != nil || got.Workspace != mine {
		t.Errorf("%+v, %v", got, err)
	}
}

// REG-04: without replacing, mode register leaves what is there and says so; mode replace does not ask.
func TestModes(t *testing.T) {
	w := newWorld(t)
	w.r.replace = false
	first := json.RawMessage(item("C", "x", "first"))
	second := json.RawMessage(item("C", "x", "second"))
	now := time.Now()
	for _, c := range []struct {
		mode    eventing.Mode
		content json.RawMessage
		status  int
		title   string
	}{
		{eventing.ModeRegister, first, http.StatusAccepted, "first"},
		{eventing.ModeRegister, first, http.StatusAccepted, "first"},
		{eventing.ModeRegister, second, http.StatusUnprocessableEntity, "first"},
		{eventing.ModeReplace, second, http.StatusAccepted, "second"},
	} {
		now = now.Add(time.Second)
		status, words := w.deliver(w.request(eventing.RouteItems, c.mode, eventing.Document{Content: c.content, Time: now}))
		if got := w.record("C", "x"); status != c.status || got.Title != c.title {
			t.Errorf("%s: %d %s, title %q", c.mode, status, words, got.Title)
		}
	}
}

// REG-19: removal by id, with the name of the SAFE folder tried too; what is not there is done already.
func TestDeregisterByID(t *testing.T) {
	w := newWorld(t)
	w.handled(w.put("x.json", item("C", "S2A.SAFE", "x")))
	w.news()
	remove := w.request(eventing.RouteItems, eventing.ModeDeregister, eventing.Document{ID: "S2A", Time: time.Now()})
	w.handled(remove)
	w.wantNews("delete C/S2A.SAFE")
	w.handled(remove)
	w.wantNews("")
}
