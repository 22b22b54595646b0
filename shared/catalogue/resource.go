package catalogue

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// Resource is something at an address of the web that is harvested again and again.
type Resource struct {
	Workspace string
	Source    string       // its address
	Type      string       // as CSW's Harvest names it
	Every     string       // ISO 8601
	Principal string       // who asked for it
	Records   []record.Key // the first of those that it became
	Due       time.Time
	Harvested time.Time // when it was tried last
	Failures  int       // since it last succeeded
	Error     string    // why it failed last
	Deserted  bool      // it became records, and none of them is left

	fence int64
}

// The bounds of resources.
const (
	maxResources       = 1000 // of a workspace
	maxResourceRecords = 100  // that are remembered of one
)

const resourceColumns = "h.workspace, h.source, h.type, h.every, h.principal, h.collections, h.ids, h.due, h.harvested, h.failures, h.error, h.fence, " + deserted

// deserted tells that none of the records is left that a resource h became.
const deserted = `cardinality(h.ids) > 0 and not exists (select from unnest(h.collections, h.ids) i(collection, id)
	join perigee.record r on r.workspace = h.workspace and r.collection = i.collection and r.id = i.id)`

func scanResource(rows pgx.Rows) (Resource, error) {
	var r Resource
	var collections, ids []string
	err := rows.Scan(&r.Workspace, &r.Source, &r.Type, &r.Every, &r.Principal, &collections, &ids, &r.Due, &r.Harvested, &r.Failures, &r.Error, &r.fence, &r.Deserted)
	for i := range min(len(collections), len(ids)) {
		r.Records = append(r.Records, record.Key{Workspace: r.Workspace, Collection: collections[i], ID: ids[i]})
	}
	r.Due, r.Harvested = r.Due.UTC(), r.Harvested.UTC()
	return r, err
}

// KeepResource has a resource of the scope's workspace harvested when it is due. What was said of it before is forgotten, and who
// harvests it now does not change that.
func (s *Store) KeepResource(ctx context.Context, sc scope.Scope, r Resource) error {
	if err := sc.MayWrite(); err != nil {
		return err
	}
	texts := []string{r.Source, r.Type, r.Every}
	for _, key := range r.Records {
		texts = append(texts, key.Collection, key.ID)
	}
	if err := checkTexts(texts...); err != nil {
		return err
	}
	if err := firstTooLong(length{"source", len(r.Source), maxHref}, length{"type", len(r.Type), maxName}, length{"interval", len(r.Every), maxName}); err != nil {
		return err
	}
	if r.Source == "" || r.Type == "" || r.Every == "" || r.Due.IsZero() {
		return fault.New(fault.Internal, "a resource needs an address, a type, an interval and a time when it is due")
	}
	collections, ids := r.names()
	var kept bool
	var fence int64
	err := s.ask(ctx, "keep a resource", question{
		sql: "select pg_advisory_xact_lock(hashtextextended('perigee resource ' || $1::text, 0))", args: []any{sc.Workspace},
	}, question{
		sql: `insert into perigee.harvest_resource as h (workspace, source, type, every, principal, collections, ids, due, harvested, failures, error, fence)
			select $1::text, $2::text, $3::text, $4::text, $5::text, $6::text[], $7::text[], $8::timestamptz, $9::timestamptz, 0, '', 0
			where (select count(*) from perigee.harvest_resource o where o.workspace = $1 and o.source <> $2) < $10
			on conflict (workspace, source) do update set type = excluded.type, every = excluded.every, principal = excluded.principal,
				collections = excluded.collections, ids = excluded.ids, due = excluded.due, harvested = excluded.harvested, failures = 0, error = '',
				fence = h.fence + 1, lease_until = null
			returning h.fence`,
		args: []any{sc.Workspace, r.Source, r.Type, r.Every, clean(sc.Principal, maxName), collections, ids, micro(r.Due), micro(time.Now()), maxResources},
		rows: one(&kept, &fence),
	})
	if err == nil && !kept {
		err = fault.New(fault.Conflict, "%d resources of the workspace are harvested again and again, and there can be no more", maxResources)
	}
	return err
}

