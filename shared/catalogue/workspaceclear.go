package catalogue

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// workspaceLock is held by who changes what a workspace is, and shared by who changes what is in it.
const workspaceLock = "workspace"

// openness tells whether a workspace takes records. One that nobody made by name does.
type openness struct {
	workspace string
	state     WorkspaceState
	products  int64 // the revision of its overlay
}

// questions keep the workspace what it is until the end of the transaction, and then ask what that is, and which products
// it has. The system's needs no asking.
func (o *openness) questions() []question {
	if o.workspace == scope.System {
		return nil
	}
	var found bool
	return []question{
		{sql: "select pg_advisory_xact_lock_shared($1)", args: []any{lockNumber(workspaceLock, o.workspace, "")}},
		{
			sql:  "select state from perigee.workspace where name = $1 and state in ('deleting', 'deleted')",
			args: []any{o.workspace}, rows: one(&found, &o.state),
		},
		{
			sql:  "select revision from perigee.workspace_products where workspace = $1",
			args: []any{o.workspace}, rows: one(&found, &o.products),
		},
	}
}

// outdated is Unavailable when a change was made by other products than the workspace has now: made again, it may be
// another.
func (o *openness) outdated(changes []*change) error {
	for _, c := range changes {
		if c.Products != nil && *c.Products != o.products {
			return fault.New(fault.Unavailable, "the products of the workspace %q changed while %s was registered", o.workspace, c.Record.ID)
		}
	}
	return nil
}

// refuse sorts out the changes that would bring a record into a workspace that is gone. Deletions may come late.
func (o *openness) refuse(changes []*change, b *batch) []*change {
	if o.state == "" {
		return changes
	}
	return slices.DeleteFunc(changes, func(c *change) bool {
		if !c.Delete {
			b.results[c.index].Err = fault.At(fault.Conflict, "workspace", "the workspace %q was deleted", o.workspace)
		}
		return !c.Delete
	})
}

// clearedAtOnce is how many rows of a table one transaction removes.
const clearedAtOnce = 5000

// rowsOf are the rows of a table that a condition on the workspace, $1, selects.
type rowsOf struct{ table, where string }

// tenantsRows are those that go with a workspace, what refers to others first. Of harvests and of seeding those go that
// ended so long ago that no event is on its way any more.
var tenantsRows = []rowsOf{
	{"perigee.source_ref", "workspace = $1"},
	{"perigee.registration", "workspace = $1"},
	{"perigee.queryable", "workspace = $1"},
	{"perigee.harvest_resource", "workspace = $1"},
	{"perigee.dead_letter", "workspace = $1"},
	{"perigee.harvest_node", "run in (select pk from perigee.harvest_run where workspace = $1 and ended < now() - interval '15 minutes')"},
	{"perigee.harvest_run", "workspace = $1 and ended < now() - interval '15 minutes'"},
	{"perigee.seed_job", "workspace = $1 and finished < now() - interval '15 minutes'"},
}

// ClearWorkspace removes a part of what is in the workspace: its records with their layers, each with the event of its
// deletion, then what else is kept of it, and the revisions of layers, of which one is left each, newer than all, so that
// no tile of before is shown again. Each call takes a bounded time; more says that another is needed. Tombstones and the
// count of changes stay, for late events and for caches. The scope must hold scope.Admin.
func (s *Store) ClearWorkspace(ctx context.Context, sc scope.Scope, name string) (more bool, err error) {
	if err := mayEverywhere(sc); err != nil {
		return false, err
	}
	if name == scope.System {
		return false, fault.New(fault.Forbidden, "the system's workspace is not cleared")
	}
	within := sc.In(name)
	if err := s.stopWork(ctx, within); err != nil {
		return false, err
	}
	if more, err := s.clearRecords(ctx, within); more || err != nil {
		return more, err
	}
	for _, rows := range tenantsRows {
		if more, err := s.clearRows(ctx, within, rows); more || err != nil {
			return more, err
		}
	}
	if err := s.clearOverlay(ctx, within); err != nil {
		return false, err
	}
	return s.clearRevisions(ctx, within)
}

