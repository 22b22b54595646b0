package main

import (
	"strings"
	"testing"
)

// RC-23, RND-01: the layers of an item, to which its record links, all have the item's id in their names.
func TestSelectedLayers(t *testing.T) {
	p := testPainter(t, testMemory())
	for id, want := range map[string]int{"NEW": 5, "LOOSE": 5} {
		tree, err := p.Layers(t.Context(), system, `identifier="`+id+`"`)
		if err != nil || len(tree.Nodes) != 1 || len(tree.Nodes[0].Children) != want || tree.Nodes[0].Bounds.IsEmpty() {
			t.Fatalf("%s: %+v %v", id, tree, err)
		}
		for _, n := range tree.Nodes[0].Children {
			if _, err := p.Layer(t.Context(), system, n.Name); err != nil || !strings.HasPrefix(n.Name, id+"_") {
				t.Errorf("%s: %+v %v", id, n, err)
			}
		}
	}
	if tree, err := p.Layers(t.Context(), system, "identifier = 'nowhere'"); err != nil || len(tree.Nodes) != 0 {
		t.Errorf("%v %v", tree, err)
	}
	if tree, err := p.Layers(t.Context(), system, ""); err != nil || len(tree.Nodes) != 2 || tree.Sequence != 7 {
		t.Errorf("%v %v", tree, err)
	}
}
