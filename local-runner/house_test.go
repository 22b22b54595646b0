package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"perigee/local-runner/ingress"
	"perigee/local-runner/stage"
	"perigee/shared/fault"
)

func TestSpeaker(t *testing.T) {
	var out, log bytes.Buffer
	say := &speaker{out: &out}
	say.step("jobs", "migrate ", 1260*time.Millisecond)
	say.notice(stage.Notice{Service: "csw", Text: "slow"})
	say.notice(stage.Notice{Service: "csw", Serious: true, Text: "crashed", Lines: []string{"panic", "at 7"}})
	logger := slog.New(loud{slog.NewTextHandler(&log, nil), say}).With("part", "broker").WithGroup("g")
	logger.Info("quiet")
	logger.Warn("given up", "event", 7)
	want := "  jobs          migrate (1.3 s)\ncsw warns: slow\ncsw fails: crashed\n    panic\n    at 7\ngiven up event=7\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
	if !strings.Contains(log.String(), "msg=quiet part=broker") || !strings.Contains(log.String(), "g.event=7") {
		t.Errorf("the log: %s", &log)
	}
}

func TestProgressInPlainLines(t *testing.T) {
	var out bytes.Buffer
	up := &uploader{say: &speaker{out: &out}}
	p := up.begin([]upload{{size: 4_000_000}, {size: 6_000_000}})
	p.add(1_000_000)
	p.began = p.began.Add(-time.Minute) // what is quick needs no lines in between
	for range 8 {
		p.add(1_000_000)
	}
	p.add(1_000_000)
	p.end(nil)
	if got := out.String(); !strings.HasPrefix(got, "uploading 2 files, 10 MB\n  20 % of 10 MB\n  40 % of 10 MB\n  60 % of 10 MB\n  80 % of 10 MB\nuploaded 2 files, 10 MB in ") {
		t.Errorf("%s", got)
	}
	(&progress{}).add(7) // shows nothing
}

