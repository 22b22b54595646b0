package catalogue

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/fault"
	"perigee/shared/scope"
)

// A run is walked by one worker at a time: it holds the run for a while, and longer as long as it goes on. Each holder
// gets a number, the fence, and only the latest holder's steps are written; who was believed dead and is not, is told so
// by fault.Conflict.

// HarvestStep is what a worker did since the step before.
type HarvestStep struct {
	Visited   []HarvestNode
	Below     []HarvestNode    // met on the way; those that were met before are left out
	Failed    []HarvestFailure // of the visited nodes and of others that nobody can visit
	Found     int
	Requested int
	Filtered  int
	Error     string // why the walk cannot go on; the run has failed then
	Continue  *Event // by which another worker goes on: put into the outbox, and the run is given back
}

// earlier is a condition on a run r: another one of the same harvester was asked for before it and is still on its way.
const earlier = `exists (select from perigee.harvest_run o where o.workspace = r.workspace and o.harvester = r.harvester and o.status = 'running' and o.pk < r.pk)`

// LeaseHarvest holds a run for a time, when it is running, nobody else holds it, and no earlier run of the same harvester is
// on its way: runs of one harvester do not interleave. It gives the run as it is, held or not.
func (s *Store) LeaseHarvest(ctx context.Context, sc scope.Scope, id string, holding time.Duration) (run HarvestRun, held bool, err error) {
	if err := sc.MayWrite(); err != nil {
		return run, false, err
	}
	var leased, found []HarvestRun
	var known, waiting bool
	args := []any{sc.Workspace, clean(id, maxName)}
	err = s.ask(ctx, "take up a harvest", question{
		sql: `update perigee.harvest_run r set fence = fence + 1, lease_until = clock_timestamp() + make_interval(secs => $3)
			where workspace = $1 and id = $2 and status = 'running' and (lease_until is null or lease_until < clock_timestamp())
				and not ` + earlier + ` returning ` + harvestColumns,
		args: append(args, holding.Seconds()), rows: each(&leased, scanHarvest),
	}, question{
		sql: "select " + harvestColumns + " from perigee.harvest_run r where workspace = $1 and id = $2", args: args, rows: each(&found, scanHarvest),
	}, question{
		sql: "select " + earlier + " from perigee.harvest_run r where workspace = $1 and id = $2", args: args, rows: one(&known, &waiting),
	})
	switch {
	case err != nil:
		return run, false, err
	case len(found) == 0:
		return run, false, fault.At(fault.NotFound, "run", "there is no harvest %q", id)
	}
	found[0].Waiting = waiting
	return found[0], len(leased) > 0, nil
}

// WaitingHarvest finds the run of a harvester that is next when another one has ended.
func (s *Store) WaitingHarvest(ctx context.Context, sc scope.Scope, harvester string) (run HarvestRun, found bool, err error) {
	if err := sc.MayWrite(); err != nil {
		return run, false, err
	}
	var runs []HarvestRun
	err = s.ask(ctx, "find the harvest that is next", question{
		sql: "select " + harvestColumns + ` from perigee.harvest_run r where workspace = $1 and harvester = $2 and status = 'running'
			and lease_until is null order by pk limit 1`,
		args: []any{sc.Workspace, clean(harvester, maxName)}, rows: each(&runs, scanHarvest),
	})
	if err != nil || len(runs) == 0 {
		return run, false, err
	}
	return runs[0], true, nil
}

// HarvestRequest is an event by which a run asks for the registration of documents.
type HarvestRequest struct {
	ID        string
	Documents int
}

// AskHarvest keeps the requests of a run before they are sent; SaveRegistrations takes out those that were handled.
func (s *Store) AskHarvest(ctx context.Context, sc scope.Scope, run HarvestRun, requests []HarvestRequest) error {
	if err := sc.MayWrite(); err != nil || len(requests) == 0 {
		return err
	}
	return s.ask(ctx, "keep what a harvest asks for", question{
		sql: `insert into perigee.harvest_request (id, run, documents, asked) select id, $1, documents, clock_timestamp()
			from unnest($2::text[], $3::integer[]) as i(id, documents) order by id on conflict (id) do nothing`,
		args: []any{run.pk, column(requests, func(r HarvestRequest) string { return clean(r.ID, maxHref) }), column(requests, func(r HarvestRequest) int { return r.Documents })},
	})
}

// HarvestBacklog is how many documents a run asked for that nobody has handled yet. What was asked for longer ago than the
// patience does not count: it became a dead letter, or nobody says what became of it.
func (s *Store) HarvestBacklog(ctx context.Context, sc scope.Scope, run HarvestRun, patience time.Duration) (int, error) {
	if err := sc.MayWrite(); err != nil {
		return 0, err
	}
	var found bool
	var n int
	err := s.ask(ctx, "count what a harvest waits for", question{
		sql:  "select coalesce(sum(documents), 0)::integer from perigee.harvest_request where run = $1 and asked > clock_timestamp() - make_interval(secs => $2)",
		args: []any{run.pk, patience.Seconds()}, rows: one(&found, &n),
	})
	return n, err
}

