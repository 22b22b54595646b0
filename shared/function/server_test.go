package function

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"perigee/shared/fault"
	"perigee/shared/trace"
)

// start serves until the test ends and gives the address, and a function that stops the server and returns its error.
func start(t *testing.T, s Server) (string, func() error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, s, listener) }()
	stop := func() error { cancel(); return <-done }
	t.Cleanup(cancel)
	return "http://" + listener.Addr().String(), stop
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(body)
}

func TestHealthRoutes(t *testing.T) {
	address, _ := start(t, Server{Handler: http.NotFoundHandler(), Ready: func(context.Context) error { return nil }})
	for _, path := range []string{"/health/liveness", "/health/readiness", "/healthz", "/_/health", "/_/ready"} {
		if status, body := get(t, address+path); status != 200 || body != `{"ok":true}` {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	down := fault.New(fault.Unavailable, "postgres://user:secret@db is gone")
	address, _ = start(t, Server{Handler: http.NotFoundHandler(), Ready: func(context.Context) error { return down }})
	if status, body := get(t, address+"/health/readiness"); status != 503 || strings.Contains(body, "secret") {
		t.Errorf("readiness without its database: %d %s", status, body)
	}
	if status, _ := get(t, address+"/health/liveness"); status != 200 {
		t.Errorf("liveness without its database: %d", status)
	}
}

// However many ask whether a function is ready, what it depends on is asked once in a while.
// A pod stays in service while its database is away, and says so itself; it is no use where the database is not for it.
func TestProbesOfTheKubelet(t *testing.T) {
	waiting := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	failing := func(kind fault.Kind) func(context.Context) error {
		return func(context.Context) error { return fault.New(kind, "no") }
	}
	for name, c := range map[string]struct {
		ready  func(context.Context) error
		status int
	}{
		"no check": {nil, 200}, "well": {func(context.Context) error { return nil }, 200}, "away": {failing(fault.Unavailable), 200}, "silent": {waiting, 200},
		"not migrated": {failing(fault.Conflict), 503}, "broken": {failing(fault.Internal), 503},
	} {
		address, _ := start(t, Server{Handler: http.NotFoundHandler(), Ready: c.ready})
		for _, path := range []string{"/health/readiness", "/"} {
			probe, _ := http.NewRequest(http.MethodGet, address+path, nil)
			probe.Header.Set("User-Agent", "kube-probe/1.34")
			answer, err := http.DefaultClient.Do(probe)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != c.status {
				t.Errorf("%s: %s is answered %d", name, path, answer.StatusCode)
			}
		}
	}
}

func TestReadinessIsRemembered(t *testing.T) {
	asked := 0
	check := remembered(func(context.Context) error { asked++; return errors.New("not yet") }, time.Hour)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, asker := range []context.Context{gone, t.Context(), t.Context()} {
		if check(asker) == nil {
			t.Error("ready")
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times, want 2: once for one who left, once for all others", asked)
	}
	asked, check = 0, remembered(func(context.Context) error { asked++; return nil }, 0)
	for range 2 {
		if err := check(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times about what is old at once", asked)
	}
}

// RND-16: requests are counted by the operation that their protocol names, and by their status, for Prometheus.
func TestMetricsNameOperations(t *testing.T) {
	operation := "Get" + rand.Text() // counts are those of the process, in which the test may have run before
	address, _ := start(t, Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		trace.Name(r.Context(), operation)
		w.WriteHeader(http.StatusTeapot)
	})})
	get(t, address+"/ows")
	_, body := get(t, address+"/metrics")
	for _, want := range []string{`perigee_requests_total{operation="` + operation + `",code="418"} 1`, `perigee_request_duration_seconds_count{operation="` + operation + `"} 1`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
}

func TestMetricsCountRequests(t *testing.T) {
	address, _ := start(t, Server{Handler: http.NotFoundHandler()})
	get(t, address+"/nowhere")
	if _, body := get(t, address+"/metrics"); !strings.Contains(body, `perigee_requests_total{operation="GET",code="404"}`) {
		t.Errorf("no count of the request in\n%s", body)
	}
}

func TestPanicCostsOneRequest(t *testing.T) {
	address, _ := start(t, Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			panic("boom")
		}
	})})
	if status, body := get(t, address+"/bad"); status != 500 || strings.Contains(body, "boom") {
		t.Errorf("the panic was answered %d %s", status, body)
	}
	if status, _ := get(t, address+"/good"); status != 200 {
		t.Errorf("the next request was answered %d", status)
	}
}

func TestStopWaitsForRequestsInFlight(t *testing.T) {
	entered := make(chan struct{})
	address, stop := start(t, Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		time.Sleep(300 * time.Millisecond)
		io.WriteString(w, "done")
	})})
	answer := make(chan string, 1)
	go func() { _, body := get(t, address+"/slow"); answer <- body }()
	<-entered
	if err := stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	if body := <-answer; body != "done" {
		t.Errorf("the request in flight was answered %q", body)
	}
	if _, err := http.Get(address); err == nil {
		t.Error("the stopped server still answers")
	}
}

func TestBodyIsBounded(t *testing.T) {
	address, _ := start(t, Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	})})
	response, err := http.Post(address, "text/plain", io.LimitReader(zeros{}, maxBody+1))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a body over the bound was answered %d", response.StatusCode)
	}
}

// A body that does not come in ends its request.
func TestBodyIsBoundedInTime(t *testing.T) {
	read := make(chan error, 1)
	server := httptest.NewServer(bounded(100*time.Millisecond, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		read <- err
	})))
	defer server.Close()
	never, sender := io.Pipe()
	defer sender.Close()
	response, err := http.Post(server.URL, "text/plain", never)
	if readErr := <-read; !errors.Is(readErr, os.ErrDeadlineExceeded) {
		t.Errorf("reading a body that does not come gave %v", readErr)
	}
	if err == nil {
		response.Body.Close()
	}
}

// A body that has come in does not shorten the answer.
func TestAnswersOutlastTheTimeOfBodies(t *testing.T) {
	const limit = 2 * time.Second // a machine that is very busy reads a few bytes in it
	read := make(chan error, 1)
	server := httptest.NewServer(bounded(limit, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		read <- err
		select {
		case <-r.Context().Done(): // as a connection whose deadline has passed would make it
		case <-time.After(limit + limit/4):
			io.WriteString(w, "done")
		}
	})))
	defer server.Close()
	response, err := http.Post(server.URL, "text/plain", strings.NewReader("all of it"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); <-read != nil || string(body) != "done" {
		t.Errorf("a slow answer is %q", body)
	}
}

// A request that its handler aborts is not in flight any more.
func TestAbortedRequestsAreNotInFlight(t *testing.T) {
	address, _ := start(t, Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })})
	if _, err := http.Get(address); err == nil {
		t.Error("an aborted request was answered")
	}
	if _, body := get(t, address+"/metrics"); !strings.Contains(body, "perigee_requests_in_flight 0\n") {
		t.Errorf("in flight:\n%s", body)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
