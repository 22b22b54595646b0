package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lock is what a server writes into postmaster.pid: its process on the first line, its state on the eighth.
type lock struct {
	pid    int
	status string
}

func readLock(path string) (lock, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return lock{}, err
	}
	lines := strings.Split(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil {
		return lock{}, fmt.Errorf("%s: the first line is not a process: %w", path, err)
	}
	found := lock{pid: pid}
	if len(lines) >= 8 {
		found.status = strings.TrimSpace(lines[7])
	}
	return found, nil
}

// leftover is how long a server of a runner that died may take to shut down.
const leftover = 15 * time.Second

// clearLocks deals with what a runner that died has left: a server that is still shutting down is waited for, and the
// lock files of one that is gone are removed, because their process id may be somebody else's by now.
func (l layout) clearLocks(ctx context.Context) error {
	found, err := readLock(l.lock())
	if err == nil && l.isServer(found.pid) {
		err = endLeftover(ctx, found.pid)
		if err != nil {
			return err
		}
	}
	stale, err := filepath.Glob(filepath.Join(l.socket, ".s.PGSQL.*"))
	if err != nil {
		return fmt.Errorf("clearing the database's sockets: %w", err)
	}
	for _, path := range append(stale, l.lock()) {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing what an earlier database left: %w", err)
		}
	}
	return nil
}

// isServer tells whether a process is a PostgreSQL server on these data; its working directory is where its data are.
func (l layout) isServer(pid int) bool {
	cwd, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "cwd"))
	if err != nil {
		return false
	}
	real, err := filepath.EvalSymlinks(l.data())
	return err == nil && cwd == real
}

func endLeftover(ctx context.Context, pid int) error {
	ctx, cancel := context.WithTimeout(ctx, leftover)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for sent := false; ; sent = true {
		if !sent {
			_ = syscall.Kill(pid, syscall.SIGINT) // gone already is as good
		}
		if !alive(pid) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("a database server (process %d) still works on these data and does not stop", pid)
		}
	}
}

// alive tells whether a process runs; one that ended and was not yet waited for does not.
func alive(pid int) bool {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, after, ok := bytes.Cut(text, []byte(") "))
	return ok && len(after) > 0 && after[0] != 'Z' && after[0] != 'X'
}

// heldCapabilities are the capabilities of this process (proc(5), CapPrm).
func heldCapabilities() (uint64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("reading the capabilities of this process: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "CapPrm:"); ok {
			held, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			if err != nil {
				return 0, fmt.Errorf("reading the capabilities of this process: %w", err)
			}
			return held, nil
		}
	}
	return 0, nil
}
