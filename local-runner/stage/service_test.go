package stage

import (
	"strings"
	"testing"
	"time"

	"perigee/local-runner/broker"
	"perigee/local-runner/manifest"
)

func TestLimitsOfAManifest(t *testing.T) {
	for name, c := range map[string]struct {
		spec manifest.Service
		idle time.Duration
		want limits
	}{
		"nothing said": {manifest.Service{Target: 100, Window: time.Minute}, 0, limits{soft: 100, hard: unlimited, max: mostUnasked, window: time.Minute}},
		"concurrency":  {manifest.Service{Target: 100, Concurrency: 8, MaxScale: 4}, 0, limits{soft: 8, hard: 8, max: 4}},
		"target":       {manifest.Service{Target: 5, Concurrency: 8, MinScale: 2, MaxScale: 4}, 0, limits{soft: 5, hard: 8, min: 2, max: 4}},
		"many warm":    {manifest.Service{Target: 1, MinScale: 20}, 0, limits{soft: 1, hard: unlimited, min: 20, max: 20}},
		"idle flag":    {manifest.Service{Target: 1, Window: time.Minute, Retention: time.Hour}, time.Second, limits{soft: 1, hard: unlimited, max: mostUnasked, window: time.Second}},
	} {
		if got := limitsOf(c.spec, c.idle); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestBackoffGrowsToItsEnd(t *testing.T) {
	for failures, want := range map[int]time.Duration{1: 200 * time.Millisecond, 2: 400 * time.Millisecond, 5: 3200 * time.Millisecond, 8: 25600 * time.Millisecond, 9: 30 * time.Second, 1000: 30 * time.Second} {
		if got := backoff(failures); got != want {
			t.Errorf("after %d failures: %v, want %v", failures, got, want)
		}
	}
}

// Requests go to the oldest instance that has room, so that the younger ones can become idle; to the least busy one
// when all have what they should have; to none that is full or not ready.
func TestPick(t *testing.T) {
	old, young, starting := &instance{ready: true}, &instance{ready: true}, &instance{}
	s := &Service{limits: limits{soft: 2, hard: 3}, instances: []*instance{old, young, starting}}
	for _, c := range []struct {
		old, young int
		want       *instance
	}{
		{0, 0, old}, {1, 0, old}, {2, 1, young}, {2, 2, old}, {3, 2, young}, {3, 3, nil},
	} {
		old.busy, young.busy = c.old, c.young
		if got := s.pick(); got != c.want {
			t.Errorf("%d and %d in flight: %p, want %p", c.old, c.young, got, c.want)
		}
	}
}

func TestLeasedPaths(t *testing.T) {
	for path, want := range map[string][3]string{
		"/.leased/7/":         {"/", "7", "yes"},
		"/.leased/12/events":  {"/events", "12", "yes"},
		"/.leased/12/a/b":     {"/a/b", "12", "yes"},
		"/.leased/12":         {"/", "12", "yes"},
		"/events/.leased/7/x": {"", "", "no"},
		"/":                   {"", "", "no"},
	} {
		rest, id, ok := leased(path)
		if ok != (want[2] == "yes") || ok && (rest != want[0] || id != want[1]) {
			t.Errorf("%s: %q %q %t", path, rest, id, ok)
		}
	}
	var l leases
	in := &instance{}
	id := l.add(in)
	if l.claim(id) != in || l.claim(id) != nil {
		t.Error("a lease is for one request")
	}
	dropped := l.add(in)
	l.drop(dropped)
	if l.claim(dropped) != nil {
		t.Error("a lease that was given back still counts")
	}
}

func TestLocalise(t *testing.T) {
	csw := &Service{spec: manifest.Service{Name: broker.Name{Namespace: "house", Name: "csw"}}, local: "http://127.0.0.1:7"}
	s := &Stage{cfg: Config{Addresses: map[string]string{"broker-ingress.knative-eventing.svc": "http://127.0.0.1:9/b"}}, services: []*Service{csw}}
	for text, want := range map[string]string{
		"":                          "",
		"http://csw":                "http://127.0.0.1:7",
		"http://csw.house/x?y=1":    "http://127.0.0.1:7/x?y=1",
		"http://csw.house.svc:8080": "http://127.0.0.1:7",
		"http://csw.house.svc.cluster.local/a http://csw/b": "http://127.0.0.1:7/a http://127.0.0.1:7/b",
		"http://broker-ingress.knative-eventing.svc/n/b":    "http://127.0.0.1:9/b/n/b",
		"http://csw.other/x":                                "http://csw.other/x",
		"http://example.org/csw":                            "http://example.org/csw",
		"https://csw":                                       "https://csw",
		"postgres://csw/x":                                  "postgres://csw/x",
	} {
		if got, err := s.Localise("house", text); got != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
	}
	if got, _ := s.Localise("other", "http://csw/x"); got != "http://csw/x" {
		t.Errorf("a short name reached into another namespace: %s", got)
	}
	_, err := s.Localise("house", "http://a.b.svc and http://c.d.svc.cluster.local:80/x")
	if err == nil || !strings.Contains(err.Error(), "http://a.b.svc is an address of the cluster") || !strings.Contains(err.Error(), "http://c.d.svc.cluster.local:80 is") {
		t.Errorf("got %v", err)
	}
}

func TestFiguresKeepTheLastStarts(t *testing.T) {
	var f figures
	for i := range kept + 5 {
		f.started(time.Duration(i))
	}
	if f.starts != kept+5 || len(f.durations) != kept || f.durations[0] != 5 {
		t.Errorf("%d starts, %d kept, the oldest %v", f.starts, len(f.durations), f.durations[0])
	}
	if resident(0) != 0 || resident(1<<30) != 0 {
		t.Error("memory of nobody")
	}
}
