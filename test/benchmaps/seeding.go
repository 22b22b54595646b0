package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"perigee/shared/bucket"
)

// atOnce is how many events a broker has on their way to seed.
const atOnce = 8

// broker hands every event that it is sent to a function, as a broker would, until nothing is left.
type broker struct {
	to      string
	places  chan struct{}
	pending sync.WaitGroup
}

func (b *broker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	b.pending.Add(1)
	header := r.Header.Clone()
	go func() {
		defer b.pending.Done()
		b.places <- struct{}{}
		defer func() { <-b.places }()
		for range 5 {
			if b.deliver(header, body) {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	w.WriteHeader(http.StatusAccepted)
}

func (b *broker) deliver(header http.Header, body []byte) bool {
	req, err := http.NewRequest(http.MethodPost, b.to+"/", bytes.NewReader(body))
	if err != nil {
		return false
	}
	req.Header = header
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode/100 == 2
}

// seeding measures how fast level 12 of the scene is seeded: by the function seed, with render, the catalogue and the object
// store.
func (h *house) seeding(ctx context.Context, out io.Writer) error {
	if _, ok := h.layers["scene"]; !ok {
		return nil
	}
	store := os.Getenv("PERIGEE_TEST_S3_ENDPOINT")
	client := bucket.Open(bucket.Config{Endpoint: store, Region: os.Getenv("AWS_REGION"), AccessKey: os.Getenv("AWS_ACCESS_KEY_ID"), SecretKey: os.Getenv("AWS_SECRET_ACCESS_KEY")})
	if err := client.CreateBucket(ctx, "seeded"); err != nil {
		return err
	}
	render, err := h.render(ctx)
	if err != nil {
		return err
	}
	defer render.stop()
	b := &broker{places: make(chan struct{}, atOnce)}
	sink := httptest.NewServer(b)
	defer sink.Close()
	seed, err := h.seed(ctx, "RENDER_URL="+render.url, "K_SINK="+sink.URL, "AWS_ENDPOINT_URL="+store, "CACHE_BUCKET=seeded")
	if err != nil {
		return err
	}
	defer seed.stop()
	b.to = seed.url
	began := time.Now()
	cpu := [4]float64{cpuOf(render.pid()), cpuOf(seed.pid()), familyCPU(h.postgres), h.runnerCPU()}
	job, err := start(ctx, seed.url)
	if err != nil {
		return err
	}
	b.pending.Wait()
	took := time.Since(began)
	var status struct {
		Status string
		Tiles  struct{ Total, Drawn, Failed int }
	}
	if err := getJSON(ctx, job, &status); err != nil {
		return err
	}
	if status.Status != "successful" {
		return fmt.Errorf("the job ended as %+v", status)
	}
	per := func(now, before float64) float64 { return (now - before) / float64(status.Tiles.Total) }
	all := [4]float64{per(cpuOf(render.pid()), cpu[0]), per(cpuOf(seed.pid()), cpu[1]), per(familyCPU(h.postgres), cpu[2]), per(h.runnerCPU(), cpu[3])}
	own := all[0] + all[1] + all[2]
	fmt.Fprintln(out, "\nseeding level 12, tiles\ttiles/s\tCPU ms of a tile: render\tseed\tdatabase\tobject store\ttiles/s of a core\twith the object store")
	fmt.Fprintf(out, "%d\t%.0f\t%.2f\t%.2f\t%.2f\t%.2f\t%.0f\t%.0f\n", status.Tiles.Total, float64(status.Tiles.Total)/took.Seconds(), all[0], all[1], all[2], all[3], 1000/own, 1000/(own+all[3]))
	return nil
}

// seed starts the function seed.
func (h *house) seed(ctx context.Context, env ...string) (*process, error) {
	return h.start(ctx, "seed", append(env, "SEED_OVERVIEWS=false")...)
}

// start starts a function beside render.
func (h *house) start(ctx context.Context, name string, env ...string) (*process, error) {
	address, err := free()
	if err != nil {
		return nil, err
	}
	host, port, _ := net.SplitHostPort(address)
	p := &process{command: exec.Command(filepath.Join(h.bin, name)), url: "http://" + address}
	p.command.Env = append(append(os.Environ(), "HOST="+host, "PORT="+port, "AUTH=none", "LOG_LEVEL=error", "DATABASE_URL="+h.database,
		"PRODUCTS=layers: [{id: scene, grids: [{name: GoogleMapsCompatible, zoom: 14}]}, {id: mosaic, grids: [{name: GoogleMapsCompatible, zoom: 14}]}]\n"+products), env...)
	p.command.Stderr = os.Stderr
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	for range 500 {
		if _, err = fetch(ctx, p.url+"/health/readiness"); err == nil {
			return p, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.stop()
	return nil, fmt.Errorf("%s does not come up: %w", name, err)
}

// start begins a job and tells where it is looked at.
func start(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/seed", strings.NewReader(`{"layer":"scene","grid":"GoogleMapsCompatible","minzoom":`+strconv.Itoa(seedZoom)+`,"maxzoom":`+strconv.Itoa(seedZoom)+`}`))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusAccepted {
		return "", fmt.Errorf("seeding is answered %s: %s %w", res.Status, body, err)
	}
	return res.Header.Get("Location"), nil
}

const seedZoom = 12

func getJSON(ctx context.Context, address string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	return json.NewDecoder(res.Body).Decode(into)
}
