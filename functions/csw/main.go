// Command csw answers OGC Catalogue Service for the Web 2.0.2, OAI-PMH and SRU from the catalogue.
//
// In: HTTP /csw, /oaipmh, /sru
// Out: nothing
// Reads: the catalogue
// Writes: nothing
package main

import (
	"context"

	"perigee/shared/catalogue"
	"perigee/shared/function"
	"perigee/shared/identity"
)

type config struct {
	identity.Config
	DatabaseURL string `envconfig:"DATABASE_URL" required:"true" desc:"PostgreSQL URL of a role that reads"`
	Connections int32  `envconfig:"DATABASE_CONNECTIONS" default:"4" desc:"connections of one instance at most"`
	Title       string `envconfig:"TITLE" default:"Perigee catalogue" desc:"title of the service"`
	Abstract    string `envconfig:"ABSTRACT" default:"Earth observation products and collections" desc:"what the service offers"`
	Provider    string `envconfig:"PROVIDER" default:"Perigee" desc:"who offers the service"`
	Email       string `envconfig:"EMAIL" default:"catalogue@localhost" desc:"whom to write to about the service"`
}

func main() { function.Main("csw", run) }

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
	return function.Serve(ctx, function.Server{Handler: edge.Wrap(doors(store, c)), Ready: store.Ready})
}
