package catalogue_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
)

const lease = time.Minute

func admin() scope.Scope { return scope.New(scope.System, "root", scope.Writer, scope.Admin) }

func wanted(name, owner string) catalogue.Workspace {
	return catalogue.Workspace{Name: name, Owner: owner, AccessKey: "KEY", Secret: []byte("sealed")}
}

// made is a workspace that is finished.
func made(t *testing.T, s *catalogue.Store, name, owner string) catalogue.Workspace {
	t.Helper()
	w, fresh, err := s.ClaimWorkspace(t.Context(), admin(), wanted(name, owner), lease)
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	w.State = catalogue.WorkspaceActive
	if err := s.AdvanceWorkspace(t.Context(), &w, 0); err != nil {
		t.Fatal(err)
	}
	return w
}

// unmade deletes a workspace to the end.
func unmade(t *testing.T, s *catalogue.Store, name string, kept bool) {
	t.Helper()
	w, err := s.DeleteWorkspace(t.Context(), admin(), name, false, lease)
	if err != nil {
		t.Fatal(err)
	}
	cleared(t, s, name)
	w.State, w.Kept = catalogue.WorkspaceDeleted, kept
	if err := s.AdvanceWorkspace(t.Context(), &w, 0); err != nil {
		t.Fatal(err)
	}
}

