package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"perigee/shared/catalogue"
	"perigee/shared/metadata"
	"perigee/test/measure"
)

// times are how long answers took, and what they cost.
type times struct {
	all   []time.Duration
	bytes int64
	took  time.Duration
	cpu   spent
}

// add adds what was measured later.
func (t *times) add(more times) {
	t.all, t.bytes, t.took = append(t.all, more.all...), t.bytes+more.bytes, t.took+more.took
	t.cpu = spent{t.cpu.server + more.cpu.server, t.cpu.database + more.cpu.database, t.cpu.self + more.cpu.self}
	slices.Sort(t.all)
}

// cost is the processor time of an answer.
func (t times) cost() spent {
	n := time.Duration(len(t.all))
	return spent{t.cpu.server / n, t.cpu.database / n, t.cpu.self / n}
}

func (t times) rate() float64 { return float64(len(t.all)) / t.took.Seconds() }

func (t times) at(share float64) time.Duration {
	return t.all[min(len(t.all)-1, int(float64(len(t.all))*share))]
}

func (t times) size() int { return int(t.bytes) / len(t.all) }

// least is how many answers of a client are waited for.
const least = 3

// measure asks questions of all kinds and prints how long they took.
func (h *house) measure(ctx context.Context) error {
	server, err := h.start(ctx, h.url, nil)
	if err != nil {
		return err
	}
	defer server.Stop()
	if h.plans {
		if err := h.explain(ctx); err != nil {
			return err
		}
	}
	fmt.Printf("\ncsw answers GetRecords %s after its start\n", ms(server.Began))
	fmt.Printf("\n%d records, %d connections, %v for each kind, seed %d. By hand: the best SQL for the same page and exact count, without HTTP. "+
		"The ratios are csw's and the store's beside it. CPU: processor time of an answer, of csw and of the database, beside that of the database by "+
		"hand and of encoding the answer; the last column counts with the hand what HTTP costs alone, and reading the rows.\n", h.n, h.clients, h.time, h.seed)
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	table := measure.NewTable(os.Stdout, names, "kind", "per s", "p50", "p99", "kB", "pycsw", "times", "store p50", "p99", "by hand p50", "p99", "ratio", "store's", "csw CPU", "and DB", "by hand DB", "encoding", "ratio", "with HTTP and rows")
	for number, k := range kinds() {
		if !strings.Contains(k.name, h.only) {
			continue
		}
		cells, err := h.row(ctx, k, uint64(number), server)
		if err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		table.Row(cells...)
	}
	return nil
}

func kindNamed(name string) kind {
	all := kinds()
	return all[slices.IndexFunc(all, func(k kind) bool { return k.name == name })]
}

// turns is how often csw, the store and the hand take turns, so that what else the machine does meanwhile meets all of them.
const turns = 3

// row measures a kind.
func (h *house) row(ctx context.Context, k kind, number uint64, server *measure.Server) ([]string, error) {
	by, err := h.best(ctx, k, number)
	if err != nil {
		return nil, err
	}
	var ours, alone, hand times
	for turn := range uint64(turns) {
		seed := number*turns + turn
		for _, one := range []struct {
			into   *times
			server *measure.Server
			client client
			wanted bool
		}{{&ours, server, connect(server), true}, {&alone, nil, h.alone(ctx), k.byHand != nil}, {&hand, nil, h.handing(ctx, by), k.byHand != nil}} {
			if !one.wanted {
				continue
			}
			t, err := h.drive(ctx, k, seed, h.time/turns, one.server, one.client)
			if err != nil {
				return nil, err
			}
			one.into.add(t)
		}
	}
	encoding, err := h.encoding(ctx, k)
	if err != nil {
		return nil, err
	}
	http, err := h.bare(ctx, k, number, ours.size())
	if err != nil {
		return nil, err
	}
	mine := ours.cost()
	cells := []string{k.name, fmt.Sprintf("%.0f", ours.rate()), ms(ours.at(.5)), ms(ours.at(.99)), fmt.Sprintf("%.1f", float64(ours.size())/1000)}
	cells = append(cells, beside(ours.rate(), k.pycsw)...)
	if k.byHand == nil {
		return append(cells, "-", "-", "-", "-", "-", "-", micros(mine.server), micros(mine.database), "-", "-", "-", ratio(mine.server, http)), nil
	}
	cost := hand.cost()
	return append(cells, ms(alone.at(.5)), ms(alone.at(.99)), ms(hand.at(.5)), ms(hand.at(.99)), ratio(ours.at(.5), hand.at(.5)), ratio(alone.at(.5), hand.at(.5)),
		micros(mine.server), micros(mine.database), micros(cost.database), micros(encoding),
		ratio(mine.server+mine.database, cost.database+encoding), ratio(mine.server+mine.database, cost.database+cost.self+encoding+http)), nil
}

