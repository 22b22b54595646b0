package product

import (
	"fmt"
	"testing"
)

// An overlay is read once; it goes when it is taken back, and what comes late changes nothing.
func TestWorkspaces(t *testing.T) {
	w := NewWorkspaces(loaded(t, system))
	learn := func(workspace string, revision int64, text []byte, want int) Own {
		t.Helper()
		own, err := w.Learn(workspace, w.Of(workspace), revision, text)
		if err != nil || own.Revision != revision || len(own.Layers) != want {
			t.Errorf("revision %d: %v %d %s", revision, err, own.Revision, summary(own.Config))
		}
		return own
	}
	more := []byte("layers: [{id: MINE}]\ncollections: {MINE: {}}")
	learn("a", 0, nil, 2)
	first := learn("a", 3, more, 3)
	if again := learn("a", 3, nil, 3); &again.Layers[0] != &first.Layers[0] {
		t.Error("the same revision is read again")
	}
	if len(w.Of("b").Layers) != 2 || len(w.System().Layers) != 2 {
		t.Error("the overlay of a workspace shows in another one")
	}
	learn("a", 5, nil, 2)
	if own, err := w.Learn("a", Own{}, 4, more); err != nil || own.Revision != 4 || w.Of("a").Revision != 5 {
		t.Errorf("%v, and then %d", err, w.Of("a").Revision)
	}
	if own, err := w.Learn("a", w.Of("a"), 6, []byte("layers: [")); err == nil || own.Revision != 5 {
		t.Errorf("a text that cannot be read: %v, revision %d", err, own.Revision)
	}
	for i := range 2 * maxOwn {
		learn(fmt.Sprint("w", i), 1, more, 3)
	}
	if len(w.known) > maxOwn {
		t.Errorf("%d are remembered", len(w.known))
	}
}
