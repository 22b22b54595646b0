package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/scope"
)

// event handles a request to harvest or to go on with it, and the pings of schedules. It comes from inside the cluster
// and says in whose workspace to harvest.
func (h *harvest) event(ctx context.Context, e event.Event) (*event.Event, error) {
	named, ping := extension(e, eventing.ExtensionHarvester), e.Type() == eventing.TypePing
	switch {
	case !ping && e.Type() != eventing.TypeHarvestRequested:
		return nil, fault.At(fault.Invalid, "type", "harvest handles %s and %s, not %s", eventing.TypeHarvestRequested, eventing.TypePing, e.Type())
	case ping && named == "" && extension(e, eventing.ExtensionSweep) == "":
		slog.Debug("a ping that is not for harvests", "event", e.ID())
		return nil, nil
	case ping && named == "":
		return nil, h.sweep(ctx, e.ID())
	}
	var asked eventing.HarvestRequest
	if err := json.Unmarshal(e.Data(), &asked); err != nil && len(e.Data()) > 0 {
		return nil, fault.Classify(fault.Invalid, err, "the data of the event is not a request to harvest")
	}
	sc := scope.New(extension(e, eventing.ExtensionWorkspace), "events", scope.Writer)
	if asked.Run != "" && !ping {
		return nil, h.goOn(ctx, sc, asked.Run)
	}
	if asked.Name == "" || ping {
		asked.Name = named
	}
	return nil, h.begin(ctx, sc, e, asked)
}

func extension(e event.Event, name string) string {
	s, _ := e.Extensions()[name].(string)
	return s
}

// begin starts a run that an event asks for, once however often the event comes, and walks it. A schedule that is faster
// than its harvest leaves a turn out.
func (h *harvest) begin(ctx context.Context, sc scope.Scope, e event.Event, asked eventing.HarvestRequest) error {
	sum := sha256.Sum256([]byte(e.Source() + "\x00" + e.ID()))
	id := hex.EncodeToString(sum[:10])
	wish := catalogue.HarvestRun{ID: id, Workspace: sc.Workspace, Harvester: asked.Name, Values: asked.Values, Time: time.Now()}
	run, err := h.start(ctx, sc, wish, e.Type() == eventing.TypePing, false)
	switch {
	case errors.Is(err, errNothingYet):
		slog.Info("nothing lies behind the last harvest yet", "harvester", asked.Name, "workspace", sc.Workspace)
		return nil
	case err != nil:
		return err
	case run.ID != id:
		slog.Info("the harvest before is still on its way", "harvester", run.Harvester, "run", run.ID, "workspace", sc.Workspace)
		return nil
	}
	return h.goOn(ctx, sc, id)
}

// errNothingYet says that a continuous harvester has no time to look at.
var errNothingYet = fault.New(fault.Conflict, "nothing lies behind the last harvest yet")

// start keeps a run, after its harvester, its values and its root were found to be possible. An announced one is walked by
// who gets its event; any other by who started it. One that has to be alone, as one of a moving window has, gives way to the
// one that is on its way.
func (h *harvest) start(ctx context.Context, sc scope.Scope, run catalogue.HarvestRun, alone, announced bool) (catalogue.HarvestRun, error) {
	of, err := h.harvester(run)
	if err != nil {
		return run, err
	}
	opened, err := h.means.open(sc.Workspace, of)
	if err != nil {
		return run, err
	}
	if of.Continuous != nil {
		alone = true
		ok := false
		if run.Since, run.Until, ok, err = h.window(ctx, sc, of, run); err != nil {
			return run, err
		} else if !ok {
			return run, errNothingYet
		}
	}
	start := catalogue.HarvestStart{Run: run, Root: opened.source.Root(), Alone: alone}
	if announced {
		if start.Event, err = goingOn(run, "0"); err != nil {
			return run, err
		}
	}
	run, _, err = h.store.StartHarvest(ctx, sc, start)
	return run, err
}

// still is how long a run that nobody holds may stand before the sweep revives it.
const still = time.Minute

// sweep sends what waits in the outbox, revives the harvests that stand still, in all workspaces, and tidies up.
func (h *harvest) sweep(ctx context.Context, ping string) error {
	all := scope.New(scope.System, "events", scope.Admin)
	if err := h.flush(ctx, all); err != nil {
		return err
	}
	stalled, err := h.store.StalledHarvests(ctx, all, still, atOnce)
	if err != nil {
		return err
	}
	var events []event.Event
	for _, run := range stalled {
		waiting, err := goingOn(run, "revived/"+ping)
		if err != nil {
			return err
		}
		e, err := outgoing(*waiting)
		if err != nil {
			return err
		}
		slog.Warn("a harvest stood still and is revived", "run", run.ID, "harvester", run.Harvester, "workspace", run.Workspace)
		events = append(events, e)
	}
	if len(events) > 0 {
		err = h.send(ctx, events...)
	}
	h.forget(ctx, all)
	return err
}
