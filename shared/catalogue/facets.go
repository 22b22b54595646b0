package catalogue

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/scope"
)

// FacetKind says by what the records that a query finds are divided.
type FacetKind string

// The kinds of facets: OGC API - Records - Part 2 (OGC 25-013, draft, 7.2) calls the first term, the next two histogram
// and the last one filter.
const (
	FacetTerms   FacetKind = "terms"   // by the texts, numbers and truth values of a property, or of the elements of its arrays
	FacetNumbers FacetKind = "numbers" // by ranges of a property's numbers
	FacetTimes   FacetKind = "times"   // by ranges of a property's times
	FacetFilters FacetKind = "filters" // by conditions that have names
)

// FacetOrder is the order of buckets, which also says which of them are within the limit.
type FacetOrder string

// The orders. Without one, terms are by count and ranges by value; filters keep the order that they are given in.
const (
	FacetByCount          FacetOrder = "count" // the most frequent first
	FacetByCountUpwards   FacetOrder = "count upwards"
	FacetByValue          FacetOrder = "value" // the least first
	FacetByValueDownwards FacetOrder = "value downwards"
)

func (o FacetOrder) known() bool {
	return slices.Contains([]FacetOrder{"", FacetByCount, FacetByCountUpwards, FacetByValue, FacetByValueDownwards}, o)
}

// Facet is one way to divide the records that a query finds.
type Facet struct {
	Name     string
	Kind     FacetKind
	Property filter.Property // not of filters
	Limit    int             // buckets at most; 0 stands for 10, and for 1000 of ranges of a given width
	Order    FacetOrder
	AtLeast  int64   // records that a bucket has; fewer are no bucket. Not of ranges of equal width, nor of filters
	Width    float64 // of each range of numbers, 1e-15 to 1e15 (numbers beyond 9e15 widths are in none); 0: Limit ranges of equal width from the least to the greatest
	Unit     string  // of each range of times: year, quarter, month, week, day, hour; empty: as above
	Filters  []NamedFilter
}

// NamedFilter is a condition by the name of its bucket.
type NamedFilter struct {
	Name   string
	Filter filter.Expr
}

// Faceted is how the records are divided.
type Faceted struct {
	Facets  []FacetBuckets // in the order in which they were wanted
	Records int64          // that were divided
	// Partial tells that the query finds more than its CountUpTo: only one more than that were divided, whichever were
	// found first.
	Partial bool
}

// FacetBuckets are the buckets of a facet.
type FacetBuckets struct {
	Name    string
	Kind    FacetKind
	Buckets []FacetBucket
	More    bool  // there are buckets beyond the limit
	Others  int64 // the sum of their counts
}

// FacetBucket is a part of the records. A record may be in several buckets of terms and of filters, or in none.
type FacetBucket struct {
	Value    any // a term: string, float64 or bool; the name of a filter; nil of a range
	Min, Max any // of a range, float64 or time.Time; Max is not in it, but in the last of ranges of equal width
	Count    int64
	// Filter finds the records of the bucket: together with the query that was divided it finds Count of them. Only where
	// a property is a number in some records and in others a text that writes it, a number's finds both; so does a
	// date's, of a property that has an index of times, with the times of that day.
	Filter filter.Expr
}

const (
	maxFacets       = 20
	maxFacetFilters = 100
	defaultBuckets  = 10
	defaultRanges   = 1000
	maxEqualRanges  = 1000
	longestTerm     = 1000 // characters; longer texts are no terms
	dividedAtMost   = 200_000
	leastWidth      = 1e-15
	greatestWidth   = 1e15
)

// Facets divides all records that a query finds, whatever its order and pages, in several ways at once and in one round
// trip. A CountUpTo of the query bounds how many are looked at; 0 stands for 200 000. It takes the time of one statement at most:
// fault.Unavailable, when that does not suffice.
func (s *Store) Facets(ctx context.Context, sc scope.Scope, q Query, wanted []Facet) (Faceted, error) {
	if err := sc.Valid(); err != nil {
		return Faceted{}, err
	}
	h, err := s.hintsFor(ctx, Query{Filter: filter.And{q.Filter}})
	if err != nil {
		return Faceted{}, err
	}
	p, err := planFacets(sc, q, h, wanted)
	if err != nil {
		return Faceted{}, err
	}
	questions, err := valid(p.geometries)
	if err != nil {
		return Faceted{}, err
	}
	if err := s.ask(ctx, "divide records by facets", append(questions, question{p.sql, p.args, p.read})...); err != nil {
		return Faceted{}, err
	}
	return p.faceted, nil
}

// facetPlan is facets as one statement and what comes of its rows.
type facetPlan struct {
	sql        string
	args       []any
	geometries []orb.Geometry
	facets     []facet
	countUpTo  int
	faceted    Faceted
}

// facet is a Facet with what is known of its property.
type facet struct {
	Facet
	index int
	typ   string // of the property's index; empty when it has none
}

