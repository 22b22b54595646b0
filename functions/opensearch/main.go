// Command opensearch answers OpenSearch from the catalogue, in two steps: it finds collections, and then the items of one.
//
// In: HTTP /opensearch
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
	"perigee/shared/opensearch"
	"perigee/shared/ows"
)

type config struct {
	identity.Config
	DatabaseURL string `envconfig:"DATABASE_URL" required:"true" desc:"PostgreSQL URL of a role that reads"`
	Connections int32  `envconfig:"DATABASE_CONNECTIONS" default:"4" desc:"connections of one instance at most"`
	Title       string `envconfig:"TITLE" default:"Perigee" desc:"title of the service"`
	Abstract    string `envconfig:"ABSTRACT" default:"Earth observation products and collections" desc:"what the service offers"`
	Provider    string `envconfig:"PROVIDER" default:"Perigee" desc:"who offers the service"`
}

func main() { function.Main("opensearch", run) }

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
	return function.Serve(ctx, function.Server{Handler: edge.Wrap(handler(c, store)), Ready: store.Ready})
}

func handler(c config, store *catalogue.Store) http.Handler {
	service := ows.Service{Title: c.Title, Abstract: c.Abstract, Provider: ows.Provider{Name: c.Provider}}
	return opensearch.Handler(records{store}, opensearch.Config{Service: service, Path: "/opensearch"})
}
