package catalogue

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/fault"
	"perigee/shared/scope"
)

// The states of a harvest.
const (
	HarvestRunning   = "running"
	HarvestFinished  = "finished" // the walk is done; single nodes may have failed
	HarvestFailed    = "failed"   // the walk could not go on
	HarvestCancelled = "cancelled"
)

// EventHarvestRequested is the type of the event by which a harvest goes on.
const EventHarvestRequested = "perigee.harvest.requested"

// HarvestRun is one walk through a source.
type HarvestRun struct {
	ID        string           `json:"id"`
	Workspace string           `json:"workspace,omitempty"`
	Harvester string           `json:"harvester"`
	Values    json.RawMessage  `json:"values,omitempty"` // laid over the harvester's configuration
	Config    json.RawMessage  `json:"-"`                // of an ad-hoc run, in place of the deployment's
	Since     time.Time        `json:"since,omitzero"`   // the window of a continuous harvester
	Until     time.Time        `json:"until,omitzero"`
	Status    string           `json:"status"`
	Error     string           `json:"error,omitempty"` // why the run failed
	Time      time.Time        `json:"time"`            // when it was asked for
	Changed   time.Time        `json:"changed"`         // when the walk last took a step
	Ended     time.Time        `json:"ended,omitzero"`
	Cursor    int64            `json:"cursor"`  // steps of the walk so far
	Nodes     int64            `json:"nodes"`   // met so far
	Visited   int64            `json:"visited"` // of them
	Found     int64            `json:"found"`   // items and collections
	Requested int64            `json:"requested"`
	Filtered  int64            `json:"filtered"`
	Failed    int64            `json:"failed"`             // nodes that could not be read or understood
	Failures  []HarvestFailure `json:"failures,omitempty"` // the first of them; Store.HarvestRun gives them
	Waiting   bool             `json:"-"`                  // for an earlier run of the same harvester; LeaseHarvest tells

	pk    int64
	fence int64
	lease time.Time // until when somebody holds it
}

// HarvestNode is a place of a source that a walk has to visit.
type HarvestNode struct {
	Href  string
	Depth int // of the root: 0
	n     int64
}

// HarvestFailure is a node that could not be read or understood, and why.
type HarvestFailure struct {
	Href   string `json:"href"`
	Reason string `json:"reason"`
}

// maxFailures is how many failed nodes of a run are kept with their reasons; further ones are counted.
const maxFailures = 1000

// HarvestQuery asks for runs; what is empty bounds nothing.
type HarvestQuery struct {
	Harvester string
	Status    string
	Limit     int    // 0 stands for 100, at most MaxLimit
	After     string // a token of an earlier page
}

const harvestColumns = `r.pk, r.fence, r.lease_until, r.workspace, r.id, r.harvester, r.overrides, r.status, r.error, r.time, r.changed, r.ended,
	r.cursor, r.nodes, r.visited, r.found, r.requested, r.filtered, r.failed, r.config, r.since, r.until`

func scanHarvest(rows pgx.Rows) (HarvestRun, error) {
	var r HarvestRun
	var lease, ended, since, until *time.Time
	var values []byte
	err := rows.Scan(&r.pk, &r.fence, &lease, &r.Workspace, &r.ID, &r.Harvester, &values, &r.Status, &r.Error, &r.Time, &r.Changed, &ended,
		&r.Cursor, &r.Nodes, &r.Visited, &r.Found, &r.Requested, &r.Filtered, &r.Failed, (*[]byte)(&r.Config), &since, &until)
	r.Time, r.Changed, r.Ended, r.lease = r.Time.UTC(), r.Changed.UTC(), orZero(ended), orZero(lease)
	r.Since, r.Until = orZero(since), orZero(until)
	if string(values) != "null" {
		r.Values = values
	}
	return r, err
}

// HarvestRuns lists runs of the readable workspaces, latest first; next is a token for HarvestQuery.After.
func (s *Store) HarvestRuns(ctx context.Context, sc scope.Scope, q HarvestQuery) (runs []HarvestRun, next string, err error) {
	if err := sc.Valid(); err != nil {
		return nil, "", err
	}
	if err := checkTexts(q.Harvester, q.Status); err != nil {
		return nil, "", err
	}
	list := newList(sc, "r", "id", bounded(q.Limit, defaultList))
	list.where("r.harvester = ", q.Harvester)
	list.where("r.status = ", q.Status)
	sql, err := list.sql("select "+harvestColumns+" from perigee.harvest_run r", q.After)
	if err != nil {
		return nil, "", err
	}
	err = s.ask(ctx, "list harvests", question{sql, list.args.Args(), each(&runs, func(rows pgx.Rows) (HarvestRun, error) {
		r, err := scanHarvest(rows)
		list.read(r.Time, r.Workspace, r.ID)
		return r, err
	})})
	return runs[:min(len(runs), list.limit)], list.next(), err
}

