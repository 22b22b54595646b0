package function

import (
	"fmt"

	"github.com/VictoriaMetrics/metrics"
)

// Count adds to a counter of the function's own, which /metrics shows: perigee_<name>_total{<label>="<value>"}. The
// values of a label are few and known beforehand.
func Count(name, label, value string, n int) {
	metrics.GetOrCreateCounter(fmt.Sprintf(`perigee_%s_total{%s=%q}`, name, label, value)).Add(n)
}
