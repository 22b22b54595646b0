package stage_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"perigee/local-runner/manifest"
	"perigee/local-runner/stage"
)

func TestCrashIsToldAndMended(t *testing.T) {
	s := play(t, "server", nil)
	w := s.get("/crash")
	if w.Code != http.StatusBadGateway {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	eventually(t, "the crash is told", func() bool { return len(s.told()) == 1 })
	got := s.told()[0]
	if !got.Serious || got.Service != "cook" || got.Text != "crashed (exit status 3): on my way out; tried again in 200ms" || !slices.Contains(got.Lines, "on my way out") {
		t.Errorf("told %+v", got)
	}
	look(t, s.get("/"))
	stats := s.service.Stats()
	if stats.Crashes != 1 || stats.Errors != 1 || stats.LastError != "crashed (exit status 3): on my way out" {
		t.Errorf("figures %+v", stats)
	}
}

func TestBrokenFunctionIsRefusedInWords(t *testing.T) {
	s := play(t, "broken", nil)
	w := s.get("/")
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "cook does not start: crashed (exit status 1): no such setting: COLOUR") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = s.get("/")
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "cook crashed 3 times and is tried again in") || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A function that needs a few attempts costs its first request time, not an error; so does a port that was taken.
func TestStartsAreTriedAgain(t *testing.T) {
	for role, crashes := range map[string]int{"flaky": 2, "late": 0} {
		t.Run(role, func(t *testing.T) {
			s := play(t, role, nil)
			look(t, s.get("/"))
			if got := s.service.Stats(); got.Crashes != crashes || got.ColdStarts != 1 {
				t.Errorf("figures %+v", got)
			}
		})
	}
}

// An event waits while a program is started again and again, where a person is told; the pauses cost it no attempt.
func TestEventsWaitForAProgramThatCrashes(t *testing.T) {
	s := play(t, "stubborn", nil)
	refused := make(chan int)
	go func() { refused <- s.get("/").Code }()
	lease, err := s.service.Target("/events").Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Release()
	if code := <-refused; code != http.StatusServiceUnavailable {
		t.Errorf("who looks on is answered %d", code)
	}
	answer, err := http.Get(lease.URL)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", err, answer)
	}
	answer.Body.Close()
	if got := s.service.Stats(); got.Crashes != 3 {
		t.Errorf("figures %+v", got)
	}
}

// It does not wait for ever.
func TestEventsWaitAsLongAsARequestMayTake(t *testing.T) {
	s := play(t, "broken", func(service *manifest.Service, _ *stage.Config) { service.Timeout = 300 * time.Millisecond })
	if _, err := s.service.Target("").Acquire(t.Context()); err == nil || !strings.Contains(err.Error(), "the time of the request is over") {
		t.Errorf("%v", err)
	}
}

// The instance that was leased may be gone when the request comes: another takes it.
func TestLeaseOutlivesItsInstance(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			s := play(t, "server", nil)
			lease, err := s.service.Target("/events").Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer lease.Release()
			s.get("/crash")
			eventually(t, "the crash is told", func() bool { return len(s.told()) == 1 })
			answer, err := way(lease).Get(lease.URL)
			if err != nil || answer.StatusCode != http.StatusOK {
				t.Fatalf("%v %v", err, answer)
			}
			answer.Body.Close()
		})
	}
}

// A program that has answered has shown that it starts: however often it is killed, it is there again soon.
func TestServingInstancesAreNoFailedStarts(t *testing.T) {
	s := play(t, "server", nil)
	for range 4 {
		pid, told := look(t, s.get("/")).PID, len(s.told())
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the crash is told", func() bool { return len(s.told()) > told })
	}
	for _, n := range s.told() {
		if !strings.HasSuffix(n.Text, "tried again in 200ms") {
			t.Errorf("told %q", n.Text)
		}
	}
}

func TestUnreadyFunctionTimesOut(t *testing.T) {
	s := play(t, "unready", func(service *manifest.Service, _ *stage.Config) { service.Timeout = 300 * time.Millisecond })
	if w := s.get("/"); w.Code != http.StatusGatewayTimeout {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Whoever looks on is told why a program is not ready, long before its time to start is over.
func TestUnreadyFunctionIsRefusedInWords(t *testing.T) {
	s := play(t, "unready", nil)
	w := s.get("/")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "cook is not ready: it answers 503 Service Unavailable: the schema is too old") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestLogsAreKeptAndWarningsTold(t *testing.T) {
	s := play(t, "server", nil)
	s.get("/warn")
	eventually(t, "the warning is told", func() bool { return len(s.told()) == 1 })
	if got := s.told()[0]; got.Text != "careful item=S2A" || got.Serious {
		t.Errorf("told %+v", got)
	}
	text, err := os.ReadFile(filepath.Join(s.logs, "cook.log"))
	if err != nil || !strings.Contains(string(text), ` cook-1 {"time":`) {
		t.Errorf("%v %s", err, text)
	}
}
