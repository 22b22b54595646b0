package main

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/record"
	"perigee/shared/wms"
)

// masksOf are masks of an item as files beside it: one in GeoJSON that covers its west half, and one in GML that covers
// its south half, in the system of its rasters; and the item with both as assets.
func masksOf(t testing.TB, document []byte) (files map[string][]byte, with []byte) {
	t.Helper()
	var item map[string]any
	if err := json.Unmarshal(document, &item); err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(item["geometry"])
	geometry, err := geojson.UnmarshalGeometry(text)
	if err != nil {
		t.Fatal(err)
	}
	west, south := geometry.Geometry().Bound(), geometry.Geometry().Bound()
	west.Max[0] = (west.Min[0] + west.Max[0]) / 2
	south.Max[1] = (south.Min[1] + south.Max[1]) / 2
	collection := geojson.NewFeatureCollection()
	collection.Append(geojson.NewFeature(west.ToPolygon()))
	clouds, err := json.Marshal(collection)
	if err != nil {
		t.Fatal(err)
	}
	utm, _ := geo.Plain(32633)
	var positions strings.Builder
	for _, p := range south.ToRing() {
		x, y := utm.Forward(p[0], p[1])
		fmt.Fprintf(&positions, "%.2f %.2f ", x, y)
	}
	fields := `<eop:Mask xmlns:eop="http://www.opengis.net/eop/2.0" xmlns:gml="http://www.opengis.net/gml/3.2"><gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs:EPSG:8.7.1:32633"/></gml:boundedBy>` +
		`<gml:Polygon gml:id="p"><gml:exterior><gml:LinearRing><gml:posList srsDimension="2">` + positions.String() + `</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></eop:Mask>`
	assets := item["assets"].(map[string]any)
	assets["clouds"] = map[string]any{"href": "./clouds.json", "type": "application/geo+json"}
	assets["fields"] = map[string]any{"href": "./fields.gml", "type": "application/gml+xml"}
	if with, err = json.Marshal(item); err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"clouds.json": clouds, "fields.gml": []byte(fields)}, with
}

// looked is a map of a layer over the whole stage in longitude and latitude. PERIGEE_PICTURES names a folder in which it
// is kept, to be looked at.
func (s *stage) looked(t *testing.T, layer, more string) image.Image {
	t.Helper()
	img, w := s.getMap(t, layer, "1.3.0", geo.CRS84, s.bounds().Pad(.01), 256, more)
	if folder := os.Getenv("PERIGEE_PICTURES"); folder != "" {
		name := strings.NewReplacer("&", "_", "/", "-", "%20", "-", "=", "-").Replace(layer+more) + ".png"
		if err := os.WriteFile(filepath.Join(folder, name), w.Body.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return img
}

// share is the share of the pixels that a test holds for.
func share(img image.Image, holds func(color.NRGBA) bool) float64 {
	n := 0
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if holds(color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)) {
				n++
			}
		}
	}
	return float64(n) / float64(img.Bounds().Dx()*img.Bounds().Dy())
}

func painted(c color.NRGBA) bool        { return c.A > 0 }
func reddish(c color.NRGBA) bool        { return c.A > 128 && c.R > 200 && c.G < 60 && c.B < 60 }
func blueish(c color.NRGBA) bool        { return c.A > 128 && c.B > 200 && c.R < 60 && c.G < 60 }
func colourful(c color.NRGBA) bool      { return c.A > 0 && (c.R != c.G || c.G != c.B) }
func greyish(c color.NRGBA) bool        { return c.A > 0 && c.R == c.G && c.G == c.B }
func yellowish(c color.NRGBA) bool      { return c.A > 128 && c.R > 200 && c.G > 200 && c.B < 60 }
func between(v, low, high float64) bool { return v >= low && v <= high }

