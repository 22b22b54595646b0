package wms

import (
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
)

// TileSet is a pyramid of tiles of a layer, as the WMS Tiling Client Recommendation of OSGeo (WMS-C 1.1.1) tells of it: maps
// of these bounds and sizes are given as they are kept.
type TileSet struct {
	CRS         geo.CRS
	Bounds      orb.Bound // easting or longitude first
	Resolutions []float64 // units of the system, the coarsest first
	Size        int       // pixels of a tile in each direction
	Format      string    // media type
	Style       string    // empty: the default one
}

// vendorCapabilities is VendorSpecificCapabilities of 01-068r3 clause 7.1.4.4, of which a document says itself what it holds.
type vendorCapabilities struct {
	TileSets []tileSetElement `xml:"TileSet"`
}

type tileSetElement struct {
	SRS         string `xml:"SRS"`
	BoundingBox box111 `xml:"BoundingBox"`
	Resolutions string `xml:"Resolutions"`
	Width       int    `xml:"Width"`
	Height      int    `xml:"Height"`
	Format      string `xml:"Format"`
	Layers      string `xml:"Layers"`
	Styles      string `xml:"Styles"`
}

// tileSetTypes declares them in a document type, whose own declarations come beside.
const tileSetTypes = ` [
<!ELEMENT VendorSpecificCapabilities (TileSet*)>
<!ELEMENT TileSet (SRS, BoundingBox, Resolutions, Width, Height, Format, Layers, Styles)>
<!ELEMENT Resolutions (#PCDATA)>
<!ELEMENT Width (#PCDATA)>
<!ELEMENT Height (#PCDATA)>
<!ELEMENT Layers (#PCDATA)>
<!ELEMENT Styles (#PCDATA)>
]`

// newVendor tells of the tiles of all layers; nil when none has any.
func newVendor(nodes []Node) *vendorCapabilities {
	var all []tileSetElement
	for _, n := range nodes {
		for _, t := range n.TileSets {
			all = append(all, newTileSet(n.Name, t))
		}
		if below := newVendor(n.Children); below != nil {
			all = append(all, below.TileSets...)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return &vendorCapabilities{all}
}

func newTileSet(layer string, t TileSet) tileSetElement {
	crs := t.CRS
	if crs == geo.CRS84 {
		crs = geo.WGS84 // the name of the same in this version
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	var resolutions []string
	for _, r := range t.Resolutions {
		resolutions = append(resolutions, number(r))
	}
	return tileSetElement{
		SRS:         crs.String(),
		BoundingBox: box111{crs.String(), number(t.Bounds.Min[0]), number(t.Bounds.Min[1]), number(t.Bounds.Max[0]), number(t.Bounds.Max[1])},
		Resolutions: strings.Join(resolutions, " "), Width: t.Size, Height: t.Size, Format: t.Format, Layers: layer, Styles: t.Style,
	}
}