// HarvestRun finds a run of the scope's workspace, with the first of its failures.
func (s *Store) HarvestRun(ctx context.Context, sc scope.Scope, id string) (HarvestRun, error) {
	if err := sc.Valid(); err != nil {
		return HarvestRun{}, err
	}
	var found []HarvestRun
	var failures []HarvestFailure
	id = clean(id, maxName)
	err := s.ask(ctx, "find a harvest", question{
		sql: "select " + harvestColumns + " from perigee.harvest_run r where r.workspace = $1 and r.id = $2", args: []any{sc.Workspace, id},
		rows: each(&found, scanHarvest),
	}, question{
		sql: `select n.href, n.reason from perigee.harvest_node n join perigee.harvest_run r on r.pk = n.run
			where r.workspace = $1 and r.id = $2 and n.state = 'failed' order by n.n limit $3`,
		args: []any{sc.Workspace, id, maxFailures}, rows: each(&failures, func(rows pgx.Rows) (f HarvestFailure, err error) {
			return f, rows.Scan(&f.Href, &f.Reason)
		}),
	})
	if err != nil {
		return HarvestRun{}, err
	}
	if len(found) == 0 {
		return HarvestRun{}, fault.At(fault.NotFound, "id", "there is no harvest %q", id)
	}
	found[0].Failures = failures
	return found[0], nil
}

// CancelHarvest ends a run; who walks it notices at the next step. A cancelled one stays so, one that has ended otherwise
// is fault.Conflict.
func (s *Store) CancelHarvest(ctx context.Context, sc scope.Scope, id string) (HarvestRun, error) {
	if err := sc.MayWrite(); err != nil {
		return HarvestRun{}, err
	}
	err := s.ask(ctx, "cancel a harvest", question{
		sql: `update perigee.harvest_run set status = 'cancelled', ended = $3, changed = $3, lease_until = null
			where workspace = $1 and id = $2 and status = 'running'`,
		args: []any{sc.Workspace, clean(id, maxName), micro(time.Now())},
	})
	if err != nil {
		return HarvestRun{}, err
	}
	run, err := s.HarvestRun(ctx, sc, id)
	if err == nil && run.Status != HarvestCancelled {
		err = fault.New(fault.Conflict, "the harvest %q cannot be cancelled: it is %s", id, run.Status)
	}
	return run, err
}

// ResumeHarvest sets a run that failed on its way again, from where it could not go on; the event is put into the outbox with
// it. One that has not failed is fault.Conflict, as is one whose way was forgotten.
func (s *Store) ResumeHarvest(ctx context.Context, sc scope.Scope, id string, event Event) (HarvestRun, error) {
	if err := sc.MayWrite(); err != nil {
		return HarvestRun{}, err
	}
	var found bool
	var pk int64
	err := s.stepwise(ctx, "resume a harvest", func(ctx context.Context, tx sender) error {
		if err := send(ctx, tx, []question{{
			sql: `update perigee.harvest_run r set status = 'running', error = '', ended = null, changed = $3, lease_until = null
				where workspace = $1 and id = $2 and status = 'failed' and exists (select from perigee.harvest_node n
					where n.run = r.pk and (n.state = 'pending' or n.state = 'failed' and n.depth = 0)) returning pk`,
			args: []any{sc.Workspace, clean(id, maxName), micro(time.Now())}, rows: one(&found, &pk),
		}}); err != nil || !found {
			return err
		}
		return send(ctx, tx, []question{
			{sql: "update perigee.harvest_node set state = 'pending', reason = '' where run = $1 and state = 'failed' and depth = 0", args: []any{pk}},
			putEvent(sc.Workspace, event),
		})
	})
	if err != nil {
		return HarvestRun{}, err
	}
	run, err := s.HarvestRun(ctx, sc, id)
	if err == nil && !found {
		err = fault.New(fault.Conflict, "the harvest %q cannot be resumed: it is %s, or its way was forgotten", id, run.Status)
	}
	return run, err
}

// Watermark is until when a continuous harvester has harvested with values: the latest end of a window of its finished runs
// with the same values, zero when there is none.
func (s *Store) Watermark(ctx context.Context, sc scope.Scope, harvester string, values json.RawMessage) (time.Time, error) {
	if err := sc.Valid(); err != nil {
		return time.Time{}, err
	}
	var found bool
	var until *time.Time
	err := s.ask(ctx, "find how far a harvester came", question{
		sql:  "select max(until) from perigee.harvest_run where workspace = $1 and harvester = $2 and until is not null and status = 'finished' and config is null and overrides::text = $3",
		args: []any{sc.Workspace, clean(harvester, maxName), cmp.Or(string(values), "null")}, rows: one(&found, &until),
	})
	return orZero(until), err
}

// harvestVersion is the schema that harvests need.
const harvestVersion = 21

// ReadyToHarvest is Ready for a program that harvests.
func (s *Store) ReadyToHarvest(ctx context.Context) error { return s.atLeast(ctx, harvestVersion) }
