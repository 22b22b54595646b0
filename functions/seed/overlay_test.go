package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/scope"
)

const overlayYAML = `
layers: [{id: MINE, grids: [{name: WGS84, zoom: 1}]}]
collections: {MINE: {}}
`

// A layer that a workspace has of its own is seeded in it, when asked and after changes, as deep as it says; elsewhere
// there is none.
func TestOwnLayers(t *testing.T) {
	w := newWorld(t)
	admin := scope.New(scope.System, "root", scope.Writer, scope.Admin)
	made, _, err := w.store.ClaimWorkspace(t.Context(), admin, catalogue.Workspace{Name: "ws", Owner: "eric", AccessKey: "k", Secret: []byte("s")}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	made.State = catalogue.WorkspaceActive
	if err := w.store.AdvanceWorkspace(t.Context(), &made, 0); err != nil {
		t.Fatal(err)
	}
	post := func(workspace string, want int) {
		t.Helper()
		if code, _, text := w.ask(t, http.MethodPost, workspace+"/seed", `{"layer": "MINE"}`, nil); code != want {
			t.Errorf("%q: %d %s", workspace, code, text)
		}
	}
	post("/workspaces/ws", http.StatusNotFound)
	if _, _, err := w.store.PutOverlay(t.Context(), scope.New("ws", "eric", scope.Writer), []byte(overlayYAML), func(catalogue.Overlay) error { return nil }); err != nil {
		t.Fatal(err)
	}
	post("", http.StatusNotFound)
	post("/workspaces/other", http.StatusNotFound)
	post("/workspaces/ws", http.StatusAccepted)
	w.run(t)
	asked := w.keys(t)
	own := func(k string) bool {
		return strings.HasPrefix(k, "ws/MINE/default/WGS84/default/0/") || strings.HasPrefix(k, "ws/MINE/default/WGS84/default/1/")
	}
	if len(asked) == 0 || slices.ContainsFunc(asked, func(k string) bool { return !own(k) }) {
		t.Errorf("%q", asked)
	}
	before := w.stampOf(t, asked[0])
	one := scene("a", "1", 14, 46)
	one.Layers = []string{"MINE"}
	w.apply(t, "ws", one)
	e := itemEvent(eventing.TypeItemCreate, "a")
	e.SetExtension(eventing.ExtensionWorkspace, "ws")
	w.broker.events = append(w.broker.events, e)
	w.run(t)
	if followed := w.keys(t); !slices.ContainsFunc(followed, func(k string) bool { return own(k) && w.stampOf(t, k) != before }) {
		t.Errorf("after a change there is %q", followed)
	}
}
