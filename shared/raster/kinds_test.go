package raster

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/product"
	"perigee/shared/record"
)

// made is a file to be made by GDAL itself.
type made struct {
	kind      godal.DataType
	bands     int
	width     int
	height    int
	epsg      int
	transform [6]float64
	options   []string
	finish    func(*godal.Dataset) error
	value     func(x, y, band int) float64
}

func (m made) write(t *testing.T, name string) record.Coverage {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".tif")
	m.create(t, path)
	return described1(t, path, name)
}

// create makes the file.
func (m made) create(t testing.TB, path string) {
	t.Helper()
	if err := prepareGDAL(); err != nil {
		t.Fatal(err)
	}
	ds, err := godal.Create(godal.GTiff, path, m.bands, m.kind, m.width, m.height, godal.CreationOption(m.options...))
	if err != nil {
		t.Fatal(err)
	}
	if m.epsg > 0 {
		sr, err := godal.NewSpatialRefFromEPSG(m.epsg)
		if err != nil {
			t.Fatal(err)
		}
		defer sr.Close()
		if err := ds.SetSpatialRef(sr); err != nil {
			t.Fatal(err)
		}
		if err := ds.SetGeoTransform(m.transform); err != nil {
			t.Fatal(err)
		}
	}
	if m.finish != nil {
		if err := m.finish(ds); err != nil {
			t.Fatal(err)
		}
	}
	for b, band := range ds.Bands() {
		samples := make([]float64, m.width*m.height)
		for i := range samples {
			samples[i] = m.value(i%m.width, i/m.width, b)
		}
		if err := band.Write(0, 0, samples, m.width, m.height); err != nil {
			t.Fatal(err)
		}
	}
	if err := ds.Close(); err != nil {
		t.Fatal(err)
	}
}

var utm10m = [6]float64{600000, 10, 0, 5400000, 0, -10}

func drawn(t *testing.T, c record.Coverage, b product.Browse, n int) *Picture {
	t.Helper()
	side := float64(n) * 10
	return draw(t, renderer(t, filepath.Dir(c.Href)), Map{CRS: 32633, Bounds: orb.Bound{Min: orb.Point{600000, 5400000 - side}, Max: orb.Point{600000 + side, 5400000}},
		Width: n, Height: n, Scenes: []Scene{{Coverages: []record.Coverage{c}, Browse: b}}, Transparent: true})
}

func TestDataTypes(t *testing.T) {
	for _, kind := range []godal.DataType{godal.Byte, godal.UInt16, godal.Int16, godal.UInt32, godal.Int32, godal.Float32, godal.Float64} {
		nodata := 9.0
		c := made{kind: kind, bands: 1, width: 40, height: 30, epsg: 32633, transform: utm10m, finish: func(ds *godal.Dataset) error { return ds.SetNoData(nodata) },
			value: func(x, y, _ int) float64 {
				if x < 5 {
					return nodata
				}
				return float64(x + y)
			}}.write(t, "A")
		p := drawn(t, c, product.Browse{Grey: &product.Channel{Expression: "A", Range: []float64{0, 255}}}, 30)
		for _, at := range [][2]int{{5, 0}, {20, 9}, {29, 29}} {
			if got := px(p, at[0], at[1]); int(got[0]) != at[0]+at[1] || got[3] != 255 {
				t.Errorf("%v: pixel %v is %v", kind, at, got)
			}
		}
		if got := px(p, 4, 10); got[3] != 0 {
			t.Errorf("%v: no data is drawn as %v", kind, got)
		}
	}
}

func TestFloatsThatAreNoNumbersAreNoData(t *testing.T) {
	c := made{kind: godal.Float32, bands: 1, width: 20, height: 20, epsg: 32633, transform: utm10m, value: func(x, _, _ int) float64 {
		return map[bool]float64{true: math.NaN(), false: 5}[x < 10]
	}}.write(t, "A")
	p := drawn(t, c, product.Browse{Grey: &product.Channel{Expression: "A+1", Range: []float64{0, 255}}}, 20)
	if px(p, 9, 5)[3] != 0 || px(p, 10, 5) != [4]uint8{6, 6, 6, 255} {
		t.Errorf("beside each other: %v %v", px(p, 9, 5), px(p, 10, 5))
	}
}

func TestPictureWithPalette(t *testing.T) {
	colours := [][4]int16{{0, 0, 0, 255}, {255, 0, 0, 255}, {0, 200, 0, 255}}
	c := made{kind: godal.Byte, bands: 1, width: 40, height: 40, epsg: 32633, transform: utm10m, value: func(x, _, _ int) float64 { return float64(x / 10) },
		finish: func(ds *godal.Dataset) error {
			if err := ds.SetNoData(0); err != nil {
				return err
			}
			return ds.Bands()[0].SetColorTable(godal.ColorTable{PaletteInterp: godal.RGBPalette, Entries: colours})
		}}.write(t, "classes")
	p := drawn(t, c, product.Browse{Asset: "classes"}, 40)
	for x, want := range map[int][4]uint8{15: {255, 0, 0, 255}, 19: {255, 0, 0, 255}, 20: {0, 200, 0, 255}} {
		if got := px(p, x, 7); got != want {
			t.Errorf("column %d is %v, want %v", x, got, want)
		}
	}
	if got := px(p, 5, 7); got[3] != 0 {
		t.Errorf("no data is %v", got)
	}
}