// RND-03: every form of a layer's name draws what it says.
func (s *stage) grammar(t *testing.T) {
	plain := s.looked(t, "S2MSI2A", "")
	whole := share(plain, painted)
	t.Run("bands", func(t *testing.T) {
		if d := difference(plain, s.looked(t, "S2MSI2A__bands", "")); d != 0 {
			t.Errorf("differs by %.2f", d)
		}
	})
	t.Run("outlines", func(t *testing.T) {
		red, blue := s.looked(t, "S2MSI2A__outlines", ""), s.looked(t, "S2MSI2A__outlines", "&styles=blue")
		if n := share(red, reddish); !between(n, .005, .1) || share(red, painted) > .2 {
			t.Errorf("%.4f of the map is red, %.4f painted", n, share(red, painted))
		}
		if n := share(blue, blueish); !between(n, .005, .1) {
			t.Errorf("%.4f of the map is blue", n)
		}
	})
	t.Run("outlined", func(t *testing.T) {
		img := s.looked(t, "S2MSI2A__outlined", "")
		if n := share(img, painted); n < whole || share(img, reddish) < .005 {
			t.Errorf("%.4f is painted, %.4f red", n, share(img, reddish))
		}
	})
	t.Run("mask of polygons", func(t *testing.T) {
		mask, masked := s.looked(t, "S2MSI2A__clouds", "&styles=yellow"), s.looked(t, "S2MSI2A__masked_clouds", "")
		if n := share(mask, yellowish); !between(n, .3, .6) {
			t.Errorf("the mask covers %.4f", n)
		}
		if n := share(masked, painted); !between(n, whole*.3, whole*.7) {
			t.Errorf("%.4f of %.4f is left", n, whole)
		}
	})
	t.Run("mask of a raster", func(t *testing.T) {
		masked := share(s.looked(t, "S2MSI2A__NDVI__masked_bright", ""), painted)
		if shown := share(s.looked(t, "S2MSI2A__bright", ""), reddish); !between(shown, .01, .99) || masked <= 0 || masked >= whole {
			t.Errorf("the mask covers %.4f, and leaves %.4f of %.4f", shown, masked, whole)
		}
	})
	t.Run("outlines of what a mask leaves", func(t *testing.T) {
		left, all := s.looked(t, "S2MSI2A__outlines_masked_clouds", ""), s.looked(t, "S2MSI2A__outlines", "")
		if share(left, reddish) < .004 || difference(left, all) == 0 {
			t.Errorf("%.4f is red", share(left, reddish))
		}
	})
	t.Run("a mask that is not there", func(t *testing.T) {
		if d := difference(plain, s.looked(t, "S2MSI2A__masked_never", "")); d != 0 {
			t.Errorf("nothing is marked, but the map differs by %.2f", d)
		}
		if n := share(s.looked(t, "S2MSI2A__masked_valid", ""), painted); n != 0 {
			t.Errorf("nothing is valid, but %.4f is painted", n)
		}
	})
	t.Run("heatmap", func(t *testing.T) {
		img := s.looked(t, "S2MSI2A__heatmap", "&styles=viridis&dim_range=0%202")
		if share(img, painted) < whole || share(img, colourful) < .5 {
			t.Errorf("%.4f is painted, %.4f in colours", share(img, painted), share(img, colourful))
		}
	})
}

