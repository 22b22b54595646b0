package catalogue

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"perigee/shared/fault"
)

// Grant lets roles that do not own the schema use it after Migrate: readers ask, and note what they ask for; writers change what is in it. Readers do
// not see the workspaces, whose credentials are there, sealed, nor the addresses that are harvested again, which may hold some. It is for deployments in which functions connect by other
// roles than the owner.
func Grant(ctx context.Context, url string, readers, writers []string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return classify(err, "connect to grant rights")
	}
	defer conn.Close(context.WithoutCancel(ctx))
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, role := range slices.Concat(readers, writers) {
			if err := grant(ctx, tx, role, "grant usage on schema perigee to ", "grant select on all tables in schema perigee to "); err != nil {
				return err
			}
		}
		for _, role := range readers {
			if slices.Contains(writers, role) {
				continue
			}
			if err := grant(ctx, tx, role, "revoke select on perigee.workspace from ", "revoke select on perigee.harvest_resource from ", "grant insert on perigee.queryable_use to "); err != nil {
				return err
			}
		}
		for _, role := range writers {
			if err := grant(ctx, tx, role, "grant insert, update, delete on all tables in schema perigee to ",
				"grant usage on all sequences in schema perigee to "); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "revoke insert, update, delete on "+versionTable+" from "+quoted(role)); err != nil {
				return err
			}
		}
		return nil
	})
	return classify(err, "grant rights")
}

func grant(ctx context.Context, tx pgx.Tx, role string, statements ...string) error {
	for _, statement := range statements {
		if _, err := tx.Exec(ctx, statement+quoted(role)); err != nil {
			return fault.Classify(kindOf(err), err, "the role %q", role)
		}
	}
	return nil
}

// quoted is the name of a role in a statement that takes no parameters.
func quoted(role string) string { return pgx.Identifier{role}.Sanitize() }
