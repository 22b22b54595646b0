package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The test binary is the runner, and a function and the maker of scenes for it to start.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"local-runner": main, "fake": fake, "scenes": fakeScenes})
}

// TestScripts runs the stories of testdata/script: the commands as people call them.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			program, err := exec.LookPath("fake")
			if err != nil {
				return err
			}
			env.Setenv("BIN", filepath.Dir(program))
			events := newSink()
			env.Values[sinkKey{}] = events
			env.Defer(events.Close)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": exitsWith, "ready": awaitReady, "ask": askFor, "sink": useSink, "ports": freePorts},
	})
}

// exitsWith runs a program and checks its exit code: code 2 local-runner.
func exitsWith(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code NUMBER PROGRAM [ARGUMENTS]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := err.(*exec.ExitError)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// awaitReady waits for the runner of a state folder, and sets URL to its address: ready state.
func awaitReady(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ready STATE")
	}
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		text, err := os.ReadFile(ts.MkAbs(filepath.Join(args[0], "runner.json")))
		if err != nil {
			continue
		}
		var at instance
		if json.Unmarshal(text, &at) != nil {
			continue
		}
		resp, err := http.Get(at.URL + "/_runner/health")
		if err != nil {
			continue
		}
		ts.Check(resp.Body.Close())
		if resp.StatusCode == http.StatusOK {
			ts.Setenv("URL", at.URL)
			return
		}
	}
	ts.Fatalf("the runner of %s does not become ready", args[0])
}

// askFor gets an address, whatever it answers: ask $URL/.
func askFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ask URL")
	}
	resp, err := http.Get(args[0])
	ts.Check(err)
	ts.Check(resp.Body.Close())
}
