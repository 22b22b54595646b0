package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"perigee/shared/catalogue"
	"perigee/shared/csw"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// records is the catalogue as the protocol asks it.
type records struct {
	store *catalogue.Store
	shown filter.Expr // what all records that are shown fulfil; nil: all are
	// ranked orders what is found in a box by how much of it it covers, as pycsw does by spatial_ranking, where nothing else orders it.
	ranked bool
}

// Find gives a page of records and the exact number of all matches. Where nothing else orders records their identifiers do, in the
// direction of what does: pages stay what they are while others come, and an order turned around is the same backwards. By their area,
// of which many have none, they are upwards either way, as in pycsw.
func (r records) Find(ctx context.Context, sc scope.Scope, q csw.Query) ([]record.Record, int, error) {
	query := catalogue.Query{Filter: r.inside(q.Filter), Offset: q.Offset, Limit: q.Limit, Count: !q.Uncounted, Documents: q.Documents, DocumentsOnly: q.Bare, Untokened: true}
	if q.Limit == 0 {
		query.Limit = -1 // only count
	}
	for _, key := range q.Sort {
		if key.Property == filter.PropertyGeometry {
			key.Property = catalogue.Area
		}
		query.Sort = append(query.Sort, catalogue.Sort{Property: key.Property, Desc: key.Desc})
	}
	if r.ranked && len(q.Sort) == 0 && catalogue.Placed(query.Filter) {
		query.Sort = []catalogue.Sort{{Property: catalogue.Overlap, Desc: true}}
	}
	descending := false
	if n := len(q.Sort); n > 0 {
		descending = q.Sort[n-1].Desc && q.Sort[n-1].Property != filter.PropertyGeometry
	}
	query.Sort = append(query.Sort, catalogue.Sort{Property: filter.PropertyID, Desc: descending})
	page, err := r.store.Search(ctx, sc, query)
	if err != nil || q.Uncounted {
		return page.Records, 0, err
	}
	return page.Records, *page.Matched, nil
}

// ByID gives the record of an id, whatever its collection.
func (r records) ByID(ctx context.Context, sc scope.Scope, id string) (record.Record, error) {
	if r.shown == nil {
		return r.store.Record(ctx, sc, "", "", id)
	}
	page, err := r.store.Search(ctx, sc, catalogue.Query{IDs: []string{id}, Filter: r.shown, Limit: 1, Documents: true})
	if err != nil {
		return record.Record{}, err
	}
	if len(page.Records) == 0 {
		return record.Record{}, fault.New(fault.NotFound, "there is no record %q", id)
	}
	return page.Records[0], nil
}

// maxValues is how many values of a property are listed; of one that has more, the least and the greatest are told too, and of
// numbers they alone.
const maxValues = 1000

// Domain tells the values of a property, or of times the first and the last. Where there are so many records that not all are looked at, those
// values are listed that were found, and how often each is there is not known.
func (r records) Domain(ctx context.Context, sc scope.Scope, property filter.Property) (csw.Domain, error) {
	if isTime(property) {
		return r.extremes(ctx, sc, property)
	}
	if r.shown == nil {
		if all, known, err := r.store.Tallied(ctx, sc, property); known && len(all) <= maxValues || err != nil {
			return talliedDomain(all), err
		}
	}
	found, partial, err := r.values(ctx, sc, property, catalogue.FacetByValue, maxValues)
	if err != nil {
		return csw.Domain{}, err
	}
	if (found.More || partial) && slices.ContainsFunc(found.Buckets, func(b catalogue.FacetBucket) bool { _, is := b.Value.(float64); return is }) {
		return r.extremes(ctx, sc, property)
	}
	values := make([]csw.Value, len(found.Buckets))
	for i, b := range found.Buckets {
		values[i] = csw.Value{Text: fmt.Sprint(b.Value), Count: b.Count}
		if partial {
			values[i].Count = 0
		}
	}
	if !found.More {
		return csw.Domain{Values: values}, nil
	}
	last, _, err := r.values(ctx, sc, property, catalogue.FacetByValueDownwards, 1)
	if err != nil || len(last.Buckets) == 0 {
		return csw.Domain{}, err
	}
	return csw.Domain{Values: values, Min: values[0].Text, Max: fmt.Sprint(last.Buckets[0].Value)}, nil
}

// talliedDomain is a domain of which all is known.
func talliedDomain(all []catalogue.Bucket) csw.Domain {
	d := csw.Domain{Values: make([]csw.Value, len(all))}
	for i, b := range all {
		d.Values[i] = csw.Value{Text: b.Key, Count: b.Count}
	}
	return d
}

// values are some of the values of a property, in an order; partial tells that not all records were looked at.
func (r records) values(ctx context.Context, sc scope.Scope, property filter.Property, by catalogue.FacetOrder, some int) (found catalogue.FacetBuckets, partial bool, err error) {
	divided, err := r.store.Facets(ctx, sc, catalogue.Query{Filter: r.shown}, []catalogue.Facet{
		{Name: "values", Kind: catalogue.FacetTerms, Property: property, Limit: some, Order: by},
	})
	if err != nil {
		return catalogue.FacetBuckets{}, false, err
	}
	return divided.Facets[0], divided.Partial, nil
}

// isTime tells whether a property is one of the times of every record.
func isTime(property filter.Property) bool {
	switch property {
	case filter.PropertyDatetime, filter.PropertyStart, filter.PropertyEnd, filter.PropertyTime, filter.PropertyCreated, filter.PropertyModified:
		return true
	}
	return false
}

func (r records) extremes(ctx context.Context, sc scope.Scope, property filter.Property) (csw.Domain, error) {
	if r.shown == nil {
		first, last, known, err := r.store.Ends(ctx, sc, property)
		switch {
		case err != nil:
			return csw.Domain{}, err
		case known && first.IsZero():
			return csw.Domain{}, nil
		case known:
			return csw.Domain{Min: record.Instant(first), Max: record.Instant(cmp.Or(last, first))}, nil
		}
	}
	first, last := property, property
	if property == filter.PropertyTime {
		first, last = filter.PropertyStart, filter.PropertyEnd
	}
	made, err := r.store.Aggregate(ctx, sc, catalogue.Query{Filter: r.shown}, []catalogue.Aggregation{
		{Name: "min", Kind: catalogue.AggregateMin, Property: first}, {Name: "max", Kind: catalogue.AggregateMax, Property: last},
	})
	if err != nil {
		return csw.Domain{}, err
	}
	return csw.Domain{Min: made[0].Value, Max: cmp.Or(made[1].Value, made[0].Value)}, nil
}
