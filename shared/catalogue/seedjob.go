package catalogue

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/fault"
	"perigee/shared/scope"
)

// The status of a seeding job, in the words of OGC API Processes (18-062r2, 7.12).
const (
	SeedAccepted   = "accepted"
	SeedRunning    = "running"
	SeedSuccessful = "successful"
	SeedFailed     = "failed"
	SeedDismissed  = "dismissed"
)

// SeedJob fills the cache of a layer, or empties it: one level after the other, block by block.
type SeedJob struct {
	ID        string
	Workspace string
	Layer     string
	Mode      string
	Automatic bool            // it follows changes of the catalogue
	Request   json.RawMessage // what exactly is to be done, in the words of the one who does it
	Status    string
	Message   string // why it failed, or what failed of it first
	Created   time.Time
	Updated   time.Time
	Finished  time.Time
	Levels    []SeedLevel // in the order they are done
}

// SeedLevel is one level of a job. Tiles and what became of them are counted in tiles.
type SeedLevel struct {
	Level     int
	Tiles     int64
	Blocks    int64
	Done      int64 // blocks
	Announced bool  // its first event was sent
	Started   time.Time
	Finished  time.Time
	SeedCount
}

// SeedCount says what became of tiles.
type SeedCount struct {
	Drawn, Skipped, Deleted, Failed int64
}

// Active tells whether there is still something to do.
func (j SeedJob) Active() bool { return j.Status == SeedAccepted || j.Status == SeedRunning }

// Current is the level that is being worked on; nil when there is none.
func (j SeedJob) Current() *SeedLevel {
	if !j.Active() {
		return nil
	}
	if i := slices.IndexFunc(j.Levels, func(l SeedLevel) bool { return l.Done < l.Blocks }); i >= 0 {
		return &j.Levels[i]
	}
	return nil
}

// seedSchema is the oldest schema that knows of seeding.
const seedSchema = 5

// ReadyToSeed is Ready for what seeds.
func (s *Store) ReadyToSeed(ctx context.Context) error { return s.atLeast(ctx, seedSchema) }

// seedKept is how long jobs that ended are remembered.
const seedKept = "30 days"

// maxSeedJobs is how many jobs that somebody asked for a workspace may have at work.
const maxSeedJobs = 100

// CreateSeedJob keeps a job of the scope's workspace, which has its levels and no progress yet. A workspace with too
// many jobs at work is a fault.Conflict.
func (s *Store) CreateSeedJob(ctx context.Context, sc scope.Scope, job SeedJob) error {
	if err := sc.MayWrite(); err != nil {
		return err
	}
	if err := checkSeedJob(job); err != nil {
		return err
	}
	var found bool
	var active int
	err := s.ask(ctx, "count the seeding jobs", question{
		sql:  "select count(*) from perigee.seed_job where workspace = $1 and not automatic and status in ('accepted', 'running')",
		args: []any{sc.Workspace}, rows: one(&found, &active),
	})
	if err != nil {
		return err
	}
	if active >= maxSeedJobs {
		return fault.New(fault.Conflict, "%d seeding jobs are at work, at most %d may be: wait for one to end, or dismiss it", active, maxSeedJobs)
	}
	return s.ask(ctx, "keep a seeding job", append(putSeedJob(sc.Workspace, job), question{
		sql:  "delete from perigee.seed_job where workspace = $1 and finished < now() - $2::text::interval",
		args: []any{sc.Workspace, seedKept},
	})...)
}

func checkSeedJob(job SeedJob) error {
	if err := checkTexts(job.ID, job.Layer, job.Mode); err != nil {
		return err
	}
	if job.ID == "" || len(job.Levels) == 0 || !json.Valid(job.Request) {
		return fault.New(fault.Internal, "a seeding job needs an id, levels, and its request as JSON")
	}
	return firstTooLong(length{"layer", len(job.Layer), maxName}, length{"request", len(job.Request), maxJSON})
}

func putSeedJob(workspace string, job SeedJob) []question {
	return []question{{
		sql: `insert into perigee.seed_job (id, workspace, layer, mode, automatic, request, status, message, time, updated)
			values ($1, $2, $3, $4, $5, $6::text::json, 'accepted', '', $7, $7)`,
		args: []any{job.ID, workspace, job.Layer, job.Mode, job.Automatic, string(job.Request), micro(time.Now())},
	}, {
		sql: `insert into perigee.seed_level (job, level, tiles, blocks)
			select $1, level, tiles, blocks from unnest($2::integer[], $3::bigint[], $4::bigint[]) as i(level, tiles, blocks)`,
		args: []any{
			job.ID, column(job.Levels, func(l SeedLevel) int { return l.Level }),
			column(job.Levels, func(l SeedLevel) int64 { return l.Tiles }),
			column(job.Levels, func(l SeedLevel) int64 { return l.Blocks }),
		},
	}}
}

const seedJobColumns = `select j.id, j.workspace, j.layer, j.mode, j.automatic, j.request, j.status, j.message, j.time, j.updated, j.finished
	from perigee.seed_job j`

