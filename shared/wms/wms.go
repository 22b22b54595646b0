// Package wms is the Web Map Service, versions 1.3.0 (OGC 06-042) and 1.1.1 (OGC 01-068r3): the operations
// GetCapabilities and GetMap of a service whose layers are collections and items of a catalogue, with the dimension time.
package wms

import (
	"context"
	"image/color"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/ows"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// The versions offered, the preferred one first.
const (
	version130 = "1.3.0"
	version111 = "1.1.1"
)

// The picture formats offered.
const (
	PNG  = "image/png"
	JPEG = "image/jpeg"
)

// Maps is what the service draws from.
type Maps interface {
	// Layers is the tree of layers that the scope may see. With an item's id it is that of the item alone, whether it is
	// a layer by itself or belongs to a collection; an item that is not there has none.
	Layers(ctx context.Context, sc scope.Scope, item string) ([]product.Node, error)
	// Draw draws a map. A layer that is not there is a NotFound failure located at "layer", a reference system that
	// cannot be drawn an Invalid one located at "crs".
	Draw(ctx context.Context, sc scope.Scope, m Map) (Image, error)
}

// Map is a map to be drawn.
type Map struct {
	Layers      []Layer // the first at the bottom
	CRS         geo.CRS
	Bounds      orb.Bound // in the CRS, easting first
	Width       int       // pixels
	Height      int
	Format      string // PNG or JPEG
	Transparent bool   // where nothing is drawn; only with PNG
	Background  color.RGBA
}

// Layer is one layer of a map.
type Layer struct {
	Name  string
	Style string            // empty for the default one
	Times []record.Interval // what is shown is of one of them; none: of any time
}

// Image is an encoded picture.
type Image struct {
	Type string // media type
	Body []byte
}

// Config is what a service says of itself and how much it gives.
type Config struct {
	Service      ows.Service
	CRS          []geo.CRS // advertised for all layers; none stands for CRS:84, EPSG:4326, EPSG:3857 and EPSG:3035
	MaxWidth     int       // pixels of a map; 0 stands for 4096
	MaxHeight    int
	LayerLimit   int    // layers of a map; 0 stands for 20
	CacheControl string // of maps; empty: to be revalidated
}

func (c Config) withDefaults() Config {
	if len(c.CRS) == 0 {
		c.CRS = []geo.CRS{geo.CRS84, geo.WGS84, geo.WebMercator, 3035}
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