func TestPictureWithOpacity(t *testing.T) {
	c := made{kind: godal.Byte, bands: 4, width: 40, height: 40, epsg: 32633, transform: utm10m, options: []string{"PHOTOMETRIC=RGB", "ALPHA=YES"},
		value: func(x, _, band int) float64 { return []float64{10, 20, 30, float64(x / 20 * 255)}[band] }}.write(t, "visual")
	p := drawn(t, c, product.Browse{Asset: "visual"}, 40)
	if got := px(p, 30, 7); got != [4]uint8{10, 20, 30, 255} {
		t.Errorf("opaque is %v", got)
	}
	if got := px(p, 10, 7); got[3] != 0 {
		t.Errorf("transparent is %v", got)
	}
}

func TestPictureWithMask(t *testing.T) {
	c := made{kind: godal.Byte, bands: 3, width: 64, height: 64, epsg: 32633, transform: utm10m, options: []string{"PHOTOMETRIC=RGB"},
		value: func(_, _, band int) float64 { return float64(10 * (band + 1)) },
		finish: func(ds *godal.Dataset) error {
			m, err := ds.CreateMaskBand(maskPerDataset, godal.ConfigOption("GDAL_TIFF_INTERNAL_MASK=YES"))
			if err != nil {
				return err
			}
			mask := make([]byte, 64*64)
			for i := range mask {
				if i%64 >= 32 {
					mask[i] = 255
				}
			}
			return m.Write(0, 0, mask, 64, 64)
		}}.write(t, "visual")
	p := drawn(t, c, product.Browse{Asset: "visual"}, 64)
	if got := px(p, 32, 7); got != [4]uint8{10, 20, 30, 255} {
		t.Errorf("inside the mask is %v", got)
	}
	if got := px(p, 31, 7); got[3] != 0 {
		t.Errorf("outside the mask is %v", got)
	}
}

// A file without overviews is reduced here, so that a small map of it does not alias.
func TestFileWithoutOverviewsIsAveraged(t *testing.T) {
	c := made{kind: godal.UInt16, bands: 1, width: 1600, height: 1600, epsg: 32633, transform: utm10m, options: []string{"TILED=YES"}, value: func(x, y, _ int) float64 {
		return float64((x + y) % 2 * 200) // a chess board
	}}.write(t, "A")
	if len(c.Grid.Overviews) != 0 {
		t.Fatal("there are overviews")
	}
	r := renderer(t, filepath.Dir(c.Href))
	for _, n := range []int{700, 350, 100, 37, 11} {
		p := draw(t, r, Map{CRS: 32633, Bounds: c.Grid.Bounds(), Width: n, Height: n, Scenes: []Scene{{Coverages: []record.Coverage{c}, Browse: product.Browse{Grey: &product.Channel{Expression: "A", Range: []float64{0, 255}}}}}})
		if !p.Opaque() {
			t.Errorf("%d pixels: not opaque", n)
		}
		for i := 0; i < len(p.Pix); i += 4 {
			if v := int(p.Pix[i]); v < 90 || v > 110 {
				t.Fatalf("%d pixels: a grey of %d where the average is 100", n, v)
			}
		}
	}
}

// A coverage all around the earth has no seam at the antimeridian, and shows beyond it.
func TestCoverageAroundTheEarth(t *testing.T) {
	c := made{kind: godal.Byte, bands: 1, width: 720, height: 360, epsg: 4326, transform: [6]float64{-180, .5, 0, 90, 0, -.5}, options: []string{"TILED=YES"},
		value: func(x, _, _ int) float64 { return 100 + 100*math.Cos(float64(x)/720*2*math.Pi) }}.write(t, "A")
	r := renderer(t, filepath.Dir(c.Href))
	scenes := []Scene{{Coverages: []record.Coverage{c}, Browse: product.Browse{Grey: &product.Channel{Expression: "A", Range: []float64{0, 255}}}}}
	e := geo.MercatorExtent
	for _, m := range []Map{
		{CRS: geo.WebMercator, Bounds: orb.Bound{Min: orb.Point{-e, -e}, Max: orb.Point{e, e}}, Width: 256, Height: 256},
		{CRS: geo.WebMercator, Bounds: orb.Bound{Min: orb.Point{e - 1e6, 0}, Max: orb.Point{e + 1e6, 2e6}}, Width: 200, Height: 200},
		{CRS: geo.CRS84, Bounds: orb.Bound{Min: orb.Point{170, -10}, Max: orb.Point{190, 10}}, Width: 200, Height: 200},
		{CRS: 3031, Bounds: orb.Bound{Min: orb.Point{-3e6, -3e6}, Max: orb.Point{3e6, 3e6}}, Width: 150, Height: 150}, // about the pole
	} {
		m.Scenes, m.Transparent = scenes, true
		p := draw(t, r, m)
		if !p.Opaque() {
			t.Errorf("%v %v is not covered", m.CRS, m.Bounds)
		}
		if m.CRS == 3031 {
			continue
		}
		for x := 1; x < m.Width; x++ {
			if a, b := int(px(p, x-1, 100)[0]), int(px(p, x, 100)[0]); a-b > 3 || b-a > 3 {
				t.Errorf("%v: between the columns %d and %d the grey jumps from %d to %d", m.CRS, x-1, x, a, b)
			}
		}
	}
}

