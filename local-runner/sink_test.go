package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"perigee/local-runner/child"
)

// sink is a broker's ingress that takes events, or does not.
type sink struct {
	*httptest.Server
	mu    sync.Mutex
	takes bool
	asked int
	got   []string // type and subject of what was taken
}

func newSink() *sink {
	s := &sink{}
	s.Server = httptest.NewServer(s)
	return s
}

// ServeHTTP answers 503 until it is told to take.
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if !s.takes {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	s.got = append(s.got, r.Header.Get("Ce-Type")+" "+r.Header.Get("Ce-Subject"))
	w.WriteHeader(http.StatusAccepted)
}

// sinkKey finds the sink of a script.
type sinkKey struct{}

// useSink lets a script's sink refuse or take, or waits until it was asked, or has got something: sink got REGEXP.
func useSink(ts *testscript.TestScript, _ bool, args []string) {
	s := ts.Value(sinkKey{}).(*sink)
	ts.Setenv("SINK", s.URL)
	switch {
	case len(args) == 1 && (args[0] == "refuse" || args[0] == "take"):
		s.mu.Lock()
		defer s.mu.Unlock()
		s.takes = args[0] == "take"
	case len(args) == 1 && args[0] == "wait":
		s.await(ts, func() bool { return s.asked > 0 })
	case len(args) == 2 && args[0] == "got":
		pattern := regexp.MustCompile(args[1])
		s.await(ts, func() bool { return pattern.MatchString(fmt.Sprint(s.got)) })
	default:
		ts.Fatalf("usage: sink refuse|take|wait|got REGEXP")
	}
}

func (s *sink) await(ts *testscript.TestScript, done func() bool) {
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		s.mu.Lock()
		yes := done()
		s.mu.Unlock()
		if yes {
			return
		}
	}
	ts.Fatalf("asked %d times, got %v", s.asked, s.got)
}

// freePorts sets each variable to a free port: ports NAME...
func freePorts(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		port, err := child.FreePort()
		ts.Check(err)
		ts.Setenv(name, fmt.Sprint(port))
	}
}
