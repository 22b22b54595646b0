package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/eventing"
	"perigee/shared/record"
	"perigee/shared/routes"
)

// handlers is a server of the handlers of a route: /change gives documents another title, /quiet leaves them, /refuse refuses
// them, /down is out of order, /moved has moved to /change, /lost too but forgets what it was asked, /left is at another
// server; /told keeps what it is told.
type handlers struct {
	url       string
	elsewhere string
	mutex     sync.Mutex
	told      []record.Registration
}

func (w *world) routeHandlers() *handlers {
	h := &handlers{}
	h.url = w.serve(http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			rw.WriteHeader(http.StatusBadRequest)
			return
		}
		switch q.URL.Path {
		case "/change":
			_, _ = io.WriteString(rw, strings.Replace(string(body), `"title": "x"`, `"title": "changed"`, 1))
		case "/refuse":
			http.Error(rw, "not today", http.StatusConflict)
		case "/down":
			rw.WriteHeader(http.StatusServiceUnavailable)
		case "/moved":
			http.Redirect(rw, q, "/change", http.StatusPermanentRedirect)
		case "/lost":
			http.Redirect(rw, q, "/change", http.StatusFound)
		case "/left":
			http.Redirect(rw, q, h.elsewhere, http.StatusTemporaryRedirect)
		case "/told":
			var r record.Registration
			_ = json.Unmarshal(body, &r)
			h.mutex.Lock()
			h.told = append(h.told, r)
			h.mutex.Unlock()
		}
	}))
	return h
}

// REG-01, REG-02, REG-32: handlers change and refuse documents before they are registered, and are told what became of them;
// one that is out of order has the request repeated before, and changes nothing behind. A document goes to the host of a handler
// and to no other.
func TestHandlers(t *testing.T) {
	w := newWorld(t)
	h := w.routeHandlers()
	route := func(pre ...string) {
		for i, r := range w.r.routes.Routes {
			if r.Name == "items" {
				w.r.routes.Routes[i].Pre = nil
				for _, p := range pre {
					w.r.routes.Routes[i].Pre = append(w.r.routes.Routes[i].Pre, h.url+p)
				}
				w.r.routes.Routes[i].Post, w.r.routes.Routes[i].Error = []string{h.url + "/down", h.url + "/told"}, []string{h.url + "/told"}
			}
		}
	}
	route("/quiet", "/change")
	w.handled(w.put("x.json", item("C", "x", "x")))
	if got := w.record("C", "x"); got.Title != "changed" {
		t.Errorf("record %+v", got)
	}
	route("/refuse")
	if status, words := w.deliver(w.put("y.json", item("C", "y", "y"))); status != http.StatusUnprocessableEntity || !strings.Contains(words, "the document is refused") || !strings.Contains(words, "not today") {
		t.Errorf("%d %s", status, words)
	}
	if len(h.told) != 2 || h.told[0].ID != "x" || h.told[0].Status != "registered" || h.told[1].Status != "failed" || !strings.Contains(h.told[1].Error, "not today") {
		t.Errorf("told %+v", h.told)
	}
	route("/moved")
	w.handled(w.put("m.json", item("C", "m", "x")))
	if got := w.record("C", "m"); got.Title != "changed" {
		t.Errorf("record %+v", got)
	}
	h.elsewhere = w.serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a document went to another server") }))
	for path, why := range map[string]string{"/left": "another host", "/lost": "asked by GET"} {
		route(path)
		if status, words := w.deliver(w.put("n.json", item("C", "n", "x"))); status != http.StatusUnprocessableEntity || !strings.Contains(words, why) {
			t.Errorf("%s: %d %s", path, status, words)
		}
	}
	route("/down")
	if status, words := w.deliver(w.put("z.json", item("C", "z", "z"))); status != http.StatusServiceUnavailable {
		t.Errorf("%d %s", status, words)
	}
}

// REG-02, REG-32: the output of a route goes on to another, as a request of its own that is the same however often.
func TestOutput(t *testing.T) {
	w := newWorld(t)
	config, err := routes.Load("routes", []byte(`
defaultSuccessQueue: copies_queue
routes: {copies: {path: registrar.route.stac.ItemRoute, queue: copies_queue, backends: [{path: registrar_pycsw.backend.ItemBackend}]}}
`))
	if err != nil {
		t.Fatal(err)
	}
	w.r.routes = config
	arrived := w.put("x.json", item("C", "x", "x"))
	w.handled(arrived, arrived)
	var on []string
	for _, e := range w.sent {
		if e.Type() != eventing.TypeRegisterRequested {
			continue
		}
		on = append(on, e.ID())
		if e.Extensions()["route"] != "copies_queue" || e.Subject() != "x" {
			t.Errorf("passed on %s", e)
		}
		w.handled(e)
	}
	if len(on) != 2 || on[0] != on[1] || !strings.HasSuffix(on[0], "/copies_queue/0") {
		t.Errorf("passed on %q", on)
	}
	if s := w.status("x.json"); s.Route != "copies" {
		t.Errorf("status %+v", s)
	}
	w.sent = nil
	w.handled(w.delete("x.json"), w.request("items", eventing.ModeDeregister, eventing.Document{ID: "none", Time: time.Now()}))
	w.wantNews("delete C/x")
}
