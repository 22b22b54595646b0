// Command records answers OGC API - Records from the catalogue.
//
// In: HTTP /records
// Out: nothing
// Reads: the catalogue
// Writes: nothing
package main

import (
	"context"
	"net/http"

	"perigee/shared/catalogue"
	"perigee/shared/function"
	"perigee/shared/identity"
	"perigee/shared/records"
)

type config struct {
	identity.Config
	DatabaseURL string   `envconfig:"DATABASE_URL" required:"true" desc:"PostgreSQL URL of a role that reads"`
	Connections int32    `envconfig:"DATABASE_CONNECTIONS" default:"4" desc:"connections of one instance at most"`
	Title       string   `envconfig:"TITLE" default:"Perigee catalogue" desc:"title of the service"`
	Abstract    string   `envconfig:"ABSTRACT" default:"Earth observation products and collections" desc:"what the service offers"`
	Keywords    []string `envconfig:"KEYWORDS" default:"earth observation" desc:"what the service is about, between commas"`
}

func main() { function.Main("records", run) }

func run(ctx context.Context, c config) error {
	edge, err := identity.New(c.Config)
	if err != nil {
		return err
	}
	store, err := catalogue.Open(ctx, catalogue.Config{URL: c.DatabaseURL, MaxConns: c.Connections})
	if err != nil {
		return err
	}
	defer store.Close()
	return function.Serve(ctx, function.Server{Handler: edge.Wrap(newAPI(c, store)), Ready: store.Ready})
}

// newAPI wires the protocol to the catalogue.
func newAPI(c config, store *catalogue.Store) http.Handler {
	return records.New(records.Config{Title: c.Title, Description: c.Abstract, Keywords: c.Keywords, Store: adapter{store}})
}
