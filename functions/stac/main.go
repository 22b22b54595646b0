// Command stac answers STAC API 1.0.0 from the catalogue, and leads clients to the files of items in the object store. What
// they send to be written it has register write, on their behalf.
//
// In: HTTP /stac
// Out: nothing
// Reads: the catalogue; the buckets, to sign addresses of assets; register, which writes what is sent
// Writes: nothing
package main

import (
	"context"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/function"
	"perigee/shared/identity"
)

type config struct {
	identity.Config
	ObjectStore
	DatabaseURL string        `envconfig:"DATABASE_URL" required:"true" desc:"PostgreSQL URL of a role that reads"`
	Connections int32         `envconfig:"DATABASE_CONNECTIONS" default:"4" desc:"connections of one instance at most"`
	Wait        time.Duration `envconfig:"DATABASE_WAIT" default:"5s" desc:"how long a question waits for one of them that comes free, before it is told to come again"`
	Register    string        `envconfig:"REGISTER_URL" required:"true" desc:"URL of the function that writes"`
	Title       string        `envconfig:"TITLE" default:"Perigee catalogue" desc:"title of the service"`
	Abstract    string        `envconfig:"ABSTRACT" default:"Earth observation products and collections" desc:"what the service offers"`
}

func main() { function.Main("stac", run) }

func run(ctx context.Context, c config) error {
	edge, err := identity.New(c.Config)
	if err != nil {
		return err
	}
	store, err := catalogue.Open(ctx, catalogue.Config{URL: c.DatabaseURL, MaxConns: c.Connections, Wait: c.Wait})
	if err != nil {
		return err
	}
	defer store.Close()
	api, err := newAPI(c, store)
	if err != nil {
		return err
	}
	return function.Serve(ctx, function.Server{Handler: edge.Wrap(api), Ready: store.Ready})
}
