package postprocess

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"perigee/shared/fault"
	"perigee/shared/stac"
)

// posting asks services by HTTP.
type posting struct{ calls int }

func (p *posting) Post(ctx context.Context, url string, item []byte, limit int64) (Answer, error) {
	p.calls++
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(item))
	if err != nil {
		return Answer{}, err
	}
	request.Header.Set("Content-Type", stac.MediaTypeItem)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return Answer{}, fault.Classify(fault.Unavailable, err, "asking")
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if int64(len(body)) > limit {
		return Answer{}, fault.New(fault.Invalid, "the answer is too long")
	}
	return Answer{Status: response.StatusCode, RetryAfter: response.Header.Get("Retry-After"), Body: body}, err
}

const whole = `{"type":"Feature","stac_version":"1.0.0","id":"a","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"datetime":"2026-04-30T10:00:00Z"},"links":[],"assets":{}}`

// TestExternal: what a service answers takes the item's place; what becomes of an item that it fails with, the policy says.
func TestExternal(t *testing.T) {
	longer := strings.Replace(whole, `"links"`, `"x":"`+strings.Repeat("x", 300)+`","links"`, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		item, _ := io.ReadAll(q.Body)
		if q.Header.Get("Content-Type") != stac.MediaTypeItem || string(item) != whole {
			http.Error(w, "that is no item", http.StatusTeapot)
			return
		}
		switch q.URL.Path {
		case "/better":
			_, _ = io.WriteString(w, strings.Replace(whole, `"a"`, `"b"`, 1))
		case "/long":
			_, _ = io.WriteString(w, longer)
		case "/busy":
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/none":
			_, _ = io.WriteString(w, `{"type":"Feature"}`)
		case "/empty":
		default:
			http.Error(w, "no", http.StatusUnprocessableEntity)
		}
	}))
	defer server.Close()
	for _, c := range []struct {
		path, more string
		kind       fault.Kind
		id         string
	}{
		{"/better", ``, 0, "b"},
		{"/refused", ``, fault.Invalid, ""},
		{"/refused", `,"on_failure":"keep"`, 0, "a"},
		{"/busy", ``, fault.Unavailable, ""},
		{"/busy", `,"on_failure":"keep"`, 0, "a"},
		{"/none", ``, fault.Invalid, ""},
		{"/empty", ``, fault.Invalid, ""},
		{"/empty", `,"on_failure":"keep"`, 0, "a"},
		{"/long", `,"max_bytes":200`, fault.Invalid, ""},
		{"/long", ``, 0, "a"},
	} {
		chain, err := Read(decoded(t, `[{"type":"external","kwargs":{"url":"`+server.URL+c.path+`","timeout":3,"retries":1`+c.more+`}}]`))
		if err != nil {
			t.Fatal(err)
		}
		asked := &posting{}
		got, err := chain.Process(context.Background(), []byte(whole), Reach{Services: asked})
		if c.id == "" {
			if fault.KindOf(err) != c.kind || asked.calls != map[bool]int{true: 2, false: 1}[c.kind == fault.Unavailable] {
				t.Errorf("%s%s: asked %d times: %v", c.path, c.more, asked.calls, err)
			}
			continue
		}
		item, wrong := stac.DecodeItem(got)
		if err != nil || wrong != nil || item.ID != c.id {
			t.Errorf("%s%s: %s, %v, %v", c.path, c.more, got, err, wrong)
		}
	}
}

