package catalogue

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/fault"
	"perigee/shared/scope"
)

// WorkspaceState says what a workspace is, or is becoming.
type WorkspaceState string

// The states of a workspace. A deleted one keeps its row: what lies in its bucket is its former owner's.
const (
	WorkspaceCreating WorkspaceState = "creating"
	WorkspaceActive   WorkspaceState = "active"
	WorkspaceDeleting WorkspaceState = "deleting"
	WorkspaceDeleted  WorkspaceState = "deleted"
)

// The types of events about workspaces.
const (
	EventWorkspaceCreated = "perigee.workspace.created"
	EventWorkspaceDeleted = "perigee.workspace.deleted"
)

// Workspace is a tenant of the house: a name, an owner, a bucket of that name and the credentials of it.
type Workspace struct {
	Name       string
	Owner      string
	State      WorkspaceState
	Step       string // the last one that was done towards the state
	Error      string // why the next one was not, in words
	Generation int    // how often a workspace of this name was made
	AccessKey  string
	Secret     []byte // sealed by who made it
	Kept       bool   // the bucket may hold what the owner left in it
	Purge      bool   // the deletion empties the bucket too
	Created    time.Time
	Modified   time.Time

	token  int64 // of the lease
	leased bool  // somebody works on it
}

// workspaceVersion is the oldest schema that has workspaces and their products.
const workspaceVersion = 8

// ReadyForWorkspaces is Ready for who makes and removes workspaces.
func (s *Store) ReadyForWorkspaces(ctx context.Context) error {
	return s.atLeast(ctx, workspaceVersion)
}

// settled tells whether there is nothing to be done.
func (w Workspace) settled() bool {
	return w.State == WorkspaceActive || w.State == WorkspaceDeleted
}

const workspaceColumns = `w.name, w.owner, w.state, w.step, w.error, w.generation, w.access_key, w.secret, w.kept, w.purge, w.created, w.modified,
	w.token, w.lease > now()`

func (w *Workspace) into() []any {
	return []any{
		&w.Name, &w.Owner, &w.State, &w.Step, &w.Error, &w.Generation, &w.AccessKey, &w.Secret, &w.Kept, &w.Purge, &w.Created, &w.Modified,
		&w.token, &w.leased,
	}
}

// mayHave is nil for the owner of a workspace and for an admin.
func (w Workspace) mayHave(sc scope.Scope) error {
	switch {
	case mayEverywhere(sc) == nil:
		return nil
	case sc.Principal == "":
		return fault.New(fault.Unauthorised, "the workspace %q is shown to its owner: a bearer token is needed", w.Name)
	case sc.Principal != w.Owner:
		return fault.New(fault.Forbidden, "%s does not own the workspace %q", sc.Principal, w.Name)
	}
	return nil
}

// Workspace finds a workspace that is there, or half made, for its owner or an admin. The scope is one of the system's
// workspace.
func (s *Store) Workspace(ctx context.Context, sc scope.Scope, name string) (Workspace, error) {
	if err := inSystem(sc); err != nil {
		return Workspace{}, err
	}
	if err := checkTexts(name); err != nil {
		return Workspace{}, err
	}
	var found bool
	var w Workspace
	err := s.ask(ctx, "find a workspace", question{
		sql:  "select " + workspaceColumns + " from perigee.workspace w where w.name = $1",
		args: []any{name}, rows: one(&found, w.into()...),
	})
	switch {
	case err != nil:
		return Workspace{}, err
	case !found, w.State == WorkspaceDeleted, w.State == WorkspaceDeleting:
		return Workspace{}, fault.At(fault.NotFound, "workspace", "there is no workspace %q", name)
	}
	return w, w.mayHave(sc)
}

// KnownWorkspace tells whether there is, or ever was, a workspace of a name: whether the bucket of that name is one's.
func (s *Store) KnownWorkspace(ctx context.Context, sc scope.Scope, name string) (known bool, err error) {
	if err := inSystem(sc); err != nil {
		return false, err
	}
	if err := checkTexts(name); err != nil {
		return false, err
	}
	var found bool
	err = s.ask(ctx, "look for a workspace", question{
		sql:  "select exists (select from perigee.workspace where name = $1)",
		args: []any{name}, rows: one(&found, &known),
	})
	return known, err
}

