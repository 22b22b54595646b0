package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/scope"
	"perigee/shared/source"
)

// HRV-21: the window moves on with each finished run: without a gap however late a ping comes, with an overlap, and no run is
// longer than it may be; behind by more, it catches up by itself.
func TestContinuous(t *testing.T) {
	w, u := newWorld(t), newUpstream(t, 5)
	begin := time.Now().Add(-150 * time.Minute).UTC().Truncate(time.Second)
	w.configured(fmt.Sprintf("harvesters:\n  api: {resource: {type: STACAPI, url: %q}, continuous: {begin: %q, window: 1h, overlap: 10m, delay: 1m}}", u.url+"/", begin.Format(time.RFC3339)), nil)
	w.handled(ping("1", "harvester", "api"))
	w.drain()
	w.handled(ping("1", "harvester", "api")) // once more the same
	w.drain()
	w.handled(ping("2", "harvester", "api"))
	w.drain()
	w.handled(ping("3", "harvester", "api")) // nothing lies behind yet, or next to nothing
	w.drain()
	runs, _, err := w.store.HarvestRuns(t.Context(), scope.New("", ""), catalogue.HarvestQuery{})
	if err != nil || len(runs) < 3 {
		t.Fatalf("%d runs: %v", len(runs), err)
	}
	slices.Reverse(runs)
	until := begin
	for i, run := range runs {
		since := until
		if i > 0 {
			since = until.Add(-10 * time.Minute)
		}
		if run.Status != catalogue.HarvestFinished || !run.Since.Equal(since) || run.Until.Sub(until) > time.Hour || !run.Until.After(until) {
			t.Errorf("run %d is %s from %v to %v, behind %v", i, run.Status, run.Since, run.Until, until)
		}
		if asked := u.asked[i].Get("datetime"); asked != run.Since.Format("2006-01-02T15:04:05.999Z07:00")+"/"+run.Until.Format("2006-01-02T15:04:05.999Z07:00") {
			t.Errorf("run %d asked for %s", i, asked)
		}
		until = run.Until
	}
	if late := time.Since(until); late < time.Minute || late > 30*time.Minute { // a machine may be paused
		t.Errorf("it came to %v before now", late)
	}
}

func TestNextWindow(t *testing.T) {
	at := func(minute int) time.Time {
		return time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC).Add(time.Duration(minute) * time.Minute)
	}
	c := source.Continuous{Window: time.Hour, Overlap: 5 * time.Minute, Delay: 2 * time.Minute}
	for _, k := range []struct {
		name         string
		begin, mark  time.Time
		now          time.Time
		since, until time.Time
		ok           bool
	}{
		{"never run", time.Time{}, time.Time{}, at(62), at(0), at(60), true},
		{"never run, with a begin", at(0), time.Time{}, at(32), at(0), at(30), true},
		{"on time", at(0), at(60), at(72), at(55), at(70), true},
		{"late", at(0), at(60), at(600), at(55), at(120), true},
		{"too early", at(0), at(60), at(62), at(55), at(60), false},
		{"before its begin", at(90), time.Time{}, at(62), at(90), at(60), false},
	} {
		c.Begin = k.begin
		since, until, ok := next(c, k.mark, k.now)
		if !since.Equal(k.since) || !until.Equal(k.until) || ok != k.ok {
			t.Errorf("%s: %v to %v, %v", k.name, since, until, ok)
		}
	}
}
