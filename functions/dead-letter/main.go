// Command dead-letter keeps the events that could not be delivered, for 30 days, shows them, and sends them again when asked.
//
// In: every event that was given up; HTTP /dead-letters
// Out: the events that are replayed
// Reads: the catalogue
// Writes: the catalogue
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
	DatabaseURL string        `envconfig:"DATABASE_URL" required:"true" desc:"PostgreSQL URL of a role that writes"`
	Connections int32         `envconfig:"DATABASE_CONNECTIONS" default:"2" desc:"connections of one instance at most"`
	Wait        time.Duration `envconfig:"DATABASE_WAIT" default:"15s" desc:"how long a question waits for one of them that comes free, before it is told to come again"`
	Sink        string        `envconfig:"K_SINK" desc:"where replayed events go: the broker"`
	Retention   time.Duration `envconfig:"RETENTION" default:"720h" desc:"how long dead letters are kept, replayed or not; 0: for ever"`
}

func main() { function.Main("dead-letter", run) }

func run(ctx context.Context, c config) error {
	store, err := catalogue.Open(ctx, catalogue.Config{URL: c.DatabaseURL, MaxConns: c.Connections, Wait: c.Wait})
	if err != nil {
		return err
	}
	defer store.Close()
	o, err := newOffice(c, store)
	if err != nil {
		return err
	}
	return function.Serve(ctx, function.Server{Handler: o.handler(), Ready: store.Ready})
}
