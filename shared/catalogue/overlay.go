package catalogue

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// Overlay is what a workspace lays over the product configuration of the system.
type Overlay struct {
	Revision int64     // of the workspace's count of changes, later for each change of it; 0: there never was one
	Text     []byte    // as it was put
	There    bool      // it was not taken back
	Modified time.Time // when it last changed
}

// EventWorkspaceProducts is the type of the event that the items of a workspace are to be looked at again, because its
// overlay changed. It goes on with itself, from item to item.
const EventWorkspaceProducts = "perigee.workspace.products"

// ProductsLayer is the name under which revisions tell that the overlay of a workspace changed: that of no layer.
const ProductsLayer = ""

// overlayQuestion asks for the overlay of a workspace; the text is left out when it has the revision that is known. The
// system's workspace has none, and is not asked about.
func overlayQuestion(workspace string, known int64, o *Overlay) []question {
	if workspace == scope.System {
		return nil
	}
	var found bool
	return []question{{
		sql: `select revision, case when revision <> $2 then text end, text is not null, modified
			from perigee.workspace_products where workspace = $1`,
		args: []any{workspace, known}, rows: one(&found, &o.Revision, &o.Text, &o.There, &o.Modified),
	}}
}

// Overlay gives the overlay of the scope's workspace, without its text when it has the revision that is known already;
// 0 is none.
func (s *Store) Overlay(ctx context.Context, sc scope.Scope, known int64) (o Overlay, err error) {
	if err := sc.Valid(); err != nil || sc.Workspace == scope.System {
		return o, err
	}
	return o, s.ask(ctx, "read the products of a workspace", overlayQuestion(sc.Workspace, known, &o)...)
}

// ExtentsAndOverlay is Extents and Overlay in one round trip.
func (s *Store) ExtentsAndOverlay(ctx context.Context, sc scope.Scope, known int64) (all []record.Extent, o Overlay, err error) {
	if err := sc.Valid(); err != nil {
		return nil, o, err
	}
	var layers, items []record.Extent
	err = s.ask(ctx, "list layers", append(extentQuestions(sc, &layers, &items), overlayQuestion(sc.Workspace, known, &o)...)...)
	return append(layers, items...), o, err
}

// OwnOverlay is Overlay for who may change it: the owner of the workspace and admins. The text is always there.
func (s *Store) OwnOverlay(ctx context.Context, sc scope.Scope) (o Overlay, err error) {
	if err := mayHaveProducts(sc); err != nil {
		return o, err
	}
	var w tenant
	err = s.ask(ctx, "read the products of a workspace", append([]question{w.question(sc)}, overlayQuestion(sc.Workspace, -1, &o)...)...)
	if err != nil {
		return Overlay{}, err
	}
	return o, w.refuse(sc)
}

// PutOverlay lays a text over the product configuration for the scope's workspace, or takes back what is there: nil.
// Whoever is asked first, with what is there, may refuse. With the change are noted its revision, for caches, and the
// event by which the items are looked at again; items is how many those are. The same text again changes nothing. It is
// for the owner of the workspace, with scope.Writer, and for admins.
func (s *Store) PutOverlay(ctx context.Context, sc scope.Scope, text []byte, agrees func(Overlay) error) (o Overlay, items int, err error) {
	if err := mayHaveProducts(sc); err != nil {
		return o, 0, err
	}
	if err := sc.MayWrite(); err != nil {
		return o, 0, err
	}
	err = s.transaction(ctx, "change the products of a workspace", func(ctx context.Context, tx sender) error {
		var w tenant
		o, items = Overlay{}, 0
		questions := []question{begin, s.bounded(), hold(workspaceLock, sc.Workspace, []string{""}), w.question(sc)}
		if err := send(ctx, tx, append(questions, overlayQuestion(sc.Workspace, -1, &o)...)); err != nil {
			return err
		}
		if err := w.refuse(sc); err != nil {
			return err
		}
		if err := agrees(o); err != nil {
			return err
		}
		if o.There == (text != nil) && string(o.Text) == string(text) {
			return send(ctx, tx, []question{commit})
		}
		return s.changeOverlay(ctx, tx, sc.Workspace, text, &o, &items)
	})
	return o, items, err
}

// changeOverlay writes a text, with all that follows from it. Until the end of the transaction nothing else is written in
// the workspace: what is registered from then on knows the new text.
func (s *Store) changeOverlay(ctx context.Context, tx sender, workspace string, text []byte, o *Overlay, items *int) error {
	var found, counted bool
	err := send(ctx, tx, []question{bumpProducts(workspace, &found, &o.Revision), {
		sql: "select count(*) from (" + documentsOf("") + ") d", args: []any{workspace, ""}, rows: one(&counted, items),
	}})
	if err != nil {
		return err
	}
	e, err := ProductsEvent(workspace, o.Revision, "")
	if err != nil {
		return err
	}
	o.Text, o.There = text, text != nil
	put := question{
		sql: `insert into perigee.workspace_products (workspace, revision, text, modified) values ($1, $2, $3, now())
			on conflict (workspace) do update set revision = excluded.revision, text = excluded.text, modified = excluded.modified
			returning modified`,
		args: []any{workspace, o.Revision, text}, rows: one(&found, &o.Modified),
	}
	if *items == 0 {
		return send(ctx, tx, []question{put, commit})
	}
	return send(ctx, tx, []question{put, waits(e), commit})
}

