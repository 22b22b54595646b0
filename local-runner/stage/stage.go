// Package stage plays Knative Serving on one machine. Each Service of the manifests has an address of its own on
// loopback; its program is started at the first request or event, kept to the limits of the manifest, restarted when it
// crashes, and stopped when it is idle.
package stage

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"perigee/local-runner/broker"
	"perigee/local-runner/manifest"
)

// Config says what is played and where.
type Config struct {
	Services []manifest.Service
	// Bin is the folder of the functions' binaries.
	Bin string
	// Logs is the folder of the functions' logs; it is made when missing.
	Logs string
	// Sink is the broker's address for a service (K_SINK), empty for none.
	Sink func(broker.Name) string
	// Addresses are further names of the cluster, such as the broker's, with their addresses here.
	Addresses map[string]string
	// Idle replaces, when positive, how long the manifests let an idle instance live.
	Idle time.Duration
	// Queue is how many requests of a service may wait; 0 means 500.
	Queue int
	// Tell is called with what people should know: warnings and errors of functions, crashes.
	Tell func(Notice)
}

// Notice is something that people should know.
type Notice struct {
	Service string
	Serious bool // an error, not a warning
	Text    string
	Lines   []string // the last lines of a program that crashed
}

// defaultQueue is how many requests may wait for an instance.
const defaultQueue = 500

// tick is how often idle instances are looked for.
const tick = time.Second

// Stage is a running set of services.
type Stage struct {
	cfg       Config
	transport *http.Transport
	services  []*Service
	byName    map[broker.Name]*Service
	stop      chan struct{}
	done      sync.WaitGroup
	closing   sync.Once
}

// Open gives every service its address, and checks that there is a binary for each; nothing is started yet.
func Open(cfg Config) (*Stage, error) {
	if cfg.Queue == 0 {
		cfg.Queue = defaultQueue
	}
	if cfg.Tell == nil {
		cfg.Tell = func(Notice) {}
	}
	if err := os.MkdirAll(cfg.Logs, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder of the logs: %w", err)
	}
	s := &Stage{cfg: cfg, transport: newTransport(), byName: map[broker.Name]*Service{}, stop: make(chan struct{})}
	if err := s.openAll(); err != nil {
		return nil, errors.Join(err, s.Close(context.Background()))
	}
	return s, nil
}

func (s *Stage) openAll() error {
	var problems error
	for _, spec := range s.cfg.Services {
		path, err := binary(s.cfg.Bin, spec.Binary)
		problems = errors.Join(problems, err)
		service, err := newService(s, spec, path)
		if err != nil {
			return errors.Join(problems, err)
		}
		s.services = append(s.services, service)
		s.byName[spec.Name] = service
	}
	for _, service := range s.services {
		problems = errors.Join(problems, service.prepareEnv())
	}
	return problems
}

// binary is the path of a program that can be run.
func binary(bin, name string) (string, error) {
	path := filepath.Join(bin, name)
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", fmt.Errorf("the program %s is missing: build it first (make build)", path)
	case info.IsDir() || info.Mode()&0o111 == 0:
		return "", fmt.Errorf("%s is not a program", path)
	}
	return filepath.Abs(path)
}

// Start starts the instances that the manifests want to be warm, and from then on stops the idle ones.
func (s *Stage) Start() {
	for _, service := range s.services {
		service.warm()
	}
	every := tick
	if s.cfg.Idle > 0 {
		every = min(tick, max(s.cfg.Idle/4, time.Millisecond))
	}
	s.done.Add(1)
	go func() {
		defer s.done.Done()
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				for _, service := range s.services {
					service.tidy(time.Now())
				}
			case <-s.stop:
				return
			}
		}
	}()
}

// Service is the service of a name, nil when there is none.
func (s *Stage) Service(name broker.Name) *Service { return s.byName[name] }

// Services are all services in the order of the manifests.
func (s *Stage) Services() []*Service { return s.services }

// Close stops every instance: it gets to finish its requests until ctx ends. Closing again does nothing.
func (s *Stage) Close(ctx context.Context) error {
	var err error
	s.closing.Do(func() { err = s.closeAll(ctx) })
	return err
}

func (s *Stage) closeAll(ctx context.Context) error {
	close(s.stop)
	s.done.Wait()
	errs := make([]error, len(s.services))
	var closing sync.WaitGroup
	for i, service := range s.services {
		closing.Go(func() { errs[i] = service.close(ctx) })
	}
	closing.Wait()
	return errors.Join(errs...)
}
