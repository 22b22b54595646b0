// Package s3 runs the runner's object store: versitygw over plain files, in a child process of its own, because it
// changes the working directory of its process and there can be only one in each. The child is the runner's own
// binary, started again with a hidden subcommand that calls Serve.
package s3

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"perigee/local-runner/child"
)

// Config says where the store is and whom it tells about changes.
type Config struct {
	// Dir holds everything of the store; it is made when missing.
	Dir string
	// Webhook receives the notifications, each before the change is answered. Empty: nobody is told.
	Webhook string
	// Address is the only one to listen on; empty: a free port of the loopback, which is kept.
	Address string
	// AccessKey and SecretKey are those of the store's owner; empty: the kept ones, made up at the first start.
	AccessKey, SecretKey string
	// Program and Args start this binary so that it calls Serve.
	Program string
	Args    []string
	// Log is called with the lines the store writes.
	Log func(line string)
}

// Region is the only region of the store.
const Region = "us-east-1"

// Server is a running store.
type Server struct {
	kept    kept
	buckets string // their folder
	process *child.Process
}

// portAttempts is how often another port is tried when somebody else was quicker.
const portAttempts = 5

// startTime bounds one start.
const startTime = 15 * time.Second

// Start starts the store and waits until it answers.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("the folder of the object store: %w", err)
	}
	cfg.Dir = dir
	k, err := open(dir)
	if err != nil {
		return nil, err
	}
	if err := k.take(cfg); err != nil {
		return nil, err
	}
	for range portAttempts {
		if err = k.choosePort(cfg); err != nil {
			return nil, err
		}
		s := &Server{kept: k, buckets: bucketsPath(dir)}
		if err = s.launch(ctx, cfg); err == nil {
			return s, nil
		}
		if !strings.Contains(err.Error(), "address already in use") {
			return nil, err
		}
	}
	return nil, err
}

func (s *Server) launch(ctx context.Context, cfg Config) error {
	told, err := json.Marshal(s.kept.settings(cfg))
	if err != nil {
		return fmt.Errorf("starting the object store: %w", err)
	}
	s.process, err = child.Start(child.Spec{
		Path: cfg.Program, Args: cfg.Args, Dir: "/", Line: cfg.Log, Orphaned: syscall.SIGTERM,
		Env: append(os.Environ(), settingsVariable+"="+string(told)),
	})
	if err != nil {
		return err
	}
	if err := s.awaitReady(ctx); err != nil {
		return errors.Join(err, s.Stop(ctx))
	}
	return nil
}

func (s *Server) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the object store: %w", context.Cause(ctx))
		case <-s.process.Done():
			return fmt.Errorf("the object store did not start; its last words:\n    %s", strings.Join(s.process.Tail(), "\n    "))
		case <-tick.C:
			if s.answers(ctx) {
				return nil
			}
		}
	}
}

func (s *Server) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Endpoint()+healthPath, nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// Endpoint is the address of the store.
func (s *Server) Endpoint() string { return fmt.Sprintf("http://127.0.0.1:%d", s.kept.Port) }

// AccessKey is the key of the store's owner.
func (s *Server) AccessKey() string { return s.kept.AccessKey }

// SecretKey is the secret of the store's owner.
func (s *Server) SecretKey() string { return s.kept.SecretKey }

// Done is closed when the store has ended.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// Tail is the last lines the store wrote.
func (s *Server) Tail() []string { return s.process.Tail() }

// Stop ends the store; what was half written when ctx ends is not there afterwards.
func (s *Server) Stop(ctx context.Context) error { return s.process.Stop(ctx, syscall.SIGTERM) }

// Buckets lists the buckets: each is a folder.
func (s *Server) Buckets(context.Context) ([]string, error) {
	entries, err := os.ReadDir(s.buckets)
	if err != nil {
		return nil, fmt.Errorf("listing the buckets: %w", err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}
