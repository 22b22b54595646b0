// Command migrate brings the catalogue's schema to the version that this release needs. It is a Job, run to its end
// before the functions of a release start; running it again changes nothing.
//
// In: a Job's start
// Out: nothing
// Reads: the catalogue
// Writes: the catalogue's schema
package main

import (
	"context"
	"log/slog"

	"perigee/shared/catalogue"
	"perigee/shared/function"
)

type config struct {
	DatabaseURL string `envconfig:"DATABASE_URL" required:"true" desc:"PostgreSQL URL of a role that owns the schema"`
}

func main() { function.Main("migrate", run) }

func run(ctx context.Context, c config) error {
	return catalogue.Migrate(ctx, c.DatabaseURL, func(step string) { slog.Info("migrated", "step", step) })
}