// inSystem is nil for a valid scope of the system's workspace, in which workspaces are managed.
func inSystem(sc scope.Scope) error {
	if err := sc.Valid(); err != nil {
		return err
	}
	if sc.Workspace != scope.System {
		return fault.New(fault.Forbidden, "workspaces are managed in the system's workspace")
	}
	return nil
}

// Workspaces lists the workspaces that are there or half made, by name: an admin's are all, others' their own. Next is a
// token for after.
func (s *Store) Workspaces(ctx context.Context, sc scope.Scope, limit int, after string) (found []Workspace, next string, err error) {
	if err := inSystem(sc); err != nil {
		return nil, "", err
	}
	everybodys := mayEverywhere(sc) == nil
	if !everybodys && sc.Principal == "" {
		return nil, "", fault.New(fault.Unauthorised, "workspaces are listed for who owns them: a bearer token is needed")
	}
	const sql = "select " + workspaceColumns + ` from perigee.workspace w
		where w.state in ('creating', 'active') and ($1 or w.owner = $2) and w.name > $3 order by w.name limit $4`
	bound := binding(sc, sql, []any{everybodys})
	t, err := parseToken(after, bound, 1)
	if err != nil {
		return nil, "", err
	}
	last := ""
	if t != nil {
		last = t.Keys[0]
	}
	limit = bounded(limit, defaultList)
	err = s.ask(ctx, "list workspaces", question{sql, []any{everybodys, sc.Principal, last, limit + 1}, each(&found, func(rows pgx.Rows) (w Workspace, err error) {
		return w, rows.Scan(w.into()...)
	})})
	if err == nil && len(found) > limit {
		found = found[:limit]
		next = token{Keys: []string{found[limit-1].Name}, For: bound}.String()
	}
	return found, next, err
}

// ClaimWorkspace takes a workspace to make it, or to repair it, for as long as the lease: wanted says the name, the owner
// and, should it be new, the credentials. The event of a new one waits in the outbox. Another owner's is a Conflict, and
// so is one that was deleted while its bucket holds what another owner left in it; one that somebody else works on is
// Unavailable. Owners claim their own and need scope.Writer, admins claim for everybody. A fresh one was not there before.
func (s *Store) ClaimWorkspace(ctx context.Context, sc scope.Scope, wanted Workspace, lease time.Duration) (w Workspace, fresh bool, err error) {
	if err := mayClaim(sc, wanted); err != nil {
		return Workspace{}, false, err
	}
	w, err = s.takeWorkspace(ctx, wanted.Name, lease, func(held *Workspace) (*Event, error) {
		switch {
		case held.State == "", held.State == WorkspaceDeleted && (held.Owner == wanted.Owner || !held.Kept):
			fresh = true
			return held.begin(wanted)
		case held.State == WorkspaceDeleted:
			return nil, fault.At(fault.Conflict, "preferred_name", "the bucket of the former workspace %q still holds the data of its owner; an admin may purge it", held.Name)
		case held.Owner != wanted.Owner:
			return nil, fault.At(fault.Conflict, "preferred_name", "there is a workspace %q already, and it is not owned by %s", held.Name, wanted.Owner)
		case held.State == WorkspaceDeleting:
			return nil, fault.New(fault.Unavailable, "the workspace %q is being deleted; ask again when it is gone", held.Name)
		}
		return nil, nil
	})
	return w, fresh && err == nil, err
}

