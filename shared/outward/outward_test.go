package outward

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"perigee/shared/fault"
)

func TestPublic(t *testing.T) {
	for _, c := range []struct {
		at     string
		public bool
	}{
		{"1.1.1.1", true},
		{"2606:4700::1111", true},
		{"127.0.0.1", false},
		{"127.9.9.9", false},
		{"::1", false},
		{"::ffff:127.0.0.1", false},
		{"::127.0.0.1", false},
		{"::ffff:10.0.0.1", false},
		{"10.1.2.3", false},
		{"172.16.0.1", false},
		{"172.32.0.1", true},
		{"192.168.1.1", false},
		{"169.254.169.254", false},
		{"fe80::1", false},
		{"fe80::1%eth0", false},
		{"fd00:ec2::254", false},
		{"fec0::1", false},
		{"0.0.0.0", false},
		{"0.1.2.3", false},
		{"::", false},
		{"100.64.0.1", false},
		{"198.18.0.1", false},
		{"224.0.0.1", false},
		{"255.255.255.255", false},
		{"64:ff9b::7f00:1", false},
		{"2002:7f00:1::", false},
		{"2001:0:7f00:1::", false},
	} {
		if got := Public(netip.MustParseAddr(c.at)); got != c.public {
			t.Errorf("%s: public is %v", c.at, got)
		}
	}
}

func serve(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL
}

func get(c *Client, url string) (Answer, error) {
	return c.Do(context.Background(), Request{URL: url, Limit: 1000})
}

// TestGuard: a server on loopback is reached only where the guard says so, by whatever name, and no redirection leads to it.
func TestGuard(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "inside") })
	named := strings.Replace(url, "127.0.0.1", "localhost", 1)
	guard := func(allowed ...string) Guard {
		g, err := ParseGuard(allowed)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	for _, c := range []struct {
		name  string
		guard Guard
		url   string
		kind  fault.Kind
	}{
		{"closed", Guard{}, url, fault.Forbidden},
		{"closed, by name", Guard{}, named, fault.Forbidden},
		{"closed, as IPv6 says it", Guard{}, strings.Replace(url, "127.0.0.1", "[::ffff:127.0.0.1]", 1), fault.Forbidden},
		{"another block", guard("10.0.0.0/8"), url, fault.Forbidden},
		{"another name", guard("elsewhere"), named, fault.Forbidden},
		{"an allowed name does not open its address", guard("localhost"), url, fault.Forbidden},
		{"open", Open(), url, 0},
		{"the block", guard("127.0.0.0/8"), url, 0},
		{"the address", guard(" 127.0.0.1 "), url, 0},
		{"the name", guard("LOCALHOST."), named, 0},
	} {
		got, err := get(New(Config{Guard: c.guard}), c.url)
		if fault.KindOf(err) != c.kind || (err == nil) != (c.kind == 0) || (err == nil && string(got.Body) != "inside") {
			t.Errorf("%s: %q, %v", c.name, got.Body, err)
		}
		if err != nil && strings.Contains(c.url, "localhost") && strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%s: it tells what a name resolves to: %v", c.name, err)
		}
	}
	for _, wrong := range []string{"http://x", "10.0.0.0/99", "a b", "x:80"} {
		if _, err := ParseGuard([]string{wrong}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func TestRedirections(t *testing.T) {
	inside := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "inside") })
	inside = strings.Replace(inside, "127.0.0.1", "127.0.0.2", 1)
	target := ""
	url := serve(t, func(w http.ResponseWriter, q *http.Request) { http.Redirect(w, q, target, http.StatusFound) })
	guard, _ := ParseGuard([]string{"127.0.0.1"})
	client := New(Config{Guard: guard})
	for _, c := range []struct {
		name, to string
		kind     fault.Kind
	}{{"to what is not allowed", inside, fault.Forbidden}, {"to a file", "file:///etc/passwd", fault.Forbidden}, {"in circles", url, fault.Invalid}} {
		target = c.to
		if _, err := get(client, url); fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	target = serve(t, func(http.ResponseWriter, *http.Request) { t.Error("it went to another host") })
	if _, err := get(New(Config{Guard: Open(), Stays: true}), url); fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
}

