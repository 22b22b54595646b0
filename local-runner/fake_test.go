package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"perigee/shared/bucket"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// fakeHouse plays all functions of a house at once, in memory: what is uploaded is registered, found and drawn.
type fakeHouse struct {
	objects *bucket.Client

	mu       sync.Mutex
	statuses []record.Registration
	items    map[string]*stac.Item
	replayed []string
}

// fake is the program of every service and job of the test manifests.
func fake() {
	switch os.Getenv("ROLE") {
	case "job":
		fmt.Println("the schema is up to date")
		return
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
		_ = http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), http.NotFoundHandler())
		return
	}
	h := &fakeHouse{items: map[string]*stac.Item{}, objects: bucket.Open(bucket.Config{
		Endpoint: os.Getenv("AWS_ENDPOINT_URL"), Region: os.Getenv("AWS_REGION"), AccessKey: os.Getenv("AWS_ACCESS_KEY_ID"),
		SecretKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), PathStyle: true,
	})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health/readiness", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /{$}", h.event)
	mux.HandleFunc("GET /registrations", h.registrations)
	mux.HandleFunc("GET /stac/", h.find)
	mux.HandleFunc("GET /csw", h.csw)
	mux.HandleFunc("GET /cache/layers.json", h.layers)
	mux.HandleFunc("GET /cache/xyz/", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "image/png") })
	mux.HandleFunc("GET /internal/describe", describeFake)
	mux.HandleFunc("GET /dead-letters", h.deadLetters)
	mux.HandleFunc("POST /dead-letters/", h.replay)
	server := &http.Server{Addr: "127.0.0.1:" + os.Getenv("PORT"), Handler: mux}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() { _ = server.Shutdown(context.Background()) })
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		fmt.Println(err)
		os.Exit(1)
	}
}

func (h *fakeHouse) event(w http.ResponseWriter, r *http.Request) {
	e, err := cehttp.NewEventFromHTTPRequest(r)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	case strings.HasPrefix(e.Type(), "com.amazonaws.s3.ObjectCreated") && isJSON(e.Subject()):
		h.register(r.Context(), e.Subject())
	}
	w.WriteHeader(http.StatusAccepted)
}

func (h *fakeHouse) register(ctx context.Context, key string) {
	status := record.Registration{Href: bucket.Href("ingest", key), Status: "registered"}
	text, _, err := h.objects.ReadAll(ctx, "ingest", key, stac.MaxSize)
	if kind, _ := stac.Type(text); err == nil && kind == stac.TypeCollection {
		var c *stac.Collection
		if c, err = stac.DecodeCollection(text); err == nil {
			status.ID = c.ID
		}
	} else if err == nil {
		var i *stac.Item
		if i, err = stac.DecodeItem(text); err == nil {
			status.ID, status.Collection = i.ID, i.Collection
			h.mu.Lock()
			h.items[i.ID] = i
			h.mu.Unlock()
		}
	}
	if err != nil {
		status.Status, status.Error = "failed", err.Error()
	}
	status.Time = time.Now()
	h.mu.Lock()
	h.statuses = append(h.statuses, status)
	h.mu.Unlock()
}

func answer(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }

func (h *fakeHouse) registrations(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := []record.Registration{}
	for _, status := range h.statuses {
		if status.Href == r.FormValue("href") {
			found = append(found, status)
		}
	}
	answer(w, map[string]any{"registrations": found})
}

func (h *fakeHouse) find(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	id := r.FormValue("ids")
	if id == "" {
		id = r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	}
	if !slices.ContainsFunc(h.statuses, func(s record.Registration) bool { return s.ID == id }) {
		http.Error(w, `{"detail": "there is no such item"}`, http.StatusNotFound)
		return
	}
	answer(w, map[string]string{"id": id})
}

func (h *fakeHouse) csw(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, `<a xmlns:dc="x"><dc:identifier>%s</dc:identifier></a>`, r.FormValue("id"))
}

func (h *fakeHouse) layers(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var inner []layer
	for id := range h.items {
		inner = append(inner, layer{Item: id, Tiles: "http://" + r.Host + "/cache/xyz/" + url.PathEscape(id) + "/{z}/{x}/{y}.png"})
	}
	answer(w, map[string]any{"layers": []layer{{Layers: inner}}})
}

func describeFake(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.FormValue("href"), "broken") {
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = w.Write([]byte(`{"detail": "the file ends too early"}`))
		return
	}
	_, _ = w.Write([]byte(`{"grid": {"crs": 32633, "transform": [500000, 10, 0, 5000000, 0, -10], "width": 20, "height": 10, "data_type": "UInt16"},
		"bands": [{"name": "b1", "index": 1}], "footprint": {"type": "Polygon", "coordinates": [[[15,45],[15.1,45],[15.1,45.1],[15,45.1],[15,45]]]}}`))
}

func (h *fakeHouse) deadLetters(w http.ResponseWriter, r *http.Request) {
	letter := map[string]any{"id": "l1", "type": "perigee.register.failed", "subject": "S2A", "reason": "no geometry", "time": "2026-01-02T03:04:05Z"}
	if r.FormValue("token") == "" {
		answer(w, map[string]any{"deadLetters": []any{letter}, "links": []any{map[string]string{"rel": "next", "href": "http://" + r.Host + "/dead-letters?token=x"}}})
		return
	}
	letter["id"], letter["replayed"] = "l2", "2026-01-03T03:04:05Z"
	answer(w, map[string]any{"deadLetters": []any{letter}})
}

func (h *fakeHouse) replay(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch r.URL.Path {
	case "/dead-letters/replay":
		h.replayed = append(h.replayed, "x")
		answer(w, map[string]any{"replayed": []string{"l1"}, "more": len(h.replayed) < 2})
	case "/dead-letters/l1/replay":
		answer(w, map[string]any{"replayed": []string{"l1"}})
	default:
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"detail": "there is no such dead letter"}`))
	}
}

// fakeScenes makes scenes of a few bytes.
func fakeScenes() {
	dir := flag.String("dir", "", "")
	n := flag.Int("n", 0, "")
	flag.Int("size", 0, "")
	flag.Int64("seed", 0, "")
	flag.Parse()
	for i := range *n {
		id := fmt.Sprintf("scene-%d", i+1)
		item := fmt.Sprintf(`{"type": "Feature", "stac_version": "1.0.0", "id": %q, "geometry": {"type": "Point", "coordinates": [15, 45]}, "bbox": [15, 45, 15, 45],
			"properties": {"datetime": "2026-01-01T00:00:00Z"}, "links": [], "assets": {"a": {"href": "./%s.tif"}}}`, id, id)
		for name, text := range map[string]string{".json": item, ".tif": "II*"} {
			if err := os.WriteFile(filepath.Join(*dir, id+name), []byte(text), 0o644); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
		fmt.Printf("%d/%d %s\n", i+1, *n, id)
	}
}
