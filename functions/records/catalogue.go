package main

import (
	"context"
	"slices"
	"strings"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/records"
	"perigee/shared/scope"
)

// adapter is the catalogue as the protocol asks it.
type adapter struct{ store *catalogue.Store }

// countUpTo is up to how many records are counted; of more their number is estimated.
const countUpTo = 10_000

// Search lists records, newest first unless another order is asked for.
func (a adapter) Search(ctx context.Context, sc scope.Scope, q records.Query) (records.Page, error) {
	page, err := a.store.Search(ctx, sc, query(q))
	if err != nil {
		return records.Page{}, err
	}
	return records.Page{Records: page.Records, Next: page.Next, Prev: page.Prev, Matched: page.Matched, Estimated: page.Estimated}, a.complete(ctx, sc, page.Records)
}

func query(q records.Query) catalogue.Query {
	asked := catalogue.Query{
		Collections: q.Collections, IDs: q.IDs, Geometry: q.Geometry, Time: q.Time, Filter: q.Filter, Limit: q.Limit, Offset: q.Offset, After: q.After,
		Count: q.Count, CountUpTo: countUpTo, DocumentsOnly: true,
	}
	if q.Limit == 0 {
		asked.Limit = -1 // only count
	}
	for _, k := range q.Sort {
		asked.Sort = append(asked.Sort, catalogue.Sort{Property: k.Property, Desc: k.Desc})
	}
	return asked
}

