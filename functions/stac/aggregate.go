package main

import (
	"context"
	"slices"

	"perigee/shared/catalogue"
	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stacapi"
)

// Aggregate makes several things of all items that a query finds. What the catalogue's tallies may know is asked by itself,
// because beside anything else each item would be looked at; so is the beginning and the end of all, to which an index leads.
func (r records) Aggregate(ctx context.Context, sc scope.Scope, q stacapi.Query, wanted []stacapi.Aggregation) ([]stacapi.Aggregated, error) {
	of := bounds(q)
	results := make([]stacapi.Aggregated, len(wanted))
	for _, part := range parts(q, wanted) {
		if part.ends {
			for _, i := range part.indexes {
				var err error
				if results[i], err = r.end(ctx, sc, of, wanted[i]); err != nil {
					return nil, err
				}
			}
			continue
		}
		asked := make([]catalogue.Aggregation, len(part.indexes))
		for j, i := range part.indexes {
			w := wanted[i]
			asked[j] = catalogue.Aggregation{
				Name: w.Name, Kind: catalogue.AggregationKind(w.Kind), Property: filter.Property(w.Property), Unit: w.Unit, Width: w.Width, Precision: w.Precision, Limit: w.Limit,
			}
		}
		made, err := r.store.Aggregate(ctx, sc, of, asked)
		if err != nil {
			return nil, err
		}
		for j, i := range part.indexes {
			results[i] = stacapi.Aggregated{Name: made[j].Name, Value: made[j].Value, Others: made[j].Others}
			for _, b := range made[j].Buckets {
				results[i].Buckets = append(results[i].Buckets, stacapi.Bucket(b))
			}
		}
	}
	return results, nil
}

// part is what is asked together: the places of aggregations among those that are wanted.
type part struct {
	indexes []int
	ends    bool // they are the first and the last time of all items
}

func parts(q stacapi.Query, wanted []stacapi.Aggregation) []part {
	var tallied, rest, ends part
	ends.ends = true
	for i, w := range wanted {
		switch {
		case q.Filter == nil && len(q.IDs) == 0 && countedByTallies(w):
			tallied.indexes = append(tallied.indexes, i)
		case q.Filter == nil && len(q.IDs) == 0 && q.Geometry == nil && q.Time.IsZero() && w.Property == string(filter.PropertyDatetime) && (w.Kind == stacapi.AggregateMin || w.Kind == stacapi.AggregateMax):
			ends.indexes = append(ends.indexes, i)
		default:
			rest.indexes = append(rest.indexes, i)
		}
	}
	return slices.DeleteFunc([]part{tallied, rest, ends}, func(p part) bool { return len(p.indexes) == 0 })
}

func countedByTallies(a stacapi.Aggregation) bool {
	switch a.Kind {
	case stacapi.AggregateCount:
		return true
	case stacapi.AggregateTerms:
		return a.Property == string(filter.PropertyCollection)
	case stacapi.AggregateTime:
		return a.Property == string(filter.PropertyDatetime) && slices.Contains([]string{"year", "quarter", "month"}, a.Unit)
	}
	return false
}

// end is the time of the item that begins first, or last.
func (r records) end(ctx context.Context, sc scope.Scope, of catalogue.Query, w stacapi.Aggregation) (stacapi.Aggregated, error) {
	made := stacapi.Aggregated{Name: w.Name}
	of.Limit = 1
	if w.Kind == stacapi.AggregateMin {
		of.Sort = []catalogue.Sort{{Property: filter.PropertyDatetime}}
		of.Filter = both(of.Filter, filter.Not{Expr: filter.IsNull{Operand: filter.PropertyDatetime}})
	}
	found, err := r.store.Search(ctx, sc, of)
	if err != nil || len(found.Records) == 0 || found.Records[0].Time.Start.IsZero() {
		return made, err
	}
	made.Value = record.Instant(found.Records[0].Time.Start)
	return made, nil
}
