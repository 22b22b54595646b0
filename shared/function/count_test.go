package function

import (
	"bytes"
	"strings"
	"testing"

	"github.com/VictoriaMetrics/metrics"
)

func TestCount(t *testing.T) {
	Count("perigee_test_total", 2, "harvester", `a "b"`)
	Count("perigee_test_total", 3, "harvester", `a "b"`)
	Count("perigee_test_total", 0, "harvester", "never")
	Count("perigee_test_plain_total", 1)
	var out bytes.Buffer
	metrics.WritePrometheus(&out, false)
	for _, want := range []string{`perigee_test_total{harvester="a \"b\""} 5`, "perigee_test_plain_total 1"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not among\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "never") {
		t.Error("nothing was counted")
	}
}
