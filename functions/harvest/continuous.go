package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/scope"
	"perigee/shared/source"
)

// window is the time that the next run of a continuous harvester looks at (HRV-21): from where the last finished run ended,
// an overlap before it, to now, or as far as one run goes. However late a ping comes, nothing is left out; what lies in the
// overlap is asked for again, which changes nothing. ok is false while there is nothing to look at.
func (h *harvest) window(ctx context.Context, sc scope.Scope, of source.Harvester, run catalogue.HarvestRun) (since, until time.Time, ok bool, err error) {
	mark, err := h.store.Watermark(ctx, sc, of.Name, run.Values)
	if err != nil {
		return since, until, false, err
	}
	since, until, ok = next(*of.Continuous, mark, run.Time)
	return since, until, ok, nil
}

// next is the window behind a watermark; a zero one is that of a harvester that never ran.
func next(c source.Continuous, mark, now time.Time) (since, until time.Time, ok bool) {
	newest := now.Add(-c.Delay)
	switch {
	case !mark.IsZero():
		since = mark.Add(-c.Overlap)
	case !c.Begin.IsZero():
		mark, since = c.Begin, c.Begin
	default:
		mark = newest.Add(-c.Window)
		since = mark
	}
	until = mark.Add(c.Window)
	if until.After(newest) {
		until = newest
	}
	until = until.UTC().Truncate(time.Millisecond)
	return since.UTC(), until, until.After(mark)
}

// behind tells whether a finished run of a continuous harvester ended a window or more before now, as after long outages.
func (h *harvest) behind(run catalogue.HarvestRun) bool {
	if run.Until.IsZero() {
		return false
	}
	of, err := h.harvester(run)
	return err == nil && of.Continuous != nil && time.Since(run.Until) > of.Continuous.Delay+of.Continuous.Window
}

// catchingUp is the event by which the next window is looked at without a ping.
func catchingUp(run catalogue.HarvestRun) (event.Event, error) {
	data, err := json.Marshal(eventing.HarvestRequest{Name: run.Harvester, Values: run.Values})
	if err != nil {
		return event.Event{}, fault.Classify(fault.Internal, err, "the event behind harvest %s cannot be encoded", run.ID)
	}
	return outgoing(catalogue.Event{
		ID: "harvest/" + run.Workspace + "/" + run.ID + "/next", Type: eventing.TypeHarvestRequested, Subject: run.Harvester, Workspace: run.Workspace,
		Data: data, Time: time.Now(),
	})
}
