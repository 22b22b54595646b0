package stacapi

import (
	"cmp"
	"strings"

	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// Metadata is the collection of the records that are no items and belong to no other collection: what came as ISO 19115, as
// csw:Record, as a record of OGC API - Records. They are items of it, made of what the catalogue knows of them. A record that
// names a collection is an item of that one. Searches find them where a collection is named or an id is: all others are
// about items.
const Metadata = record.Main

// isMetadata tells whether a record came as something else than an item.
func isMetadata(rec record.Record) bool { return rec.Type != record.TypeItem }

// source is the document of an item as it was registered, or that of a record of metadata as one, and where it lies.
func (on asked) source(item record.Record) (document []byte, source string, err error) {
	if !isMetadata(item) {
		return item.Document, item.Source, nil
	}
	document, err = stac.ItemOf(item, on.metadataHref(item), on.house())
	return document, "", err
}

// house is the address of the house in which the documents have their place.
func (on asked) house() string { return strings.TrimSuffix(cmp.Or(on.canonical, on.root), Root) }

// recordHref is the address of a record of metadata by OGC API - Records, and metadataHref that of the document it came as.
func (on asked) recordHref(item record.Record) string {
	return ogcapi.Href(on.house()+"/records", "collections", item.Collection, "items", item.ID)
}

func (on asked) metadataHref(item record.Record) string {
	if kind, _, _ := strings.Cut(item.MediaType, ";"); strings.HasSuffix(kind, "xml") {
		return on.recordHref(item) + "?f=xml"
	}
	return on.recordHref(item)
}

// recordLinks lead from an item that is made of metadata to its record.
func (on asked) recordLinks(item record.Record) []stac.Link {
	if !isMetadata(item) {
		return nil
	}
	return []stac.Link{{Rel: "alternate", Href: on.recordHref(item), Type: ogcapi.MediaTypeGeoJSON, Title: "The same as a record of OGC API - Records"}}
}
