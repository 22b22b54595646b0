package catalogue_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/scope"
)

func seedJob(id string, blocks ...int64) catalogue.SeedJob {
	job := catalogue.SeedJob{ID: id, Layer: "S2", Mode: "seed", Request: []byte(`{"a":1}`)}
	for i, n := range blocks {
		job.Levels = append(job.Levels, catalogue.SeedLevel{Level: i, Tiles: 4 * n, Blocks: n})
	}
	return job
}

func createSeedJob(t *testing.T, s *catalogue.Store, job catalogue.SeedJob) {
	t.Helper()
	if err := s.CreateSeedJob(t.Context(), writer("w"), job); err != nil {
		t.Fatal(err)
	}
}

// CSC-06: each block counts once, however many workers report it and in whatever order; levels end with their last
// block, the job with its last level.
func TestSeedBlocksCountOnce(t *testing.T) {
	s := cataloguetest.Open(t)
	createSeedJob(t, s, seedJob("j", 3, 20))
	if err := s.SeedLevelAnnounced(t.Context(), writer("w"), "j", 0); err != nil {
		t.Fatal(err)
	}
	for level, blocks := range []int64{3, 20} {
		var all sync.WaitGroup
		for worker := range 4 {
			all.Go(func() {
				for i := range blocks {
					n := (i*7 + int64(worker)) % blocks // each worker in an order of its own
					if _, err := s.CountSeedBlock(t.Context(), writer("w"), "j", level, n, catalogue.SeedCount{Drawn: 3, Skipped: 1}, ""); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		_, left, err := s.NextSeedBlock(t.Context(), writer("w"), "j", level, 0, 1)
		if err != nil || left {
			t.Errorf("block 0 of level %d is left: %v, %v", level, left, err)
		}
	}
	job, err := s.SeedJob(t.Context(), writer("w"), "j")
	if err != nil || job.Status != catalogue.SeedSuccessful || job.Finished.IsZero() || job.Current() != nil {
		t.Fatalf("%+v %v", job, err)
	}
	for i, n := range []int64{3, 20} {
		if l := job.Levels[i]; l.Done != n || l.Drawn != 3*n || l.Skipped != n || l.Failed != 0 || l.Finished.IsZero() {
			t.Errorf("%+v", l)
		}
	}
}

func TestSeedBlocksThatDoNotCount(t *testing.T) {
	s, conn := opened(t)
	createSeedJob(t, s, seedJob("j", 2))
	count := func(workspace, id string, level int, block int64) (catalogue.SeedJob, error) {
		return s.CountSeedBlock(t.Context(), writer(workspace), id, level, block, catalogue.SeedCount{Failed: 4}, "it \x00 failed")
	}
	for _, c := range []struct {
		level int
		block int64
	}{{0, -1}, {0, 2}, {1, 0}, {-1, 0}} {
		if job, err := count("w", "j", c.level, c.block); err != nil || job.Levels[0].Done != 0 || job.Message != "" {
			t.Errorf("%+v: %+v %v", c, job, err)
		}
	}
	if _, err := count("v", "j", 0, 0); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another workspace: %v", err)
	}
	if job, err := count("w", "j", 0, 0); err != nil || job.Message != "it \uFFFD failed" || job.Levels[0].Failed != 4 {
		t.Errorf("%+v %v", job, err)
	}
	job, err := s.DismissSeedJob(t.Context(), writer("w"), "j", "")
	if err != nil || job.Status != catalogue.SeedDismissed {
		t.Fatalf("%+v %v", job, err)
	}
	if job, err = count("w", "j", 0, 1); err != nil || job.Levels[0].Done != 1 || job.Status != catalogue.SeedDismissed {
		t.Errorf("a dismissed job counts: %+v %v", job, err)
	}
	var rows int
	if err := conn.QueryRow(t.Context(), "select count(*) from perigee.seed_block").Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d rows of blocks are left, %v", rows, err)
	}
	if job, err = s.DismissSeedJob(t.Context(), writer("w"), "j", "again"); err != nil || job.Message != "it \uFFFD failed" {
		t.Errorf("%+v %v", job, err)
	}
	failed := seedJob("f", 1)
	createSeedJob(t, s, failed)
	if job, err = count("w", "f", 0, 0); err != nil || job.Status != catalogue.SeedFailed {
		t.Errorf("%+v %v", job, err)
	}
}

func TestSeedJobsNeedARoleAndAPlace(t *testing.T) {
	s := cataloguetest.Open(t)
	reader := scope.New("w", "anna")
	if err := s.CreateSeedJob(t.Context(), reader, seedJob("j", 1)); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("%v", err)
	}
	if _, err := s.DismissSeedJob(t.Context(), reader, "j", ""); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("%v", err)
	}
	if _, err := s.SeedJob(t.Context(), scope.Scope{}, "j"); fault.KindOf(err) != fault.Internal {
		t.Errorf("%v", err)
	}
	if _, err := s.SeedJob(t.Context(), reader, "a\x00b"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("%v", err)
	}
	long := seedJob("l", 1)
	long.Layer = strings.Repeat("x", 1000)
	if err := s.CreateSeedJob(t.Context(), writer("w"), long); fault.KindOf(err) != fault.Invalid {
		t.Errorf("%v", err)
	}
	for i := range 3 {
		createSeedJob(t, s, seedJob(fmt.Sprint(i), 1))
	}
	page, next, err := s.SeedJobs(t.Context(), reader, 2, "")
	if err != nil || len(page) != 2 || len(page[0].Levels) != 1 || next == "" {
		t.Fatalf("%+v %q %v", page, next, err)
	}
	if _, _, err := s.SeedJobs(t.Context(), scope.New("v", "anna"), 2, next); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a token in another workspace: %v", err)
	}
	if page, next, err = s.SeedJobs(t.Context(), reader, 2, next); err != nil || len(page) != 1 || next != "" {
		t.Errorf("%+v %q %v", page, next, err)
	}
	for i := range 97 {
		createSeedJob(t, s, seedJob(fmt.Sprint("more", i), 1))
	}
	if err := s.CreateSeedJob(t.Context(), writer("w"), seedJob("one too many", 1)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("%v", err)
	}
	if err := s.CreateSeedJob(t.Context(), writer("v"), seedJob("elsewhere", 1)); err != nil {
		t.Error(err)
	}
	if still, err := s.StalledSeedJobs(t.Context(), writer("w"), time.Hour, 10); err != nil || len(still) != 0 {
		t.Errorf("%+v %v", still, err)
	}
	if still, err := s.StalledSeedJobs(t.Context(), writer("w"), -time.Hour, 10); err != nil || len(still) != 10 || len(still[0].Levels) != 1 {
		t.Errorf("%+v %v", still, err)
	}
}

func TestReadyToSeed(t *testing.T) {
	s, conn := opened(t)
	if err := s.ReadyToSeed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "delete from perigee.schema_version where version_id >= 5"); err != nil {
		t.Fatal(err)
	}
	if err := s.ReadyToSeed(t.Context()); fault.KindOf(err) != fault.Conflict {
		t.Errorf("%v", err)
	}
	if err := s.Ready(t.Context()); fault.KindOf(err) != fault.Conflict {
		t.Errorf("every program needs what filters are compiled to: %v", err)
	}
}
