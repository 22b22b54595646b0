package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/paulmach/orb"

	"perigee/shared/bucket"
	"perigee/shared/grid"
)

// kept measures tiles as people ask for them: of the function tile, which has render draw what the object store does not hold
// yet, and keeps it; then the same tiles again. All processes that take part are counted.
func (h *house) kept(ctx context.Context, out io.Writer) error {
	store := os.Getenv("PERIGEE_TEST_S3_ENDPOINT")
	client := bucket.Open(bucket.Config{Endpoint: store, Region: os.Getenv("AWS_REGION"), AccessKey: os.Getenv("AWS_ACCESS_KEY_ID"), SecretKey: os.Getenv("AWS_SECRET_ACCESS_KEY")})
	if err := client.CreateBucket(ctx, "kept"); err != nil {
		return err
	}
	fmt.Fprintln(out, "\ntiles that are kept, CPU ms of a tile\ttile\trender\tdatabase\tlocal-runner\tof all")
	for _, c := range []one{{name: "RGB z11", layer: "scene", zoom: 11}, {name: "RGB z13 scan", layer: "scene", zoom: 13}, {name: "mosaic z7", layer: "mosaic", zoom: 7}} {
		if err := h.keptCase(ctx, out, c, store); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

func (h *house) keptCase(ctx context.Context, out io.Writer, c one, store string) error {
	tiles := h.tiles(c)
	if len(tiles) == 0 {
		return nil
	}
	tiles = tiles[:min(len(tiles), h.options.tiles)]
	render, err := h.render(ctx)
	if err != nil {
		return err
	}
	defer render.stop()
	tile, err := h.start(ctx, "tile", "RENDER_URL="+render.url, "AWS_ENDPOINT_URL="+store, "CACHE_BUCKET=kept", "MEMORY_BYTES=-1", "DATABASE_CONNECTIONS=2")
	if err != nil {
		return err
	}
	defer tile.stop()
	ask := func(b orb.Bound) (int, error) {
		at, _, _ := grid.GoogleMapsCompatible.Covering(orb.Bound{Min: b.Center(), Max: b.Center()}, c.zoom)
		return fetch(ctx, fmt.Sprintf("%s/cache/xyz/%s/%d/%d/%d.png", tile.url, c.layer, c.zoom, at.Col, at.Row))
	}
	for _, pass := range []struct {
		state string
		tiles []orb.Bound
	}{{"drawn and kept", tiles}, {"from the object store", repeated(tiles, h.options.tiles)}} {
		pids := func() [4]float64 {
			return [4]float64{cpuOf(tile.pid()), cpuOf(render.pid()), familyCPU(h.postgres), h.runnerCPU()}
		}
		before := pids()
		if _, err := asked(pass.tiles, ask); err != nil {
			return err
		}
		after, all := pids(), 0.0
		fmt.Fprintf(out, "%s, %s", c.name, pass.state)
		for i := range after {
			one := (after[i] - before[i]) / float64(len(pass.tiles))
			all += one
			fmt.Fprintf(out, "\t%.2f", one)
		}
		fmt.Fprintf(out, "\t%.2f\n", all)
	}
	return nil
}
