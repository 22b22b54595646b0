package catalogue

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/scope"
)

// AggregationKind says what is made of all records that a query finds.
type AggregationKind string

// The kinds of aggregation.
const (
	AggregateCount   AggregationKind = "count"   // of records
	AggregateMin     AggregationKind = "min"     // of a property's values: numbers, or times
	AggregateMax     AggregationKind = "max"     //
	AggregateTerms   AggregationKind = "terms"   // records by the texts of a property, or of its elements; the most frequent
	AggregateNumbers AggregationKind = "numbers" // records by ranges of a property's numbers, each as wide as Width
	AggregateTime    AggregationKind = "time"    // records by the Unit of time in which a property, or they themselves, begin
	AggregateGeohash AggregationKind = "geohash" // records by the geohash, of Precision characters, of the centre of their footprint
	AggregateGeotile AggregationKind = "geotile" // records by the tile, at the zoom Precision, of the centre of their footprint
)

// Aggregation is one thing to be made of all records that a query finds.
type Aggregation struct {
	Name      string
	Kind      AggregationKind
	Property  filter.Property // not of count, geohash and geotile; of time it may be empty
	Unit      string          // year, quarter, month, week, day, hour
	Width     float64         // of numbers, 1e-15 to 1e15; numbers beyond 9e15 widths are in no range
	Precision int
	Limit     int // buckets at most; 0 stands for 10 terms, and for as many of others as are possible
}

// Aggregated is what was made. Buckets are in the order of their keys, of terms in that of their counts.
type Aggregated struct {
	Name    string
	Value   string // of count, min and max; empty when there is none. Times are as record.Instant writes them
	Buckets []Bucket
	Others  int64 // records in buckets beyond the limit
}

// Bucket is a group of records: a term, the lower end of a range, the beginning of a unit of time, a geohash, a tile (z/x/y).
type Bucket struct {
	Key   string
	Count int64
}

const (
	maxAggregations = 20
	maxBuckets      = 10_000
	defaultTerms    = 10
	maxGeohash      = 12
	maxGeotile      = 29
)

// Aggregate makes several things of all records that a query finds, whatever its order and pages. It takes the time of one
// statement at most: fault.Unavailable, when that does not suffice.
func (s *Store) Aggregate(ctx context.Context, sc scope.Scope, q Query, wanted []Aggregation) ([]Aggregated, error) {
	if err := sc.Valid(); err != nil {
		return nil, err
	}
	h, err := s.hintsFor(ctx, Query{Filter: q.Filter})
	if err != nil {
		return nil, err
	}
	a, err := planAggregate(sc, q, h, wanted)
	if err != nil || len(wanted) == 0 {
		return nil, err
	}
	questions, err := valid(a.geometries)
	if err != nil {
		return nil, err
	}
	results := make([]Aggregated, len(wanted))
	for i, w := range wanted {
		results[i].Name = w.Name
	}
	questions = append(questions, question{a.sql, a.args, func(rows pgx.Rows) error { return readAggregated(rows, wanted, results) }})
	return results, s.ask(ctx, "aggregate", questions...)
}

func readAggregated(rows pgx.Rows, wanted []Aggregation, results []Aggregated) error {
	for rows.Next() {
		var i int
		var key *string
		var n int64
		var rank int
		if err := rows.Scan(&i, &key, &n, &rank); err != nil {
			return err
		}
		r := &results[i]
		switch {
		case wanted[i].Kind == AggregateCount:
			r.Value = strconv.FormatInt(n, 10)
		case key == nil:
		case wanted[i].Kind == AggregateMin || wanted[i].Kind == AggregateMax:
			r.Value = *key
		case rank > wanted[i].limit():
			r.Others += n
		default:
			r.Buckets = append(r.Buckets, Bucket{*key, n})
		}
	}
	return rows.Err()
}

func (a Aggregation) limit() int {
	switch {
	case a.Limit > 0:
		return min(a.Limit, maxBuckets)
	case a.Kind == AggregateTerms:
		return defaultTerms
	}
	return maxBuckets
}

// aggregatePlan is aggregations as one statement, whose rows are: which one, a key, a count, and the rank of the bucket.
type aggregatePlan struct {
	searchPlan
}

