package catalogue

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/geo"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// SeedDue is a place of a layer that changed and was not seeded since.
type SeedDue struct {
	Layer string
	Day   time.Time // of the tiles for that day; zero: of those without a time
	Cell  int       // grid.CellsOf; grid.Everywhere stands for all
}

// PlanSeed makes a job of what is due of a layer, and says which of it the job takes over; what it neither takes nor
// drops stays due. A job without an id is none: then nothing is left to do for what was taken.
type PlanSeed func(layer string, due []SeedDue) (job SeedJob, taken []SeedDue, err error)

const maxDue = 20_000 // places of a layer that one job is made of

// FollowChanges finds what changed in the scope's workspace since it was last called, and plans a job for each layer
// with changes that no job follows already. While one is at work, changes only gather: however many there are, the next
// job takes them all. The items that events name are looked up for the days and the places of their tiles with a time.
//
// It gives the jobs that follow changes and were not announced, its own and those that another call left behind.
func (s *Store) FollowChanges(ctx context.Context, sc scope.Scope, items []record.Key, plan PlanSeed) ([]SeedJob, error) {
	if err := sc.MayWrite(); err != nil {
		return nil, err
	}
	for _, item := range items {
		if err := checkTexts(item.Collection, item.ID); err != nil {
			return nil, err
		}
	}
	var jobs []SeedJob
	err := s.stepwise(ctx, "follow changes", func(ctx context.Context, tx sender) error {
		jobs = nil
		if err := s.gather(ctx, tx, sc.Workspace, items); err != nil {
			return err
		}
		if err := planJobs(ctx, tx, sc.Workspace, plan); err != nil {
			return err
		}
		const silent = `j.workspace = $1 and j.automatic and j.status in ('accepted', 'running')
			and exists (select from perigee.seed_level l where l.job = j.id and l.done < l.blocks and not l.announced
				and not exists (select from perigee.seed_level e where e.job = j.id and e.level < l.level and e.done < e.blocks))`
		args := []any{sc.Workspace}
		return send(ctx, tx, []question{
			{sql: seedJobColumns + " where " + silent + " order by j.time, j.id", args: args, rows: each(&jobs, scanSeedJob)},
			seedLevels(silent, args, &jobs),
		})
	})
	return jobs, err
}

// gather notes what is due: the places whose revision is later than the mark, and those of the items' days. The row of the
// mark is locked to the end of the transaction, so that changes are gathered and jobs planned by one at a time: no
// change can slip in between a job's end and the look for what came meanwhile.
func (s *Store) gather(ctx context.Context, tx sender, workspace string, items []record.Key) error {
	var places []itemPlace
	err := send(ctx, tx, []question{
		s.bounded(),
		{sql: "insert into perigee.seed_mark (workspace, revision) values ($1, 0) on conflict do nothing", args: []any{workspace}},
		{sql: "select from perigee.seed_mark where workspace = $1 for update", args: []any{workspace}},
		{
			sql: `with now as (select coalesce((select latest from perigee.counter where workspace = $1), 0) as latest),
				due as (
					insert into perigee.seed_due (workspace, layer, day, cell)
					select distinct r.workspace, r.layer, '-infinity'::date, r.cell
					from perigee.revision r, perigee.seed_mark m, now
					where r.workspace = $1 and m.workspace = $1 and r.revision > m.revision and r.revision <= now.latest
						and r.layer <> ''
					on conflict do nothing)
				update perigee.seed_mark m set revision = now.latest from now where m.workspace = $1`,
			args: []any{workspace},
		},
		placesOfItems(workspace, items, &places),
	})
	if err != nil || len(places) == 0 {
		return err
	}
	return send(ctx, tx, []question{putPlaces(workspace, places)})
}

// placesOfItems looks up where and when items show. Each is found by its key, and not the whole of a table that the planner
// thinks is small, because it was when the statement was prepared and is being filled.
func placesOfItems(workspace string, items []record.Key, places *[]itemPlace) question {
	return question{
		sql: `select r.id, r.layers, to_char(coalesce(r.start_time, r.end_time) at time zone 'UTC', 'YYYY-MM-DD'), r.footprint
			from unnest($2::text[], $3::text[]) i(collection, id) cross join lateral (
				select id, layers, drawable, start_time, end_time, footprint from perigee.record
				where workspace = $1 and id = i.id and collection || '' = i.collection limit 1) r
			where r.drawable and r.footprint is not null and coalesce(r.start_time, r.end_time) is not null`,
		args: []any{
			workspace, column(items, func(k record.Key) string { return k.Collection }), column(items, func(k record.Key) string { return k.ID }),
		},
		rows: each(places, scanPlace),
	}
}

