package stacapi

import (
	"context"
	"net/http"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/stac"
)

// relChildren leads to the children of a catalog or collection, each of them whole
// (https://github.com/stac-api-extensions/children, v1.0.0).
const relChildren = "children"

// childrenAtOnce is how many children a catalog names, and tells whole where nobody says how many it should.
const childrenAtOnce = 250

// The tokens of pages of children: catalogs come first, then collections.
const (
	catalogToken    = "c."
	collectionToken = "l."
)

// childrenOf are the links of a catalog to its children: to catalogs, then to collections. Where there are more than one
// answer has, the last child is a catalog of the others.
func (a api) childrenOf(ctx context.Context, on asked, after string) ([]stac.Link, error) {
	child := func(href, title string) stac.Link {
		return stac.Link{Rel: "child", Href: href, Type: ogcapi.MediaTypeJSON, Title: title}
	}
	var links []stac.Link
	page, catalogs, next, err := a.childPage(ctx, on, childrenAtOnce, after, "", true)
	for _, c := range catalogs {
		links = append(links, child(catalogHref(on, c), c.title()))
	}
	for _, c := range page {
		links = append(links, child(collectionHref(on, c.ID), c.title()))
	}
	if next != "" {
		links = append(links, child(ogcapi.WithQuery(on.root, nil, map[string]string{"token": next}), "Further collections"))
	}
	return links, err
}

// childPage finds a part of the children: catalogs and collections, or those of one type.
func (a api) childPage(ctx context.Context, on asked, limit int, after, typ string, names bool) (collections []Collection, catalogs []Catalog, next string, err error) {
	token, furtherCollections := strings.CutPrefix(after, collectionToken)
	if !furtherCollections && typ != stac.TypeCollection {
		token, known := strings.CutPrefix(after, catalogToken)
		if after != "" && !known {
			return nil, nil, "", fault.At(fault.Invalid, "token", "the paging token cannot be read")
		}
		page, err := a.Store.Catalogs(ctx, on.scope, min(limit, maxCatalogs), token)
		if err != nil || page.Next != "" || typ == stac.TypeCatalog {
			return nil, page.Catalogs, prefixed(catalogToken, page.Next), err
		}
		catalogs = page.Catalogs
	}
	if !furtherCollections {
		token = ""
	}
	if limit -= len(catalogs); limit == 0 {
		return nil, catalogs, collectionToken, nil
	}
	page, err := a.Store.Collections(ctx, on.scope, CollectionQuery{Limit: limit, After: token, Names: names})
	return page.Collections, catalogs, prefixed(collectionToken, page.Next), err
}

func prefixed(prefix, token string) string {
	if token == "" {
		return ""
	}
	return prefix + token
}

// children lists the children of a catalog.
func (a api) children(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	limit, after, typ := p.Limit(childrenAtOnce, maxCollections), p.Text("token"), p.Text("type")
	if typ != "" && typ != stac.TypeCatalog && typ != stac.TypeCollection {
		p.Fail(fault.At(fault.Invalid, "type", "type is %q, not %s or %s", clipped(typ), stac.TypeCatalog, stac.TypeCollection))
	}
	if err := p.Err(); err != nil {
		return err
	}
	on := ask(r)
	collections, catalogs, next, err := a.childPage(r.Context(), on, limit, after, typ, false)
	if err != nil {
		return err
	}
	links := append(pageLinks(r, on.root+"/children", ogcapi.MediaTypeJSON, next, ""), rootLink(on), parentLink(on.root))
	if format.MediaType == ogcapi.MediaTypeHTML {
		return writePage(w, r, childrenPage(on, catalogs, collections, links))
	}
	body := newList(`{"children":[`)
	for _, c := range catalogs {
		if err := body.add(a.catalogDocument(r.Context(), on, c)); err != nil {
			return err
		}
	}
	if err := a.addWhole(r.Context(), on, body, collections); err != nil {
		return err
	}
	return body.answer(w, r, ogcapi.MediaTypeJSON, links, nil)
}

// addWhole adds collections as each would be answered alone.
func (a api) addWhole(ctx context.Context, on asked, body *list, collections []Collection) error {
	ids := make([]string, len(collections))
	for i, c := range collections {
		ids[i] = c.ID
	}
	months, err := a.Store.ItemMonths(ctx, on.scope, ids)
	if err != nil {
		return err
	}
	for _, c := range collections {
		if err := body.add(a.collectionDocument(on, c, yearsOf(months, c.ID))); err != nil {
			return err
		}
	}
	return nil
}
