package raster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/test/scenes/cog"
	"perigee/test/scenes/scene"
)

// generated is a folder of generated products, made once for all tests.
var generated struct {
	once     sync.Once
	dir      string
	products []record.Product // newest first
	err      error
}

const sampleSize = 1100

func TestMain(m *testing.M) {
	code := m.Run()
	if generated.dir != "" {
		os.RemoveAll(generated.dir)
	}
	os.Exit(code)
}

// products gives the sample and a renderer of its own that may read it.
func products(t testing.TB) (*Renderer, []record.Product) {
	t.Helper()
	generated.once.Do(func() {
		if generated.dir, generated.err = os.MkdirTemp("", "scenes"); generated.err != nil {
			return
		}
		items, err := scene.Make(scene.Options{Dir: generated.dir, Products: 4, Dates: 2, Size: sampleSize, Seed: 1, Format: scene.Visual})
		if err != nil {
			generated.err = err
			return
		}
		r, err := New(Config{Root: generated.dir})
		if err != nil {
			generated.err = err
			return
		}
		defer r.Close()
		for i := len(items) - 1; i >= 0; i-- {
			p, err := described(r, filepath.Dir(items[i]), "B02", "B03", "B04", "B08", "SCL", "TCI")
			if err != nil {
				generated.err = err
				return
			}
			generated.products = append(generated.products, p)
		}
	})
	if generated.err != nil {
		t.Fatal(generated.err)
	}
	r, err := New(Config{Root: generated.dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r, generated.products
}

// described makes the coverages of the files in a folder, as registration does.
func described(r *Renderer, dir string, names ...string) (record.Product, error) {
	p := record.Product{Key: record.Key{ID: filepath.Base(dir)}}
	for _, name := range names {
		href := filepath.Join(dir, name+".tif")
		d, err := r.Describe(context.Background(), href)
		if err != nil {
			return p, fmt.Errorf("%s: %w", name, err)
		}
		c := record.Coverage{Asset: name, Href: href, Grid: d.Grid, Bands: d.Bands}
		if len(c.Bands) == 1 {
			c.Bands[0].Name = name
		}
		p.Coverages = append(p.Coverages, c)
	}
	return p, nil
}

func trueColour() product.Browse {
	c := func(band string) *product.Channel {
		return &product.Channel{Expression: band, Range: []float64{0, 4000}}
	}
	return product.Browse{Red: c("B04"), Green: c("B03"), Blue: c("B02")}
}

func ndviBrowse() product.Browse {
	return product.Browse{Grey: &product.Channel{Expression: "(B08-B04)/(B08+B04)", Range: []float64{-1, 1}}}
}

func scenesOf(b product.Browse, products ...record.Product) []Scene {
	var all []Scene
	for _, p := range products {
		all = append(all, Scene{Coverages: p.Coverages, Browse: b})
	}
	return all
}

func draw(t testing.TB, r *Renderer, m Map) *Picture {
	t.Helper()
	p, err := r.Draw(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Flaws {
		t.Fatal(f.Err)
	}
	return p
}

// around gives bounds of a map of width x height pixels about a place near the middle of the sample.
func aboutMiddle(t testing.TB, r *Renderer, crs geo.CRS, resolution float64, width, height int) orb.Bound {
	t.Helper()
	b, err := r.Transform(orb.Bound{Min: orb.Point{600400, 5394500}, Max: orb.Point{600400, 5394500}}, 32633, crs)
	if err != nil {
		t.Fatal(err)
	}
	w, h := resolution*float64(width)/2, resolution*float64(height)/2
	return orb.Bound{Min: orb.Point{b.Min[0] - w, b.Min[1] - h}, Max: orb.Point{b.Min[0] + w, b.Min[1] + h}}
}

// synthetic writes a GeoTIFF in EPSG:32633 whose pixels are a function, and describes it as a coverage with one band.
func synthetic(t testing.TB, name string, r cog.Raster, value func(x, y float64) uint16) record.Coverage {
	t.Helper()
	nodata := uint16(0)
	r.EPSG, r.NoData = 32633, &nodata
	if r.Bits == 0 {
		r.Bits = 16
	}
	samples := make([]uint16, r.Width*r.Height)
	for i := range samples {
		samples[i] = value(r.X+(float64(i%r.Width)+.5)*r.Step, r.Y-(float64(i/r.Width)+.5)*r.Step)
	}
	r.Bands = [][]uint16{samples}
	var file bytes.Buffer
	if err := cog.Write(&file, r); err != nil {
		t.Fatal(err)
	}
	return stored(t, name, file.Bytes())
}

// stored writes a file to a folder of its own and describes it.
func stored(t testing.TB, name string, file []byte) record.Coverage {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, name+".tif")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	return described1(t, path, name)
}

func described1(t testing.TB, path, name string) record.Coverage {
	t.Helper()
	r := renderer(t, filepath.Dir(path))
	d, err := r.Describe(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	c := record.Coverage{Asset: name, Href: path, Grid: d.Grid, Bands: d.Bands}
	if len(c.Bands) == 1 {
		c.Bands[0].Name = name
	}
	return c
}

func renderer(t testing.TB, root string) *Renderer {
	t.Helper()
	r, err := New(Config{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// px is a pixel of a picture.
func px(p *Picture, x, y int) [4]uint8 { return [4]uint8(p.row(y)[4*x:]) }

func withHref(c record.Coverage, href string) record.Coverage {
	c.Href = href
	return c
}
