package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"perigee/shared/record"
)

// ask sends a request as somebody who may write, except where who is empty.
func (w *world) ask(method, path, who, body string, header ...string) (*http.Response, string) {
	w.t.Helper()
	q, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	q.Header.Set("Writer", who)
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(q)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response, string(text)
}

// WS-28: registering, replacing and removing over HTTP, answered when it is done.
func TestOperations(t *testing.T) {
	w := newWorld(t)
	w.put("x.json", item("C", "x", "x"))
	c := `{"type": "Collection", "stac_version": "1.0.0", "id": "D", "description": "d", "license": "x", "extent": {"spatial": {"bbox": [[1, 2, 3, 4]]}, "temporal": {"interval": [[null, null]]}}, "links": []}`
	w.put("c.json", c)
	for _, c := range []struct {
		path, body string
		status     int
		words      string
	}{
		{"/register", item("C", "a", "a"), 201, `"outcome":"created"`},
		{"/register", item("C", "a", "a"), 200, `"outcome":"unchanged"`},
		{"/register", item("C", "a", "b"), 200, `"outcome":"replaced"`},
		{"/register", `{"url": "s3://` + w.bucket + `/x.json"}`, 201, `"id":"x"`},
		{"/register", `{"type": "stac-item", "url": "s3://` + w.bucket + `/x.json"}`, 202, `x.json was applied for registration"`},
		{"/register", `{"type": "STAC-item", "url": "s3://` + w.bucket + `/"}`, 404, "catalog.json"},
		{"/register", `{"type": "spaceship", "url": "s3://` + w.bucket + `/x.json"}`, 400, ""},
		{"/register", `{"url": "` + w.r.places.endpoint.String() + "/" + w.bucket + `/x.json"}`, 200, `"unchanged"`},
		{"/register", `{"url": "s3://` + w.bucket + `/none.json"}`, 404, "none.json"},
		{"/register", `{"url": "s3://elsewhere/x.json"}`, 403, "elsewhere"},
		{"/register", `{"url": "ftp://elsewhere.example/x.json"}`, 422, "not an object of the object store"},
		{"/register", `{"type": "Feature", "id": "f"}`, 422, `"locator":"geometry"`},
		{"/register", `{"type": "Feature"`, 422, "not JSON"},
		{"/register", `{"type": 5, "url": "s3://x/y"}`, 422, "not JSON of the form"},
		{"/register", strings.Replace(item("C", "own", "x"), `"links"`, `"url": 5, "features": "x", "identifier": ["y"], "links"`, 1), 201, `"id":"own"`},
		{"/register", strings.Replace(item("C", "p/q", "x"), `"links"`, `"url": "s3://elsewhere/x.json", "links"`, 1), 201, `"id":"p/q"`},
		{"/register", `{"type": "Collection", "id": "D"}`, 422, "not one of the items"},
		{"/register", `{"type": "FeatureCollection", "features": [` + item("C", "m1", "x") + `, {"type": "Feature", "id": "m2"}, ` + item("C", "m3", "x") + `]}`, 200, `"id":"m2"`},
		{"/register", `{"type": "FeatureCollection", "features": []}`, 422, "no features"},
		{"/register-collection", `{"url": "s3://` + w.bucket + `/c.json"}`, 201, `"id":"D"`},
		{"/register-collection", strings.Replace(c, `"D"`, `"E"`, 1), 202, `"message":"E was applied for registration"`},
		{"/register-collection", item("C", "a", "a"), 422, "not one of the collections"},
		{"/register-json", item("J", "j", "a"), 202, `"message":"j was applied for registration"`},
		{"/register-json", `{"a": "record"}`, 422, `"locator":"id"`},
		{"/deregister", `{"type": "stac-item", "identifier": "a"}`, 200, `"message":"Item '{'identifier': 'a'}' was successfully de-registered"`},
		{"/deregister", `{"type": "spaceship", "identifier": "m1"}`, 400, ""},
		{"/deregister", `{"type": "assets", "identifier": "m1"}`, 400, ""},
		{"/register", `{"type": "assets", "url": "s3://` + w.bucket + `/x.json"}`, 400, ""},
		{"/deregister", `{"url": "` + w.bucket + `/c.json"}`, 200, "was successfully de-registered"},
		{"/deregister", `{"url": "s3://` + w.bucket + `/none.json"}`, 404, "none.json"},
		{"/deregister", `{"identifier": "a"}`, 404, `"a\"`},
		{"/deregister", `{"identifier": "m1", "collection": "other"}`, 404, "m1"},
		{"/deregister", `{"url": "s3://` + w.bucket + `/x.json", "identifier": "m1"}`, 200, `"deregistered"`},
		{"/deregister", `{}`, 422, "neither"},
		{"/deregister", `{"collection": {}}`, 422, "collection is not a text"},
	} {
		response, text := w.ask("POST", c.path, "somebody", c.body)
		if response.StatusCode != c.status || !strings.Contains(text, c.words) {
			t.Errorf("%s %.80s: %s %s", c.path, c.body, response.Status, text)
		}
		created := c.status == 201 || c.status == 202 && strings.Contains(text, `"outcome":"created"`)
		if location := response.Header.Get("Location"); created != strings.HasPrefix(location, "http://perigee.example/stac/collections/") {
			t.Errorf("%s %.80s: Location %q", c.path, c.body, location)
		}
	}
	if w.record("C", "m1").ID == "" || w.record("C", "m3").ID == "" || w.record("C", "x").ID != "" {
		t.Error("what was asked for is not what is there")
	}
}

