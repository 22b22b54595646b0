package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/bucket"
	"perigee/shared/catalogue"
	"perigee/shared/geo"
	"perigee/shared/grid"
	"perigee/shared/overview"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// The collection of many scenes: side by side in one tile of level 2, each in a file of its own.
const (
	manyScenes = 1000
	manyAcross = 40
	manyStep   = 150e3 // metres of Web Mercator
)

var manyTile = grid.Tile{Z: 2, Col: 2, Row: 1}

// many measures a view of a collection with many scenes, its whole extent in one tile: made of the products, and of the
// overview mosaic that the function seed keeps.
func (h *house) many(ctx context.Context, out io.Writer) error {
	items, dir, err := h.manyItems(ctx)
	if err != nil || items == nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := register(ctx, h.database, items); err != nil {
		return err
	}
	client := bucket.Open(bucket.Config{
		Endpoint: os.Getenv("PERIGEE_TEST_S3_ENDPOINT"), Region: os.Getenv("AWS_REGION"), AccessKey: os.Getenv("AWS_ACCESS_KEY_ID"), SecretKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
	})
	if err := client.CreateBucket(ctx, "cache"); err != nil {
		return err
	}
	render, err := h.render(ctx, "MAX_SCENES="+fmt.Sprint(manyScenes), "AWS_ENDPOINT_URL="+os.Getenv("PERIGEE_TEST_S3_ENDPOINT"))
	if err != nil {
		return err
	}
	defer render.stop()
	fmt.Fprintf(out, "\n%d scenes, the whole extent in one tile\twall ms\tCPU ms\tread\tMiB at most\n", manyScenes)
	if err := h.see(ctx, out, render, "products, read for the first time"); err != nil {
		return err
	}
	if err := h.see(ctx, out, render, "products, their blocks decoded"); err != nil {
		return err
	}
	began := time.Now()
	n, err := h.chunks(ctx, client, render)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "making %d chunks of the overview mosaic\t%.0f\t\t\t\n", n, float64(time.Since(began).Milliseconds()))
	render.stop()
	again, err := h.render(ctx, "MAX_SCENES="+fmt.Sprint(manyScenes), "AWS_ENDPOINT_URL="+os.Getenv("PERIGEE_TEST_S3_ENDPOINT"))
	if err != nil {
		return err
	}
	defer again.stop()
	if err := h.see(ctx, out, again, "overview, read for the first time"); err != nil {
		return err
	}
	return h.see(ctx, out, again, "overview, its blocks decoded")
}

// see asks for the tile once.
func (h *house) see(ctx context.Context, out io.Writer, render *process, name string) error {
	began, cpu := time.Now(), cpuOf(render.pid())+familyCPU(h.postgres)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, render.url+"/ows?"+mapQuery("many", grid.GoogleMapsCompatible.Bounds(manyTile), 256), nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.Header.Get("Content-Type") != "image/png" {
		return fmt.Errorf("%s: %v %s", name, err, body)
	}
	took := time.Since(began)
	fmt.Fprintf(out, "%s\t%.1f\t%.0f\t%s\t%.0f\n", name, float64(took.Microseconds())/1000, cpuOf(render.pid())+familyCPU(h.postgres)-cpu, res.Header.Get("Perigee-Read"), peakOf(render.pid()))
	return nil
}

// manyItems makes the files, as names of those of the mosaic, and describes them: where each lies, the catalogue says.
func (h *house) manyItems(ctx context.Context) (all []item, dir string, err error) {
	var models []item
	for _, i := range h.items {
		if i.layer == "mosaic" {
			models = append(models, i)
		}
	}
	if len(models) == 0 {
		return nil, "", nil
	}
	if dir, err = os.MkdirTemp(h.options.scenes, "many-"); err != nil {
		return nil, "", err
	}
	projection, _ := geo.Plain(geo.WebMercator)
	corner := grid.GoogleMapsCompatible.Bounds(manyTile).Min
	for n := range manyScenes {
		model := models[n%len(models)]
		c := model.coverages[0]
		path := filepath.Join(dir, fmt.Sprintf("%d.tif", n))
		if err := os.Link(c.Href, path); err != nil {
			return nil, dir, err
		}
		west, south := corner[0]+1e6+float64(n%manyAcross)*manyStep, corner[1]+1e6+float64(n/manyAcross)*manyStep
		pixel := 1.1 * manyStep / float64(c.Grid.Width)
		c.Href, c.Grid.CRS = path, geo.WebMercator
		c.Grid.Transform = [6]float64{west, pixel, 0, south + 1.1*manyStep, 0, -pixel}
		lon0, lat0 := projection.Inverse(west, south)
		lon1, lat1 := projection.Inverse(west+1.1*manyStep, south+1.1*manyStep)
		all = append(all, item{layer: "many", coverages: []record.Coverage{c}, footprint: orb.Bound{Min: orb.Point{lon0, lat0}, Max: orb.Point{lon1, lat1}}.ToPolygon()})
	}
	return all, dir, ctx.Err()
}

// chunks makes the chunks of the overview mosaic as the function seed does, and counts them.
func (h *house) chunks(ctx context.Context, client *bucket.Client, render *process) (n int, err error) {
	revision, err := h.revision(ctx)
	if err != nil {
		return 0, err
	}
	b := grid.GoogleMapsCompatible.Bounds(manyTile)
	for z := overview.Finest; z >= 0; z-- {
		from, to, _ := overview.Grid().Covering(b.Pad(b.Max[0]/8), z)
		for row := from.Row; row <= to.Row; row++ {
			for col := from.Col; col <= to.Col; col++ {
				c := overview.Chunk{Layer: "many", At: grid.Tile{Z: z, Col: col, Row: row}}
				filled, err := h.chunk(ctx, client, render, c, revision)
				if err != nil {
					return n, err
				}
				if filled {
					n++
				}
			}
		}
	}
	return n, nil
}

func (h *house) chunk(ctx context.Context, client *bucket.Client, render *process, c overview.Chunk, revision int64) (filled bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/internal/overview?layer=many&z=%d&col=%d&row=%d&revision=%d", render.url, c.At.Z, c.At.Col, c.At.Row, revision), nil)
	if err != nil {
		return false, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return false, fmt.Errorf("%s: %v %s", c.Key(), err, body)
	}
	told := map[string]string{}
	for name := range res.Header {
		if key, ok := strings.CutPrefix(name, "Overview-"); ok {
			told[strings.ToLower(key)] = res.Header.Get(name)
		}
	}
	meta, ok := overview.ParseMeta(told)
	if !ok {
		return false, fmt.Errorf("%s: %v", c.Key(), told)
	}
	meta.Revisions = []int64{revision}
	_, err = client.Put(ctx, "cache", c.Key(), body, bucket.PutOptions{ContentType: "image/tiff", Metadata: meta.Map()})
	return meta.State == overview.Filled, err
}

// revision is the latest one of the catalogue.
func (h *house) revision(ctx context.Context) (int64, error) {
	store, err := catalogue.Open(ctx, catalogue.Config{URL: h.database})
	if err != nil {
		return 0, err
	}
	defer store.Close()
	_, latest, err := store.Revisions(ctx, scope.New(scope.System, "benchmaps"), 0)
	return latest, err
}
