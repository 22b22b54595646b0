// Package stac reads STAC items and collections (STAC 1.0 and 1.1, https://github.com/radiantearth/stac-spec): what the
// house needs of them as typed fields, and the exact bytes as they came.
package stac

import (
	"encoding/json"

	"github.com/paulmach/orb"

	"perigee/shared/record"
)

// The media types of STAC documents.
const (
	MediaTypeItem       = "application/geo+json"
	MediaTypeCollection = "application/json"
)

// Item is a STAC item (STAC 1.1.0 item-spec).
type Item struct {
	ID         string
	Collection string // empty when the item belongs to none
	Geometry   orb.Geometry
	Time       record.Interval
	Properties map[string]any // numbers are float64, whole ones beyond 2^53 json.Number
	Assets     []Asset        // in the order of the document
	Links      []Link
	Raw        []byte // the document as it came
}

// Collection is a STAC collection (STAC 1.1.0 collection-spec).
type Collection struct {
	ID          string
	Title       string
	Description string
	Keywords    []string
	License     string
	Bounds      []orb.Bound // longitude, latitude; the first is the overall one; across the date line Min[0] > Max[0]: see Footprint
	Time        record.Interval
	Properties  map[string]any // its further members that are texts, numbers, truth values, or lists of such; the licence among them
	Links       []Link
	Raw         []byte
}

// Asset is a file of an item, with the fields of the eo, raster and proj extensions that drawing needs. The fields of
// the proj extension fall back to the item's properties; bands are STAC 1.1's bands, eo:bands and raster:bands merged.
type Asset struct {
	Key       string
	Href      string
	Type      string
	Title     string
	Roles     []string
	Bands     []Band
	EPSG      int       // proj:epsg or proj:code; 0 when not given
	Shape     []int     // proj:shape: rows, columns
	Within    string    `json:",omitempty"` // archive:href, the path in the archive that lies at Href
	Packed    string    `json:",omitempty"` // archive:type, the media type of that archive, or of what is within
	Transform []float64 // proj:transform: pixel width, row rotation, x origin, column rotation, pixel height, y origin
}

// Band is a band of an asset (eo:bands, raster:bands, bands).
type Band struct {
	Name       string
	CommonName string
	DataType   string
	NoData     *float64
	Scale      float64 // 0 when the document gives none
	Offset     float64
	Minimum    *float64
	Maximum    *float64
}

// Link is a STAC link object.
type Link struct {
	Rel   string `json:"rel"`
	Href  string `json:"href"`
	Type  string `json:"type,omitempty"`
	Title string `json:"title,omitempty"`

	Method string          `json:"method,omitempty"` // of a paging link to a POST search
	Body   json.RawMessage `json:"body,omitempty"`
	Merge  bool            `json:"merge,omitempty"`

	Raw json.RawMessage `json:"-"` // the link as it stands in the document it was read from, with fields unknown here
}

// MarshalJSON writes a link that was read as it was; one that was made, by its fields.
func (l Link) MarshalJSON() ([]byte, error) {
	if l.Raw != nil {
		return l.Raw, nil
	}
	type plain Link
	return encode(plain(l))
}

// Moved is the link leading to another address, with all its other fields.
func (l Link) Moved(href string) Link {
	l.Href = href
	if l.Raw != nil {
		raw, err := SpliceMember(l.Raw, "href", quote(href))
		if err != nil { // a link that was read is an object
			raw = nil
		}
		l.Raw = raw
	}
	return l
}

// HasRole tells whether the asset has the role.
func (a Asset) HasRole(role string) bool {
	for _, r := range a.Roles {
		if r == role {
			return true
		}
	}
	return false
}

// Asset finds an asset by its key.
func (i *Item) Asset(key string) (Asset, bool) {
	for _, a := range i.Assets {
		if a.Key == key {
			return a, true
		}
	}
	return Asset{}, false
}
