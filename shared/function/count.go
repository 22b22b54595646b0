package function

import (
	"strconv"
	"strings"

	"github.com/VictoriaMetrics/metrics"
)

// Count adds to a counter of what a function does, which /metrics shows; labels are names and values in turn. The values
// must be few: each set of them is a counter for as long as the process lives.
func Count(name string, n int, labels ...string) {
	if n <= 0 {
		return
	}
	var pairs []string
	for i := 0; i+1 < len(labels); i += 2 {
		pairs = append(pairs, labels[i]+"="+strconv.Quote(labels[i+1]))
	}
	if len(pairs) > 0 {
		name += "{" + strings.Join(pairs, ",") + "}"
	}
	metrics.GetOrCreateCounter(name).Add(n)
}
