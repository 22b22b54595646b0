package wmts

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/ows"
	"perigee/shared/product"
	"perigee/shared/scope"
)

// TMSPath is where the Tile Map Service of OSGeo lies (https://wiki.osgeo.org/wiki/Tile_Map_Service_Specification). Its
// rows are counted from the south.
const TMSPath = Root + "/tms/"

const tmsVersion = "1.0.0"

type tmsServices struct {
	XMLName  xml.Name     `xml:"Services"`
	Services []tmsService `xml:"TileMapService"`
}

type tmsService struct {
	Title   string `xml:"title,attr"`
	Version string `xml:"version,attr"`
	Href    string `xml:"href,attr"`
}

type tileMapService struct {
	XMLName  xml.Name  `xml:"TileMapService"`
	Version  string    `xml:"version,attr"`
	Services string    `xml:"services,attr"`
	Title    string    `xml:"Title"`
	Abstract string    `xml:"Abstract"`
	Maps     []tileMap `xml:"TileMaps>TileMap"`
}

type tileMap struct {
	Title   string `xml:"title,attr"`
	SRS     string `xml:"srs,attr"`
	Profile string `xml:"profile,attr"`
	Href    string `xml:"href,attr"`
}

type tileMapResource struct {
	XMLName  xml.Name  `xml:"TileMap"`
	Version  string    `xml:"version,attr"`
	Service  string    `xml:"tilemapservice,attr"`
	Title    string    `xml:"Title"`
	Abstract string    `xml:"Abstract"`
	SRS      string    `xml:"SRS"`
	Bounds   tmsBounds `xml:"BoundingBox"`
	Origin   tmsOrigin `xml:"Origin"`
	Format   tmsFormat `xml:"TileFormat"`
	Sets     tmsSets   `xml:"TileSets"`
}

type tmsBounds struct {
	MinX string `xml:"minx,attr"`
	MinY string `xml:"miny,attr"`
	MaxX string `xml:"maxx,attr"`
	MaxY string `xml:"maxy,attr"`
}

type tmsOrigin struct {
	X string `xml:"x,attr"`
	Y string `xml:"y,attr"`
}

type tmsFormat struct {
	Width     int    `xml:"width,attr"`
	Height    int    `xml:"height,attr"`
	MediaType string `xml:"mime-type,attr"`
	Extension string `xml:"extension,attr"`
}

type tmsSets struct {
	Profile string   `xml:"profile,attr"`
	Sets    []tmsSet `xml:"TileSet"`
}

type tmsSet struct {
	Href          string `xml:"href,attr"`
	UnitsPerPixel string `xml:"units-per-pixel,attr"`
	Order         int    `xml:"order,attr"`
}

// tms answers what lies under /cache/tms/.
func (h handler) tms(w http.ResponseWriter, r *http.Request, path string) error {
	base := scope.FromContext(r.Context()).Base
	path = strings.TrimSuffix(path, "/")
	if path == "" {
		return serveXML(w, r, "text/xml", tmsServices{Services: []tmsService{{h.About.Title, tmsVersion, base + TMSPath + tmsVersion + "/"}}})
	}
	path, versioned := strings.CutPrefix(path+"/", tmsVersion+"/")
	path = strings.TrimSuffix(path, "/")
	switch {
	case !versioned:
		return noResource(r.URL.EscapedPath())
	case path == "":
		return h.tileMaps(w, r, base)
	case !strings.Contains(path, "/"):
		return h.tileMap(w, r, base, path)
	}
	t, err := tmsTile(path, ows.KVP(r), h.Sets)
	return h.tile(w, r, t, err)
}

// tileMaps lists the layers, once for each of their sets.
func (h handler) tileMaps(w http.ResponseWriter, r *http.Request, base string) error {
	nodes, err := h.Tiles.Layers(r.Context(), scope.FromContext(r.Context()).Scope)
	if err != nil {
		return err
	}
	doc := tileMapService{Version: tmsVersion, Services: base + TMSPath, Title: h.About.Title, Abstract: h.About.Abstract}
	for _, n := range Flatten(nodes) {
		for _, s := range setsOf(n, h.Sets) {
			if s.FromSouth() {
				doc.Maps = append(doc.Maps, tileMap{n.Title, srs(s), profile(s), tileMapURL(base, n.Name, s)})
			}
		}
	}
	return serveXML(w, r, "text/xml", doc)
}

