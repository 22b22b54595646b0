package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"io/fs"
	"math"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "image/jpeg"
	_ "image/png"

	"github.com/paulmach/orb"

	"perigee/shared/bucket"
	"perigee/shared/bucket/buckettest"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/geo"
	"perigee/shared/grid"
	"perigee/shared/raster"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
	"perigee/test/scenes/scene"
)

// The layers of the story: one collection, the one the scenes are made for.
const storyProducts = `
collections:
  S2MSI2A: {product_types: [S2MSI2A]}
productTypes:
  - name: S2MSI2A
    filter: {}
    collections: [S2MSI2A]
    coverages: {S2L2A_B02: {assets: [B02]}, S2L2A_B03: {assets: [B03]}, S2L2A_B04: {assets: [B04]}, S2L2A_B08: {assets: [B08]}}
    defaultBrowse: TRUE_COLOR
    browses:
      TRUE_COLOR:
        red: {expression: B04, range: [0, 3000], nodata: 0}
        green: {expression: B03, range: [0, 3000], nodata: 0}
        blue: {expression: B02, range: [0, 3000], nodata: 0}
      NDVI:
        grey: {expression: (B08-B04)/(B08+B04), range: [-1, 1]}
      GREENNESS:
        grey: {expression: (B08-B04)/(B08+B04), range: [-1, 1]}
        styles:
          - {name: cover, title: Cover, type: intervals, stops: [{value: -1, until: 0.1, color: blue, label: bare or wet}, {value: 0.1, until: 0.4, color: yellow, label: some}, {value: 0.4, until: 1.1, color: "#008000", label: green}]}
    masks:
      clouds: {validity: false, asset: clouds}
      bright: {validity: false, asset: B08, expression: B08 > 2000}
      fields: {validity: false, asset: fields}
      never: {validity: false}
      valid: {validity: true, asset: nowhere}
`

// stage is the function with a real catalogue, a real bucket and generated scenes: two neighbouring tiles at two dates.
type stage struct {
	handler http.Handler
	bucket  string
	items   []*stac.Item
}

func newStage(t testing.TB) *stage {
	t.Helper()
	client, name := buckettest.Open(t)
	store := cataloguetest.Open(t)
	c := testConfig()
	c.IngestBucket, c.Products = name, storyProducts
	p, err := newPainter(c, store, client)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{handler: testHandler(t, p), bucket: name}
	var changes []record.Change
	for _, document := range upload(t, client, name) {
		changes = append(changes, s.register(t, document))
	}
	applied, err := store.Apply(t.Context(), scope.New(scope.System, "test", scope.Writer), changes)
	for _, a := range applied {
		if a.Err != nil {
			t.Error(a.Err)
		}
	}
	if err != nil || len(applied) != 4 {
		t.Fatalf("%d applied: %v", len(applied), err)
	}
	return s
}

// document is an item's document and where it lies.
type document struct {
	href string
	raw  []byte
}

