// Command benchstore measures the catalogue on a PostgreSQL of its own, set as the laptop's and small clusters' is: how fast
// it takes scenes through the batch door, how long its answers take beside the best SQL that a hand would write for the same
// question, with and without scenes coming in meanwhile, and how large it gets. `make bench-store` builds and runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"perigee/local-runner/postgres"
	"perigee/shared/catalogue"
)

// options say what is measured.
type options struct {
	sizes   string
	state   string
	url     string
	small   bool
	keep    bool
	plans   bool
	clients int
	writers int
	batch   int
	times   int
	seed    uint64
	only    string
}

func main() {
	var o options
	flag.StringVar(&o.sizes, "n", "10000,1000000", "how many items: one number, or several to see what grows")
	flag.StringVar(&o.state, "state", ".perigee/bench-store", "folder of the databases")
	flag.StringVar(&o.url, "database", "", "address of an empty database, or of one that was kept, instead of an own server's")
	flag.BoolVar(&o.small, "small", false, "documents of about 700 bytes and nothing to draw, instead of several kilobytes")
	flag.BoolVar(&o.keep, "keep", false, "keep the databases, and use those that are there")
	flag.BoolVar(&o.plans, "explain", false, "print the plan of a question of each shape")
	flag.IntVar(&o.clients, "clients", 4, "connections that ask")
	flag.IntVar(&o.writers, "writers", 3, "connections that load")
	flag.IntVar(&o.batch, "batch", 500, "changes of a batch")
	flag.IntVar(&o.times, "times", 2000, "questions of each shape")
	flag.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()), "of the questions' parameters")
	flag.StringVar(&o.only, "only", "", "only shapes whose name contains this")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "benchstore:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	fmt.Printf("seed %d\n", o.seed)
	var medians []map[string]time.Duration
	sizes := strings.Split(o.sizes, ",")
	for _, text := range sizes {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 {
			return fmt.Errorf("%q is no number of items", text)
		}
		found, err := measure(ctx, o, n)
		if err != nil {
			return err
		}
		medians = append(medians, found)
	}
	growth(sizes, medians)
	return nil
}

// measure fills a database and asks it.
func measure(ctx context.Context, o options, n int) (medians map[string]time.Duration, err error) {
	if o.url != "" {
		return measureAt(ctx, o, n, o.url)
	}
	kind := "large"
	if o.small {
		kind = "small"
	}
	dir := filepath.Join(o.state, fmt.Sprintf("%d-%s", n, kind))
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return nil, err
	}
	if !o.keep {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	server, err := postgres.Start(ctx, postgres.Config{Dir: filepath.Join(dir, "postgres")})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(ctx))) }()
	return measureAt(ctx, o, n, server.SocketURL())
}

func measureAt(ctx context.Context, o options, n int, url string) (map[string]time.Duration, error) {
	h := &house{options: o, n: n, url: url}
	if err := h.open(ctx); err != nil {
		return nil, err
	}
	defer h.close()
	return h.measure(ctx)
}

// house is a filled catalogue.
type house struct {
	options
	n     int
	url   string
	store *catalogue.Store
	hand  *hand
	ids   [][2]string // collection and id of some items
}

func (h *house) measure(ctx context.Context) (map[string]time.Duration, error) {
	if err := h.load(ctx); err != nil {
		return nil, err
	}
	if err := h.sizesOf(ctx); err != nil {
		return nil, err
	}
	if h.plans {
		if err := h.explain(ctx); err != nil {
			return nil, err
		}
	}
	fmt.Printf("\n%d items, %d clients, nothing comes in\n", h.n, h.clients)
	medians, err := h.table(ctx)
	if err != nil {
		return nil, err
	}
	fmt.Printf("\n%d items, %d clients, while items come in\n", h.n, h.clients)
	return medians, h.whileLoading(ctx)
}