// RND-05, RND-07: what a request says of bands, ranges, styles, conditions and order.
func (s *stage) parameters(t *testing.T) {
	t.Run("styles", func(t *testing.T) {
		grey, jet := s.looked(t, "S2MSI2A__NDVI", ""), s.looked(t, "S2MSI2A__NDVI", "&styles=jet")
		if share(grey, greyish) != share(grey, painted) || share(jet, colourful) < .9*share(jet, painted) {
			t.Errorf("%.4f grey, %.4f in colours", share(grey, greyish), share(jet, colourful))
		}
	})
	t.Run("styles of a browse's own", func(t *testing.T) {
		own := s.looked(t, "S2MSI2A__GREENNESS", "")
		if share(own, yellowish) < .02 || share(own, blueish) < .002 || difference(own, s.looked(t, "S2MSI2A__GREENNESS", "&styles=cover")) != 0 {
			t.Errorf("%.4f yellow, %.4f blue", share(own, yellowish), share(own, blueish))
		}
		if difference(s.looked(t, "S2MSI2A__NDVI", "&styles=jet"), s.looked(t, "S2MSI2A__GREENNESS", "&styles=jet")) != 0 {
			t.Error("a ramp that all have looks otherwise")
		}
	})
	t.Run("dim_bands", func(t *testing.T) { // defects 1.9/3 and 1.9/4 of EOxServer
		plain := s.looked(t, "S2MSI2A", "")
		if d := difference(plain, s.looked(t, "S2MSI2A", "&dim_bands=B04,B03,B02&dim_range=0%203000")); d != 0 {
			t.Errorf("the bands of the browse differ from it by %.2f", d)
		}
		if d := difference(plain, s.looked(t, "S2MSI2A", "&dim_wavelength=0.665,0.56,490&dim_ranges=0%203000,0%203000,0%203000")); d != 0 {
			t.Errorf("their wavelengths by %.2f", d)
		}
		if d := difference(plain, s.looked(t, s.items[0].ID, "&dim_bands=B08,B04,B03&dim_range=0%204000")); d < 5 {
			t.Errorf("others of an item by %.2f", d)
		}
		if one := s.looked(t, "S2MSI2A", "&dim_bands=B08"); share(one, greyish) != share(one, painted) || share(one, painted) < .5 {
			t.Errorf("one band: %.4f grey", share(one, greyish))
		}
		if coverage := s.looked(t, s.items[0].ID+"_B08", "&dim_range=0%204000"); share(coverage, greyish) < .1 {
			t.Errorf("a coverage: %.4f", share(coverage, greyish))
		}
	})
	t.Run("cql", func(t *testing.T) {
		first := s.items[0]
		alone, chosen := s.looked(t, first.ID, ""), s.looked(t, "S2MSI2A", "&cql="+url.QueryEscape("identifier = '"+first.ID+"'"))
		if d := difference(alone, chosen); d != 0 || share(alone, painted) < .1 {
			t.Errorf("the item and the collection with its id alone differ by %.2f", d)
		}
		if n := share(s.looked(t, "S2MSI2A", "&cql="+url.QueryEscape("cloudCover > 101 OR eo:cloud_cover < -1")), painted); n != 0 {
			t.Errorf("%.4f has impossible clouds", n)
		}
	})
	t.Run("sortBy", func(t *testing.T) { // RND-04
		newest, oldest := s.looked(t, "S2MSI2A", "&sortBy=beginTime%20D"), s.looked(t, "S2MSI2A", "&sortBy=beginTime%20A")
		if difference(newest, oldest) < 1 || difference(newest, s.looked(t, "S2MSI2A", "")) != 0 {
			t.Error("the order does not matter")
		}
	})
	t.Run("elevation", func(t *testing.T) {
		if difference(s.looked(t, "S2MSI2A", "&elevation=100,200/300"), s.looked(t, "S2MSI2A", "")) != 0 {
			t.Error("what says no elevation is not at all of them")
		}
	})
}

func mapOf(layer string) wms.Map {
	return wms.Map{CRS: geo.CRS84, Bounds: orb.Bound{Min: orb.Point{14, 47}, Max: orb.Point{15, 48}}, Width: 10, Height: 10, Layers: []wms.Layer{{Name: layer}}}
}