// complete reads those records whole of which the protocol needs more than the document.
func (a adapter) complete(ctx context.Context, sc scope.Scope, found []record.Record) error {
	var ids []string
	for _, rec := range found {
		if needsAll(rec) {
			ids = append(ids, rec.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	for after := ""; ; {
		page, err := a.store.Search(ctx, sc, catalogue.Query{IDs: ids, Limit: catalogue.MaxLimit, After: after, Documents: true})
		if err != nil {
			return err
		}
		for _, whole := range page.Records {
			if i := slices.IndexFunc(found, func(rec record.Record) bool { return rec.Key == whole.Key }); i >= 0 && needsAll(found[i]) {
				found[i] = whole
			}
		}
		if after = page.Next; after == "" {
			return nil
		}
	}
}

// needsAll tells whether a record is made of more than its document.
func needsAll(rec record.Record) bool {
	return len(rec.Document) == 0 || rec.Type == record.TypeCollection || !records.IsJSON(rec.MediaType)
}

// Record finds a record with its document.
func (a adapter) Record(ctx context.Context, sc scope.Scope, collection, id string) (record.Record, error) {
	return a.store.Record(ctx, sc, "", collection, id)
}

// Extent tells where and when the records of a collection are.
func (a adapter) Extent(ctx context.Context, sc scope.Scope, collection string) (record.Extent, error) {
	return a.store.CollectionExtent(ctx, sc, nil, collection)
}

// Queryables lists the properties of records.
func (a adapter) Queryables(ctx context.Context, sc scope.Scope, collections []string) ([]records.Queryable, error) {
	found, err := a.store.Queryables(ctx, sc, collections)
	all := make([]records.Queryable, len(found))
	for i, q := range found {
		all[i] = records.Queryable{Name: q.Name, Title: q.Title, Type: q.Type, Format: q.Format, Enum: q.Enum}
	}
	return all, err
}

// Collection finds a collection: one that was registered, or that records name as theirs, whether it has a record or not.
func (a adapter) Collection(ctx context.Context, sc scope.Scope, id string) (records.Collection, error) {
	rec, err := a.store.Record(ctx, sc, record.TypeCollection, "", id)
	if err == nil {
		return records.Collection{ID: id, Record: &rec}, nil
	}
	if fault.KindOf(err) != fault.NotFound {
		return records.Collection{}, err
	}
	children, searched := a.store.Search(ctx, sc, catalogue.Query{Collections: []string{id}, Limit: 1, DocumentsOnly: true})
	switch {
	case searched != nil:
		return records.Collection{}, searched
	case len(children.Records) == 0:
		return records.Collection{}, err
	}
	rec, err = a.store.Record(ctx, sc, "", "", id)
	switch {
	case err == nil:
		return records.Collection{ID: id, Record: &rec}, nil
	case fault.KindOf(err) == fault.NotFound:
		return records.Collection{ID: id}, nil
	}
	return records.Collection{}, err
}

// The tokens of pages of collections: those that have a record come first, then those that records only name.
const (
	describedToken = "r."
	namedToken     = "n."

	maxParents = 4000 // names of collections that are looked at
)

// Collections lists the collections: first those that have a record, in the order that is asked for, else by id; then,
// unless the query has a condition, those that records only name, by id.
func (a adapter) Collections(ctx context.Context, sc scope.Scope, q records.Query) (records.CollectionPage, error) {
	var page records.CollectionPage
	names, err := a.store.Parents(ctx, sc, "", maxParents)
	if err != nil {
		return page, err
	}
	if q.Limit == 0 && q.After == "" {
		page, err = a.described(ctx, sc, q, names, "")
		page.Next = describedToken
		return page, err
	}
	last, named := strings.CutPrefix(q.After, namedToken)
	if !named {
		token, ok := strings.CutPrefix(q.After, describedToken)
		if !ok && q.After != "" {
			return page, fault.At(fault.Invalid, "token", "the paging token cannot be read")
		}
		if page, err = a.described(ctx, sc, q, names, token); err != nil || page.Next != "" || !q.Free() {
			return page, err
		}
		last = ""
	}
	return page, a.named(ctx, sc, &page, names, last, q.Limit-len(page.Collections))
}

// described adds collections that have a record.
func (a adapter) described(ctx context.Context, sc scope.Scope, q records.Query, names []string, token string) (records.CollectionPage, error) {
	asked := query(q)
	asked.After, asked.DocumentsOnly, asked.Documents = token, false, true
	is := filter.OneOf(filter.PropertyType, record.TypeCollection)
	if len(names) > 0 {
		is = filter.Or{is, filter.OneOf(filter.PropertyID, names...)}
	}
	if asked.Filter != nil {
		is = filter.And{is, asked.Filter}
	}
	asked.Filter = is
	if len(asked.Sort) == 0 {
		asked.Sort = []catalogue.Sort{{Property: filter.PropertyID}}
	}
	found, err := a.store.Search(ctx, sc, asked)
	if err != nil {
		return records.CollectionPage{}, err
	}
	page := records.CollectionPage{}
	if !q.Free() { // else there are those that records only name
		page.Matched = found.Matched
	}
	for i := range found.Records {
		rec := &found.Records[i]
		page.Collections = append(page.Collections, records.Collection{ID: rec.ID, Record: rec})
	}
	if found.Next != "" {
		page.Next = describedToken + found.Next
	}
	return page, nil
}

// named adds collections that records only name, behind one.
func (a adapter) named(ctx context.Context, sc scope.Scope, page *records.CollectionPage, names []string, last string, limit int) error {
	without, err := a.withoutRecord(ctx, sc, names)
	if err != nil {
		return err
	}
	at, found := slices.BinarySearch(without, last)
	if found {
		at++
	}
	without = without[at:]
	if len(without) > limit {
		without = without[:limit]
		page.Next = namedToken
		if limit > 0 {
			page.Next += without[limit-1]
		}
	}
	for _, name := range without {
		page.Collections = append(page.Collections, records.Collection{ID: name})
	}
	return nil
}

func (a adapter) withoutRecord(ctx context.Context, sc scope.Scope, names []string) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	have := map[string]bool{}
	for after := ""; ; {
		found, err := a.store.Search(ctx, sc, catalogue.Query{IDs: names, Limit: catalogue.MaxLimit, After: after})
		if err != nil {
			return nil, err
		}
		for _, rec := range found.Records {
			have[rec.ID] = true
		}
		if after = found.Next; after == "" {
			break
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return have[name] }), nil
}
