package wmts

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/ows"
	"perigee/shared/product"
	"perigee/shared/scope"
)

// tileJSON is a TileJSON 3.0.0 document (https://github.com/mapbox/tilejson-spec/tree/master/3.0.0).
type tileJSON struct {
	TileJSON    string     `json:"tilejson"`
	Name        string     `json:"name"`
	Description string     `json:"description,omitempty"`
	Scheme      string     `json:"scheme"`
	Tiles       []string   `json:"tiles"`
	MinZoom     int        `json:"minzoom"`
	MaxZoom     int        `json:"maxzoom"`
	Bounds      [4]float64 `json:"bounds"`
	Center      [3]float64 `json:"center"`
}

// xyzRoot is where the addresses of web maps lie.
const xyzRoot = Root + "/xyz/"

// xyz answers what lies under /cache/xyz/.
func (h handler) xyz(w http.ResponseWriter, r *http.Request, path string) error {
	query := ows.KVP(r)
	if name, ok := strings.CutSuffix(path, "/tilejson.json"); ok && !strings.Contains(name, "/") {
		return h.tileJSON(w, r, name, query)
	}
	t, err := xyzTile(path, query, h.Sets)
	return h.tile(w, r, t, err)
}

func (h handler) tileJSON(w http.ResponseWriter, r *http.Request, name string, query *ows.Params) error {
	name, err := url.PathUnescape(name)
	if err != nil {
		return noResource(r.URL.EscapedPath())
	}
	at := query.Get("time")
	if _, err := ParseTime(at); err != nil {
		return err
	}
	asked := scope.FromContext(r.Context())
	nodes, err := h.Tiles.Layers(r.Context(), asked.Scope)
	if err != nil {
		return err
	}
	node, err := find(nodes, name)
	if err != nil {
		return err
	}
	return serveJSON(w, r, describe(node, XYZTemplate(asked.Base, name, at)))
}

// describe makes the TileJSON of a layer.
func describe(node product.Node, template string) tileJSON {
	b := node.Bounds
	if b == (orb.Bound{}) {
		b = orb.Bound{Min: orb.Point{-180, -85}, Max: orb.Point{180, 85}}
	}
	center, set := b.Center(), grid.GoogleMapsCompatible
	return tileJSON{
		TileJSON: "3.0.0", Name: node.Title, Description: node.Abstract, Scheme: "xyz", Tiles: []string{template},
		MaxZoom: set.Levels - 1, Bounds: [4]float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]},
		Center: [3]float64{center[0], center[1], float64(fittingZoom(b))},
	}
}

// fittingZoom is the level at which bounds in degrees take about one and a half tiles.
func fittingZoom(b orb.Bound) int {
	width := max(b.Max[0]-b.Min[0], b.Max[1]-b.Min[1], 1e-6)
	zoom := 0
	for side := 360.0; side > width && zoom < 18; side /= 2 {
		zoom++
	}
	return zoom
}

// XYZTemplate is the address of the tiles of a layer, as web map libraries take it, at a time that may be empty.
func XYZTemplate(base, layer, at string) string {
	template := base + xyzRoot + url.PathEscape(layer) + "/{z}/{x}/{y}.png"
	if at != "" {
		template += "?time=" + url.QueryEscape(at)
	}
	return template
}

func serveJSON(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fault.Classify(fault.Internal, err, "writing JSON")
	}
	ows.Document{Type: "application/json", Body: body}.Serve(w, r)
	return nil
}

// problem answers with problem details (RFC 9457), in which all failures are told.
func problem(w http.ResponseWriter, r *http.Request, err error) {
	ows.LogFailure(r, err)
	status := ows.Status(err)
	var texts []string
	for _, e := range ows.FromError(err) {
		texts = append(texts, e.Text)
	}
	header := w.Header()
	header.Set("Content-Type", "application/problem+json")
	header.Set("Cache-Control", "no-store")
	if status == http.StatusServiceUnavailable {
		header.Set("Retry-After", "1")
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "title": http.StatusText(status), "detail": strings.Join(texts, "; ")})
}
