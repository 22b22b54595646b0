package stacapi

import (
	"bytes"
	"net/http"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/ogcapi"
	"perigee/shared/stac"
)

// collections searches collections (https://github.com/stac-api-extensions/collection-search, v1.0.0).
func (a api) collections(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	q := readCollectionQuery(p)
	if err := p.Err(); err != nil {
		return err
	}
	on := ask(r)
	page, err := a.Store.Collections(r.Context(), on.scope, q)
	if err != nil {
		return err
	}
	links := pageLinks(r, on.root+"/collections", ogcapi.MediaTypeJSON, page.Next, "")
	links = append(links, rootLink(on), stac.Link{Rel: relQueryables, Href: on.root + "/collection-queryables", Type: mediaTypeSchema, Title: "What collections are found by"})
	announce(w, links)
	if format.MediaType == ogcapi.MediaTypeHTML {
		return writePage(w, r, collectionsPage(on, page, links))
	}
	body := newList(`{"collections":[`)
	selection := stac.NewSelection(q.fields)
	for _, c := range page.Collections {
		doc, err := a.collectionDocument(on, c, nil)
		if err == nil {
			doc, err = selection.Of(doc)
		}
		if err := body.add(doc, err); err != nil {
			return err
		}
	}
	return body.answer(w, r, ogcapi.MediaTypeJSON, links, page.Matched)
}

// readCollectionQuery reads the parameters by which collections are found.
func readCollectionQuery(p *ogcapi.Params) CollectionQuery {
	return CollectionQuery{
		Geometry: p.BBox(), Time: p.Datetime(), Filter: both(readFilter(p, collectionNames{}), readFreeText(p)), Sort: readSort(p, collectionNames{}),
		Limit: p.Limit(defaultCollections, maxCollections), After: p.Text("token"), fields: readFields(p, standardCollectionFields),
	}
}

// collectionNames are the properties of collections by the names that filters and orders use (filter.Names).
type collectionNames struct{}

// Property takes the names of the collection's own members, beside the places in it where its extent is told.
func (collectionNames) Property(name string) (property filter.Property, text bool, err error) {
	switch name {
	case "description":
		return filter.PropertyAbstract, false, nil
	case "extent.spatial", "extent.spatial.bbox", "bbox":
		return filter.PropertyGeometry, false, nil
	case "extent.temporal", "extent.temporal.interval":
		return filter.PropertyDatetime, false, nil
	case "", "type", "stac_version", "stac_extensions", "links", "assets", "extent", "time", "collection", "summaries", "item_assets":
		return "", false, fault.At(fault.Invalid, "filter", "collections are not found by %q, but by id, title, description, keywords, license, geometry, datetime and their other members", name)
	}
	return filter.Property(name), false, nil
}

// Value leaves values as they are.
func (collectionNames) Value(_ filter.Property, value string) string { return value }

func (a api) collection(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	if err := p.Err(); err != nil {
		return err
	}
	on := ask(r)
	c, err := a.Store.Collection(r.Context(), on.scope, r.PathValue("collection"))
	if err != nil {
		return err
	}
	years, err := a.years(r.Context(), on, c.ID)
	if err != nil {
		return err
	}
	doc, err := a.collectionDocument(on, c, years)
	if err != nil {
		return err
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return writePage(w, r, collectionPage(on, c.ID, doc, years))
	}
	ogcapi.WriteVersion(w, r, ogcapi.MediaTypeJSON, c.Version, c.Modified, doc)
	return nil
}

// list writes documents between commas.
type list struct {
	bytes.Buffer
	count int
}

func newList(opening string) *list {
	l := &list{}
	l.WriteString(opening)
	return l
}

func (l *list) add(document []byte, err error) error {
	if err != nil {
		return err
	}
	l.next()
	l.Write(document)
	return nil
}

// next begins a document that is written to the list itself.
func (l *list) next() {
	if l.count > 0 {
		l.WriteByte(',')
	}
	l.count++
}

// answer ends the list with its links and numbers, and sends it.
func (l *list) answer(w http.ResponseWriter, r *http.Request, mediaType string, links []stac.Link, matched *int) error {
	if err := l.end(`],"links":`, links); err != nil {
		return err
	}
	if err := l.end(`,"numberReturned":`, l.count); err != nil {
		return err
	}
	if matched != nil {
		if err := l.end(`,"numberMatched":`, *matched); err != nil {
			return err
		}
	}
	l.WriteByte('}')
	ogcapi.Write(w, r, mediaType, l.Bytes())
	return nil
}

// end writes what stands behind the documents: a member's name and its value.
func (l *list) end(closing string, v any) error {
	value, err := ogcapi.Encode(v)
	if err != nil {
		return err
	}
	l.WriteString(closing)
	l.Write(value)
	return nil
}
