package main

import (
	"context"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/function"
	"perigee/shared/scope"
	"perigee/shared/source"
	"perigee/shared/stac"
)

// The bounds of a walk.
const (
	stepNodes  = eventing.MaxBatch // visited in one step, so that its items fit into one request
	stepBelow  = 20_000            // nodes met in one step, from which on the rest of it is left for the next
	stepTime   = time.Minute       // of one step
	maxDepth   = 100               // levels below the root
	concurrent = 8                 // nodes visited at once
)

// walker takes the steps of one invocation.
type walker struct {
	*harvest
	sc        scope.Scope
	deadline  time.Time
	harvester source.Harvester
	opened
	takes    filter.Predicate // which items are registered
	hopeless error            // why the walk cannot go on
	handedOn bool
	ahead    *lookedAhead
}

// open finds what the run harvests, by the configuration of today.
func (w *walker) open(run catalogue.HarvestRun) error {
	var err error
	if w.harvester, err = w.harvest.harvester(run); err == nil {
		w.opened, err = w.means.open(w.sc.Workspace, w.harvester)
	}
	if err == nil {
		w.takes, err = filter.Prepare(w.harvester.Filter, nil)
	}
	if err != nil && !fault.KindOf(err).Permanent() {
		return err
	}
	w.hopeless = err
	return nil
}

// step visits some nodes. What was found is asked for first; then the step is written, together with the event by which
// the walk goes on when the time is over. Cut off in between, the step is done once more: the same requests have the
// same ids, and registering twice changes nothing.
func (w *walker) step(ctx context.Context, run catalogue.HarvestRun) (catalogue.HarvestRun, error) {
	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, stepTime)
	defer cancel()
	behind, err := w.wait(ctx, run)
	if err != nil {
		return run, err
	}
	if behind {
		return w.later(ctx, run)
	}
	step, asked, err := w.look(ctx, run)
	if err != nil {
		return run, err
	}
	w.lookAhead(whole, step)
	requests, kept, err := w.requests(run, asked)
	if err != nil {
		return run, err
	}
	if err := w.store.AskHarvest(ctx, w.sc, run, kept); err != nil {
		return run, err
	}
	if err := w.send(ctx, requests...); err != nil {
		return run, err
	}
	if time.Now().After(w.deadline) {
		if step.Continue, err = continuation(run); err != nil {
			return run, err
		}
	}
	after, err := w.store.StepHarvest(ctx, w.sc, run, step, w.holding)
	if err != nil {
		return run, err
	}
	w.handedOn = step.Continue != nil
	count(run, step)
	return after, nil
}

func count(run catalogue.HarvestRun, step catalogue.HarvestStep) {
	harvester := run.Harvester
	if len(run.Config) > 0 {
		harvester = "ad hoc" // whose names anybody may choose
	}
	function.Count("perigee_harvest_found_total", step.Found, "harvester", harvester)
	function.Count("perigee_harvest_requested_total", step.Requested, "harvester", harvester)
	function.Count("perigee_harvest_failed_total", len(step.Failed), "harvester", harvester)
}

// look visits the next nodes of a run, and gives the documents that are to be registered.
func (w *walker) look(ctx context.Context, run catalogue.HarvestRun) (step catalogue.HarvestStep, asked []source.Document, err error) {
	switch {
	case w.hopeless != nil:
		step.Error = w.hopeless.Error()
		return step, nil, nil
	case run.Nodes > w.maxNodes:
		step.Error = fault.New(fault.Invalid, "there are more than the %d nodes that one harvest may meet", w.maxNodes).Error()
		return step, nil, nil
	}
	some := stepNodes
	if w.harvester.Paged() {
		some = 1 // a page has many items, and may be large
	}
	nodes, err := w.store.HarvestNodes(ctx, w.sc, run, some)
	if err != nil {
		return step, nil, err
	}
	seen, err := w.visit(ctx, nodes)
	if err != nil {
		return step, nil, err
	}
	for i, s := range seen {
		if i > 0 && len(step.Below)+len(s.found.Below) > stepBelow {
			break
		}
		asked = append(asked, w.add(&step, run, nodes[i], s)...)
	}
	asked, err = w.process(ctx, &step, asked)
	step.Requested = len(asked)
	return step, asked, err
}

// sight is what was seen at a node.
type sight struct {
	found source.Found
	err   error
}

// visit looks at nodes side by side. The error is one that may pass, for which the step is to be repeated.
func (w *walker) visit(ctx context.Context, nodes []catalogue.HarvestNode) ([]sight, error) {
	seen := make([]sight, len(nodes))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrent)
	for i, n := range nodes {
		group.Go(func() error {
			if n.Depth > maxDepth {
				seen[i].err = fault.New(fault.Invalid, "it lies deeper than %d levels below the root", maxDepth)
				return nil
			}
			seen[i] = w.visitOne(ctx, n.Href)
			if fault.KindOf(seen[i].err) == fault.Unavailable {
				return seen[i].err
			}
			return nil
		})
	}
	return seen, group.Wait()
}

// add takes what was seen at a node into a step, and gives what of it is to be registered. At the root, and on the pages that
// go on from it, nothing may fail: what lies behind would be lost.
func (w *walker) add(step *catalogue.HarvestStep, run catalogue.HarvestRun, n catalogue.HarvestNode, s sight) (asked []source.Document) {
	step.Visited = append(step.Visited, n)
	if s.err != nil {
		step.Failed = append(step.Failed, catalogue.HarvestFailure{Href: n.Href, Reason: words(s.err)})
		if n.Depth == 0 && step.Error == "" {
			step.Error = map[bool]string{true: "the harvest cannot begin: ", false: "the harvest cannot go on: "}[run.Visited == 0] + n.Href + ": " + words(s.err)
		}
		return nil
	}
	for _, href := range s.found.Next {
		step.Below = append(step.Below, catalogue.HarvestNode{Href: href, Depth: n.Depth})
	}
	for _, href := range s.found.Below {
		step.Below = append(step.Below, catalogue.HarvestNode{Href: href, Depth: n.Depth + 1})
	}
	for _, f := range s.found.Failures {
		step.Failed = append(step.Failed, catalogue.HarvestFailure{Href: f.Href, Reason: n.Href + ": " + words(f.Err)})
	}
	step.Found += len(s.found.Documents)
	for _, d := range s.found.Documents {
		if d.Left || (d.Kind != stac.TypeCollection && !d.Stub && !w.takes.Holds(d.Record)) {
			step.Filtered++
			continue
		}
		asked = append(asked, d)
	}
	return asked
}

// words is an error in one line.
func words(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
