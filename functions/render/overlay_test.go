package main

import (
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/scope"
	"perigee/shared/wms"
)

const overlayYAML = `
collections: {MINE: {product_types: [S2MSI2A]}}
productTypes:
  - name: S2MSI2A
    collections: [MINE]
    coverages: {S2L2A_B04: {assets: [B04]}}
    browses: {RED: {grey: {expression: B04, range: [0, 3000]}}}
`

func overlaid(revision int64) catalogue.Overlay {
	return catalogue.Overlay{Revision: revision, Text: []byte(overlayYAML), There: true}
}

func layerNames(nodes []wms.Node) string {
	var names []string
	for _, n := range nodes {
		names = append(names, n.Name)
		if below := layerNames(n.Children); below != "" {
			names = append(names, below)
		}
	}
	return strings.Join(names, " ")
}

// age makes what is known old.
func age(p *painter) {
	p.views.mu.Lock()
	defer p.views.mu.Unlock()
	for key, v := range p.views.known {
		v.read = v.read.Add(-2 * viewAge)
		p.views.known[key] = v
	}
}

// The layers and browses that a workspace has of its own are shown and drawn in it, and nowhere else; they go when the
// overlay is taken back.
func TestOwnBrowses(t *testing.T) {
	store := testMemory()
	store.overlays = map[string]catalogue.Overlay{"ws": overlaid(7)}
	store.extents[0].Collection = "MINE"
	for i := range store.products {
		store.products[i].Workspace, store.products[i].Coverages[0].Href = "ws", "s3://ws/x.tif"
	}
	store.products[0].Collection = "MINE"
	p := testPainter(t, store)
	names := func(workspace string) string {
		t.Helper()
		tree, err := p.Layers(t.Context(), scope.New(workspace, ""), "")
		if err != nil {
			t.Fatal(err)
		}
		return layerNames(tree.Nodes)
	}
	if got := names("ws"); got != "MINE MINE__RED MINE__outlines MINE__outlined MINE__heatmap LOOSE" {
		t.Errorf("the workspace shows %q", got)
	}
	if tree, err := p.Layers(t.Context(), scope.New("ws", ""), "identifier='NEW'"); err != nil || layerNames(tree.Nodes) != "NEW NEW__RED NEW__outlines NEW__outlined NEW_B04" {
		t.Errorf("its item shows %q, %v", layerNames(tree.Nodes), err)
	}
	for _, other := range []string{"", "other"} {
		if got := names(other); got != "LOOSE" {
			t.Errorf("%q shows %q", other, got)
		}
	}
	m := wms.Map{CRS: geo.CRS84, Bounds: orb.Bound{Min: orb.Point{14, 47}, Max: orb.Point{15, 48}}, Width: 10, Height: 10, Layers: []wms.Layer{{Name: "MINE__RED"}}}
	sc := scope.New("ws", "")
	scenes, _, err := p.shown(t.Context(), sc, known(t, p, sc), m)
	if err != nil || len(scenes) != 1 || scenes[0].Browse.Grey == nil || scenes[0].Browse.Grey.Expression != "B04" {
		t.Errorf("%+v, %v", scenes, err)
	}
	if _, _, err := p.shown(t.Context(), system, known(t, p, system), m); fault.KindOf(err) != fault.NotFound {
		t.Errorf("in the system: %v", err)
	}
	store.overlays["ws"] = catalogue.Overlay{Revision: 8}
	age(p)
	if got := names("ws"); got != "LOOSE" {
		t.Errorf("without its overlay the workspace shows %q", got)
	}
}

// Maps cost the same questions with an overlay as without: in a second one for the layers, and one for what lies there.
func TestOwnBrowsesCostNoQuestion(t *testing.T) {
	for _, workspace := range []string{"", "ws"} {
		store := testMemory()
		store.overlays = map[string]catalogue.Overlay{"ws": overlaid(7)}
		p := testPainter(t, store)
		sc := scope.New(workspace, "")
		m := wms.Map{CRS: geo.CRS84, Bounds: orb.Bound{Min: orb.Point{14, 47}, Max: orb.Point{15, 48}}, Width: 10, Height: 10, Layers: []wms.Layer{{Name: "S2L2A"}}}
		for range 5 {
			if _, _, err := p.shown(t.Context(), sc, known(t, p, sc), m); err != nil {
				t.Fatal(err)
			}
		}
		if n := store.reads.Load(); n != 1 || len(store.asked) != 1 {
			t.Errorf("%q: 5 maps took %d questions for layers and %d for products", workspace, n, len(store.asked))
		}
	}
}

// A tile that is asked for with a revision is drawn with that one at least, or not at all: whoever asks notes it as such.
func TestTilesAreDrawnWithTheRevisionAskedFor(t *testing.T) {
	store := testMemory()
	p := testPainter(t, store)
	sc := scope.New("ws", "")
	if v := known(t, p, sc); v.products.Revision != 0 {
		t.Fatalf("revision %d", v.products.Revision)
	}
	store.overlays = map[string]catalogue.Overlay{"ws": overlaid(7)}
	if v, err := p.views.atLeast(t.Context(), sc, 7); err != nil || v.products.Revision != 7 {
		t.Errorf("revision %d, %v", v.products.Revision, err)
	}
	reads := store.reads.Load()
	if v, err := p.views.atLeast(t.Context(), sc, 6); err != nil || v.products.Revision != 7 || store.reads.Load() != reads {
		t.Errorf("an older one: revision %d, %v", v.products.Revision, err)
	}
	if _, err := p.views.atLeast(t.Context(), sc, 8); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("one that is not there yet: %v", err)
	}
}
