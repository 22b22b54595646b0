package catalogue

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// Up to how many items an extent is worked out from each of them; beyond, tallies tell.
const (
	extentOfEach = 2000
	extentNewest = 1000 // that are asked for when they end
)

// everywhere is where records may be.
var everywhere = orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}

// ItemExtents tells how many items collections have, where and when they are; a collection without items is left out.
// Where there are very many, the bounds are those of the coarse places that have any, so that they may be some degrees too
// large, and the end is that of the newest.
func (s *Store) ItemExtents(ctx context.Context, sc scope.Scope, collections []string) ([]record.Extent, error) {
	return s.extentsOf(ctx, sc, collections, itemExtentsSQL)
}

// MemberExtents tells the same of what belongs to collections, whatever its type. Of what names no collection, "" tells.
func (s *Store) MemberExtents(ctx context.Context, sc scope.Scope, collections []string) ([]record.Extent, error) {
	return s.extentsOf(ctx, sc, collections, memberExtentsSQL)
}

func (s *Store) extentsOf(ctx context.Context, sc scope.Scope, collections []string, sql string) ([]record.Extent, error) {
	if err := sc.Valid(); err != nil {
		return nil, err
	}
	if len(collections) == 0 {
		return nil, nil
	}
	if err := checkTexts(collections...); err != nil {
		return nil, nil // no collection is called like that
	}
	if len(collections) > maxList {
		return nil, fault.At(fault.Invalid, "ids", "extents of more than %d collections at once", maxList)
	}
	var found []record.Extent
	err := s.ask(ctx, "find extents", question{sql, []any{readable(sc), collections, extentOfEach, extentNewest, finestSlots()}, each(&found, scanItemExtent)})
	return found, err
}

// finestSlots is more than the number of any place.
func finestSlots() int { return (finestPlaces + 1) * placeLevel }

// itemExtentsSQL counts by tallies. Of few items it looks at each. Of many it asks which places have any, by one step of an
// index for each place that there can be, and looks at those that last, unless they are many too.
const itemExtentsSQL = `with counted as materialized (
		select t.collection, sum(t.n)::bigint as n, sum(t.n) <= $3 as few from perigee.tally t
		where t.workspace = any($1::text[]) and t.place = -3 and t.month = -1 and t.type = 'item' and t.collection = any($2::text[])
		group by t.collection having sum(t.n) > 0
	)
	select c.collection, c.n, coalesce(e.start, o.start), case when c.few then e.finish else o.finish end,
		coalesce(e.west, o.west), coalesce(e.south, o.south), coalesce(e.east, o.east), coalesce(e.north, o.north),
		case when not c.few then array(select p.place from generate_series(0, $5::integer) p(place)
			where exists (select from unnest($1::text[]) w(workspace) cross join lateral (
				select from perigee.tally t where t.workspace = w.workspace and t.place = p.place and t.collection = c.collection limit 1) one)) end,
		coalesce(o.lasting > $3, false)
	from counted c
	left join lateral (
		select min(r.start_time) as start, case when bool_and(r.end_time is not null) filter (where r.start_time is not null) then max(r.end_time) end as finish,
			min(ST_XMin(r.footprint)) as west, min(ST_YMin(r.footprint)) as south, max(ST_XMax(r.footprint)) as east, max(ST_YMax(r.footprint)) as north
		from perigee.record r
		where c.few and r.workspace = any($1::text[]) and r.collection = c.collection and r.type = 'item'
	) e on c.few
	left join lateral (
		select first.start, case when newest.closed then greatest(newest.finish, lasting.finish) end as finish,
			lasting.n as lasting, lasting.west, lasting.south, lasting.east, lasting.north
		from (
			select min(one.start_time) as start from unnest($1::text[]) w(workspace) cross join lateral (
				select r.start_time from perigee.record r
				where r.workspace = w.workspace and r.collection = c.collection and r.type = 'item' and r.datetime > '-infinity'
				order by r.datetime limit 1) one
		) first, (
			select max(one.end_time) as finish, bool_and(one.end_time is not null) filter (where one.start_time is not null) as closed from unnest($1::text[]) w(workspace) cross join lateral (
				select r.start_time, r.end_time from perigee.record r where r.workspace = w.workspace and r.collection = c.collection and r.type = 'item'
				order by r.datetime desc limit $4) one
		) newest, (
			select known.n, long.* from (
				select coalesce(sum(t.n), 0)::bigint as n from perigee.tally t
				where t.workspace = any($1::text[]) and t.place = -2 and t.collection = c.collection and t.type = 'item') known
			left join lateral (
				select max(r.end_time) as finish, min(ST_XMin(r.footprint)) as west, min(ST_YMin(r.footprint)) as south, max(ST_XMax(r.footprint)) as east, max(ST_YMax(r.footprint)) as north
				from perigee.record r
				where known.n between 1 and $3 and r.lasts and r.workspace = any($1::text[]) and r.collection = c.collection and r.type = 'item'
			) long on known.n between 1 and $3
		) lasting
	) o on not c.few
	order by c.collection`