// upload makes the scenes and puts them into the bucket.
func upload(t testing.TB, client *bucket.Client, name string) []document {
	t.Helper()
	dir := t.TempDir()
	items, err := scene.Make(scene.Options{Dir: dir, Products: 4, Dates: 2, Size: 512, Seed: 1, Format: scene.Bands})
	if err != nil {
		t.Fatal(err)
	}
	var documents []document
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		key := strings.TrimPrefix(filepath.ToSlash(path), filepath.ToSlash(dir)+"/")
		if slices.Contains(items, path) {
			masks, with := masksOf(t, body)
			for file, text := range masks {
				if _, err := client.Put(t.Context(), name, key[:strings.LastIndex(key, "/")]+"/"+file, text, bucket.PutOptions{}); err != nil {
					return err
				}
			}
			body = with
			documents = append(documents, document{bucket.Href(name, key), body})
		}
		_, err = client.Put(t.Context(), name, key, body, bucket.PutOptions{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return documents
}

// register makes the change that the function register would make, with the grids that render describes.
func (s *stage) register(t testing.TB, d document) record.Change {
	t.Helper()
	item, err := stac.DecodeItem(d.raw)
	if err != nil {
		t.Fatal(err)
	}
	s.items = append(s.items, item)
	change := record.Change{
		Record: record.Record{
			Key: record.Key{Collection: item.Collection, ID: item.ID}, Type: record.TypeItem, Title: item.ID, Time: item.Time, Footprint: item.Geometry,
			Properties: item.Properties, ProductType: "S2MSI2A", Document: d.raw, MediaType: stac.MediaTypeItem, Version: item.ID,
		},
		Layers: []string{"S2MSI2A"}, Replace: true, Source: record.Source{Href: d.href, Version: item.ID, Time: item.Time.End},
	}
	for _, asset := range item.Assets {
		if asset.HasRole("reflectance") {
			change.Coverages = append(change.Coverages, s.coverage(t, d.href[:strings.LastIndex(d.href, "/")], asset))
		}
	}
	return change
}

func (s *stage) coverage(t testing.TB, folder string, asset stac.Asset) record.Coverage {
	t.Helper()
	href := folder + strings.TrimPrefix(asset.Href, ".")
	w := get(s.handler, "/internal/describe?href="+url.QueryEscape(href))
	var d raster.Description
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || w.Code != 200 || len(d.Bands) != 1 {
		t.Fatalf("%s: %d %s (%v)", href, w.Code, w.Body, err)
	}
	d.Bands[0].Name = asset.Key
	return record.Coverage{Asset: asset.Key, Type: "S2L2A_" + asset.Key, Href: href, Roles: asset.Roles, Bands: d.Bands, Grid: d.Grid}
}

// getMap asks for a map of the layer over bounds in longitude and latitude, in the system and version named.
func (s *stage) getMap(t testing.TB, layer, version string, crs geo.CRS, b orb.Bound, size int, more string) (image.Image, *httptest.ResponseRecorder) {
	t.Helper()
	projection, _ := geo.Plain(crs)
	lowX, lowY := projection.Forward(b.Min[0], b.Min[1])
	highX, highY := projection.Forward(b.Max[0], b.Max[1])
	corners, name := fmt.Sprintf("%.9f,%.9f,%.9f,%.9f", lowX, lowY, highX, highY), "crs"
	if version == "1.1.1" {
		name = "srs"
	} else if crs.LatLon() {
		corners = fmt.Sprintf("%.9f,%.9f,%.9f,%.9f", lowY, lowX, highY, highX)
	}
	w := get(s.handler, fmt.Sprintf("/ows?service=WMS&version=%s&request=GetMap&layers=%s&styles=&%s=%s&bbox=%s&width=%d&height=%d&format=image/png&transparent=TRUE%s",
		version, layer, name, crs, corners, size, size, more))
	if w.Code != 200 || w.Header().Get("Content-Type") != "image/png" {
		t.Fatalf("%s: %d %s", layer, w.Code, w.Body)
	}
	return decode(t, w.Body.Bytes()), w
}

func decode(t testing.TB, body []byte) image.Image {
	t.Helper()
	img, _, err := image.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// difference is the mean absolute difference of two pictures of the same size, over all four channels, of 255.
func difference(a, b image.Image) float64 {
	sum, n := 0.0, 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r1, g1, b1, a1 := a.At(x, y).RGBA()
			r2, g2, b2, a2 := b.At(x, y).RGBA()
			for _, pair := range [][2]uint32{{r1, r2}, {g1, g2}, {b1, b2}, {a1, a2}} {
				sum += math.Abs(float64(pair[0])-float64(pair[1])) / 257
				n++
			}
		}
	}
	return sum / float64(n)
}

// drawn is the share of the pixels that are not transparent.
func drawn(img image.Image) float64 {
	n := 0
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if _, _, _, a := img.At(x, y).RGBA(); a > 0 {
				n++
			}
		}
	}
	return float64(n) / float64(img.Bounds().Dx()*img.Bounds().Dy())
}

