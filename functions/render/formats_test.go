package main

import (
	"encoding/json"
	"fmt"
	"image"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"

	"perigee/shared/geo"
	"perigee/shared/product"
	"perigee/shared/raster"
	"perigee/shared/record"
	"perigee/test/scenes/scene"
)

// RND-17: maps are the same whatever format the files have: JPEG 2000, Zarr, and NetCDF and HDF by their variables, with
// rows from the north or from the south. The files are made by GDAL's own drivers. What those of NetCDF and HDF do not tell,
// where they lie, is told by the item, as it was by STAC's projection extension.
func TestFormatsAreDrawn(t *testing.T) {
	dir := t.TempDir()
	if _, err := scene.Make(scene.Options{Dir: dir, Products: 1, Dates: 1, Size: 512, Seed: 1, Format: scene.Bands}); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*", "B08.tif"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v %v", found, err)
	}
	first := found[0]
	for _, made := range [][]string{
		{"JP2OpenJPEG", "a.jp2", "-co", "QUALITY=100", "-co", "REVERSIBLE=YES"}, {"Zarr", "a.zarr"},
		{"netCDF", "a.nc", "-co", "FORMAT=NC4", "-co", "WRITE_BOTTOMUP=NO"}, {"netCDF", "upright.nc4", "-co", "FORMAT=NC4C", "-co", "COMPRESS=DEFLATE"},
	} {
		target := filepath.Join(dir, made[1])
		if said, err := exec.Command("gdal_translate", append([]string{"-q", "-of", made[0], first, target}, made[2:]...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v %s", made, err, said)
		}
	}
	if err := os.Link(filepath.Join(dir, "a.nc"), filepath.Join(dir, "a.h5")); err != nil { // NetCDF 4 is HDF5
		t.Fatal(err)
	}
	store := testMemory()
	c := testConfig()
	c.ReadFolder, c.Products = dir, "collections: {F: {}}"
	p, err := newPainter(c, store, nil)
	if err != nil {
		t.Fatal(err)
	}
	handler := testHandler(t, p)
	var grid geo.Grid
	draw := func(name, file string, southFirst bool) image.Image {
		t.Helper()
		href := "file://" + file
		w := get(handler, "/internal/describe?workspace=&href="+url.QueryEscape(href))
		var d raster.Description
		if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || w.Code != 200 || len(d.Bands) != 1 {
			t.Fatalf("%s: %d %s (%v)", name, w.Code, w.Body, err)
		}
		if grid.Width == 0 {
			grid = d.Grid
		}
		d.Bands[0].Name = "B08"
		d.Grid.CRS, d.Grid.Transform = grid.CRS, grid.Transform
		if southFirst {
			d.Grid.Transform[3] += float64(grid.Height) * grid.Transform[5]
			d.Grid.Transform[5] = -grid.Transform[5]
		}
		b := grid.Bounds()
		utm, _ := geo.Plain(grid.CRS)
		west, south := utm.Inverse(b.Min[0], b.Min[1])
		east, north := utm.Inverse(b.Max[0], b.Max[1])
		lonLat := orb.Bound{Min: orb.Point{west - .1, south - .1}, Max: orb.Point{east + .1, north + .1}}
		browses, err := json.Marshal(product.Type{Name: "auto", DefaultBrowse: "PLAIN", Browses: map[string]product.Browse{"PLAIN": {Grey: &product.Channel{Expression: "B08", Range: []float64{0, 4000}}}}})
		if err != nil {
			t.Fatal(err)
		}
		one := testProduct("F", name, "2026-06-10", href)
		one.Type, one.Browses, one.Footprint = "", browses, ewkb.MustMarshal(lonLat.ToPolygon(), 4326)
		one.Coverages = []record.Coverage{{Asset: "B08", Href: href, Bands: d.Bands, Grid: d.Grid}}
		store.products = []record.Product{one}
		w = get(handler, fmt.Sprintf("/ows?service=WMS&version=1.3.0&request=GetMap&layers=%s&styles=&crs=%s&bbox=%.3f,%.3f,%.3f,%.3f&width=512&height=512&format=image/png&transparent=TRUE",
			name, grid.CRS, b.Min[0], b.Min[1], b.Max[0], b.Max[1]))
		if w.Code != 200 || w.Header().Get("Content-Type") != "image/png" {
			t.Fatalf("%s: %d %s", name, w.Code, w.Body)
		}
		return decode(t, w.Body.Bytes())
	}
	want := draw("tiff", first, false)
	if drawn(want) < .5 {
		t.Fatalf("%.2f of the map is drawn", drawn(want))
	}
	for name, file := range map[string]string{"jp2": "a.jp2", "zarr": "a.zarr", "netcdf": "a.nc#Band1", "northup": "upright.nc4#Band1", "hdf5": "a.h5#Band1"} {
		if d := difference(draw(name, filepath.Join(dir, file), name == "northup"), want); d > .5 {
			t.Errorf("%s differs by %.2f", name, d)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "a.nc.aux.xml")); err == nil {
		t.Error("something was written beside a file")
	}
}
