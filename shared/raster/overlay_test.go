package raster

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"math"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"
	"github.com/paulmach/orb/encoding/wkt"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/product"
	"perigee/shared/record"
)

var (
	red   = color.NRGBA{255, 0, 0, 255}
	green = color.NRGBA{0, 200, 0, 255}
)

// star is a polygon with a hole about a place.
func star(lon, lat, size float64) orb.Polygon {
	var outer, inner orb.Ring
	for i := range 11 {
		r := size * (1 - .55*float64(i%2))
		a := float64(i) / 10 * 2 * math.Pi
		outer = append(outer, orb.Point{lon + r*math.Sin(a), lat + r*math.Cos(a)/1.5})
		inner = append(inner, orb.Point{lon + size/5*math.Sin(a), lat + size/5*math.Cos(a)/1.5})
	}
	return orb.Polygon{outer, inner}
}

// rasterized is what gdal_rasterize burns of a polygon given in the system of the map.
func rasterized(t *testing.T, m Map, g orb.Geometry) []uint8 {
	t.Helper()
	if err := godal.RegisterRaster(godal.Memory); err != nil {
		t.Fatal(err)
	}
	ds, err := godal.Create(godal.Memory, "", 1, godal.Byte, m.Width, m.Height)
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	if err := ds.SetGeoTransform([6]float64{m.Bounds.Min[0], (m.Bounds.Max[0] - m.Bounds.Min[0]) / float64(m.Width), 0, m.Bounds.Max[1], 0, -(m.Bounds.Max[1] - m.Bounds.Min[1]) / float64(m.Height)}); err != nil {
		t.Fatal(err)
	}
	shape, err := godal.NewGeometryFromWKT(wkt.MarshalString(g), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer shape.Close()
	if err := ds.RasterizeGeometry(shape, godal.Values(1)); err != nil {
		t.Fatal(err)
	}
	burnt := make([]uint8, m.Width*m.Height)
	if err := ds.Bands()[0].Read(0, 0, burnt, m.Width, m.Height); err != nil {
		t.Fatal(err)
	}
	return burnt
}

// Areas fill the pixels whose middle lies in the polygon, as gdal_rasterize does.
func TestAreasAgreeWithGdalRasterize(t *testing.T) {
	r := renderer(t, t.TempDir())
	for name, g := range map[string]orb.Geometry{
		"star": star(16, 48, .9), "small": star(16.3, 48.2, .01), "two": orb.MultiPolygon{star(15.5, 48, .3), star(16.5, 48, .3)}, "beyond": star(16, 48, 9),
	} {
		m := Map{CRS: geo.CRS84, Bounds: orb.Bound{Min: orb.Point{15, 47.2}, Max: orb.Point{17, 48.8}}, Width: 400, Height: 320, Transparent: true, Scenes: []Scene{{Area: &Area{Geometry: g, Colour: red}}}}
		p, want := draw(t, r, m), rasterized(t, m, g)
		differing := 0
		for i, w := range want {
			if (px(p, i%m.Width, i/m.Width)[3] != 0) != (w != 0) {
				differing++
			}
		}
		if differing > 0 {
			t.Errorf("%s: %d pixels differ", name, differing)
		}
	}
}

// RND-03: products with outlines, masks inside and outside, by polygons and by rasters.
func TestOverlays(t *testing.T) {
	c := made{kind: godal.Byte, bands: 1, width: 300, height: 300, epsg: 32633, transform: utm10m, value: func(x, y, _ int) float64 { return 100 }}.write(t, "A")
	classes := made{kind: godal.Byte, bands: 1, width: 300, height: 300, epsg: 32633, transform: utm10m, finish: noData(0), value: func(x, y, _ int) float64 { return float64(x / 100) }}.write(t, "SCL")
	root := filepath.Dir(filepath.Dir(c.Href))
	r := renderer(t, root)
	m := shown(t, r, c, geo.WebMercator, 1, 360)
	middle, err := r.Transform(orb.Bound{Min: orb.Point{601500, 5398500}, Max: orb.Point{601500, 5398500}}, 32633, geo.CRS84)
	if err != nil {
		t.Fatal(err)
	}
	disc := star(middle.Min[0], middle.Min[1], .012)
	footprint := ewkb.MustMarshal(r.outline(c.Grid), 4326)
	picture := Scene{Coverages: []record.Coverage{c}, Browse: product.Browse{Grey: &product.Channel{Expression: "A", Range: []float64{0, 255}}}, Footprint: footprint}
	with := func(change func(*Scene)) Scene {
		s := picture
		change(&s)
		return s
	}
	raster := func(validity bool, expression string) Mask {
		return Mask{Validity: validity, Coverages: []record.Coverage{classes}, Expression: expression}
	}
	for name, s := range map[string]struct {
		scene Scene
		want  map[image.Point][4]uint8 // by offset from the middle
	}{
		"picture":  {picture, map[image.Point][4]uint8{{40, 40}: {100, 100, 100, 255}}},
		"outline":  {Scene{Footprint: footprint, Outline: &Outline{Colour: red}}, map[image.Point][4]uint8{{40, 40}: {}, {149, 0}: {255, 0, 0, 255}}},
		"outlined": {with(func(s *Scene) { s.Outline = &Outline{Colour: red, Width: 5} }), map[image.Point][4]uint8{{40, 40}: {100, 100, 100, 255}, {150, 0}: {255, 0, 0, 255}}},
		"valid":    {with(func(s *Scene) { s.Masks = []Mask{{Validity: true, Geometry: disc}} }), map[image.Point][4]uint8{{0, 0}: {}, {0, -40}: {100, 100, 100, 255}, {120, 120}: {}}},
		"invalid":  {with(func(s *Scene) { s.Masks = []Mask{{Geometry: disc}} }), map[image.Point][4]uint8{{0, 0}: {100, 100, 100, 255}, {0, -40}: {}, {120, 120}: {100, 100, 100, 255}}},
		"projected": {with(func(s *Scene) {
			s.Masks = []Mask{{Validity: true, CRS: 32633, Geometry: orb.Bound{Min: orb.Point{600000, 5397000}, Max: orb.Point{601500, 5400000}}}}
		}), map[image.Point][4]uint8{{-10, 0}: {100, 100, 100, 255}, {10, 0}: {}}},
		"no mask at all, valid":  {with(func(s *Scene) { s.Masks = []Mask{{Validity: true}} }), map[image.Point][4]uint8{{0, 0}: {}}},
		"no mask at all":         {with(func(s *Scene) { s.Masks = []Mask{{}} }), map[image.Point][4]uint8{{0, 0}: {100, 100, 100, 255}}},
		"raster":                 {with(func(s *Scene) { s.Masks = []Mask{raster(false, "SCL == 1 or SCL == 2")} }), map[image.Point][4]uint8{{-80, 0}: {100, 100, 100, 255}, {0, 0}: {}, {80, 0}: {}}},
		"raster, valid":          {with(func(s *Scene) { s.Masks = []Mask{raster(true, "")} }), map[image.Point][4]uint8{{-80, 0}: {}, {0, 0}: {100, 100, 100, 255}, {80, 0}: {100, 100, 100, 255}}},
		"two masks":              {with(func(s *Scene) { s.Masks = []Mask{raster(true, "SCL == 2"), {Geometry: disc}} }), map[image.Point][4]uint8{{0, 0}: {}, {120, 0}: {100, 100, 100, 255}}},
		"area of a raster":       {Scene{Area: &Area{Colour: green}, Masks: []Mask{raster(true, "SCL == 2")}}, map[image.Point][4]uint8{{-80, 0}: {}, {0, 0}: {}, {80, 0}: {0, 200, 0, 255}}},
		"line over half an area": {Scene{Area: &Area{Geometry: disc, Colour: color.NRGBA{0, 200, 0, 128}}, Outline: &Outline{Geometry: disc, Colour: red}}, map[image.Point][4]uint8{{0, 0}: {}, {0, -40}: {0, 200, 0, 128}}},
	} {
		m.Scenes = []Scene{s.scene}
		p := draw(t, r, m)
		keep(t, "overlay-"+name, p)
		for at, want := range s.want {
			if got := px(p, 180+at.X, 180+at.Y); got[3] != want[3] || want[3] != 0 && got != want {
				t.Errorf("%s: the pixel %v from the middle is %v, want %v", name, at, got, want)
			}
		}
	}
}

// A line is as wide as it should be, smooth, and has no seams between the parts of a map.
func TestLinesAreSmooth(t *testing.T) {
	r := renderer(t, t.TempDir())
	m := Map{CRS: geo.CRS84, Bounds: orb.Bound{Min: orb.Point{0, 0}, Max: orb.Point{5, 4}}, Width: 500, Height: 400, Transparent: true,
		Scenes: []Scene{{Outline: &Outline{Geometry: orb.LineString{{.5, .5}, {4.5, 3.25}}, Colour: red, Width: 3}}}}
	p := draw(t, r, m)
	keep(t, "line", p)
	sum, some := 0., 0
	for i := 3; i < len(p.Pix); i += 4 {
		sum += float64(p.Pix[i]) / 255
		if p.Pix[i] > 0 && p.Pix[i] < 255 {
			some++
		}
	}
	length := math.Hypot(400, 275)
	if math.Abs(sum-3*length) > .05*3*length || some < 500 {
		t.Errorf("the line covers %.0f pixels, want %.0f; %d of them partly", sum, 3*length, some)
	}
	part := m
	part.Bounds, part.Width, part.Height = orb.Bound{Min: orb.Point{2, 1}, Max: orb.Point{4, 3}}, 200, 200
	of := p.SubPicture(image.Rect(200, 100, 400, 300))
	for q, y := draw(t, r, part), 0; y < 200; y++ {
		if !bytes.Equal(q.row(y), of.row(y)) {
			t.Fatalf("row %d of a part differs", y)
		}
	}
}

// Lines bend where a projection bends them, and go across the antimeridian the short way.
func TestShapesAreProjected(t *testing.T) {
	r := renderer(t, t.TempDir())
	box := orb.Polygon{{{170, -10}, {-170, -10}, {-170, 10}, {170, 10}, {170, -10}}}
	beyond := orb.Polygon{{{170, -10}, {190, -10}, {190, 10}, {170, 10}, {170, -10}}}
	for _, g := range []orb.Geometry{box, beyond} {
		for _, crs := range []geo.CRS{geo.CRS84, geo.WebMercator} {
			full := map[geo.CRS]float64{geo.CRS84: 180, geo.WebMercator: geo.MercatorExtent}[crs]
			m := Map{CRS: crs, Bounds: orb.Bound{Min: orb.Point{-full, -full / 2}, Max: orb.Point{full, full / 2}}, Width: 360, Height: 180, Transparent: true, Scenes: []Scene{{Area: &Area{Geometry: g, Colour: red}}}}
			p := draw(t, r, m)
			for x, want := range map[int]bool{0: true, 9: true, 11: false, 180: false, 348: false, 351: true, 359: true} {
				if got := px(p, x, 90)[3] != 0; got != want {
					t.Errorf("%v: column %d is filled: %v", crs, x, got)
				}
			}
		}
	}
	cap := orb.Polygon{{{-90, 70}, {0, 70}, {90, 70}, {180, 70}, {-90, 70}}}
	flat := Map{CRS: geo.CRS84, Bounds: orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}, Width: 360, Height: 180, Transparent: true, Scenes: []Scene{{Area: &Area{Geometry: cap, Colour: red}}}}
	q := draw(t, r, flat)
	for x := range 360 {
		if px(q, x, 5)[3] == 0 || px(q, x, 19)[3] == 0 || px(q, x, 21)[3] != 0 {
			t.Fatalf("the cap in degrees ends wrongly in column %d", x)
		}
	}
	m := Map{CRS: 3413, Bounds: orb.Bound{Min: orb.Point{-3e6, -3e6}, Max: orb.Point{3e6, 3e6}}, Width: 300, Height: 300, Transparent: true, Scenes: []Scene{{Area: &Area{Geometry: cap, Colour: color.NRGBA{0, 0, 255, 90}}, Outline: &Outline{Geometry: cap, Colour: red}}}}
	p := draw(t, r, m)
	keep(t, "polar", p)
	for i := range 360 { // the parallel is a circle
		a := float64(i) * math.Pi / 180
		x, y := 150+109.4*math.Cos(a), 150+109.4*math.Sin(a)
		if px(p, int(x), int(y))[3] <= 90 {
			t.Fatalf("at %d degrees the parallel is %v", i, px(p, int(x), int(y)))
		}
	}
}