func TestStory(t *testing.T) {
	s := newStage(t)
	t.Run("capabilities", s.capabilities)
	t.Run("same place", s.samePlace)
	t.Run("time", s.time)
	t.Run("items", s.singleItems)
	t.Run("grammar", s.grammar)
	t.Run("parameters", s.parameters)
	t.Run("defects", s.defects)
	t.Run("downloads", s.downloads)
	t.Run("legends", s.legends)
	t.Run("gdal", s.gdal)
	t.Run("owslib", s.owslib)
	t.Run("conditional", s.conditional)
	t.Run("tiles", s.tiles)
	t.Run("far away", s.farAway)
	t.Run("broken", s.broken)
}

func (s *stage) bounds() orb.Bound {
	b := s.items[0].Geometry.Bound()
	for _, item := range s.items {
		b = b.Union(item.Geometry.Bound())
	}
	return b
}

func (s *stage) capabilities(t *testing.T) {
	body := get(s.handler, "/ows?service=WMS&request=GetCapabilities").Body.String()
	for _, part := range []string{"<Name>S2MSI2A</Name>", "<Name>S2MSI2A__NDVI</Name>", ">2026-06-10,2026-06-15</Dimension>", "<CRS>EPSG:32633</CRS>"} {
		if !strings.Contains(body, part) {
			t.Errorf("%s is missing in %s", part, body)
		}
	}
}

// The same place is the same picture, whatever the system and the order of its axes.
func (s *stage) samePlace(t *testing.T) {
	b := s.bounds()
	plain, _ := s.getMap(t, "S2MSI2A__TRUE_COLOR", "1.3.0", geo.CRS84, b, 256, "")
	if share := drawn(plain); share < .5 {
		t.Fatalf("only %.2f of the map is drawn", share)
	}
	for name, other := range map[string]struct {
		version string
		crs     geo.CRS
		limit   float64
	}{
		"4326, latitude first":  {"1.3.0", geo.WGS84, 0},
		"4326, longitude first": {"1.1.1", geo.WGS84, 0},
		"web mercator":          {"1.3.0", geo.WebMercator, 3},
	} {
		img, _ := s.getMap(t, "S2MSI2A__TRUE_COLOR", other.version, other.crs, b, 256, "")
		if d := difference(plain, img); d > other.limit {
			t.Errorf("%s differs by %.2f", name, d)
		}
	}
	if first, _ := s.getMap(t, "S2MSI2A", "1.3.0", geo.CRS84, b, 256, ""); difference(plain, first) != 0 {
		t.Error("the collection does not show its default browse")
	}
	if ndvi, _ := s.getMap(t, "S2MSI2A__NDVI", "1.3.0", geo.CRS84, b, 256, ""); difference(plain, ndvi) < 5 {
		t.Error("NDVI looks like TRUE_COLOR")
	}
}

// TIME selects the date; without it the newest is on top, and what it leaves free shows the older one.
func (s *stage) time(t *testing.T) {
	b := s.bounds()
	ask := func(time string) image.Image {
		img, _ := s.getMap(t, "S2MSI2A", "1.3.0", geo.CRS84, b, 128, time)
		return img
	}
	older, newer, all := ask("&time=2026-06-10"), ask("&time=2026-06-15"), ask("")
	if difference(older, newer) < 1 {
		t.Error("both dates look the same")
	}
	if drawn(newer) >= drawn(older) || drawn(all) < drawn(older) {
		t.Errorf("drawn: older %.2f, newer (crossed by the edge of the swath) %.2f, both %.2f", drawn(older), drawn(newer), drawn(all))
	}
	for query, want := range map[string]image.Image{"&time=current": newer, "&time=2026-06-15T10:00:31.024Z": newer, "&time=2026-06-10,2026-06-15": all, "&time=2026": all, "&time=2026-06-01/2026-06-12": older} {
		if d := difference(ask(query), want); d != 0 {
			t.Errorf("%s differs by %.2f", query, d)
		}
	}
	if drawn(ask("&time=1999")) != 0 {
		t.Error("something was there in 1999")
	}
}

