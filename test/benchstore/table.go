package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"perigee/shared/catalogue"
)

// pgstac is what pgstac 0.9 answered per second on ten thousand items, asked in SQL by four connections of a machine like this.
const pgstac = "beside it pgstac 0.9 on 10 000 items, asked in SQL by 4 connections: 77 searches/s, 219 with collection, box and time, " +
	"19 by a property; 163 items/s loaded"

// times are how long answers took.
type times struct {
	all  []time.Duration
	took time.Duration
	rows int
}

func (t times) at(share float64) time.Duration {
	return t.all[min(len(t.all)-1, int(float64(len(t.all))*share))]
}

// table asks questions of every shape and prints how long they took. It gives the medians by shape.
func (h *house) table(ctx context.Context) (map[string]time.Duration, error) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "question\tn\trows\tper s\tp50\tp99\tpromised\tby hand p50\tp99\tratio\t")
	medians := map[string]time.Duration{}
	for number, s := range shapes() {
		if !strings.Contains(s.name, h.only) {
			continue
		}
		ours, err := h.repeat(ctx, s, number, h.times, h.ours)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		best, err := h.best(ctx, s, number)
		if err != nil {
			return nil, fmt.Errorf("%s, by hand: %w", s.name, err)
		}
		medians[s.name] = ours.at(0.5)
		fmt.Fprintf(w, "%s\t%d\t%.1f\t%.0f\t%s\t%s\t%s\t%s\t%s\t%.2f\t\n", s.name, len(ours.all), float64(ours.rows)/float64(len(ours.all)),
			float64(len(ours.all))/ours.took.Seconds(), ms(ours.at(0.5)), ms(ours.at(0.99)), ms(s.limit), ms(best.at(0.5)), ms(best.at(0.99)),
			float64(ours.at(0.5))/float64(best.at(0.5)))
	}
	fmt.Fprintln(w, pgstac)
	return medians, w.Flush()
}

func ms(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
}

// best is the quickest way by hand. One that is slower by far from the beginning on is not asked to the end.
func (h *house) best(ctx context.Context, s shape, number int) (best times, err error) {
	for i, sql := range s.byHand {
		ask := func(ctx context.Context, a asked) (int, error) { return h.hand.ask(ctx, sql, a.args...) }
		if len(s.byHand) > 1 {
			trial, err := h.repeat(ctx, s, number+100*(i+1)+50, trials, ask)
			if err != nil {
				return best, err
			}
			if best.all != nil && trial.at(0.5) > 2*best.at(0.5) {
				continue
			}
		}
		t, err := h.repeat(ctx, s, number+100*(i+1), h.times, ask)
		if err != nil {
			return best, err
		}
		if best.all == nil || t.at(0.5) < best.at(0.5) {
			best = t
		}
	}
	return best, nil
}

// trials are questions that tell whether a way by hand may be the best.
const trials = 40

func (h *house) ours(ctx context.Context, a asked) (int, error) {
	if a.ask != nil {
		return a.ask(ctx, h.store)
	}
	found, err := h.store.Search(ctx, writes, a.query)
	return len(found.Records), err
}

// repeat has every client ask its share of questions, each with parameters of its own, after a few that do not count.
func (h *house) repeat(ctx context.Context, s shape, number, questions int, ask func(context.Context, asked) (int, error)) (times, error) {
	each := max(1, questions/h.clients)
	if s.few {
		each = max(1, each/10)
	}
	taken, rows := make([][]time.Duration, h.clients), make([]int, h.clients)
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for client := range h.clients {
		random := rand.New(rand.NewPCG(h.seed, uint64(number*1000+client)))
		group.Go(func() error {
			for i := -each / 10; i < each; i++ {
				a := s.draw(h, random)
				start := time.Now()
				n, err := ask(ctx, a)
				if err != nil {
					return err
				}
				if i >= 0 {
					taken[client], rows[client] = append(taken[client], time.Since(start)), rows[client]+n
				}
			}
			return nil
		})
	}
	err := group.Wait()
	t := times{all: slices.Concat(taken...), took: time.Since(began)}
	slices.Sort(t.all)
	for _, n := range rows {
		t.rows += n
	}
	return t, err
}

// explain prints what the database does for a question of each shape: of an own server also what it does within functions,
// which only a superuser is told.
func (h *house) explain(ctx context.Context) error {
	store, err := catalogue.Open(ctx, catalogue.Config{URL: strings.Replace(h.url, "user=perigee", "user=postgres", 1)})
	if err != nil {
		return err
	}
	defer store.Close()
	random := rand.New(rand.NewPCG(h.seed, 0))
	for _, s := range shapes() {
		a := s.draw(h, random)
		if a.ask != nil || !strings.Contains(s.name, h.only) {
			continue
		}
		plan, err := store.Explain(ctx, writes, a.query)
		if err != nil {
			return err
		}
		fmt.Printf("\n%s\n%s\n", s.name, plan)
	}
	return nil
}

// sizesOf prints what an item takes.
func (h *house) sizesOf(ctx context.Context) error {
	lines, err := h.hand.lines(ctx, `select format('%s|%s|%s', case when c.relkind = 'i' then '  ' || c.relname else c.relname end,
			round(s.bytes::numeric / $1), pg_size_pretty(s.bytes))
		from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_index i on i.indexrelid = c.oid
		cross join lateral (select pg_relation_size(c.oid) + case when c.relkind = 'r' then coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0) else 0 end as bytes) s
		where n.nspname = 'perigee' and c.relkind in ('r', 'i') and s.bytes > 0 and s.bytes / $1 >= 1
		order by (select pg_total_relation_size(coalesce(i.indrelid, c.oid))) desc, coalesce(i.indrelid, c.oid), c.relkind desc, s.bytes desc`, h.n)
	if err != nil {
		return err
	}
	var total string
	if err := h.hand.row(ctx, &total, `select round(pg_database_size(current_database())::numeric / $1) || '|' || pg_size_pretty(pg_database_size(current_database()))`, h.n); err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\ntable or index\tbytes per item\tsize")
	for _, line := range append(lines, "the whole database|"+total) {
		fmt.Fprintln(w, strings.ReplaceAll(line, "|", "\t"))
	}
	return w.Flush()
}

// growth compares the medians of several sizes.
func growth(sizes []string, medians []map[string]time.Duration) {
	if len(sizes) < 2 {
		return
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "\np50\t%s\tgrowth\t\n", strings.Join(sizes, "\t"))
	for _, s := range shapes() {
		if medians[0][s.name] == 0 {
			continue
		}
		fmt.Fprintf(w, "%s\t", s.name)
		for _, m := range medians {
			fmt.Fprintf(w, "%s\t", ms(m[s.name]))
		}
		fmt.Fprintf(w, "%.2f\t\n", float64(medians[len(medians)-1][s.name])/float64(medians[0][s.name]))
	}
	_ = w.Flush()
}