// RND-08: limits are answered with outlines, or by hiding.
func TestLimits(t *testing.T) {
	c := testConfig()
	for name, test := range map[string]struct {
		limit           limits
		pictures, lines int
		fills           bool
	}{
		"none":            {limits{}, 2, 0, false},
		"hidden":          {limits{Products: 1, Mode: limitHide}, 1, 0, false},
		"outlines":        {limits{Products: 1, Mode: limitOutlines}, 1, 1, false},
		"too far":         {limits{Zoom: 30, Opacity: .5, Colour: "blue"}, 0, 2, true},
		"near enough":     {limits{Zoom: 3}, 2, 0, false},
		"far and limited": {limits{Zoom: 30, Products: 1, Mode: limitHide}, 0, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			c.Limit = test.limit
			p, err := newPainter(c, testMemory(), nil)
			if err != nil {
				t.Fatal(err)
			}
			m := mapOf("S2L2A")
			shown, _, err := p.shown(t.Context(), system, known(t, p, system), m)
			if err != nil {
				t.Fatal(err)
			}
			pictures, lines := 0, 0
			for _, s := range shown {
				if len(s.Coverages) > 0 {
					pictures++
				}
				if s.Outline != nil {
					lines++
				}
				if (s.Area != nil) != test.fills {
					t.Errorf("area %+v", s.Area)
				}
			}
			if pictures != test.pictures || lines != test.lines {
				t.Errorf("%d pictures, %d outlines", pictures, lines)
			}
		})
	}
	for _, wrong := range []limits{{Mode: "show"}, {Colour: "blurple"}, {Opacity: 2}} {
		if wrong.check() == nil {
			t.Errorf("%+v is taken", wrong)
		}
	}
}

// RND-08: a map of more products than are drawn says so: the others are hidden and that is told, or they are outlines, or
// the map is refused.
func TestTooManyProducts(t *testing.T) {
	store := testMemory()
	for i := range 20 {
		store.products = append(store.products, testProduct("MANY", fmt.Sprintf("P%02d", i), "2022-07-04", "s3://ingest/many.tif"))
	}
	store.extents = append(store.extents, record.Extent{Collection: "MANY", Bounds: orb.Bound{Min: orb.Point{14, 47}, Max: orb.Point{15, 48}}})
	for mode, want := range map[string][2]int{"": {10, 0}, limitHide: {10, 0}, limitOutlines: {10, 10}, limitException: {}} {
		c := testConfig()
		c.Limit.Mode = mode
		c.Products = strings.Replace(c.Products, "  EMPTY: {}", "  MANY: {product_types: [S2MSI2A]}\n  EMPTY: {}", 1)
		c.Products = strings.Replace(c.Products, "collections: [S2L2A]", "collections: [S2L2A, MANY]", 1)
		p, err := newPainter(c, store, nil)
		if err != nil {
			t.Fatal(err)
		}
		shown, read, err := p.shown(t.Context(), system, known(t, p, system), mapOf("MANY"))
		if mode == limitException {
			if fault.KindOf(err) != fault.Invalid || fault.LocatorOf(err) != "layers" || !strings.Contains(err.Error(), "more than 10") {
				t.Errorf("exception: %v", err)
			}
			continue
		}
		got := [2]int{}
		for _, s := range shown {
			if s.Outline == nil {
				got[0]++
			} else {
				got[1]++
			}
		}
		if err != nil || got != want || read.cut != (mode != limitOutlines) || read.cut != strings.Contains(read.String(), "cut") {
			t.Errorf("%q: %d pictures and %d outlines, %s, %v", mode, got[0], got[1], read, err)
		}
	}
}

// The zoom level is that of the pixels' size, in degrees or in metres (EOxServer took metres for degrees).
func TestZoom(t *testing.T) {
	for _, test := range []struct {
		crs    geo.CRS
		width  float64
		pixels int
		want   int
	}{
		{geo.CRS84, 360, 256, 0}, {geo.WGS84, 180, 256, 1}, {geo.WebMercator, 2 * geo.MercatorExtent, 256, 0},
		{geo.WebMercator, 2 * geo.MercatorExtent / 1024, 256, 10}, {32633, 2 * geo.MercatorExtent / 1024, 512, 11}, {geo.CRS84, 3600, 256, -4},
	} {
		m := mapOf("x")
		m.CRS, m.Width, m.Height = test.crs, test.pixels, test.pixels
		m.Bounds = orb.Bound{Max: orb.Point{test.width, test.width}}
		if got := zoomOf(m); got != test.want {
			t.Errorf("%v: %d", test, got)
		}
	}
}
