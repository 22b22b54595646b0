package catalogue

import (
	"cmp"
	"context"
	"time"

	"perigee/shared/fault"
	"perigee/shared/scope"
)

// HarvestStart is a run to begin.
type HarvestStart struct {
	Run   HarvestRun // its ID, Harvester, Values and Time
	Root  string     // where the walk begins
	Alone bool       // not while another run of the same harvester is on its way in the workspace
	Event *Event     // put into the outbox with it, when it is new
}

// maxRunning bounds the runs of a workspace that are on their way at once.
const maxRunning = 50

// StartHarvest keeps a new run in the scope's workspace. A run that is there already under the same id, or stands in the
// way of one that has to be alone, is given instead of a new one.
func (s *Store) StartHarvest(ctx context.Context, sc scope.Scope, start HarvestStart) (run HarvestRun, created bool, err error) {
	if err := sc.MayWrite(); err != nil {
		return HarvestRun{}, false, err
	}
	if err := checkStart(start); err != nil {
		return HarvestRun{}, false, err
	}
	err = s.stepwise(ctx, "start a harvest", func(ctx context.Context, tx sender) error {
		var made []HarvestRun
		if err := send(ctx, tx, putHarvest(sc.Workspace, start, &made)); err != nil {
			return err
		}
		if created = len(made) > 0; created {
			run = made[0]
			return send(ctx, tx, putRoot(run, start))
		}
		run, err = harvestInTheWay(ctx, tx, sc.Workspace, start)
		return err
	})
	return run, created, err
}

func checkStart(start HarvestStart) error {
	r := start.Run
	if err := checkTexts(r.ID, r.Harvester, start.Root, string(r.Values), string(r.Config)); err != nil {
		return err
	}
	if r.ID == "" || r.Harvester == "" || r.Time.IsZero() || start.Root == "" {
		return fault.New(fault.Internal, "a harvest needs an id, a harvester, a time and a place to begin")
	}
	return firstTooLong(length{"id", len(r.ID), maxName}, length{"harvester", len(r.Harvester), maxName},
		length{"root_path", len(start.Root), maxHref}, length{"values", len(r.Values), maxJSON}, length{"config", len(r.Config), maxJSON})
}

// putHarvest inserts a run unless something speaks against it. Those who start runs in a workspace take turns, so that
// what is counted still holds when the run is written.
func putHarvest(workspace string, start HarvestStart, made *[]HarvestRun) []question {
	r := start.Run
	return []question{
		{sql: "select pg_advisory_xact_lock(hashtextextended('perigee harvest ' || $1::text, 0))", args: []any{workspace}},
		{
			sql: `insert into perigee.harvest_run as r (workspace, id, harvester, overrides, status, error, time, changed, cursor, fence, nodes,
					visited, found, requested, filtered, failed, config, since, until)
				select $1::text, $2::text, $3::text, $4::text::json, 'running', '', $5::timestamptz, $5::timestamptz, 0, 0, 1, 0, 0, 0, 0, 0,
					$8::text::json, $9::timestamptz, $10::timestamptz
				where (select count(*) from perigee.harvest_run o where o.workspace = $1 and o.status = 'running') < $6
					and not ($7::boolean and exists (select from perigee.harvest_run o where o.workspace = $1 and o.harvester = $3 and o.status = 'running'))
				on conflict (workspace, id) do nothing returning ` + harvestColumns,
			args: []any{workspace, r.ID, r.Harvester, cmp.Or(string(r.Values), "null"), micro(r.Time), maxRunning, start.Alone, jsonOrNull(r.Config), orNull(r.Since), orNull(r.Until)},
			rows: each(made, scanHarvest),
		},
	}
}

func putRoot(run HarvestRun, start HarvestStart) []question {
	all := []question{{
		sql:  "insert into perigee.harvest_node (run, href, depth, state, reason) values ($1, $2, 0, 'pending', '')",
		args: []any{run.pk, start.Root},
	}}
	if start.Event != nil {
		all = append(all, putEvent(run.Workspace, *start.Event))
	}
	return all
}

func putEvent(workspace string, e Event) question {
	return question{
		sql: `insert into perigee.outbox (id, workspace, type, subject, collection, data, time) values ($1, $2, $3, $4, $5, $6::text::json, $7)
			on conflict (id) do nothing`,
		args: []any{e.ID, workspace, e.Type, e.Subject, e.Collection, string(e.Data), micro(cmp.Or(e.Time, time.Now()))},
	}
}

func harvestInTheWay(ctx context.Context, tx sender, workspace string, start HarvestStart) (HarvestRun, error) {
	var found []HarvestRun
	err := send(ctx, tx, []question{{
		sql: "select " + harvestColumns + ` from perigee.harvest_run r where r.workspace = $1
			and (r.id = $2 or ($4::boolean and r.harvester = $3 and r.status = 'running')) order by r.id <> $2, r.time limit 1`,
		args: []any{workspace, start.Run.ID, start.Run.Harvester, start.Alone}, rows: each(&found, scanHarvest),
	}})
	switch {
	case err != nil:
		return HarvestRun{}, err
	case len(found) == 0:
		return HarvestRun{}, fault.New(fault.Conflict, "%d harvests of the workspace are on their way already; more have to wait or others be cancelled", maxRunning)
	}
	return found[0], nil
}

// jsonOrNull is a JSON text for a column that has none otherwise.
func jsonOrNull(text []byte) *string {
	if len(text) == 0 {
		return nil
	}
	s := string(text)
	return &s
}
