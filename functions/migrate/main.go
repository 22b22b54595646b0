// Command migrate prepares a release: it checks the product configuration and brings the catalogue's schema to the version
// that the release needs, open to the roles that functions connect by. It is a Job, run to its end before the functions start; running it again changes nothing.
//
// In: a Job's start
// Out: nothing
// Reads: the catalogue; the product configuration
// Writes: the catalogue's schema
package main

import (
	"context"
	"log/slog"
	"os"

	"perigee/shared/catalogue"
	"perigee/shared/function"
	"perigee/shared/product"
)

type config struct {
	DatabaseURL string   `envconfig:"DATABASE_URL" required:"true" desc:"PostgreSQL URL of a role that owns the schema"`
	Readers     []string `envconfig:"DATABASE_READERS" desc:"roles that functions read by, between commas, when they are not the owner"`
	Writers     []string `envconfig:"DATABASE_WRITERS" desc:"roles that functions read and write by, likewise"`
	Products    string   `envconfig:"PRODUCTS" desc:"product configuration as YAML, or the path of its file"`
}

func main() { function.Main("migrate", run) }

func run(ctx context.Context, c config) error {
	if _, err := product.LoadSetting("PRODUCTS", c.Products, os.ReadFile); err != nil {
		return err
	}
	if err := catalogue.Migrate(ctx, c.DatabaseURL, func(step string) { slog.Info("migrated", "step", step) }); err != nil {
		return err
	}
	if len(c.Readers)+len(c.Writers) == 0 {
		return nil
	}
	return catalogue.Grant(ctx, c.DatabaseURL, c.Readers, c.Writers)
}
