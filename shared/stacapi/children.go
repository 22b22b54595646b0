package stacapi

import (
	"net/http"

	"perigee/shared/ogcapi"
)

// children answers the collections as the children of the landing page, in the order in which it names them
// (https://github.com/stac-api-extensions/children, v1.0.0-rc.2): by default as many as it names, on one page.
func (a api) children(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	q := CollectionQuery{Limit: p.Limit(maxCollections, maxCollections), After: p.Text("token")}
	if err := p.Err(); err != nil {
		return err
	}
	on := ask(r)
	page, err := a.Store.Collections(r.Context(), on.scope, q)
	if err != nil {
		return err
	}
	links := append(pageLinks(r, on.root+"/children", ogcapi.MediaTypeJSON, page.Next, ""), rootLink(on))
	if format.MediaType == ogcapi.MediaTypeHTML {
		return writePage(w, r, collectionsPage(on, page, links))
	}
	body := newList(`{"children":[`)
	for _, c := range page.Collections {
		if err := body.add(a.collectionDocument(on, c, false)); err != nil {
			return err
		}
	}
	return body.answer(w, r, ogcapi.MediaTypeJSON, links, page.Matched)
}
