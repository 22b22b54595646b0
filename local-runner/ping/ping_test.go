package ping

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/local-runner/broker"
	"perigee/shared/fault"
)

func schedule(t *testing.T, text, zone string) Schedule {
	t.Helper()
	s, err := ParseSchedule(text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchedules(t *testing.T) {
	winter := time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct{ text, zone, next string }{
		{"* * * * *", "", "2026-01-31T10:01:00Z"},
		{"*/10 * * * * *", "", "2026-01-31T10:00:10Z"},
		{"30 0 12 * * *", "", "2026-01-31T12:00:30Z"},
		{"@hourly", "", "2026-01-31T11:00:00Z"},
		{"@daily", "Europe/Vienna", "2026-01-31T23:00:00Z"},
		{"0 6 * * MON-FRI", "America/New_York", "2026-02-02T11:00:00Z"},
		{"0 0 30 2 *", "", "0001-01-01T00:00:00Z"}, // never
	} {
		if got := schedule(t, c.text, c.zone).Next(winter).UTC().Format(time.RFC3339); got != c.next {
			t.Errorf("%s %s: %s, want %s", c.text, c.zone, got, c.next)
		}
	}
}

func TestBadSchedules(t *testing.T) {
	for _, c := range []struct{ text, zone, words string }{
		{"* * * *", "", "expected 5 to 6 fields"}, {"61 * * * *", "", "above maximum"}, {"", "", "found 0"}, {"@often", "", "unrecognized descriptor"},
		{"@every 5m", "", "Knative does not take @every"}, {"CRON_TZ=UTC * * * * *", "", "a time zone belongs to timezone"}, {"TZ=0", "", "a time zone belongs to timezone"},
		{"* * * * *", "Europe/Perigee", "is not a time zone"}, {"* * * * *", "../x", "is not a time zone"}, {"* * * * *", "UTC 1", "is not a time zone"},
	} {
		if _, err := ParseSchedule(c.text, c.zone); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%q %q: %v", c.text, c.zone, err)
		}
	}
}

func FuzzParseSchedule(f *testing.F) {
	f.Add("*/5 * * * *", "Europe/Vienna")
	f.Add("@monthly", "")
	f.Fuzz(func(t *testing.T, text, zone string) {
		s, err := ParseSchedule(text, zone)
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		if err == nil && !s.Next(now).IsZero() && !s.Next(now).After(now) {
			t.Errorf("%q %q: %v is not after %v", text, zone, s.Next(now), now)
		}
	})
}

// sink takes events as it is told.
type sink struct {
	mu   sync.Mutex
	got  []event.Event
	fail int // so many refusals come first
}

func (s *sink) send(_ context.Context, e event.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail--; s.fail >= 0 {
		return errors.New("not now")
	}
	s.got = append(s.got, e)
	return nil
}

// play runs a source for a while, on a clock that has no other use.
func play(t *testing.T, one Source, during time.Duration) Stats {
	t.Helper()
	one.Name = broker.Name{Namespace: "house", Name: "bell"}
	sources := Open([]Source{one}, nil)
	ctx, cancel := context.WithTimeout(t.Context(), during)
	defer cancel()
	sources.Run(ctx)
	return sources.Stats()[0]
}

// Each tick is an event of its own, at its time, with what the source says.
func TestTicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		began := time.Now()
		stats := play(t, Source{
			Schedule: schedule(t, "*/20 * * * * *", ""), ContentType: "application/json", Data: []byte(`{"a":1}`),
			Extensions: map[string]string{"sweep": "outbox"}, Send: s.send,
		}, 2*time.Minute+time.Second)
		if len(s.got) != 6 || stats.Sent != 6 || stats.Lost != 0 || stats.Schedule != "*/20 * * * * *" {
			t.Fatalf("%d events, %+v", len(s.got), stats)
		}
		ids := map[string]bool{}
		for i, e := range s.got {
			ids[e.ID()] = true
			if want := began.Add(time.Duration(i+1) * 20 * time.Second); !e.Time().Equal(want) {
				t.Errorf("tick %d is of %v, want %v", i, e.Time(), want)
			}
			if e.Validate() != nil || e.Type() != EventType || e.Source() != "/apis/v1/namespaces/house/pingsources/bell" ||
				e.Extensions()["sweep"] != "outbox" || string(e.Data()) != `{"a":1}` || e.DataContentType() != "application/json" {
				t.Errorf("%v", e)
			}
		}
		if len(ids) != 6 || !stats.Last.Equal(s.got[5].Time()) || !stats.Next.Equal(stats.Last.Add(20*time.Second)) {
			t.Errorf("%d ids, %+v", len(ids), stats)
		}
	})
}

// A sink that is away for a moment still gets its event; one that stays away loses it, and gets the next.
func TestRetriesAndLosses(t *testing.T) {
	for name, c := range map[string]struct{ fail, sent, lost int }{"for a moment": {retries, 2, 0}, "for longer": {retries + 1, 1, 1}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &sink{fail: c.fail}
				stats := play(t, Source{Schedule: schedule(t, "* * * * *", ""), Send: s.send}, 2*time.Minute+30*time.Second)
				if stats.Sent != c.sent || stats.Lost != c.lost || len(s.got) != c.sent || (stats.LastError != "") != (c.lost > 0) {
					t.Errorf("%+v, %d events", stats, len(s.got))
				}
			})
		})
	}
}

// What was due while nobody ran is not made up for.
func TestMissedTicksAreNotMadeUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		one := Source{Schedule: schedule(t, "@hourly", ""), Send: s.send}
		play(t, one, 90*time.Minute)
		time.Sleep(5 * time.Hour) // of the test's own clock
		if stats := play(t, one, time.Hour); len(s.got) != 2 || stats.Sent != 1 {
			t.Errorf("%d events, %+v", len(s.got), stats)
		}
	})
}

func TestNeverTicks(t *testing.T) {
	stats := play(t, Source{Schedule: schedule(t, "0 0 30 2 *", ""), Send: (&sink{}).send}, time.Hour)
	if !stats.Next.IsZero() || stats.Sent != 0 {
		t.Errorf("%+v", stats)
	}
}
