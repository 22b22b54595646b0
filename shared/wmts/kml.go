package wmts

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/ows"
	"perigee/shared/product"
	"perigee/shared/scope"
)

// kmlRoot is where the super-overlays lie (OGC KML 2.2, 07-147r2): a document for each tile, which shows it until the
// viewer is close enough for the four below it. Their addresses are MapCache's, rows counted from the south as in TMS.
const kmlRoot = Root + "/kml/"

const mediaTypeKML = "application/vnd.google-earth.kml+xml"

type kmlFile struct {
	XMLName  xml.Name    `xml:"kml"`
	XMLNS    string      `xml:"xmlns,attr"`
	Document kmlDocument `xml:"Document"`
}

type kmlDocument struct {
	Name        string      `xml:"name"`
	Description string      `xml:"description,omitempty"`
	ItemType    string      `xml:"Style>ListStyle>listItemType"`
	Region      *kmlRegion  `xml:"Region"`
	Links       []kmlLink   `xml:"NetworkLink"`
	Overlay     *kmlOverlay `xml:"GroundOverlay"`
}

type kmlRegion struct {
	Box    kmlBox `xml:"LatLonAltBox"`
	MinLod int    `xml:"Lod>minLodPixels"`
	MaxLod int    `xml:"Lod>maxLodPixels"`
}

type kmlBox struct {
	North string `xml:"north"`
	South string `xml:"south"`
	East  string `xml:"east"`
	West  string `xml:"west"`
}

type kmlLink struct {
	Name    string    `xml:"name"`
	Region  kmlRegion `xml:"Region"`
	Href    string    `xml:"Link>href"`
	Refresh string    `xml:"Link>viewRefreshMode"`
}

type kmlOverlay struct {
	Order int    `xml:"drawOrder"`
	Icon  string `xml:"Icon>href"`
	Box   kmlBox `xml:"LatLonBox"`
}

// kml answers what lies under /cache/kml/: {layer}@{set}.kml, the whole, and {layer}@{set}/{z}/{x}/{y}.kml, one tile.
func (h handler) kml(w http.ResponseWriter, r *http.Request, path string) error {
	path, ok := strings.CutSuffix(path, ".kml")
	if !ok {
		return noResource(r.URL.EscapedPath())
	}
	query := ows.KVP(r)
	when := query.Get("time")
	_, err := ParseTime(when)
	query.Fail(err)
	if err := query.Err(); err != nil {
		return err
	}
	first, rest, deeper := strings.Cut(path, "/")
	name, set, err := mapName(first, h.Sets)
	if err != nil {
		return err
	}
	if !set.CRS.Geographic() {
		return fault.At(fault.NotFound, "TileMatrixSet", "super-overlays are of longitude and latitude: %s is not", set.ID)
	}
	nodes, err := h.Tiles.Layers(r.Context(), scope.FromContext(r.Context()).Scope)
	if err != nil {
		return err
	}
	node, err := find(nodes, name)
	if err != nil {
		return err
	}
	o := overlay{base: scope.FromContext(r.Context()).Base, node: node, set: set, time: when}
	if !deeper {
		return serveXML(w, r, mediaTypeKML, o.whole())
	}
	at, err := kmlTile(set, rest)
	if err != nil {
		return err
	}
	return serveXML(w, r, mediaTypeKML, o.of(at))
}

func kmlTile(s grid.Set, path string) (grid.Tile, error) {
	segments := strings.Split(path, "/")
	if len(segments) != 3 {
		return grid.Tile{}, noResource(path)
	}
	p := parts{set: s.ID, z: segments[0], col: segments[1], row: fromNorth(s, segments[0], segments[2])}
	t, err := p.tile(grid.List{s})
	return t.At, err
}

// overlay makes the documents of a layer's super-overlay.
type overlay struct {
	base string
	node product.Node
	set  grid.Set
	time string
}

// The sizes on the screen, in pixels, between which a tile is shown; -1 stands for any size.
const (
	minLod = 128
	maxLod = 512
	anyLod = -1
)

// whole leads to the tiles of the first level.
func (o overlay) whole() kmlFile {
	doc := kmlDocument{Name: o.node.Title, Description: o.node.Abstract, ItemType: "checkHideChildren"}
	cols, rows := o.set.Size(0)
	doc.Links = o.links(grid.Tile{}, cols, rows)
	return kmlFile{XMLNS: "http://www.opengis.net/kml/2.2", Document: doc}
}

// of shows a tile, and leads to those below it.
func (o overlay) of(at grid.Tile) kmlFile {
	box, lod := newBox(o.set.Bounds(at)), maxLod
	if at.Z == o.set.Levels-1 {
		lod = anyLod
	}
	doc := kmlDocument{
		Name: at.String(), ItemType: "checkHideChildren", Region: &kmlRegion{box, minLod, lod},
		Overlay: &kmlOverlay{at.Z, o.address(TMSPath+tmsVersion+"/", at, ".png"), box},
	}
	if at.Z < o.set.Levels-1 {
		doc.Links = o.links(grid.Tile{Z: at.Z + 1, Col: 2 * at.Col, Row: 2 * at.Row}, 2, 2)
	}
	return kmlFile{XMLNS: "http://www.opengis.net/kml/2.2", Document: doc}
}

// links lead to the tiles of a block on which something may be seen.
func (o overlay) links(first grid.Tile, cols, rows int) []kmlLink {
	var links []kmlLink
	for i := range cols * rows {
		at := grid.Tile{Z: first.Z, Col: first.Col + i%cols, Row: first.Row + i/cols}
		b := o.set.Bounds(at)
		if o.node.Bounds != (orb.Bound{}) && !b.Intersects(o.node.Bounds) {
			continue
		}
		links = append(links, kmlLink{at.String(), kmlRegion{newBox(b), minLod, anyLod}, o.address(kmlRoot, at, ".kml"), "onRegion"})
	}
	return links
}

// address is where the document or the picture of a tile lies.
func (o overlay) address(root string, at grid.Tile, ext string) string {
	_, rows := o.set.Size(at.Z)
	href := o.base + root + url.PathEscape(o.node.Name) + "@" + o.set.ID +
		"/" + strconv.Itoa(at.Z) + "/" + strconv.Itoa(at.Col) + "/" + strconv.Itoa(rows-1-at.Row) + ext
	if o.time != "" {
		href += "?time=" + url.QueryEscape(o.time)
	}
	return href
}

func newBox(b orb.Bound) kmlBox {
	return kmlBox{number(b.Max[1]), number(b.Min[1]), number(b.Max[0]), number(b.Min[0])}
}
