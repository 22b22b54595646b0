package wmts

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/grid"
	"perigee/shared/ogcapi"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// APIPath is where OGC API - Tiles, Part 1 (20-057), lies.
const APIPath = Root + "/ogcapi"

// conformance lists the requirements classes that are kept.
var conformance = []string{
	"http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/json",
	"http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/datetime",
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/png",
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/jpeg",
	"http://www.opengis.net/spec/tms/2.0/conf/tilematrixset",
	"http://www.opengis.net/spec/tms/2.0/conf/tilematrixsetlimits",
	"http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
	"http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixsetlimits",
}

// The relations of links (20-057, 7.2 and 8).
const (
	relTiling  = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
	relTilings = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"
	relMaps    = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-map"
	relData    = "http://www.opengis.net/def/rel/ogc/1.0/data"
	relConform = "http://www.opengis.net/def/rel/ogc/1.0/conformance"
)

type apiLink struct {
	Href      string `json:"href"`
	Rel       string `json:"rel"`
	Type      string `json:"type,omitempty"`
	Title     string `json:"title,omitempty"`
	Templated bool   `json:"templated,omitempty"`
}

type landing struct {
	Title       string    `json:"title"`
	Description string    `json:"description,omitempty"`
	Links       []apiLink `json:"links"`
}

// apiSet is a tile matrix set (17-083r4, 9: the JSON encoding of version 2.0).
type apiSet struct {
	ID       string      `json:"id"`
	Title    string      `json:"title"`
	URI      string      `json:"uri,omitempty"`
	CRS      string      `json:"crs"`
	Axes     []string    `json:"orderedAxes"`
	ScaleSet string      `json:"wellKnownScaleSet,omitempty"`
	Bounds   apiBounds   `json:"boundingBox"`
	Matrices []apiMatrix `json:"tileMatrices"`
}

type apiMatrix struct {
	ID     string    `json:"id"`
	Scale  float64   `json:"scaleDenominator"`
	Cell   float64   `json:"cellSize"`
	Corner string    `json:"cornerOfOrigin"`
	Origin orb.Point `json:"pointOfOrigin"`
	TileW  int       `json:"tileWidth"`
	TileH  int       `json:"tileHeight"`
	Width  int       `json:"matrixWidth"`
	Height int       `json:"matrixHeight"`
}

type apiBounds struct {
	Lower orb.Point `json:"lowerLeft"`
	Upper orb.Point `json:"upperRight"`
	CRS   string    `json:"crs"`
}

type apiCollection struct {
	ID          string     `json:"id"`
	Title       string     `json:"title"`
	Description string     `json:"description,omitempty"`
	Extent      *apiExtent `json:"extent,omitempty"`
	DataType    string     `json:"dataType"`
	Links       []apiLink  `json:"links"`
}

type apiExtent struct {
	Spatial struct {
		BBox [][4]float64 `json:"bbox"`
	} `json:"spatial"`
	Temporal struct {
		Interval [][2]*string `json:"interval"`
	} `json:"temporal"`
}

// tileset describes the tiles of a layer in a set (20-057, 9; 17-083r4, 10).
type tileset struct {
	Title    string     `json:"title"`
	DataType string     `json:"dataType"`
	CRS      string     `json:"crs"`
	SetURI   string     `json:"tileMatrixSetURI,omitempty"`
	Limits   []apiLimit `json:"tileMatrixSetLimits,omitempty"`
	Bounds   *apiBounds `json:"boundingBox,omitempty"`
	Links    []apiLink  `json:"links"`
}

type apiLimit struct {
	Matrix string `json:"tileMatrix"`
	MinRow int    `json:"minTileRow"`
	MaxRow int    `json:"maxTileRow"`
	MinCol int    `json:"minTileCol"`
	MaxCol int    `json:"maxTileCol"`
}

