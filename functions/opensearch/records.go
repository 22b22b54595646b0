package main

import (
	"context"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/opensearch"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// records is the catalogue as the protocol asks it.
type records struct {
	store    *catalogue.Store
	products *product.Workspaces
}

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
	of := catalogue.Query{Types: []string{record.TypeItem}, Collections: []string{collection}, CountUpTo: countedItems}
	_, accessed, err := r.find(ctx, sc, collection)
	if err != nil {
		return opensearch.Page{}, err
	}
	if accessed != nil {
		of.Collections = nil
		if q.Filter != nil {
			accessed = filter.And{accessed, q.Filter}
		}
		q.Filter = accessed
	}
	return r.search(ctx, sc, q, of)
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

// collections are those that were registered, behind them those that items only name, and behind these those of data access.
func (r records) collections(ctx context.Context, sc scope.Scope, q opensearch.Query) (opensearch.Page, error) {
	page, err := r.search(ctx, sc, q, catalogue.Query{Types: []string{record.TypeCollection}, Sort: []catalogue.Sort{{Property: filter.PropertyID}}})
	if err != nil {
		return page, err
	}
	others, err := r.others(ctx, sc, q.Filter)
	if err != nil {
		return page, err
	}
	from := min(max(q.Offset-page.Matched, 0), len(others))
	to := min(from+max(q.Limit-len(page.Records), 0), len(others))
	return opensearch.Page{Records: append(page.Records, others[from:to]...), Matched: page.Matched + len(others)}, nil
}

// others are the collections that were not registered and of which a condition holds.
func (r records) others(ctx context.Context, sc scope.Scope, condition filter.Expr) ([]record.Record, error) {
	ids, err := r.store.NamedCollections(ctx, sc, "", mostNamed)
	if err != nil {
		return nil, err
	}
	var named []record.Record
	if len(ids) > 0 {
		if named, err = r.withExtents(ctx, sc, ids); err != nil {
			return nil, err
		}
	}
	if named, err = held(named, condition); err != nil {
		return nil, err
	}
	accessed, err := r.accessed(ctx, sc, ids, condition)
	return append(named, accessed...), err
}

// held are the records of which a condition holds.
func held(all []record.Record, condition filter.Expr) ([]record.Record, error) {
	if condition == nil {
		return all, nil
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

// Collection finds a collection that was registered, that items name, or that data access has.
func (r records) Collection(ctx context.Context, sc scope.Scope, id string) (record.Record, error) {
	found, _, err := r.find(ctx, sc, id)
	return found, err
}

// find finds a collection. For one of data access there is the condition by which its items are found; for others it is nil.
func (r records) find(ctx context.Context, sc scope.Scope, id string) (found record.Record, accessed filter.Expr, err error) {
	found, err = r.store.Record(ctx, sc, record.TypeCollection, "", id)
	if fault.KindOf(err) != fault.NotFound || err == nil {
		return found, nil, err
	}
	named, err := r.withExtents(ctx, sc, []string{id})
	if err != nil {
		return record.Record{}, nil, err
	}
	if len(named) > 0 {
		return named[0], nil, nil
	}
	a, err := r.access(ctx, sc)
	if err != nil {
		return record.Record{}, nil, err
	}
	if one, ok := a.collection(sc, id); ok {
		if e := a.condition(id); e != nil {
			return one, e, nil
		}
		return one, filter.Or{}, nil // no product type places items in it
	}
	return record.Record{}, nil, fault.At(fault.NotFound, "collection", "there is no collection %q", id)
}

// Properties lists the properties of the records of a collection.
func (r records) Properties(ctx context.Context, sc scope.Scope, collection string) ([]opensearch.Property, error) {
	var of []string
	if collection != "" {
		_, accessed, err := r.find(ctx, sc, collection)
		if err != nil {
			return nil, err
		}
		if accessed == nil {
			of = []string{collection}
		}
	}
	found, err := r.store.Queryables(ctx, sc, of)
	all := make([]opensearch.Property, len(found))
	for i, q := range found {
		all[i] = opensearch.Property{Name: q.Name, Enum: q.Enum}
	}
	return all, err
}