// RND-03: an item of a collection is a layer by its id.
func (s *stage) singleItems(t *testing.T) {
	item := s.items[0]
	img, _ := s.getMap(t, item.ID+"__NDVI", "1.3.0", geo.CRS84, item.Geometry.Bound(), 64, "")
	if drawn(img) < .5 {
		t.Errorf("only %.2f is drawn", drawn(img))
	}
	body := get(s.handler, "/ows?service=WMS&request=GetCapabilities&cql="+url.QueryEscape(`identifier="`+item.ID+`"`)).Body.String()
	if strings.Count(body, "<Name>"+item.ID) != 25 || // itself, three browses, outlines, outlined, three looks of each of five masks, four coverages
		strings.Contains(body, "<Name>S2MSI2A") {
		t.Errorf("the capabilities of an item: %s", body)
	}
}

func (s *stage) conditional(t *testing.T) {
	_, first := s.getMap(t, "S2MSI2A", "1.3.0", geo.CRS84, s.bounds(), 64, "")
	r := httptest.NewRequest(http.MethodGet, "/ows?"+mapQuery(s.bounds()), nil)
	r.Header.Set("If-None-Match", first.Header().Get("ETag"))
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
	}
}

func mapQuery(b orb.Bound) string {
	return fmt.Sprintf("service=WMS&version=1.1.1&request=GetMap&layers=S2MSI2A&styles=&srs=EPSG:4326&bbox=%.9f,%.9f,%.9f,%.9f&width=64&height=64&format=image/png&transparent=TRUE",
		b.Min[0], b.Min[1], b.Max[0], b.Max[1])
}

// The tiles of a block are what GetMap gives for each, come row by row, and say when they are empty.
func (s *stage) tiles(t *testing.T) {
	set := grid.GoogleMapsCompatible
	mercator, _ := geo.Plain(geo.WebMercator)
	b := s.bounds()
	x, y := mercator.Forward(b.Min[0], b.Max[1])
	first, _, _ := set.Covering(orb.Bound{Min: orb.Point{x, y - 1}, Max: orb.Point{x + 1, y}}, 13)
	first.Col--
	parts := s.block(t, fmt.Sprintf("layer=S2MSI2A__TRUE_COLOR&grid=%s&z=13&col=%d&row=%d&cols=3&rows=2&format=image/png", set.ID, first.Col, first.Row))
	if len(parts) != 6 {
		t.Fatalf("%d tiles", len(parts))
	}
	full, empty := 0, 0
	for i, part := range parts {
		at := grid.Tile{Z: 13, Col: first.Col + i%3, Row: first.Row + i/3}
		if part.at != at {
			t.Fatalf("tile %d is %v, not %v", i, part.at, at)
		}
		img, want := decode(t, part.body), s.tileMap(t, set.Bounds(at))
		if d := difference(img, want); d > .5 {
			t.Errorf("%v differs from GetMap by %.2f", at, d)
		}
		if part.empty != (drawn(img) == 0) {
			t.Errorf("%v: empty %t, but %.2f is drawn", at, part.empty, drawn(img))
		}
		if part.empty {
			empty++
		} else {
			full++
		}
	}
	if full < 2 || empty < 2 {
		t.Errorf("%d tiles with something, %d without", full, empty)
	}
	s.mixedTiles(t, first, parts)
	jpeg := s.block(t, fmt.Sprintf("layer=S2MSI2A&style=default&grid=WGS84&z=12&col=%d&row=%d&format=image/jpeg&time=2026-06-01/..", 0, 0))
	if len(jpeg) != 1 || !jpeg[0].empty || jpeg[0].kind != "image/jpeg" {
		t.Errorf("a tile far away: %+v", jpeg)
	}
}

