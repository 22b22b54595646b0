package wmts

import (
	"encoding/xml"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/grid"
	"perigee/shared/ows"
	"perigee/shared/product"
)

// maxValues bounds the values of the time dimension that are listed for one layer.
const maxValues = 1000

// The structs below transcribe http://schemas.opengis.net/wmts/1.0/wmtsGetCapabilities_response.xsd.

type capabilities struct {
	XMLName        xml.Name            `xml:"Capabilities"`
	Attributes     []xml.Attr          `xml:",any,attr"`
	Identification ows.Identification  `xml:"ows:ServiceIdentification"`
	Provider       ows.ServiceProvider `xml:"ows:ServiceProvider"`
	Operations     []operation         `xml:"ows:OperationsMetadata>ows:Operation"`
	Layers         []layer             `xml:"Contents>Layer"`
	Sets           []matrixSet         `xml:"Contents>TileMatrixSet"`
	Metadata       []href              `xml:"ServiceMetadataURL"`
}

type operation struct {
	Name string `xml:"name,attr"`
	Get  []get  `xml:"ows:DCP>ows:HTTP>ows:Get"`
}

type get struct {
	Href       string     `xml:"xlink:href,attr"`
	Constraint constraint `xml:"ows:Constraint"`
}

type constraint struct {
	Name   string   `xml:"name,attr"`
	Values []string `xml:"ows:AllowedValues>ows:Value"`
}

type href struct {
	Href string `xml:"xlink:href,attr"`
}

type layer struct {
	Title      string      `xml:"ows:Title"`
	Abstract   string      `xml:"ows:Abstract,omitempty"`
	Bounds     *bounds     `xml:"ows:WGS84BoundingBox"`
	Identifier string      `xml:"ows:Identifier"`
	Styles     []style     `xml:"Style"`
	Formats    []string    `xml:"Format"`
	Dimensions []dimension `xml:"Dimension"`
	Sets       []setLink   `xml:"TileMatrixSetLink"`
	Resources  []resource  `xml:"ResourceURL"`
}

type setLink struct {
	Set    string     `xml:"TileMatrixSet"`
	Limits *setLimits `xml:"TileMatrixSetLimits"`
}

type setLimits struct {
	Limits []limits `xml:"TileMatrixLimits"`
}

type limits struct {
	Matrix string `xml:"TileMatrix"`
	MinRow int    `xml:"MinTileRow"`
	MaxRow int    `xml:"MaxTileRow"`
	MinCol int    `xml:"MinTileCol"`
	MaxCol int    `xml:"MaxTileCol"`
}

type bounds struct {
	Lower string `xml:"ows:LowerCorner"`
	Upper string `xml:"ows:UpperCorner"`
}

type style struct {
	Default    bool   `xml:"isDefault,attr"`
	Identifier string `xml:"ows:Identifier"`
}

type dimension struct {
	Identifier string   `xml:"ows:Identifier"`
	UOM        string   `xml:"ows:UOM"`
	Default    string   `xml:"Default"`
	Current    bool     `xml:"Current"`
	Values     []string `xml:"Value"`
}

type resource struct {
	Format   string `xml:"format,attr"`
	Type     string `xml:"resourceType,attr"`
	Template string `xml:"template,attr"`
}

type matrixSet struct {
	Identifier string   `xml:"ows:Identifier"`
	CRS        string   `xml:"ows:SupportedCRS"`
	ScaleSet   string   `xml:"WellKnownScaleSet,omitempty"`
	Matrices   []matrix `xml:"TileMatrix"`
}

type matrix struct {
	Identifier string `xml:"ows:Identifier"`
	Scale      string `xml:"ScaleDenominator"`
	TopLeft    string `xml:"TopLeftCorner"`
	TileWidth  int    `xml:"TileWidth"`
	TileHeight int    `xml:"TileHeight"`
	Width      int    `xml:"MatrixWidth"`
	Height     int    `xml:"MatrixHeight"`
}

// newCapabilities describes the service as it is asked under base.
func newCapabilities(about ows.Service, base string, nodes []product.Node, sets grid.List) capabilities {
	doc := capabilities{
		Attributes: ows.Attributes(
			"xmlns", "http://www.opengis.net/wmts/1.0",
			"xmlns:ows", "http://www.opengis.net/ows/1.1",
			"xmlns:xlink", "http://www.w3.org/1999/xlink",
			"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance",
			"xsi:schemaLocation", "http://www.opengis.net/wmts/1.0 http://schemas.opengis.net/wmts/1.0/wmtsGetCapabilities_response.xsd",
			"version", Version,
		),
		Identification: about.Identification("OGC WMTS", Version),
		Provider:       about.ServiceProvider(),
		Operations:     operations(base),
		Metadata:       []href{{CapabilitiesURL(base)}},
	}
	for _, n := range nodes {
		doc.Layers = append(doc.Layers, newLayer(base, n, linked(n, sets, len(nodes) <= maxLimited)))
	}
	for _, s := range sets {
		doc.Sets = append(doc.Sets, newMatrixSet(s))
	}
	return doc
}