// Moved tells whether somebody did something with the run between two looks at it.
func (r HarvestRun) Moved(since HarvestRun) bool {
	return r.fence != since.fence || r.Cursor != since.Cursor || r.Status != since.Status || !r.lease.Equal(since.lease)
}

// RenewHarvest holds a run for a time from now on.
func (s *Store) RenewHarvest(ctx context.Context, sc scope.Scope, run HarvestRun, holding time.Duration) error {
	return s.hold(ctx, sc, "go on with a harvest", run, "clock_timestamp() + make_interval(secs => $4)", holding.Seconds())
}

// ReleaseHarvest gives a run back, for another worker to go on at once.
func (s *Store) ReleaseHarvest(ctx context.Context, sc scope.Scope, run HarvestRun) error {
	return s.hold(ctx, sc, "give a harvest back", run, "null")
}

func (s *Store) hold(ctx context.Context, sc scope.Scope, doing string, run HarvestRun, until string, args ...any) error {
	if err := sc.MayWrite(); err != nil {
		return err
	}
	var found bool
	var pk int64
	err := s.ask(ctx, doing, question{
		sql: "update perigee.harvest_run set lease_until = " + until + `
			where workspace = $1 and pk = $2 and fence = $3 and status = 'running' returning pk`,
		args: append([]any{sc.Workspace, run.pk, run.fence}, args...), rows: one(&found, &pk),
	})
	if err == nil && !found {
		err = notHeld(run)
	}
	return err
}

func notHeld(run HarvestRun) error {
	return fault.New(fault.Conflict, "the harvest %q is not this worker's any more", run.ID)
}

// HarvestNodes lists nodes that a run has to visit next, in the order they were met.
func (s *Store) HarvestNodes(ctx context.Context, sc scope.Scope, run HarvestRun, limit int) ([]HarvestNode, error) {
	if err := sc.MayWrite(); err != nil {
		return nil, err
	}
	var nodes []HarvestNode
	err := s.ask(ctx, "read where a harvest goes on", question{
		sql: `select n.href, n.depth, n.n from perigee.harvest_node n join perigee.harvest_run r on r.pk = n.run
			where r.workspace = $1 and n.run = $2 and n.state = 'pending' order by n.n limit $3`,
		args: []any{sc.Workspace, run.pk, bounded(limit, defaultList)},
		rows: each(&nodes, func(rows pgx.Rows) (n HarvestNode, err error) { return n, rows.Scan(&n.Href, &n.Depth, &n.n) }),
	})
	return nodes, err
}

// StepHarvest writes a step of the worker that holds the run, all of it or, with an error, nothing. It gives the run as it
// is then: with nothing left to visit it has ended.
func (s *Store) StepHarvest(ctx context.Context, sc scope.Scope, run HarvestRun, step HarvestStep, holding time.Duration) (HarvestRun, error) {
	if err := sc.MayWrite(); err != nil {
		return run, err
	}
	var after []HarvestRun
	err := s.stepwise(ctx, "write a step of a harvest", func(ctx context.Context, tx sender) error {
		var found bool
		var pk int64
		if err := send(ctx, tx, []question{advance(sc.Workspace, run, step, holding, one(&found, &pk))}); err != nil {
			return err
		}
		if !found {
			return notHeld(run)
		}
		return send(ctx, tx, append(walked(run, step), concluded(run, step, &after)...))
	})
	if err != nil || len(after) == 0 {
		return run, err
	}
	return after[0], nil
}

// advance moves the cursor of a run, when it is this worker's and where the worker thinks it is.
func advance(workspace string, run HarvestRun, step HarvestStep, holding time.Duration, rows func(pgx.Rows) error) question {
	return question{
		sql: `update perigee.harvest_run set cursor = cursor + 1, changed = $5, lease_until = clock_timestamp() + make_interval(secs => $6),
				visited = visited + $7, found = found + $8, requested = requested + $9, filtered = filtered + $10, failed = failed + $11
			where workspace = $1 and pk = $2 and fence = $3 and cursor = $4 and status = 'running' returning pk`,
		args: []any{
			workspace, run.pk, run.fence, run.Cursor, micro(time.Now()), holding.Seconds(),
			len(step.Visited), step.Found, step.Requested, step.Filtered, len(step.Failed),
		},
		rows: rows,
	}
}

