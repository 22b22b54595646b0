package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/function"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/tilecache"
)

// lanes is how many blocks of a level are worked on at once at most: each lane has one event on its way, which leads to
// its next one. All blocks of a level at once would wait at the door of the function until their time is over, for a
// broker that pushes does not wait for a free place.
const lanes = 8

// event handles what the broker brings. It comes from inside the cluster and says in which workspace.
func (s *seeder) event(ctx context.Context, e event.Event) (*event.Event, error) {
	sc := scope.New(extension(e, eventing.ExtensionWorkspace), "events", scope.Writer)
	switch e.Type() {
	case eventing.TypeSeedRequested:
		req, err := requestOf(e)
		if err != nil {
			return nil, err
		}
		return nil, s.requested(ctx, sc, req)
	}
	return nil, s.items(ctx, []event.Event{e})
}

// items handles events of items, which may be of several workspaces.
func (s *seeder) items(ctx context.Context, events []event.Event) error {
	changed, none := map[string][]record.Key{}, []record.Key{}
	for _, e := range events {
		workspace := extension(e, eventing.ExtensionWorkspace)
		switch e.Type() {
		case eventing.TypeItemCreate, eventing.TypeItemReplace:
			changed[workspace] = append(changed[workspace], record.Key{Collection: extension(e, eventing.ExtensionCollection), ID: e.Subject()})
		case eventing.TypeItemDelete:
			changed[workspace] = append(changed[workspace], none...) // what is left of it, the revisions tell
		default:
			return fault.At(fault.Invalid, "type", "seed handles %s and the events of items, not %s", eventing.TypeSeedRequested, e.Type())
		}
	}
	for _, workspace := range slices.Sorted(maps.Keys(changed)) {
		if err := s.changed(ctx, scope.New(workspace, "events", scope.Writer), changed[workspace]); err != nil {
			return err
		}
	}
	return nil
}

func extension(e event.Event, name string) string {
	s, _ := e.Extensions()[name].(string)
	return s
}

func requestOf(e event.Event) (eventing.SeedRequest, error) {
	var req eventing.SeedRequest
	if err := json.Unmarshal(e.Data(), &req); err != nil {
		return req, fault.Classify(fault.Invalid, err, "the data of the event is not a request to seed")
	}
	if req.Job == "" || req.From < 0 || req.To <= req.From {
		return req, fault.New(fault.Invalid, "the request names no job, or no blocks: job %q, blocks %d to %d", req.Job, req.From, req.To)
	}
	return req, nil
}

// requested cuts a whole level into lanes, or does the next block of a lane. What was done before is not done again; a job
// that ended, or is gone, needs nothing but perhaps a look at what follows it.
func (s *seeder) requested(ctx context.Context, sc scope.Scope, req eventing.SeedRequest) error {
	job, err := s.store.SeedJob(ctx, sc, req.Job)
	if fault.KindOf(err) == fault.NotFound {
		slog.Info("a seeding job is gone", "job", req.Job, "workspace", sc.Workspace)
		return nil
	}
	if err != nil {
		return err
	}
	i := slices.IndexFunc(job.Levels, func(l catalogue.SeedLevel) bool { return l.Level == req.Level })
	if i < 0 || req.To > job.Levels[i].Blocks {
		return fault.New(fault.Invalid, "job %s has no blocks %d to %d of level %d", job.ID, req.From, req.To, req.Level)
	}
	switch {
	case !job.Active() || job.Levels[i].Done == job.Levels[i].Blocks:
		return s.goOn(ctx, sc, job)
	case req.From == 0 && req.To == job.Levels[i].Blocks && req.To > 1:
		return s.sink.Send(ctx, split(job, req)...)
	}
	return s.walk(ctx, sc, job, req)
}

// split cuts a level into lanes of about the same length. The ids of the events tell the blocks, so that an event that
// comes twice makes the same ones again.
func split(job catalogue.SeedJob, req eventing.SeedRequest) []event.Event {
	n := req.To
	pieces := min(n, lanes)
	events := make([]event.Event, pieces)
	for i := range pieces {
		piece := req
		piece.From, piece.To = n*i/pieces, n*(i+1)/pieces
		events[i] = newEvent(job, piece)
	}
	return events
}

