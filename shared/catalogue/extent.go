package catalogue

import (
	"cmp"
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"perigee/shared/record"
	"perigee/shared/scope"
)

// What a list of layers may have: beyond it only the newest are named.
const (
	maxDates = 1000 // of a layer
	maxItems = 1000 // that stand alone
)

// Extents lists what can be drawn: the layers that items name, by name, then the newest items that stand alone, without
// a product type. The bounds of a layer may be too large for a while after items were deleted.
func (s *Store) Extents(ctx context.Context, sc scope.Scope) ([]record.Extent, error) {
	if err := sc.Valid(); err != nil {
		return nil, err
	}
	var layers, items []record.Extent
	err := s.ask(ctx, "list layers", extentQuestions(sc, &layers, &items)...)
	return append(layers, items...), err
}

func extentQuestions(sc scope.Scope, layers, items *[]record.Extent) []question {
	return []question{{
		sql: `select d.layer, '', '', sum(d.items), min(d.start_time), max(d.end_time), min(d.west), min(d.south), max(d.east), max(d.north),
				(array_agg(distinct d.day::text order by d.day::text desc) filter (where d.day > '-infinity'))[1:$2],
				coalesce((select c.title from perigee.record c where c.workspace = any($1::text[]) and c.type = 'collection'
					and c.id = d.layer order by c.workspace desc, c.collection limit 1), '')
			from perigee.layer_day d where d.workspace = any($1::text[]) and d.items > 0 group by d.layer order by d.layer`,
		args: []any{sc.Readable(), maxDates},
		rows: each(layers, scanExtent),
	}, {
		sql: `select '', r.id, r.product_type, 1, r.start_time, r.end_time,
				ST_XMin(r.footprint), ST_YMin(r.footprint), ST_XMax(r.footprint), ST_YMax(r.footprint),
				case when r.datetime > '-infinity' then array[to_char(coalesce(r.start_time, r.end_time) at time zone 'UTC', 'YYYY-MM-DD')] end,
				r.title
			from perigee.record r where r.workspace = any($1::text[]) and r.standalone
			order by r.datetime desc, r.id, r.workspace, r.collection limit $2`,
		args: []any{sc.Readable(), maxItems},
		rows: each(items, scanExtent),
	}}
}

func scanExtent(rows pgx.Rows) (record.Extent, error) {
	var e record.Extent
	var start, end *time.Time
	var west, south, east, north *float64
	var days []string
	err := rows.Scan(&e.Collection, &e.ID, &e.ProductType, &e.Count, &start, &end, &west, &south, &east, &north, &days, &e.Title)
	if err != nil {
		return e, err
	}
	e.Time, e.Title = interval(start, end), cmp.Or(e.Title, e.Collection, e.ID)
	e.Bounds = orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}} // where no footprint is known
	if west != nil {
		e.Bounds = orb.Bound{Min: orb.Point{*west, *south}, Max: orb.Point{*east, *north}}
	}
	for _, day := range days {
		date, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return e, err
		}
		e.Dates = append(e.Dates, date)
	}
	return e, nil
}
