// Package wms is the Web Map Service, versions 1.3.0 (OGC 06-042), 1.1.1 (OGC 01-068r3) and 1.1.0 (OGC 01-047r2): the
// operations GetCapabilities, GetMap, GetFeatureInfo and GetLegendGraphic of a service whose layers are collections and
// items of a catalogue, with the dimensions and parameters of EO-WMS (OGC 07-063r1 and EOxServer's extensions of it).
package wms

import (
	"context"
	"image"
	"image/color"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// The versions offered, the preferred one first.
const (
	version130 = "1.3.0"
	version111 = "1.1.1"
	version110 = "1.1.0"
)

// The picture formats that every service offers.
const (
	PNG  = "image/png"
	JPEG = "image/jpeg"
)

// Maps is what the service draws from.
type Maps interface {
	// Layers is the tree of layers that the scope may see. With a condition (OGC CQL) it is that of the products alone
	// which the condition selects, whether they are layers by themselves or belong to a collection.
	Layers(ctx context.Context, sc scope.Scope, cql string) (Tree, error)
	// Layer finds the layer of a name, whether the tree holds it or not; its children are left out. A layer that is not
	// there is a NotFound failure located at "layer".
	Layer(ctx context.Context, sc scope.Scope, name string) (Node, error)
	// Draw draws a map. A reference system that cannot be drawn is an Invalid failure located at "crs".
	Draw(ctx context.Context, sc scope.Scope, m Map) (Image, error)
	// Info tells what lies under a pixel of a map, counted from its upper left corner: at most so many features, the
	// topmost one first.
	Info(ctx context.Context, sc scope.Scope, m Map, at image.Point, most int) ([]Feature, error)
	// Legend draws the legend of a layer.
	Legend(ctx context.Context, sc scope.Scope, l Legend) (Image, error)
}

// Tree is the layers of a service in one state.
type Tree struct {
	Nodes    []Node
	Sequence int64 // of the state, higher for a later one; 0: not known
}

// Node is a layer as it is advertised.
type Node struct {
	Name        string
	Title       string
	Abstract    string
	Keywords    []string
	Bounds      orb.Bound       // longitude and latitude; zero: those of the layer above
	Time        record.Interval // of the data; zero: the layer has no time
	Dates       []time.Time     // distinct days with data, newest first, maybe not all
	Seconds     bool            // the time is told in seconds and its end as the default, as EOxServer does, and not in days
	Elevations  []Range         // in metres, in ascending order; none: the layer has no elevation
	Bands       []Band          // that dim_bands and dim_wavelengths choose from
	Shown       []string        // the bands of the default picture, one or three; none: it is not made of bands alone, and none can be chosen
	Styles      []Style         // beside the default one
	Unqueryable bool            // nothing can be asked about what lies at a point
	Metadata    Link            // to the description of what is shown
	TileSets    []TileSet       // maps that are kept
	Children    []Node
	Source      any // for Maps itself
}

// Link is a path below the base of the deployment, and the media type of what is there.
type Link struct{ Path, Type string }

// Band is a band of what a layer shows.
type Band struct {
	Name       string
	Wavelength float64 // in micrometres; 0: not known
}

// Style is a way of colouring a layer.
type Style struct {
	Name   string
	Title  string
	Legend image.Point // size of its legend in pixels; zero: it has none
}

// Map is a map to be drawn.
type Map struct {
	Layers      []Layer // the first at the bottom
	CRS         geo.CRS
	Bounds      orb.Bound // in the CRS, easting first
	Width       int       // pixels
	Height      int
	Format      string // media type
	Transparent bool   // where nothing is drawn; not with JPEG
	Background  color.RGBA
	CQL         string         // a condition on the products shown (OGC CQL); empty: none
	SortBy      []Sort         // which products are on top; none: the newest
	Variables   map[string]any // of expressions: float64 or string
}

// Sort is a key of an order.
type Sort struct {
	Property   string
	Descending bool
}

// Layer is one layer of a map.
type Layer struct {
	Name       string
	Style      string            // empty for the default one
	Times      []record.Interval // what is shown is of one of them; none: of any time
	Elevations []Range           // likewise
	Bands      []string          // one for grey, three for red, green and blue, a fourth for alpha; none: as the layer has it
	Ranges     []Range           // of the values that are stretched, by band; one stands for all; none: as the layer has it
	Source     any               // of the layer's Node
}

// Range is an interval of numbers, both ends included.
type Range struct{ Low, High float64 }

// Image is an encoded picture.
type Image struct {
	Type string // media type
	Body []byte
	Read string // what had to be read for it, told in the header Perigee-Read; empty: nobody tells
}

// Legend is a legend to be drawn.
type Legend struct {
	Layer         Layer
	Format        string // media type
	Width, Height int    // pixels; 0: as large as it needs
	Transparent   bool
	Background    color.RGBA
}

// Config is what a service says of itself and how much it gives.
type Config struct {
	Service      ows.Service
	CRS          []geo.CRS // advertised for all layers; none: the default ones
	Formats      []string  // of maps, by media type; none: PNG and JPEG
	MaxWidth     int       // pixels of a map; 0 stands for 4096
	MaxHeight    int
	LayerLimit   int    // layers of a map; 0 stands for 20
	CacheControl string // of maps; empty: to be revalidated
	MapsAlone    bool   // maps in the systems of CRS are offered and nothing else: no legends, nothing about a point
}

// DefaultCRS are the systems that a service names when it is not told others: longitude and latitude in both orders,
// Web Mercator, Europe's equal area, and the polar systems of both hemispheres.
func DefaultCRS() []geo.CRS {
	return []geo.CRS{geo.CRS84, geo.WGS84, geo.WebMercator, 3035, 3995, 3413, 3031, 5041, 5042}
}

func (c Config) withDefaults() Config {
	if len(c.CRS) == 0 {
		c.CRS = DefaultCRS()
	}
	if len(c.Formats) == 0 {
		c.Formats = []string{PNG, JPEG}
	}
	for _, limit := range []struct {
		value   *int
		absence int
	}{{&c.MaxWidth, 4096}, {&c.MaxHeight, 4096}, {&c.LayerLimit, 20}} {
		if *limit.value <= 0 {
			*limit.value = limit.absence
		}
	}
	if c.Service.Title == "" {
		c.Service.Title = "Web Map Service"
	}
	return c
}
