package raster

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"path/filepath"
	"sync"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/grid"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/test/scenes/cog"
)

// Tiles have no seams: a block of 3 x 3 drawn tile by tile is the block drawn whole, byte for byte.
func TestTilesMeetWithoutSeams(t *testing.T) {
	r, all := products(t)
	x, y := geo.Projection.Forward(must(geo.Plain(geo.WebMercator)), 16.363, 48.69)
	for _, set := range []grid.Set{grid.GoogleMapsCompatible, grid.WGS84} {
		place := orb.Point{x, y}
		if set.CRS.Geographic() {
			place = orb.Point{16.363, 48.69}
		}
		for _, z := range []int{11, 13, 15} {
			first, _, ok := set.Covering(orb.Bound{Min: place, Max: place}, z)
			if !ok {
				t.Fatal("the place is outside the set")
			}
			first.Col, first.Row = first.Col-1, first.Row-1
			m := Map{CRS: set.CRS, Bounds: set.BlockBounds(first, 3, 3), Width: 768, Height: 768, Scenes: scenesOf(trueColour(), all...), Transparent: true}
			whole := draw(t, r, m)
			if whole.Empty() {
				t.Fatalf("%s level %d is empty", set.ID, z)
			}
			fresh := renderer(t, generated.dir) // decodes anew
			for i := range 9 {
				tile := grid.Tile{Z: z, Col: first.Col + i%3, Row: first.Row + i/3}
				m.Bounds, m.Width, m.Height = set.Bounds(tile), 256, 256
				one := draw(t, fresh, m)
				part := whole.SubPicture(image.Rect(i%3*256, i/3*256, i%3*256+256, i/3*256+256))
				a, err := one.Encode(PNG, color.RGBA{})
				if err != nil {
					t.Fatal(err)
				}
				b, err := part.Encode(PNG, color.RGBA{})
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(a, b) {
					t.Errorf("%s: tile %v differs from its part of the block", set.ID, tile)
				}
			}
		}
	}
}

func must(p geo.Projection, ok bool) geo.Projection {
	if !ok {
		panic("no such projection")
	}
	return p
}

// land is a file that has one value east of a slanted line and none west of it.
func land(x, y float64) uint16 {
	if x < 600900+.3*(y-5399000) {
		return 0
	}
	return 2010
}

func TestNoDataNeverBleeds(t *testing.T) {
	c := synthetic(t, "A", cog.Raster{Width: 301, Height: 255, X: 600000, Y: 5400000, Step: 10}, land)
	r := renderer(t, filepath.Dir(c.Href))
	b := product.Browse{Grey: &product.Channel{Expression: "A", Range: []float64{0, 4000}}}
	for _, crs := range []geo.CRS{32633, geo.WebMercator, geo.WGS84, 32632} {
		for _, metres := range []float64{3, 10, 14, 23, 50, 170, 600} {
			resolution := metres
			if crs.Geographic() {
				resolution /= 111320
			}
			middle, err := r.Transform(orb.Bound{Min: orb.Point{601000, 5399000}, Max: orb.Point{601000, 5399000}}, 32633, crs)
			if err != nil {
				t.Fatal(err)
			}
			p := draw(t, r, Map{CRS: crs, Bounds: middle.Pad(64 * resolution), Width: 128, Height: 128, Scenes: []Scene{{Coverages: []record.Coverage{c}, Browse: b}}, Transparent: true})
			seen := 0
			for i := 0; i < len(p.Pix); i += 4 {
				switch p.Pix[i+3] {
				case 0:
				case 255:
					seen++
					if p.Pix[i] != 128 {
						t.Fatalf("%v at %g m: a pixel is %d, not 128", crs, metres, p.Pix[i])
					}
				default:
					t.Fatalf("%v at %g m: a pixel is half transparent: %d", crs, metres, p.Pix[i+3])
				}
			}
			if seen == 0 {
				t.Errorf("%v at %g m: nothing is drawn", crs, metres)
			}
		}
	}
}

