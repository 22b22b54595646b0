// Package postgres runs a PostgreSQL cluster of the runner's own: its data, its socket and its port are in the
// runner's state folder and have nothing to do with the machine's database server. It works as root, where the server
// runs as the user postgres, and as a plain user.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"perigee/local-runner/child"
)

// Config says where the cluster is and what it is for.
type Config struct {
	// Dir holds everything of the cluster; it is made when missing.
	Dir string
	// Throwaway is for tests: nothing is flushed to disk, the role perigee is a superuser, and there is no database
	// but the empty "postgres".
	Throwaway bool
	// Port is the only one to listen on; 0: a free one, which is kept.
	Port int
	// Password is that of the role perigee in a cluster that is made; empty: a random one.
	Password string
	// Log is called with the lines of the server's log.
	Log func(line string)
}

// Server is a running cluster.
type Server struct {
	cfg     Config
	layout  layout
	install install
	secret  string
	process *child.Process
}

// portAttempts is how often another port is tried when somebody else was quicker.
const portAttempts = 5

// Start starts the cluster and makes it first where it is missing: roles, the database perigee, its extensions.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("the folder of the database: %w", err)
	}
	cfg.Dir = dir
	s := &Server{cfg: cfg}
	if s.layout, err = prepare(dir); err != nil {
		return nil, err
	}
	if s.install, err = find(s.layout.data()); err != nil {
		return nil, err
	}
	if err := s.makeCluster(ctx); err != nil {
		return nil, err
	}
	if err := s.launch(ctx); err != nil {
		return nil, err
	}
	if err := s.makeDatabase(ctx); err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// launch starts the server on the port of last time, or on another when that one is taken.
func (s *Server) launch(ctx context.Context) error {
	if err := s.layout.clearLocks(ctx); err != nil {
		return err
	}
	var err error
	for range portAttempts {
		if err = s.layout.choosePort(s.cfg.Port); err != nil {
			return err
		}
		if err = s.launchOnce(ctx); err == nil || !strings.Contains(err.Error(), "Address already in use") {
			return err
		}
	}
	return err
}

func (s *Server) launchOnce(ctx context.Context) error {
	p, err := child.Start(s.layout.spec(s.install.program("postgres"), s.arguments(), s.cfg.Log))
	if err != nil {
		return err
	}
	s.process = p
	if err := s.awaitReady(ctx); err != nil {
		s.process = nil
		return errors.Join(err, stop(context.WithoutCancel(ctx), p))
	}
	return nil
}

func (s *Server) arguments() []string {
	settings := []string{
		"-D", s.layout.data(), "-p", strconv.Itoa(s.layout.port), "-h", "127.0.0.1", "-k", s.layout.socket,
		"-c", "unix_socket_permissions=0700", "-c", "logging_collector=off", "-c", "log_destination=stderr",
		"-c", "timezone=UTC", "-c", "log_timezone=UTC",
		// Loaded once, not anew by each connection's first question about a place (35 to 60 ms).
		"-c", "shared_preload_libraries=postgis-3",
	}
	if s.cfg.Throwaway {
		return append(settings, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
			"-c", "max_connections=300")
	}
	return append(settings, tuning()...)
}

// tuning is for a catalogue of millions of items on a solid state disk: room for the upper pages of its indexes, few checkpoints
// while a harvest fills it, and room for the locks of several large batches.
func tuning() []string {
	return []string{"-c", "shared_buffers=512MB", "-c", "random_page_cost=1.1", "-c", "max_wal_size=2GB", "-c", "checkpoint_timeout=15min",
		"-c", "max_locks_per_transaction=256"}
}

// awaitReady waits for the server's own word in its lock file, whose eighth line says how far it is.
func (s *Server) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the database: %w", context.Cause(ctx))
		case <-s.process.Done():
			return fmt.Errorf("the database did not start; its last words:\n    %s", strings.Join(s.process.Tail(), "\n    "))
		case <-tick.C:
			if lock, err := readLock(s.layout.lock()); err == nil && lock.status == "ready" && lock.pid == s.process.PID() {
				return nil
			}
		}
	}
}

// URL is the address of the database for every client on this machine.
func (s *Server) URL() string {
	return fmt.Sprintf("postgres://perigee:%s@127.0.0.1:%d/%s?sslmode=disable", s.secret, s.layout.port, s.database())
}

// SocketURL is the address of the database for clients that run as the runner's user; it needs no password.
func (s *Server) SocketURL() string {
	return fmt.Sprintf("postgres:///%s?host=%s&port=%d&user=perigee", s.database(), s.layout.socket, s.layout.port)
}

// Place is what and where the server is, in words.
func (s *Server) Place() string {
	return fmt.Sprintf("PostgreSQL %d on port %d", s.install.major, s.layout.port)
}

func (s *Server) database() string {
	if s.cfg.Throwaway {
		return "postgres"
	}
	return "perigee"
}

// Done is closed when the server has ended.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// Tail is the last lines of the server's log.
func (s *Server) Tail() []string { return s.process.Tail() }

// Stop shuts the server down: open connections are cut and everything is written. When ctx ends first, the shutdown
// is an immediate one, after which the next start replays the log.
func (s *Server) Stop(ctx context.Context) error {
	if err := stop(ctx, s.process); err != nil {
		return err
	}
	return s.layout.forgetSocket()
}

// immediate is how long an immediate shutdown may take; beyond it something is very wrong.
const immediate = 10 * time.Second

// stop asks for a fast shutdown, then for an immediate one. It never kills: a killed server leaves its children and
// its shared memory behind.
func stop(ctx context.Context, p *child.Process) error {
	if err := p.Signal(syscall.SIGINT); err != nil {
		return fmt.Errorf("stopping the database: %w", err)
	}
	select {
	case <-p.Done():
		return nil
	case <-ctx.Done():
	}
	if err := p.Signal(syscall.SIGQUIT); err != nil {
		return fmt.Errorf("stopping the database: %w", err)
	}
	select {
	case <-p.Done():
		return nil
	case <-time.After(immediate):
		return fmt.Errorf("the database (process %d) does not stop; it is left alone", p.PID())
	}
}

// minimum is the oldest server that is good enough.
const minimum = 15

// install is an installed PostgreSQL.
type install struct {
	bin   string
	major int
}

func (i install) program(name string) string { return filepath.Join(i.bin, name) }

// find takes the newest installed server, or the one that made the existing data.
func find(data string) (install, error) {
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // the pattern is well formed
	var best install
	made := madeBy(data)
	for _, path := range bins {
		bin := filepath.Dir(path)
		major, err := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
		switch {
		case err != nil || major < minimum:
		case major == made:
			return install{bin, major}, nil
		case major > best.major:
			best = install{bin, major}
		}
	}
	switch {
	case made != 0:
		return install{}, fmt.Errorf("the data in %s were made by PostgreSQL %d, which is not installed any more: install postgresql-%d and postgresql-%d-postgis-3, or forget the data (make clean-state)", data, made, made, made)
	case best.major == 0:
		return install{}, fmt.Errorf("no PostgreSQL %d or newer in /usr/lib/postgresql: install postgresql and postgresql-postgis (make deps)", minimum)
	}
	return best, nil
}

// madeBy is the major version that made the data, 0 where there are none.
func madeBy(data string) int {
	text, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err != nil {
		return 0
	}
	major, _ := strconv.Atoi(strings.TrimSpace(string(text))) // unreadable counts as none
	return major
}
