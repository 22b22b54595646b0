package stage_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"perigee/local-runner/broker"
	"perigee/local-runner/manifest"
	"perigee/local-runner/stage"
)

func TestJobs(t *testing.T) {
	for retries, want := range map[int]string{2: "", 1: "the job sweep failed after 2 attempts: exit status 1\n    attempt 2"} {
		t.Run(strconv.Itoa(retries), func(t *testing.T) {
			logs := t.TempDir()
			err := stage.RunJob(context.Background(), stage.Config{Bin: bin(t), Logs: logs}, manifest.Job{
				Name: broker.Name{Namespace: "house", Name: "sweep"}, Retries: retries, Deadline: time.Minute,
				Program: manifest.Program{Binary: "function", Env: []manifest.Variable{{Name: "PLAY", Value: "job"}, {Name: "SCRATCH", Value: t.TempDir()}}},
			})
			if got := fmt.Sprint(err); got != want && !(err == nil && want == "") {
				t.Errorf("got %q, want %q", got, want)
			}
			text, err := os.ReadFile(filepath.Join(logs, "sweep.log"))
			if err != nil || !strings.Contains(string(text), "sweep attempt 1\n") {
				t.Errorf("%v %s", err, text)
			}
		})
	}
}