// What is posted is posted where it is redirected to, with its body, or nowhere.
func TestRedirectedPosts(t *testing.T) {
	status := 0
	url := serve(t, func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/" {
			http.Redirect(w, q, "/there", status)
			return
		}
		_, _ = io.Copy(w, q.Body)
	})
	client := New(Config{Guard: Open(), Stays: true})
	for _, status = range []int{301, 302, 303, 307, 308} {
		answer, err := client.Do(t.Context(), Request{Method: http.MethodPost, URL: url, Body: []byte("it"), Limit: 10})
		if followed := status > 303; followed != (err == nil) || followed && string(answer.Body) != "it" || !followed && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%d: %q, %v", status, answer.Body, err)
		}
	}
}

// A guard that lets another host pass lets no further one pass, and the guard that it came of still none.
func TestAnd(t *testing.T) {
	var none Guard
	for host, passes := range map[string]string{"10.0.0.1": "http://10.0.0.1:80/", "::ffff:10.0.0.1": "http://10.0.0.1/", "fd00::1": "http://[fd00::1]/"} {
		g := none.And(host)
		if g.Check(passes) != nil || none.Check(passes) == nil || g.Check("http://10.0.0.2/") == nil {
			t.Errorf("%s: %v", host, g.Check(passes))
		}
	}
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "named") })
	if _, err := get(New(Config{Guard: none.And("LocalHost.")}), strings.Replace(url, "127.0.0.1", "localhost", 1)); err != nil {
		t.Error(err)
	}
}

func TestAnswers(t *testing.T) {
	status, body, kind := 200, "", "application/json"
	url := serve(t, func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		fmt.Fprint(w, body, q.Header.Get("X"))
	})
	client := New(Config{Guard: Open()})
	for _, c := range []struct {
		status int
		kind   fault.Kind
	}{
		{400, fault.Invalid},
		{401, fault.Unauthorised},
		{403, fault.Forbidden},
		{404, fault.NotFound},
		{405, fault.Unsupported},
		{410, fault.NotFound},
		{429, fault.Unavailable},
		{500, fault.Unavailable},
		{501, fault.Unsupported},
		{503, fault.Unavailable},
	} {
		status, body = c.status, "no such thing"
		if _, err := get(client, strings.Replace(url, "//", "//user:secret@", 1)); fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), "no such thing") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%d: %v", c.status, err)
		}
	}
	status, body = 200, strings.Repeat("x", 1001)
	if _, err := get(client, url); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a long answer: %v", err)
	}
	body = "said "
	got, err := client.Do(context.Background(), Request{Method: http.MethodPost, URL: url, Header: http.Header{"X": {"it"}}, Body: []byte("?"), Limit: 100})
	if err != nil || string(got.Body) != "said it" || got.URL != url {
		t.Errorf("%+v, %v", got, err)
	}
	for _, wrong := range []string{"ftp://x/y", "file:///etc/passwd", "http://", "http:///x", "x", "http://a b/", "http://x/" + strings.Repeat("x", maxAddress)} {
		if _, err := get(client, wrong); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%.30s: %v", wrong, err)
		}
	}
	_, err = get(client, "http://secret:word@127.0.0.1:1/?x=1")
	if fault.KindOf(err) != fault.Unavailable || strings.Contains(err.Error(), "word") {
		t.Errorf("nobody there: %v", err)
	}
}

func TestTries(t *testing.T) {
	var asked atomic.Int32
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < 3 {
			w.Header().Set("Retry-After", "86400")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	client := New(Config{Guard: Open(), Tries: 3, Wait: time.Millisecond})
	if _, err := get(client, url); err != nil || asked.Load() != 3 {
		t.Errorf("asked %d times: %v", asked.Load(), err)
	}
	asked.Store(0)
	if _, err := get(New(Config{Guard: Open(), Tries: 2, Wait: time.Millisecond}), url); fault.KindOf(err) != fault.Unavailable || asked.Load() != 2 {
		t.Errorf("asked %d times: %v", asked.Load(), err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	for said, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-7": 0, "soon": 0, "99999999999999": 0,
		"Thu, 26 Nov 2026 08:00:30 GMT": 30 * time.Second, "Thu, 26 Nov 2026 07:00:30 GMT": 0,
	} {
		if got := RetryAfter(http.Header{"Retry-After": {said}}, now); got != want {
			t.Errorf("%q: %v", said, got)
		}
	}
}
