package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"perigee/shared/bucket"
)

// The object store that is far away: how long each request takes until it is answered.
const roundTrip = 30 * time.Millisecond

// remoteTiles is how many tiles are asked for, each for the first time.
const remoteTiles = 60

// far is an object store that serves the folder of scenes as the bucket ingest, late, and notes what it was asked.
type far struct {
	dir string

	mu     sync.Mutex
	asked  int
	ranges map[string][][2]int64
}

func (f *far) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	time.Sleep(roundTrip)
	path := filepath.Join(f.dir, filepath.Clean("/"+strings.TrimPrefix(r.URL.Path, "/ingest/")))
	file, err := os.Open(path)
	if err != nil || !strings.HasPrefix(r.URL.Path, "/ingest/") {
		http.NotFound(w, r)
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	f.mu.Lock()
	f.asked++
	var from, to int64
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to); err == nil {
		f.ranges[path] = append(f.ranges[path], [2]int64{from, min(to+1, info.Size())})
	}
	f.mu.Unlock()
	w.Header().Set("ETag", `"1"`)
	http.ServeContent(w, r, "", info.ModTime(), file)
}

// told is how many requests were made so far, how many bytes were read, and how many of them were pixels, each counted
// once: directories are read in short pieces.
func (f *far) told() (requests int, read, pixels int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	const short = 64 << 10
	for _, ranges := range f.ranges {
		all := slices.Clone(ranges)
		slices.SortFunc(all, func(a, b [2]int64) int { return cmp.Compare(a[0], b[0]) })
		end := int64(0)
		for _, r := range all {
			read += r[1] - r[0]
			if r[1]-r[0] > short {
				pixels += max(r[1]-max(r[0], end), 0)
				end = max(end, r[1])
			}
		}
	}
	return f.asked, read, pixels
}

// remote measures tiles of files that are far away, each asked for the first time.
func (h *house) remote(ctx context.Context, out io.Writer) error {
	var items []item
	for _, i := range h.items {
		if i.layer == "mosaic" {
			continue
		}
		i.coverages = slices.Clone(i.coverages)
		for k, c := range i.coverages {
			i.coverages[k].Href, i.coverages[k].ETag = bucket.Href("ingest", strings.TrimPrefix(strings.TrimPrefix(c.Href, h.options.scenes), "/")), "1"
		}
		i.layer = "far_" + i.layer
		items = append(items, i)
	}
	if len(items) == 0 {
		return nil
	}
	if err := register(ctx, h.database, items); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nfiles with %v of latency\ttiles\trequests of a tile\tread/pixels\tmedian ms\t95 of 100 ms\tin round trips\n", roundTrip)
	for _, c := range []one{{name: "RGB z11", layer: "far_scene", zoom: 11}, {name: "RGB z13", layer: "far_scene", zoom: 13}, {name: "RGB z14", layer: "far_scene", zoom: 14}, {name: "RGB z13, a file per band", layer: "far_bands", zoom: 13}} {
		c.random = true
		if err := h.remoteCase(ctx, out, c); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

func (h *house) remoteCase(ctx context.Context, out io.Writer, c one) error {
	place := c
	place.layer = strings.TrimPrefix(c.layer, "far_")
	tiles := h.tiles(place)
	tiles = tiles[:min(len(tiles), remoteTiles)]
	if len(tiles) == 0 {
		return nil
	}
	f := &far{dir: h.options.scenes, ranges: map[string][][2]int64{}}
	store := httptest.NewServer(f)
	defer store.Close()
	render, err := h.render(ctx, "AWS_ENDPOINT_URL="+store.URL)
	if err != nil {
		return err
	}
	defer render.stop()
	var took []time.Duration
	for _, t := range tiles {
		began := time.Now()
		if _, err := fetch(ctx, render.url+"/ows?"+mapQuery(c.layer, t, 256)); err != nil {
			return err
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	requests, read, pixels := f.told()
	late := took[len(took)*95/100]
	fmt.Fprintf(out, "%s\t%d\t%.1f\t%.2f\t%.0f\t%.0f\t%.1f\n", c.name, len(tiles), float64(requests)/float64(len(tiles)), float64(read)/float64(pixels),
		float64(took[len(took)/2].Milliseconds()), float64(late.Milliseconds()), float64(late)/float64(roundTrip))
	return nil
}
