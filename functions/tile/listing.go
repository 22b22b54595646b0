package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/ows"
	"perigee/shared/product"
	"perigee/shared/scope"
	"perigee/shared/wmts"
)

// listName is the list of layers as JSON.
const listName = wmts.Root + "/layers.json"

// isListing tells whether a request is for a list of layers, not for a protocol, which may speak at the same address.
func isListing(r *http.Request) bool {
	path := strings.TrimSuffix(r.URL.Path, "/")
	return path == listName || path == wmts.Root && !ows.KVP(r).Has("service")
}

// layerList is the list as JSON.
type layerList struct {
	Title        string  `json:"title"`
	Abstract     string  `json:"abstract,omitempty"`
	Self         string  `json:"self"`
	Capabilities string  `json:"capabilities"` // of WMTS
	Maps         string  `json:"wms"`          // capabilities of the maps that are made from tiles
	TMS          string  `json:"tms"`          // the Tile Map Service
	API          string  `json:"ogcapi"`       // OGC API - Tiles
	Layers       []layer `json:"layers"`
}

// layer is one layer of the list.
type layer struct {
	Name     string      `json:"name"`
	Title    string      `json:"title"`
	Abstract string      `json:"abstract,omitempty"`
	Base     string      `json:"base"`             // the layer it is a way to look at
	Item     string      `json:"item,omitempty"`   // set for an item that stands alone
	Browse   string      `json:"browse,omitempty"` // empty for the default one
	Bounds   *[4]float64 `json:"bounds"`           // west, south, east, north; null while there is nothing to see
	Start    string      `json:"start,omitempty"`
	End      string      `json:"end,omitempty"`
	Dates    []string    `json:"dates"` // days with data, newest first
	Zoom     int         `json:"zoom"`  // down to which tiles of Web Mercator are kept
	Styles   []string    `json:"styles"`
	Tiles    string      `json:"tiles"` // {z}/{x}/{y}; ?time= takes a day, an instant, or start--end
	TileJSON string      `json:"tilejson"`
	Layers   []layer     `json:"layers,omitempty"`
}

// listing tells people and programs which layers there are.
type listing struct {
	layers *layers
	about  ows.Service
}

// ServeHTTP answers one request.
func (l listing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := l.answer(w, r); err != nil {
		ows.WriteError(w, r, "1.1.0", err)
	}
}

func (l listing) answer(w http.ResponseWriter, r *http.Request) error {
	asked := scope.FromContext(r.Context())
	nodes, err := l.layers.list(r.Context(), asked.Scope)
	if err != nil {
		return err
	}
	list := layerList{
		Title: l.about.Title, Abstract: l.about.Abstract, Self: asked.Base + listName,
		Capabilities: wmts.CapabilitiesURL(asked.Base), Maps: asked.Base + wmsRoot + "?service=WMS&request=GetCapabilities",
		TMS: asked.Base + wmts.TMSPath, API: asked.Base + wmts.APIPath, Layers: newLayerList(asked.Base, nodes),
	}
	if strings.TrimSuffix(r.URL.Path, "/") != listName {
		return answerPage(w, r, list)
	}
	body, err := json.Marshal(list)
	if err != nil {
		return fault.Classify(fault.Internal, err, "writing the list of layers")
	}
	ows.Document{Type: "application/json", Body: body}.Serve(w, r)
	return nil
}

func newLayerList(base string, nodes []product.Node) []layer {
	all := []layer{}
	for _, n := range nodes {
		l := layer{
			Name: n.Name, Title: n.Title, Abstract: n.Abstract, Base: n.Base, Item: n.ItemID, Browse: n.Browse,
			Bounds: corners(n.Bounds), Start: day(n.Time.Start), End: day(n.Time.End), Dates: []string{}, Styles: n.Styles,
			Tiles: wmts.XYZTemplate(base, n.Name, ""), TileJSON: base + wmts.Root + "/xyz/" + url.PathEscape(n.Name) + "/tilejson.json",
		}
		for _, d := range n.Dates {
			l.Dates = append(l.Dates, day(d))
		}
		for _, g := range n.Grids {
			if grid.GoogleMapsCompatible.Is(g.Name) {
				l.Zoom = g.Zoom
			}
		}
		if len(n.Children) > 0 {
			l.Layers = newLayerList(base, n.Children)
		}
		all = append(all, l)
	}
	return all
}

func corners(b orb.Bound) *[4]float64 {
	if b == (orb.Bound{}) {
		return nil
	}
	return &[4]float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}
