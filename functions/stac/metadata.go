package main

import (
	"context"
	"slices"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stacapi"
)

// Records that are no items belong to the collection that they name, or to none, which is stacapi.Metadata here. Where a
// collection is named, be it by a filter, or ids are, all that belongs there is looked through, which costs no more; else items only, of which
// the indexes and tallies know most.

// noCollection is the collection of what names none, in the catalogue.
const noCollection = ""

// noCollectionItself holds for what is no collection itself.
var noCollectionItself = filter.Not{Expr: filter.OneOf(filter.PropertyType, record.TypeCollection)}

// bounds is what a query finds, in no order.
func bounds(q stacapi.Query) catalogue.Query {
	collections, rest := named(q)
	f, metadata := withMetadata(rest)
	asked := catalogue.Query{Collections: collectionsOf(collections), IDs: q.IDs, Geometry: q.Geometry, Time: q.Time, Filter: f}
	switch {
	case len(collections) == 0 && len(q.IDs) == 0 && !metadata:
		asked.Types = []string{record.TypeItem}
	case len(collections) == 0 && len(q.IDs) == 0: // items, and what belongs to none
		asked.Filter = filter.And{f, noCollectionItself, filter.Or{filter.OneOf(filter.PropertyType, record.TypeItem), filter.OneOf(filter.PropertyCollection, stacapi.Metadata, noCollection)}}
	case len(collections) == 0 || slices.Contains(collections, stacapi.Metadata): // collections belong to none
		asked.Filter = both(f, noCollectionItself)
	}
	return asked
}

// both is the condition that two hold, the first of which may be nil.
func both(a, b filter.Expr) filter.Expr {
	if a == nil {
		return b
	}
	return filter.And{a, b}
}

// collectionsOf are collections as the catalogue knows them, and collectionName is what one of them is called here.
func collectionsOf(names []string) []string {
	if !slices.Contains(names, stacapi.Metadata) {
		return names
	}
	return append(slices.Clone(names), noCollection) // should anybody have registered one of that name, it counts too
}

func collectionName(collection string) string {
	if collection == noCollection {
		return stacapi.Metadata
	}
	return collection
}

// asItem is a record in the collection in which it is an item.
func asItem(rec record.Record) record.Record {
	rec.Collection = collectionName(rec.Collection)
	return rec
}

// complete reads those records whole that are no items, which are made of more than their document.
func (r records) complete(ctx context.Context, sc scope.Scope, found []record.Record) error {
	var ids []string
	for _, rec := range found {
		if rec.Type != record.TypeItem {
			ids = append(ids, rec.ID)
		}
	}
	for after := ""; len(ids) > 0; {
		page, err := r.store.Search(ctx, sc, catalogue.Query{IDs: ids, Filter: noCollectionItself, Limit: catalogue.MaxLimit, After: after, Documents: true})
		if err != nil {
			return err
		}
		for _, whole := range page.Records {
			if i := slices.IndexFunc(found, func(rec record.Record) bool { return rec.Key == whole.Key }); i >= 0 && whole.Type != record.TypeItem {
				found[i] = whole
			}
		}
		if after = page.Next; after == "" {
			break
		}
	}
	return nil
}

// Item finds an item. By stacapi.Metadata and its id any is found, whatever collection it belongs to, as with pycsw.
func (r records) Item(ctx context.Context, sc scope.Scope, collection, id string) (record.Record, error) {
	if collection == stacapi.Metadata {
		return r.anywhere(ctx, sc, id)
	}
	found, err := r.store.Record(ctx, sc, "", collection, id)
	if err == nil && found.Type == record.TypeCollection {
		err = fault.At(fault.NotFound, "id", "there is no item %q in the collection %q", id, collection)
	}
	return asItem(found), err
}

// anywhere finds what has an id, first of all among what belongs to no collection.
func (r records) anywhere(ctx context.Context, sc scope.Scope, id string) (record.Record, error) {
	page, err := r.store.Search(ctx, sc, catalogue.Query{IDs: []string{id}, Filter: noCollectionItself, Sort: []catalogue.Sort{{Property: filter.PropertyCollection}}, Limit: 1, Documents: true})
	switch {
	case err != nil:
		return record.Record{}, err
	case len(page.Records) == 0:
		return record.Record{}, fault.At(fault.NotFound, "id", "there is no item %q", id)
	}
	return asItem(page.Records[0]), nil
}