// Two scenes that touch leave no pixel between them undrawn, at any scale.
func TestScenesThatTouchLeaveNoGap(t *testing.T) {
	constant := func(x, y float64) uint16 { return 2000 }
	a := synthetic(t, "A", cog.Raster{Width: 200, Height: 200, X: 600000, Y: 5400000, Step: 10}, constant)
	b := synthetic(t, "A", cog.Raster{Width: 200, Height: 200, X: 602000, Y: 5400000, Step: 10}, constant)
	look := product.Browse{Grey: &product.Channel{Expression: "A", Range: []float64{0, 4000}}}
	r, err := New(Config{Objects: folderObjects{}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, crs := range []geo.CRS{geo.WebMercator, 32632, 3035} {
		for _, resolution := range []float64{1.7, 9.3, 16, 31, 77} {
			middle, err := r.Transform(orb.Bound{Min: orb.Point{602000, 5399000}, Max: orb.Point{602000, 5399000}}, 32633, crs)
			if err != nil {
				t.Fatal(err)
			}
			const w, h = 32, 16
			bounds := orb.Bound{Min: orb.Point{middle.Min[0] - w/2*resolution, middle.Min[1] - h/2*resolution}, Max: orb.Point{middle.Min[0] + w/2*resolution, middle.Min[1] + h/2*resolution}}
			p := draw(t, r, Map{CRS: crs, Bounds: bounds, Width: w, Height: h, Transparent: true, Scenes: []Scene{
				{Coverages: []record.Coverage{inFolder(a)}, Browse: look}, {Coverages: []record.Coverage{inFolder(b)}, Browse: look}}})
			if !p.Opaque() && resolution < 60 {
				t.Errorf("%v at %g m has a gap", crs, resolution)
			}
		}
	}
}

// 1.9/18: NDVI is right over water, where a difference of unsigned numbers would wrap.
func TestNDVIOverWaterIsNegative(t *testing.T) {
	value := func(v uint16) func(x, y float64) uint16 { return func(_, _ float64) uint16 { return v } }
	at := cog.Raster{Width: 64, Height: 64, X: 600000, Y: 5400000, Step: 10}
	dir := t.TempDir()
	var all []record.Coverage
	for name, v := range map[string]uint16{"B04": 1300, "B08": 700} {
		all = append(all, inFolder(synthetic(t, name, at, value(v))))
	}
	r, err := New(Config{Objects: folderObjects{}, Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p := draw(t, r, Map{CRS: 32633, Bounds: orb.Bound{Min: orb.Point{600100, 5399500}, Max: orb.Point{600500, 5399900}}, Width: 40, Height: 40,
		Scenes: []Scene{{Coverages: all, Browse: ndviBrowse()}}, Transparent: true})
	want := uint8(math.Round((-.3 + 1) / 2 * 255)) // 89
	for _, at := range [][2]int{{0, 0}, {20, 20}, {39, 39}} {
		if got := px(p, at[0], at[1]); got != [4]uint8{want, want, want, 255} {
			t.Errorf("NDVI -0.3 is drawn as %v, want grey %d", got, want)
		}
	}
}

func TestNDVISeparatesWaterFromFields(t *testing.T) {
	r, all := products(t)
	classes := product.Browse{Grey: &product.Channel{Expression: "SCL", Range: []float64{0, 255}}}
	oldest := all[len(all)-2:] // without clouds
	m := Map{CRS: geo.WebMercator, Bounds: aboutMiddle(t, r, geo.WebMercator, 20, 600, 500), Width: 600, Height: 500, Transparent: true}
	m.Scenes = scenesOf(ndviBrowse(), oldest...)
	index := draw(t, r, m)
	m.Scenes = scenesOf(classes, oldest...)
	class := draw(t, r, m)
	agreed, n := 0, 0
	for i := 0; i < len(index.Pix); i += 4 {
		if class.Pix[i+3] == 0 || index.Pix[i+3] == 0 {
			continue
		}
		n++
		if (class.Pix[i] == 6) == (index.Pix[i] < 120) {
			agreed++
		}
	}
	if n < 100000 || float64(agreed) < .98*float64(n) {
		t.Errorf("NDVI and classification agree in %d of %d pixels", agreed, n)
	}
}

// Bands of different resolution line up: a plane is the same however finely it is sampled.
func TestBandsOfDifferentResolutionLineUp(t *testing.T) {
	slope := func(x, y float64) uint16 { return uint16(math.Round(2000 + (x-600000)/2 + (5400000-y)/4)) }
	var all []record.Coverage
	for name, step := range map[string]float64{"fine": 10, "coarse": 20, "coarser": 60} {
		n := int(2400 / step)
		all = append(all, inFolder(synthetic(t, name, cog.Raster{Width: n, Height: n, X: 600000, Y: 5400000, Step: step}, slope)))
	}
	r, err := New(Config{Objects: folderObjects{}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, expression := range []string{"fine-coarse", "fine-coarser"} {
		for _, resolution := range []float64{5, 10, 17, 40} {
			look := product.Browse{Grey: &product.Channel{Expression: expression, Range: []float64{-12.75, 12.75}}}
			n := int(1500 / resolution)
			p := draw(t, r, Map{CRS: 32633, Bounds: orb.Bound{Min: orb.Point{600420, 5399580 - resolution*float64(n)}, Max: orb.Point{600420 + resolution*float64(n), 5399580}},
				Width: n, Height: n, Scenes: []Scene{{Coverages: all, Browse: look}}, Transparent: true})
			for i := 0; i < len(p.Pix); i += 4 {
				if d := int(p.Pix[i]) - 127; p.Pix[i+3] != 255 || d < -15 || d > 16 { // a unit and a half; half a pixel is 2.5 or more
					t.Fatalf("%s at %g m differs by %.1f", expression, resolution, float64(d)/10)
				}
			}
		}
	}
}

func TestBrowsesOfAllKinds(t *testing.T) {
	r, all := products(t)
	p := all[len(all)-1]
	at := Map{CRS: 32633, Bounds: aboutMiddle(t, r, 32633, 10, 64, 64), Width: 64, Height: 64, Transparent: true}
	nodata := 6.0
	ch := func(e string, rng ...float64) *product.Channel { return &product.Channel{Expression: e, Range: rng} }
	for name, c := range map[string]struct {
		browse product.Browse
		check  func(*Picture) bool
	}{
		"picture":             {product.Browse{Asset: "TCI"}, func(p *Picture) bool { return p.Opaque() && px(p, 3, 3)[0] != px(p, 3, 3)[2] }},
		"picture or bands":    {product.Browse{Asset: "none", Grey: ch("B04", 0, 4000)}, (*Picture).Opaque},
		"red alone is grey":   {product.Browse{Red: ch("B04", 0, 4000)}, func(p *Picture) bool { return px(p, 3, 3)[0] == px(p, 3, 3)[2] }},
		"range from the band": {product.Browse{Grey: ch("B08")}, func(p *Picture) bool { return p.Opaque() }},
		"alpha":               {product.Browse{Grey: ch("B04", 0, 4000), Alpha: ch("127", 0, 255)}, func(p *Picture) bool { return px(p, 3, 3)[3] == 127 }},
		"nodata of a result":  {product.Browse{Grey: &product.Channel{Expression: "SCL*1", Range: []float64{0, 10}, NoData: &nodata}}, func(p *Picture) bool { return !p.Empty() }},
		"reversed range":      {product.Browse{Grey: ch("B04", 4000, 0)}, func(p *Picture) bool { return px(p, 3, 3)[0] > 128 }},
	} {
		at.Scenes = scenesOf(c.browse, p)
		if pic := draw(t, r, at); !c.check(pic) {
			t.Errorf("%s: drawn wrongly: %v", name, px(pic, 3, 3))
		}
	}
	for name, b := range map[string]product.Browse{
		"nothing": {}, "half": {Red: ch("B04"), Green: ch("B03")}, "no such band": {Grey: ch("B99")}, "no such picture": {Asset: "none"},
		"constants": {Grey: ch("1+1")}, "one number": {Grey: ch("B04", 1)}, "empty range": {Grey: ch("B04", 1, 1)}, "syntax": {Grey: ch("B04+")},
	} {
		at.Scenes = scenesOf(b, p)
		if _, err := r.Draw(context.Background(), at); err == nil || !fault.KindOf(err).Permanent() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// RND-04: the first scene is on top, those below show where it has nothing.
func TestScenesAreComposedFromTheTop(t *testing.T) {
	at := cog.Raster{Width: 100, Height: 100, X: 600000, Y: 5400000, Step: 10}
	top := synthetic(t, "A", at, func(x, _ float64) uint16 {
		if x < 600500 {
			return 0
		}
		return 1000
	})
	below := synthetic(t, "A", at, func(_, _ float64) uint16 { return 3000 })
	r, err := New(Config{Objects: folderObjects{}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	look := product.Browse{Grey: &product.Channel{Expression: "A", Range: []float64{0, 4000}}}
	scene := func(c record.Coverage) Scene { return Scene{Coverages: []record.Coverage{inFolder(c)}, Browse: look} }
	m := Map{CRS: 32633, Bounds: orb.Bound{Min: orb.Point{599900, 5398900}, Max: orb.Point{601100, 5400100}}, Width: 120, Height: 120, Scenes: []Scene{scene(top), scene(below)}, Background: &color.RGBA{1, 2, 3, 255}}
	p := draw(t, r, m)
	for x, want := range map[int]uint8{20: 191, 59: 191, 60: 64, 100: 64} {
		if got := px(p, x, 60); got[0] != want || got[3] != 255 {
			t.Errorf("column %d is %v, want %d", x, got, want)
		}
	}
	if got := p.Image().At(2, 2); got != (color.NRGBA{1, 2, 3, 255}) {
		t.Errorf("the background is %v", got)
	}
	half := look
	half.Alpha = &product.Channel{Expression: "A*0+0.5", Range: []float64{0, 1}}
	m.Scenes[0].Browse, m.Transparent = half, true
	p = draw(t, r, m)
	if got := px(p, 100, 60); got[3] != 255 || got[0] < 126 || got[0] > 129 { // between 64 and 191
		t.Errorf("half a scene over another is %v", got)
	}
}

func TestFootprintsSaveWorkButNoPixels(t *testing.T) {
	r, all := products(t)
	m := Map{CRS: geo.WebMercator, Bounds: aboutMiddle(t, r, geo.WebMercator, 30, 300, 300), Width: 300, Height: 300, Transparent: true}
	m.Scenes = scenesOf(trueColour(), all...)
	want := draw(t, r, m)
	for i, p := range all {
		m.Scenes[i].Footprint = ewkb.MustMarshal(r.outline(p.Coverages[0].Grid), 4326)
	}
	if got := draw(t, r, m); !bytes.Equal(got.Pix, want.Pix) {
		t.Error("footprints change the picture")
	}
	for i := range all {
		m.Scenes[i].Footprint = ewkb.MustMarshal(orb.Polygon{{{0, 0}, {1, 0}, {1, 1}, {0, 0}}}, 4326)
	}
	if got := draw(t, r, m); !got.Empty() {
		t.Error("products elsewhere are drawn")
	}
}

func TestLimits(t *testing.T) {
	r, all := products(t)
	small, err := New(Config{Root: generated.dir, MaxPixels: 1000, MaxScenes: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close()
	good := Map{CRS: 32633, Bounds: aboutMiddle(t, r, 32633, 10, 20, 20), Width: 20, Height: 20, Scenes: scenesOf(trueColour(), all[0])}
	if _, err := small.Draw(context.Background(), good); err != nil {
		t.Fatal(err)
	}
	for locator, change := range map[string]func(*Map){
		"width":  func(m *Map) { m.Width = 51 },
		"layers": func(m *Map) { m.Scenes = scenesOf(trueColour(), all...) },
		"bbox":   func(m *Map) { m.Bounds.Max = m.Bounds.Min },
		"crs":    func(m *Map) { m.CRS = 999999 },
	} {
		m := good
		change(&m)
		_, err := small.Draw(context.Background(), m)
		if fault.KindOf(err) != fault.Invalid || fault.LocatorOf(err) != locator {
			t.Errorf("%s: %v (%s)", locator, err, fault.LocatorOf(err))
		}
	}
	for _, b := range []orb.Bound{{Min: orb.Point{math.NaN(), 0}, Max: orb.Point{1, 1}}, {Min: orb.Point{0, 0}, Max: orb.Point{math.Inf(1), 1}}, {Min: orb.Point{0, 0}, Max: orb.Point{5e-324, 1}}} {
		m := good
		m.Bounds = b
		if _, err := small.Draw(context.Background(), m); fault.KindOf(err) != fault.Invalid {
			t.Errorf("bounds %v: %v", b, err)
		}
	}
}

func TestManyDrawAtTheSameTime(t *testing.T) {
	_, all := products(t)
	r, err := New(Config{Root: generated.dir, CacheBytes: 3 << 20}) // less than the map needs
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	m := Map{CRS: geo.WebMercator, Bounds: aboutMiddle(t, r, geo.WebMercator, 15, 400, 300), Width: 400, Height: 300, Scenes: scenesOf(trueColour(), all...), Transparent: true}
	want := draw(t, r, m)
	var wg sync.WaitGroup
	errs := make([]error, 12)
	for i := range errs {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if i%3 == 2 {
				go cancel()
			}
			p, err := r.Draw(ctx, m)
			switch {
			case err != nil && i%3 == 2 && fault.KindOf(err) == fault.Unavailable:
			case err != nil:
				errs[i] = err
			case !bytes.Equal(p.Pix, want.Pix):
				errs[i] = fmt.Errorf("the picture differs")
			}
		})
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			t.Errorf("request %d: %v", i, err)
		}
	}
	if r.blocks.bytes > 3<<20+1<<20 {
		t.Errorf("the cache holds %d bytes", r.blocks.bytes)
	}
}

func TestCancelledDrawingStops(t *testing.T) {
	r, all := products(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := r.Draw(ctx, Map{CRS: 32633, Bounds: aboutMiddle(t, r, 32633, 10, 300, 300), Width: 300, Height: 300, Scenes: scenesOf(trueColour(), all...)})
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a cancelled request answers %v", err)
	}
}
