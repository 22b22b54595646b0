package function

import (
	"strconv"
	"strings"

	"github.com/VictoriaMetrics/metrics"
)

// Count adds to a counter of what a function does, which /metrics shows; labels are names and values in turn. The values
// must be few: each set of them is a counter for as long as the process lives.
func Count(name string, n int, labels ...string) {
	if n > 0 {
		NewCounter(name, labels...).Add(n)
	}
}

// Counter is a counter for whoever counts often.
type Counter struct{ counter *metrics.Counter }

// NewCounter looks the counter of Count up.
func NewCounter(name string, labels ...string) Counter {
	var pairs []string
	for i := 0; i+1 < len(labels); i += 2 {
		pairs = append(pairs, labels[i]+"="+strconv.Quote(labels[i+1]))
	}
	if len(pairs) > 0 {
		name += "{" + strings.Join(pairs, ",") + "}"
	}
	return Counter{metrics.GetOrCreateCounter(name)}
}

// Add counts n more.
func (c Counter) Add(n int) { c.counter.Add(n) }