// tileMap describes a layer in a set.
func (h handler) tileMap(w http.ResponseWriter, r *http.Request, base, segment string) error {
	name, set, err := mapName(segment, h.Sets)
	if err != nil {
		return err
	}
	nodes, err := h.Tiles.Layers(r.Context(), scope.FromContext(r.Context()).Scope)
	if err != nil {
		return err
	}
	node, err := find(nodes, name)
	if err != nil {
		return err
	}
	return serveXML(w, r, "text/xml", newTileMap(base, node, set))
}

func newTileMap(base string, n product.Node, s grid.Set) tileMapResource {
	e := s.Extent
	doc := tileMapResource{
		Version: tmsVersion, Service: base + TMSPath + tmsVersion + "/", Title: n.Title, Abstract: n.Abstract, SRS: srs(s),
		Bounds: tmsBounds{number(e.Min[0]), number(e.Min[1]), number(e.Max[0]), number(e.Max[1])},
		Origin: tmsOrigin{number(e.Min[0]), number(e.Min[1])},
		Format: tmsFormat{grid.TileSize, grid.TileSize, png, "png"},
		Sets:   tmsSets{Profile: profile(s)},
	}
	for z := range s.Levels {
		doc.Sets.Sets = append(doc.Sets.Sets, tmsSet{tileMapURL(base, n.Name, s) + "/" + strconv.Itoa(z), number(s.Resolution(z)), z})
	}
	return doc
}

func tileMapURL(base, layer string, s grid.Set) string {
	return base + TMSPath + tmsVersion + "/" + url.PathEscape(layer) + "@" + s.ID
}

// srs is the short name of a set's system; longitude first is what the protocol takes EPSG:4326 for.
func srs(s grid.Set) string { return "EPSG:" + strconv.Itoa(s.CRS.EPSG()) }

// profile is the name that the protocol has for a well-known set.
func profile(s grid.Set) string {
	switch s.ID {
	case grid.WGS84.ID:
		return "global-geodetic"
	case grid.GoogleMapsCompatible.ID:
		return "global-mercator"
	}
	return "local"
}

// mapName reads {layer}@{set}, as MapCache writes it. Sets whose levels do not all end at the same southern edge cannot be
// counted from there.
func mapName(segment string, sets grid.List) (layer string, set grid.Set, err error) {
	name, err := url.PathUnescape(segment)
	at := strings.LastIndexByte(name, '@')
	if err != nil || at <= 0 {
		return "", grid.Set{}, fault.New(fault.NotFound, "%q is not a layer and its tile matrix set, as in layer@WGS84", segment)
	}
	if set, err = sets.Named(name[at+1:]); err != nil {
		return "", grid.Set{}, fault.At(fault.NotFound, "TileMatrixSet", "%v", err)
	}
	if !set.FromSouth() {
		return "", grid.Set{}, fault.At(fault.NotFound, "TileMatrixSet", "the tiles of %s cannot be counted from the south", set.ID)
	}
	return name[:at], set, nil
}

// tmsTile reads {layer}@{set}/{z}/{x}/{y}.{ext}.
func tmsTile(path string, query *ows.Params, sets grid.List) (Tile, error) {
	segments, ext, err := address(path)
	if err != nil {
		return Tile{}, err
	}
	if len(segments) != 4 {
		return Tile{}, noResource(path)
	}
	layer, set, err := mapName(strings.SplitN(path, "/", 2)[0], sets)
	if err != nil {
		return Tile{}, err
	}
	p := parts{layer: layer, style: query.Get("style"), time: query.Get("time"), set: set.ID,
		z: segments[1], col: segments[2], row: fromNorth(set, segments[1], segments[3])}
	if err := query.Err(); err != nil {
		return Tile{}, err
	}
	return p.in(ext, sets)
}

// fromNorth turns a row counted from the south. What is no number stays, to be refused as what it is.
func fromNorth(s grid.Set, level, row string) string {
	z, err := strconv.Atoi(level)
	y, err2 := strconv.Atoi(row)
	if err != nil || err2 != nil || z < 0 || z >= s.Levels {
		return row
	}
	_, rows := s.Size(z)
	return strconv.Itoa(rows - 1 - y)
}

func serveXML(w http.ResponseWriter, r *http.Request, mediaType string, v any) error {
	body, err := ows.Marshal(v)
	if err != nil {
		return fault.Classify(fault.Internal, err, "writing XML")
	}
	ows.Document{Type: mediaType, Body: body}.Serve(w, r)
	return nil
}
