package stacapi

import (
	"slices"

	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// The relations by which a document says where it stands. They are answered anew; all other links stay.
var structural = []string{"self", "root", "parent", "collection", "child", "children", "item", "items", "next", "prev"}

func collectionHref(on asked, id string) string { return ogcapi.Href(on.root, "collections", id) }

func itemHref(on asked, collection, id string) string {
	return ogcapi.Href(on.root, "collections", collection, "items", id)
}

// itemDocument is the document of an item as it is served. alone tells that it is the whole answer.
func (a api) itemDocument(on asked, item record.Record, alone bool) ([]byte, error) {
	e, err := a.editedItem(on, item, alone)
	if err != nil {
		return nil, err
	}
	return e.Bytes(), nil
}

// editedItem is the document of an item before it is put together.
func (a api) editedItem(on asked, item record.Record, alone bool) (*stac.Editor, error) {
	self := itemHref(on, item.Collection, item.ID)
	document, source, err := on.source(item)
	if err != nil {
		return nil, err
	}
	e, err := a.edited(document, source, self, itemLinks(on, item, alone))
	if err != nil {
		return nil, err
	}
	if err := addThumbnail(e, self, item); err != nil {
		return nil, err
	}
	if item.Collection == Uncollected {
		e.Set("collection", []byte(`"`+Uncollected+`"`))
	}
	return e, nil
}

// itemLinks are the links by which an item says where it stands.
func itemLinks(on asked, item record.Record, alone bool) []stac.Link {
	parent := collectionHref(on, item.Collection)
	self := ogcapi.Href(parent, "items", item.ID)
	links := make([]stac.Link, 0, 8)
	links = append(links,
		stac.Link{Rel: "self", Href: self, Type: stac.MediaTypeItem},
		stac.Link{Rel: "parent", Href: parent, Type: ogcapi.MediaTypeJSON},
		stac.Link{Rel: "collection", Href: parent, Type: ogcapi.MediaTypeJSON},
		rootLink(on))
	if alone {
		links = append(links, stac.Link{Rel: "alternate", Href: self + "?f=html", Type: "text/html"})
	}
	if on.canonical != "" {
		links = append(links, stac.Link{Rel: "canonical", Href: ogcapi.Href(on.canonical, "collections", item.Collection, "items", item.ID), Type: stac.MediaTypeItem})
	}
	return append(links, on.recordLinks(item)...)
}

// collectionDocument is the document of a collection as it is served, made from its items where nobody registered one. It is
// whole when the years of its items are given, even if there are none.
func (a api) collectionDocument(on asked, c Collection, years []counted) ([]byte, error) {
	raw := c.Document
	if raw == nil {
		var err error
		if raw, err = synthesise(c); err != nil {
			return nil, err
		}
	}
	self := collectionHref(on, c.ID)
	links := []stac.Link{
		{Rel: "self", Href: self, Type: ogcapi.MediaTypeJSON},
		rootLink(on),
		parentLink(on.root),
		{Rel: "items", Href: self + "/items", Type: ogcapi.MediaTypeGeoJSON},
		{Rel: "items", Href: self + "/items" + asHTML, Type: "text/html"}, // each encoding is listed (17-069r4, 7.14)
	}
	if on.canonical != "" {
		links = append(links, stac.Link{Rel: "canonical", Href: ogcapi.Href(on.canonical, "collections", c.ID), Type: ogcapi.MediaTypeJSON})
	}
	if years != nil {
		links = append(links, stac.Link{Rel: "alternate", Href: self + "?f=html", Type: "text/html"},
			stac.Link{Rel: relQueryables, Href: self + "/queryables", Type: mediaTypeSchema})
		links = slices.Concat(links, aggregating(self), exportLinks(on, c.ID), childLinks(on, c.ID, self, years))
	}
	e, err := a.edited(raw, c.Source, self, links)
	if err != nil {
		return nil, err
	}
	return e.Bytes(), nil
}

// edited puts links and references that lead somewhere into a document; all else stays as it is.
func (a api) edited(raw []byte, source, self string, links []stac.Link) (*stac.Editor, error) {
	e, err := stac.NewEditor(raw)
	if err != nil {
		return nil, err
	}
	own, err := e.Links()
	if err != nil {
		own = nil // links of a document registered before they were checked
	}
	source = place(source, own)
	if err := e.SetLinks(kept(links, own, source)); err != nil {
		return nil, err
	}
	return e, a.openAssets(e, self, source)
}

// kept adds the document's own links that do not say where it stands, made absolute, to others.
func kept(links, own []stac.Link, source string) []stac.Link {
	for _, link := range own {
		if slices.Contains(structural, link.Rel) {
			continue
		}
		if href := stac.ResolveHref(source, link.Href); href != link.Href {
			link = link.Moved(href)
		}
		links = append(links, link)
	}
	return links
}

// place is where a document lies, by its own word when it came by itself.
func place(source string, own []stac.Link) string {
	if source != "" {
		return source
	}
	for _, link := range own {
		if link.Rel == "self" && stac.IsAbsolute(link.Href) {
			return link.Href
		}
	}
	return ""
}

// made is a collection document for items whose collection nobody registered (STAC 1.0.0 collection-spec).
type made struct {
	Type        string     `json:"type"`
	Version     string     `json:"stac_version"`
	ID          string     `json:"id"`
	Title       string     `json:"title,omitempty"`
	Description string     `json:"description"`
	License     string     `json:"license"`
	Extent      madeExtent `json:"extent"`
}

type madeExtent struct {
	Spatial  madeBoxes     `json:"spatial"`
	Temporal madeIntervals `json:"temporal"`
}

type madeBoxes struct {
	Boxes [][4]float64 `json:"bbox"`
}

type madeIntervals struct {
	Intervals [][2]*string `json:"interval"`
}

// title is the collection's title, which that of items without one always has.
func (c Collection) title() string {
	switch {
	case c.Title != "":
		return c.Title
	case c.ID == Uncollected:
		return "Items without a collection"
	case c.ID == Metadata:
		return "Metadata records"
	}
	return ""
}

// description says what a collection is that nobody described.
func (c Collection) description() string {
	switch {
	case c.Abstract != "":
		return c.Abstract
	case c.ID == Uncollected:
		return "Items that were registered without naming a collection."
	case c.ID == Metadata:
		return "Records that came as metadata, such as ISO 19115 or Dublin Core, and belong to no collection, as items."
	}
	return "Items of the collection " + c.ID + ", which has not been described yet."
}

func synthesise(c Collection) ([]byte, error) {
	b := c.Extent.Bounds
	doc := made{Type: stac.TypeCollection, Version: stacVersion, ID: c.ID, Title: c.title(), License: "various", Description: c.description()}
	doc.Extent.Spatial.Boxes = [][4]float64{{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}}
	doc.Extent.Temporal.Intervals = [][2]*string{{end(c.Extent.Time, true), end(c.Extent.Time, false)}}
	return ogcapi.Encode(doc)
}

func end(i record.Interval, start bool) *string {
	at := i.End
	if start {
		at = i.Start
	}
	if at.IsZero() {
		return nil
	}
	text := record.Instant(at)
	return &text
}