func scanSeedJob(rows pgx.Rows) (SeedJob, error) {
	var j SeedJob
	var request []byte
	var finished *time.Time
	err := rows.Scan(&j.ID, &j.Workspace, &j.Layer, &j.Mode, &j.Automatic, &request, &j.Status, &j.Message, &j.Created, &j.Updated, &finished)
	j.Request, j.Created, j.Updated, j.Finished = request, j.Created.UTC(), j.Updated.UTC(), orZero(finished)
	return j, err
}

// seedLevels reads the levels of the jobs that a condition on seed_job names, into the jobs that were read before.
func seedLevels(condition string, args []any, jobs *[]SeedJob) question {
	return question{
		sql: `select l.job, l.level, l.tiles, l.blocks, l.done, l.drawn, l.skipped, l.deleted, l.failed, l.announced, l.started, l.finished
			from perigee.seed_level l join perigee.seed_job j on j.id = l.job where ` + condition + ` order by l.job, l.level`,
		args: args,
		rows: func(rows pgx.Rows) error {
			for rows.Next() {
				job, level, err := scanSeedLevel(rows)
				if err != nil {
					return err
				}
				if i := slices.IndexFunc(*jobs, func(j SeedJob) bool { return j.ID == job }); i >= 0 {
					(*jobs)[i].Levels = append((*jobs)[i].Levels, level)
				}
			}
			return rows.Err()
		},
	}
}

func scanSeedLevel(rows pgx.Rows) (job string, l SeedLevel, err error) {
	var started, finished *time.Time
	err = rows.Scan(&job, &l.Level, &l.Tiles, &l.Blocks, &l.Done, &l.Drawn, &l.Skipped, &l.Deleted, &l.Failed, &l.Announced, &started, &finished)
	l.Started, l.Finished = orZero(started), orZero(finished)
	return job, l, err
}

// SeedJob finds a job of the scope's workspace.
func (s *Store) SeedJob(ctx context.Context, sc scope.Scope, id string) (SeedJob, error) {
	if err := sc.Valid(); err != nil {
		return SeedJob{}, err
	}
	if err := checkTexts(id); err != nil {
		return SeedJob{}, err
	}
	return s.seedJob(ctx, sc, id)
}

// seedJob sends what is to be done with a job, and reads it afterwards in the same transaction.
func (s *Store) seedJob(ctx context.Context, sc scope.Scope, id string, before ...question) (SeedJob, error) {
	var found []SeedJob
	const one = "j.workspace = $1 and j.id = $2"
	args := []any{sc.Workspace, id}
	questions := append(before, question{sql: seedJobColumns + " where " + one, args: args, rows: each(&found, scanSeedJob)}, seedLevels(one, args, &found))
	err := s.ask(ctx, "follow a seeding job", questions...)
	if err == nil && len(found) == 0 {
		err = fault.At(fault.NotFound, "id", "there is no seeding job %q", id)
	}
	if err != nil {
		return SeedJob{}, err
	}
	return found[0], nil
}

// SeedJobs lists the jobs of the readable workspaces, latest first; next is a token for after.
func (s *Store) SeedJobs(ctx context.Context, sc scope.Scope, limit int, after string) (jobs []SeedJob, next string, err error) {
	if err := sc.Valid(); err != nil {
		return nil, "", err
	}
	list := newList(sc, "j", "id", bounded(limit, defaultList))
	sql, err := list.sql(seedJobColumns, after)
	if err != nil {
		return nil, "", err
	}
	err = s.ask(ctx, "list seeding jobs", question{sql, list.args.Args(), each(&jobs, func(rows pgx.Rows) (SeedJob, error) {
		j, err := scanSeedJob(rows)
		list.read(j.Created, j.Workspace, j.ID)
		return j, err
	})})
	if err != nil {
		return nil, "", err
	}
	jobs = jobs[:min(len(jobs), list.limit)]
	ids := column(jobs, func(j SeedJob) string { return j.ID })
	return jobs, list.next(), s.ask(ctx, "list seeding jobs", seedLevels("j.id = any($1::text[])", []any{ids}, &jobs))
}

// NextSeedBlock finds the first of some blocks, from one up to before another, that is left to do: none is where all were
// counted, or the job is not active.
func (s *Store) NextSeedBlock(ctx context.Context, sc scope.Scope, id string, level int, from, to int64) (block int64, left bool, err error) {
	if err := sc.MayWrite(); err != nil {
		return 0, false, err
	}
	err = s.ask(ctx, "look which block is to be seeded", question{
		sql: `select n from perigee.seed_job j join perigee.seed_level l on l.job = j.id, generate_series($4::bigint, least($5::bigint, l.blocks) - 1) n
			where j.workspace = $1 and j.id = $2 and l.level = $3 and j.status in ('accepted', 'running') and l.done < l.blocks
				and not exists (select from perigee.seed_block b where b.job = j.id and b.level = l.level and b.block = n)
			order by n limit 1`,
		args: []any{sc.Workspace, id, level, from, to}, rows: one(&left, &block),
	})
	return block, left, err
}

