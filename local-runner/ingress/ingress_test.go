package ingress

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/local-runner/broker"
	"perigee/local-runner/manifest"
	"perigee/local-runner/ping"
	"perigee/local-runner/stage"
)

func get(h http.Handler, url string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, url, nil)
	r.RemoteAddr = "127.0.0.1:4711"
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestNothingBeforeItIsReady(t *testing.T) {
	g := New("0.0.0.0:8080")
	for _, path := range []string{"/", "/csw", "/_runner/", "/_runner/health", "/_runner/events"} {
		w := get(g, "http://localhost"+path)
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	g.Ready(&House{Router: &Router{}})
	if w := get(g, "http://localhost/_runner/health"); w.Code != http.StatusOK || w.Body.String() != `{"status":"ready"}`+"\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	g.Close()
	if w := get(g, "http://localhost/_runner/health"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("after the end: %d", w.Code)
	}
}

// A name that leads here by somebody else's DNS opens nothing of the runner's own.
func TestPagesAreForThisMachine(t *testing.T) {
	g := house(t)
	for host, want := range map[string]int{
		"localhost": 200, "LOCALHOST:8080": 200, "a.localhost:8080": 200, "127.0.0.1:8080": 200, "127.1.2.3": 200, "[::1]:8080": 200,
		"evil.example": 403, "127.0.0.1.evil.example": 403, "192.168.0.7:8080": 403, "": 403,
	} {
		for _, path := range []string{"/_runner/", "/_runner/events", "/_runner/describe", "/_runner/page.css", "/_runner/live.js"} {
			r := httptest.NewRequest(http.MethodGet, "http://x"+path, nil)
			r.Host, r.RemoteAddr = host, "127.0.0.1:4711"
			w := httptest.NewRecorder()
			g.ServeHTTP(w, r)
			if w.Code != want && (path != "/_runner/describe" || want != 200 || w.Code != 404) {
				t.Errorf("%s%s: %d, want %d", host, path, w.Code, want)
			}
		}
	}
	r := httptest.NewRequest(http.MethodGet, "http://localhost/_runner/", nil) // from 192.0.2.1
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("another machine that says localhost: %d", w.Code)
	}
}

// At a loopback address no other name is answered, whatever is asked for; elsewhere any is.
func TestOtherNamesAtLoopback(t *testing.T) {
	routes := router(t, to(manifest.PathPrefix, "/stac", "stac"))
	for address, want := range map[string]int{"127.0.0.1:8080": http.StatusMisdirectedRequest, "[::1]:8080": http.StatusMisdirectedRequest, "0.0.0.0:8080": http.StatusOK} {
		g := New(address)
		g.Ready(&House{Router: routes})
		for _, host := range []string{"localhost:8080", "127.0.0.1", "perigee.localhost:8080", "evil.example:8080", "localhost.evil.example"} {
			want := want
			if !strings.Contains(host, "evil") {
				want = http.StatusOK
			}
			for _, path := range []string{"/stac", "/_runner/health"} {
				if w := get(g, "http://"+host+path); w.Code != want {
					t.Errorf("%s%s at %s: %d, want %d", host, path, address, w.Code, want)
				}
			}
		}
	}
}

