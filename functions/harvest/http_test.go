package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"perigee/shared/catalogue"
)

// HRV-02, HRV-03: a harvest is asked for, told where to look, walked by its event, and read as JSON and as a page.
func TestPost(t *testing.T) {
	w := newWorld(t)
	objects := three()
	for _, key := range []string{"catalog.json", "S2/june/catalog.json"} {
		objects["deep/"+key] = objects[key]
	}
	w.put(w.bucket, objects)
	status, words := w.ask(http.MethodPost, "/harvest/all", `{"name": "all", "values": {"resource": {"root_path": "s3://`+w.bucket+`/S2"}}}`, "Writer", "anna")
	var run catalogue.HarvestRun
	location, body, _ := strings.Cut(words, "\n")
	if status != http.StatusAccepted || json.Unmarshal([]byte(body), &run) != nil || location != "Location: http://perigee.example/harvest-runs/"+run.ID {
		t.Fatalf("%d %s", status, words)
	}
	if status, words := w.ask(http.MethodGet, "/harvest-runs/"+run.ID, ""); status != http.StatusOK || !strings.Contains(words, `"status":"running"`) {
		t.Errorf("%d %s", status, words)
	}
	w.drain()
	status, words = w.ask(http.MethodGet, "/harvest-runs/"+run.ID, "")
	_, body, _ = strings.Cut(words, "\n")
	if err := json.Unmarshal([]byte(body), &run); err != nil || status != http.StatusOK || run.Status != catalogue.HarvestFinished || run.Found != 6 || len(run.Failures) != 5 {
		t.Errorf("%d %s", status, words)
	}
	status, words = w.ask(http.MethodGet, "/harvest-runs/"+run.ID+"?f=html", "")
	if status != http.StatusOK || !strings.Contains(words, "S2/june/broken.json") || !strings.Contains(words, "finished") {
		t.Errorf("%d %s", status, words)
	}
	if status, words := w.ask(http.MethodDelete, "/harvest-runs/"+run.ID, "", "Writer", "anna"); status != http.StatusConflict || !strings.Contains(words, "it is finished") {
		t.Errorf("%d %s", status, words)
	}
}

func TestRunsArePaged(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		if status, words := w.ask(http.MethodPost, "/harvest/all", "", "Writer", "anna"); status != http.StatusAccepted {
			t.Fatalf("%d %s", status, words)
		}
	}
	if status, words := w.ask(http.MethodPost, "/harvest/all", "", "Writer", "anna", "Workspace", "alice"); status != http.StatusAccepted {
		t.Fatalf("%d %s", status, words)
	}
	seen := map[string]bool{}
	for path := "/harvest-runs?limit=2&status=running&harvester=all"; path != ""; {
		status, words := w.ask(http.MethodGet, path, "")
		_, body, _ := strings.Cut(words, "\n")
		var list harvests
		if err := json.Unmarshal([]byte(body), &list); err != nil || status != http.StatusOK {
			t.Fatalf("%d %s", status, words)
		}
		for _, r := range list.Runs {
			seen[r.ID] = true
		}
		path = ""
		for _, l := range list.Links {
			path = strings.TrimPrefix(l.Href, "http://perigee.example")
		}
	}
	if len(seen) != 3 {
		t.Errorf("listed %v", seen)
	}
	if status, words := w.ask(http.MethodGet, "/harvest-runs?limit=2", "", "Accept", "text/html"); status != http.StatusOK || !strings.Contains(words, "older") {
		t.Errorf("%d %s", status, words)
	}
	for id := range seen {
		if status, words := w.ask(http.MethodDelete, "/harvest-runs/"+id, "", "Writer", "anna"); status != http.StatusOK || !strings.Contains(words, `"status":"cancelled"`) {
			t.Errorf("%d %s", status, words)
		}
	}
	w.drain()
	w.wantRegistered()
}

