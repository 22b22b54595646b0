package child_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"perigee/local-runner/child"
)

// The test binary plays the programs too: which one, the environment says.
func TestMain(m *testing.M) {
	roles := map[string]func(){"talk": talk, "deaf": deaf, "parent": parent, "": func() { os.Exit(m.Run()) }}
	roles[os.Getenv("PLAY")]()
}

func talk() {
	fmt.Println("one")
	fmt.Fprintln(os.Stderr, "two")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		fmt.Println("read", in.Text())
	}
	fmt.Print("no end of line")
	if len(os.Args) > 1 {
		os.Exit(3)
	}
}

func deaf() {
	signal.Ignore(syscall.SIGTERM)
	fmt.Println("listening")
	time.Sleep(time.Minute)
}

// parent starts a deaf child, tells its process id and waits to be killed.
func parent() {
	p, err := child.Start(child.Spec{Path: self(), Env: []string{"PLAY=deaf"}})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(p.PID())
	select {}
}

func self() string {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return path
}

// record gathers lines.
type record struct {
	mu    sync.Mutex
	lines []string
}

func (r *record) add(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
}

func (r *record) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

func TestOutputComesInLines(t *testing.T) {
	var got record
	p, err := child.Start(child.Spec{Path: self(), Env: []string{"PLAY=talk"}, Stdin: "a\nb\n", Line: got.add})
	if err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	want := "one,two,read a,read b,no end of line"
	if lines := strings.Join(got.all(), ","); lines != want || p.Err() != nil {
		t.Errorf("%s, %v; want %s", lines, p.Err(), want)
	}
	if tail := strings.Join(p.Tail(), ","); tail != want {
		t.Errorf("tail %s", tail)
	}
}

func TestRunTellsTheLastLines(t *testing.T) {
	err := child.Run(context.Background(), child.Spec{Path: self(), Args: []string{"fail"}, Env: []string{"PLAY=talk"}})
	want := self() + ": exit status 3\n    one\n    two\n    no end of line"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := child.Run(context.Background(), child.Spec{Path: "/no/such/program"}); err == nil || !strings.HasPrefix(err.Error(), "starting /no/such/program: ") {
		t.Errorf("a program that is not there: %v", err)
	}
}

func TestStopKillsWhatDoesNotStop(t *testing.T) {
	ready := make(chan struct{})
	p, err := child.Start(child.Spec{Path: self(), Env: []string{"PLAY=deaf"}, Line: func(string) { close(ready) }})
	if err != nil {
		t.Fatal(err)
	}
	<-ready
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := p.Stop(ctx, syscall.SIGTERM); err == nil || !strings.Contains(err.Error(), "did not stop in time and was killed") {
		t.Errorf("stop: %v", err)
	}
	if err := p.Stop(context.Background(), syscall.SIGTERM); err != nil {
		t.Errorf("stopping what has ended: %v", err)
	}
	for range 50 {
		if err := p.Stop(ctx, syscall.SIGTERM); err != nil {
			t.Fatalf("stopping what has ended when there is no time left: %v", err)
		}
	}
}

// A child is in a group of its own, so that Ctrl-C does not reach it, and does not outlive its parent.
func TestChildDiesWithItsParent(t *testing.T) {
	cmd := exec.Command(self())
	cmd.Env = append(os.Environ(), "PLAY=parent")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(out, &pid); err != nil {
		t.Fatal(err)
	}
	if group, err := syscall.Getpgid(pid); err != nil || group != pid {
		t.Errorf("the child is in the group %d, %v", group, err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	for end := time.Now().Add(2 * time.Minute); syscall.Kill(pid, 0) == nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the child lives on")
		}
	}
}

func TestRunStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := child.Run(ctx, child.Spec{Path: self(), Env: []string{"PLAY=deaf"}}); err != context.DeadlineExceeded {
		t.Errorf("got %v", err)
	}
}

func TestPorts(t *testing.T) {
	port, err := child.FreePort()
	if err != nil || port == 5432 || !child.PortIsFree(port) {
		t.Errorf("port %d, %v", port, err)
	}
}
