package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"io/fs"
	"math"
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

func (s *stage) bounds() orb.Bound {
	b := s.items[0].Geometry.Bound()
	for _, item := range s.items {
		b = b.Union(item.Geometry.Bound())
	}
	return b
}

func mapQuery(b orb.Bound) string {
	return fmt.Sprintf("service=WMS&version=1.1.1&request=GetMap&layers=S2MSI2A&styles=&srs=EPSG:4326&bbox=%.9f,%.9f,%.9f,%.9f&width=64&height=64&format=image/png&transparent=TRUE",
		b.Min[0], b.Min[1], b.Max[0], b.Max[1])
}
