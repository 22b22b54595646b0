package raster

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/record"
	"perigee/test/scenes/cog"
)

// speck is a coverage of 16 x 16 pixels of a millimetre in the middle of the Web Mercator square.
func speck(t *testing.T) record.Coverage {
	c := synthetic(t, "A", cog.Raster{Width: 16, Height: 16, X: 500000, Y: 5400000, Step: 10}, func(_, _ float64) uint16 { return 2000 })
	c.Grid.CRS, c.Grid.Transform = geo.WebMercator, [6]float64{-.008, .001, 0, .008, 0, -.001}
	return c
}

// A map in which a coverage is far smaller than a pixel takes no more memory than another.
func TestSpeckTakesNoMemory(t *testing.T) {
	c := speck(t)
	r := renderer(t, c.Href[:len(c.Href)-len("/A.tif")])
	for _, half := range []float64{geo.MercatorExtent, 1000} {
		m := Map{CRS: geo.WebMercator, Bounds: orb.Bound{Min: orb.Point{-half, -half}, Max: orb.Point{half, half}}, Width: 255, Height: 255, Scenes: []Scene{{Coverages: []record.Coverage{c}, Browse: grey("A")}}, Transparent: true}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p := draw(t, r, m)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 16<<20 {
			t.Errorf("a map of %g m took %d MiB", 2*half, n>>20)
		}
		if got := px(p, 127, 127); got[3] != 255 || got[0] != 128 {
			t.Errorf("the pixel that shows the coverage is %v", got)
		}
	}
}

func TestStoredGridOfAbsurdSizeIsRefused(t *testing.T) {
	o, c := inMemory(t, 64)
	c.Grid.Width = 1 << 30
	if _, err := overObjects(t, o).Draw(context.Background(), mapOf(c, 64)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a grid of %d columns answers %v", c.Grid.Width, err)
	}
}

func TestMessagesAreWords(t *testing.T) {
	for _, c := range []struct {
		name string
		said []string
		want string
	}{
		{"1f/A.tif", []string{"1f/A.tif: bad", "no\n  way in 1f/A.tif"}, "bad; no way in the file"},
		{"1f/A.tif", []string{"A.tif: bad", "A.tif, band 1: failed", "in BA.tif"}, "bad; the file, band 1: failed; in BA.tif"}, // as GDAL 3.10 says it
		{"1f/b", []string{"b:bad block b"}, "bad block the file"},
		{"", []string{"1f/A.tif: bad", "no\n  way in 1f/A.tif"}, "1f/A.tif: bad; no way in 1f/A.tif"},
	} {
		if got := (&messages{texts: c.said}).text(c.name); got != c.want {
			t.Errorf("%q: %q, want %q", c.said, got, c.want)
		}
	}
}

// What a chunk may read of a file without overviews is bounded; what is not so large is read.
func TestLargeFileNeedsOverviews(t *testing.T) {
	o, c := inMemory(t, 64)
	for side, want := range map[int]string{40_000: "overviews", 30_000: "is being replaced"} {
		c.Grid.Width, c.Grid.Height = side, side
		m := mapOf(c, side)
		m.Width, m.Height = 64, 64
		if _, err := overObjects(t, o).Draw(context.Background(), m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a file of %d x %d pixels answers %v", side, side, err)
		}
	}
}

// The little that a small map shows of a huge file would have to be made of all of it.
func TestReductionsCountByWholeUnits(t *testing.T) {
	levels := levelsOf(geo.Grid{Width: maxSide, Height: maxSide, BlockWidth: 512, BlockHeight: 512})
	for at, want := range []float64{512 * 512, 1024 * 1024, 2048 * 2048} {
		if got := madeOf(levels, levels[at], window{x: 600, y: 700, width: 4, height: 4}); got != want {
			t.Errorf("level %d needs %g pixels, want %g", at, got, want)
		}
	}
	if got := madeOf(levels, levels[11], window{width: 4, height: 4}); got < 1<<40 {
		t.Errorf("a corner of level 11 needs %g pixels", got)
	}
}

// Whatever grid is registered and whatever map is asked for, nothing breaks: a grid need not be that of its file.
func FuzzPlan(f *testing.F) {
	f.Add(uint8(0), 64, 64, 32, 32, 10., 0., 600000., 0., -10., 5400000., 600000., 5399360., 600640., 5400000., uint8(64), uint8(64))
	f.Add(uint8(1), 16, 16, 1, 1, .001, 0., -.008, 0., -.001, .008, -2e7, -2e7, 2e7, 2e7, uint8(255), uint8(1))
	f.Add(uint8(2), 1<<22, 1<<22, 1, 4000, 1e-5, 1e-6, 179., 1e-6, 1e-5, -85., 170., -90., 190., 90., uint8(3), uint8(200))
	f.Add(uint8(3), 300, 1<<20, 300, 2, 1., 0., 0., 0., -1., 0., -1e7, -1e7, 1e7, 1e7, uint8(100), uint8(100))
	f.Add(uint8(58), maxSide, maxSide-73, -73, 3938, 31., 6e-06, 179., -3., 8e-05, -85., 170., -34.8, 190., 90., uint8(3), uint8(200))
	o, c := inMemory(f, 64)
	r, err := New(Config{Objects: o})
	if err != nil {
		f.Fatal(err)
	}
	systems := []geo.CRS{32633, geo.WebMercator, geo.CRS84, 32701}
	f.Fuzz(func(t *testing.T, crs uint8, w, h, ow, oh int, a, b, x, d, e, y, west, south, east, north float64, width, height uint8) {
		cov := c
		cov.Grid.CRS, cov.Grid.Width, cov.Grid.Height = systems[crs%4], w, h
		cov.Grid.Transform, cov.Grid.Overviews = [6]float64{x, a, b, y, d, e}, []geo.Size{{Width: ow, Height: oh}}
		m := Map{CRS: systems[crs/4%4], Bounds: orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}, Width: int(width), Height: int(height), Scenes: []Scene{{Coverages: []record.Coverage{cov}, Browse: grey("A")}}, Transparent: true}
		if _, err := r.Draw(context.Background(), m); err != nil && fault.KindOf(err) == fault.Internal {
			t.Error(err)
		}
	})
}
