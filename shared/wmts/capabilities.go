package wmts

import (
	"encoding/xml"
	"net/url"
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
	Set string `xml:"TileMatrixSet"`
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
	ScaleSet   string   `xml:"WellKnownScaleSet"`
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
func newCapabilities(about ows.Service, base string, nodes []product.Node) capabilities {
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
		doc.Layers = append(doc.Layers, newLayer(base, n))
	}
	for _, s := range grid.Sets() {
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

func newLayer(base string, n product.Node) layer {
	l := layer{
		Title: n.Title, Abstract: n.Abstract, Identifier: n.Name, Bounds: newBounds(n.Bounds),
		Formats: []string{"image/png", "image/jpeg"}, Dimensions: timeDimension(n.Dates), Sets: linked(n.Grids),
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
	for i, ext := range []string{"png", "jpg"} {
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

// linked lists the sets a layer is cached in; without any, all.
func linked(grids []product.LayerGrid) []setLink {
	var links []setLink
	for _, g := range grids {
		if s, err := grid.Named(g.Name); err == nil {
			links = append(links, setLink{s.ID})
		}
	}
	if len(links) > 0 {
		return links
	}
	for _, s := range grid.Sets() {
		links = append(links, setLink{s.ID})
	}
	return links
}

func newMatrixSet(s grid.Set) matrixSet {
	set := matrixSet{Identifier: s.ID, CRS: s.CRS.URN(), ScaleSet: s.URI}
	for z := range s.Levels {
		cols, rows := s.Size(z)
		set.Matrices = append(set.Matrices, matrix{
			Identifier: strconv.Itoa(z), Scale: number(s.ScaleDenominator(z)),
			TopLeft:   corner(orb.Point{s.Extent.Min[0], s.Extent.Max[1]}),
			TileWidth: grid.TileSize, TileHeight: grid.TileSize, Width: cols, Height: rows,
		})
	}
	return set
}
