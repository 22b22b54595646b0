package main

import (
	"context"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/opensearch"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// records is the catalogue as the protocol asks it.
type records struct{ store *catalogue.Store }

// The bounds of what is counted: items beyond it are estimated, collections that items only name are not looked at.
const (
	countedItems = 10_000
	mostNamed    = catalogue.MaxLimit
)

// Find gives a page of the items of a collection, the newest first, or of the collections by their ids.
func (r records) Find(ctx context.Context, sc scope.Scope, collection string, q opensearch.Query) (opensearch.Page, error) {
	if collection == "" {
		return r.collections(ctx, sc, q)
	}
	return r.search(ctx, sc, q, catalogue.Query{Types: []string{record.TypeItem}, Collections: []string{collection}, CountUpTo: countedItems})
}

// search asks the catalogue for the page of a query. What follows a page counts, even where an estimate says less.
func (r records) search(ctx context.Context, sc scope.Scope, q opensearch.Query, of catalogue.Query) (opensearch.Page, error) {
	of.Filter, of.Offset, of.Limit, of.Count = q.Filter, q.Offset, q.Limit, true
	if q.Limit == 0 {
		of.Limit = -1 // only count
	}
	found, err := r.store.Search(ctx, sc, of)
	if err != nil {
		return opensearch.Page{}, err
	}
	matched := *found.Matched
	if found.Next != "" {
		matched = max(matched, q.Offset+len(found.Records)+1)
	}
	return opensearch.Page{Records: found.Records, Matched: matched}, nil
}

// collections are those that were registered, and behind them those that items only name.
func (r records) collections(ctx context.Context, sc scope.Scope, q opensearch.Query) (opensearch.Page, error) {
	page, err := r.search(ctx, sc, q, catalogue.Query{Types: []string{record.TypeCollection}, Sort: []catalogue.Sort{{Property: filter.PropertyID}}})
	if err != nil {
		return page, err
	}
	named, err := r.named(ctx, sc, q.Filter)
	if err != nil {
		return page, err
	}
	from := min(max(q.Offset-page.Matched, 0), len(named))
	to := min(from+max(q.Limit-len(page.Records), 0), len(named))
	return opensearch.Page{Records: append(page.Records, named[from:to]...), Matched: page.Matched + len(named)}, nil
}

// named are the collections that items only name, of which a condition holds.
func (r records) named(ctx context.Context, sc scope.Scope, condition filter.Expr) ([]record.Record, error) {
	ids, err := r.store.NamedCollections(ctx, sc, "", mostNamed)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	all, err := r.withExtents(ctx, sc, ids)
	if err != nil || condition == nil {
		return all, err
	}
	holds, err := filter.Prepare(condition, nil)
	if err != nil {
		return nil, err
	}
	var found []record.Record
	for _, one := range all {
		if holds.Holds(one) {
			found = append(found, one)
		}
	}
	return found, nil
}

// withExtents are collections of items as records, by id; those that have none are left out.
func (r records) withExtents(ctx context.Context, sc scope.Scope, ids []string) ([]record.Record, error) {
	extents, err := r.store.ItemExtents(ctx, sc, ids)
	all := make([]record.Record, len(extents))
	for i, e := range extents {
		all[i] = record.Record{
			Key: record.Key{Workspace: sc.Workspace, Collection: e.Collection, ID: e.Collection}, Type: record.TypeCollection, Title: e.Collection, Time: e.Time,
			Footprint: e.Bounds.ToPolygon(),
		}
	}
	return all, err
}

// Collection finds a collection that was registered, or that items name.
func (r records) Collection(ctx context.Context, sc scope.Scope, id string) (record.Record, error) {
	found, err := r.store.Record(ctx, sc, record.TypeCollection, "", id)
	if fault.KindOf(err) != fault.NotFound || err == nil {
		return found, err
	}
	named, searched := r.withExtents(ctx, sc, []string{id})
	switch {
	case searched != nil:
		return record.Record{}, searched
	case len(named) == 0:
		return record.Record{}, fault.At(fault.NotFound, "collection", "there is no collection %q", id)
	}
	return named[0], nil
}

// Properties lists the properties of the records of a collection.
func (r records) Properties(ctx context.Context, sc scope.Scope, collection string) ([]opensearch.Property, error) {
	var of []string
	if collection != "" {
		of = []string{collection}
	}
	found, err := r.store.Queryables(ctx, sc, of)
	all := make([]opensearch.Property, len(found))
	for i, q := range found {
		all[i] = opensearch.Property{Name: q.Name, Enum: q.Enum}
	}
	return all, err
}
