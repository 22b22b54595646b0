package main

import (
	"context"

	"perigee/shared/catalogue"
	"perigee/shared/records"
	"perigee/shared/scope"
)

// kinds are the catalogue's words for kinds of facets.
var kinds = map[records.FacetKind]catalogue.FacetKind{
	records.FacetTerms: catalogue.FacetTerms, records.FacetNumbers: catalogue.FacetNumbers, records.FacetTimes: catalogue.FacetTimes,
	records.FacetFilters: catalogue.FacetFilters,
}

// Facets divides all records that a query finds.
func (a adapter) Facets(ctx context.Context, sc scope.Scope, q records.Query, wanted []records.Facet) ([]records.FacetBuckets, bool, error) {
	asked := query(q)
	asked.CountUpTo = 0 // as many as the catalogue divides; of more, those that are found first
	all := make([]catalogue.Facet, len(wanted))
	for i, f := range wanted {
		all[i] = catalogue.Facet{Name: f.Name, Kind: kinds[f.Kind], Property: f.Property, Limit: f.Limit, Unit: f.Unit, Order: orderOf(f), AtLeast: 1}
		for _, named := range f.Filters {
			all[i].Filters = append(all[i].Filters, catalogue.NamedFilter{Name: named.Name, Filter: named.Filter})
		}
	}
	found, err := a.store.Facets(ctx, sc, asked, all)
	if err != nil {
		return nil, false, err
	}
	buckets := make([]records.FacetBuckets, len(found.Facets))
	for i, f := range found.Facets {
		buckets[i].More = f.More
		for _, b := range f.Buckets {
			buckets[i].Buckets = append(buckets[i].Buckets, records.FacetBucket{Value: b.Value, Min: b.Min, Max: b.Max, Count: b.Count, Filter: b.Filter})
		}
	}
	return buckets, found.Partial, nil
}

func orderOf(f records.Facet) catalogue.FacetOrder {
	switch {
	case f.ByValue && f.Upwards:
		return catalogue.FacetByValue
	case f.ByValue:
		return catalogue.FacetByValueDownwards
	case f.Upwards:
		return catalogue.FacetByCountUpwards
	}
	return catalogue.FacetByCount
}