func mayClaim(sc scope.Scope, wanted Workspace) error {
	if err := inSystem(sc); err != nil {
		return err
	}
	if err := sc.MayWrite(); err != nil {
		return err
	}
	if wanted.Owner != sc.Principal && mayEverywhere(sc) != nil {
		return fault.At(fault.Forbidden, "default_owner", "%s may not make workspaces for %s: this needs the role %q", sc.Principal, wanted.Owner, scope.Admin)
	}
	if wanted.Name == "" || wanted.Owner == "" || wanted.AccessKey == "" {
		return fault.New(fault.Internal, "a workspace needs a name, an owner and credentials")
	}
	if err := checkTexts(wanted.Name, wanted.Owner); err != nil {
		return err
	}
	return firstTooLong(length{"default_owner", len(wanted.Owner), maxName}, length{"preferred_name", len(wanted.Name), maxName})
}

// begin makes the row of a new workspace.
func (w *Workspace) begin(wanted Workspace) (*Event, error) {
	w.Owner, w.State, w.Step, w.Error, w.Purge = wanted.Owner, WorkspaceCreating, "", "", false
	w.AccessKey, w.Secret, w.Created, w.Generation = wanted.AccessKey, wanted.Secret, time.Time{}, w.Generation+1
	return w.event(EventWorkspaceCreated, "created")
}

// DeleteWorkspace takes a workspace to remove it; from now on nothing is registered in it. The event of the deletion waits
// in the outbox. Only an admin may have the bucket emptied, also that of a workspace which is gone.
func (s *Store) DeleteWorkspace(ctx context.Context, sc scope.Scope, name string, purge bool, lease time.Duration) (Workspace, error) {
	if err := inSystem(sc); err != nil {
		return Workspace{}, err
	}
	if err := sc.MayWrite(); err != nil {
		return Workspace{}, err
	}
	if err := checkTexts(name); err != nil {
		return Workspace{}, err
	}
	admin := mayEverywhere(sc)
	if purge && admin != nil {
		return Workspace{}, fault.At(fault.Forbidden, "purge", "emptying a bucket needs the role %q", scope.Admin)
	}
	return s.takeWorkspace(ctx, name, lease, func(held *Workspace) (*Event, error) {
		if held.State == "" || held.State == WorkspaceDeleted && !(purge && held.Kept) {
			return nil, fault.At(fault.NotFound, "workspace", "there is no workspace %q", name)
		}
		if err := held.mayHave(sc); err != nil {
			return nil, err
		}
		if held.State == WorkspaceDeleting && held.Purge || held.State == WorkspaceDeleting && !purge {
			return nil, nil
		}
		held.State, held.Step, held.Error, held.Purge = WorkspaceDeleting, "", "", purge
		if purge {
			return held.event(EventWorkspaceDeleted, "purged")
		}
		return held.event(EventWorkspaceDeleted, "deleted")
	})
}

// LeaseWorkspace takes a workspace to finish what was begun. One that is settled is given without being taken: there is
// nothing to do. The scope must hold scope.Admin.
func (s *Store) LeaseWorkspace(ctx context.Context, sc scope.Scope, name string, lease time.Duration) (w Workspace, settled bool, err error) {
	if err := mayEverywhere(sc); err != nil {
		return Workspace{}, false, err
	}
	if err := checkTexts(name); err != nil {
		return Workspace{}, false, err
	}
	w, err = s.takeWorkspace(ctx, name, lease, func(held *Workspace) (*Event, error) {
		if held.State == "" || held.settled() {
			w = *held
			return nil, errSettled
		}
		return nil, nil
	})
	if err == errSettled {
		return w, true, nil
	}
	return w, false, err
}

// errSettled ends the taking of a workspace about which there is nothing to do.
var errSettled error = &fault.Error{Kind: fault.Conflict, Message: "there is nothing to do"}

