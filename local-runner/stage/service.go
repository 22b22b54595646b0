package stage

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"perigee/local-runner/manifest"
	"perigee/shared/fault"
)

// Service is one Knative Service: it hands requests to instances of its program, and has as many of them as the
// requests need.
type Service struct {
	stage  *Stage
	spec   manifest.Service
	path   string // of the binary
	env    []string
	limits limits
	log    *logFile
	server *http.Server
	local  string // its address
	leases leases
	life   context.Context // ends when the service is closed
	end    context.CancelFunc
	ending sync.WaitGroup

	mu        sync.Mutex
	instances []*instance // starting or ready, oldest first
	waiting   []*waiter
	count     int // instances ever started
	failures  int // starts in a row that failed, or instances that died young
	notBefore time.Time
	armed     bool      // scale will be called
	scarce    time.Time // since when the instances are too few
	closed    bool
	figures   figures
}

func newService(s *Stage, spec manifest.Service, path string) (*Service, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("an address for %s: %w", spec.Name, err)
	}
	log, err := openLog(s.cfg.Logs, spec.Name.Name)
	if err != nil {
		return nil, err
	}
	service := &Service{
		stage: s, spec: spec, path: path, limits: limitsOf(spec, s.cfg.Idle), log: log,
		local: "http://" + listener.Addr().String(),
	}
	service.life, service.end = context.WithCancel(context.Background())
	service.server = &http.Server{Handler: Programs(http.HandlerFunc(service.serveLocal)), ReadHeaderTimeout: 30 * time.Second, ErrorLog: silent()}
	service.ending.Go(func() { _ = service.server.Serve(listener) }) // it ends when the service is closed
	return service, nil
}

// Spec is what the manifest says.
func (s *Service) Spec() manifest.Service { return s.spec }

// Local is the address of the service on this machine, what its cluster-local address is in a cluster.
func (s *Service) Local() string { return s.local }

// scale starts as many instances as the requests at hand want; after a crash not before its time.
func (s *Service) scale() {
	demand := len(s.waiting)
	for _, in := range s.instances {
		demand += in.busy
	}
	want := min(s.limits.max, max(s.limits.min, (demand+s.limits.soft-1)/s.limits.soft))
	if len(s.instances) > 0 && want > len(s.instances) && !s.crowded() {
		return
	}
	s.grow(want)
}

// settle is how long the instances that are there get to serve what came at once, before there are more of them: one
// that is about to be ready is sooner of use than another that takes its processor.
const settle = 250 * time.Millisecond

// crowded tells whether the instances are too few and have been so for a while; it has scale called again to look.
func (s *Service) crowded() bool {
	for _, in := range s.instances {
		if !in.ready { // when it is, requests are dispatched and counted anew
			s.scarce = time.Time{}
			return false
		}
	}
	switch {
	case s.scarce.IsZero() || time.Since(s.scarce) > 2*settle: // long ago: that was another crowd
		s.scarce = time.Now()
		s.scaleLater(settle)
		return false
	case time.Since(s.scarce) < settle:
		return false
	}
	s.scarce = time.Time{}
	return true
}

func (s *Service) grow(want int) {
	if s.closed || len(s.instances) >= want {
		return
	}
	if wait := time.Until(s.notBefore); wait > 0 {
		s.scaleLater(wait)
		return
	}
	for len(s.instances) < want {
		s.count++
		in := &instance{service: s, number: s.count}
		s.instances = append(s.instances, in)
		s.ending.Go(func() { s.run(in) })
	}
}

// scaleLater scales again after some time, once however often it is asked for.
func (s *Service) scaleLater(wait time.Duration) {
	if s.armed {
		return
	}
	s.armed = true
	time.AfterFunc(wait, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.armed = false
		s.scale()
	})
}