func TestGridThatIsIncompleteIsAskedOfTheFile(t *testing.T) {
	c := made{kind: godal.UInt16, bands: 1, width: 100, height: 100, epsg: 32633, transform: utm10m, value: func(x, _, _ int) float64 { return float64(x) }}.write(t, "A")
	want := drawn(t, c, grey("A"), 50)
	for name, change := range map[string]func(*geo.Grid){
		"nothing":    func(g *geo.Grid) { *g = geo.Grid{} },
		"place only": func(g *geo.Grid) { *g = geo.Grid{CRS: g.CRS, Transform: g.Transform, Width: g.Width, Height: g.Height} },
		"half size": func(g *geo.Grid) {
			*g = geo.Grid{CRS: g.CRS, Transform: [6]float64{600000, 20, 0, 5400000, 0, -20}, Width: 50, Height: 50}
		},
	} {
		d := c
		change(&d.Grid)
		if got := drawn(t, d, grey("A"), 50); string(got.Pix) != string(want.Pix) {
			t.Errorf("%s: the picture differs", name)
		}
	}
	lost := made{kind: godal.UInt16, bands: 1, width: 10, height: 10, value: func(_, _, _ int) float64 { return 1 }}.write(t, "A")
	if lost.Grid.Valid() {
		t.Error("a file without a place has one")
	}
	m := Map{CRS: 32633, Bounds: orb.Bound{Max: orb.Point{1, 1}}, Width: 10, Height: 10, Scenes: []Scene{{Coverages: []record.Coverage{lost}, Browse: grey("A")}}}
	if _, err := renderer(t, filepath.Dir(lost.Href)).Draw(context.Background(), m); fault.KindOf(err) != fault.Invalid {
		t.Errorf("drawing it answers %v", err)
	}
}

func TestGridThatNoLongerFitsTheFile(t *testing.T) {
	c := made{kind: godal.UInt16, bands: 1, width: 100, height: 100, epsg: 32633, transform: utm10m, value: func(x, _, _ int) float64 { return 1 }}.write(t, "A")
	c.Grid.Width = 101
	m := Map{CRS: 32633, Bounds: c.Grid.Bounds(), Width: 100, Height: 100, Scenes: []Scene{{Coverages: []record.Coverage{c}, Browse: grey("A")}}}
	if _, err := renderer(t, filepath.Dir(c.Href)).Draw(context.Background(), m); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("drawing answers %v", err)
	}
}

// Products of the Copernicus archive are JPEG 2000.
func TestJPEG2000(t *testing.T) {
	if _, ok := godal.RasterDriver("JP2OpenJPEG"); !ok {
		t.Log("this GDAL has no JPEG 2000")
		return
	}
	c := made{kind: godal.UInt16, bands: 1, width: 700, height: 600, epsg: 32633, transform: utm10m, value: func(x, y, _ int) float64 { return float64(1000 + x + 2*y) }}.write(t, "A")
	ds, err := godal.Open(c.Href)
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	path := filepath.Join(t.TempDir(), "A.jp2")
	out, err := ds.Translate(path, []string{"-of", "JP2OpenJPEG", "-co", "QUALITY=100", "-co", "REVERSIBLE=YES"}, godal.ErrLogger(new(messages).handle))
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	j := described1(t, path, "A")
	if j.Grid.CRS != 32633 || len(j.Grid.Overviews) == 0 {
		t.Errorf("the grid is %+v", j.Grid)
	}
	want, got := drawn(t, c, grey("A"), 500), drawn(t, j, grey("A"), 500)
	if string(want.Pix) != string(got.Pix) {
		t.Error("the pictures differ")
	}
	size, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, size.Size()/2); err != nil {
		t.Fatal(err)
	}
	_, err = renderer(t, filepath.Dir(path)).Describe(context.Background(), path)
	if fault.KindOf(err) != fault.Invalid || strings.Count(err.Error(), "A.jp2") != 1 || strings.Contains(err.Error(), "\n") {
		t.Errorf("half a file answers %v", err)
	}
}
