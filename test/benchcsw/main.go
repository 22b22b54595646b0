// Command benchcsw measures CSW: its own program on a PostgreSQL of its own with synthetic metadata of ISO 19139, asked over HTTP
// by a few connections with ever other parameters. Beside each kind of question stand what pycsw does with the same records, the
// best SQL that a hand would write for the same page and its exact count, the processor time of both, and the plans by which the
// database answers. `make bench-csw` builds and runs it.
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
	plans   bool
	clients int
	time    time.Duration
	seed    uint64
	only    string
	files   bool
}

func main() {
	measure.ServeBare()
	var o options
	flag.StringVar(&o.bin, "bin", "bin", "folder of the functions' programs")
	flag.StringVar(&o.state, "state", ".perigee/bench-csw", "folder of the databases, one for each number of records")
	flag.IntVar(&o.n, "n", 10_000, "how many records")
	flag.BoolVar(&o.keep, "keep", false, "keep the database, and use the one that is there: it is filled up to the number of records")
	flag.BoolVar(&o.plans, "explain", true, "print how the database answers a question of each kind")
	flag.IntVar(&o.clients, "clients", 4, "connections that ask")
	flag.DurationVar(&o.time, "time", 4*time.Second, "for each kind, and as long again for the SQL beside it")
	flag.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()), "of the questions' parameters")
	flag.StringVar(&o.only, "only", "", "only kinds whose name contains this")
	flag.BoolVar(&o.files, "load-records", false, "load files by load-records, csw and register, tell what each of them takes, and ask nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "benchcsw:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	dir := filepath.Join(o.state, fmt.Sprint(o.n))
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return err
	}
	if !o.keep {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	h := &house{options: o}
	server, err := postgres.Start(ctx, postgres.Config{Dir: filepath.Join(dir, "postgres"), Log: h.log.note})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(ctx))) }()
	h.url, h.data = server.SocketURL(), filepath.Join(dir, "postgres", "data")
	if err := catalogue.Migrate(ctx, h.url, func(string) {}); err != nil {
		return err
	}
	if h.store, err = catalogue.Open(ctx, catalogue.Config{URL: h.url, MaxConns: int32(o.clients)}); err != nil {
		return err
	}
	defer h.store.Close()
	if h.hand, err = newHand(ctx, h.url, o.clients); err != nil {
		return err
	}
	defer h.hand.Close()
	if o.files {
		return h.loadFiles(ctx, filepath.Join(dir, "files"))
	}
	if err := h.load(ctx); err != nil {
		return err
	}
	return h.measure(ctx)
}
