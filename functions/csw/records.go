package main

import (
	"context"

	"perigee/shared/catalogue"
	"perigee/shared/csw"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// records is the catalogue as the protocol asks it.
type records struct{ store *catalogue.Store }

// Find gives a page of records and the exact number of all matches.
func (r records) Find(ctx context.Context, sc scope.Scope, q csw.Query) ([]record.Record, int, error) {
	query := catalogue.Query{Filter: q.Filter, Offset: q.Offset, Limit: q.Limit, Count: true}
	if q.Limit == 0 {
		query.Limit = -1 // only count
	}
	for _, key := range q.Sort {
		query.Sort = append(query.Sort, catalogue.Sort{Property: key.Property, Desc: key.Desc})
	}
	page, err := r.store.Search(ctx, sc, query)
	if err != nil {
		return nil, 0, err
	}
	return page.Records, *page.Matched, nil
}

// ByID gives the record of an id, whatever its collection.
func (r records) ByID(ctx context.Context, sc scope.Scope, id string) (record.Record, error) {
	return r.store.Record(ctx, sc, "", "", id)
}
