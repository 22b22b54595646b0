package stacapi

import (
	"context"
	"net/http"
	"slices"

	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/stac"
)

func (a api) item(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.GeoJSON, ogcapi.HTML)
	if err := p.Err(); err != nil {
		return err
	}
	on := ask(r)
	item, err := a.Store.Item(r.Context(), on.scope, r.PathValue("collection"), r.PathValue("item"))
	if err != nil {
		return err
	}
	doc, err := a.itemDocument(on, item, true)
	if err != nil {
		return err
	}
	announce(w, itemLinks(on, item, true))
	if format.MediaType == ogcapi.MediaTypeHTML {
		return writePage(w, r, itemPage(on, item, doc))
	}
	ogcapi.WriteVersion(w, r, ogcapi.MediaTypeGeoJSON, item.Version, item.Modified, doc)
	return nil
}

// items lists the items of a collection.
func (a api) items(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.GeoJSON, ogcapi.HTML)
	on, collection := ask(r), r.PathValue("collection")
	q := readQuery(p)
	p.Fail(onlyOf(collection, p.List("collections")))
	if err := p.Err(); err != nil {
		return err
	}
	q.Collections, q.DocumentsOnly = []string{collection}, true
	leave, err := a.pages.Enter(r.Context(), q.Limit)
	if err != nil {
		return err
	}
	defer leave()
	page, err := a.Store.Search(r.Context(), on.scope, q)
	if err != nil {
		return err
	}
	if len(page.Items) == 0 {
		if err := a.exists(r.Context(), on, collection); err != nil {
			return err
		}
	}
	href := collectionHref(on, collection)
	links := pageLinks(r, href+"/items", ogcapi.MediaTypeGeoJSON, page.Next, page.Prev)
	links = append(links, stac.Link{Rel: "collection", Href: href, Type: ogcapi.MediaTypeJSON}, rootLink(on))
	return a.writeItems(w, r, format, q, page, links)
}

// onlyOf refuses collections other than the one whose items are listed. That one itself may be named: pystac-client asks for a
// collection's items so.
func onlyOf(collection string, named []string) error {
	for _, name := range named {
		if name != collection {
			return fault.At(fault.Invalid, "collections", "collections has %q, though the items are those of %q", name, collection)
		}
	}
	return nil
}

// exists tells an empty collection from one that is not there.
func (a api) exists(ctx context.Context, on asked, collection string) error {
	_, err := a.Store.Collection(ctx, on.scope, collection)
	return err
}

func rootLink(on asked) stac.Link {
	return stac.Link{Rel: "root", Href: on.top, Type: ogcapi.MediaTypeJSON}
}

// writeItems answers with a page of items. How many there are in all is said when it is known without counting.
func (a api) writeItems(w http.ResponseWriter, r *http.Request, format ogcapi.Format, q Query, page Page, links []stac.Link) error {
	on := ask(r)
	announce(w, links)
	if format.MediaType == ogcapi.MediaTypeHTML {
		sheet, err := a.itemsPage(on, q, r.URL.Query(), page, links)
		if err != nil {
			return err
		}
		return writePage(w, r, sheet)
	}
	body := newList(`{"type":"FeatureCollection","features":[`)
	if err := a.addItems(body, on, q.fields, page.Items); err != nil {
		return err
	}
	if q.After == "" && page.Next == "" {
		n := len(page.Items)
		page.Matched = &n
	}
	return body.answer(w, r, ogcapi.MediaTypeGeoJSON, links, page.Matched)
}

// addItems adds items to a list, or what is asked for of them. Whole ones are put together in the list itself.
func (a api) addItems(body *list, on asked, fields stac.Fields, items []record.Record) error {
	size := 0
	for _, item := range items {
		size += len(item.Document) + 1500 // for links, and addresses of assets
	}
	body.Grow(size)
	selection, whole := stac.NewSelection(fields), len(fields.Include)+len(fields.Exclude) == 0
	for _, item := range items {
		e, err := a.editedItem(on, item, false)
		switch {
		case err != nil:
			return err
		case whole:
			body.next()
			e.Write(&body.Buffer)
		default:
			if err := body.add(selection.Of(e.Bytes())); err != nil {
				return err
			}
		}
	}
	return nil
}

// announce says in the header what the links of a body say of the resource itself and its neighbours.
func announce(w http.ResponseWriter, links []stac.Link) {
	for _, l := range links {
		if l.Method != http.MethodPost && slices.Contains(announced, l.Rel) {
			ogcapi.AddLink(w.Header(), l.Rel, l.Href, l.Type)
		}
	}
}

// announced are the relations of links that are said in the header too.
var announced = []string{"self", "alternate", "next", "prev", "collection", "root", "service-desc", "service-doc", "conformance", "data", relQueryables}

// pageLinks are the links of a page to itself, to its other format, and to the pages beside it.
func pageLinks(r *http.Request, href, mediaType, next, prev string) []stac.Link {
	query := r.URL.Query()
	page := func(token string) string {
		return ogcapi.WithQuery(href, query, map[string]string{"token": token, "f": ""})
	}
	self := query.Get("token")
	links := []stac.Link{
		{Rel: "self", Href: page(self), Type: mediaType},
		{Rel: "alternate", Href: ogcapi.WithQuery(href, query, map[string]string{"f": "html"}), Type: "text/html"},
	}
	if next != "" {
		links = append(links, stac.Link{Rel: "next", Href: page(next), Type: mediaType, Method: http.MethodGet})
	}
	if prev != "" {
		links = append(links, stac.Link{Rel: "prev", Href: page(prev), Type: mediaType, Method: http.MethodGet})
	}
	return links
}
