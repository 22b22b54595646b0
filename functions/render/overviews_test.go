package main

import (
	"fmt"
	"image"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/bucket"
	"perigee/shared/bucket/buckettest"
	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/geo"
	"perigee/shared/grid"
	"perigee/shared/overview"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// gallery is the function with scenes in a real catalogue and a real bucket, and a bucket for overview mosaics.
type gallery struct {
	*stage
	painter *painter
	store   *catalogue.Store
	client  *bucket.Client
	cache   string
	all     []record.Change
}

func newGallery(t *testing.T) *gallery {
	t.Helper()
	client, name := buckettest.Open(t)
	g := &gallery{store: cataloguetest.Open(t), client: client, cache: buckettest.Bucket(t, client)}
	c := testConfig()
	c.IngestBucket, c.CacheBucket, c.Products = name, g.cache, storyProducts
	p, err := newPainter(c, g.store, client)
	if err != nil {
		t.Fatal(err)
	}
	g.painter = p
	g.stage = &stage{handler: testHandler(t, p), bucket: name}
	for _, document := range upload(t, client, name) {
		g.all = append(g.all, g.register(t, document))
	}
	g.apply(t, g.all...)
	return g
}

func (g *gallery) apply(t *testing.T, changes ...record.Change) {
	t.Helper()
	applied, err := g.store.Apply(t.Context(), scope.New(scope.System, "test", scope.Writer), changes)
	for _, a := range applied {
		if a.Err != nil {
			t.Error(a.Err)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// make makes a chunk as the function seed does, of the revision that the layer has there.
func (g *gallery) make(t *testing.T, at grid.Tile, revision int64) overview.Meta {
	t.Helper()
	c := overview.Chunk{Layer: "S2MSI2A", At: at}
	w := get(g.handler, fmt.Sprintf("/internal/overview?layer=S2MSI2A&z=%d&col=%d&row=%d&revision=%d", at.Z, at.Col, at.Row, revision))
	if w.Code != http.StatusOK {
		t.Fatalf("%v: %d %s", at, w.Code, w.Body)
	}
	told := map[string]string{}
	for name := range w.Header() {
		if key, ok := strings.CutPrefix(name, "Overview-"); ok {
			told[strings.ToLower(key)] = w.Header().Get(name)
		}
	}
	meta, ok := overview.ParseMeta(told)
	if !ok {
		t.Fatalf("%v: %v", at, told)
	}
	meta.Revisions = []int64{revision}
	if _, err := g.client.Put(t.Context(), g.cache, c.Key(), w.Body.Bytes(), bucket.PutOptions{ContentType: "image/tiff", Metadata: meta.Map()}); err != nil {
		t.Fatal(err)
	}
	return meta
}

// makeAll makes the chunks of all levels that hold a place, the finest first.
func (g *gallery) makeAll(t *testing.T, lon, lat float64, revision int64) {
	t.Helper()
	mercator, _ := geo.Plain(geo.WebMercator)
	x, y := mercator.Forward(lon, lat)
	for z := overview.Finest; z >= 0; z-- {
		from, _, _ := overview.Grid().Covering(orb.Bound{Min: orb.Point{x, y}, Max: orb.Point{x, y}}, z)
		if meta := g.make(t, from, revision); meta.State != overview.Filled || meta.Type != "S2MSI2A" || len(meta.Bands) != 4 {
			t.Fatalf("%v: %+v", from, meta)
		}
	}
	g.painter.overviews.known = nil // as after a second
}

// tile asks for a tile by the Web Map Service, and tells what had to be read.
func (g *gallery) tile(t *testing.T, layer string, at grid.Tile, more string) (image.Image, string) {
	t.Helper()
	b := grid.GoogleMapsCompatible.Bounds(at)
	w := get(g.handler, fmt.Sprintf("/ows?service=WMS&version=1.3.0&request=GetMap&layers=%s&styles=&crs=EPSG:3857&bbox=%.9f,%.9f,%.9f,%.9f&width=256&height=256&format=image/png&transparent=true%s",
		layer, b.Min[0], b.Min[1], b.Max[0], b.Max[1], more))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/png" {
		t.Fatalf("%s: %d %s", layer, w.Code, w.Body)
	}
	return decode(t, w.Body.Bytes()), w.Header().Get(headerRead)
}

// Zoomed-out maps are made of the overview mosaic: the same pictures, of a few blocks; what it does not hold is made of
// products, and both are told.
func TestOverviewMosaics(t *testing.T) {
	g := newGallery(t)
	centre := g.items[0].Geometry.Bound().Center()
	holding := func(z int) grid.Tile {
		mercator, _ := geo.Plain(geo.WebMercator)
		x, y := mercator.Forward(centre[0], centre[1])
		from, _, _ := grid.GoogleMapsCompatible.Covering(orb.Bound{Min: orb.Point{x, y}, Max: orb.Point{x, y}}, z)
		return from
	}
	var before []image.Image
	looks := []string{"S2MSI2A", "S2MSI2A__NDVI"}
	for z := range 7 {
		for _, look := range looks {
			picture, read := g.tile(t, look, holding(z), "")
			if strings.Contains(read, "overview") {
				t.Fatalf("there is no overview yet: %s", read)
			}
			before = append(before, picture)
		}
	}
	g.makeAll(t, centre[0], centre[1], 1)
	for z := range 7 {
		for i, look := range looks {
			picture, read := g.tile(t, look, holding(z), "")
			if !strings.Contains(read, "overview") || strings.Contains(read, "stale") || !strings.HasPrefix(read, "scenes=1, ") {
				t.Errorf("level %d of %s read %s", z, look, read)
			}
			if d := difference(picture, before[2*z+i]); d > 0.5 {
				t.Errorf("level %d of %s differs by %.2f", z, look, d)
			}
		}
	}
	for more, wants := range map[string]bool{
		"&time=2026-06-10": false, "&cql=eo:cloud_cover%3E-1": false, "&sortBy=datetime%20D": false, "&dim_bands=B08,B04,B03&dim_range=0%204000": true, "&dim_bands=B08": true, "&styles=": true,
	} {
		if _, read := g.tile(t, "S2MSI2A", holding(5), more); strings.Contains(read, "overview") != wants || !strings.Contains(read, "scenes=") || !strings.Contains(read, "blocks=") {
			t.Errorf("%s read %s", more, read)
		}
	}
	if _, read := g.tile(t, "S2MSI2A", holding(7), ""); strings.Contains(read, "overview") {
		t.Errorf("level 7 read %s", read)
	}
}

// When a product goes, maps show so at once, and the chunks do when they were made again; of products of several types there
// is no overview.
func TestOverviewMosaicsAreCurrent(t *testing.T) {
	g := newGallery(t)
	centre := g.items[0].Geometry.Bound().Center()
	mercator, _ := geo.Plain(geo.WebMercator)
	x, y := mercator.Forward(centre[0], centre[1])
	at, _, _ := grid.GoogleMapsCompatible.Covering(orb.Bound{Min: orb.Point{x, y}, Max: orb.Point{x, y}}, 6)
	g.makeAll(t, centre[0], centre[1], 1)
	full, _ := g.tile(t, "S2MSI2A", at, "")
	for _, change := range g.all[1:] {
		change.Delete = true
		g.apply(t, change)
	}
	drawn := func() (image.Image, string) {
		t.Helper()
		w := get(g.handler, fmt.Sprintf("/internal/tiles?layer=S2MSI2A&grid=GoogleMapsCompatible&z=6&col=%d&row=%d&revision=4", at.Col, at.Row))
		if w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return nil, w.Header().Get(headerRead)
	}
	if _, read := drawn(); strings.Contains(read, "overview") {
		t.Errorf("after a deletion it read %s", read)
	}
	g.makeAll(t, centre[0], centre[1], 4)
	_, read := drawn()
	if !strings.Contains(read, "overview") || strings.Contains(read, "stale") {
		t.Errorf("after the chunks were made again it read %s", read)
	}
	if picture, _ := g.tile(t, "S2MSI2A", at, ""); difference(picture, full) == 0 {
		t.Error("what is gone is shown")
	}
	other := g.all[1]
	other.Record.ProductType, other.Record.Version, other.Source.Version, other.Source.Time = "", "again", "again", time.Now()
	g.apply(t, other)
	if meta := g.make(t, chunkHolding(at), 5); meta.State != overview.Apart {
		t.Errorf("products of several types make %+v", meta)
	}
}

func chunkHolding(at grid.Tile) grid.Tile {
	return grid.Tile{Z: at.Z - 1, Col: at.Col / 2, Row: at.Row / 2}
}

// A map that chooses products, by time, by a condition, by an order, reads those, and its header says how many it looked at, how
// many blocks of their files it read, and whether there were more than are drawn.
func TestFilteredMapsTellWhatTheyRead(t *testing.T) {
	g := newGallery(t)
	centre := g.items[0].Geometry.Bound().Center()
	mercator, _ := geo.Plain(geo.WebMercator)
	x, y := mercator.Forward(centre[0], centre[1])
	at, _, _ := grid.GoogleMapsCompatible.Covering(orb.Bound{Min: orb.Point{x, y}, Max: orb.Point{x, y}}, 5)
	g.makeAll(t, centre[0], centre[1], 1)
	told := func(more string) (scenes, blocks int, flags string) {
		t.Helper()
		p, err := newPainter(g.painter.config, g.store, g.client) // which has read nothing yet
		if err != nil {
			t.Fatal(err)
		}
		g.handler = testHandler(t, p)
		_, read := g.tile(t, "S2MSI2A", at, more)
		if _, err := fmt.Sscanf(read, "scenes=%d, blocks=%d", &scenes, &blocks); err != nil {
			t.Fatalf("%s read %q", more, read)
		}
		_, flags, _ = strings.Cut(read, fmt.Sprintf("blocks=%d", blocks))
		return scenes, blocks, flags
	}
	if scenes, _, flags := told(""); scenes != 1 || flags != ", overview" {
		t.Errorf("without a choice: %d scenes%s", scenes, flags)
	}
	one := "&cql=" + url.QueryEscape("identifier = '"+g.items[0].ID+"'")
	for more, want := range map[string]int{"&time=2026-06-10": 2, "&time=2026-06-10,2026-06-15": 4, one: 1, "&cql=eo:cloud_cover%20%3E%20200": 0, one + "&time=1999": 0} {
		scenes, blocks, flags := told(more)
		if scenes != want || (blocks > 0) != (want > 0) || flags != "" {
			t.Errorf("%s: %d scenes, %d blocks%s; want %d scenes", more, scenes, blocks, flags, want)
		}
	}
	g.painter.config.MaxScenes = 1
	if scenes, _, flags := told("&time=2026"); scenes != 1 || flags != ", cut" {
		t.Errorf("of more than are drawn: %d scenes%s", scenes, flags)
	}
}