// bumpProducts counts a change of a workspace's overlay and notes it among the revisions of layers.
func bumpProducts(workspace string, found *bool, revision *int64) question {
	return question{
		sql: `with counted as (
				insert into perigee.counter as c (workspace, latest) values ($1, 1)
				on conflict (workspace) do update set latest = c.latest + 1 returning latest)
			insert into perigee.revision (workspace, layer, cell, bucket, revision)
			select $1, $2, $3, $4, latest from counted
			on conflict (workspace, layer, cell, bucket) do update set revision = excluded.revision
			returning revision`,
		args: []any{workspace, ProductsLayer, grid.Everywhere, AnyTime}, rows: one(found, revision),
	}
}

// clearOverlay takes back what a workspace laid over the configuration, when it goes.
func (s *Store) clearOverlay(ctx context.Context, sc scope.Scope) error {
	return s.ask(ctx, "take back the products of a workspace", question{
		sql: `with had as (select from perigee.workspace_products where workspace = $1 and text is not null),
			counted as (
				update perigee.counter set latest = latest + 1 where workspace = $1 and exists (select from had) returning latest),
			noted as (
				insert into perigee.revision (workspace, layer, cell, bucket, revision)
				select $1, $2, $3, $4, latest from counted
				on conflict (workspace, layer, cell, bucket) do update set revision = excluded.revision)
			update perigee.workspace_products set text = null, revision = counted.latest, modified = now() from counted where workspace = $1`,
		args: []any{sc.Workspace, ProductsLayer, grid.Everywhere, AnyTime},
	})
}

// productsEvent is the data of EventWorkspaceProducts.
type productsEvent struct {
	Name     string `json:"name"`
	Revision int64  `json:"revision"`
	After    string `json:"after,omitempty"`
}

// ProductsEvent tells that the items of a workspace behind an address are to be looked at again. It is the same for the
// same revision and address.
func ProductsEvent(workspace string, revision int64, after string) (Event, error) {
	data, err := json.Marshal(productsEvent{workspace, revision, after})
	if err != nil { // texts and numbers can always be written
		return Event{}, fault.Classify(fault.Internal, err, "the event of the products of %q", workspace)
	}
	id := fmt.Sprintf("workspace/%s/products/%d/%x", workspace, revision, lockNumber("products", workspace, after))
	return Event{ID: id, Type: EventWorkspaceProducts, Subject: workspace, Workspace: workspace, Data: data, Time: time.Now()}, nil
}

// documentsOf are the addresses, behind $2, of the documents of which the workspace $1 has items, and of those of which it
// would have, had their registration not failed. each ends the list of either kind, and both together.
func documentsOf(each string) string {
	return `select href, max(time) from (
			(select s.href, s.time from perigee.source_ref s
				join perigee.record r on r.workspace = s.workspace and r.collection = s.collection and r.id = s.id
				where s.workspace = $1 and s.href > $2 and not s.deleted and r.type = '` + record.TypeItem + `' and r.source_href = s.href
				order by s.href ` + each + `)
			union all
			(select g.subject, g.time from perigee.registration g
				where g.workspace = $1 and g.subject > $2 and g.subject = g.href and g.status = '` + StatusFailed + `'
					and g.route = 'items' and g.mode <> 'deregister'
				order by g.subject ` + each + `)) documents
		group by href order by href ` + each
}

// ItemSources lists the addresses of the documents of the items of the scope's workspace, also of those whose registration
// failed, behind an address, in order, with the times of their states. Items that came by themselves have none. The revision is that of the workspace's
// overlay at that moment.
func (s *Store) ItemSources(ctx context.Context, sc scope.Scope, after string, limit int) (found []record.Source, revision int64, err error) {
	if err := sc.MayWrite(); err != nil {
		return nil, 0, err
	}
	if err := checkTexts(after); err != nil {
		return nil, 0, err
	}
	var o Overlay
	err = s.ask(ctx, "list the documents of a workspace", append(overlayQuestion(sc.Workspace, -1, &o), question{
		sql: documentsOf("limit $3"), args: []any{sc.Workspace, after, bounded(limit, defaultList)},
		rows: each(&found, func(rows pgx.Rows) (one record.Source, err error) { return one, rows.Scan(&one.Href, &one.Time) }),
	})...)
	return found, o.Revision, err
}

// tenant is what the rights to a workspace's products hang on.
type tenant struct {
	owner string
	state WorkspaceState
}

func (w *tenant) question(sc scope.Scope) question {
	var found bool
	return question{sql: "select owner, state from perigee.workspace where name = $1", args: []any{sc.Workspace}, rows: one(&found, &w.owner, &w.state)}
}

// mayHaveProducts is nil for a scope in a workspace of somebody who says who it is.
func mayHaveProducts(sc scope.Scope) error {
	switch err := sc.Valid(); {
	case err != nil:
		return err
	case sc.Workspace == scope.System:
		return fault.At(fault.NotFound, "workspace", "the system's products are settings of the deployment: ask below a workspace")
	case sc.Principal == "":
		return fault.New(fault.Unauthorised, "the products of a workspace are its owner's: a bearer token is needed")
	}
	return nil
}

// refuse is nil for the owner of a workspace that is there, or half made, and for admins.
func (w *tenant) refuse(sc scope.Scope) error {
	switch {
	case w.state != WorkspaceActive && w.state != WorkspaceCreating:
		return fault.At(fault.NotFound, "workspace", "there is no workspace %q", sc.Workspace)
	case sc.Principal != w.owner && !slices.Contains(sc.Roles, scope.Admin):
		return fault.New(fault.Forbidden, "%s does not own the workspace %q", sc.Principal, sc.Workspace)
	}
	return nil
}