// stopWork ends the harvests and the seeding of a workspace; who works on them notices.
func (s *Store) stopWork(ctx context.Context, sc scope.Scope) error {
	return s.ask(ctx, "stop what works in a workspace", question{
		sql: `update perigee.harvest_run set status = 'cancelled', error = 'the workspace was deleted', ended = now(), changed = now(), lease_until = null
			where workspace = $1 and status = 'running'`,
		args: []any{sc.Workspace},
	}, question{
		sql: `update perigee.seed_job set status = 'dismissed', message = 'the workspace was deleted', updated = now(), finished = now()
			where workspace = $1 and status in ('accepted', 'running')`,
		args: []any{sc.Workspace},
	})
}

// clearRecords deletes some records, each as of now or, should its time lie ahead, as of then.
func (s *Store) clearRecords(ctx context.Context, sc scope.Scope) (more bool, err error) {
	now := micro(time.Now())
	var changes []record.Change
	err = s.ask(ctx, "list what is in a workspace", question{
		sql: `select collection, id, greatest(source_time, $2) from perigee.record where workspace = $1
			order by collection, id limit $3`,
		args: []any{sc.Workspace, now, MaxChanges},
		rows: each(&changes, func(rows pgx.Rows) (record.Change, error) {
			c := record.Change{Delete: true}
			return c, rows.Scan(&c.Record.Collection, &c.Record.ID, &c.Source.Time)
		}),
	})
	if err != nil || len(changes) == 0 {
		return false, err
	}
	results, err := s.Apply(ctx, sc, changes)
	if err != nil {
		return false, err
	}
	gone := slices.ContainsFunc(results, func(r record.Applied) bool { return r.Outcome == record.Deleted || r.Outcome == record.Absent })
	if !gone {
		return false, fault.New(fault.Unavailable, "the records of the workspace %q change while they are removed", sc.Workspace)
	}
	return true, nil
}

// clearRows removes some rows of the workspace.
func (s *Store) clearRows(ctx context.Context, sc scope.Scope, rows rowsOf) (more bool, err error) {
	var found bool
	var removed int
	err = s.ask(ctx, "empty a workspace", question{
		sql: `with gone as (delete from ` + rows.table + ` where ctid = any(array(
				select ctid from ` + rows.table + ` where ` + rows.where + ` limit $2)) returning 1) select count(*) from gone`,
		args: []any{sc.Workspace, clearedAtOnce}, rows: one(&found, &removed),
	})
	return removed == clearedAtOnce, err
}

// clearRevisions puts one revision in the place of all that a layer has. Which instances of caches remember counts for
// all of them: the new one is newer.
func (s *Store) clearRevisions(ctx context.Context, sc scope.Scope) (more bool, err error) {
	var found bool
	var removed int
	err = s.ask(ctx, "settle the revisions of a workspace", question{
		sql: `with counted as (
				update perigee.counter set latest = latest + 1 where workspace = $1 and exists (
					select from perigee.revision where workspace = $1 and not (cell = $2 and bucket = $3)) returning latest),
			gone as (
				delete from perigee.revision using counted where ctid = any(array(
					select ctid from perigee.revision where workspace = $1 and not (cell = $2 and bucket = $3) limit $4))
				returning layer),
			put as (
				insert into perigee.revision (workspace, layer, cell, bucket, revision)
				select $1, layer, $2, $3, counted.latest from counted, (select distinct layer from gone) as layers
				on conflict (workspace, layer, cell, bucket) do update set revision = excluded.revision)
			select count(*) from gone`,
		args: []any{sc.Workspace, grid.Everywhere, AnyTime, clearedAtOnce}, rows: one(&found, &removed),
	})
	return removed == clearedAtOnce, err
}
