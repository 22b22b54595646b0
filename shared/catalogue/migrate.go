package catalogue

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"perigee/shared/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the files that Migrate runs.
func Migrations() fs.FS {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil { // cannot be: the folder is embedded above
		return migrations
	}
	return files
}

// minimumVersion is the oldest schema that this program works on: filters are compiled to its functions, and writing calls some. A newer one is fine: migrations expand first and
// contract when no program of the former version runs any more.
const minimumVersion = 27

const versionTable = "perigee.schema_version"

// Ready is nil when the database answers and its schema is new enough for this program. It is fault.Conflict when the schema
// is not, which lasts until somebody migrates it or grants what is needed; fault.Unavailable when nobody answers.
func (s *Store) Ready(ctx context.Context) error { return s.atLeast(ctx, minimumVersion) }

// atLeast is nil when the database answers and its schema has the version or a newer one.
func (s *Store) atLeast(ctx context.Context, needed int64) error {
	var found bool
	var version int64
	err := s.ask(ctx, "tell the version of its schema", question{
		sql:  "select coalesce(max(version_id), 0) from " + versionTable + " where is_applied",
		rows: one(&found, &version),
	})
	var answer *pgconn.PgError
	if errors.As(err, &answer) && strings.HasPrefix(answer.Code, syntaxOrAccess) {
		return fault.New(fault.Conflict, "the schema of the catalogue has to be migrated, or granted: %v", err)
	}
	if err != nil {
		return err
	}
	if version < needed {
		return fault.New(fault.Conflict, "the schema of the catalogue has version %d, this program needs %d: it has to be migrated", version, needed)
	}
	return nil
}

// syntaxOrAccess is the class of the errors of PostgreSQL of what is not there, or not granted.
const syntaxOrAccess = "42"

// Migrate brings the schema of the database at url up to date; report gets one line per step. It needs a session of its
// own, not one of a pooler. Several at once take turns.
func Migrate(ctx context.Context, url string, report func(string)) error {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return fault.At(fault.Invalid, "DATABASE_URL", "the address of the database cannot be read") // its text may hold a password
	}
	db := stdlib.OpenDB(*cfg)
	defer db.Close()
	if err := prepare(ctx, db, report); err != nil {
		return classify(err, "prepare its schema")
	}
	return classify(migrate(ctx, db, report), "migrate its schema")
}

// prepare makes the schema and the extensions. These go where every role finds them: for an owner who is called like the
// schema, the schema is the first to look into, for others it is not.
func prepare(ctx context.Context, db *sql.DB, report func(string)) error {
	if err := createSchema(ctx, db); err != nil {
		return err
	}
	for _, extension := range []string{"postgis", "pg_trgm"} {
		var exists bool
		if err := db.QueryRowContext(ctx, "select exists (select from pg_extension where extname = $1)", extension).Scan(&exists); err != nil {
			return err
		}
		if exists {
			continue
		}
		if _, err := db.ExecContext(ctx, "create extension if not exists "+extension+" schema public"); err != nil && !duplicate(err) {
			return fault.Classify(kindOf(err), err, "the database needs the extension %s, and it could not be created", extension)
		}
		report("extension " + extension)
	}
	return nil
}

func createSchema(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, "create schema if not exists perigee")
	if duplicate(err) {
		return nil
	}
	return err
}

// duplicate tells whether another one made the same thing at the same time: "if not exists" does not wait.
func duplicate(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && (answer.Code == "23505" || answer.Code == "42P06" || answer.Code == "42710")
}

func migrate(ctx context.Context, db *sql.DB, report func(string)) error {
	turns, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, Migrations(),
		goose.WithTableName(versionTable), goose.WithSessionLocker(turns), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	results, err := provider.Up(ctx)
	for _, r := range results {
		report(fmt.Sprintf("migration %s in %d ms", r.Source.Path, r.Duration.Milliseconds()))
	}
	return err
}