// TestExternalByItsAddress: a process that is a URL is a service.
func TestExternalByItsAddress(t *testing.T) {
	asked := &posting{}
	chain, err := Read(decoded(t, `[{"type":"external","process":"http://127.0.0.1:1/x?key=secret","kwargs":{"retries":0}}]`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chain.Process(context.Background(), []byte(whole), Reach{Services: asked}); fault.KindOf(err) != fault.Unavailable || strings.Contains(err.Error(), "the postprocessor http://127.0.0.1:1/x?key") || asked.calls != 1 {
		t.Errorf("%v %d", err, asked.calls)
	}
	if _, err := chain.Process(context.Background(), []byte(whole), Reach{}); fault.KindOf(err) != fault.Unsupported {
		t.Errorf("%v", err)
	}
	ended, end := context.WithCancel(context.Background())
	end()
	keeps, err := Read(decoded(t, `{"type":"http://127.0.0.1:1/","kwargs":{"on_failure":"keep"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keeps.Process(ended, []byte(whole), Reach{Services: asked}); err == nil {
		t.Error("an item is kept though the run was over")
	}
	for written, at := range map[string]string{
		`[{"type":"external","kwargs":{"url":"ftp://x"}}]`:                       "[0].kwargs.url",
		`[{"type":"external"}]`:                                                  "[0].kwargs.url",
		`[{"type":"external","process":"http://a","kwargs":{"url":"http://b"}}]`: "[0].kwargs.url",
		`[{"type":"http://a","kwargs":{"timeout":61}}]`:                          "[0].kwargs.timeout",
		`[{"type":"http://a","kwargs":{"retries":1.5}}]`:                         "[0].kwargs.retries",
		`[{"type":"http://a","kwargs":{"on_failure":"drop"}}]`:                   "[0].kwargs.on_failure",
	} {
		if _, err := Read(decoded(t, written)); err == nil || fault.LocatorOf(fault.All(err)[0]) != at {
			t.Errorf("%s: %v", written, err)
		}
	}
}

// TestServiceThatComesBack: what is busy is asked again, until it answers or its time is over.
func TestServiceThatComesBack(t *testing.T) {
	tries := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if tries++; tries < 3 {
			w.Header().Set("Retry-After", "0")
			http.Error(w, "not yet", http.StatusTooManyRequests)
			return
		}
		_, _ = io.Copy(w, q.Body)
	}))
	defer server.Close()
	chain, err := Read(decoded(t, `{"type":"`+server.URL+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := chain.Process(context.Background(), []byte(whole), Reach{Services: &posting{}}); err != nil || string(got) != whole {
		t.Errorf("%s, %v", got, err)
	}
	ended, end := context.WithCancelCause(context.Background())
	waiting := &answering{answer: Answer{Status: 503, RetryAfter: "20"}, then: func() { end(errors.New("enough")) }}
	if _, err := chain.Process(ended, []byte(whole), Reach{Services: waiting}); fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "enough") {
		t.Errorf("%v", err)
	}
}

// answering gives the same answer to all.
type answering struct {
	answer Answer
	then   func()
}

func (a *answering) Post(context.Context, string, []byte, int64) (Answer, error) {
	a.then()
	return a.answer, nil
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 4, 30, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		header string
		want   time.Duration
		ok     bool
	}{{"7", 7 * time.Second, true}, {"Thu, 30 Apr 2026 10:00:09 GMT", 9 * time.Second, true}, {"Thu, 30 Apr 2026 09:00:00 GMT", 0, true}, {"", 0, false}, {"soon", 0, false}} {
		if got, ok := retryAfter(c.header, now); ok != c.ok || ok && got != c.want {
			t.Errorf("%q: %v, %v", c.header, got, ok)
		}
	}
}

// TestPythonTemplate runs the postprocessor that people copy, as it stands, with Python as Debian has it.
func TestPythonTemplate(t *testing.T) {
	const python, script = "/usr/bin/python3", "../../manifests/examples/postprocessor/postprocessor.py"
	if _, err := os.Stat(python); err != nil {
		t.Skipf("there is no %s", python)
	}
	port := strconv.Itoa(16384 + rand.IntN(16384)) // below those that the system gives to others meanwhile
	address := net.JoinHostPort("127.0.0.1", port)
	command := exec.Command(python, script)
	command.Env = []string{"PORT=" + port, "PYTHONDONTWRITEBYTECODE=1"}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = command.Process.Kill(); _ = command.Wait() }()
	dialled(t, address)

	chain, err := Read(decoded(t, `[{"type":"external","kwargs":{"url":"http://`+address+`"}},{"type":"title"}]`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := chain.Process(context.Background(), []byte(whole), Reach{Services: &posting{}})
	if err != nil {
		t.Fatal(err)
	}
	if item, err := stac.DecodeItem(got); err != nil || item.Properties["title"] != "a" {
		t.Errorf("%s, %v", got, err)
	}
	_, err = chain.Process(context.Background(), []byte(`{"id":"a"}`), Reach{Services: &posting{}})
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "422") || !strings.Contains(err.Error(), "KeyError") {
		t.Errorf("%v", err)
	}
}

// dialled waits until somebody listens.
func dialled(t *testing.T, address string) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		connection, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			_ = connection.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(errors.Join(errors.New("the script does not listen"), err))
		}
		time.Sleep(20 * time.Millisecond)
	}
}