// itemPlace is where and when an item shows.
type itemPlace struct {
	id     string
	layers []string
	day    string
	cells  []int
}

func scanPlace(rows pgx.Rows) (itemPlace, error) {
	var p itemPlace
	var footprint []byte
	if err := rows.Scan(&p.id, &p.layers, &p.day, &footprint); err != nil {
		return p, err
	}
	g, err := decode(footprint)
	p.cells = trace{bounds: geo.Bounds(g)}.cells()
	return p, err
}

// putPlaces notes the tiles of items' days, each once however many items lie there. A layer that is the item itself has no
// use for times.
func putPlaces(workspace string, places []itemPlace) question {
	type place struct {
		layer, day string
		cell       int
	}
	known := map[place]bool{}
	var due []place
	for _, p := range places {
		for _, layer := range p.layers {
			for _, cell := range p.cells {
				if one := (place{layer, p.day, cell}); layer != p.id && !known[one] {
					known[one], due = true, append(due, one)
				}
			}
		}
	}
	return question{
		sql: `insert into perigee.seed_due (workspace, layer, day, cell)
			select $1, layer, day::date, cell from unnest($2::text[], $3::text[], $4::integer[]) as i(layer, day, cell)
			on conflict do nothing`,
		args: []any{
			workspace, column(due, func(p place) string { return p.layer }), column(due, func(p place) string { return p.day }),
			column(due, func(p place) int { return p.cell }),
		},
	}
}

// planJobs plans a job for each layer with something due that no job follows.
func planJobs(ctx context.Context, tx sender, workspace string, plan PlanSeed) error {
	byLayer, layers, err := readDue(ctx, tx, workspace)
	if err != nil {
		return err
	}
	var todo []question
	for _, layer := range layers {
		job, taken, err := plan(layer, byLayer[layer])
		if err != nil {
			return err
		}
		if job.ID != "" {
			job.Automatic = true
			if err := checkSeedJob(job); err != nil {
				return err
			}
			todo = append(todo, putSeedJob(workspace, job)...)
		}
		todo = append(todo, dropDue(workspace, taken))
	}
	if len(todo) == 0 {
		return nil
	}
	return send(ctx, tx, todo)
}

// maxFollowed is how many layers one call plans jobs for; the next event of the workspace goes on.
const maxFollowed = 100

func readDue(ctx context.Context, tx sender, workspace string) (map[string][]SeedDue, []string, error) {
	byLayer, layers := map[string][]SeedDue{}, []string{}
	err := send(ctx, tx, []question{{
		sql: `select d.layer, case when d.day > '-infinity' then d.day end, d.cell from (
				select distinct layer from perigee.seed_due s where s.workspace = $1 and not exists (
					select from perigee.seed_job j where j.workspace = $1 and j.layer = s.layer and j.automatic and j.status in ('accepted', 'running'))
				order by layer limit $2) free
			cross join lateral (select * from perigee.seed_due d where d.workspace = $1 and d.layer = free.layer
				order by (d.day = '-infinity') desc, d.day desc, d.cell limit $3) d
			order by d.layer, (d.day = '-infinity') desc, d.day desc, d.cell`,
		args: []any{workspace, maxFollowed, maxDue},
		rows: func(rows pgx.Rows) error {
			for rows.Next() {
				var d SeedDue
				var day *time.Time
				if err := rows.Scan(&d.Layer, &day, &d.Cell); err != nil {
					return err
				}
				d.Day = orZero(day)
				if len(byLayer[d.Layer]) == 0 {
					layers = append(layers, d.Layer)
				}
				byLayer[d.Layer] = append(byLayer[d.Layer], d)
			}
			return rows.Err()
		},
	}})
	return byLayer, layers, err
}

func dropDue(workspace string, taken []SeedDue) question {
	day := func(d SeedDue) string {
		if d.Day.IsZero() {
			return "-infinity"
		}
		return d.Day.Format(time.DateOnly)
	}
	return question{
		sql: `delete from perigee.seed_due d using unnest($2::text[], $3::text[], $4::integer[]) as i(layer, day, cell)
			where d.workspace = $1 and d.layer = i.layer and d.day = i.day::date and d.cell = i.cell`,
		args: []any{
			workspace, column(taken, func(d SeedDue) string { return d.Layer }), column(taken, day),
			column(taken, func(d SeedDue) int { return d.Cell }),
		},
	}
}
