package main

import (
	"testing"
	"testing/synctest"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
)

const overlayYAML = `
layers: [{id: MINE, title: Mine, grids: [{name: WGS84, zoom: 3}]}]
collections: {MINE: {}}
`

// A layer that a workspace has of its own is found as soon as its revision is known, whatever the list says, and in that
// workspace alone. Whoever asks with a revision that is known costs no question.
func TestFindOwnLayers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		l := newLayers(w, products(t))
		ws := scope.New("ws", "")
		find := func(sc scope.Scope, name string, products int64, kind fault.Kind, asked int) {
			t.Helper()
			before := w.asked
			node, err := l.find(t.Context(), sc, name, record.Interval{}, products)
			if (err == nil) != (kind == 0) || err != nil && fault.KindOf(err) != kind || err == nil && node.Name != name {
				t.Errorf("%s is %+v, %v", name, node, err)
			}
			if w.asked-before != asked {
				t.Errorf("%s took %d questions", name, w.asked-before)
			}
		}
		find(ws, "MINE", 0, fault.NotFound, 1)
		w.overlays = map[string]catalogue.Overlay{"ws": {Revision: 7, Text: []byte(overlayYAML), There: true}}
		find(ws, "MINE", 7, 0, 1) // within the second
		find(ws, "MINE", 7, 0, 0)
		time.Sleep(time.Hour)
		find(ws, "MINE", 7, 0, 0)
		find(ws, "S2L2A", 7, 0, 0)
		find(system, "S2L2A", 0, 0, 0)
		find(system, "MINE", 0, fault.NotFound, 1)
		find(scope.New("other", ""), "MINE", 0, fault.NotFound, 1)

		w.set(fault.New(fault.Unavailable, "down"))
		find(ws, "MINE", 9, 0, 1) // the last known
		find(ws, "MINE", 9, 0, 0)
		time.Sleep(listAge)
		find(ws, "MINE", 9, 0, 1)
		w.set(nil)
		w.overlays["ws"] = catalogue.Overlay{Revision: 9}
		time.Sleep(listAge)
		find(ws, "MINE", 9, fault.NotFound, 1)
	})
}

// Tiles of a workspace are drawn anew when its products change, and only those; the renderer is told the revision.
func TestOwnProductsMakeTilesOld(t *testing.T) {
	h := newHouse(t)
	admin := scope.New(scope.System, "root", scope.Writer, scope.Admin)
	w, _, err := h.store.ClaimWorkspace(t.Context(), admin, catalogue.Workspace{Name: "ws", Owner: "eric", AccessKey: "k", Secret: []byte("s")}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	w.State = catalogue.WorkspaceActive
	if err := h.store.AdvanceWorkspace(t.Context(), &w, 0); err != nil {
		t.Fatal(err)
	}
	for _, workspace := range []string{"", "ws", "other"} {
		h.apply(t, workspace, scene(workspace, "a", "1", spring, "S2L2A"))
	}
	h.apply(t, "ws", scene("ws", "b", "1", spring, "MINE"))
	i := h.instance(t)
	states := func(want string) {
		t.Helper()
		got := ""
		for _, prefix := range []string{"", "/workspaces/ws", "/workspaces/other"} {
			_, from, _ := i.get(t, prefix+"/cache/xyz/S2L2A/3/4/2.png")
			got += from + " "
		}
		i.close() // waits until they are kept
		if got != want {
			t.Errorf("tiles are %q, want %q", got, want)
		}
	}
	states("miss miss miss ")
	states("memory memory memory ")
	eric := scope.New("ws", "eric", scope.Writer)
	if _, _, err := h.store.PutOverlay(t.Context(), eric, []byte(overlayYAML), func(catalogue.Overlay) error { return nil }); err != nil {
		t.Fatal(err)
	}
	i = h.instance(t) // which has the revisions of now
	states("hit miss hit ")
	states("memory memory memory ")
	if status, from, _ := i.get(t, "/workspaces/ws/cache/wmts/1.0.0/MINE/default/WGS84/3/1/8.png"); status != 200 || from != "miss" {
		t.Errorf("the layer of its own: %d %s", status, from)
	}
	for _, prefix := range []string{"", "/workspaces/other"} {
		if status, _, _ := i.get(t, prefix+"/cache/wmts/1.0.0/MINE/default/WGS84/3/1/8.png"); status < 400 {
			t.Errorf("%q has the layer of another workspace: %d", prefix, status)
		}
	}
	if _, _, err := h.store.PutOverlay(t.Context(), eric, nil, func(catalogue.Overlay) error { return nil }); err != nil {
		t.Fatal(err)
	}
	i = h.instance(t)
	states("hit miss hit ")
	if status, _, _ := i.get(t, "/workspaces/ws/cache/wmts/1.0.0/MINE/default/WGS84/3/1/8.png"); status < 400 {
		t.Errorf("the layer is still there: %d", status)
	}
}
