package wmts

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/ows"
	"perigee/shared/scope"
	"perigee/shared/trace"
)

// Root is the path under which everything of this package lies.
const Root = "/cache"

// capabilitiesName is the name of the RESTful capabilities document.
const capabilitiesName = "WMTSCapabilities.xml"

// restRoots are the paths of RESTful resources; the second is the original's.
var restRoots = []string{Root + "/wmts/" + Version + "/", Root + "/ows/wmts/" + Version + "/"}

// handler serves the protocols.
type handler struct {
	Config
	api   http.Handler // OGC API - Tiles
	aging string       // how Cache-Control goes on after who may keep a tile
}

// Handler serves WMTS under /cache/wmts, /cache/ows/wmts and, by key-value pairs, /cache and /cache/ows; the web map
// addresses under /cache/xyz; TMS under /cache/tms; super-overlays under /cache/kml; and OGC API - Tiles under
// /cache/ogcapi.
func Handler(config Config) http.Handler {
	if len(config.Sets) == 0 {
		config.Sets = grid.Sets()
	}
	h := handler{Config: config, aging: fmt.Sprintf(", max-age=%d, must-revalidate", int(config.MaxAge/time.Second))}
	h.api = h.newAPI()
	return ows.Public(h, http.MethodGet, http.MethodHead)
}

// ServeHTTP answers one request.
func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	if rest, ok := strings.CutPrefix(path, xyzRoot); ok {
		h.answer(w, r, problem, h.xyz(w, r, rest))
		return
	}
	if rest, ok := strings.CutPrefix(path, TMSPath); ok {
		h.answer(w, r, problem, h.tms(w, r, rest))
		return
	}
	if rest, ok := strings.CutPrefix(path, kmlRoot); ok {
		h.answer(w, r, problem, h.kml(w, r, rest))
		return
	}
	if path == APIPath || strings.HasPrefix(path, APIPath+"/") {
		h.api.ServeHTTP(w, r)
		return
	}
	for _, root := range restRoots {
		if rest, ok := strings.CutPrefix(path, root); ok {
			h.answer(w, r, report, h.rest(w, r, rest))
			return
		}
	}
	switch strings.TrimSuffix(path, "/") {
	case Root, Root + "/wmts", Root + "/ows", Root + "/ows/wmts":
		h.answer(w, r, report, h.kvp(w, r))
	default:
		h.answer(w, r, report, noResource(path))
	}
}

// answer tells a failure by one of the two forms, except to an asker who is gone.
func (h handler) answer(w http.ResponseWriter, r *http.Request, tell func(http.ResponseWriter, *http.Request, error), err error) {
	if err != nil && r.Context().Err() == nil {
		tell(w, r, err)
	}
}

// report answers with an OWS 1.1 exception report.
func report(w http.ResponseWriter, r *http.Request, err error) { ows.WriteError(w, r, "1.1.0", err) }

func (h handler) kvp(w http.ResponseWriter, r *http.Request) error {
	p := ows.KVP(r)
	if service := p.Need("service"); service != "" && !strings.EqualFold(service, "WMTS") {
		p.Fail(ows.Invalid("service", "the service here is WMTS, not %q", service))
	}
	operation := p.Need("request")
	if err := p.Err(); err != nil {
		return err
	}
	switch strings.ToLower(operation) {
	case "getcapabilities":
		if p.Negotiate(Version); p.Err() != nil {
			return p.Err()
		}
		return h.capabilities(w, r)
	case "gettile":
		t, err := kvpTile(p, h.Sets)
		return h.tile(w, r, t, err)
	}
	return ows.Unsupported("WMTS", operation)
}

func (h handler) rest(w http.ResponseWriter, r *http.Request, path string) error {
	if path == capabilitiesName {
		return h.capabilities(w, r)
	}
	t, err := restTile(path, h.Sets)
	return h.tile(w, r, t, err)
}

func (h handler) capabilities(w http.ResponseWriter, r *http.Request) error {
	trace.Name(r.Context(), "GetCapabilities")
	asked := scope.FromContext(r.Context())
	nodes, err := h.Tiles.Layers(r.Context(), asked.Scope)
	if err != nil {
		return err
	}
	body, err := ows.Marshal(newCapabilities(h.About, asked.Base, Flatten(nodes), h.Sets))
	if err != nil {
		return fault.Classify(fault.Internal, err, "writing the capabilities")
	}
	ows.Document{Type: "application/xml", Body: body}.Serve(w, r)
	return nil
}

// tile answers a question for a tile, unless reading it failed.
func (h handler) tile(w http.ResponseWriter, r *http.Request, t Tile, err error) error {
	trace.Name(r.Context(), "GetTile")
	if err != nil {
		return err
	}
	asked := scope.FromContext(r.Context())
	picture, err := h.Tiles.Tile(r.Context(), asked.Scope, t)
	if err != nil {
		return err
	}
	header := w.Header() // with few names, as they are sent: this is done for every tile, and a map of more than eight costs twice as much
	header["Content-Type"] = []string{picture.MediaType}
	header["Etag"] = []string{`"` + picture.ETag + `"`}
	header["Cache-Control"] = []string{h.cacheControl(asked.Scope, picture)}
	header["Perigee-Cache"] = []string{picture.Cache}
	if header["Access-Control-Expose-Headers"] = exposed; len(r.Header["Origin"]) == 0 { // no page of elsewhere asks
		delete(header, "Access-Control-Expose-Headers")
	}
	send(w, r, picture)
	return nil
}

// exposed are the headers of a tile that pages of other origins may read.
var exposed = []string{"ETag, Content-Length, Last-Modified, Perigee-Cache"}

// conditions are the headers that ask for a part of a tile, or for nothing under a condition.
var conditions = []string{"Range", "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since"}

// send writes the body at once, or whatever part or status a conditional request asks for.
func send(w http.ResponseWriter, r *http.Request, p Picture) {
	for _, name := range conditions {
		if len(r.Header[name]) > 0 || r.Method == http.MethodHead {
			http.ServeContent(w, r, "", p.Modified, bytes.NewReader(p.Body))
			return
		}
	}
	header := w.Header()
	header["Last-Modified"] = []string{p.Modified.UTC().Format(http.TimeFormat)}
	header["Content-Length"] = []string{strconv.Itoa(len(p.Body))}
	_, _ = w.Write(p.Body) // the asker may be gone
}

// cacheControl lets a tile be used for a moment and then be asked for again; shared caches may do so only with what
// everybody may see.
func (h handler) cacheControl(sc scope.Scope, p Picture) string {
	switch {
	case p.Stale:
		return "no-store"
	case sc.Principal != "":
		return "private" + h.aging
	}
	return "public" + h.aging
}
