package raster

import (
	"bytes"
	"image"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/product"
	"perigee/shared/record"
)

// gdaldem is what gdaldem makes of a file, as values.
func gdaldem(t *testing.T, href, mode string, switches ...string) []float32 {
	t.Helper()
	ds, err := godal.Open(href)
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	out, err := ds.Dem(filepath.Join(t.TempDir(), "out.tif"), mode, "", switches)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	s := out.Structure()
	values := make([]float32, s.SizeX*s.SizeY)
	if err := out.Bands()[0].Read(0, 0, values, s.SizeX, s.SizeY); err != nil {
		t.Fatal(err)
	}
	return values
}

func heights(t *testing.T) record.Coverage {
	return made{kind: godal.Float32, bands: 1, width: 300, height: 290, epsg: 32633, transform: [6]float64{600000, 10, 0, 5400000, 0, -10}, finish: noData(-1),
		value: func(x, y, _ int) float64 {
			if x > 200 && x < 210 && y < 100 {
				return -1
			}
			return terrain(float64(x), float64(y))
		}}.write(t, "dem")
}

// RND-06: the functions of elevation models against gdaldem.
func TestTerrainAgreesWithGdaldem(t *testing.T) {
	c := heights(t)
	r := renderer(t, filepath.Dir(c.Href))
	for expression, want := range map[string]struct {
		mode      string
		switches  []string
		low, high float64
	}{
		"hillshade(dem)":                                  {"hillshade", nil, 0, 255},
		"hillshade(dem, 2, 1, 100, 30, 'Horn')":           {"hillshade", []string{"-z", "2", "-az", "100", "-alt", "30"}, 0, 255},
		"hillshade(dem,1,2.5,315,45,'ZevenbergenThorne')": {"hillshade", []string{"-s", "2.5", "-alg", "ZevenbergenThorne"}, 0, 255},
		"slopeshade(dem)":                                 {"slope", nil, 0, 90},
		"slopeshade(dem, 3, 'ZevenbergenThorne')":         {"slope", []string{"-s", "3", "-alg", "ZevenbergenThorne"}, 0, 90},
		"aspect(dem)":                                     {"aspect", nil, 0, 360},
		"aspect(dem, True, True)":                         {"aspect", []string{"-trigonometric", "-zero_for_flat"}, 0, 360},
		"aspect(dem,False,False,'ZevenbergenThorne')":     {"aspect", []string{"-alg", "ZevenbergenThorne"}, 0, 360},
		"tri(dem)":          {"TRI", []string{"-alg", "Wilson"}, 0, 200},
		"tri(dem, 'Riley')": {"TRI", []string{"-alg", "Riley"}, 0, 500},
		"tpi(dem)":          {"TPI", nil, -50, 50},
		"roughness(dem)":    {"roughness", nil, 0, 400},
	} {
		values := gdaldem(t, c.Href, want.mode, want.switches...)
		b := c.Grid.Bounds()
		p := draw(t, r, Map{CRS: 32633, Bounds: b, Width: 300, Height: 290, Transparent: true,
			Scenes: []Scene{{Coverages: []record.Coverage{c}, Browse: product.Browse{Grey: &product.Channel{Expression: expression, Range: []float64{want.low, want.high}}}}}})
		none := float32(-9999)
		if want.mode == "hillshade" || slices.Contains(want.switches, "-zero_for_flat") {
			none = 0
		}
		worst, compared, alone := 0.0, 0, 0
		for i, v := range values {
			got := px(p, i%300, i/300)
			if (got[3] == 0) != (v == none) {
				alone++
				continue
			}
			if v == none {
				continue
			}
			compared++
			level := math.Round(min(max((float64(v)-want.low)*255/(want.high-want.low), 0), 255))
			d := math.Abs(float64(got[0]) - level)
			if want.mode == "aspect" { // it goes all around
				d = min(d, 255-d)
			}
			worst = max(worst, d)
		}
		if worst > 1 || alone > 0 || compared < 80000 {
			t.Errorf("%s: differs by up to %g in %d pixels, %d in one only", expression, worst, compared, alone)
		}
	}
}

