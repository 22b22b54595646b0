package main

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"perigee/shared/catalogue"
	"perigee/shared/filter"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// The collections of data access are those of the product configuration, by whose names maps are asked for: a product type
// places the items that it takes in them, whatever collection of the catalogue these are of. EOxServer's OpenSearch has
// these collections; here they stand behind the catalogue's own, and one of the same name is the catalogue's.

// access is what can be seen of data access in a scope.
type access struct {
	own     product.Own
	extents []record.Extent
}

func (r records) access(ctx context.Context, sc scope.Scope) (a access, err error) {
	a.own, err = r.products.Ask(sc.Workspace, func(known int64) (int64, []byte, error) {
		extents, overlay, err := r.store.ExtentsAndOverlay(ctx, sc, known)
		a.extents = extents
		return overlay.Revision, overlay.Text, err
	})
	return a, err
}

// collection is one of them as a record; it is not ok when there is none of the name.
func (a access) collection(sc scope.Scope, id string) (one record.Record, ok bool) {
	if _, ok := a.own.Collections[id]; !ok {
		return record.Record{}, false
	}
	one = record.Record{Key: record.Key{Workspace: sc.Workspace, Collection: id, ID: id}, Type: record.TypeCollection, Title: id}
	for _, e := range a.extents {
		if e.Collection == id {
			one.Title, one.Time, one.Footprint = cmp.Or(e.Title, id), e.Time, e.Bounds.ToPolygon()
		}
	}
	if at := slices.IndexFunc(a.own.Layers, func(l product.Layer) bool { return l.ID == id }); at >= 0 {
		one.Title, one.Abstract = cmp.Or(a.own.Layers[at].Title, one.Title), a.own.Layers[at].Abstract
	}
	return one, true
}

// condition holds for the items that the product types of a collection take; nil when there are none.
func (a access) condition(id string) filter.Expr {
	var types []string
	for _, t := range a.own.ProductTypes {
		if slices.Contains(t.Collections, id) {
			types = append(types, t.Name)
		}
	}
	return filter.OneOf(filter.PropertyProductType, types...)
}

// accessed are the collections of data access that the catalogue has none of the same name of, and of which a condition
// holds.
func (r records) accessed(ctx context.Context, sc scope.Scope, named []string, condition filter.Expr) ([]record.Record, error) {
	a, err := r.access(ctx, sc)
	if err != nil || len(a.own.Collections) == 0 {
		return nil, err
	}
	ids := slices.Sorted(maps.Keys(a.own.Collections))
	registered, err := r.store.Search(ctx, sc, catalogue.Query{Types: []string{record.TypeCollection}, IDs: ids, Limit: len(ids)})
	if err != nil {
		return nil, err
	}
	for _, one := range registered.Records {
		named = append(named, one.ID)
	}
	var all []record.Record
	for _, id := range ids {
		if one, _ := a.collection(sc, id); !slices.Contains(named, id) {
			all = append(all, one)
		}
	}
	return held(all, condition)
}