// CapabilitiesURL is the address of the RESTful capabilities document.
func CapabilitiesURL(base string) string { return base + restRoots[0] + capabilitiesName }

func operations(base string) []operation {
	gets := []get{encoded(base+Root+"/wmts?", "KVP"), encoded(base+restRoots[0], "RESTful")}
	capabilitiesGets := []get{gets[0], encoded(CapabilitiesURL(base), "RESTful")}
	return []operation{{"GetCapabilities", capabilitiesGets}, {"GetTile", gets}}
}

func encoded(address, encoding string) get {
	return get{address, constraint{"GetEncoding", []string{encoding}}}
}

func newLayer(base string, n product.Node, links []setLink) layer {
	l := layer{
		Title: n.Title, Abstract: n.Abstract, Identifier: n.Name, Bounds: newBounds(n.Bounds),
		Formats: mediaTypes, Dimensions: timeDimension(n.Dates), Sets: links,
	}
	for i, name := range n.Styles {
		l.Styles = append(l.Styles, style{i == 0, name})
	}
	if len(l.Styles) == 0 {
		l.Styles = []style{{true, DefaultStyle}}
	}
	times := ""
	if len(l.Dimensions) > 0 {
		times = "/{" + timeName + "}"
	}
	for i, ext := range endings {
		template := base + restRoots[0] + url.PathEscape(n.Name) + "/{Style}" + times + "/{TileMatrixSet}/{TileMatrix}/{TileRow}/{TileCol}." + ext
		l.Resources = append(l.Resources, resource{l.Formats[i], "tile", template})
	}
	return l
}

// newBounds is nil where nothing is known.
func newBounds(b orb.Bound) *bounds {
	if b == (orb.Bound{}) {
		return nil
	}
	return &bounds{corner(b.Min), corner(b.Max)}
}

func corner(p orb.Point) string { return number(p[0]) + " " + number(p[1]) }

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// timeName is the identifier of the time dimension.
const timeName = "time"

// timeDimension lists the days with data, newest first. Unless a client chooses, it sees them all, the newest on top.
func timeDimension(days []time.Time) []dimension {
	if len(days) == 0 {
		return nil
	}
	d := dimension{Identifier: timeName, UOM: "ISO8601", Default: anyTime, Values: []string{anyTime}}
	for _, day := range days[:min(len(days), maxValues)] {
		d.Values = append(d.Values, day.UTC().Format(time.DateOnly))
	}
	return []dimension{d}
}

// maxLimited is how many layers a document tells the limits of: of more, it would be larger than the service is worth.
const maxLimited = 300

// linked lists the sets a layer is cached in, without any all, with the limits of what there is to see.
func linked(n product.Node, sets grid.List, limited bool) []setLink {
	var links []setLink
	for _, s := range setsOf(n, sets) {
		link := setLink{Set: s.ID}
		if limited {
			link.Limits = newSetLimits(limitsOf(s, n.Bounds))
		}
		links = append(links, link)
	}
	return links
}

func newSetLimits(all []limits) *setLimits {
	if all = slices.DeleteFunc(all, limits.atBorder); len(all) == 0 {
		return nil
	}
	return &setLimits{all}
}

// atBorder tells whether limits begin with the first row or column, which is 0: the schema takes no number below 1. A level
// without limits has those of its matrix, which are not much wider there.
func (l limits) atBorder() bool { return min(l.MinRow, l.MinCol) == 0 }

// setsOf are the sets that a layer is cached in, without any all.
func setsOf(n product.Node, sets grid.List) grid.List {
	var of grid.List
	for _, g := range n.Grids {
		if s, err := sets.Named(g.Name); err == nil {
			of = append(of, s)
		}
	}
	if len(of) == 0 {
		return sets
	}
	return of
}

// limitsOf are the tiles of each level that bounds in longitude and latitude touch; none where that cannot be told.
func limitsOf(s grid.Set, b orb.Bound) []limits {
	if b == (orb.Bound{}) {
		return nil
	}
	box, ok := s.Cover(b)
	if !ok {
		return nil
	}
	var all []limits
	for z := range s.Levels {
		from, to, ok := s.Covering(box, z)
		if !ok {
			return nil
		}
		all = append(all, limits{strconv.Itoa(z), from.Row, to.Row, from.Col, to.Col})
	}
	return all
}

// topLeft is the corner from which the tiles of a set are counted, in the axis order of its CRS.
func topLeft(s grid.Set) orb.Point {
	if s.CRS.LatLon() {
		return orb.Point{s.Extent.Max[1], s.Extent.Min[0]}
	}
	return orb.Point{s.Extent.Min[0], s.Extent.Max[1]}
}

func newMatrixSet(s grid.Set) matrixSet {
	set := matrixSet{Identifier: s.ID, CRS: s.CRS.URN(), ScaleSet: s.URI}
	for z := range s.Levels {
		cols, rows := s.Size(z)
		set.Matrices = append(set.Matrices, matrix{
			Identifier: strconv.Itoa(z), Scale: number(s.ScaleDenominator(z)),
			TopLeft:   corner(topLeft(s)),
			TileWidth: grid.TileSize, TileHeight: grid.TileSize, Width: cols, Height: rows,
		})
	}
	return set
}
