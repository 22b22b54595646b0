package main

import (
	"context"

	"perigee/shared/catalogue"
	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/wcs"
)

// Set finds what belongs to identifiers: series, then coverages, newest first.
func (c coverages) Set(ctx context.Context, sc scope.Scope, q wcs.SetQuery) (wcs.Set, error) {
	known, err := c.views.of(ctx, sc)
	if err != nil {
		return wcs.Set{}, err
	}
	named, err := c.named(ctx, sc, q.IDs)
	if err != nil {
		return wcs.Set{}, err
	}
	s := set{coverages: c, q: q, where: conditionsOf(q), seen: map[string]bool{}}
	for _, id := range q.IDs {
		if extent, ok := extentNamed(known.extents, id); ok {
			err = s.collection(ctx, sc, extent)
		} else if !s.product(id, named) && !s.coverage(id, named) {
			s.unknown = append(s.unknown, id)
		}
		if err != nil {
			return wcs.Set{}, err
		}
	}
	return s.page(), nil
}

func extentNamed(extents []record.Extent, id string) (record.Extent, bool) {
	for _, e := range extents {
		if e.Collection != "" && (e.Collection == id || wcs.Identifier(e.Collection) == id) {
			return e, true
		}
	}
	return record.Extent{}, false
}

// conditionsOf is where and when what is asked for lies; nil: anywhere, at any time.
func conditionsOf(q wcs.SetQuery) filter.Expr {
	var all filter.And
	switch {
	case q.Area != nil && q.Contained:
		all = append(all, filter.Spatial{Op: filter.SWithin, Left: filter.PropertyGeometry, Right: filter.Geometry{Geometry: q.Area}, MissingIsFalse: true})
	case q.Area != nil:
		all = append(all, filter.Intersects(q.Area))
	}
	if !q.Time.IsZero() {
		all = append(all, filter.During(q.Time))
	}
	if q.Contained && !q.Time.Start.IsZero() {
		all = append(all, filter.Compare{Op: filter.GreaterOrEqual, Left: filter.PropertyStart, Right: filter.Timestamp{Time: q.Time.Start}})
	}
	if q.Contained && !q.Time.End.IsZero() {
		all = append(all, filter.Compare{Op: filter.LessOrEqual, Left: filter.PropertyEnd, Right: filter.Timestamp{Time: q.Time.End}})
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// set gathers what belongs to identifiers.
type set struct {
	coverages
	q       wcs.SetQuery
	where   filter.Expr
	seen    map[string]bool
	series  []wcs.Series
	found   []wcs.Coverage
	beyond  int // coverages that are known to fit and were not read
	unknown []string
}

// maxCounted bounds the items whose coverages are counted where not all are shown.
const maxCounted = 10_000

// collection adds a collection and the coverages of its items.
func (s *set) collection(ctx context.Context, sc scope.Scope, e record.Extent) error {
	if s.where == nil || filter.Holds(s.where, recordOf(e)) {
		s.addSeries(seriesOf(e))
	}
	if !s.q.Coverages {
		return nil
	}
	limit := s.q.Start + s.q.Count
	query := catalogue.ProductQuery{Layer: e.Collection, Filter: s.where, Limit: max(limit, 1)}
	products, err := s.store.Products(ctx, sc, query)
	if err != nil {
		return err
	}
	read := 0
	for _, product := range products {
		read += len(product.Coverages)
	}
	s.add(s.all(products))
	if len(products) < query.Limit {
		return nil
	}
	query.Limit = maxCounted
	items, all, err := s.store.CountCoverages(ctx, sc, query)
	if items == maxCounted && s.where == nil { // of the rest, only the items are counted
		all = all / items * e.Count
	}
	s.beyond += max(all-read, 0)
	return err
}

// product adds an item as a series, and its coverages; false when there is none of that identifier.
func (s *set) product(id string, named []record.Product) bool {
	there := false
	for _, product := range named {
		if product.ID != id && wcs.Identifier(product.ID) != id {
			continue
		}
		if there = true; s.fits(product) {
			s.addSeries(wcs.Series{ID: wcs.Identifier(product.ID), Bounds: boundsOf(product), Time: product.Time})
			s.add(s.all([]record.Product{product}))
		}
	}
	return there
}

// coverage adds a single coverage; false when there is none of that identifier.
func (s *set) coverage(id string, named []record.Product) bool {
	one, ok := s.coverageNamed(id, named)
	if ok && s.fits(one.Source.(covered).product) {
		s.add([]wcs.Coverage{one})
	}
	return ok
}

func (s *set) fits(product record.Product) bool {
	return s.where == nil || filter.Holds(s.where, record.Record{Key: product.Key, Time: product.Time, Footprint: footprintOf(product)})
}

func (s *set) addSeries(one wcs.Series) {
	if s.q.Series && !s.seen[one.ID] {
		s.seen[one.ID] = true
		s.series = append(s.series, one)
	}
}

func (s *set) add(all []wcs.Coverage) {
	for _, one := range all {
		if s.q.Coverages && !s.seen[one.ID] {
			s.seen[one.ID] = true
			s.found = append(s.found, one)
		}
	}
}

// page takes out what is asked for of the series and, behind them, the coverages.
func (s *set) page() wcs.Set {
	answer := wcs.Set{Matched: len(s.series) + len(s.found) + s.beyond, Unknown: s.unknown}
	start, count := s.q.Start, s.q.Count
	from := min(start, len(s.series))
	answer.Series = s.series[from:min(from+count, len(s.series))]
	count -= len(answer.Series)
	from = min(max(start-len(s.series), 0), len(s.found))
	answer.Coverages = s.found[from:min(from+count, len(s.found))]
	return answer
}