// newAPI leads the requests of the API.
func (h handler) newAPI() http.Handler {
	var routes ogcapi.Routes
	routes.Handle("GET "+APIPath, h.landing)
	routes.Handle("GET "+APIPath+"/conformance", h.conformance)
	routes.Handle("GET "+APIPath+"/tileMatrixSets", h.tileMatrixSets)
	routes.Handle("GET "+APIPath+"/tileMatrixSets/{set}", h.tileMatrixSet)
	routes.Handle("GET "+APIPath+"/collections", h.collections)
	routes.Handle("GET "+APIPath+"/collections/{layer}", h.collection)
	for _, style := range []string{"", "/styles/{style}"} {
		tiles := "GET " + APIPath + "/collections/{layer}" + style + "/map/tiles"
		routes.Handle(tiles, h.tilesets)
		routes.Handle(tiles+"/{set}", h.tileset)
		routes.Handle(tiles+"/{set}/{z}/{row}/{col}", h.apiTile)
	}
	return &routes
}

// plainParams is nil for a request with no parameter but f, whose only value is json.
func plainParams(r *http.Request) error {
	p := ogcapi.ReadParams(r)
	p.Format(r, ogcapi.JSON)
	return p.Err()
}

func (h handler) landing(w http.ResponseWriter, r *http.Request) error {
	if err := plainParams(r); err != nil {
		return err
	}
	root := scope.FromContext(r.Context()).Base + APIPath
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, landing{h.About.Title, h.About.Abstract, []apiLink{
		jsonLink("self", root, "This document"), jsonLink("conformance", root+"/conformance", "What is conformed to"),
		jsonLink(relConform, root+"/conformance", "What is conformed to"), jsonLink("data", root+"/collections", "The layers"),
		jsonLink(relData, root+"/collections", "The layers"), jsonLink(relTilings, root+"/tileMatrixSets", "The tile matrix sets"),
	}})
}

func jsonLink(rel, href, title string) apiLink {
	return apiLink{Href: href, Rel: rel, Type: ogcapi.MediaTypeJSON, Title: title}
}

func (h handler) conformance(w http.ResponseWriter, r *http.Request) error {
	if err := plainParams(r); err != nil {
		return err
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, map[string]any{"conformsTo": conformance})
}

func (h handler) tileMatrixSets(w http.ResponseWriter, r *http.Request) error {
	if err := plainParams(r); err != nil {
		return err
	}
	type entry struct {
		ID    string    `json:"id"`
		Title string    `json:"title"`
		URI   string    `json:"uri,omitempty"`
		CRS   string    `json:"crs"`
		Links []apiLink `json:"links"`
	}
	root := scope.FromContext(r.Context()).Base + APIPath
	entries := []entry{}
	for _, s := range h.Sets {
		id, uri := registered(s)
		entries = append(entries, entry{id, s.ID, uri, s.CRS.URI(), []apiLink{jsonLink("self", root+"/tileMatrixSets/"+id, s.ID)}})
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, map[string]any{"tileMatrixSets": entries})
}

// registered is the identifier of a set in this API: that of OGC's register, or its own.
func registered(s grid.Set) (id, uri string) {
	if id, uri = s.Registered(); id == "" {
		return s.ID, ""
	}
	return id, uri
}

// set is the tile matrix set of a path.
func (h handler) set(r *http.Request) (grid.Set, error) {
	s, err := h.Sets.Named(r.PathValue("set"))
	if err != nil {
		return s, fault.At(fault.NotFound, "tileMatrixSetId", "%v", err)
	}
	return s, nil
}

func (h handler) tileMatrixSet(w http.ResponseWriter, r *http.Request) error {
	if err := plainParams(r); err != nil {
		return err
	}
	s, err := h.set(r)
	if err != nil {
		return err
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, newAPISet(s))
}

