package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/scope"
	"perigee/shared/source"
)

// harvest starts runs and walks them.
type harvest struct {
	harvesters source.Config
	store      runs
	means      *means
	send       func(context.Context, ...event.Event) error
	budget     time.Duration // of one invocation
	holding    time.Duration // of a run, until it is said again
	asking     time.Duration // between two looks at a run that somebody else holds
	maxNodes   int64
	patience   time.Duration // with a run that makes no progress
	backlog    int           // documents that may wait for their registration; 0: any number
}

// runs is what harvest keeps in the catalogue.
type runs interface {
	StartHarvest(ctx context.Context, sc scope.Scope, start catalogue.HarvestStart) (catalogue.HarvestRun, bool, error)
	LeaseHarvest(ctx context.Context, sc scope.Scope, id string, holding time.Duration) (catalogue.HarvestRun, bool, error)
	RenewHarvest(ctx context.Context, sc scope.Scope, run catalogue.HarvestRun, holding time.Duration) error
	ReleaseHarvest(ctx context.Context, sc scope.Scope, run catalogue.HarvestRun) error
	HarvestNodes(ctx context.Context, sc scope.Scope, run catalogue.HarvestRun, limit int) ([]catalogue.HarvestNode, error)
	StepHarvest(ctx context.Context, sc scope.Scope, run catalogue.HarvestRun, step catalogue.HarvestStep, holding time.Duration) (catalogue.HarvestRun, error)
	ForgetHarvestNodes(ctx context.Context, sc scope.Scope) (bool, error)
	HarvestEvents(ctx context.Context, sc scope.Scope, limit int) ([]catalogue.Event, error)
	Sent(ctx context.Context, sc scope.Scope, ids []string) error
	StalledHarvests(ctx context.Context, sc scope.Scope, since time.Duration, limit int) ([]catalogue.HarvestRun, error)
	HarvestRuns(ctx context.Context, sc scope.Scope, q catalogue.HarvestQuery) ([]catalogue.HarvestRun, string, error)
	HarvestRun(ctx context.Context, sc scope.Scope, id string) (catalogue.HarvestRun, error)
	ResumeHarvest(ctx context.Context, sc scope.Scope, id string, e catalogue.Event) (catalogue.HarvestRun, error)
	WaitingHarvest(ctx context.Context, sc scope.Scope, harvester string) (catalogue.HarvestRun, bool, error)
	Watermark(ctx context.Context, sc scope.Scope, harvester string, values json.RawMessage) (time.Time, error)
	AskHarvest(ctx context.Context, sc scope.Scope, run catalogue.HarvestRun, requests []catalogue.HarvestRequest) error
	HarvestBacklog(ctx context.Context, sc scope.Scope, run catalogue.HarvestRun, patience time.Duration) (int, error)
	CancelHarvest(ctx context.Context, sc scope.Scope, id string) (catalogue.HarvestRun, error)
}

// harvester finds what a run harvests, and how: by the configuration of today, or by the one that came along with it.
func (h *harvest) harvester(run catalogue.HarvestRun) (source.Harvester, error) {
	var of source.Harvester
	var err error
	if len(run.Config) > 0 {
		var adHoc source.Config
		if adHoc, err = source.Load("config", run.Config); err == nil {
			of, err = adHoc.Brought()
		}
	} else {
		of, err = h.harvesters.Harvester(run.Harvester, run.Values)
	}
	if of.Continuous != nil {
		of.Query.Begin, of.Query.End = run.Since, run.Until
	}
	return of, err
}

// goOn walks a run on, unless another worker does or it has ended.
func (h *harvest) goOn(ctx context.Context, sc scope.Scope, id string) error {
	run, held, err := h.take(ctx, sc, id)
	if err != nil || !held {
		return err
	}
	if err := h.walk(ctx, sc, run); err != nil {
		return err
	}
	return h.flush(ctx, sc)
}

// take holds a run for this worker. When another one holds it, that one may be dead: it is waited for a sign of life, and
// without one the run is taken when its time is over. Whoever shows life goes on by an event of its own.
func (h *harvest) take(ctx context.Context, sc scope.Scope, id string) (catalogue.HarvestRun, bool, error) {
	first, held, err := h.store.LeaseHarvest(ctx, sc, id, h.holding)
	if first.Waiting {
		return first, false, err // the earlier run of the harvester wakes it when it ends
	}
	for run := first; err == nil && !held && run.Status == catalogue.HarvestRunning && !run.Moved(first); {
		select {
		case <-time.After(h.asking):
		case <-ctx.Done():
			return run, false, fault.Classify(fault.Unavailable, context.Cause(ctx), "waiting for the harvest %q", id)
		}
		run, held, err = h.store.LeaseHarvest(ctx, sc, id, h.holding)
		if held {
			return run, true, err
		}
	}
	return first, held, err
}

