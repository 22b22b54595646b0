package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"perigee/shared/bucket"
	"perigee/shared/scope"
)

// gdal runs a program of GDAL, which keeps nothing, and gives what it says.
func gdal(t *testing.T, name string, args ...string) string {
	t.Helper()
	folder := t.TempDir()
	command := exec.Command(name, append([]string{"--config", "GDAL_PAM_ENABLED", "NO"}, args...)...)
	command.Dir, command.Env = folder, append(os.Environ(), "XDG_CACHE_HOME="+folder)
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, said)
	}
	return string(said)
}

// RC-07: GDAL's driver for OGC API - Features lists the collections, knows the properties of items by their schema, reads them page
// by page, and has its filters decided here.
func TestGDALReadsItems(t *testing.T) {
	s := filled(t)
	source := "OAPIF:" + s.URL + "/stac"
	listed := gdal(t, "ogrinfo", "-ro", source)
	for _, name := range []string{"A", "named only", "uncollected"} {
		if !strings.Contains(listed, ": "+name) {
			t.Errorf("no %s in %s", name, listed)
		}
	}
	all := gdal(t, "ogrinfo", "-ro", "-al", "-oo", "PAGE_SIZE=2", source, "A")
	for _, want := range []string{"Feature Count: 4", "gsd (Real) = 10", "datetime (DateTime) = 2026/01/10 00:00:00+00", "Geometry: Polygon"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in %s", want, all)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-spat", "2.5", "40.2", "3.5", "40.7"}, "Feature Count: 1"},
		{[]string{"-where", "gsd < 5"}, "Feature Count: 0"},
		{[]string{"-where", "datetime > '2026/01/06 00:00:00'"}, "Feature Count: 2"},
	} {
		if said := gdal(t, "ogrinfo", append(append([]string{"-ro", "-so"}, c.args...), source, "A")...); !strings.Contains(said, c.want) {
			t.Errorf("%v: no %q in %s", c.args, c.want, said)
		}
	}
}

// put puts a file into the object store, and an item beside it into the catalogue.
func (s service) put(t *testing.T, folder string, raster []byte, item map[string]any) {
	t.Helper()
	raw, err := json.Marshal(item)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.objects.Put(t.Context(), s.bucket, folder+"/scene.tif", raster, bucket.PutOptions{ContentType: "image/tiff; application=geotiff"}); err != nil {
		t.Fatal(err)
	}
	s.register(t, scope.System, "s3://"+s.bucket+"/"+folder+"/item.json", raw)
}

// raster is a GeoTIFF of 256 by 256 pixels of one value, the west of which is so many metres from that of the grid.
func raster(t *testing.T, east, value int) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "scene.tif")
	gdal(t, "gdal_create", "-q", "-of", "GTiff", "-outsize", "256", "256", "-bands", "1", "-burn", fmt.Sprint(value), "-ot", "Byte",
		"-a_srs", "EPSG:32633", "-a_ullr", fmt.Sprint(600000+east), "5300000", fmt.Sprint(600000+east+2560), "5297440", "-co", "TILED=YES", file)
	made, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// RC-07: GDAL's driver STACIT makes one raster of the items that a search finds, page by page, each read by the address of its asset.
func TestSTACIT(t *testing.T) {
	s := start(t)
	const tiles = 4
	for i := range tiles {
		s.put(t, fmt.Sprint("row/", i), raster(t, 2560*i, 10*(i+1)), map[string]any{
			"type": "Feature", "stac_version": "1.0.0", "id": fmt.Sprint("t", i), "collection": "row", "links": []any{},
			"stac_extensions": []string{"https://stac-extensions.github.io/projection/v1.1.0/schema.json"},
			"bbox":            []float64{16.3, 47.8, 16.5, 47.9}, "geometry": json.RawMessage(`{"type":"Polygon","coordinates":[[[16.3,47.8],[16.5,47.8],[16.5,47.9],[16.3,47.9],[16.3,47.8]]]}`),
			"properties": map[string]any{"datetime": fmt.Sprintf("2026-01-0%dT00:00:00Z", i+1), "proj:epsg": 32633, "proj:shape": []int{256, 256}, "proj:transform": []int{10, 0, 600000 + 2560*i, 0, -10, 5300000, 0, 0, 1}},
			"assets":     map[string]any{"data": map[string]any{"href": "./scene.tif", "type": "image/tiff; application=geotiff", "roles": []string{"data"}}},
		})
	}
	source := `STACIT:"` + s.URL + `/stac/search?collections=row&limit=2"`
	said := gdal(t, "gdalinfo", "-stats", source)
	for _, want := range []string{"Size is 1024, 256", "STATISTICS_MINIMUM=10", "STATISTICS_MAXIMUM=40", "STATISTICS_MEAN=25", `EPSG",32633`} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in %s", want, said)
		}
	}
}

// RC-07: GDAL's driver STACTA reads the tiles that an item has instead of one file.
func TestSTACTA(t *testing.T) {
	s := start(t)
	item := map[string]any{
		"type": "Feature", "stac_version": "1.0.0", "id": "tiled", "collection": "tiled", "links": []any{},
		"stac_extensions": []string{"https://stac-extensions.github.io/tiled-assets/v1.0.0/schema.json"},
		"bbox":            []float64{16.3, 47.8, 16.5, 47.9}, "geometry": json.RawMessage(`{"type":"Polygon","coordinates":[[[16.3,47.8],[16.5,47.8],[16.5,47.9],[16.3,47.9],[16.3,47.8]]]}`),
		"properties": map[string]any{"datetime": "2026-01-01T00:00:00Z",
			"tiles:tile_matrix_sets": map[string]any{"one": map[string]any{
				"identifier": "one", "supportedCRS": "http://www.opengis.net/def/crs/EPSG/0/32633",
				"boundingBox": map[string]any{"lowerCorner": []float64{600000, 5297440}, "upperCorner": []float64{605120, 5300000}, "crs": "http://www.opengis.net/def/crs/EPSG/0/32633"},
				"tileMatrix": []any{map[string]any{"identifier": "0", "scaleDenominator": 10 / 0.00028, "topLeftCorner": []float64{600000, 5300000},
					"tileWidth": 256, "tileHeight": 256, "matrixWidth": 2, "matrixHeight": 1}}}},
			"tiles:tile_matrix_links": map[string]any{"one": map[string]any{"url": "#one"}},
		},
		"assets": map[string]any{},
		"asset_templates": map[string]any{"data": map[string]any{"href": "./{TileMatrix}/{TileRow}/{TileCol}/scene.tif", "type": "image/tiff; application=geotiff",
			"eo:bands": []any{map[string]any{"name": "data"}}}},
	}
	for i := range 2 {
		if _, err := s.objects.Put(t.Context(), s.bucket, fmt.Sprintf("tiled/0/0/%d/scene.tif", i), raster(t, 2560*i, 10*(i+1)), bucket.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := json.Marshal(item)
	if err != nil {
		t.Fatal(err)
	}
	s.register(t, scope.System, "s3://"+s.bucket+"/tiled/item.json", raw)
	said := gdal(t, "gdalinfo", "-stats", `STACTA:"`+s.URL+`/stac/collections/tiled/items/tiled"`)
	for _, want := range []string{"Size is 512, 256", "STATISTICS_MINIMUM=10", "STATISTICS_MAXIMUM=20"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in %s", want, said)
		}
	}
}