// walked marks what was visited and adds what was met.
func walked(run HarvestRun, step HarvestStep) []question {
	kept := step.Failed[:min(len(step.Failed), max(0, maxFailures-int(min(run.Failed, maxFailures))))]
	return []question{
		{
			sql:  "update perigee.harvest_node set state = 'visited' where run = $1 and href = any($2::text[]) and state = 'pending'",
			args: []any{run.pk, column(step.Visited, func(n HarvestNode) string { return n.Href })},
		},
		{
			sql: `insert into perigee.harvest_node (run, href, depth, state, reason)
				select distinct on (href) $1::bigint, href, -1, 'failed', reason from unnest($2::text[], $3::text[]) as i(href, reason)
				on conflict (run, href) do update set state = 'failed', reason = excluded.reason`,
			args: []any{
				run.pk, column(kept, func(f HarvestFailure) string { return clean(f.Href, maxHref) }),
				column(kept, func(f HarvestFailure) string { return clean(f.Reason, maxReason) }),
			},
		},
		{
			sql: `with met as (insert into perigee.harvest_node (run, href, depth, state, reason)
					select $1::bigint, href, depth, 'pending', '' from unnest($2::text[], $3::integer[]) with ordinality as i(href, depth, at) order by at
					on conflict (run, href) do nothing returning 1)
				update perigee.harvest_run set nodes = nodes + (select count(*) from met) where pk = $1`,
			args: []any{
				run.pk, column(step.Below, func(n HarvestNode) string { return n.Href }), column(step.Below, func(n HarvestNode) int { return n.Depth }),
			},
		},
	}
}

const maxReason = 2000 // bytes

// concluded ends a run that failed or has nothing left to visit, and gives back one that another worker goes on with.
func concluded(run HarvestRun, step HarvestStep, after *[]HarvestRun) []question {
	const pending = "exists (select from perigee.harvest_node where run = $1 and state = 'pending')"
	var all []question
	if e := step.Continue; e != nil {
		all = append(all, question{
			sql: `insert into perigee.outbox (id, workspace, type, subject, collection, data, time)
				select $2, workspace, $3, $4, $5, $6::text::json, $7 from perigee.harvest_run where pk = $1 and $8::text = '' and ` + pending + `
				on conflict (id) do nothing`,
			args: []any{run.pk, e.ID, e.Type, e.Subject, e.Collection, string(e.Data), micro(time.Now()), step.Error},
		})
	}
	return append(all, question{
		sql: `update perigee.harvest_run r set error = $2, status = rest.status,
				ended = case when rest.status <> 'running' then r.changed end,
				lease_until = case when rest.status = 'running' and not $3::boolean then r.lease_until end
			from (select case when $2::text <> '' then 'failed' when ` + pending + ` then 'running' else 'finished' end as status) rest
			where r.pk = $1 returning ` + harvestColumns,
		args: []any{run.pk, clean(step.Error, maxReason), step.Continue != nil}, rows: each(after, scanHarvest),
	})
}

// HarvestEvents lists the events of harvests of the workspace that were not sent yet, oldest first; with scope.Admin in
// the system's workspace, those of every one.
func (s *Store) HarvestEvents(ctx context.Context, sc scope.Scope, limit int) ([]Event, error) {
	if err := sc.MayWrite(); err != nil {
		return nil, err
	}
	var events []Event
	err := s.ask(ctx, "read the outbox", question{
		sql:  "select " + outboxColumns + " from perigee.outbox where (workspace = $1 or $2) and type = $3 order by n limit $4",
		args: []any{sc.Workspace, mayEverywhere(sc) == nil, EventHarvestRequested, bounded(limit, defaultList)}, rows: each(&events, scanEvent),
	})
	return events, err
}

// StalledHarvests lists running harvests of every workspace that nobody holds, that wait for no other one and that took no
// step for a time, the longest first; the scope must hold scope.Admin.
func (s *Store) StalledHarvests(ctx context.Context, sc scope.Scope, since time.Duration, limit int) ([]HarvestRun, error) {
	if err := mayEverywhere(sc); err != nil {
		return nil, err
	}
	var runs []HarvestRun
	err := s.ask(ctx, "find harvests that stand still", question{
		sql: "select " + harvestColumns + ` from perigee.harvest_run r where r.status = 'running' and r.changed < $1
			and (r.lease_until is null or r.lease_until < clock_timestamp()) and not ` + earlier + ` order by r.changed limit $2`,
		args: []any{micro(time.Now().Add(-since)), bounded(limit, defaultList)}, rows: each(&runs, scanHarvest),
	})
	return runs, err
}

// ForgetHarvestNodes deletes nodes of the workspace's runs that have ended, except the failed ones, some at a time; more
// tells whether others are left. A run that failed keeps its way for a week, in which it can be resumed. With scope.Admin in the system's workspace it does so in every one.
func (s *Store) ForgetHarvestNodes(ctx context.Context, sc scope.Scope) (more bool, err error) {
	if err := sc.MayWrite(); err != nil {
		return false, err
	}
	const some = 20_000
	var found bool
	var n int
	err = s.ask(ctx, "forget the nodes of a harvest", question{
		sql: `with gone as (delete from perigee.harvest_node where (run, href) in (select n.run, n.href from perigee.harvest_run r
				join perigee.harvest_node n on n.run = r.pk
				where (r.workspace = $1 or $2) and n.state <> 'failed'
					and (r.status in ('finished', 'cancelled') or r.status = 'failed' and r.ended < clock_timestamp() - interval '7 days') limit $3) returning 1),
			old as (delete from perigee.harvest_request where asked < clock_timestamp() - interval '1 day')
			select count(*) from gone`,
		args: []any{sc.Workspace, mayEverywhere(sc) == nil, some}, rows: one(&found, &n),
	})
	return n == some, err
}
