package stage_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"perigee/local-runner/broker"
	"perigee/local-runner/manifest"
	"perigee/local-runner/stage"
)

// scene is a stage with one service under test.
type scene struct {
	t       *testing.T
	stage   *stage.Stage
	service *stage.Service
	scratch string
	logs    string

	mu      sync.Mutex
	notices []stage.Notice
}

var name = broker.Name{Namespace: "house", Name: "cook"}

// bin is a folder in which this test binary is the function.
func bin(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "function")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func spec(role, scratch string) manifest.Service {
	return manifest.Service{
		Name: name, Timeout: 30 * time.Second, Window: time.Minute, Target: 100,
		Program: manifest.Program{Binary: "function", Env: []manifest.Variable{{Name: "PLAY", Value: role}, {Name: "SCRATCH", Value: scratch}}},
	}
}

// play opens a stage with one service in a role; change may alter the manifest and the configuration.
func play(t *testing.T, role string, change func(*manifest.Service, *stage.Config)) *scene {
	t.Helper()
	s := &scene{t: t, scratch: t.TempDir(), logs: t.TempDir()}
	service := spec(role, s.scratch)
	cfg := stage.Config{Bin: bin(t), Logs: s.logs, Tell: func(n stage.Notice) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.notices = append(s.notices, n)
	}}
	if change != nil {
		change(&service, &cfg)
	}
	cfg.Services = append(cfg.Services, service)
	opened, err := stage.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if err := opened.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	s.stage, s.service = opened, opened.Service(service.Name)
	return s
}

func (s *scene) get(path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://perigee.test"+path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.service.ServeHTTP(w, r)
	return w
}

// open lets the requests go that are held.
func (s *scene) open() {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.scratch, opened), nil, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// told is what was told so far.
func (s *scene) told() []stage.Notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.notices)
}

// eventually waits for what must come about.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("never happened: %s", what)
}

// seen is what the function saw of a request.
type seen struct {
	Path   string
	Host   string
	Header http.Header
	Env    []string
	Args   []string
	PID    int
}

func look(t *testing.T, w *httptest.ResponseRecorder) seen {
	t.Helper()
	var s seen
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return s
}
