package broker

import (
	"testing"
	"time"

	"perigee/shared/fault"
)

func TestParseDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"PT0.2S": 200 * time.Millisecond, "PT0,2S": 200 * time.Millisecond, "PT1S": time.Second, "PT0S": 0, "PT90S": 90 * time.Second,
		"PT1M30S": 90 * time.Second, "PT1H": time.Hour, "P1D": 24 * time.Hour, "P1DT12H": 36 * time.Hour, "P2W": 14 * 24 * time.Hour,
		"PT1.5H": 90 * time.Minute, "P0.5D": 12 * time.Hour, "PT0.0000000004S": 0, "PT36H": 36 * time.Hour, "PT1H0.5S": time.Hour + 500*time.Millisecond,
		"P1WT1S": 7*24*time.Hour + time.Second,
	} {
		if got, err := ParseDuration(s); err != nil || got != want {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
}

func TestParseDurationRefuses(t *testing.T) {
	for _, s := range []string{
		"", "P", "PT", "T1S", "1S", "PT1", "PTS", "P1S", "PT1D", "P1Y", "P1M", "-PT1S", "PT-1S", "PT+1S", "PT1S1M", "PT1S1S", "PT1.5M1S", "PT1.S", "PT.5S",
		"PT1.2.3S", "pt1s", " PT1S", "PT1S ", "P1DT", "PT1S\n", "0.2s", "PT9999999999H", "PT9223372036S9S", "P99999999999999999999D", "PT1é",
	} {
		if got, err := ParseDuration(s); fault.KindOf(err) != fault.Invalid || err == nil {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	if _, err := ParseTimeout("PT0S"); err == nil {
		t.Error("a timeout of zero was accepted")
	}
	if d, err := ParseTimeout("PT1S"); err != nil || d != time.Second {
		t.Error(d, err)
	}
	if _, err := ParsePolicy("Linear"); err == nil {
		t.Error("policies are lower case")
	}
}

// A duration is refused or not negative, and an accepted one in seconds means what Go understands.
func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"PT0.2S", "P1DT2H3M4.5S", "P1W", "PT", "P1Y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuration(s)
		if d < 0 || err != nil && d != 0 {
			t.Errorf("%q: %v, %v", s, d, err)
		}
	})
}