// RND-03: a heatmap counts footprints.
func TestHeatmap(t *testing.T) {
	r := renderer(t, t.TempDir())
	var all []orb.Geometry
	for i := range 4 {
		all = append(all, orb.Bound{Min: orb.Point{float64(i), 0}, Max: orb.Point{float64(i) + 4, 4}})
	}
	steps := Style{Kind: Values, Stops: []Stop{{At: 1, Colour: color.NRGBA{1, 0, 0, 255}}, {At: 2, Colour: color.NRGBA{2, 0, 0, 255}}, {At: 3, Colour: color.NRGBA{3, 0, 0, 255}}, {At: 4, Colour: color.NRGBA{4, 0, 0, 255}}}}
	m := Map{CRS: geo.CRS84, Bounds: orb.Bound{Min: orb.Point{-1, -1}, Max: orb.Point{9, 5}}, Width: 500, Height: 300, Transparent: true, Scenes: []Scene{{Heat: all, Style: &steps}}}
	p := draw(t, r, m)
	for x, want := range map[int]uint8{20: 0, 60: 1, 110: 2, 160: 3, 210: 4, 260: 3, 310: 2, 360: 1, 410: 0} {
		if got := px(p, x, 150); got[0] != want || (got[3] != 0) != (want != 0) {
			t.Errorf("column %d is %v, want %d", x, got, want)
		}
	}
	jet, _ := StyleNamed("jet")
	m.Scenes[0].Style, m.Scenes[0].HeatRange = &jet, [2]float64{}
	if p := draw(t, r, m); px(p, 210, 150) != [4]uint8{127, 0, 0, 255} || px(p, 20, 20)[3] != 0 {
		t.Errorf("most is %v", px(p, 210, 150))
	}
	m.Scenes[0].HeatRange = [2]float64{0, 8}
	if p := draw(t, r, m); px(p, 210, 150)[1] < 250 { // the middle of jet
		t.Errorf("half is %v", px(p, 210, 150))
	}
}