// rest is the event of what is left of a lane, if anything is. It is no reply: a broker counts how often one event leads to
// another by replies, and drops what comes too far.
func (s *seeder) rest(ctx context.Context, sc scope.Scope, job catalogue.SeedJob, req eventing.SeedRequest, from, to int64) ([]event.Event, error) {
	next, left, err := s.store.NextSeedBlock(ctx, sc, job.ID, req.Level, from, to)
	if err != nil || !left {
		return nil, err
	}
	req.From, req.To = next, to
	return []event.Event{newEvent(job, req)}, nil
}

// walk does the first block of a lane and sends the rest on as another event, and counts the block last: an event whose
// first block was counted comes again, and what follows from it is on its way already.
func (s *seeder) walk(ctx context.Context, sc scope.Scope, job catalogue.SeedJob, req eventing.SeedRequest) error {
	_, left, err := s.store.NextSeedBlock(ctx, sc, job.ID, req.Level, req.From, req.From+1)
	if err != nil || !left {
		return err
	}
	done, err := s.drawn(ctx, sc, job, req)
	if err != nil {
		return err
	}
	rest, err := s.rest(ctx, sc, job, req, req.From+1, req.To)
	if err != nil {
		return err
	}
	if err := s.sink.Send(ctx, rest...); err != nil {
		return err
	}
	if job, err = s.count(ctx, sc, job, req.Level, req.From, done); err != nil {
		return err
	}
	return s.goOn(ctx, sc, job)
}

func newEvent(job catalogue.SeedJob, req eventing.SeedRequest) event.Event {
	e := event.New()
	e.SetID(fmt.Sprintf("seed/%s/%d/%d-%d", req.Job, req.Level, req.From, req.To))
	e.SetSource("/perigee/seed")
	e.SetType(eventing.TypeSeedRequested)
	e.SetSubject(req.Job)
	e.SetTime(time.Now())
	if !strings.ContainsFunc(job.Layer, unicode.IsControl) { // the layer may be the id of an item, and no header can hold such
		e.SetExtension(eventing.ExtensionLayer, job.Layer)
	}
	e.SetExtension(eventing.ExtensionMode, job.Mode)
	if job.Workspace != "" {
		e.SetExtension(eventing.ExtensionWorkspace, job.Workspace)
	}
	_ = e.SetData(event.ApplicationJSON, req) // texts and numbers always encode
	return e
}

// drawn does the first block of a lane when there is a place for it.
func (s *seeder) drawn(ctx context.Context, sc scope.Scope, job catalogue.SeedJob, req eventing.SeedRequest) (outcome, error) {
	select {
	case s.drawing <- struct{}{}:
		defer func() { <-s.drawing }()
		return s.block(ctx, sc, job, req.Level, req.From)
	case <-ctx.Done():
		return outcome{}, fault.Classify(fault.Unavailable, ctx.Err(), "waiting for other blocks")
	}
}

// outcome is what became of a block.
type outcome struct {
	catalogue.SeedCount
	message string // of a failure
}

// block does one block. A failure that will not pass is its outcome, with its words, and the job goes on.
func (s *seeder) block(ctx context.Context, sc scope.Scope, job catalogue.SeedJob, level int, n int64) (outcome, error) {
	p, err := s.plans.of(job, level, s.sets)
	if err != nil {
		return outcome{}, err
	}
	if n >= int64(len(p.blocks)) {
		return outcome{}, fault.New(fault.Internal, "level %d of job %s has %d blocks, not %d", level, job.ID, len(p.blocks), n+1)
	}
	count, err := s.fill(ctx, sc, p, p.blocks[n])
	if err == nil {
		return outcome{SeedCount: count}, nil
	}
	if !fault.KindOf(err).Permanent() {
		return outcome{}, err
	}
	slog.Warn("a block was not seeded", "job", job.ID, "level", level, "block", n, "error", err)
	return outcome{catalogue.SeedCount{Failed: p.blocks[n].count()}, fmt.Sprintf("level %d, block %d: %v", level, n, err)}, nil
}

// count counts a block, once however often it is done, and gives the job as it is then.
func (s *seeder) count(ctx context.Context, sc scope.Scope, job catalogue.SeedJob, level int, n int64, done outcome) (catalogue.SeedJob, error) {
	job, err := s.store.CountSeedBlock(ctx, sc, job.ID, level, n, done.SeedCount, done.message)
	if err != nil {
		return job, err
	}
	counter := "perigee_seeded_tiles_total"
	if level < 0 {
		counter = "perigee_seeded_chunks_total"
	}
	for name, n := range map[string]int64{"drawn": done.Drawn, "skipped": done.Skipped, "deleted": done.Deleted, "failed": done.Failed} {
		function.Count(counter, int(n), "outcome", name)
	}
	return job, nil
}