// memberExtentsSQL looks at all that is no collection itself.
var memberExtentsSQL = strings.ReplaceAll(itemExtentsSQL, "type = 'item'", "type <> 'collection'")

func scanItemExtent(rows pgx.Rows) (record.Extent, error) {
	var e record.Extent
	var start, end *time.Time
	var west, south, east, north *float64
	var places []int
	var manyLast bool
	if err := rows.Scan(&e.Collection, &e.Count, &start, &end, &west, &south, &east, &north, &places, &manyLast); err != nil {
		return e, err
	}
	e.Time = interval(start, end)
	e.Bounds = boundsOf(west, south, east, north, places)
	if manyLast {
		e.Bounds = everywhere
	}
	return e, nil
}

// boundsOf is around a box, when there is one, and places; all the world, when there is neither.
func boundsOf(west, south, east, north *float64, places []int) orb.Bound {
	var around orb.Bound
	known := west != nil
	if known {
		around = orb.Bound{Min: orb.Point{*west, *south}, Max: orb.Point{*east, *north}}
	}
	for _, place := range places {
		if place == 0 { // footprints that are larger than any cell
			return everywhere
		}
		if b := reach(place); known {
			around = around.Union(b)
		} else {
			around, known = b, true
		}
	}
	if !known {
		return everywhere
	}
	return orb.Bound{
		Min: orb.Point{max(around.Min[0], everywhere.Min[0]), max(around.Min[1], everywhere.Min[1])},
		Max: orb.Point{min(around.Max[0], everywhere.Max[0]), min(around.Max[1], everywhere.Max[1])},
	}
}

// Month is a month of time, and how many members of a collection begin in it.
type Month struct {
	Collection string
	Year       int // 0 is that of those without a time
	Month      time.Month
	Count      int64
}

// MemberMonths tells in which months what belongs to collections begins, whatever its type, by collection, then in the order of
// time: by tallies, so that the number of records does not matter. Of what names no collection, "" tells.
func (s *Store) MemberMonths(ctx context.Context, sc scope.Scope, collections []string) ([]Month, error) {
	if err := sc.Valid(); err != nil {
		return nil, err
	}
	if err := checkTexts(collections...); err != nil || len(collections) == 0 {
		return nil, nil // no collection is called like that
	}
	var found []Month
	err := s.ask(ctx, "count by month", question{
		sql: `select t.collection, t.month, sum(t.n)::bigint from perigee.tally t
			where t.workspace = any($1::text[]) and t.place = -3 and t.collection = any($2::text[]) and t.month >= 0 and t.type <> 'collection'
			group by t.collection, t.month having sum(t.n) > 0 order by t.collection, t.month`,
		args: []any{readable(sc), collections},
		rows: each(&found, func(rows pgx.Rows) (m Month, err error) {
			var month int
			if err = rows.Scan(&m.Collection, &month, &m.Count); month > 0 {
				m.Year, m.Month = month/12, time.Month(month%12+1)
			}
			return m, err
		}),
	})
	return found, err
}

// RecordWorkspaces lists by name, behind one, the workspaces that have records, for who may act in every workspace. The
// system is none of them.
func (s *Store) RecordWorkspaces(ctx context.Context, sc scope.Scope, after string, limit int) ([]string, error) {
	if err := mayEverywhere(sc); err != nil {
		return nil, err
	}
	if err := checkTexts(after); err != nil {
		return nil, err
	}
	var found []string
	err := s.ask(ctx, "list workspaces with records", question{
		sql: `with recursive named(workspace) as (
				select $1::text collate "C"
				union all
				select (select min(r.workspace) from perigee.record r where r.workspace > named.workspace) from named where named.workspace is not null
			)
			select workspace from named where workspace > $1 limit $2`,
		args: []any{after, min(limit, MaxLimit)},
		rows: each(&found, func(rows pgx.Rows) (string, error) { return pgx.RowTo[string](rows) }),
	})
	return found, err
}