// takeWorkspace reads the row of a workspace, of which there may be none, has decide change it, and writes it with a new
// lease. It waits for the changes of records that are under way in the workspace, and holds up further ones: they see
// the state that is written.
func (s *Store) takeWorkspace(ctx context.Context, name string, lease time.Duration, decide func(held *Workspace) (*Event, error)) (Workspace, error) {
	w := Workspace{Name: name}
	err := s.transaction(ctx, "take a workspace", func(ctx context.Context, tx sender) error {
		var found bool
		err := send(ctx, tx, []question{begin, s.bounded(), hold(workspaceLock, name, []string{""}), {
			sql:  "select " + workspaceColumns + " from perigee.workspace w where w.name = $1",
			args: []any{name}, rows: one(&found, w.into()...),
		}})
		if err != nil {
			return err
		}
		event, err := decide(&w)
		if err != nil {
			return err
		}
		if w.leased {
			return fault.New(fault.Unavailable, "the workspace %q is being worked on; ask again in a moment", name)
		}
		w.token++
		return send(ctx, tx, append(w.put(event, lease), commit))
	})
	if err == nil {
		w.leased = true
	}
	return w, err
}

// put writes the row of a workspace, and its event.
func (w *Workspace) put(e *Event, lease time.Duration) []question {
	var found bool
	all := []question{{
		sql: `insert into perigee.workspace as w (name, owner, state, step, error, generation, access_key, secret, kept, purge, token, lease, created, modified)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now() + make_interval(secs => $12), now(), now())
			on conflict (name) do update set owner = excluded.owner, state = excluded.state, step = excluded.step, error = excluded.error,
				generation = excluded.generation, access_key = excluded.access_key, secret = excluded.secret, kept = excluded.kept,
				purge = excluded.purge, token = excluded.token, lease = excluded.lease, modified = excluded.modified,
				created = case when w.generation = excluded.generation then w.created else excluded.created end
			returning created, modified`,
		args: []any{
			w.Name, w.Owner, string(w.State), w.Step, w.Error, w.Generation, w.AccessKey, append([]byte{}, w.Secret...), w.Kept, w.Purge, w.token,
			lease.Seconds(),
		},
		rows: one(&found, &w.Created, &w.Modified),
	}}
	if e == nil {
		return all
	}
	return append(all, waits(*e))
}

// waits puts an event about a workspace into the outbox.
func waits(e Event) question {
	return question{
		sql: `insert into perigee.outbox (id, workspace, type, subject, collection, data, time) values ($1, $2, $3, $4, '', $5::text::json, now())
			on conflict (id) do nothing`,
		args: []any{e.ID, e.Workspace, e.Type, e.Subject, string(e.Data)},
	}
}

// event tells of a workspace, the same for the same generation and word.
func (w *Workspace) event(kind, word string) (*Event, error) {
	data, err := json.Marshal(map[string]any{"name": w.Name, "owner": w.Owner, "bucket": w.Name, "generation": w.Generation})
	if err != nil { // texts and numbers can always be written
		return nil, fault.Classify(fault.Internal, err, "the event of the workspace %q", w.Name)
	}
	return &Event{ID: fmt.Sprintf("workspace/%s/%d/%s", w.Name, w.Generation, word), Type: kind, Subject: w.Name, Workspace: w.Name, Data: data}, nil
}

// AdvanceWorkspace writes what was done of a workspace that was taken: its State, Step, Error and Kept. The lease begins
// anew; one of no length lets the workspace go. When somebody else has taken the workspace since, nothing is written, and
// the work must stop: Unavailable. The credentials of a deleted workspace are forgotten.
func (s *Store) AdvanceWorkspace(ctx context.Context, w *Workspace, lease time.Duration) error {
	if w.State == WorkspaceDeleted {
		w.AccessKey, w.Secret = "", nil
	}
	w.Error = clean(w.Error, maxMessage)
	var found bool
	err := s.ask(ctx, "note what was done of a workspace", question{
		sql: `update perigee.workspace set state = $3, step = $4, error = $5, kept = $6, access_key = $7, secret = $8,
				lease = now() + make_interval(secs => $9), modified = now()
			where name = $1 and token = $2 returning modified`,
		args: []any{w.Name, w.token, string(w.State), w.Step, w.Error, w.Kept, w.AccessKey, append([]byte{}, w.Secret...), lease.Seconds()},
		rows: one(&found, &w.Modified),
	})
	if err == nil && !found {
		return fault.New(fault.Unavailable, "somebody else has taken the workspace %q", w.Name)
	}
	return err
}