func newAPISet(s grid.Set) apiSet {
	id, uri := registered(s)
	doc := apiSet{ID: id, Title: s.ID, URI: uri, CRS: s.CRS.URI(), Axes: axes(s.CRS), Bounds: newAPIBounds(s.Extent, s.CRS)}
	if name, ok := strings.CutPrefix(s.URI, "urn:ogc:def:wkss:OGC:1.0:"); ok {
		doc.ScaleSet = "http://www.opengis.net/def/wkss/OGC/1.0/" + name
	}
	for z := range s.Levels {
		cols, rows := s.Size(z)
		doc.Matrices = append(doc.Matrices, apiMatrix{
			ID: strconv.Itoa(z), Scale: s.ScaleDenominator(z), Cell: s.Resolution(z), Corner: "topLeft", Origin: topLeft(s),
			TileW: grid.TileSize, TileH: grid.TileSize, Width: cols, Height: rows,
		})
	}
	return doc
}

// axes names the axes of a system in the order of its authority.
func axes(crs geo.CRS) []string {
	names := []string{"E", "N"}
	if crs.Geographic() {
		names = []string{"Lon", "Lat"}
	}
	if crs.LatLon() {
		names[0], names[1] = names[1], names[0]
	}
	return names
}

// newAPIBounds writes bounds, easting first, in the axis order of their system.
func newAPIBounds(b orb.Bound, crs geo.CRS) apiBounds {
	if crs.LatLon() {
		b.Min[0], b.Min[1], b.Max[0], b.Max[1] = b.Min[1], b.Min[0], b.Max[1], b.Max[0]
	}
	return apiBounds{b.Min, b.Max, crs.URI()}
}

// layersOf lists the layers that a request may see.
func (h handler) layersOf(r *http.Request) ([]product.Node, error) {
	return h.Tiles.Layers(r.Context(), scope.FromContext(r.Context()).Scope)
}

// layer is the layer of a path, with the style of the path, which it must have.
func (h handler) layer(r *http.Request) (product.Node, string, error) {
	nodes, err := h.layersOf(r)
	if err != nil {
		return product.Node{}, "", err
	}
	n, err := find(nodes, r.PathValue("layer"))
	if err != nil {
		return n, "", err
	}
	style := r.PathValue("style")
	for _, s := range append([]string{"", DefaultStyle}, n.Styles...) {
		if s == style {
			return n, style, nil
		}
	}
	return n, "", fault.At(fault.NotFound, "styleId", "the layer %q has no style %q", n.Name, style)
}

func (h handler) collections(w http.ResponseWriter, r *http.Request) error {
	if err := plainParams(r); err != nil {
		return err
	}
	nodes, err := h.layersOf(r)
	if err != nil {
		return err
	}
	root := scope.FromContext(r.Context()).Base + APIPath
	all := []apiCollection{}
	for _, n := range Flatten(nodes) {
		all = append(all, newAPICollection(root, n))
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, map[string]any{
		"collections": all, "links": []apiLink{jsonLink("self", root+"/collections", "The layers")},
	})
}

func (h handler) collection(w http.ResponseWriter, r *http.Request) error {
	if err := plainParams(r); err != nil {
		return err
	}
	n, _, err := h.layer(r)
	if err != nil {
		return err
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, newAPICollection(scope.FromContext(r.Context()).Base+APIPath, n))
}

func newAPICollection(root string, n product.Node) apiCollection {
	href := ogcapi.Href(root+"/collections", n.Name)
	c := apiCollection{
		ID: n.Name, Title: n.Title, Description: n.Abstract, DataType: "map",
		Links: []apiLink{jsonLink("self", href, n.Title), jsonLink(relMaps, href+"/map/tiles", "Tiles of "+n.Title)},
	}
	if b := n.Bounds; b != (orb.Bound{}) {
		c.Extent = new(apiExtent)
		c.Extent.Spatial.BBox = [][4]float64{{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}}
		c.Extent.Temporal.Interval = [][2]*string{ends(n.Time)}
	}
	return c
}