// fill does what the job says with the tiles of a block.
func (s *seeder) fill(ctx context.Context, sc scope.Scope, p plan, b block) (catalogue.SeedCount, error) {
	if p.level < 0 {
		return s.chunk(ctx, sc, p, b)
	}
	q, err := s.question(sc, p.order, p.order.Parts[b.part])
	if err != nil {
		return catalogue.SeedCount{}, err
	}
	at := b.tiles(p.level, p.order.Block)
	if p.order.Mode == modeDelete {
		return catalogue.SeedCount{Deleted: int64(len(at))}, s.tiles.Delete(ctx, q.Tile, at)
	}
	drawn, err := s.tiles.Seed(ctx, q, at, p.order.Mode == modeReseed)
	return catalogue.SeedCount{Drawn: int64(drawn), Skipped: int64(len(at) - drawn)}, err
}

// goOn sees to what comes next: the first event of the next level, or the changes that came while the job was at work.
// It may be called any number of times.
func (s *seeder) goOn(ctx context.Context, sc scope.Scope, job catalogue.SeedJob) error {
	if current := job.Current(); current != nil {
		if current.Announced {
			return nil
		}
		return s.announce(ctx, sc, job, current)
	}
	if job.Automatic {
		return s.follow(ctx, sc)
	}
	return nil
}

// announce sends the first event of a level, and notes that it was sent.
func (s *seeder) announce(ctx context.Context, sc scope.Scope, job catalogue.SeedJob, level *catalogue.SeedLevel) error {
	if err := s.sink.Send(ctx, newEvent(job, eventing.SeedRequest{Job: job.ID, Level: level.Level, To: level.Blocks})); err != nil {
		return err
	}
	return s.store.SeedLevelAnnounced(ctx, sc, job.ID, level.Level)
}

// stalled is how long nothing may be heard of a job before what is left of its level is sent anew, for the case that the events of
// some of its blocks were given up while something was away.
const stalled = 10 * time.Minute

// revive sends events for what is left of the lanes of jobs that stand still.
func (s *seeder) revive(ctx context.Context, sc scope.Scope) error {
	jobs, err := s.store.StalledSeedJobs(ctx, sc, s.quiet, 10)
	if err != nil {
		return err
	}
	for _, job := range jobs {
		current := job.Current()
		if current == nil {
			continue
		}
		slog.Warn("a seeding job stood still", "job", job.ID, "level", current.Level)
		events, err := s.left(ctx, sc, job, current)
		if err != nil {
			return err
		}
		if err := s.sink.Send(ctx, events...); err != nil {
			return err
		}
		if err := s.store.SeedLevelAnnounced(ctx, sc, job.ID, current.Level); err != nil {
			return err
		}
	}
	return nil
}

// left are the events of what is left of the lanes of a level. Their ids tell them from those that were given up.
func (s *seeder) left(ctx context.Context, sc scope.Scope, job catalogue.SeedJob, level *catalogue.SeedLevel) ([]event.Event, error) {
	var all []event.Event
	for _, whole := range split(job, eventing.SeedRequest{Job: job.ID, Level: level.Level, To: level.Blocks}) {
		lane, err := requestOf(whole)
		if err != nil {
			return nil, err
		}
		rest, err := s.rest(ctx, sc, job, lane, lane.From, lane.To)
		if err != nil {
			return nil, err
		}
		for _, e := range rest {
			e.SetID(e.ID() + "/again/" + strconv.FormatInt(job.Updated.UnixMicro(), 36))
			all = append(all, e)
		}
	}
	return all, nil
}

// question is the question for a tile of a part, as the cache would ask it.
func (s *seeder) question(sc scope.Scope, o order, p part) (tilecache.Question, error) {
	set, err := s.setOf(p.Grid)
	if err != nil {
		return tilecache.Question{}, err
	}
	when, err := p.interval()
	if err != nil {
		return tilecache.Question{}, err
	}
	return tilecache.Question{
		Tile:       tilecache.Tile{Workspace: sc.Workspace, Layer: p.Layer, Style: p.Style, Set: set, Time: when, Format: o.Format},
		Workspaces: sc.Readable(), Subject: o.Subject, Keep: true,
	}, nil
}