// names are the first records of a resource as columns.
func (r Resource) names() (collections, ids []string) {
	some := r.Records[:min(len(r.Records), maxResourceRecords)]
	return column(some, func(k record.Key) string { return k.Collection }), column(some, func(k record.Key) string { return k.ID })
}

// DropResource has a resource of the scope's workspace not harvested any more.
func (s *Store) DropResource(ctx context.Context, sc scope.Scope, source string) error {
	if err := sc.MayWrite(); err != nil {
		return err
	}
	return s.ask(ctx, "forget a resource", question{
		sql: "delete from perigee.harvest_resource where workspace = $1 and source = $2", args: []any{sc.Workspace, clean(source, maxHref)},
	})
}

// Resources lists the resources of the scope's workspace, by their addresses.
func (s *Store) Resources(ctx context.Context, sc scope.Scope) ([]Resource, error) {
	if err := sc.MayWrite(); err != nil { // addresses may hold what opens them
		return nil, err
	}
	var found []Resource
	err := s.ask(ctx, "list resources", question{
		sql:  "select " + resourceColumns + " from perigee.harvest_resource h where h.workspace = $1 order by h.source limit $2",
		args: []any{sc.Workspace, maxResources}, rows: each(&found, scanResource),
	})
	return found, err
}

// DueResources lists resources of all workspaces that are due and that nobody harvests, those first that have waited longest. The scope must hold
// scope.Admin.
func (s *Store) DueResources(ctx context.Context, sc scope.Scope, limit int) ([]Resource, error) {
	if err := mayEverywhere(sc); err != nil {
		return nil, err
	}
	var found []Resource
	err := s.ask(ctx, "find the resources that are due", question{
		sql: "select " + resourceColumns + ` from perigee.harvest_resource h where h.due <= clock_timestamp()
			and (h.lease_until is null or h.lease_until < clock_timestamp()) order by h.due, h.workspace, h.source limit $1`,
		args: []any{bounded(limit, defaultList)}, rows: each(&found, scanResource),
	})
	return found, err
}

// LeaseResource holds a resource for a time, when it is due and nobody else holds it. Only the latest who held it may settle it.
func (s *Store) LeaseResource(ctx context.Context, sc scope.Scope, source string, holding time.Duration) (r Resource, held bool, err error) {
	if err := sc.MayWrite(); err != nil {
		return r, false, err
	}
	var leased []Resource
	err = s.ask(ctx, "take up a resource", question{
		sql: `update perigee.harvest_resource h set fence = fence + 1, lease_until = clock_timestamp() + make_interval(secs => $3)
			where workspace = $1 and source = $2 and due <= clock_timestamp() and (lease_until is null or lease_until < clock_timestamp())
			returning ` + resourceColumns,
		args: []any{sc.Workspace, clean(source, maxHref), holding.Seconds()},
		rows: each(&leased, scanResource),
	})
	if err != nil || len(leased) == 0 {
		return r, false, err
	}
	return leased[0], true, nil
}

// SettleResource gives a resource back: when it is due again, what it became, and why it failed if it did. Who held it no longer, because
// another took it up or because it was asked for anew, changes nothing and gets fault.Conflict.
func (s *Store) SettleResource(ctx context.Context, sc scope.Scope, r Resource) error {
	if err := sc.MayWrite(); err != nil {
		return err
	}
	collections, ids := r.names()
	var settled bool
	var fence int64
	err := s.ask(ctx, "give a resource back", question{
		sql: `update perigee.harvest_resource set due = $3, harvested = $4, failures = $5, error = $6, collections = $7, ids = $8, lease_until = null
			where workspace = $1 and source = $2 and fence = $9 returning fence`,
		args: []any{sc.Workspace, r.Source, micro(r.Due), micro(time.Now()), r.Failures, clean(r.Error, maxMessage), collections, ids, r.fence},
		rows: one(&settled, &fence),
	})
	if err == nil && !settled {
		err = fault.New(fault.Conflict, "the resource %s is held by another, or was asked for anew", r.Source)
	}
	return err
}

// Asked tells how often a resource was taken up, by which what is said of one turn is known from what is said of another.
func (r Resource) Asked() int64 { return r.fence }