// alone asks the store what csw asks it, without any protocol, in this process.
func (h *house) alone(ctx context.Context) client {
	return func() (func(asked) (int, error), func(), error) {
		return func(a asked) (int, error) {
			if a.find == nil {
				rec, err := h.store.Record(ctx, reads, "", "", a.id)
				return len(rec.Document), err
			}
			page, err := h.store.Search(ctx, reads, *a.find)
			return len(page.Records), err
		}, func() {}, nil
	}
}

func (h *house) handing(ctx context.Context, w way) client {
	return func() (func(asked) (int, error), func(), error) {
		return func(a asked) (int, error) { return h.hand.ask(ctx, w, a.args) }, func() {}, nil
	}
}

// client makes what asks questions of a kind, and ends it.
type client func() (ask func(asked) (int, error), end func(), err error)

// drive has each of several clients ask one question after the other for a while, each with parameters of its own. What was asked
// before that does not count.
func (h *house) drive(ctx context.Context, k kind, seed uint64, long time.Duration, server *measure.Server, client client) (times, error) {
	each := make([]times, h.clients)
	var warm atomic.Int32
	began := make(chan struct{})
	var at time.Time
	var before spent
	group, ctx := errgroup.WithContext(ctx)
	for n := range h.clients {
		group.Go(func() error {
			to, end, err := client()
			if err != nil {
				return err
			}
			defer end()
			g := &generator{Rand: rand.New(rand.NewPCG(h.seed+seed, uint64(n)))}
			_, err = to(k.make(h, g))
			if warm.Add(1) == int32(h.clients) {
				before, at = h.spent(server), time.Now()
				close(began)
			}
			select {
			case <-began:
			case <-ctx.Done():
			}
			for err == nil && ctx.Err() == nil && (len(each[n].all) < least || time.Since(at) < long) {
				a, size, asked := k.make(h, g), 0, time.Now()
				if size, err = to(a); err == nil {
					each[n].all, each[n].bytes = append(each[n].all, time.Since(asked)), each[n].bytes+int64(size)
				}
			}
			return err
		})
	}
	err := group.Wait()
	t := times{took: time.Since(at)}
	for _, one := range each {
		t.all, t.bytes = append(t.all, one.all...), t.bytes+one.bytes
	}
	if err != nil || len(t.all) == 0 {
		return t, errors.Join(err, ctx.Err())
	}
	after := h.spent(server)
	t.cpu = spent{after.server - before.server, after.database - before.database, after.self - before.self}
	slices.Sort(t.all)
	return t, nil
}

// connect makes clients of a server.
func connect(server *measure.Server) client {
	return func() (func(asked) (int, error), func(), error) {
		c, err := net.Dial("tcp", server.Address)
		if err != nil {
			return nil, nil, err
		}
		to := &connection{Conn: c, in: bufio.NewReaderSize(c, 64<<10)}
		return to.ask, func() { c.Close() }, nil
	}
}