func planFacets(sc scope.Scope, q Query, h hints, wanted []Facet) (*facetPlan, error) {
	if len(wanted) > maxFacets {
		return nil, fault.At(fault.Invalid, "facets", "%d facets at once, at most %d are possible", len(wanted), maxFacets)
	}
	if err := checkQuery(Query{IDs: q.IDs, Collections: q.Collections}); err != nil {
		return nil, err
	}
	c := filter.NewCompiler(h.columns())
	condition, err := compile(c, q.expression())
	if err != nil {
		return nil, err
	}
	condition.cheap += h.condition(c)
	p := &facetPlan{countUpTo: q.CountUpTo}
	if p.countUpTo == 0 {
		p.countUpTo = dividedAtMost
	}
	columns := []string{"1"}
	groups := []string{"(select -1, null::text, null::text, null::text, count(*), 0, 0::bigint from found)"}
	for i, w := range wanted {
		if !w.Order.known() {
			return nil, fault.At(fault.Invalid, w.Name, "there is no order of buckets by %q", w.Order)
		}
		f := facet{w, i, h.types[string(w.Property)]}
		column, err := f.column(c)
		if err != nil {
			return nil, err
		}
		p.facets, p.faceted.Facets = append(p.facets, f), append(p.faceted.Facets, FacetBuckets{Name: w.Name, Kind: w.Kind})
		columns, groups = append(columns, column), append(groups, f.grouped(c))
	}
	found := "select * from " + condition.all(c, sc, strings.Join(columns, ", "))
	found += " limit " + c.Arg(p.countUpTo) + "::bigint + 1"
	p.sql = "with found as materialized (" + found + ") " + strings.Join(groups, " union all ") + " order by 1, 7"
	p.geometries = doubtful(c.Args())
	p.args, err = arguments(c.Args())
	return p, err
}

// column is what the facet needs to know of a record called r: one column, or of filters one for each.
func (f facet) column(c *filter.Compiler) (string, error) {
	switch f.Kind {
	case FacetTerms:
		return f.term(c)
	case FacetNumbers:
		return f.number(c)
	case FacetTimes:
		return f.time(c)
	case FacetFilters:
		return f.conditions(c)
	}
	return "", fault.At(fault.Invalid, f.Name, "there is no facet of the kind %q", f.Kind)
}

func (f facet) k() string { return "k" + strconv.Itoa(f.index) }

// grouped is the statement of a facet over what was found: its number, the key of a bucket, its two ends, its count, what
// kind of values it holds, and its rank; a rank beyond the limit is of all further buckets together.
func (f facet) grouped(c *filter.Compiler) string {
	switch {
	case f.Kind == FacetTerms:
		return f.terms(c)
	case f.Kind == FacetFilters:
		return f.filters()
	case f.ofEqualWidth():
		return f.equalRanges(c)
	}
	return f.ranges(c)
}

func (f facet) limit() int {
	switch {
	case f.Limit > 0:
		return min(f.Limit, maxBuckets)
	case f.Kind == FacetTerms || f.ofEqualWidth():
		return defaultBuckets
	}
	return defaultRanges
}

// limited takes buckets (k, low, high, n, shape) together that are beyond the limit, in the order of the facet: values are
// the expressions of that of value.
func (f facet) limited(c *filter.Compiler, buckets string, values ...string) string {
	limit := c.Arg(f.limit()) + "::bigint"
	kept := func(column string) string { return ", case when rank <= " + limit + " then " + column + " end" }
	return "(select " + strconv.Itoa(f.index) + kept("k") + kept("low") + kept("high") + ", sum(n)::bigint, max(shape), least(rank, " + limit +
		" + 1) from (select *, row_number() over (order by " + strings.Join(f.order(values), ", ") + ") as rank from (" + buckets +
		") buckets where n >= " + c.Arg(f.AtLeast) + "::bigint) ranked group by 2, 3, 4, 7)"
}

// order is the order of buckets, which is total.
func (f facet) order(values []string) []string {
	by := f.Order
	if by == "" && f.Kind == FacetTerms {
		by = FacetByCount
	}
	switch by {
	case FacetByCount:
		return append([]string{"n desc"}, values...)
	case FacetByCountUpwards:
		return append([]string{"n"}, values...)
	case FacetByValueDownwards:
		downwards := make([]string, len(values))
		for i, v := range values {
			downwards[i] = v + " desc"
		}
		return downwards
	}
	return values
}

// read reads the rows of the statement, which come facet by facet and in the order of ranks.
func (p *facetPlan) read(rows pgx.Rows) error {
	for rows.Next() {
		var r facetRow
		if err := rows.Scan(&r.facet, &r.key, &r.low, &r.high, &r.n, &r.shape, &r.rank); err != nil {
			return err
		}
		if r.facet < 0 {
			p.faceted.Records, p.faceted.Partial = r.n, p.countUpTo > 0 && r.n > int64(p.countUpTo)
			continue
		}
		f, into := p.facets[r.facet], &p.faceted.Facets[r.facet]
		if f.Kind != FacetFilters && r.rank > int64(f.limit()) {
			into.More, into.Others = true, r.n
			continue
		}
		bucket, err := f.bucket(r)
		if err != nil {
			return err
		}
		into.Buckets = append(into.Buckets, bucket)
	}
	return rows.Err()
}

// facetRow is a row of the statement of facets.
type facetRow struct {
	facet          int
	key, low, high *string
	n              int64
	shape          int
	rank           int64
}

// bucket makes a bucket of its row.
func (f facet) bucket(r facetRow) (b FacetBucket, err error) {
	switch f.Kind {
	case FacetTerms:
		b, err = f.termBucket(*r.key, r.shape)
	case FacetFilters:
		named := f.Filters[r.rank-1]
		b = FacetBucket{Value: named.Name, Filter: named.Filter}
	default:
		b, err = f.rangeBucket(r)
	}
	b.Count = r.n
	return b, err
}