// walk takes steps until the run ends, the time is over, or the run is another's. What may pass is an error: the run is
// given back then, and whoever gets the event again goes on.
func (h *harvest) walk(ctx context.Context, sc scope.Scope, run catalogue.HarvestRun) error {
	steps, stop := h.keep(ctx, sc, run)
	defer stop()
	w := &walker{harvest: h, sc: sc, deadline: time.Now().Add(h.budget)}
	err := w.open(run)
	defer w.drop()
	for err == nil && run.Status == catalogue.HarvestRunning && !w.handedOn {
		run, err = w.step(steps, run)
	}
	if err == nil {
		h.ended(ctx, sc, run)
		return nil
	}
	if fault.KindOf(err) == fault.Conflict || fault.KindOf(context.Cause(steps)) == fault.Conflict {
		slog.Info("the harvest is no longer this worker's", "run", run.ID, "workspace", sc.Workspace)
		return nil
	}
	if h.patience > 0 && time.Since(run.Changed) > h.patience {
		return h.giveUp(ctx, sc, run, err)
	}
	stop()
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if giving := h.store.ReleaseHarvest(after, sc, run); giving != nil {
		slog.Warn("a harvest was not given back and will be waited for", "run", run.ID, "error", giving)
	}
	return err
}

// giveUp ends a run that has made no progress for long. It can be resumed.
func (h *harvest) giveUp(ctx context.Context, sc scope.Scope, run catalogue.HarvestRun, err error) error {
	step := catalogue.HarvestStep{Error: "the harvest made no progress for " + h.patience.String() + ": " + words(err)}
	after, err := h.store.StepHarvest(ctx, sc, run, step, h.holding)
	if err == nil {
		h.ended(ctx, sc, after)
	}
	return err
}

// patience is for what is done though the request is over.
const patience = 5 * time.Second

// keep says again and again that this worker holds a run, until stop. The context ends when it does not any more.
func (h *harvest) keep(ctx context.Context, sc scope.Scope, run catalogue.HarvestRun) (held context.Context, stop func()) {
	held, lose := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-time.After(h.holding / 3):
			case <-held.Done():
				return
			}
			if err := h.store.RenewHarvest(held, sc, run, h.holding); fault.KindOf(err) == fault.Conflict {
				lose(err)
			}
		}
	}()
	return held, func() { lose(context.Canceled); <-done }
}

// ended tells of a run that has ended, and tidies up behind it; what is left over, the sweep takes.
func (h *harvest) ended(ctx context.Context, sc scope.Scope, run catalogue.HarvestRun) {
	log := slog.With("run", run.ID, "harvester", run.Harvester, "workspace", run.Workspace, "found", run.Found, "requested", run.Requested,
		"filtered", run.Filtered, "failed", run.Failed)
	switch run.Status {
	case catalogue.HarvestRunning:
		log.Info("handed on", "cursor", run.Cursor)
		return
	case catalogue.HarvestFailed:
		log.Warn("the harvest failed", "error", run.Error)
	default:
		log.Info("harvested")
	}
	h.follow(ctx, sc, run)
	h.forget(ctx, sc)
}

// follow wakes what has waited for a run to end: the next run of the same harvester, or, when a continuous one is behind, its
// next window. What gets lost here, the sweep or the next ping finds.
func (h *harvest) follow(ctx context.Context, sc scope.Scope, run catalogue.HarvestRun) {
	next, found, err := h.store.WaitingHarvest(ctx, sc, run.Harvester)
	var e event.Event
	switch {
	case err != nil:
	case found:
		var waiting *catalogue.Event
		if waiting, err = goingOn(next, "after/"+run.ID); err == nil {
			e, err = outgoing(*waiting)
		}
	case run.Status == catalogue.HarvestFinished && h.behind(run):
		e, err = catchingUp(run)
	default:
		return
	}
	if err == nil {
		err = h.send(ctx, e)
	}
	if err != nil {
		slog.Warn("what waits for a harvest was not woken", "run", run.ID, "harvester", run.Harvester, "error", err)
	}
}

// forget deletes what a walk needs no more.
func (h *harvest) forget(ctx context.Context, sc scope.Scope) {
	for more := true; more; {
		var err error
		if more, err = h.store.ForgetHarvestNodes(ctx, sc); err != nil {
			slog.Warn("nodes of harvests were not deleted", "error", err)
			return
		}
	}
}