// A map that is drawn in parts has no seams where functions look around a pixel, in whatever part and order.
func TestTerrainHasNoSeams(t *testing.T) {
	c := heights(t)
	r := renderer(t, filepath.Dir(c.Href))
	for _, expression := range []string{"hillshade(dem)", "tpi(tpi(dem))", "contours(dem, 0, 50)"} {
		for _, crs := range []geo.CRS{geo.WebMercator, geo.CRS84} {
			m := shown(t, r, c, crs, .5, 400)
			m.Scenes = []Scene{{Coverages: []record.Coverage{c}, Browse: product.Browse{Grey: &product.Channel{Expression: expression, Range: []float64{0, 255}}}}}
			whole := draw(t, r, m)
			if whole.Empty() {
				t.Fatalf("%s: nothing is drawn", expression)
			}
			for _, cut := range []image.Rectangle{image.Rect(0, 0, 131, 400), image.Rect(131, 0, 400, 77), image.Rect(131, 77, 400, 400)} {
				part := m
				step := (m.Bounds.Max[0] - m.Bounds.Min[0]) / 400
				part.Bounds = orb.Bound{
					Min: orb.Point{m.Bounds.Min[0] + float64(cut.Min.X)*step, m.Bounds.Max[1] - float64(cut.Max.Y)*step},
					Max: orb.Point{m.Bounds.Min[0] + float64(cut.Max.X)*step, m.Bounds.Max[1] - float64(cut.Min.Y)*step},
				}
				part.Width, part.Height = cut.Dx(), cut.Dy()
				p, of := draw(t, r, part), whole.SubPicture(cut)
				differing := 0
				for y := range p.Height {
					if !bytes.Equal(p.row(y), of.row(y)) {
						for x := range p.Width {
							a, b := px(p, x, y), px(of, x, y)
							if d := int(a[0]) - int(b[0]); d > 2 || d < -2 || a[3] != b[3] {
								differing++
							}
						}
					}
				}
				if differing > cut.Dx()*cut.Dy()/1000 {
					t.Errorf("%s in %v: %d pixels of %v differ", expression, crs, differing, cut)
				}
			}
		}
	}
}

// Degrees and the metres of Web Mercator are metres on the ground for the slope of the ground.
func TestSlopeIsThatOfTheGround(t *testing.T) {
	c := made{kind: godal.Float32, bands: 1, width: 300, height: 300, epsg: 32633, transform: utm10m, value: func(x, _, _ int) float64 { return float64(x) * 10 }}.write(t, "dem")
	r := renderer(t, filepath.Dir(c.Href))
	for _, crs := range []geo.CRS{32633, geo.WebMercator, geo.CRS84, 3035} {
		m := shown(t, r, c, crs, 1, 100)
		m.Scenes = []Scene{{Coverages: []record.Coverage{c}, Browse: product.Browse{Grey: &product.Channel{Expression: "slopeshade(dem)", Range: []float64{0, 255}}}}}
		if got := px(draw(t, r, m), 50, 50); got[0] != 45 {
			t.Errorf("%v: a slope of 45 degrees is %d", crs, got[0])
		}
	}
}

func TestContoursAreLines(t *testing.T) {
	c := made{kind: godal.Float32, bands: 1, width: 64, height: 64, epsg: 32633, transform: utm10m, value: func(x, _, _ int) float64 { return float64(x) }}.write(t, "dem")
	p := drawn(t, c, product.Browse{Grey: &product.Channel{Expression: "contours(dem, 5, 10, -9999)", Range: []float64{0, 255}, NoData: number(-9999)}}, 64)
	for x := 1; x < 63; x++ {
		got, want := px(p, x, 20), [4]uint8{}
		if (x+1-5)%10 == 0 {
			want = [4]uint8{uint8(x + 1), uint8(x + 1), uint8(x + 1), 255}
		}
		if got[3] != want[3] || got[3] != 0 && got != want {
			t.Errorf("column %d is %v, want %v", x, got, want)
		}
	}
}

func number(v float64) *float64 { return &v }

// RND-06: statistics of a band, its scale, and bands by number.
func TestExpressionsAskTheFile(t *testing.T) {
	c := made{kind: godal.Int16, bands: 2, width: 101, height: 101, epsg: 32633, transform: utm10m, value: func(x, _, band int) float64 { return float64(x + 100*band) },
		finish: func(ds *godal.Dataset) error { return ds.SetScaleOffset(.5, -3) }}.write(t, "data")
	c.Bands[0].Name, c.Bands[1].Name = "A", "B"
	c.Bands[0].Minimum, c.Bands[0].Maximum, c.Bands[1].Minimum, c.Bands[1].Maximum = nil, nil, nil, nil
	for expression, want := range map[string]float64{
		"A*0 + percentile(A, 50)":    50,
		"A*0 + percentile(A, 90, 7)": 90,
		"A*0 + statistics_min(B)":    100,
		"A*0 + statistics_max(A)":    100,
		"A*0 + statistics_mean(A)":   50,
		"A*0 + statistics_stddev(A)": 29.15,
		"unscale(A) + 3":             10,
		"data[1]":                    120,
		"data[0] + B":                140,
	} {
		p := drawn(t, c, product.Browse{Grey: &product.Channel{Expression: expression, Range: []float64{0, 255}}}, 101)
		if got := px(p, 20, 50); math.Abs(float64(got[0])-want) > 1 || got[3] != 255 {
			t.Errorf("%s is %v, want %g", expression, got, want)
		}
	}
}