func ends(i record.Interval) (pair [2]*string) {
	for at, t := range []string{record.Instant(i.Start), record.Instant(i.End)} {
		if at == 0 && !i.Start.IsZero() || at == 1 && !i.End.IsZero() {
			pair[at] = &t
		}
	}
	return pair
}

func (h handler) tilesets(w http.ResponseWriter, r *http.Request) error {
	if err := plainParams(r); err != nil {
		return err
	}
	n, style, err := h.layer(r)
	if err != nil {
		return err
	}
	href := tilesHref(r, n, style)
	all := []tileset{}
	for _, s := range setsOf(n, h.Sets) {
		all = append(all, newTileset(r, n, style, s, false))
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, map[string]any{"tilesets": all, "links": []apiLink{jsonLink("self", href, "Tiles of "+n.Title)}})
}

func (h handler) tileset(w http.ResponseWriter, r *http.Request) error {
	if err := plainParams(r); err != nil {
		return err
	}
	n, style, err := h.layer(r)
	if err != nil {
		return err
	}
	s, err := h.set(r)
	if err != nil {
		return err
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, newTileset(r, n, style, s, true))
}

func tilesHref(r *http.Request, n product.Node, style string) string {
	href := ogcapi.Href(scope.FromContext(r.Context()).Base+APIPath+"/collections", n.Name)
	if style != "" {
		href = ogcapi.Href(href+"/styles", style)
	}
	return href + "/map/tiles"
}

// newTileset describes the tiles of a layer in a set; whole is the description by itself, not as an entry of a list.
func newTileset(r *http.Request, n product.Node, style string, s grid.Set, whole bool) tileset {
	id, uri := registered(s)
	href := tilesHref(r, n, style) + "/" + id
	t := tileset{
		Title: n.Title, DataType: "map", CRS: s.CRS.URI(), SetURI: uri,
		Links: []apiLink{jsonLink("self", href, n.Title+" in "+id),
			jsonLink(relTiling, scope.FromContext(r.Context()).Base+APIPath+"/tileMatrixSets/"+id, id)},
	}
	if !whole {
		return t
	}
	if n.Bounds != (orb.Bound{}) {
		b := newAPIBounds(n.Bounds, geo.CRS84)
		t.Bounds = &b
	}
	for _, l := range limitsOf(s, n.Bounds) {
		t.Limits = append(t.Limits, apiLimit(l))
	}
	for _, f := range apiFormats {
		template := href + "/{tileMatrix}/{tileRow}/{tileCol}?f=" + f.Names[0]
		t.Links = append(t.Links, apiLink{Href: template, Rel: "item", Type: f.MediaType, Title: n.Title + " in " + id, Templated: true})
	}
	return t
}

// apiFormats are the formats of tiles by the parameter f.
var apiFormats = []ogcapi.Format{{Names: []string{"png"}, MediaType: png}, {Names: []string{"jpeg", "jpg"}, MediaType: jpeg}, {Names: []string{"mixed"}, MediaType: mixed}}

func (h handler) apiTile(w http.ResponseWriter, r *http.Request) error {
	s, err := h.set(r)
	if err != nil {
		return err
	}
	p := ogcapi.ReadParams(r)
	format, when := p.Format(r, apiFormats...), p.Datetime()
	if err := p.Err(); err != nil {
		return err
	}
	t, err := parts{layer: r.PathValue("layer"), style: r.PathValue("style"), set: s.ID,
		z: r.PathValue("z"), row: r.PathValue("row"), col: r.PathValue("col"), format: format.MediaType}.tile(h.Sets)
	if err != nil { // there is no such tile (20-057, requirement /req/core/tc-error)
		return fault.At(fault.NotFound, fault.LocatorOf(fault.All(err)[0]), "%v", err)
	}
	t.Time = when
	w.Header().Add("Vary", "Accept")
	return h.tile(w, r, t, nil)
}
