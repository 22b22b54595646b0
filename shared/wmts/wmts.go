// Package wmts speaks the tile protocols: OGC WMTS 1.0.0 (07-057r7) by key-value pairs and by RESTful addresses, OGC API -
// Tiles (20-057) with OGC's tile matrix sets (17-083r4), OSGeo's Tile Map Service, the z/x/y addresses of web maps with
// their TileJSON, and KML super-overlays.
package wmts

import (
	"context"
	"time"

	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/ows"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// Version is the version of WMTS that is spoken.
const Version = "1.0.0"

// Service answers the questions of the protocol.
type Service interface {
	// Layers lists what there are tiles of, as a tree.
	Layers(ctx context.Context, sc scope.Scope) ([]product.Node, error)
	// Tile gives a tile. A layer that is not there is a fault.NotFound with the locator "layer".
	Tile(ctx context.Context, sc scope.Scope, t Tile) (Picture, error)
}

// Tile is the question for one tile, which lies within its set.
type Tile struct {
	Layer  string
	Style  string // DefaultStyle when none was named
	Set    grid.Set
	At     grid.Tile
	Time   record.Interval // zero: any time, the newest on top
	Format string          // media type
}

// Picture is a tile to be sent.
type Picture struct {
	Body      []byte
	MediaType string
	ETag      string // strong, without quotes
	Modified  time.Time
	Cache     string // where it came from, told in the header Perigee-Cache
	Stale     bool   // nobody could tell whether it is current: it must not be kept on the way
}

// Config is what the handler works with.
type Config struct {
	About  ows.Service
	Tiles  Service
	Sets   grid.List     // the tile matrix sets; none: the well-known ones
	MaxAge time.Duration // how long browsers may use a tile without asking again
}

// The media types of tiles, by the ending of an address.
var formats = map[string]string{"png": png, "jpg": jpeg, "jpeg": jpeg, "mixed": mixed}

// The media types of tiles. A mixed one is JPEG where it is full, and PNG where something shows through.
const (
	png   = "image/png"
	jpeg  = "image/jpeg"
	mixed = "image/vnd.jpeg-png"
)

// endings are the endings under which tiles are advertised, and their media types in the same order.
var endings, mediaTypes = []string{"png", "jpg", "mixed"}, []string{png, jpeg, mixed}

// Flatten lists the nodes of a tree, parents first.
func Flatten(nodes []product.Node) []product.Node {
	var all []product.Node
	for _, n := range nodes {
		all = append(append(all, n), Flatten(n.Children)...)
	}
	return all
}

// find gives the node of a name.
func find(nodes []product.Node, name string) (product.Node, error) {
	for _, n := range Flatten(nodes) {
		if n.Name == name {
			return n, nil
		}
	}
	return product.Node{}, fault.At(fault.NotFound, "layer", "there is no layer %q", name)
}
