package postprocess

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"perigee/shared/fault"
	"perigee/shared/stac"
)

// posting asks services by HTTP, once.
type posting struct{ calls []Call }

func (p *posting) Ask(ctx context.Context, call Call) ([]byte, error) {
	p.calls = append(p.calls, call)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, call.URL, bytes.NewReader(call.Item))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", stac.MediaTypeItem)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fault.Classify(fault.Unavailable, err, "asking")
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, call.Limit+1))
	switch {
	case response.StatusCode == http.StatusServiceUnavailable:
		return nil, fault.New(fault.Unavailable, "busy")
	case response.StatusCode > 299:
		return nil, fault.New(fault.Invalid, "it answers %d: %s", response.StatusCode, body)
	case int64(len(body)) > call.Limit:
		return nil, fault.New(fault.Invalid, "the answer is too long")
	}
	return body, err
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
			if fault.KindOf(err) != c.kind {
				t.Errorf("%s%s: %v", c.path, c.more, err)
			}
			continue
		}
		item, wrong := stac.DecodeItem(got)
		if err != nil || wrong != nil || item.ID != c.id {
			t.Errorf("%s%s: %s, %v, %v", c.path, c.more, got, err, wrong)
		}
		if call := asked.calls[0]; call.Tries != 2 || call.Timeout != 3*time.Second {
			t.Errorf("%+v", call)
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
	if _, err := chain.Process(context.Background(), []byte(whole), Reach{Services: asked}); fault.KindOf(err) != fault.Unavailable || strings.Contains(err.Error(), "the postprocessor http://127.0.0.1:1/x?key") || asked.calls[0].Tries != 1 {
		t.Errorf("%v %+v", err, asked.calls)
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

// TestPythonTemplate runs the postprocessor that people copy, as it stands, with Python as Debian has it.
func TestPythonTemplate(t *testing.T) {
	const python, script = "/usr/bin/python3", "../../manifests/examples/postprocessor/postprocessor.py"
	if _, err := os.Stat(python); err != nil {
		t.Skipf("there is no %s", python)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(address)
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
	deadline := time.Now().Add(20 * time.Second)
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
