// Command bench measures what the README promises on this machine: cold starts, idle memory, the way from an upload to
// the first answer, and tiles. It builds nothing; `make bench` does, and gives it a database and an object store.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"
)

// result is one line of the table.
type result struct {
	what     string
	measured string
	target   string
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	bin, err := filepath.Abs("bin")
	if err != nil {
		return err
	}
	var all []result
	measures := []func(context.Context, string) ([]result, error){coldStarts, chain, harvested}
	switch { // one alone
	case slices.Contains(os.Args[1:], "coldstart"):
		measures = measures[:1]
	case slices.Contains(os.Args[1:], "harvest"):
		measures = measures[2:]
	}
	for _, measure := range measures {
		results, err := measure(ctx, bin)
		if err != nil {
			return err
		}
		all = append(all, results...)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "what\tmeasured\ttarget")
	for _, r := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.what, r.measured, r.target)
	}
	return w.Flush()
}

// spread is the median of durations with their least and greatest.
func spread(all []time.Duration) string {
	slices.Sort(all)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return fmt.Sprintf("%.1f ms (%.1f to %.1f, n=%d)", ms(all[len(all)/2]), ms(all[0]), ms(all[len(all)-1]), len(all))
}
