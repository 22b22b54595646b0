package function

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/VictoriaMetrics/metrics"
)

func TestCount(t *testing.T) {
	name := "perigee_" + rand.Text() // counts are those of the process, in which the test may have run before
	Count(name+"_total", 2, "harvester", `a "b"`)
	Count(name+"_total", 3, "harvester", `a "b"`)
	Count(name+"_total", 0, "harvester", "never")
	Count(name+"_plain_total", 1)
	var out bytes.Buffer
	metrics.WritePrometheus(&out, false)
	for _, want := range []string{name + `_total{harvester="a \"b\""} 5`, name + "_plain_total 1"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not among\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "never") {
		t.Error("nothing was counted")
	}
}
