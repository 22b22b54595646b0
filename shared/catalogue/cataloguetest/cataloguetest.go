// Package cataloguetest gives tests a catalogue of their own on a real PostGIS server.
package cataloguetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"perigee/shared/catalogue"
)

// Open gives the test an empty, migrated catalogue of its own, which goes with the test.
func Open(t testing.TB) *catalogue.Store {
	t.Helper()
	store, err := catalogue.Open(t.Context(), catalogue.Config{URL: URL(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

// URL is Open for what connects by itself: the address of an empty, migrated database of the test's own.
func URL(t testing.TB) string {
	t.Helper()
	return clone(t, template(t))
}

// Settle does for a catalogue what the server does by itself after a while: it counts what there is and cleans up.
func Settle(t testing.TB, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), "vacuum analyze"); err != nil {
		t.Fatal(err)
	}
}

// EmptyURL is the address of a database of the test's own that nobody migrated.
func EmptyURL(t testing.TB) string {
	t.Helper()
	return clone(t, "template0")
}

// server is the address of the tests' server. A test fails when none is given.
func server(t testing.TB) string {
	t.Helper()
	address := os.Getenv("PERIGEE_TEST_DATABASE_URL")
	if address == "" {
		t.Fatal("PERIGEE_TEST_DATABASE_URL is not set: run the tests by `make test`, or by `bin/local-runner with -- go test ./...`")
	}
	return address
}

// database is the same server's address of another database.
func database(t testing.TB, name string) string {
	t.Helper()
	u, err := url.Parse(server(t))
	if err != nil {
		t.Fatalf("PERIGEE_TEST_DATABASE_URL: %v", err)
	}
	u.Path = "/" + name
	return u.String()
}

func connect(t testing.TB, ctx context.Context) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(ctx, server(t))
	if err != nil {
		t.Fatalf("the tests' database server: %v", err)
	}
	return conn
}

func run(t testing.TB, ctx context.Context, conn *pgx.Conn, statement string) {
	t.Helper()
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func clone(t testing.TB, from string) string {
	t.Helper()
	ctx, name := t.Context(), "perigee_test_"+strings.ToLower(rand.Text())
	conn := connect(t, ctx)
	defer conn.Close(ctx)
	alone(t, ctx, conn, "create database "+name+" template "+from)
	t.Cleanup(func() { drop(t, name) })
	return database(t, name)
}

// alone runs a statement for which nobody else may look at a database, as soon as nobody does: the server cleans up in each now and then.
func alone(t testing.TB, ctx context.Context, conn *pgx.Conn, statement string) {
	t.Helper()
	const inUse = "55006" // object_in_use, which is told after five seconds
	_, err := conn.Exec(ctx, statement)
	for refused := new(pgconn.PgError); errors.As(err, &refused) && refused.Code == inUse && ctx.Err() == nil; {
		_, err = conn.Exec(ctx, statement)
	}
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func drop(t testing.TB, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute) // the server writes down all that it has first
	defer cancel()
	conn := connect(t, ctx)
	defer conn.Close(ctx)
	run(t, ctx, conn, "drop database if exists "+name+" with (force)")
}

// template makes, once per server and state of the migrations, the migrated database that tests get copies of.
func template(t testing.TB) string {
	t.Helper()
	ctx, name := t.Context(), "perigee_template_"+fingerprint(t)
	conn := connect(t, ctx)
	defer conn.Close(ctx)
	run(t, ctx, conn, "select pg_advisory_lock(hashtext('perigee test template'))") // until the connection is closed
	var exists bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&exists); err != nil {
		t.Fatal(err)
	}
	if exists {
		return name
	}
	run(t, ctx, conn, "drop database if exists "+name+"_unfinished with (force)")
	run(t, ctx, conn, "create database "+name+"_unfinished template template0")
	if err := catalogue.Migrate(ctx, database(t, name+"_unfinished"), func(string) {}); err != nil {
		t.Fatal(err)
	}
	alone(t, ctx, conn, "alter database "+name+"_unfinished rename to "+name)
	return name
}

func fingerprint(t testing.TB) string {
	t.Helper()
	hash := sha256.New()
	files := catalogue.Migrations()
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		hash.Write([]byte(name))
		hash.Write(content)
	}
	return hex.EncodeToString(hash.Sum(nil))[:16]
}
