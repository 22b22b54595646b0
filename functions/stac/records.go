package main

import (
	"context"
	"net/http"
	"strings"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stacapi"
)

// newAPI wires the protocol to the catalogue and the object store.
func newAPI(c config, store *catalogue.Store) (http.Handler, error) {
	files, err := newObjects(c.ObjectStore)
	if err != nil {
		return nil, err
	}
	return stacapi.New(stacapi.Config{Title: c.Title, Description: c.Abstract, Store: records{store}, Assets: files}), nil
}

// records is the catalogue as the protocol asks it.
type records struct{ store *catalogue.Store }

var items = []string{record.TypeItem}

// Search lists items, newest first unless another order is asked for.
func (r records) Search(ctx context.Context, sc scope.Scope, q stacapi.Query) (stacapi.Page, error) {
	page, err := r.store.Search(ctx, sc, catalogue.Query{
		Types: items, Collections: q.Collections, IDs: q.IDs, Geometry: q.Geometry, Time: q.Time, Filter: q.Filter, Sort: order(q.Sort),
		Limit: q.Limit, After: q.After, Documents: !q.DocumentsOnly, DocumentsOnly: q.DocumentsOnly,
	})
	return stacapi.Page{Items: page.Records, Next: page.Next, Prev: page.Prev}, err
}

func order(keys []stacapi.Sort) []catalogue.Sort {
	all := make([]catalogue.Sort, len(keys))
	for i, k := range keys {
		all[i] = catalogue.Sort{Property: filter.Property(k.Property), Desc: k.Desc}
	}
	return all
}

// Queryables lists the properties of items.
func (r records) Queryables(ctx context.Context, sc scope.Scope, collections []string) ([]stacapi.Queryable, error) {
	found, err := r.store.Queryables(ctx, sc, collections)
	all := make([]stacapi.Queryable, len(found))
	for i, q := range found {
		all[i] = stacapi.Queryable{Name: q.Name, Title: q.Title, Type: q.Type, Format: q.Format, Enum: q.Enum}
	}
	return all, err
}

// Item finds an item.
func (r records) Item(ctx context.Context, sc scope.Scope, collection, id string) (record.Record, error) {
	return r.store.Record(ctx, sc, record.TypeItem, collection, id)
}

// Collection finds a collection that was registered, or that items name.
func (r records) Collection(ctx context.Context, sc scope.Scope, id string) (stacapi.Collection, error) {
	found, err := r.store.Record(ctx, sc, record.TypeCollection, "", id)
	if err == nil {
		return registered(found), nil
	}
	if fault.KindOf(err) != fault.NotFound {
		return stacapi.Collection{}, err
	}
	page, searched := r.store.Search(ctx, sc, catalogue.Query{Types: items, Collections: []string{id}, Limit: 1})
	switch {
	case searched != nil:
		return stacapi.Collection{}, searched
	case len(page.Records) == 0:
		return stacapi.Collection{}, err
	}
	return stacapi.Collection{Workspace: page.Records[0].Workspace, ID: id}, nil
}

func registered(found record.Record) stacapi.Collection {
	return stacapi.Collection{Workspace: found.Workspace, ID: found.ID, Title: found.Title, Document: found.Document, Source: found.Source}
}

// The tokens of pages of collections: those that were registered come first, then those that items only name.
const (
	registeredToken = "r."
	namedToken      = "n."
)

// Collections lists the collections: first those that were registered, by id, then those that items only name, by id.
func (r records) Collections(ctx context.Context, sc scope.Scope, limit int, after string) (stacapi.CollectionPage, error) {
	return r.collections(ctx, sc, limit, after, r.store.Collections)
}

// CollectionNames lists the first collections, and reads no documents.
func (r records) CollectionNames(ctx context.Context, sc scope.Scope, limit int) ([]stacapi.Collection, error) {
	page, err := r.collections(ctx, sc, limit, "", func(ctx context.Context, sc scope.Scope, limit int, after string) (catalogue.Page, error) {
		return r.store.Search(ctx, sc, catalogue.Query{
			Types: []string{record.TypeCollection}, Sort: []catalogue.Sort{{Property: filter.PropertyID}}, Limit: limit, After: after,
		})
	})
	return page.Collections, err
}

// lister lists the collections that were registered, by id.
type lister func(ctx context.Context, sc scope.Scope, limit int, after string) (catalogue.Page, error)

func (r records) collections(ctx context.Context, sc scope.Scope, limit int, after string, list lister) (stacapi.CollectionPage, error) {
	var page stacapi.CollectionPage
	last, named := strings.CutPrefix(after, namedToken)
	if !named {
		token, ok := strings.CutPrefix(after, registeredToken)
		if !ok && after != "" {
			return page, fault.At(fault.Invalid, "token", "the paging token cannot be read")
		}
		found, err := list(ctx, sc, limit, token)
		if err != nil {
			return page, err
		}
		for _, c := range found.Records {
			page.Collections = append(page.Collections, registered(c))
		}
		if found.Next != "" {
			page.Next = registeredToken + found.Next
			return page, nil
		}
		last = ""
	}
	rest := limit - len(page.Collections)
	more, err := r.store.NamedCollections(ctx, sc, last, rest+1)
	if err != nil {
		return page, err
	}
	if len(more) > rest {
		more = more[:rest]
		page.Next = namedToken
		if rest > 0 {
			page.Next += more[rest-1]
		}
	}
	for _, id := range more {
		page.Collections = append(page.Collections, stacapi.Collection{Workspace: sc.Workspace, ID: id})
	}
	return page, nil
}

// CollectionExtent tells where and when the items of a collection are.
func (r records) CollectionExtent(ctx context.Context, sc scope.Scope, id string) (record.Extent, error) {
	return r.store.CollectionExtent(ctx, sc, items, id)
}
