package stage_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/local-runner/broker"
	"perigee/local-runner/manifest"
	"perigee/local-runner/stage"
)

func TestStartsAtTheFirstRequest(t *testing.T) {
	t.Setenv("SECRET_OF_THE_SHELL", "x")
	s := play(t, "server", func(service *manifest.Service, cfg *stage.Config) {
		service.Args = []string{"--level", "high"}
		service.Env = append(service.Env, manifest.Variable{Name: "OTHER", Value: "http://cook/x http://cook.house.svc.cluster.local:80 http://ingress.knative.svc/a/b https://cook http://cookbook"})
		cfg.Sink = func(n broker.Name) string { return "http://sink/" + n.Namespace }
		cfg.Addresses = map[string]string{"ingress.knative.svc": "http://127.0.0.1:1"}
	})
	s.stage.Start()
	if got := s.service.Stats(); got.Instances+got.Starting != 0 {
		t.Fatalf("started before the first request: %+v", got)
	}
	got := look(t, s.get("/hello"))
	local := s.service.Local()
	for _, want := range []string{"HOST=127.0.0.1", "K_SERVICE=cook", "K_CONFIGURATION=cook", "K_REVISION=cook-00001", "K_SINK=http://sink/house",
		"OTHER=" + local + "/x " + local + " http://127.0.0.1:1/a/b https://cook http://cookbook"} {
		if !slices.Contains(got.Env, want) {
			t.Errorf("the environment lacks %s: %q", want, got.Env)
		}
	}
	if slices.ContainsFunc(got.Env, func(v string) bool { return strings.HasPrefix(v, "SECRET_OF_THE_SHELL") }) {
		t.Error("the function sees the shell's variables")
	}
	if strings.Join(got.Args, " ") != "--level high" {
		t.Errorf("arguments %q", got.Args)
	}
	again := look(t, s.get("/again"))
	if again.PID != got.PID {
		t.Errorf("the second request got another process")
	}
	stats := s.service.Stats()
	if stats.Instances != 1 || stats.Requests != 2 || stats.Errors != 0 || stats.ColdStarts != 1 || stats.LastStart <= 0 || stats.InFlight != 0 || stats.Memory <= 0 {
		t.Errorf("figures %+v", stats)
	}
}