// What is asked wrongly is refused in words, and writing needs the role.
func TestRefusals(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		method, path, body, who string
		status                  int
		words                   string
	}{
		{"POST", "/harvest/all", "", "", 401, "writer"},
		{"DELETE", "/harvest-runs/x", "", "", 401, "writer"},
		{"DELETE", "/harvest-runs/x", "", "anna", 404, `there is no harvest`},
		{"GET", "/harvest-runs/x", "", "", 404, `there is no harvest`},
		{"GET", "/harvest-runs?status=odd", "", "", 400, "status is"},
		{"GET", "/harvest-runs?colour=red", "", "", 400, "colour"},
		{"GET", "/harvest-runs?token=x", "", "", 400, "token"},
		{"POST", "/harvest/nobody", "", "anna", 404, `there is no harvester \"nobody\"`},
		{"POST", "/harvest/all", `{"value": {}}`, "anna", 400, "unknown field"},
		{"POST", "/harvest/all", `{"name": "replacing"}`, "anna", 400, "not \\\"all\\\""},
		{"POST", "/harvest/all", `{} {}`, "anna", 400, "something follows"},
		{"POST", "/harvest/all", `[`, "anna", 400, "the message is not"},
		{"POST", "/harvest/all", `{"values": {"x": "` + strings.Repeat("x", 70_000) + `"}}`, "anna", 400, "larger than"},
		{"POST", "/harvest/all", `{"values": {"resource": {"root_path": "s3://cache/catalog.json"}}}`, "anna", 403, "not one that the system reads"},
		{"POST", "/harvest/all", `{"values": {"resource": {"root_path": "http://169.254.169.254/catalog.json"}}}`, "anna", 403, "lies inside"},
		{"POST", "/harvest/all", `{"values": {"resource": {"root_path": "ftp://elsewhere/catalog.json"}}}`, "anna", 400, "root_path"},
		{"POST", "/harvest/all", `{"values": {"resource": {"source": {"endpoint_url": "http://169.254.169.254"}}}}`, "anna", 403, "for the deployment to say"},
		{"POST", "/harvest/all", `{"values": {"filter": {"op": "="}}}`, "anna", 400, "values.filter"},
		{"POST", "/harvest/all", `{"config": {"resource": {"type": "STACAPI", "url": "http://outside.example/"}}, "values": {"resource": {"url": "http://169.254.169.254/"}}}`, "anna", 403, "lies inside"},
		{"POST", "/harvest/all", `{"config": "resource: {type: STACAPI, url: 'http://outside.example/'}", "values": {"resource": {"page": 7}}}`, "anna", 400, "unknown field"},
		{"POST", "/harvest/all", `{"config": "resource: [", "values": {}}`, "anna", 400, "config"},
		{"GET", "/harvest/all", "", "anna", 405, "POST"},
	} {
		status, words := w.ask(c.method, c.path, c.body, "Writer", c.who)
		if status != c.status || !strings.Contains(words, c.words) {
			t.Errorf("%s %s %.80s: %d %s", c.method, c.path, c.body, status, words)
		}
	}
	if status, words := w.ask(http.MethodGet, "/harvest-runs", ""); status != http.StatusOK || !strings.Contains(words, `"harvestRuns":[]`) {
		t.Errorf("something was started: %d %s", status, words)
	}
}

// What cannot be harvested here is refused at the start, with where it is configured.
func TestWiringRefuses(t *testing.T) {
	for _, c := range []struct {
		config config
		want   string
	}{
		{config{Harvesters: "harvesters: {a: {resource: {type: OAI}}}"}, "HARVESTERS:1:"},
		{config{Allow: []string{"http://x"}}, "REACHABLE"},
		{config{Harvesters: "filesystems: {f: {type: local, local: {root_directory: /etc}}}\nharvesters: {a: {resource: {type: STACCatalog, staccatalog: {filesystem: f}}}}"}, "harvester a reads a folder of the machine"},
	} {
		if _, err := newHarvest(c.config, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}