func planAggregate(sc scope.Scope, q Query, h hints, wanted []Aggregation) (*aggregatePlan, error) {
	if len(wanted) > maxAggregations {
		return nil, fault.At(fault.Invalid, "aggregations", "%d aggregations at once, at most %d are possible", len(wanted), maxAggregations)
	}
	if err := checkQuery(Query{IDs: q.IDs, Collections: q.Collections}); err != nil {
		return nil, err
	}
	c := filter.NewCompiler(columns())
	condition, err := compile(c, q.expression())
	if err != nil {
		return nil, err
	}
	a := &aggregatePlan{}
	a.geometries = doubtful(c.Args())
	condition.cheap += h.condition(c)
	columns, groups := []string{"1::bigint as n"}, make([]string, len(wanted))
	for i, w := range wanted {
		expression, err := w.expression(c)
		if err != nil {
			return nil, err
		}
		columns, groups[i] = append(columns, expression+" as k"+strconv.Itoa(i)), w.grouped(c, i)
	}
	materialized := "materialized"
	if len(wanted) == 1 {
		materialized = "not materialized"
	}
	a.sql = "with found as " + materialized + " (" + condition.matched(c, sc, q, wanted, strings.Join(columns, ", ")) + ") " +
		strings.Join(groups, " union all ")
	a.args, err = arguments(c.Args())
	return a, err
}

// expression is what records are grouped by, or what the least or greatest is looked for of: over a record called r.
func (a Aggregation) expression(c *filter.Compiler) (string, error) {
	switch a.Kind {
	case AggregateCount:
		return "null::text", nil
	case AggregateMin, AggregateMax:
		return a.comparable(c)
	case AggregateTerms:
		return a.terms(c)
	case AggregateNumbers:
		if !widthPossible(a.Width) {
			return "", fault.At(fault.Invalid, a.Name, "the width of the ranges is %v, not between %v and %v", a.Width, leastWidth, greatestWidth)
		}
		value, err := a.number(c)
		width := c.Arg(a.Width) + "::float8"
		return "case when abs(" + value + ") <= 9e15 * " + width + " then floor(" + value + " / " + width + ") * " + width + " end", err
	case AggregateTime:
		return a.time(c)
	case AggregateGeohash:
		return a.geohash(c)
	case AggregateGeotile:
		return a.geotile(c)
	}
	return "", fault.At(fault.Invalid, a.Name, "there is no aggregation of the kind %q", a.Kind)
}

func (a Aggregation) json(c *filter.Compiler) (string, error) {
	if err := checkTexts(string(a.Property)); err != nil || a.Property == "" {
		return "", fault.At(fault.Invalid, a.Name, "the aggregation names no property that could be")
	}
	return "(r.properties -> " + c.Arg(string(a.Property)) + "::text)", nil
}

func (a Aggregation) number(c *filter.Compiler) (string, error) {
	value, err := a.json(c)
	return "perigee.number(" + value + ")", err
}

// instant is the time of a record, or of a property.
func (a Aggregation) instant(c *filter.Compiler) (string, error) {
	switch a.Property {
	case "", filter.PropertyDatetime, filter.PropertyStart:
		return "r.start_time", nil
	case filter.PropertyEnd:
		return "r.end_time", nil
	case filter.PropertyCreated:
		return "r.created", nil
	case filter.PropertyModified:
		return "r.modified", nil
	}
	value, err := a.json(c)
	return "perigee.instant(" + value + ")", err
}

func (a Aggregation) comparable(c *filter.Compiler) (string, error) {
	switch a.Property {
	case filter.PropertyDatetime, filter.PropertyStart, filter.PropertyEnd, filter.PropertyCreated, filter.PropertyModified:
		return a.instant(c)
	}
	value, err := a.json(c)
	return "coalesce(perigee.number(" + value + "), extract(epoch from perigee.instant(" + value + "))::float8)", err
}

func (a Aggregation) terms(c *filter.Compiler) (string, error) {
	switch a.Property {
	case filter.PropertyCollection:
		return "to_jsonb(r.collection)", nil
	case filter.PropertyType:
		return "to_jsonb(r.type)", nil
	case filter.PropertyProductType:
		return "to_jsonb(nullif(r.product_type, ''))", nil
	case filter.PropertyKeywords:
		return "to_jsonb(r.keywords)", nil
	}
	return a.json(c)
}

var unitsOfTime = map[string]bool{"year": true, "quarter": true, "month": true, "week": true, "day": true, "hour": true}