func TestProxyTellsHowItWasCalled(t *testing.T) {
	s := play(t, "server", nil)
	got := look(t, s.get("/a%2Fb?x=1", "Traceparent", "00-1-2-01"))
	for key, want := range map[string]string{"X-Forwarded-Host": "perigee.test", "X-Forwarded-Proto": "http", "X-Forwarded-For": "192.0.2.1", "Traceparent": "00-1-2-01"} {
		if got.Header.Get(key) != want {
			t.Errorf("%s is %q, want %q", key, got.Header.Get(key), want)
		}
	}
	if got.Host != "perigee.test" {
		t.Errorf("host %q", got.Host)
	}
	foreign := look(t, s.get("/", "X-Forwarded-Host", "evil.test"))
	if foreign.Header.Get("X-Forwarded-Host") != "perigee.test" {
		t.Errorf("a stranger's X-Forwarded-Host was believed")
	}
	resp, err := http.DefaultClient.Do(request(t, s.service.Local()+"/", "X-Forwarded-Host", "public.test"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var own seen
	if err := json.NewDecoder(resp.Body).Decode(&own); err != nil {
		t.Fatal(err)
	}
	if own.Header.Get("X-Forwarded-Host") != "public.test" {
		t.Errorf("the X-Forwarded-Host of this machine's proxy was dropped: %q", own.Header)
	}
}

func request(t *testing.T, url string, header ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func TestReadyWithoutReadinessRoute(t *testing.T) {
	if w := play(t, "bare", nil).get("/"); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestStreams(t *testing.T) {
	s := play(t, "server", nil)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	resp, err := http.DefaultClient.Do(request(t, s.service.Local()+"/stream").WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	line, err := bufio.NewReader(resp.Body).ReadString('\n') // the function writes no more until the client goes
	if line != "first\n" || err != nil {
		t.Errorf("%q %v", line, err)
	}
}

// ways are how a leased request may be sent: by the lease's address, through the service, and by its transport, straight.
var ways = map[string]func(broker.Lease) *http.Client{
	"address":   func(broker.Lease) *http.Client { return http.DefaultClient },
	"transport": func(l broker.Lease) *http.Client { return &http.Client{Transport: l.Transport} },
}

func TestTargetLeasesAnInstance(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) { leases(t, way) })
	}
}

func leases(t *testing.T, way func(broker.Lease) *http.Client) {
	s := play(t, "server", func(service *manifest.Service, _ *stage.Config) { service.Concurrency, service.MaxScale = 1, 1 })
	to := s.service.Target("/events")
	if to.Address() != "http://cook.house.svc.cluster.local/events" {
		t.Errorf("address %s", to.Address())
	}
	lease, err := to.Acquire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	full, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := to.Acquire(full); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second lease of one slot: %v", err)
	}
	resp, err := way(lease).Post(lease.URL, "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if !strings.Contains(string(text), `"path":"/events"`) {
		t.Errorf("the function saw %s", text)
	}
	lease.Release()
	eventually(t, "counted", func() bool { return s.service.Stats().Requests == 1 }) // the answer is out before
	if got := s.service.Stats(); got.InFlight != 0 {
		t.Errorf("figures %+v", got)
	}
	unused, err := to.Acquire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	unused.Release()
	if w := s.get("/"); w.Code != http.StatusOK {
		t.Errorf("after an unused lease: %d", w.Code)
	}
}

// The limits of a service hold for requests that go straight to an instance, and a program that ends without an answer is
// told of in words.
func TestLimitsOfLeases(t *testing.T) {
	s := play(t, "server", func(service *manifest.Service, _ *stage.Config) { service.Timeout = 2 * time.Second })
	look(t, s.get("/"))
	for _, c := range []struct {
		path   string
		status int
		words  string
	}{
		{"/held", http.StatusGatewayTimeout, "cook did not answer within 2s"},
		{"/crash", http.StatusBadGateway, "cook did not answer: "}, // the last: until its end is noticed, the instance is leased again
	} {
		lease, err := s.service.Target(c.path).Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		resp, err := ways["transport"](lease).Post(lease.URL, "text/plain", nil)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		lease.Release()
		if resp.StatusCode != c.status || !strings.Contains(string(text), c.words) {
			t.Errorf("%s: %d %s", c.path, resp.StatusCode, text)
		}
	}
	eventually(t, "counted", func() bool { // the answers are out before
		got := s.service.Stats()
		return got.Requests == 3 && got.Errors == 2 && got.InFlight == 0
	})
}

// Who asks from outside can neither take a lease nor change by one which path is asked for.
func TestLeasesAreOfTheInternalAddress(t *testing.T) {
	s := play(t, "server", nil)
	lease, err := s.service.Target("").Acquire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Release()
	_, path, _ := strings.Cut(strings.TrimPrefix(lease.URL, "http://"), "/")
	if got := look(t, s.get("/"+path+"x")); got.Path != "/"+path+"x" {
		t.Errorf("the function saw %s", got.Path)
	}
}

func TestCloseLetsRequestsFinish(t *testing.T) {
	s := play(t, "server", nil)
	look(t, s.get("/"))
	answered := make(chan int, 1)
	go func() { answered <- s.get("/slow?for=1s").Code }()
	eventually(t, "in flight", func() bool { return s.service.Stats().InFlight == 1 })
	if err := closing(s); err != nil {
		t.Error(err)
	}
	if code := <-answered; code != http.StatusOK {
		t.Errorf("the request in flight ended with %d", code)
	}
	if w := s.get("/"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("after the end: %d", w.Code)
	}
}

func closing(s *scene) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	return s.stage.Close(ctx)
}

func TestOpenTellsWhatIsMissing(t *testing.T) {
	service := spec("server", "")
	service.Binary = "nothing"
	service.Env = []manifest.Variable{{Name: "A", Value: "http://gone.house.svc.cluster.local/x"}}
	dir := t.TempDir()
	_, err := stage.Open(stage.Config{Bin: dir, Logs: t.TempDir(), Services: []manifest.Service{service}})
	want := fmt.Sprintf("the program %s/nothing is missing: build it first (make build)\n"+
		"A of house/cook: http://gone.house.svc.cluster.local is an address of the cluster that nothing has here", dir)
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}