func cleared(t *testing.T, s *catalogue.Store, name string) {
	t.Helper()
	for more := true; more; {
		var err error
		if more, err = s.ClearWorkspace(t.Context(), admin(), name); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhoMayHaveAWorkspace(t *testing.T) {
	s := cataloguetest.Open(t)
	eric, bob, nobody := writer(""), scope.New("", "bob", scope.Writer), scope.New("", "")
	made(t, s, "ws-a", "tester")
	made(t, s, "ws-b", "bob")
	for name, c := range map[string]struct {
		sc   scope.Scope
		want string // a kind, or the names that are listed
		one  string // of ws-a
	}{
		"admin": {admin(), "ws-a ws-b", ""}, "owner": {eric, "ws-a", ""}, "another": {bob, "ws-b", "forbidden"},
		"nobody": {nobody, "unauthorised", "unauthorised"}, "in a workspace": {writer("ws-a"), "forbidden", "forbidden"},
	} {
		found, _, err := s.Workspaces(t.Context(), c.sc, 0, "")
		var names []string
		for _, w := range found {
			names = append(names, w.Name)
		}
		got := strings.Join(names, " ")
		if err != nil {
			got = fault.KindOf(err).String()
		}
		if got != c.want {
			t.Errorf("%s: listed %q, want %q", name, got, c.want)
		}
		if _, err := s.Workspace(t.Context(), c.sc, "ws-a"); (err == nil) != (c.one == "") || err != nil && fault.KindOf(err).String() != c.one {
			t.Errorf("%s: ws-a: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		sc   scope.Scope
		kind fault.Kind
	}{
		"a reader": {scope.New("", "bob"), fault.Forbidden}, "nobody": {nobody, fault.Unauthorised}, "for another": {bob, fault.Forbidden},
		"an admin of a workspace": {scope.New("ws-a", "bob", scope.Admin), fault.Forbidden},
	} {
		if _, _, err := s.ClaimWorkspace(t.Context(), c.sc, wanted("ws-c", "carol"), lease); err == nil || fault.KindOf(err) != c.kind {
			t.Errorf("%s claims: %v", name, err)
		}
		if _, err := s.DeleteWorkspace(t.Context(), c.sc, "ws-a", false, lease); err == nil {
			t.Errorf("%s deletes ws-a", name)
		}
	}
	if _, err := s.DeleteWorkspace(t.Context(), bob, "ws-b", true, lease); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an owner purges: %v", err)
	}
	if _, _, err := s.LeaseWorkspace(t.Context(), bob, "ws-b", lease); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an owner finishes: %v", err)
	}
	if _, err := s.ClearWorkspace(t.Context(), admin(), ""); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("the system is cleared: %v", err)
	}
}

// There is no question about workspaces without a scope.
func TestWorkspacesNeedAScope(t *testing.T) {
	s := cataloguetest.Open(t)
	var none scope.Scope
	var errs []error
	keep := func(_ any, err error) { errs = append(errs, err) }
	_, _, err := s.Workspaces(t.Context(), none, 0, "")
	keep(nil, err)
	_, _, err = s.ClaimWorkspace(t.Context(), none, wanted("ws", "anna"), lease)
	keep(nil, err)
	_, _, err = s.LeaseWorkspace(t.Context(), none, "ws", lease)
	keep(nil, err)
	keep(s.Workspace(t.Context(), none, "ws"))
	keep(s.KnownWorkspace(t.Context(), none, "ws"))
	keep(s.DeleteWorkspace(t.Context(), none, "ws", false, lease))
	keep(s.ClearWorkspace(t.Context(), none, "ws"))
	for i, err := range errs {
		if err == nil || fault.KindOf(err) != fault.Internal {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestWorkspacesComeInPages(t *testing.T) {
	s := cataloguetest.Open(t)
	for i := range 5 {
		made(t, s, fmt.Sprintf("ws-%d", i), "tester")
	}
	var names []string
	for after := ""; ; {
		page, next, err := s.Workspaces(t.Context(), writer(""), 2, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range page {
			names = append(names, w.Name)
		}
		if after = next; next == "" {
			break
		}
	}
	if got := strings.Join(names, " "); got != "ws-0 ws-1 ws-2 ws-3 ws-4" {
		t.Errorf("%s", got)
	}
	_, next, _ := s.Workspaces(t.Context(), writer(""), 2, "")
	if _, _, err := s.Workspaces(t.Context(), admin(), 2, next); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a token of somebody else: %v", err)
	}
}

// The life of a name: what comes after what, and whose it is.
func TestLifeOfAWorkspace(t *testing.T) {
	s := cataloguetest.Open(t)
	claim := func(owner string) (catalogue.Workspace, error) {
		w, _, err := s.ClaimWorkspace(t.Context(), admin(), wanted("ws", owner), lease)
		return w, err
	}
	conflicts := func(what string, err error) {
		t.Helper()
		if fault.KindOf(err) != fault.Conflict || err == nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	first := made(t, s, "ws", "anna")
	if first.Generation != 1 || first.Created.IsZero() {
		t.Errorf("%+v", first)
	}
	_, err := claim("bob")
	conflicts("another owner", err)
	again, err := claim("anna")
	if err != nil || again.State != catalogue.WorkspaceActive || again.Generation != 1 || string(again.Secret) != "sealed" {
		t.Fatalf("asked again: %+v %v", again, err)
	}
	if _, err := claim("anna"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("while somebody works on it: %v", err)
	}
	if err := s.AdvanceWorkspace(t.Context(), &again, 0); err != nil {
		t.Fatal(err)
	}
	unmade(t, s, "ws", true)
	if _, err := s.Workspace(t.Context(), admin(), "ws"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("deleted: %v", err)
	}
	if _, err := s.DeleteWorkspace(t.Context(), admin(), "ws", false, lease); fault.KindOf(err) != fault.NotFound {
		t.Errorf("deleted twice: %v", err)
	}
	_, err = claim("bob")
	conflicts("the data of another", err)
	if second := made(t, s, "ws", "anna"); second.Generation != 2 {
		t.Errorf("%+v", second)
	}
	unmade(t, s, "ws", false)
	if third, err := claim("bob"); err != nil || third.Generation != 3 || third.Owner != "bob" {
		t.Errorf("after it was emptied: %+v %v", third, err)
	}
	var ids []string
	events, err := s.OutboxAll(t.Context(), admin(), 0)
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	if got := strings.Join(ids, " "); err != nil || got != "workspace/ws/1/created workspace/ws/1/deleted workspace/ws/2/created workspace/ws/2/deleted workspace/ws/3/created" {
		t.Errorf("%s %v", got, err)
	}
}

// Of many that ask at once one works; who lost its lease writes nothing any more.
func TestOneWorksOnAWorkspace(t *testing.T) {
	s := cataloguetest.Open(t)
	var group errgroup.Group
	got := make([]error, 8)
	for i := range got {
		group.Go(func() error {
			_, _, got[i] = s.ClaimWorkspace(t.Context(), admin(), wanted("ws", "anna"), lease)
			return nil
		})
	}
	_ = group.Wait() // failures are counted
	won := 0
	for _, err := range got {
		if err == nil {
			won++
		} else if fault.KindOf(err) != fault.Unavailable {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d work on it", won)
	}
	late, _, err := s.ClaimWorkspace(t.Context(), admin(), wanted("w2", "anna"), 0)
	if err != nil {
		t.Fatal(err)
	}
	now, settled, err := s.LeaseWorkspace(t.Context(), admin(), "w2", lease)
	if err != nil || settled {
		t.Fatalf("%v %v", settled, err)
	}
	late.State = catalogue.WorkspaceActive
	if err := s.AdvanceWorkspace(t.Context(), &late, lease); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the late one wrote: %v", err)
	}
	now.Error = "the store is away"
	if err := s.AdvanceWorkspace(t.Context(), &now, 0); err != nil {
		t.Fatal(err)
	}
	if w, settled, err := s.LeaseWorkspace(t.Context(), admin(), "w2", lease); err != nil || settled || w.Error != "the store is away" {
		t.Errorf("after a failure: %+v %v %v", w, settled, err)
	}
	if _, settled, err := s.LeaseWorkspace(t.Context(), admin(), "nowhere", lease); err != nil || !settled {
		t.Errorf("one that is not there: %v %v", settled, err)
	}
}

// A deletion takes records, layers and statuses with it, tells of each record, and keeps what prevents the past from
// coming back: the count of changes goes on, and late registrations are refused.
func TestAWorkspaceIsCleared(t *testing.T) {
	s := cataloguetest.Open(t)
	made(t, s, "ws", "anna")
	sc := writer("ws")
	ahead := item("S2", "ahead", noon)
	ahead.Source.Time = time.Now().Add(48 * time.Hour)
	collection := item("", "S2", noon)
	collection.Record.Type = record.TypeCollection
	applied(t, s, sc, drawn(item("S2", "a", noon), "S2"), drawn(item("S2", "b", noon.AddDate(0, 2, 0)), "S2"), collection, ahead)
	applied(t, s, writer(""), drawn(item("S2", "a", noon), "S2"))
	applied(t, s, writer("other"), drawn(item("S2", "a", noon), "S2"))
	if err := s.SaveRegistrations(t.Context(), sc, []record.Registration{{Href: "s3://ws/a.json"}}); err != nil {
		t.Fatal(err)
	}
	if err := s.KeepDeadLetter(t.Context(), sc, catalogue.DeadLetter{ID: "e", Event: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	events, err := s.Outbox(t.Context(), sc, 0)
	if err != nil {
		t.Fatal(err)
	}
	before := len(events)
	_, counted, _ := s.Revisions(t.Context(), sc, 0)
	unmade(t, s, "ws", true)
	unmadeIsEmpty(t, s, sc)
	events, err = s.Outbox(t.Context(), sc, 0)
	deletions := 0
	for _, e := range events {
		if e.Type == catalogue.EventItemDelete || e.Type == catalogue.EventCollectionDelete {
			deletions++
		}
	}
	if err != nil || deletions != 4 || len(events) != before+5 {
		t.Errorf("%d deletions among %d events, before %d: %v", deletions, len(events), before, err)
	}
	changed, latest, err := s.Revisions(t.Context(), sc, counted)
	if err != nil || latest <= counted || len(changed) != 1 || changed[0].Layer != "S2" || changed[0].Bucket != catalogue.AnyTime || changed[0].Revision != latest {
		t.Errorf("revisions %d to %d: %+v %v", counted, latest, changed, err)
	}
	for _, other := range []string{"", "other"} {
		if page := search(t, s, writer(other), catalogue.Query{}); len(page.Records) != 1 {
			t.Errorf("in %q there are %d records", other, len(page.Records))
		}
	}
	got, err := s.Apply(t.Context(), sc, []record.Change{item("S2", "late", time.Now()), {Delete: true, Record: record.Record{Key: record.Key{Collection: "S2", ID: "a"}}}})
	if err != nil || fault.KindOf(got[0].Err) != fault.Conflict || got[0].Err == nil || got[1].Outcome != record.Absent {
		t.Errorf("late: %+v %v", got, err)
	}
	made(t, s, "ws", "anna")
	if got := applied(t, s, sc, drawn(item("S2", "a", noon), "S2")); got[0] != record.Stale {
		t.Errorf("an event of the former workspace: %+v", got)
	}
	unmadeIsEmpty(t, s, sc)
	if got := applied(t, s, sc, drawn(item("S2", "a", time.Now().Add(time.Minute)), "S2")); got[0] != record.Created {
		t.Errorf("a new upload: %+v", got)
	}
}

func unmadeIsEmpty(t *testing.T, s *catalogue.Store, sc scope.Scope) {
	t.Helper()
	if page := search(t, s, sc, catalogue.Query{}); len(page.Records) != 0 {
		t.Errorf("%d records are left", len(page.Records))
	}
	if layers, err := s.Extents(t.Context(), sc); err != nil || len(layers) != 0 {
		t.Errorf("layers %+v %v", layers, err)
	}
	if found, _, err := s.Registrations(t.Context(), sc, catalogue.RegistrationQuery{}); err != nil || len(found) != 0 {
		t.Errorf("registrations %+v %v", found, err)
	}
	if found, _, err := s.DeadLetters(t.Context(), sc, 0, ""); err != nil || len(found) != 0 {
		t.Errorf("dead letters %+v %v", found, err)
	}
}

// Every table that knows workspaces is cleared, or has a reason not to be.
func TestNoTableOfAWorkspaceIsForgotten(t *testing.T) {
	_, conn := opened(t)
	rows, err := conn.Query(t.Context(), `select table_name from information_schema.columns where table_schema = 'perigee' and column_name = 'workspace' order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	left := []string{
		"counter", "revision", "seed_mark", "seed_due", // the count goes on, so that no tile of before is fresh
		"tombstone", "outbox", // what comes late, what is still to be told
		"record", "layer_day", "tally", // through Apply
		"workspace_products", // is taken back, and its revision kept
	}
	for _, name := range tables {
		if slices.Contains(catalogue.TenantsTables(), "perigee."+name) == slices.Contains(left, name) {
			t.Errorf("the table %s is neither cleared with its workspace nor left for a reason", name)
		}
	}
}

// Registrations that run while a workspace is deleted leave nothing behind.
func TestDeletingWhileRegistering(t *testing.T) {
	s := cataloguetest.Open(t)
	made(t, s, "ws", "anna")
	var group errgroup.Group
	for n := range 3 {
		group.Go(func() error {
			for i := range 30 {
				if _, err := s.Apply(t.Context(), writer("ws"), []record.Change{drawn(item("S2", fmt.Sprintf("i%d-%d", n, i), time.Now()), "S2")}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	group.Go(func() error { unmade(t, s, "ws", true); return nil })
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	unmadeIsEmpty(t, s, writer("ws"))
}
