package main

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// A state has one runner at a time, which the other commands find as long as it runs.
func TestStateBelongsToOne(t *testing.T) {
	s := stateFolder(t.TempDir() + "/deep/state")
	if _, err := s.find(); err == nil || !strings.Contains(err.Error(), "no local-runner is ready with the state") {
		t.Errorf("before the start: %v", err)
	}
	lock, err := s.lock()
	if err != nil {
		t.Fatal(err)
	}
	want := "another local-runner (process " + strconv.Itoa(os.Getpid()) + ") uses the state " + string(s) + ": stop it, or choose another folder with --state"
	if _, err := s.lock(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := s.find(); err == nil {
		t.Error("a runner that is not ready was found")
	}
	told := instance{PID: 7, URL: "http://127.0.0.1:8080", SecretKey: "s", Ingest: "ingest"}
	if err := s.announce(told); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(s.path("runner.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the credentials: %v %v", info, err)
	}
	if found, err := s.find(); err != nil || found != told {
		t.Errorf("%+v, %v", found, err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.find(); err == nil {
		t.Error("a runner that has gone without a word was found")
	}
	for range 2 { // nothing to retract is as good
		if err := s.retract(); err != nil {
			t.Error(err)
		}
	}
	again, err := s.lock()
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}
