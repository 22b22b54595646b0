// Package record is the vocabulary of the catalogue: what is kept of a resource whatever the format it came in.
// Same-schema answers are the stored document byte for byte; the core properties serve queries and other schemas.
package record

import (
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
)

// Key is the identity of a record. An id is unique within its collection only.
type Key struct {
	Workspace  string
	Collection string
	ID         string
}

// The types of records.
const (
	TypeItem       = "item"
	TypeCollection = "collection"
)

// Main is the collection of all records, as pycsw calls it, and in STAC of the records that are no items and name no collection.
const Main = "metadata:main"

// Uncollected is the collection of items that name none.
const Uncollected = "uncollected"

// Record is one resource of the catalogue.
type Record struct {
	Key
	Type        string // TypeItem, TypeCollection
	Title       string
	Abstract    string
	Keywords    []string
	Time        Interval
	Footprint   orb.Geometry // longitude, latitude in degrees (CRS84); nil when the resource has none
	Properties  map[string]any
	ProductType string // name of the matched product type, empty when none matched
	Links       []Link // what other schemas show of the resource: its services, its files
	Shown       bool   // there are maps of it; known of what the catalogue gives only
	Document    []byte // the original document, exact bytes
	MediaType   string // of Document
	Said        string `json:",omitempty"` // all texts of Document, one per line: searched, and not given back
	Source      string // href of the document where it lies (s3://bucket/key), against which its relative references count; empty when it came by itself
	Version     string // changes when the document does; strong entity tag without quotes
	Created     time.Time
	Modified    time.Time // when it was last changed here
}

// Link points to something that belongs to a record.
type Link struct {
	Rel      string `json:"rel"`
	Href     string `json:"href"`
	Type     string `json:"type,omitempty"`
	Title    string `json:"title,omitempty"`
	Name     string `json:"name,omitempty"`
	Protocol string `json:"protocol,omitempty"` // the scheme of dct:references, e.g. OGC:WMS
}

// Coverage is one raster of an item: an asset whose pixels can be drawn.
type Coverage struct {
	Asset string   `json:"asset"`          // key of the asset in the item; unique within it
	Type  string   `json:"type,omitempty"` // name of the coverage type
	Href  string   `json:"href"`           // absolute, e.g. s3://bucket/key
	ETag  string   `json:"etag,omitempty"` // of the object at registration, to key decoded blocks
	Roles []string `json:"roles,omitempty"`
	Bands []Band   `json:"bands,omitempty"`
	Grid  geo.Grid `json:"grid"`
}

// Band is one band of a coverage.
type Band struct {
	Name       string   `json:"name"`                  // the identifier that expressions use, e.g. B04
	CommonName string   `json:"common_name,omitempty"` // e.g. red
	Index      int      `json:"index"`                 // counted from 1 within the file
	NoData     *float64 `json:"nodata,omitempty"`
	Minimum    *float64 `json:"minimum,omitempty"` // of the raster's statistics
	Maximum    *float64 `json:"maximum,omitempty"`
	Scale      float64  `json:"scale,omitempty"`
	Offset     float64  `json:"offset,omitempty"`
}

// Extent is what a layer list needs to know of a collection, or of an item that stands alone.
type Extent struct {
	Collection  string // empty for an item that is a layer by itself
	ID          string // of the item, empty for a collection
	Title       string
	ProductType string    // of the item
	Bounds      orb.Bound // CRS84
	Time        Interval
	Dates       []time.Time // distinct days with data, newest first, bounded
	Count       int         // items with coverages
}
