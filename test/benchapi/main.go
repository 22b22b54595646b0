// Command benchapi measures STAC API and OGC API Records over HTTP: the functions' own programs on a PostgreSQL of its own
// with ten thousand items, asked by a few connections with ever other parameters. Beside each figure stand those of pycsw
// and pgstac for the same question, what the store alone answers, and what HTTP alone does. With -http it tells how slow the
// slowest answers are beside those of the store, and what paging through all items does to a function's memory. `make bench-api`
// builds and runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"perigee/local-runner/postgres"
	"perigee/shared/catalogue"
	"perigee/test/measure"
)

// options say what is measured.
type options struct {
	bin     string
	state   string
	n       int
	keep    bool
	clients int
	time    time.Duration
	seed    uint64
	only    string
	http    bool
}

func main() {
	measure.ServeBare()
	var o options
	flag.StringVar(&o.bin, "bin", "bin", "folder of the functions' programs")
	flag.StringVar(&o.state, "state", ".perigee/bench-api", "folder of the database")
	flag.IntVar(&o.n, "items", 10_000, "how many items")
	flag.IntVar(&o.n, "n", 10_000, "the same")
	flag.BoolVar(&o.keep, "keep", false, "keep the database, and use the one that is there: it is filled up to as many items")
	flag.BoolVar(&o.http, "http", false, "compare the slowest answers with those of the store alone, and page through the items, a million at most, watching memory")
	flag.IntVar(&o.clients, "clients", 4, "connections that ask")
	flag.DurationVar(&o.time, "time", 4*time.Second, "for each question")
	flag.Uint64Var(&o.seed, "seed", 7, "of the questions' parameters")
	flag.StringVar(&o.only, "only", "", "only questions whose name contains this")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchapi:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	if err := os.MkdirAll(o.state, 0o711); err != nil {
		return err
	}
	if !o.keep {
		defer func() { err = errors.Join(err, os.RemoveAll(o.state)) }()
	}
	server, err := postgres.Start(ctx, postgres.Config{Dir: filepath.Join(o.state, "postgres")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(ctx))) }()
	url := server.SocketURL()
	if err := catalogue.Migrate(ctx, url, func(string) {}); err != nil {
		return err
	}
	store, err := catalogue.Open(ctx, catalogue.Config{URL: url, MaxConns: int32(o.clients)})
	if err != nil {
		return err
	}
	defer store.Close()
	h := &house{options: o, url: url, data: filepath.Join(o.state, "postgres", "data"), store: store}
	if err := h.load(ctx); err != nil {
		return err
	}
	if o.http {
		return h.compare(ctx)
	}
	return h.measure(ctx)
}
