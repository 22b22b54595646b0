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
	m := messages{texts: []string{"1f/A.tif: bad", "no\n  way in 1f/A.tif"}}
	for name, want := range map[string]string{"1f/A.tif": "bad; no way in the file", "": "1f/A.tif: bad; no way in 1f/A.tif"} {
		if got := m.text(name); got != want {
			t.Errorf("%q", got)
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
