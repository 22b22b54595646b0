package delivery

import (
	"context"
	"strings"
	"testing"

	"pgregory.net/rapid"

	sourcesv1 "knative.dev/eventing/pkg/apis/sources/v1"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"perigee/local-runner/ping"
)

// TestSchedules: the same schedules and zones are taken, but that a zone within the schedule is refused here.
func TestSchedules(t *testing.T) {
	field := rapid.SampledFrom([]string{"*", "*/5", "0", "1,2", "3-5", "61", "MON", "JAN", "?", "x", "-1", "2-1"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(field, 4, 7).Draw(t, "fields"), " ")
		if rapid.Bool().Draw(t, "descriptor") {
			text = rapid.SampledFrom([]string{"@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually", "@every 5m", "@reboot", "@", ""}).Draw(t, "descriptor")
		}
		zone := rapid.SampledFrom([]string{"", "UTC", "Europe/Vienna", "Mars/Olympus"}).Draw(t, "zone")
		spec := sourcesv1.PingSourceSpec{Schedule: text, Timezone: zone}
		spec.Sink = duckv1.Destination{URI: &apis.URL{Scheme: "http", Host: "sink"}}
		want := spec.Validate(context.Background())
		if _, err := ping.ParseSchedule(text, zone); (err == nil) != (want == nil) {
			t.Fatalf("%q in %q: %v, Knative: %v", text, zone, err, want)
		}
	})
}
