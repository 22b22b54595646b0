package main

import (
	"embed"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/scope"
)

//go:embed page
var page embed.FS

// policy lets the page ask its own host and nobody else. Leaflet's empty picture is a data URL.
const policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// leafletFiles are what is served of Leaflet.
var leafletFiles = regexp.MustCompile(`^(leaflet\.js|leaflet\.css|images/[a-z0-9-]+\.png)$`)

// leafletAge is how long browsers keep Leaflet's files: they change with the machine's packages only.
const leafletAge = "public, max-age=604800"

// handler serves the page and what it is made of.
type handler struct {
	files   map[string]ows.Document // of the page, by name
	leaflet string
}

func newHandler(leaflet string) (http.Handler, error) {
	if _, err := os.Stat(filepath.Join(leaflet, "leaflet.js")); err != nil {
		return nil, fault.At(fault.Invalid, "LEAFLET", "LEAFLET names the folder %q, which has no leaflet.js (Debian's package libjs-leaflet installs it): %w", leaflet, err)
	}
	files, err := readPage()
	if err != nil {
		return nil, err
	}
	return guarded(handler{files, leaflet}), nil
}

func readPage() (map[string]ows.Document, error) {
	entries, err := fs.ReadDir(page, "page")
	if err != nil {
		return nil, err
	}
	files := map[string]ows.Document{}
	for _, entry := range entries {
		body, err := page.ReadFile(path.Join("page", entry.Name()))
		if err != nil {
			return nil, err
		}
		files[entry.Name()] = ows.Document{Type: mime.TypeByExtension(path.Ext(entry.Name())), Body: body}
	}
	return files, nil
}

// guarded takes what only reads, and sets the headers that keep the page to itself.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "same-origin")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			header.Set("Allow", "GET, HEAD")
			http.Error(w, "this page can only be read", http.StatusMethodNotAllowed)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ServeHTTP answers one request.
func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch name, _ := strings.CutPrefix(r.URL.Path, "/viewer/"); {
	case r.URL.Path == "/":
		h.files["index.html"].Serve(w, r)
	case r.URL.Path == "/viewer", name == "":
		http.Redirect(w, r, scope.FromContext(r.Context()).Base+"/", http.StatusPermanentRedirect)
	case h.files[name].Body != nil && name != "index.html":
		h.files[name].Serve(w, r)
	default:
		h.serveLeaflet(w, r)
	}
}

func (h handler) serveLeaflet(w http.ResponseWriter, r *http.Request) {
	name, found := strings.CutPrefix(r.URL.Path, "/leaflet/")
	if !found || !leafletFiles.MatchString(name) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", leafletAge)
	http.ServeFile(w, r, filepath.Join(h.leaflet, filepath.FromSlash(name)))
}
