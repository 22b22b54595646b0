package catalogue_test

import (
	"context"
	"crypto/rand"
	"io/fs"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/record"
)

// Several that migrate an empty database at once take turns; before, the catalogue is not ready.
func TestMigrate(t *testing.T) {
	url := cataloguetest.EmptyURL(t)
	s, err := catalogue.Open(t.Context(), catalogue.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	notReady := func(err error) {
		t.Helper()
		if fault.KindOf(err) != fault.Unavailable || err == nil {
			t.Errorf("without a schema: %v", err)
		}
	}
	if err := s.Ready(t.Context()); fault.KindOf(err) != fault.Conflict {
		t.Errorf("without a schema: %v", err)
	}
	_, err = s.Search(t.Context(), writer(""), catalogue.Query{})
	notReady(err)
	_, err = s.Extents(t.Context(), writer(""))
	notReady(err)
	var group errgroup.Group
	reports := make([][]string, 3)
	for i := range reports {
		group.Go(func() error {
			return catalogue.Migrate(t.Context(), url, func(line string) { reports[i] = append(reports[i], line) })
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	reported := 0
	for _, lines := range reports {
		reported += strings.Count(strings.Join(lines, "\n"), "migration ")
	}
	if want := migrationFiles(t); reported != want {
		t.Errorf("%d migrations were reported, want %d: %q", reported, want, reports)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

func migrationFiles(t *testing.T) int {
	t.Helper()
	names, err := fs.Glob(catalogue.Migrations(), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

// A store that was opened before the database was migrated draws and finds geometries afterwards.
func TestAStoreThatWaitsForItsSchema(t *testing.T) {
	url := cataloguetest.EmptyURL(t)
	s, err := catalogue.Open(t.Context(), catalogue.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Ready(t.Context()); err == nil {
		t.Fatal("ready without a schema")
	}
	if err := catalogue.Migrate(t.Context(), url, func(string) {}); err != nil {
		t.Fatal(err)
	}
	applied(t, s, writer(""), drawn(item("S2", "a", noon), "S2"))
	if page := search(t, s, writer(""), catalogue.Query{Geometry: box(10, 45, 11, 46)}); len(page.Records) != 1 || page.Records[0].Footprint == nil {
		t.Errorf("found %+v", page)
	}
}

// Who may not create an extension is told which one the database lacks.
func TestAnExtensionThatMayNotBeCreated(t *testing.T) {
	address := cataloguetest.EmptyURL(t)
	conn := connect(t, address)
	as := role(t, conn, address)
	if _, err := conn.Exec(t.Context(), "grant create on database "+conn.Config().Database+" to "+as.name); err != nil {
		t.Fatal(err)
	}
	err := catalogue.Migrate(t.Context(), as.url, func(string) {})
	if err == nil || !strings.Contains(err.Error(), "needs the extension postgis") {
		t.Errorf("%v", err)
	}
}

// as is a role of the test's own.
type as struct{ name, url string }

func role(t *testing.T, conn *pgx.Conn, address string) as {
	t.Helper()
	name := "perigee_test_" + strings.ToLower(rand.Text())
	if _, err := conn.Exec(t.Context(), "create role "+name+" login password 'x'"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, statement := range []string{"drop owned by " + name + " cascade", "drop role " + name} {
			if _, err := conn.Exec(context.Background(), statement); err != nil {
				t.Error(err)
			}
		}
	})
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("user", name)
	u.User, u.RawQuery = nil, query.Encode()
	return as{name, u.String()}
}

// Functions need not connect as the owner: a writer does everything, a reader reads, and neither may touch the version.
func TestRolesThatAreNotTheOwner(t *testing.T) {
	address := cataloguetest.URL(t)
	conn := connect(t, address)
	reader, writes := role(t, conn, address), role(t, conn, address)
	open := func(r as) *catalogue.Store {
		s, err := catalogue.Open(t.Context(), catalogue.Config{URL: r.url})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return s
	}
	if err := open(writes).Ready(t.Context()); fault.KindOf(err) != fault.Conflict {
		t.Errorf("before it is granted: %v", err)
	}
	for range 2 {
		if err := catalogue.Grant(t.Context(), address, []string{reader.name}, []string{writes.name}); err != nil {
			t.Fatal(err)
		}
	}
	if err := workload(t, open(writes), 1); err != nil {
		t.Error(err)
	}
	for name, o := range operations() {
		if _, err := o.ask(open(writes), writer("w"), t); err != nil {
			t.Errorf("%s of the writer: %v", name, err)
		}
		if _, err := o.ask(open(reader), writer("w"), t); !o.writes && err != nil {
			t.Errorf("%s of the reader: %v", name, err)
		}
	}
	if err := open(reader).Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := open(reader).Apply(t.Context(), writer(""), []record.Change{item("S2", "a", noon)}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the reader wrote: %v", err)
	}
	if _, err := open(reader).KnownWorkspace(t.Context(), writer(""), "ws"); err == nil {
		t.Error("the reader sees the workspaces")
	}
	if _, err := open(reader).Resources(t.Context(), writer("")); err == nil {
		t.Error("the reader sees what is harvested again")
	}
	if _, err := open(writes).Resources(t.Context(), writer("")); err != nil {
		t.Error(err)
	}
	if _, err := open(writes).KnownWorkspace(t.Context(), writer(""), "ws"); err != nil {
		t.Error(err)
	}
	if _, err := connect(t, writes.url).Exec(t.Context(), "delete from perigee.schema_version"); err == nil {
		t.Error("the writer changed the version")
	}
	if err := catalogue.Grant(t.Context(), address, []string{`no"body`}, nil); err == nil || !strings.Contains(err.Error(), `no\"body`) {
		t.Errorf("a role that is not there: %v", err)
	}
}

func TestAnOldSchemaIsNotReady(t *testing.T) {
	s, conn := opened(t)
	if _, err := conn.Exec(t.Context(), "delete from perigee.schema_version where version_id > 0"); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "has to be migrated") {
		t.Errorf("%v", err)
	}
}

// This program goes on while a later release has expanded the schema: with columns, indexes and tables that it knows nothing of,
// also on connections that are open.
func TestAnExpandedSchemaIsReady(t *testing.T) {
	s, conn := opened(t)
	if err := workload(t, s, 0); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{
		"record", "document", "coverage", "asset", "source_ref", "tombstone", "outbox", "counter", "revision", "layer_day", "registration", "dead_letter",
	} {
		statement := "alter table perigee." + table + " add column future text, add column numbered integer not null default 7"
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range []string{
		"create index on perigee.record (future)", "create table perigee.future (n bigint primary key)",
		"insert into perigee.schema_version (version_id, is_applied) values (99, true)",
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if err := workload(t, s, 1); err != nil {
		t.Error(err)
	}
	for name, o := range operations() {
		if _, err := o.ask(s, writer("w"), t); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Nothing is connected by Open, and a database that is away is a failure that passes.
func TestADatabaseThatIsAway(t *testing.T) {
	const nowhere = "postgres://someone:secret@127.0.0.1:1/none?connect_timeout=1"
	s, err := catalogue.Open(t.Context(), catalogue.Config{URL: nowhere})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, o := range operations() {
		if name == "SaveRegistrations" {
			continue // of none
		}
		if _, err := o.ask(s, writer(""), t); fault.KindOf(err) != fault.Unavailable || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Ready(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Ready: %v", err)
	}
	if err := catalogue.Migrate(t.Context(), nowhere, func(string) {}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Migrate: %v", err)
	}
	for _, bad := range []string{"postgres://user:secret@%zz/", "mysql://x"} {
		if _, err := catalogue.Open(t.Context(), catalogue.Config{URL: bad}); fault.KindOf(err) != fault.Invalid || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// Connections that the server ends are replaced, and the failure of the question that met it passes.
func TestAServerThatRestarts(t *testing.T) {
	s, conn := opened(t)
	applied(t, s, writer(""), item("S2", "a", noon))
	if _, err := conn.Exec(t.Context(), "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		_, err := s.Search(t.Context(), writer(""), catalogue.Query{})
		if err == nil {
			return
		}
		if fault.KindOf(err) != fault.Unavailable {
			t.Fatalf("the question that met it: %v", err)
		}
	}
	t.Error("it never recovers")
}

func TestQuestionsEndInTime(t *testing.T) {
	url := cataloguetest.URL(t)
	s, err := catalogue.Open(t.Context(), catalogue.Config{URL: url, StatementTimeout: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	conn := connect(t, url)
	answered(t, s) // its types are known from now on
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "lock table perigee.record"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Search(t.Context(), writer(""), catalogue.Query{}); fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "statement timeout") {
		t.Errorf("a search behind a lock: %v", err)
	}
	if _, err := s.Apply(t.Context(), writer(""), []record.Change{item("S2", "a", noon)}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a change behind a lock: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.Search(ctx, writer(""), catalogue.Query{}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a client that went: %v", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	answered(t, s)
}
