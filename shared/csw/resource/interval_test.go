package resource

import (
	"testing"
	"time"

	"perigee/shared/fault"
)

// RC-10: an interval is a duration of ISO 8601, by the calendar; others are refused by name.
func TestNext(t *testing.T) {
	at := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for interval, want := range map[string]string{
		"P14D": "2026-02-14T12:00:00Z", "PT1H30M": "2026-01-31T13:30:00Z", "P1Y2M": "2027-03-31T12:00:00Z", "P1W": "2026-02-07T12:00:00Z", "PT1.5S": "2026-01-31T12:00:01Z", " P1D ": "2026-02-01T12:00:00Z",
		"": "", "P": "", "PT": "", "1 day": "", "P-1D": "", "-P1D": "", "P0D": "", "PT0.1S": "", "P101Y": "", "P9999Y": "", "P1DT": "",
	} {
		next, err := Next(at, interval)
		switch {
		case want == "" && (fault.KindOf(err) != fault.Invalid || fault.LocatorOf(err) != "harvestInterval"):
			t.Errorf("%q: %v %v", interval, next, err)
		case want != "" && (err != nil || next.Format(time.RFC3339) != want):
			t.Errorf("%q: %v %v, want %s", interval, next, err, want)
		}
	}
}