// CountSeedBlock counts what became of the tiles of a block, once however often it is called, and gives the job as it
// is then. The last block of a level ends it, the last level the job. The first message that is not empty is kept.
func (s *Store) CountSeedBlock(ctx context.Context, sc scope.Scope, id string, level int, block int64, count SeedCount, message string) (SeedJob, error) {
	if err := sc.MayWrite(); err != nil {
		return SeedJob{}, err
	}
	return s.seedJob(ctx, sc, id, question{ // whoever counts in this level waits here for its turn
		sql:  "select from perigee.seed_level l join perigee.seed_job j on j.id = l.job where j.workspace = $1 and j.id = $2 and l.level = $3 for update of l",
		args: []any{sc.Workspace, id, level},
	}, question{
		sql: `with fresh as (
				insert into perigee.seed_block (job, level, block)
				select l.job, l.level, $4::bigint from perigee.seed_level l join perigee.seed_job j on j.id = l.job
				where j.workspace = $1 and j.id = $2 and l.level = $3 and l.done < l.blocks and $4::bigint >= 0 and $4::bigint < l.blocks
					and j.status in ('accepted', 'running')
				on conflict do nothing returning job),
			counted as (
				update perigee.seed_level l set done = done + 1, drawn = drawn + $5::bigint, skipped = skipped + $6::bigint, deleted = deleted + $7::bigint,
					failed = failed + $8::bigint, finished = case when done + 1 = blocks then now() end
				from fresh where l.job = fresh.job and l.level = $3)
			update perigee.seed_job j set updated = now(), message = case when message = '' then $9::text else message end
			from fresh where j.id = fresh.job`,
		args: []any{sc.Workspace, id, level, block, count.Drawn, count.Skipped, count.Deleted, count.Failed, clean(message, maxMessage)},
	}, question{
		sql: `delete from perigee.seed_block b using perigee.seed_level l, perigee.seed_job j
			where j.workspace = $1 and j.id = $2 and l.job = j.id and l.level = $3 and l.done = l.blocks and b.job = l.job and b.level = l.level`,
		args: []any{sc.Workspace, id, level},
	}, question{
		sql: `update perigee.seed_job j set finished = now(), status = case
				when exists (select from perigee.seed_level l where l.job = j.id and l.failed > 0) then 'failed' else 'successful' end
			where j.workspace = $1 and j.id = $2 and j.status in ('accepted', 'running')
				and not exists (select from perigee.seed_level l where l.job = j.id and l.done < l.blocks)`,
		args: []any{sc.Workspace, id},
	})
}

// SeedLevelAnnounced notes that the first event of a level was sent.
func (s *Store) SeedLevelAnnounced(ctx context.Context, sc scope.Scope, id string, level int) error {
	if err := sc.MayWrite(); err != nil {
		return err
	}
	return s.ask(ctx, "note that a level is being seeded", question{
		sql: `update perigee.seed_level l set announced = true, started = coalesce(started, now())
			from perigee.seed_job j where j.id = l.job and j.workspace = $1 and j.id = $2 and l.level = $3 and not l.announced`,
		args: []any{sc.Workspace, id, level},
	}, question{
		sql: `update perigee.seed_job set updated = now(), status = case status when 'accepted' then 'running' else status end
			where workspace = $1 and id = $2 and status in ('accepted', 'running')`,
		args: []any{sc.Workspace, id},
	})
}

// DismissSeedJob ends a job that is active, with or without a message; what was done of it stays done. A job that ended
// stays as it is. It gives the job as it is then.
func (s *Store) DismissSeedJob(ctx context.Context, sc scope.Scope, id, message string) (SeedJob, error) {
	if err := sc.MayWrite(); err != nil {
		return SeedJob{}, err
	}
	if err := checkTexts(id); err != nil {
		return SeedJob{}, err
	}
	return s.seedJob(ctx, sc, id, question{
		sql: `update perigee.seed_job set status = 'dismissed', message = coalesce(nullif($3::text, ''), message), updated = now(), finished = now()
			where workspace = $1 and id = $2 and status in ('accepted', 'running')`,
		args: []any{sc.Workspace, id, clean(message, maxMessage)},
	}, question{
		sql: `delete from perigee.seed_block b using perigee.seed_job j
			where j.id = b.job and j.workspace = $1 and j.id = $2 and j.status not in ('accepted', 'running')`,
		args: []any{sc.Workspace, id},
	})
}

// StalledSeedJobs lists active jobs of the scope's workspace of which nothing was heard for that long.
func (s *Store) StalledSeedJobs(ctx context.Context, sc scope.Scope, quiet time.Duration, limit int) ([]SeedJob, error) {
	if err := sc.MayWrite(); err != nil {
		return nil, err
	}
	var jobs []SeedJob
	args := []any{sc.Workspace, quiet.Seconds(), bounded(limit, defaultList)}
	const still = `j.id in (select s.id from perigee.seed_job s where s.workspace = $1 and s.status in ('accepted', 'running')
		and s.updated < now() - make_interval(secs => $2::float8) order by s.updated limit $3)`
	err := s.ask(ctx, "look for seeding jobs that stand still",
		question{sql: seedJobColumns + " where " + still, args: args, rows: each(&jobs, scanSeedJob)}, seedLevels(still, args, &jobs))
	return jobs, err
}
