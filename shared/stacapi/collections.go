package stacapi

import (
	"bytes"
	"net/http"

	"perigee/shared/ogcapi"
	"perigee/shared/stac"
)

func (a api) collections(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	limit, after := p.Limit(defaultCollections, maxCollections), p.Text("token")
	if err := p.Err(); err != nil {
		return err
	}
	on := ask(r)
	page, err := a.Store.Collections(r.Context(), on.scope, limit, after)
	if err != nil {
		return err
	}
	links := pageLinks(r, on.root+"/collections", ogcapi.MediaTypeJSON, page.Next, "")
	links = append(links, stac.Link{Rel: "root", Href: on.root, Type: ogcapi.MediaTypeJSON})
	announce(w, links)
	if format.MediaType == ogcapi.MediaTypeHTML {
		return writePage(w, r, collectionsPage(on, page, links))
	}
	body := newList(`{"collections":[`)
	for _, c := range page.Collections {
		if err := body.add(a.collectionDocument(r.Context(), on, c, false)); err != nil {
			return err
		}
	}
	if err := body.end(`],"links":`, links); err != nil {
		return err
	}
	body.WriteByte('}')
	ogcapi.Write(w, r, ogcapi.MediaTypeJSON, body.Bytes())
	return nil
}

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
	doc, err := a.collectionDocument(r.Context(), on, c, true)
	if err != nil {
		return err
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return writePage(w, r, collectionPage(on, c.ID, doc))
	}
	ogcapi.Write(w, r, ogcapi.MediaTypeJSON, doc)
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
	if l.count > 0 {
		l.WriteByte(',')
	}
	l.count++
	l.Write(document)
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
