package product

import (
	"fmt"
	"testing"

	"perigee/shared/fault"
)

// An overlay is read once; it goes when it is taken back, and what comes late changes nothing.
func TestWorkspaces(t *testing.T) {
	w := NewWorkspaces(loaded(t, system))
	learn := func(workspace string, revision int64, text []byte, want int) Own {
		t.Helper()
		own, err := w.Ask(workspace, func(known int64) (int64, []byte, error) {
			if known == revision {
				return revision, nil, nil
			}
			return revision, text, nil
		})
		if err != nil || own.Revision != revision || len(own.Layers) != want {
			t.Errorf("revision %d: %v %d %s", revision, err, own.Revision, summary(own.Config))
		}
		return own
	}
	more := []byte("layers: [{id: MINE}]\ncollections: {MINE: {}}")
	learn("a", 0, nil, 2)
	first := learn("a", 3, more, 3)
	if again := learn("a", 3, more, 3); &again.Layers[0] != &first.Layers[0] {
		t.Error("the same revision is read again")
	}
	if len(w.Of("b").Layers) != 2 || len(w.System().Layers) != 2 {
		t.Error("the overlay of a workspace shows in another one")
	}
	learn("a", 5, nil, 2)
	late, err := w.Ask("a", func(int64) (int64, []byte, error) {
		learn("a", 8, nil, 2) // meanwhile
		return 7, more, nil
	})
	if err != nil || late.Revision != 7 || w.Of("a").Revision != 8 {
		t.Errorf("%d, %v, and then %d", late.Revision, err, w.Of("a").Revision)
	}
	for _, c := range []struct {
		text []byte
		err  error
		kind fault.Kind
	}{{[]byte("layers: ["), nil, fault.Internal}, {nil, fault.New(fault.Unavailable, "away"), fault.Unavailable}} {
		own, err := w.Ask("a", func(int64) (int64, []byte, error) { return 9, c.text, c.err })
		if fault.KindOf(err) != c.kind || err == nil || own.Revision != 8 || w.Of("a").Revision != 8 {
			t.Errorf("%v, revision %d", err, own.Revision)
		}
	}
	for i := range 2 * maxOwn {
		learn(fmt.Sprint("w", i), 1, more, 3)
	}
	if len(w.known) > maxOwn {
		t.Errorf("%d are remembered", len(w.known))
	}
}
