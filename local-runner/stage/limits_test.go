package stage_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"perigee/local-runner/manifest"
	"perigee/local-runner/stage"
)

// containerConcurrency holds for each instance, and more instances come until max-scale.
func TestConcurrency(t *testing.T) {
	s := play(t, "server", func(service *manifest.Service, _ *stage.Config) { service.Concurrency, service.MaxScale = 1, 2 })
	var all sync.WaitGroup
	pids := make([]string, 8)
	for i := range pids {
		all.Go(func() {
			w := s.get("/held")
			pid, most, _ := strings.Cut(w.Body.String(), " ")
			if w.Code != http.StatusOK || most != "1" {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			pids[i] = pid
		})
	}
	eventually(t, "two in flight, the others waiting", func() bool {
		got := s.service.Stats()
		return got.InFlight == 2 && got.Waiting == 6
	})
	s.open()
	all.Wait()
	slices.Sort(pids)
	if n := len(slices.Compact(pids)); n != 2 {
		t.Errorf("%d instances answered, want 2", n)
	}
	if got := s.service.Stats(); got.Instances != 2 || got.ColdStarts != 2 {
		t.Errorf("figures %+v", got)
	}
}

func TestQueueIsBounded(t *testing.T) {
	s := play(t, "server", func(service *manifest.Service, cfg *stage.Config) {
		service.Concurrency, service.MaxScale, cfg.Queue = 1, 1, 1
	})
	look(t, s.get("/"))
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			if w := s.get("/held"); w.Code != http.StatusOK {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	eventually(t, "one in flight and one waiting", func() bool {
		got := s.service.Stats()
		return got.InFlight == 1 && got.Waiting == 1
	})
	w := s.get("/")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "1 requests already wait for cook") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	s.open()
	all.Wait()
}

func TestTimeout(t *testing.T) {
	s := play(t, "server", func(service *manifest.Service, _ *stage.Config) { service.MinScale = 1 })
	s.stage.Start()
	eventually(t, "warm", func() bool { return s.service.Stats().Instances == 1 })
	short := play(t, "server", func(service *manifest.Service, _ *stage.Config) { service.Timeout = 2 * time.Second })
	w := short.get("/held")
	if w.Code != http.StatusGatewayTimeout || !strings.Contains(w.Body.String(), "cook did not answer within 2s") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestIdleInstanceDrainsAndStops(t *testing.T) {
	s := play(t, "server", func(_ *manifest.Service, cfg *stage.Config) { cfg.Idle = 50 * time.Millisecond })
	s.stage.Start()
	first := look(t, s.get("/"))
	eventually(t, "scaled to zero", func() bool { return s.service.Stats().Instances == 0 })
	eventually(t, "the function drained", func() bool { _, err := os.Stat(filepath.Join(s.scratch, "drained")); return err == nil })
	eventually(t, "the process is gone", func() bool { return syscall.Kill(first.PID, 0) != nil })
	if again := look(t, s.get("/")); again.PID == first.PID {
		t.Error("the stopped process answered")
	}
	if got := s.service.Stats(); got.ColdStarts != 2 || got.Crashes != 0 {
		t.Errorf("figures %+v", got)
	}
}

func TestMinScaleStaysWarm(t *testing.T) {
	s := play(t, "server", func(service *manifest.Service, cfg *stage.Config) {
		service.MinScale, service.InitialScale, cfg.Idle = 1, 2, 50*time.Millisecond
	})
	s.stage.Start()
	eventually(t, "the initial scale", func() bool { return s.service.Stats().ColdStarts == 2 })
	eventually(t, "one less", func() bool { return s.service.Stats().Instances == 1 })
	pid := look(t, s.get("/")).PID
	time.Sleep(200 * time.Millisecond)
	if now := look(t, s.get("/")).PID; now != pid {
		t.Error("the warm instance was replaced")
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another warm instance", func() bool { got := s.service.Stats(); return got.Instances == 1 && got.Crashes == 1 })
}

func TestDeafInstanceIsKilled(t *testing.T) {
	s := play(t, "deaf", func(service *manifest.Service, cfg *stage.Config) {
		service.Timeout, cfg.Idle = 500*time.Millisecond, 20*time.Millisecond
	})
	s.stage.Start()
	s.get("/")
	eventually(t, "killed", func() bool {
		return slices.ContainsFunc(s.told(), func(n stage.Notice) bool { return strings.Contains(n.Text, "did not stop in time and was killed") })
	})
}
