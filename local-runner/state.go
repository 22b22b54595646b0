package main

import (
	"encoding/json"
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

// stateFolder is where a runner keeps everything, and where the other commands find the one that runs.
type stateFolder string

// defaultState is the state folder unless --state says otherwise.
const defaultState = ".perigee"

func (s stateFolder) path(parts ...string) string {
	return filepath.Join(append([]string{string(s)}, parts...)...)
}

// instance is what a running runner tells the other commands.
type instance struct {
	PID       int       `json:"pid"`
	URL       string    `json:"url"`       // of the ingress, without a slash at the end
	Broker    string    `json:"broker"`    // takes events at /<namespace>/<name>
	Events    string    `json:"events"`    // namespace/name of the broker that commands send to
	Endpoint  string    `json:"endpoint"`  // of the object store
	AccessKey string    `json:"accessKey"` // of the object store
	SecretKey string    `json:"secretKey"`
	Region    string    `json:"region"`
	Database  string    `json:"database"`
	Ingest    string    `json:"ingest"` // the bucket that uploads go to
	Started   time.Time `json:"started"`
	Token     string    `json:"token,omitempty"`   // that opens the house; empty: none is asked for
	Cluster   bool      `json:"cluster,omitempty"` // functions take seconds to start
	Inside    string    `json:"inside,omitempty"`  // of a cluster, its ingress for what only pods call
}

// lock takes the state for this process alone. The lock ends with the process, however it ends.
func (s stateFolder) lock() (*os.File, error) {
	if err := os.MkdirAll(string(s), 0o755); err != nil {
		return nil, fmt.Errorf("making the state folder: %w", err)
	}
	file, err := os.OpenFile(s.path("lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("locking the state folder: %w", err)
	}
	switch err := flock(file); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		holder, _ := os.ReadFile(s.path("lock")) // only for the message
		return nil, errors.Join(fmt.Errorf("another local-runner (process %s) uses the state %s: stop it, or choose another folder with --state", strings.TrimSpace(string(holder)), s), file.Close())
	case err != nil:
		return nil, errors.Join(fmt.Errorf("locking the state folder: %w", err), file.Close())
	}
	if err := errors.Join(file.Truncate(0), writeAt(file, strconv.Itoa(os.Getpid())+"\n")); err != nil {
		return nil, errors.Join(fmt.Errorf("locking the state folder: %w", err), file.Close())
	}
	return file, nil
}

// flock tries for a moment: a command that looks whether a runner is there holds the lock for an instant.
func flock(file *os.File) error {
	var err error
	for range 10 {
		if err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

func writeAt(file *os.File, text string) error {
	_, err := file.WriteAt([]byte(text), 0)
	return err
}

// running tells whether a runner holds the lock.
func (s stateFolder) running() bool {
	file, err := os.Open(s.path("lock"))
	if err != nil {
		return false
	}
	defer file.Close()
	return syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil
}

// announce tells the other commands of this runner; its credentials are for the same user alone.
func (s stateFolder) announce(i instance) error {
	text, err := json.MarshalIndent(i, "", "  ")
	if err != nil {
		return fmt.Errorf("announcing the runner: %w", err)
	}
	if err := os.WriteFile(s.path("runner.json"), append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("announcing the runner: %w", err)
	}
	return nil
}

// retract ends what announce began.
func (s stateFolder) retract() error {
	if err := os.Remove(s.path("runner.json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("retracting the runner: %w", err)
	}
	return nil
}

// find is the runner of a state folder.
func (s stateFolder) find() (instance, error) {
	var i instance
	text, err := os.ReadFile(s.path("runner.json"))
	if errors.Is(err, fs.ErrPermission) {
		return i, fmt.Errorf("the local-runner of the state %s is another user's: %w", s, err)
	}
	if err != nil || !s.running() {
		return i, fmt.Errorf("no local-runner is ready with the state %s: start one with local-runner up, or name its state with --state", s)
	}
	if err := json.Unmarshal(text, &i); err != nil {
		return i, fmt.Errorf("reading %s: %w", s.path("runner.json"), err)
	}
	return i, nil
}
