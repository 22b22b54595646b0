package stage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"perigee/local-runner/child"
)

// instance is one running program of a service. Its fields but process are guarded by the service's lock.
type instance struct {
	service  *Service
	number   int
	url      string
	ready    bool
	stopping bool
	served   bool      // it has answered a request, and not by a failure of its own
	excuse   error     // why it says that it is not ready
	busy     int       // requests in flight
	used     time.Time // when the last one ended

	once    sync.Mutex // guards process while it is being started
	process *child.Process
}

// portAttempts is how often another port is tried when somebody else was quicker.
const portAttempts = 4

// startTime is how long a program may take until it is ready.
const startTime = 60 * time.Second

// start runs the program and waits until it is ready.
func (in *instance) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	var err error
	for range portAttempts {
		if err = in.startOnce(ctx); err == nil || !strings.Contains(err.Error(), "address already in use") {
			return err
		}
	}
	return err
}

func (in *instance) startOnce(ctx context.Context) error {
	port, err := child.FreePort()
	if err != nil {
		return err
	}
	p, err := child.Start(child.Spec{
		Path: in.service.path, Args: in.service.spec.Args, Dir: "/",
		Env:  append([]string{"HOST=127.0.0.1", "PORT=" + strconv.Itoa(port)}, in.service.env...),
		Line: func(line string) { in.service.logLine(in.number, line) },
	})
	if err != nil {
		return err
	}
	in.once.Lock()
	in.process = p
	in.once.Unlock()
	in.url = fmt.Sprintf("http://127.0.0.1:%d", port)
	if err := in.awaitReady(ctx); err != nil {
		p.Kill()
		<-p.Done()
		return err
	}
	return nil
}

// awaitReady asks the program until it says that it is ready; a program without a readiness route is ready when it
// answers at all.
func (in *instance) awaitReady(ctx context.Context) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	last := errors.New("it does not listen")
	for wait := 2 * time.Millisecond; ; wait = min(wait+wait/8+time.Millisecond/4, 50*time.Millisecond) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("is not ready after %v: %w", startTime, last)
		case <-in.process.Done():
			return in.ended()
		case <-time.After(wait):
		}
		if last = in.probe(ctx, client); last == nil {
			return nil
		}
	}
}

func (in *instance) probe(ctx context.Context, client *http.Client) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, in.url+"/health/readiness", nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 300 || resp.StatusCode == http.StatusNotFound {
		return nil
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 500)) // what can be read of it is good enough
	err = fmt.Errorf("it answers %s: %s", resp.Status, strings.TrimSpace(string(body)))
	in.service.mu.Lock()
	defer in.service.mu.Unlock()
	in.excuse = err
	return err
}

// ended tells in words how the program ended by itself.
func (in *instance) ended() error {
	text := "ended by itself"
	if err := in.process.Err(); err != nil {
		text = "crashed (" + err.Error() + ")"
	}
	if tail := in.process.Tail(); len(tail) > 0 {
		text += ": " + inWords(tail[len(tail)-1])
	}
	return errors.New(text)
}

func (in *instance) current() *child.Process {
	in.once.Lock()
	defer in.once.Unlock()
	return in.process
}

func (in *instance) tail() []string {
	if p := in.current(); p != nil {
		return p.Tail()
	}
	return nil
}

// stop asks the program to finish its requests and end; when ctx ends first it is killed.
func (in *instance) stop(ctx context.Context) error {
	p := in.current()
	if p == nil {
		return nil
	}
	return p.Stop(ctx, syscall.SIGTERM)
}
