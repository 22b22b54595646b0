// Command migrate prepares a release: it checks the product configuration and brings the catalogue's schema to the version
// that the release needs, open to the roles that functions connect by, begins it with the collections that ship with the release,
// and gives the properties that are asked for their indexes.
// It is a Job, run to its end before the functions start; running it again does what is new: indexes for what is often asked by now.
//
// In: a Job's start
// Out: nothing
// Reads: the catalogue; the product configuration
// Writes: the catalogue's schema; collections to begin with
package main

import (
	"context"
	"log/slog"
	"os"
	"strings"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/function"
	"perigee/shared/product"
)

type config struct {
	DatabaseURL string   `envconfig:"DATABASE_URL" required:"true" desc:"PostgreSQL URL of a role that owns the schema"`
	Readers     []string `envconfig:"DATABASE_READERS" desc:"roles that functions read by, between commas, when they are not the owner"`
	Writers     []string `envconfig:"DATABASE_WRITERS" desc:"roles that functions read and write by, likewise"`
	Queryables  []string `envconfig:"QUERYABLES" default:"eo:cloud_cover=number" desc:"properties that get an index, name=string, number, instant or array, between commas; those that collections declare and that are often used get one too"`
	Collections []string `envconfig:"COLLECTIONS" desc:"collections that a catalogue begins with, of those that ship, between commas"`
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
	if len(c.Readers)+len(c.Writers) > 0 {
		if err := catalogue.Grant(ctx, c.DatabaseURL, c.Readers, c.Writers); err != nil {
			return err
		}
	}
	queryables, err := indexedBy(c.Queryables)
	if err != nil {
		return err
	}
	if err := begin(ctx, c.DatabaseURL, c.Collections); err != nil {
		return err
	}
	return catalogue.BuildIndexes(ctx, c.DatabaseURL, queryables, func(step string) { slog.Info("built", "step", step) })
}

// indexedBy reads which properties get an index, and of which type.
func indexedBy(settings []string) (map[string]string, error) {
	types := map[string]string{}
	for _, setting := range settings {
		i := strings.LastIndexByte(setting, '=')
		if i <= 0 {
			return nil, fault.At(fault.Invalid, "QUERYABLES", "%q is not a property and its type: name=type", setting)
		}
		types[setting[:i]] = setting[i+1:]
	}
	return types, nil
}
