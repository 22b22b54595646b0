package main

import (
	"context"
	"net/http"

	"perigee/shared/catalogue"
	"perigee/shared/filter"
	"perigee/shared/scope"
	"perigee/shared/stacapi"
	"perigee/shared/transaction"
)

// newAPI wires the protocol to the catalogue, the object store and register.
func newAPI(c config, store *catalogue.Store) (http.Handler, error) {
	files, err := newObjects(c.ObjectStore)
	if err != nil {
		return nil, err
	}
	register, err := transaction.NewClient(c.Register)
	if err != nil {
		return nil, err
	}
	return stacapi.New(stacapi.Config{Title: c.Title, Description: c.Abstract, Store: records{store}, Assets: files, Transactions: register}), nil
}

// records is the catalogue as the protocol asks it.
type records struct{ store *catalogue.Store }

// Search lists items, newest first unless another order is asked for.
func (r records) Search(ctx context.Context, sc scope.Scope, q stacapi.Query) (stacapi.Page, error) {
	asked := bounds(q)
	asked.Sort, asked.Limit, asked.After = order(q.Sort), q.Limit, q.After
	asked.Documents, asked.DocumentsOnly = !q.DocumentsOnly && !q.Names, q.DocumentsOnly
	page, err := r.store.Search(ctx, sc, asked)
	if err == nil && q.DocumentsOnly {
		err = r.complete(ctx, sc, page.Records)
	}
	for i := range page.Records {
		page.Records[i] = asItem(page.Records[i])
	}
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
	found, err := r.store.Queryables(ctx, sc, collectionsOf(collections))
	all := make([]stacapi.Queryable, len(found))
	for i, q := range found {
		all[i] = stacapi.Queryable{Name: q.Name, Title: q.Title, Type: q.Type, Format: q.Format, Enum: q.Enum}
	}
	return all, err
}