func TestExitCodes(t *testing.T) {
	var out bytes.Buffer
	said := terminal{err: &out}
	for want, err := range map[int]error{
		1: errors.New("it is broken"), 7: errors.Join(exitCode(7), errors.New("and did not stop")), 137: exitCode(137),
	} {
		if got := said.failed(err); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
	if got := out.String(); !strings.Contains(got, "it is broken\n") || !strings.Contains(got, "and did not stop\n") || strings.Contains(got, "exit code") {
		t.Errorf("told: %s", got)
	}
	killed := exec.Command("/bin/sh", "-c", "kill -9 $$")
	var code exitCode
	if err := codeOf("sh", killed.Run()); !errors.As(err, &code) || code != 137 || !strings.Contains(err.Error(), `sh was ended by the signal "killed"`) {
		t.Errorf("a killed command: %v", err)
	}
	if err := codeOf("sh", nil); err != nil {
		t.Errorf("a good one: %v", err)
	}
}

func TestRefusalsInTheirOwnWords(t *testing.T) {
	for body, want := range map[string]string{`{"detail": "no geometry"}`: "no geometry", `{}`: "404 Not Found", `<html>`: "404 Not Found"} {
		if err := refusal(404, []byte(body)); err.Error() != want || fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestPublicURL(t *testing.T) {
	for ip, want := range map[string]string{"127.0.0.1": "http://127.0.0.1:8080", "0.0.0.0": "http://127.0.0.1:8080", "::": "http://127.0.0.1:8080", "192.0.2.7": "http://192.0.2.7:8080", "::1": "http://[::1]:8080"} {
		if got := publicURL(&net.TCPAddr{IP: net.ParseIP(ip), Port: 8080}); got != want {
			t.Errorf("%s: %s, want %s", ip, got, want)
		}
	}
}

// The manifests are those of this binary, a folder, or a folder with an overlay of its own.
func TestLayersOfManifests(t *testing.T) {
	names := func(folder string) string {
		h := &house{settings: settings{manifests: folder}}
		var all []string
		for _, l := range h.layers() {
			all = append(all, l.Name)
			if (l.Values != nil) != strings.HasSuffix(l.Name, "local") {
				t.Errorf("%s: values %v", l.Name, l.Values)
			}
		}
		return strings.Join(all, " ")
	}
	dir := t.TempDir()
	if got := names(""); got != "manifests/base manifests/local" {
		t.Errorf("%s", got)
	}
	if got := names(dir); got != dir+" manifests/local" {
		t.Errorf("%s", got)
	}
	for _, sub := range []string{"base", "local"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(dir); got != dir+"/base "+dir+"/local" {
		t.Errorf("%s", got)
	}
}

func TestListeningErrorsInWords(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	h := &house{settings: settings{listen: l.Addr().String()}}
	want := "somebody already listens on " + l.Addr().String() + ": stop it, or choose another address with --listen"
	if _, err := h.listenPublic(context.Background()); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// What was opened last is closed first, and a failure does not keep the rest open.
func TestHouseClosesBackwards(t *testing.T) {
	h := &house{}
	var order []string
	for _, name := range []string{"lock", "database", "functions"} {
		h.onStop(func(context.Context) error {
			order = append(order, name)
			return errors.New(name + " is stuck")
		})
	}
	err := h.stop(context.Background())
	if got := strings.Join(order, " "); got != "functions database lock" || err == nil || strings.Count(err.Error(), "stuck") != 3 {
		t.Errorf("%s, %v", got, err)
	}
	if err := h.stop(context.Background()); err != nil {
		t.Errorf("stopping again: %v", err)
	}
}

func TestLogOfTheRunnerIsPutAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runner.log")
	if err := os.WriteFile(path, make([]byte, maxLog+1), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := openLog(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if _, old := os.Stat(path + ".old"); err != nil || info.Size() != 0 || old != nil {
		t.Errorf("%v, %v, %v", info, err, old)
	}
}

// What strangers put into keys and identifiers must not steer the terminal of who reads of it.
func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"S2A → ✓ ü\n\t.":       "S2A → ✓ ü\n\t.",
		"\x1b]0;owned\x07":     `\u001b]0;owned\u0007`,
		"a\rb\u009b2J":         `a\u000db\u009b2J`,
		"\u202egpj.exe\u2066x": `\u202egpj.exe\u2066x`,
		"\xff":                 `\ufffd`,
	} {
		if got := printable(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	var out bytes.Buffer
	say := &speaker{out: &out}
	say.line("%s", "\x1b[2J")
	printEvent(&out, ingress.Event{Type: "\x1b[2J", Subject: "\x1b[2J"})
	printAttempt(&out, ingress.Attempt{Error: "\x1b[2J"})
	deadLetter{Subject: "\x1b[2J", Reason: "\x1b[2J"}.print(&out)
	terminal{err: &out}.failed(errors.New("\x1b[2J"))
	if strings.ContainsRune(out.String(), '\x1b') || strings.Count(out.String(), `\u001b`) != 7 {
		t.Errorf("%q", &out)
	}
}

// A line that is said while a bar is drawn takes the bar's place; the bar is drawn again below.
func TestLinesBesideABar(t *testing.T) {
	var out bytes.Buffer
	say := &speaker{out: &out}
	say.beside(true)
	say.line("careful")
	say.beside(false)
	say.line("done")
	if got := out.String(); got != "\r\x1b[Kcareful\ndone\n" {
		t.Errorf("%q", got)
	}
}

// Flags may stand anywhere among the arguments; a -- ends them, and the words of another program are left alone.
func TestFlagsAmongArguments(t *testing.T) {
	for _, c := range []struct {
		foreign bool
		args    []string
		want    []string
		state   string
	}{
		{false, []string{"a.tif", "--state", "x", "b.tif"}, []string{"a.tif", "b.tif"}, "x"},
		{false, []string{"--state=x", "a.tif"}, []string{"a.tif"}, "x"},
		{false, []string{"a.tif", "--", "--state", "x"}, []string{"a.tif", "--state", "x"}, ""},
		{false, []string{"-", "--state", "x"}, []string{"-"}, "x"},
		{false, nil, nil, ""},
		{true, []string{"--", "ls", "--state", "x"}, []string{"ls", "--state", "x"}, ""},
		{true, []string{"ls", "--state", "x"}, []string{"ls", "--state", "x"}, ""},
	} {
		command := command{name: "test", foreign: c.foreign}
		set := command.flags()
		state := set.String("state", "", "")
		if err := command.parse(terminal{}, set, c.args); err != nil || !slices.Equal(set.Args(), c.want) || *state != c.state {
			t.Errorf("%q: %q, state %q, %v", c.args, set.Args(), *state, err)
		}
	}
}

// Who starts a runner by nohup wants it to outlive the terminal.
func TestHangUpThatIsIgnored(t *testing.T) {
	signal.Ignore(syscall.SIGHUP)
	defer signal.Reset(syscall.SIGHUP)
	if slices.Contains(endings(), os.Signal(syscall.SIGHUP)) {
		t.Error("SIGHUP ends the runner all the same")
	}
}