// best is the quickest way by hand. Each is tried for a while.
func (h *house) best(ctx context.Context, k kind, seed uint64) (way, error) {
	var quickest way
	var least time.Duration
	for _, w := range k.byHand {
		t, err := h.drive(ctx, k, seed+100, h.time/10, nil, h.handing(ctx, w))
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			continue // it takes long, and by how much is of no interest
		}
		if err != nil {
			return nil, err
		}
		if quickest == nil || t.at(.5) < least {
			quickest, least = w, t.at(.5)
		}
	}
	return quickest, nil
}

// encoding is how long it takes to write the records of an answer, which are there already.
func (h *house) encoding(ctx context.Context, k kind) (time.Duration, error) {
	a := k.make(h, &generator{Rand: rand.New(rand.NewPCG(h.seed, 1))})
	if a.set == "" {
		return 0, nil
	}
	if a.find == nil {
		a.find = &catalogue.Query{IDs: []string{a.id}, Documents: true}
	}
	page, err := h.store.Search(ctx, reads, *a.find)
	if err != nil {
		return 0, err
	}
	format := metadata.ByNamespace(a.space)
	var b []byte
	before, rounds := h.spent(nil), 0
	for began := time.Now(); time.Since(began) < 200*time.Millisecond; rounds++ {
		b = b[:0]
		for i := range page.Records {
			b = format.Append(b, &page.Records[i], a.set)
		}
	}
	return (h.spent(nil).self - before.self) / time.Duration(rounds), nil
}

// beside is what pycsw answers a second, and how many times that we do.
func beside(ours, theirs float64) []string {
	if theirs == 0 {
		return []string{"", ""}
	}
	return []string{fmt.Sprintf("%g", theirs), fmt.Sprintf("%.0f×", ours/theirs)}
}

func ratio(ours, theirs time.Duration) string {
	return fmt.Sprintf("%.2f", float64(ours)/float64(theirs))
}

func micros(d time.Duration) string { return fmt.Sprintf("%d µs", d.Microseconds()) }

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }

// explain prints the plans by which the database answers a question of each kind, as csw asks it: by a process whose sessions tell them.
func (h *house) explain(ctx context.Context) error {
	own, err := pgx.ParseConfig(h.url)
	if err != nil {
		return err
	}
	address := fmt.Sprintf("host=%s port=%d dbname=%s user=postgres options='-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0 "+
		"-c auto_explain.log_analyze=on -c auto_explain.log_nested_statements=on -c auto_explain.log_timing=off'", own.Host, own.Port, own.Database)
	server, err := h.start(ctx, address, nil)
	if err != nil {
		return err
	}
	defer server.Stop()
	g := &generator{Rand: rand.New(rand.NewPCG(h.seed, 0))}
	for _, k := range kinds() {
		if !strings.Contains(k.name, h.only) {
			continue
		}
		if _, err := once(server.Address, k.make(h, g)); err != nil { // learns what it asks once
			return err
		}
		time.Sleep(100 * time.Millisecond)
		h.log.take(true)
		if _, err := once(server.Address, k.make(h, g)); err != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond) // until it was told
		fmt.Printf("\nEXPLAIN of %s\n%s\n", k.name, strings.Join(plansIn(h.log.take(false)), "\n"))
	}
	return nil
}

var planBegins = regexp.MustCompile(`duration: [0-9.]+ ms  plan:`)

// plansIn are the plans that the database told, without the statements that they are of.
func plansIn(lines []string) []string {
	var plans []string
	in := false
	for _, line := range lines {
		switch {
		case planBegins.MatchString(line):
			in = false
			plans = append(plans, "  "+planBegins.FindString(line))
		case strings.Contains(line, "(cost="):
			in = true
			plans = append(plans, line)
		case in && strings.HasPrefix(line, "\t"):
			plans = append(plans, line)
		}
	}
	return plans
}