func (a Aggregation) time(c *filter.Compiler) (string, error) {
	if !unitsOfTime[a.Unit] {
		return "", fault.At(fault.Invalid, a.Name, "there are no buckets of a %q: there are those of a year, quarter, month, week, day or hour", a.Unit)
	}
	at, err := a.instant(c)
	return "date_trunc(" + c.Arg(a.Unit) + "::text, " + at + " at time zone 'UTC')", err
}

func (a Aggregation) geohash(c *filter.Compiler) (string, error) {
	if a.Precision < 1 || a.Precision > maxGeohash {
		return "", fault.At(fault.Invalid, a.Name, "geohashes have 1 to %d characters here, not %d", maxGeohash, a.Precision)
	}
	return "ST_GeoHash(ST_Centroid(r.footprint::box2d::geometry), " + c.Arg(a.Precision) + "::integer)", nil
}

// geotile is the tile of the quad tree of Web Mercator.
func (a Aggregation) geotile(c *filter.Compiler) (string, error) {
	if a.Precision < 0 || a.Precision > maxGeotile {
		return "", fault.At(fault.Invalid, a.Name, "tiles are counted at zoom 0 to %d, not at %d", maxGeotile, a.Precision)
	}
	zoom := c.Arg(a.Precision) + "::integer"
	tiles := "(1 << " + zoom + ")"
	x := "(ST_XMin(r.footprint) + ST_XMax(r.footprint)) / 2"
	y := "radians(greatest(-85.05112877, least(85.05112877, (ST_YMin(r.footprint) + ST_YMax(r.footprint)) / 2)))"
	within := func(expression string) string {
		return "least(" + tiles + " - 1, greatest(0, floor(" + expression + " * " + tiles + ")::integer))"
	}
	return zoom + " || '/' || " + within("(("+x+") + 180) / 360") + " || '/' || " +
		within("(1 - ln(tan("+y+") + 1 / cos("+y+")) / pi()) / 2"), nil
}

// grouped groups what was found by the expression of an aggregation.
func (a Aggregation) grouped(c *filter.Compiler, i int) string {
	k := "k" + strconv.Itoa(i)
	switch a.Kind {
	case AggregateCount:
		return fmt.Sprintf("(select %d, null::text, coalesce(sum(n), 0)::bigint, 1::bigint from found)", i)
	case AggregateMin, AggregateMax:
		return fmt.Sprintf("(select %d, %s, 1::bigint, 1::bigint from found)", i, a.written(string(a.Kind)+"("+k+")"))
	case AggregateTerms:
		terms := `(select case jsonb_typeof(` + k + `) when 'array' then e #>> '{}' else ` + k + ` #>> '{}' end as k, n
			from found left join lateral jsonb_array_elements(case jsonb_typeof(` + k + `) when 'array' then ` + k + ` end) e on true
			where jsonb_typeof(` + k + `) in ('string', 'number', 'boolean', 'array')) terms`
		ranked := "(select left(k, 1000) as k, sum(n)::bigint as n, row_number() over (order by sum(n) desc, left(k, 1000) collate \"C\") as rank from " + terms + " where k is not null group by 1) ranked"
		limit := c.Arg(a.limit()) + "::bigint"
		return fmt.Sprintf("(select %d, case when rank <= %s then k else '' end, sum(n)::bigint, least(rank, %s + 1) from %s group by 2, 4 order by 4)", i, limit, limit, ranked)
	}
	limit := c.Arg(a.limit()) + "::bigint"
	ranked := "(select " + a.written(k) + " as k, sum(n)::bigint as n, row_number() over (order by " + k + ") as rank from found where " + k + " is not null group by " + k + ") ranked"
	return fmt.Sprintf("(select %d, case when rank <= %s then k else '' end, sum(n)::bigint, least(rank, %s + 1) from %s group by 2, 4 order by 4)", i, limit, limit, ranked)
}

// written is a key as a text.
func (a Aggregation) written(k string) string {
	switch {
	case a.Kind == AggregateTime:
		return "to_char(" + k + `, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`
	case (a.Kind == AggregateMin || a.Kind == AggregateMax) && a.ofTime():
		return "to_char(" + k + ` at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
	}
	return k + "::text"
}

func (a Aggregation) ofTime() bool {
	switch a.Property {
	case filter.PropertyDatetime, filter.PropertyStart, filter.PropertyEnd, filter.PropertyCreated, filter.PropertyModified:
		return true
	}
	return false
}
