package catalogue

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/fault"
	"perigee/shared/scope"
)

// AnyTime is the bucket of revisions that hold for all times.
const AnyTime = -1

// bump counts the change and notes it at the places that it made stale. The row of the counter is locked from here to
// the end of the transaction, which follows at once: whoever sees a revision sees all before it.
func (w *writes) bump() question {
	spots := slices.SortedFunc(maps.Keys(w.spots), func(a, b spot) int {
		return cmp.Or(cmp.Compare(a.layer, b.layer), cmp.Compare(a.cell, b.cell), cmp.Compare(a.bucket, b.bucket))
	})
	return question{
		sql: `with counted as (
				insert into perigee.counter as c (workspace, latest) values ($1, 1)
				on conflict (workspace) do update set latest = c.latest + 1 returning latest)
			insert into perigee.revision (workspace, layer, cell, bucket, revision)
			select $1, i.layer, i.cell, i.bucket, counted.latest
			from counted, unnest($2::text[], $3::integer[], $4::integer[]) as i(layer, cell, bucket)
			on conflict (workspace, layer, cell, bucket) do update set revision = excluded.revision`,
		args: []any{
			w.workspace,
			column(spots, func(s spot) string { return s.layer }),
			column(spots, func(s spot) int { return s.cell }),
			column(spots, func(s spot) int { return s.bucket }),
		},
	}
}

func (w *writes) putDays() question {
	days := w.sortedDays()
	of := func(d layerDay) *extent { return w.days[d] }
	corner := func(value func(*extent) float64) []*float64 {
		return column(days, func(d layerDay) *float64 {
			if of(d).bounds == nil {
				return nil
			}
			v := value(of(d))
			return &v
		})
	}
	return question{
		sql: `insert into perigee.layer_day as d (workspace, layer, day, items, start_time, end_time, west, south, east, north)
			select $1, layer, day::date, items, start_time, end_time, west, south, east, north
			from unnest($2::text[], $3::text[], $4::integer[], $5::timestamptz[], $6::timestamptz[], $7::float8[], $8::float8[], $9::float8[], $10::float8[])
				as i(layer, day, items, start_time, end_time, west, south, east, north) order by layer, day
			on conflict (workspace, layer, day) do update set items = d.items + excluded.items,
				start_time = least(d.start_time, excluded.start_time), end_time = greatest(d.end_time, excluded.end_time),
				west = least(d.west, excluded.west), south = least(d.south, excluded.south),
				east = greatest(d.east, excluded.east), north = greatest(d.north, excluded.north)`,
		args: []any{
			w.workspace,
			column(days, func(d layerDay) string { return d.layer }),
			column(days, func(d layerDay) string { return d.day }),
			column(days, func(d layerDay) int { return of(d).items }),
			column(days, func(d layerDay) *time.Time { return orNull(of(d).time.Start) }),
			column(days, func(d layerDay) *time.Time { return orNull(of(d).time.End) }),
			corner(func(e *extent) float64 { return e.bounds.Min[0] }),
			corner(func(e *extent) float64 { return e.bounds.Min[1] }),
			corner(func(e *extent) float64 { return e.bounds.Max[0] }),
			corner(func(e *extent) float64 { return e.bounds.Max[1] }),
		},
	}
}

// clearDays forgets days that have no items any more.
func (w *writes) clearDays() question {
	days := slices.DeleteFunc(w.sortedDays(), func(d layerDay) bool { return w.days[d].items >= 0 })
	return question{
		sql: `delete from perigee.layer_day d using unnest($2::text[], $3::text[]) as i(layer, day)
			where d.workspace = $1 and d.layer = i.layer and d.day = i.day::date and d.items <= 0`,
		args: []any{
			w.workspace,
			column(days, func(d layerDay) string { return d.layer }),
			column(days, func(d layerDay) string { return d.day }),
		},
	}
}

func (w *writes) sortedDays() []layerDay {
	return slices.SortedFunc(maps.Keys(w.days), func(a, b layerDay) int {
		return cmp.Or(cmp.Compare(a.layer, b.layer), cmp.Compare(a.day, b.day))
	})
}

// Revisions lists what changed in the workspace after since, and the latest revision, which is since for the next call.
func (s *Store) Revisions(ctx context.Context, sc scope.Scope, since int64) (changed []Revision, latest int64, err error) {
	if err := sc.Valid(); err != nil {
		return nil, 0, err
	}
	all, counts, err := s.revisions(ctx, []string{sc.Workspace}, []int64{since}, false)
	return all, max(counts[sc.Workspace], since), err
}

// RevisionsAll is Revisions for every workspace: since and latest are revisions by workspace. The scope must be one of
// the system's workspace.
func (s *Store) RevisionsAll(ctx context.Context, sc scope.Scope, since map[string]int64) (changed []Revision, latest map[string]int64, err error) {
	if err := sc.Valid(); err != nil {
		return nil, nil, err
	}
	if sc.Workspace != scope.System {
		return nil, nil, fault.New(fault.Forbidden, "only the system sees the revisions of every workspace")
	}
	workspaces := slices.Sorted(maps.Keys(since))
	return s.revisions(ctx, workspaces, column(workspaces, func(w string) int64 { return since[w] }), true)
}

// revisions reads counters and revisions in one statement: they are of the same moment. A workspace that is not among
// those given is read from its beginning, when all are asked for.
func (s *Store) revisions(ctx context.Context, workspaces []string, since []int64, all bool) ([]Revision, map[string]int64, error) {
	var changed []Revision
	latest := map[string]int64{}
	err := s.ask(ctx, "read revisions", question{
		sql: `select c.workspace, c.latest, r.layer, r.cell, r.bucket, r.revision
			from perigee.counter c
			left join unnest($1::text[], $2::bigint[]) as known(workspace, since) on known.workspace = c.workspace
			left join perigee.revision r on r.workspace = c.workspace and r.revision > coalesce(known.since, 0)
			where known.workspace is not null or $3`,
		args: []any{workspaces, since, all},
		rows: func(rows pgx.Rows) error { return readRevisions(rows, &changed, latest) },
	})
	return changed, latest, err
}

func readRevisions(rows pgx.Rows, changed *[]Revision, latest map[string]int64) error {
	for rows.Next() {
		var workspace string
		var count int64
		var layer *string
		var cell, bucket *int
		var revision *int64
		if err := rows.Scan(&workspace, &count, &layer, &cell, &bucket, &revision); err != nil {
			return err
		}
		latest[workspace] = count
		if revision != nil {
			*changed = append(*changed, Revision{Workspace: workspace, Layer: *layer, Cell: *cell, Bucket: *bucket, Revision: *revision})
		}
	}
	return rows.Err()
}
