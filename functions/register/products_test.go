package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/catalogue"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/test/draws"
)

const overlayYAML = `
collections: {MINE: {product_types: [MINE]}}
productTypes:
  - name: MINE
    filter: {"s2:product_type": S2MSI2A}
    collections: [MINE]
    coverages: {S2L2A_B04: {assets: [B04]}}
    browses: {RED: {grey: {expression: B04}}}
`

// tenanted is a world in which the bucket is a workspace's.
func tenanted(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.r.places.ingest = "ingest"
	admin := scope.New(scope.System, "root", scope.Writer, scope.Admin)
	made, _, err := w.store.ClaimWorkspace(t.Context(), admin, catalogue.Workspace{Name: w.bucket, Owner: "test", AccessKey: "k", Secret: []byte("s")}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	made.State = catalogue.WorkspaceActive
	if err := w.store.AdvanceWorkspace(t.Context(), &made, 0); err != nil {
		t.Fatal(err)
	}
	return w
}

// lay changes the overlay of the workspace.
func (w *world) lay(text []byte) {
	w.t.Helper()
	if _, _, err := w.store.PutOverlay(w.t.Context(), scopeOf(w.bucket), text, func(catalogue.Overlay) error { return nil }); err != nil {
		w.t.Error(err)
	}
}

// layers lists the layers that show something in a workspace.
func (w *world) layers(workspace string) string {
	w.t.Helper()
	extents, err := w.store.Extents(context.Background(), scopeOf(workspace))
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, e := range extents {
		names = append(names, e.Collection+e.ID)
	}
	return strings.Join(names, " ")
}

// An item goes where the products of its workspace place it: those of the moment, also when the document did not change.
func TestOwnProducts(t *testing.T) {
	w := tenanted(t)
	w.files("", "B04.tif")
	e := w.put("a.json", item("C", "a", "a", "B04"))
	e.SetExtension("workspace", w.bucket)
	again := w.request(eventing.RouteItems, eventing.ModeReplace, eventing.Document{Href: bucket.Href(w.bucket, "a.json"), Time: time.Now().Add(time.Second)})
	again.SetExtension("workspace", w.bucket)
	w.handled(e, e)
	for _, step := range []struct {
		text []byte
		want string
	}{{nil, "S2L2A"}, {[]byte(overlayYAML), "MINE"}, {[]byte(overlayYAML), "MINE"}, {nil, "S2L2A"}} {
		w.lay(step.text)
		w.handled(again, again)
		if got := w.layers(w.bucket); got != step.want {
			t.Errorf("the item shows in %q, want %q", got, step.want)
		}
		again.SetID(again.ID() + "+")
	}
	if got := w.layers(""); got != "" {
		t.Errorf("in the system there is %q", got)
	}
}

// Whoever registers while the products change: in the end every item is where they place it, for the change is followed
// by a look at what is there by then, and what was made by the former ones is made anew.
func TestProductsThatChangeMeanwhile(t *testing.T) {
	w := tenanted(t)
	w.files("", "B04.tif")
	ids := []string{"a", "b", "c", "d", "e", "f"}
	var all sync.WaitGroup
	for _, id := range ids {
		e := w.put(id+".json", item("C", id, id, "B04"))
		e.SetExtension("workspace", w.bucket)
		all.Go(func() {
			for range 2 {
				status := 0
				for range 100 { // as a broker does
					if status, _ = w.deliver(e); status == http.StatusAccepted {
						break
					}
				}
				if status != http.StatusAccepted {
					t.Errorf("%s: %d", id, status)
				}
			}
		})
	}
	all.Go(func() {
		for range 5 {
			w.lay([]byte(overlayYAML))
			w.lay(nil)
		}
		w.lay([]byte(overlayYAML))
	})
	all.Wait()
	found, _, err := w.store.ItemSources(t.Context(), scopeOf(w.bucket), "", 100)
	if err != nil || len(found) != len(ids) {
		t.Fatal(found, err)
	}
	draws.Random().Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	for _, some := range slices.Collect(slices.Chunk(found, 4)) {
		var documents []eventing.Document
		for _, one := range some {
			documents = append(documents, eventing.Document{Href: one.Href, Time: one.Time})
		}
		e := w.request(eventing.RouteItems, eventing.ModeReplace, documents...)
		e.SetExtension("workspace", w.bucket)
		w.handled(e, e)
	}
	if got := w.layers(w.bucket); got != "MINE" {
		t.Errorf("the items show in %q", got)
	}
	shown, err := w.store.Products(t.Context(), scopeOf(w.bucket), catalogue.ProductQuery{Layer: "MINE"})
	if err != nil || len(shown) != len(ids) || slices.ContainsFunc(shown, func(p record.Product) bool { return p.Type != "MINE" }) {
		t.Errorf("%d items are shown, %v", len(shown), err)
	}
}