// house is an ingress over a broker with one trigger, to which one event was delivered.
func house(t *testing.T) *Ingress {
	t.Helper()
	subscriber := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	t.Cleanup(subscriber.Close)
	name := broker.Name{Namespace: "n", Name: "b"}
	b, err := broker.Open(context.Background(), broker.Config{
		Dir: t.TempDir(), Brokers: []broker.Definition{{Name: name}},
		Triggers: []broker.Trigger{{Name: broker.Name{Namespace: "n", Name: "t1"}, Broker: "b", Subscriber: broker.URL(subscriber.URL)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	s, err := stage.Open(stage.Config{Logs: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	g := New("0.0.0.0:8080")
	hourly, err := ping.ParseSchedule("@hourly", "")
	if err != nil {
		t.Fatal(err)
	}
	sources := ping.Open([]ping.Source{{Name: broker.Name{Namespace: "house", Name: "bell"}, Schedule: hourly, Sink: "broker house/default"}}, nil)
	g.Ready(&House{Router: &Router{}, Stage: s, Broker: b, Sources: sources})
	publish(t, b, name, "folder/S2A_<script>.json")
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		found := b.Events(broker.Query{})
		if len(found) == 1 && len(found[0].Attempts) == 1 {
			return g
		}
		if time.Now().After(end) {
			t.Fatalf("not delivered: %+v", found)
		}
	}
}

func publish(t *testing.T, b *broker.Broker, to broker.Name, subject string) {
	t.Helper()
	e := event.New()
	e.SetID(subject)
	e.SetType("test.made")
	e.SetSource("/test")
	e.SetSubject(subject)
	if err := b.Publish(context.Background(), to, e); err != nil {
		t.Fatal(err)
	}
}

func TestOverview(t *testing.T) {
	g := house(t)
	w := get(g, "http://localhost/_runner/?f=json")
	var o Overview
	if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if len(o.Triggers) != 1 || o.Triggers[0].Delivered != 1 || len(o.Events) != 1 || o.Events[0].Attempts[0].Outcome != "delivered" || len(o.Sources) != 1 || o.Sources[0].Schedule != "@hourly" {
		t.Errorf("%+v", o)
	}
	page := get(g, "http://localhost/_runner/", "Accept", "text/html,application/json").Body.String()
	for _, want := range []string{"<title>Perigee: what runs</title>", "t1 delivered 202 in", "<td>bell<td>@hourly<td>broker house/default<td>never", "/_runner/events?subject=folder%2fS2A_%3cscript%3e.json"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "<script>.json") || strings.Contains(page, "http://") {
		t.Errorf("the page is not safe, or asks elsewhere:\n%s", page)
	}
}

func TestWayOfAnItem(t *testing.T) {
	g := house(t)
	publish(t, g.house.Load().Broker, broker.Name{Namespace: "n", Name: "b"}, "other.json")
	page := get(g, "http://localhost/_runner/events?subject=S2A_%3Cscript%3E").Body.String()
	if !strings.Contains(page, "test.made") || strings.Contains(page, "other.json") || strings.Contains(page, "<script>.") {
		t.Errorf("%s", page)
	}
	var all []Event
	w := get(g, "http://localhost/_runner/events", "Accept", "application/json")
	if err := json.Unmarshal(w.Body.Bytes(), &all); err != nil || len(all) != 2 || all[0].Subject != "folder/S2A_<script>.json" {
		t.Errorf("%v %s", err, w.Body)
	}
	if w := get(g, "http://localhost/_runner/events?f=json&limit=1"); strings.Count(w.Body.String(), "sequence") != 1 {
		t.Errorf("limit 1: %s", w.Body)
	}
	for _, limit := range []string{"0", "1001", "x"} {
		if w := get(g, "http://localhost/_runner/events?limit="+limit); w.Code != http.StatusBadRequest {
			t.Errorf("limit %s: %d", limit, w.Code)
		}
	}
	if page := get(g, "http://localhost/_runner/events?subject=nothing").Body.String(); !strings.Contains(page, "Nothing is known of it") {
		t.Errorf("%s", page)
	}
}

func TestFollow(t *testing.T) {
	g := house(t)
	server := httptest.NewServer(g)
	defer server.Close()
	resp, err := http.Get(server.URL + "/_runner/events?follow=1&subject=wanted")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b := g.house.Load().Broker
	publish(t, b, broker.Name{Namespace: "n", Name: "b"}, "unwanted")
	publish(t, b, broker.Name{Namespace: "n", Name: "b"}, "wanted")
	in := bufio.NewScanner(resp.Body)
	for _, attempts := range []int{0, 1} {
		var e Event
		if !in.Scan() || json.Unmarshal(in.Bytes(), &e) != nil || e.Subject != "wanted" || len(e.Attempts) != attempts {
			t.Errorf("want %d attempts: %s", attempts, in.Bytes())
		}
	}
}

func TestDescribe(t *testing.T) {
	g := New("0.0.0.0:8080")
	g.Ready(&House{Router: &Router{}, Describer: saying("render")})
	if w := get(g, "http://localhost/_runner/describe?href=s3://a/b"); w.Body.String() != "render /internal/describe" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// The stage's services are handlers of the routes.
func TestRouteToAService(t *testing.T) {
	s, err := stage.Open(stage.Config{Logs: t.TempDir(), Bin: "/bin", Services: []manifest.Service{{
		Name: broker.Name{Namespace: "n", Name: "false"}, Timeout: time.Minute, Program: manifest.Program{Binary: "false"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close(context.Background()) }() // it has nothing to stop
	r, err := NewRouter([]manifest.Route{{Type: manifest.PathPrefix, Path: "/", Service: broker.Name{Namespace: "n", Name: "false"}}},
		func(name broker.Name) http.Handler { return s.Service(name) })
	if err != nil {
		t.Fatal(err)
	}
	g := New("0.0.0.0:8080")
	g.Ready(&House{Router: r, Stage: s})
	if w := get(g, "http://localhost/x"); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "false does not start: crashed (exit status 1)") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
