package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/local-runner/ingress"
	"perigee/shared/record"
)

// answers are what a house says, by path; what is not there is 404.
type answers map[string]any

func (a answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch said := a[r.URL.Path].(type) {
	case nil:
		http.NotFound(w, r)
	case int:
		w.WriteHeader(said)
		_, _ = w.Write([]byte(`{"detail": "the reason"}`))
	case string:
		_, _ = w.Write([]byte(said))
	default:
		_ = json.NewEncoder(w).Encode(said)
	}
}

// store takes every object.
func store(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("ETag", `"x"`) }))
	t.Cleanup(s.Close)
	return s
}

// buffer is written to by several.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func registered(status record.Registration) any {
	status.Time = time.Now().Add(time.Hour)
	return map[string]any{"registrations": []record.Registration{status}}
}

// However an item fares, one line tells it.
func TestOneLineForEachWay(t *testing.T) {
	good := record.Registration{ID: "A", Collection: "C", Status: "registered"}
	csw := `<x xmlns:dc="d"><dc:identifier>A</dc:identifier></x>`
	shown := answers{"/registrations": registered(good), "/stac/collections/C/items/A": `{"id": "A"}`, "/csw": csw}
	with := func(more answers) answers {
		all := answers{}
		for _, some := range []answers{shown, more} {
			for path, said := range some {
				all[path] = said
			}
		}
		return all
	}
	layers := func(tiles string) any { return map[string]any{"layers": []layer{{Item: "A", Tiles: tiles}}} }
	for name, c := range map[string]struct {
		house answers
		want  string
	}{
		"seen": {with(answers{"/cache/layers.json": layers("/t/{z}/{x}/{y}.png"), "/t/12/2218/1473.png": "picture"}),
			"uploaded A → event → registered "},
		"no layer":         {with(answers{"/cache/layers.json": map[string]any{}}), " STAC ✓ CSW ✓ → no map layer shows it"},
		"no tile":          {with(answers{"/cache/layers.json": layers("/t"), "/t": 500}), " CSW ✓ → tile ✗ → failed: the reason"},
		"not in CSW":       {with(answers{"/csw": "<nothing/>"}), " → CSW ✗ → failed: "},
		"refused by STAC":  {with(answers{"/stac/collections/C/items/A": 503}), " → STAC ✗ → failed: the reason"},
		"not registered":   {answers{"/registrations": registered(record.Registration{Error: "an asset is missing"})}, "uploaded A → event → failed: an asset is missing"},
		"no registrations": {answers{}, "uploaded A → failed: 404 Not Found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(c.house)
			defer server.Close()
			out := tell(t, server.URL, 8*time.Second)
			if !strings.Contains(out, c.want) || strings.Count(out, "\n") != 1 {
				t.Errorf("got %q, want %q in one line", out, c.want)
			}
		})
	}
}

// What an id is, not how JSON spells it, tells whether an answer has it.
func TestStrangeIDsAreFound(t *testing.T) {
	for body, want := range map[string]bool{
		`{"id":"a \"b\" \u003ci>"}`: true, `{"id":"other"}`: false, `{"features":[{"id":"other"},{"id":"a \"b\" <i>"}]}`: true,
		`{"title":"a \"b\" <i>"}`: false, "a \"b\" <i>": false,
	} {
		if got := holdsID([]byte(body), `a "b" <i>`); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}

// An upload of which nothing is heard is explained by its events.
func TestSilenceIsExplained(t *testing.T) {
	none := map[string]any{"registrations": []any{}}
	tried := []ingress.Event{{Attempts: []ingress.Attempt{{Trigger: "register", Error: "503 the database is away"}}}}
	for want, house := range map[string]answers{
		"uploaded A → failed: no event of the upload arrived (nothing within 1s)":               {"/registrations": none, "/_runner/events": []ingress.Event{}},
		"uploaded A → event → failed: not registered: register: 503 the database is away; see ": {"/registrations": none, "/_runner/events": tried},
		"uploaded A → failed: not registered: the reason; see ":                                 {"/registrations": 503},
	} {
		server := httptest.NewServer(house)
		if out := tell(t, server.URL, time.Second); !strings.HasPrefix(out, want) {
			t.Errorf("got %q, want %q", out, want)
		}
		server.Close()
	}
}

// tell uploads an item into a house and gives what is told.
func tell(t *testing.T, url string, patience time.Duration) string {
	t.Helper()
	var out buffer
	up := newUploader(instance{URL: url, Endpoint: store(t).URL, AccessKey: "k", SecretKey: "s", Region: "us-east-1", Ingest: "ingest"}, &speaker{out: &out}, false)
	up.patience, up.finding, up.slack = patience, 2*time.Second, 2*time.Second
	text := itemWith("A", "./a.tif")
	if err := up.follow(context.Background(), upload{key: "a.json", made: []byte(text), size: int64(len(text)), role: item}); err != nil {
		t.Error(err)
	}
	return out.String()
}

func TestLayersThatShowAnItem(t *testing.T) {
	bounds := [4]float64{14, 44, 16, 46}
	all := []layer{
		{Browse: "NDVI", Bounds: &bounds, Dates: []string{"2026-01-01"}, Tiles: "browse"},
		{Item: "other", Tiles: "other"},
		{Bounds: nil, Dates: []string{"2026-01-01"}, Tiles: "empty"},
		{Bounds: &bounds, Dates: []string{"2025-01-01"}, Tiles: "another day", Layers: []layer{
			{Bounds: &bounds, Dates: []string{"2026-01-02", "2026-01-01"}, Tiles: "this"},
		}},
	}
	found := find(all, func(l layer) bool { return l.shows("A", "2026-01-01", [2]float64{15, 45}) })
	if found == nil || found.Tiles != "this" {
		t.Errorf("%+v", found)
	}
	if found := find(all, func(l layer) bool { return l.shows("A", "2026-01-01", [2]float64{17, 45}) }); found != nil {
		t.Errorf("somewhere else: %+v", found)
	}
	if found := find(all, func(l layer) bool { return l.shows("other", "", [2]float64{}) }); found == nil || found.Tiles != "other" {
		t.Errorf("its own layer: %+v", found)
	}
}