// Mixed tiles are JPEG where they are full and PNG elsewhere; what is drawn around a block changes none of its pixels.
func (s *stage) mixedTiles(t *testing.T, first grid.Tile, plain []part) {
	t.Helper()
	query := fmt.Sprintf("layer=S2MSI2A__TRUE_COLOR&grid=GoogleMapsCompatible&z=13&col=%d&row=%d&cols=3&rows=2&buffer=16&format=", first.Col, first.Row)
	center := s.bounds().Center()
	mercator, _ := geo.Plain(geo.WebMercator)
	x, y := mercator.Forward(center[0], center[1])
	within, _, _ := grid.GoogleMapsCompatible.Covering(orb.Bound{Min: orb.Point{x, y}, Max: orb.Point{x, y}}, 18)
	deep := fmt.Sprintf("layer=S2MSI2A__TRUE_COLOR&grid=GoogleMapsCompatible&z=18&col=%d&row=%d&format=", within.Col, within.Row)
	plain = append(plain, s.block(t, deep+"image/png")...)
	kinds := map[string]int{}
	for i, mixed := range append(s.block(t, query+"image/vnd.jpeg-png"), s.block(t, deep+"image/vnd.jpeg-png")...) {
		kinds[mixed.kind]++
		img, want := decode(t, mixed.body), decode(t, plain[i].body)
		full := drawn(want) == 1
		if full != (mixed.kind == "image/jpeg") || mixed.empty != plain[i].empty {
			t.Errorf("%v is %s, empty %t, where %.2f is drawn", mixed.at, mixed.kind, mixed.empty, drawn(want))
		}
		if d := difference(img, want); !full && d > .5 || d > 5 {
			t.Errorf("%v differs by %.2f from the tile drawn without a buffer", mixed.at, d)
		}
	}
	if kinds["image/jpeg"] == 0 || kinds["image/png"] == 0 {
		t.Errorf("the tiles are %v", kinds)
	}
}

func (s *stage) tileMap(t testing.TB, b orb.Bound) image.Image {
	t.Helper()
	w := get(s.handler, fmt.Sprintf("/ows?version=1.3.0&request=GetMap&layers=S2MSI2A__TRUE_COLOR&styles=&crs=EPSG:3857&bbox=%.6f,%.6f,%.6f,%.6f&width=256&height=256&format=image/png&transparent=TRUE",
		b.Min[0], b.Min[1], b.Max[0], b.Max[1]))
	return decode(t, w.Body.Bytes())
}

// part is a tile as it came.
type part struct {
	at    grid.Tile
	kind  string
	empty bool
	body  []byte
}

func (s *stage) block(t testing.TB, query string) []part {
	t.Helper()
	w := get(s.handler, "/internal/tiles?"+query)
	kind, parameters, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
	if w.Code != 200 || err != nil || kind != "multipart/mixed" || !w.Flushed {
		t.Fatalf("%s: %d %v %.300s", query, w.Code, w.Header(), w.Body)
	}
	var parts []part
	for reader := multipart.NewReader(w.Body, parameters["boundary"]); ; {
		p, err := reader.NextPart()
		if err == io.EOF {
			return parts
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		at := grid.Tile{Z: 13}
		if _, err := fmt.Sscan(p.Header.Get("Tile-Col")+" "+p.Header.Get("Tile-Row"), &at.Col, &at.Row); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, part{at, p.Header.Get("Content-Type"), p.Header.Get("Tile-Empty") == "true", body})
	}
}

// Maps of the whole world and beyond are drawn, if only as a background (ETS bbox-outside-crs, bbox-no-overlap).
func (s *stage) farAway(t *testing.T) {
	for _, where := range []string{
		"crs=EPSG:4326&bbox=-90,-180,90,180", "crs=EPSG:4326&bbox=-900,-1800,900,1800", "crs=EPSG:4326&bbox=-10,170,10,190", "crs=EPSG:3857&bbox=-30000000,-30000000,30000000,30000000",
		"crs=EPSG:32633&bbox=-1e7,-1e7,1e7,1e7", "crs=EPSG:32633&bbox=-1e12,-1e12,1e12,1e12", "crs=EPSG:3035&bbox=-1e9,-1e9,1e9,1e9",
	} {
		w := get(s.handler, "/ows?version=1.3.0&request=GetMap&layers=S2MSI2A&styles=&width=64&height=64&format=image/png&"+where)
		if w.Code != 200 || w.Header().Get("Content-Type") != "image/png" {
			t.Errorf("%s: %d %s", where, w.Code, w.Body)
		}
	}
}

// What register asks about a file that is not there, or no raster, fails in words.
func (s *stage) broken(t *testing.T) {
	document := s.items[0].ID + "/" + s.items[0].ID + ".json"
	for name, status := range map[string]int{"nothing.tif": 404, document: 400} {
		w := get(s.handler, "/internal/describe?href="+url.QueryEscape("s3://"+s.bucket+"/"+name))
		if w.Code != status {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}