// A removal that somebody asked for holds although the object still lies there; an older notification of it does not
// bring it back.
func TestDeregisteredStays(t *testing.T) {
	w := newWorld(t)
	w.r.young = 0 // as if it had been there for long
	created := w.put("x.json", item("C", "x", "x"))
	w.handled(created)
	if response, text := w.ask("POST", "/deregister", "somebody", `{"url": "s3://`+w.bucket+`/x.json"}`); response.StatusCode != 200 {
		t.Fatalf("%s %s", response.Status, text)
	}
	w.handled(created)
	if w.record("C", "x").ID != "" {
		t.Error("it is still there")
	}
}

// Writing is closed to those who may not.
func TestWritingIsClosed(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/register", "/register-collection", "/register-json", "/deregister"} {
		if response, text := w.ask("POST", path, "", item("C", "x", "x")); response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %s %s", path, response.Status, text)
		}
	}
	if w.record("C", "x").ID != "" {
		t.Error("something was written")
	}
	if response, _ := w.ask("GET", "/registrations", "", ""); response.StatusCode != http.StatusOK {
		t.Errorf("reading: %s", response.Status)
	}
}

// REG-32: the status of registrations, newest first, filtered and page by page.
func TestRegistrations(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.handled(w.put(fmt.Sprintf("%d.json", i), item("C", fmt.Sprint(i), "x")))
	}
	w.deliver(w.put("bad.json", `{"type": "Feature", "id": "bad"}`))
	list := func(query string) (ids string, next string) {
		response, text := w.ask("GET", "/registrations"+query, "", "")
		var got registrations
		if err := json.Unmarshal([]byte(text), &got); err != nil || response.StatusCode != 200 {
			t.Fatalf("%s: %s %s", query, response.Status, text)
		}
		for _, r := range got.Registrations {
			ids += r.ID + " "
		}
		for _, l := range got.Links {
			next = strings.TrimPrefix(l.Href, "http://perigee.example/registrations")
		}
		return strings.TrimSpace(ids), next
	}
	for query, want := range map[string]string{
		"": "bad 4 3 2 1 0", "?status=failed": "bad", "?status=registered&limit=2": "4 3", "?id=2": "2", "?href=s3://" + w.bucket + "/3.json": "3", "?id=none": "",
	} {
		if got, _ := list(query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	first, next := list("?limit=4")
	second, end := list(next)
	if first+" "+second != "bad 4 3 2 1 0" || end != "" {
		t.Errorf("pages %q and %q, then %q", first, second, end)
	}
	if response, text := w.ask("GET", "/registrations?status=lost", "", ""); response.StatusCode != 400 || !strings.Contains(text, `"status"`) {
		t.Errorf("%s %s", response.Status, text)
	}
}

func TestOneRegistration(t *testing.T) {
	w := newWorld(t)
	w.deliver(w.put("bad.json", `{"type": "Feature", "id": "<bad>"}`))
	response, text := w.ask("GET", "/registrations/%3Cbad%3E", "", "")
	var got record.Registration
	if err := json.Unmarshal([]byte(text), &got); err != nil || response.StatusCode != 200 || got.Status != "failed" || got.Error == "" {
		t.Errorf("%s %s", response.Status, text)
	}
	response, text = w.ask("GET", "/registrations", "", "", "Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") || !strings.Contains(text, "&lt;bad&gt;") || strings.Contains(text, "<bad>") {
		t.Errorf("%s %s", response.Header.Get("Content-Type"), text)
	}
	if response, _ := w.ask("GET", "/registrations/none", "", ""); response.StatusCode != 404 {
		t.Errorf("%s", response.Status)
	}
}

// WS-28, REG-32: each request has a status that is found by the request, by its route and by its time, in its workspace alone,
// whether it succeeded or not.
func TestStatusOfRequests(t *testing.T) {
	w := newWorld(t)
	status := func(path string, header ...string) (int, record.Registration) {
		response, text := w.ask("GET", path, "", "", header...)
		var got record.Registration
		_ = json.Unmarshal([]byte(text), &got)
		return response.StatusCode, got
	}
	_, text := w.ask("POST", "/register-json", "somebody", item("J", "j", "x"))
	var answer told
	if err := json.Unmarshal([]byte(text), &answer); err != nil || !strings.HasPrefix(answer.Event, requestPrefix) {
		t.Fatalf("%s, %v", text, err)
	}
	if code, got := status("/registrations/" + answer.Event); code != http.StatusOK || got.ID != "j" || got.Route != "json" || got.Status != registered {
		t.Errorf("%d %+v", code, got)
	}
	if code, _ := status("/registrations/"+answer.Event, "Workspace", "ws"); code != http.StatusNotFound {
		t.Errorf("another workspace sees it: %d", code)
	}
	w.ask("POST", "/register", "somebody", `{"type": "application", "url": "s3://`+w.bucket+`/none.cwl"}`)
	list := func(query string) string {
		_, text := w.ask("GET", "/registrations"+query, "", "")
		var got registrations
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%s: %s", query, text)
		}
		var all []string
		for _, r := range got.Registrations {
			all = append(all, r.Route+" "+r.Status)
		}
		return strings.Join(all, ", ")
	}
	for query, want := range map[string]string{
		"": "application failed, json registered", "?route=register_json_queue": "json registered", "?route=oaproc": "", "?status=failed&route=application": "application failed",
		"?event=" + answer.Event: "json registered", "?datetime=../2020-01-01T00:00:00Z": "", "?datetime=2020-01-01T00:00:00Z/..": "application failed, json registered",
	} {
		if got := list(query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if response, text := w.ask("GET", "/registrations?route=spaceship", "", ""); response.StatusCode != http.StatusBadRequest || !strings.Contains(text, "there is no route") {
		t.Errorf("%s %s", response.Status, text)
	}
}