// run is the life of an instance.
func (s *Service) run(in *instance) {
	began := time.Now()
	if err := in.start(s.life); err != nil {
		s.lost(in, began, err)
		return
	}
	s.mu.Lock()
	in.ready, in.used = true, time.Now()
	s.figures.started(time.Since(began))
	s.dispatch()
	s.scale()
	s.mu.Unlock()
	select {
	case <-in.process.Done():
	case <-s.life.Done(): // it became ready while the service was being closed
		in.process.Kill()
		<-in.process.Done()
	}
	s.lost(in, began, in.ended())
}

// youth is how long an instance must live for its end not to count as another failed start; one that has answered a request
// has shown that it can.
const youth = 30 * time.Second

// lost takes an instance out that has ended; one that nobody asked to end has crashed.
func (s *Service) lost(in *instance, began time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in.ready = false
	s.instances = slices.DeleteFunc(s.instances, func(x *instance) bool { return x == in })
	if in.stopping || s.life.Err() != nil {
		return
	}
	if in.served || time.Since(began) > youth {
		s.failures = 0
	}
	s.failures++
	s.notBefore = time.Now().Add(backoff(s.failures))
	s.figures.crashed(err)
	s.tellCrash(in, err)
	if s.failures >= hopeless && len(s.instances) == 0 {
		s.giveUp(err, false)
	}
	s.scale()
}

func (s *Service) tellCrash(in *instance, err error) {
	text := fmt.Sprintf("%v; tried again in %v", err, backoff(s.failures))
	s.stage.cfg.Tell(Notice{Service: s.spec.Name.Name, Serious: true, Text: text, Lines: in.tail()})
}

// giveUp answers those who wait that there will be no instance soon, the patient ones only when there will be none at all.
func (s *Service) giveUp(err error, patient bool) {
	s.waiting = slices.DeleteFunc(s.waiting, func(w *waiter) bool {
		if w.patient && !patient {
			return false
		}
		w.got <- grant{err: fault.Classify(fault.Unavailable, err, "%s does not start", s.spec.Name.Name)}
		return true
	})
}

// backoff is how long to wait after so many failures in a row.
func backoff(failures int) time.Duration {
	const first, longest = 200 * time.Millisecond, 30 * time.Second
	if failures > 8 {
		return longest
	}
	return min(longest, first<<(failures-1))
}

// warm starts the instances that are wanted before any request.
func (s *Service) warm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grow(min(s.limits.max, max(s.limits.min, s.spec.InitialScale)))
}

// tidy stops instances that have been idle for long enough, and keeps the wanted ones alive.
func (s *Service) tidy(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.instances) - 1; i >= 0 && len(s.instances) > s.limits.min; i-- {
		in, patience := s.instances[i], s.limits.window
		if len(s.instances) == 1 {
			patience += s.limits.retain
		}
		if in.ready && in.busy == 0 && now.Sub(in.used) >= patience {
			s.retire(in)
		}
	}
	if len(s.instances) < s.limits.min && !now.Before(s.notBefore) {
		s.grow(s.limits.min)
	}
}

// retire stops an instance that gets no more requests.
func (s *Service) retire(in *instance) {
	in.ready, in.stopping = false, true
	s.instances = slices.DeleteFunc(s.instances, func(x *instance) bool { return x == in })
	s.ending.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), s.spec.Timeout)
		defer cancel()
		s.note(in.stop(ctx))
	})
}

func (s *Service) note(err error) {
	if err != nil {
		s.stage.cfg.Tell(Notice{Service: s.spec.Name.Name, Text: err.Error()})
	}
}

// close stops the service: no request is taken any more, those in flight may finish until ctx ends.
func (s *Service) close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	all := slices.Clone(s.instances)
	s.giveUp(fault.New(fault.Unavailable, "the runner is stopping"), true)
	for _, in := range all {
		in.stopping = true
	}
	s.mu.Unlock()
	var stopping sync.WaitGroup
	for _, in := range all {
		stopping.Go(func() { s.note(in.stop(ctx)) })
	}
	stopping.Wait()
	s.end()
	_ = s.server.Close() // nobody is left to answer
	s.ending.Wait()
	return s.log.close()
}

// String is the service's name.
func (s *Service) String() string { return strings.TrimPrefix(s.spec.Name.String(), "default/") }
