package stacapi

import (
	"net/http"

	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/stac"
	"perigee/shared/transaction"
)

// Transactions has changes made on behalf of who sent a request.
type Transactions = ogcapi.Transactions

// Items and collections are written as the STAC API - Transaction Extension and the STAC API - Collection Transaction
// Extension say (https://github.com/stac-api-extensions/transaction and collection-transaction, both 1.0.0), which follow
// OGC API - Features - Part 4 (20-002r1): what was written is answered as it is read.

// The media types of what is written.
var (
	itemTypes  = []string{ogcapi.MediaTypeJSON, ogcapi.MediaTypeGeoJSON}
	patchTypes = []string{ogcapi.MediaTypeMergePatch, ogcapi.MediaTypeJSON, ogcapi.MediaTypeGeoJSON}
)

// writing adds the routes by which the catalogue is changed.
func (a api) writing(rs *ogcapi.Routes) {
	const collections, collection = Root + "/collections", Root + "/collections/{collection}"
	for _, route := range []struct {
		pattern string
		handler ogcapi.Handler
	}{
		{"POST " + collections, a.createCollections},
		{"PUT " + collection, a.writeCollection},
		{"PATCH " + collection, a.writeCollection},
		{"DELETE " + collection, a.writeCollection},
		{"POST " + collection + "/items", a.createItems},
		{"POST " + collection + "/bulk_items", a.createItems},
		{"PUT " + collection + "/items/{item}", a.writeItem},
		{"PATCH " + collection + "/items/{item}", a.writeItem},
		{"DELETE " + collection + "/items/{item}", a.writeItem},
	} {
		rs.Handle(route.pattern, ogcapi.Allowed(route.handler))
	}
}

// writeItem replaces, patches or deletes an item.
func (a api) writeItem(w http.ResponseWriter, r *http.Request) error {
	return a.write(w, r, transaction.Change{Kind: record.TypeItem, Collection: r.PathValue("collection"), ID: r.PathValue("item")})
}

// writeCollection replaces, patches or deletes a collection.
func (a api) writeCollection(w http.ResponseWriter, r *http.Request) error {
	return a.write(w, r, transaction.Change{Kind: record.TypeCollection, ID: r.PathValue("collection")})
}

// write makes the change that a request asks for of what its address names.
func (a api) write(w http.ResponseWriter, r *http.Request, c transaction.Change) error {
	if err := ogcapi.Conditional(r, &c); err != nil {
		return err
	}
	leave, err := a.room.Enter(r)
	if err != nil {
		return err
	}
	defer leave()
	if c.Operation != transaction.Delete {
		if c.Document, err = a.sent(w, r, c); err != nil {
			return err
		}
	}
	return a.apply(w, r, c)
}

// sent is the document, or the patch, that a request brings.
func (a api) sent(w http.ResponseWriter, r *http.Request, c transaction.Change) ([]byte, error) {
	taken := itemTypes
	if c.Operation == transaction.Patch {
		taken = patchTypes
	}
	if _, err := ogcapi.BodyType(r, taken...); err != nil {
		return nil, err
	}
	body, err := ogcapi.ReadBody(w, r, stac.MaxSize)
	if err != nil {
		return nil, err
	}
	return a.restored(r.Context(), ask(r), body, c.Operation == transaction.Patch)
}

// apply makes one change and answers with what came of it.
func (a api) apply(w http.ResponseWriter, r *http.Request, c transaction.Change) error {
	results, err := a.Transactions.Apply(r, []transaction.Change{c})
	if err != nil {
		return err
	}
	result := results[0]
	switch {
	case result.Err != nil:
		return ogcapi.Refused(r, result.Err)
	case c.Operation == transaction.Delete:
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return a.answer(w, r, c, result)
}

// answer shows what was written as it is read.
func (a api) answer(w http.ResponseWriter, r *http.Request, c transaction.Change, result transaction.Result) error {
	show := a.writtenItem
	if c.Kind == record.TypeCollection {
		show = a.writtenCollection
	}
	written, err := show(r, result)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if c.Operation == transaction.Create {
		status = http.StatusCreated
		w.Header().Set("Location", written.href)
	}
	ogcapi.WriteWritten(w, status, written.mediaType, result.Version, written.document)
	return nil
}

// written is what was written, and where it is read.
type written struct {
	href, mediaType string
	document        []byte
}

// writtenItem is the item as it is in the catalogue, where it may have become more than its document; should it be another
// one by now, it is the document that was written.
func (a api) writtenItem(r *http.Request, result transaction.Result) (written, error) {
	on := ask(r)
	item, err := a.Store.Item(r.Context(), on.scope, result.Collection, result.ID)
	if err != nil || item.Version != result.Version {
		item = record.Record{Key: record.Key{Workspace: on.scope.Workspace, Collection: result.Collection, ID: result.ID}, Type: record.TypeItem, Document: result.Document}
	}
	document, err := a.itemDocument(on, item, true)
	return written{itemHref(on, item.Collection, item.ID), ogcapi.MediaTypeGeoJSON, document}, err
}

func (a api) writtenCollection(r *http.Request, result transaction.Result) (written, error) {
	on := ask(r)
	c, err := a.Store.Collection(r.Context(), on.scope, result.ID)
	if err != nil || c.Version != result.Version {
		c = Collection{Workspace: on.scope.Workspace, ID: result.ID, Document: result.Document}
	}
	years, err := a.years(r.Context(), on, c.ID)
	if err != nil {
		return written{}, err
	}
	document, err := a.collectionDocument(on, c, years)
	return written{collectionHref(on, c.ID), ogcapi.MediaTypeJSON, document}, err
}