func TestClip(t *testing.T) {
	box := orb.Polygon{{{0, 0}, {4, 0}, {4, 4}, {0, 4}, {0, 0}}}
	half := orb.Polygon{{{2, -1}, {9, -1}, {9, 9}, {2, 9}, {2, -1}}}
	bow := orb.Polygon{{{0, 0}, {4, 4}, {4, 0}, {0, 4}, {0, 0}}} // crosses itself
	for name, c := range map[string]struct {
		g, mask orb.Geometry
		inside  bool
		want    *orb.Bound
	}{
		"inside":   {box, half, true, &orb.Bound{Min: orb.Point{2, 0}, Max: orb.Point{4, 4}}},
		"outside":  {box, half, false, &orb.Bound{Min: orb.Point{0, 0}, Max: orb.Point{2, 4}}},
		"nothing":  {box, orb.Bound{Min: orb.Point{8, 8}, Max: orb.Point{9, 9}}, true, nil},
		"all":      {box, nil, false, &orb.Bound{Max: orb.Point{4, 4}}},
		"no mask":  {box, nil, true, nil},
		"none":     {nil, half, false, nil},
		"bow":      {box, bow, true, &orb.Bound{Max: orb.Point{4, 4}}},
		"of lines": {orb.LineString{{0, 1}, {9, 1}}, box, true, &orb.Bound{Min: orb.Point{0, 1}, Max: orb.Point{4, 1}}},
	} {
		got, err := Clip(c.g, c.mask, c.inside)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if (got == nil) != (c.want == nil) || got != nil && name != "bow" && !got.Bound().Equal(*c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if _, err := Clip(box, orb.Polygon{make(orb.Ring, maxClipped)}, true); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a huge mask answers %v", err)
	}
}

func TestOverlaysAreBounded(t *testing.T) {
	r := renderer(t, t.TempDir())
	m := Map{CRS: geo.CRS84, Bounds: orb.Bound{Max: orb.Point{1, 1}}, Width: 10, Height: 10}
	for name, s := range map[string]Scene{
		"points":  {Area: &Area{Geometry: orb.Polygon{make(orb.Ring, maxVertices+1)}, Colour: red}},
		"width":   {Outline: &Outline{Geometry: star(0, 0, 1), Width: 1e9}},
		"no wkb":  {Footprint: []byte("x"), Outline: &Outline{}},
		"masks":   {Area: &Area{}, Masks: make([]Mask, maxMasks+1)},
		"nothing": {},
		"style":   {Heat: []orb.Geometry{star(0, 0, 1)}, Style: &Style{}},
	} {
		m.Scenes = []Scene{s}
		if _, err := r.Draw(context.Background(), m); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s answers %v", name, err)
		}
	}
	for _, g := range []orb.Geometry{nil, orb.Polygon{}, orb.Polygon{{}}, orb.LineString{}, orb.Point{math.NaN(), 1}, orb.Polygon{{{math.Inf(1), 0}, {1e300, 1}, {0, -1e300}}}, orb.Collection{orb.Point{.5, .5}, nil}} {
		m.Scenes = []Scene{{Area: &Area{Geometry: g, Colour: red}, Outline: &Outline{Geometry: g, Colour: red}}}
		draw(t, r, m)
	}
}
