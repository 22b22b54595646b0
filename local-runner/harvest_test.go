package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A harvest is started with its values, watched, and told; the exit code says whether all of it was read.
func TestHarvest(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []string // of the run, one after the other
		wait    bool
		want    string
		code    int
		words   string
	}{
		{"started only", nil, false, "started r1: ", exitOK, ""},
		{"finished", []string{
			`{"id": "r1", "status": "running", "visited": 2, "nodes": 9, "found": 1}`,
			`{"id": "r1", "status": "running", "visited": 2, "nodes": 9, "found": 1}`,
			`{"id": "r1", "status": "finished", "visited": 9, "nodes": 9, "found": 7, "requested": 7}`,
		}, true, "  visited 2 of 9, found 1, failed 0\nfinished in 0 ms: found 7, requested 7", exitOK, ""},
		{"with a broken node", []string{
			`{"id": "r1", "status": "finished", "found": 1, "failed": 2, "failures": [{"href": "s3://b/x.json", "reason": "it is broken"}]}`,
		}, true, "  failed s3://b/x.json: it is broken\n  and 1 more\nfinished", exitFailed, ""},
		{"failed", []string{`{"id": "r1", "status": "failed", "error": "there is no root"}`}, true, "failed in", exitFailed, "there is no root"},
		{"cancelled", []string{`{"id": "r1", "status": "cancelled"}`}, true, "cancelled in", exitFailed, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asked string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					body, _ := io.ReadAll(r.Body)
					asked = r.URL.Path + " " + string(body)
					io.WriteString(w, `{"id": "r1", "status": "running"}`)
					return
				}
				io.WriteString(w, c.answers[0])
				c.answers = c.answers[1:]
			}))
			defer server.Close()
			var out bytes.Buffer
			h := harvesting{client: client{url: server.URL, http: server.Client()}, prefix: "/workspaces/w", say: &speaker{out: &out}}
			wanted, err := wishOf("harvest", []string{"a b"}, "", "", `{"resource": {}}`)
			if err != nil {
				t.Fatal(err)
			}
			err = h.run(t.Context(), wanted, c.wait)
			if asked != `/workspaces/w/harvest/a b {"values": {"resource": {}}}` {
				t.Errorf("asked for %s", asked)
			}
			if !strings.Contains(out.String(), c.want) {
				t.Errorf("said %q, want %q", out.String(), c.want)
			}
			var told bytes.Buffer
			if code := (terminal{err: &told}).failed(err); err != nil && code != c.code || err == nil && c.code != exitOK {
				t.Errorf("ended with %v", err)
			}
			if !strings.Contains(told.String(), c.words) {
				t.Errorf("told %q", told.String())
			}
		})
	}
}

func TestHarvestIsMisused(t *testing.T) {
	for _, args := range [][]string{{}, {"a", "b"}, {"a", "--values", "{"}, {"--values", "{}"}, {"--resume", "r", "a"}} {
		var usage *usageError
		if err := dispatch(t.Context(), append([]string{"harvest"}, args...), terminal{out: io.Discard, err: io.Discard}); !errors.As(err, &usage) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// HRV-01, HRV-03: the command line of EOEPCA's harvester: a configuration comes along, and values to lay over it; where its
// queues are does not matter.
func TestHarvestOfAConfiguration(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("- name: Custom-Config\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		names                      []string
		file, resume, values, want string
	}{
		{nil, file, "", "", "/harvest/Custom-Config application/yaml - name: Custom-Config\n"},
		{[]string{"x"}, file, "", "", "/harvest/x application/yaml - name: Custom-Config\n"},
		{[]string{"x"}, file, "", `{"filter": {}}`, `/harvest/x application/json {"config":"- name: Custom-Config\n","values":{"filter":{}}}`},
		{nil, "", "r 1", "", "/harvest-runs/r%201/resume application/json "},
	} {
		got, err := wishOf("harvest", c.names, c.file, c.resume, c.values)
		if said := got.path + " " + got.kind + " " + string(got.message); err != nil || said != c.want {
			t.Errorf("%s, %v", said, err)
		}
	}
	if _, err := wishOf("harvest", nil, file+"x", "", ""); err == nil {
		t.Error("a file that is not there is read")
	}
}
