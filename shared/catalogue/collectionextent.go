package catalogue

import (
	"context"

	"github.com/paulmach/orb"

	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// counted is up to how many records the extent of a collection is worked out from each of them.
const counted = 250

// CollectionExtent tells where and when the records of a collection are, of all types when none are named. Where there are
// very many of them, they are taken to be anywhere.
func (s *Store) CollectionExtent(ctx context.Context, sc scope.Scope, types []string, id string) (record.Extent, error) {
	extent := record.Extent{Collection: id}
	of := Query{Types: types, Collections: []string{id}, Limit: counted}
	newest, err := s.Search(ctx, sc, of)
	if err != nil {
		return extent, err
	}
	extent.Bounds, extent.Time = around(newest.Records)
	if newest.Next == "" {
		return extent, nil
	}
	of.Limit, of.Sort = 1, []Sort{{Property: filter.PropertyStart}}
	oldest, err := s.Search(ctx, sc, of)
	if err != nil {
		return extent, err
	}
	_, first := around(oldest.Records)
	extent.Time = extent.Time.Union(first)
	extent.Bounds = everywhere
	return extent, nil
}

// around is where and when records are: anywhere, when none has a footprint.
func around(all []record.Record) (orb.Bound, record.Interval) {
	var where orb.MultiPoint
	var when record.Interval
	for _, one := range all {
		when = when.Union(one.Time)
		if one.Footprint != nil {
			b := one.Footprint.Bound()
			where = append(where, b.Min, b.Max)
		}
	}
	if len(where) == 0 {
		return everywhere, when
	}
	return where.Bound(), when
}
