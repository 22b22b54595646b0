// Package ingress is the one address of the house: it leads requests to the services by the routes of the manifests,
// and has the runner's own pages under /_runner/.
package ingress

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"

	"perigee/local-runner/broker"
	"perigee/local-runner/ping"
	"perigee/local-runner/stage"
)

// House is what the runner runs, once it is ready.
type House struct {
	Router *Router
	Stage  *stage.Stage
	Broker *broker.Broker
	// Sources are what makes events by the clock, nil for none.
	Sources *ping.Sources
	// Describer is the service that describes raster files, nil for none.
	Describer http.Handler
}

// Ingress answers every request of the public address.
type Ingress struct {
	house    atomic.Pointer[House]
	pages    *http.ServeMux
	loopback bool
}

// New answers that the house is starting, until Ready is called. At a loopback address only the names of loopback are
// answered.
func New(address string) *Ingress {
	g := &Ingress{pages: http.NewServeMux(), loopback: stage.LoopbackAddress(address)}
	g.pages.HandleFunc("GET /_runner/health", g.health)
	g.pages.Handle("GET /_runner/{$}", local(g.whenReady(overview)))
	g.pages.Handle("GET /_runner/events", local(g.whenReady(events)))
	g.pages.Handle("GET /_runner/describe", local(g.whenReady(describe)))
	g.pages.Handle("GET /_runner/page.css", local(asset("text/css; charset=utf-8", style)))
	g.pages.Handle("GET /_runner/live.js", local(asset("text/javascript; charset=utf-8", script)))
	return g
}

// Ready opens the doors.
func (g *Ingress) Ready(h *House) { g.house.Store(h) }

// Close shuts them: requests are answered as if the house were starting.
func (g *Ingress) Close() { g.house.Store(nil) }

// ServeHTTP leads a request to where it belongs.
func (g *Ingress) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.misdirected(r) {
		refuse(w, http.StatusMisdirectedRequest, "this address is for this machine, by a name such as localhost or 127.0.0.1; a proxy in front of it says the name that it was asked by in X-Forwarded-Host")
		return
	}
	if r.URL.Path == "/_runner" || strings.HasPrefix(r.URL.Path, "/_runner/") {
		g.pages.ServeHTTP(w, r)
		return
	}
	g.whenReady(func(h *House, w http.ResponseWriter, r *http.Request) {
		if dotted(r.URL.Path) {
			refuse(w, http.StatusBadRequest, "a path must not hold the elements . and ..")
			return
		}
		if to := h.Router.find(r.URL.Path); to != nil {
			to.ServeHTTP(w, r)
			return
		}
		refuse(w, http.StatusNotFound, "no route of the manifests leads to "+r.URL.Path)
	})(w, r)
}

// dotted tells whether a path could mean another one than it says: routes decide by what it says.
func dotted(path string) bool {
	for element := range strings.SplitSeq(path, "/") {
		if element == "." || element == ".." {
			return true
		}
	}
	return false
}

func (g *Ingress) whenReady(next func(h *House, w http.ResponseWriter, r *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := g.house.Load()
		if h == nil {
			w.Header().Set("Retry-After", "1")
			refuse(w, http.StatusServiceUnavailable, "the runner is starting or stopping")
			return
		}
		next(h, w, r)
	}
}

// health is 200 when everything is ready.
func (g *Ingress) health(w http.ResponseWriter, r *http.Request) {
	g.whenReady(func(_ *House, w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, struct {
			Status string `json:"status"`
		}{"ready"})
	})(w, r)
}

// describe asks for the description of a raster file, which is an internal operation of a function.
func describe(h *House, w http.ResponseWriter, r *http.Request) {
	if h.Describer == nil {
		refuse(w, http.StatusNotFound, "there is no service that describes raster files")
		return
	}
	inner := r.Clone(r.Context())
	inner.URL.Path, inner.URL.RawPath = "/internal/describe", ""
	h.Describer.ServeHTTP(w, inner)
}

// Problem is the body of a refusal (RFC 9457).
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func refuse(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(Problem{http.StatusText(status), status, detail}) // the asker may be gone
}

func writeJSON(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(answer) // the asker may be gone
}
