package raster

import (
	"context"
	"flag"
	"image/color"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/grid"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/test/scenes/scene"
)

var benchScenes = flag.String("scenes", "", "folder of products to measure with (of bin/scenes); small ones are made when empty")

// cpu is the time the processors spent on this process.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measured gives products and their extent for a benchmark.
func measured(b *testing.B) (*Renderer, []record.Product, orb.Bound) {
	b.Helper()
	dir := *benchScenes
	if dir == "" {
		dir = b.TempDir()
		if _, err := scene.Make(scene.Options{Dir: dir, Products: 4, Dates: 2, Size: 2048, Seed: 1, Format: scene.Bands}); err != nil {
			b.Fatal(err)
		}
	}
	r, err := New(Config{Root: dir})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { r.Close() })
	folders, err := filepath.Glob(filepath.Join(dir, "S2*"))
	if err != nil {
		b.Fatal(err)
	}
	var all []record.Product
	for _, f := range folders {
		names := []string{"B02", "B03", "B04", "B08"}
		if _, err := os.Stat(filepath.Join(f, "data.tif")); err == nil {
			names = []string{"data"}
		}
		p, err := described(r, f, names...)
		if err != nil {
			b.Fatal(err)
		}
		if names[0] == "data" {
			for i, n := range []string{"B02", "B03", "B04", "B08"} {
				p.Coverages[0].Bands[i].Name = n
			}
		}
		all = append(all, p)
	}
	extent, err := r.Transform(all[0].Coverages[0].Grid.Bounds(), 32633, 3857)
	if err != nil {
		b.Fatal(err)
	}
	return r, all, extent
}

// tilesIn lists the tiles of a level that lie within bounds, or touch them if none does.
func tilesIn(b orb.Bound, z int) []grid.Tile {
	var inner, outer []grid.Tile
	from, to, _ := grid.GoogleMapsCompatible.Covering(b, z)
	for row := from.Row; row <= to.Row; row++ {
		for col := from.Col; col <= to.Col; col++ {
			t := grid.Tile{Z: z, Col: col, Row: row}
			outer = append(outer, t)
			if tb := grid.GoogleMapsCompatible.Bounds(t); b.Contains(tb.Min) && b.Contains(tb.Max) {
				inner = append(inner, t)
			}
		}
	}
	if len(inner) > 0 {
		return inner
	}
	return outer
}

// Tiles of 256 x 256 pixels in EPSG:3857, drawn and encoded as PNG; cpu-ms is what the processors spent on one.
func BenchmarkTile(b *testing.B) {
	r, all, extent := measured(b)
	look := map[string]product.Browse{"rgb": trueColour(), "ndvi": ndviBrowse()}
	for _, c := range []struct {
		name, browse string
		z            int
		products     int
		shuffled     bool
	}{
		{"rgb-z11-random", "rgb", 11, 1, true}, {"rgb-z13-random", "rgb", 13, 1, true}, {"rgb-z13-scan", "rgb", 13, 1, false},
		{"rgb-z14-random", "rgb", 14, 1, true}, {"rgb-z14-scan", "rgb", 14, 1, false}, {"ndvi-z13-random", "ndvi", 13, 1, true},
		{"mosaic-z7", "rgb", 7, len(all), true}, {"mosaic-z9", "rgb", 9, len(all), true}, {"mosaic-z12", "rgb", 12, len(all), true},
	} {
		tiles := tilesIn(extent, c.z)
		if c.shuffled {
			rand.New(rand.NewPCG(1, 2)).Shuffle(len(tiles), func(i, j int) { tiles[i], tiles[j] = tiles[j], tiles[i] })
		}
		b.Run(c.name, func(b *testing.B) {
			scenes := scenesOf(look[c.browse], all[:c.products]...)
			before, bytes, i := cpu(), 0, 0
			for b.Loop() {
				p, err := r.Draw(context.Background(), Map{CRS: 3857, Bounds: grid.GoogleMapsCompatible.Bounds(tiles[i%len(tiles)]), Width: 256, Height: 256, Scenes: scenes, Transparent: true})
				if err != nil {
					b.Fatal(err)
				}
				out, err := p.Encode(PNG, color.RGBA{})
				if err != nil {
					b.Fatal(err)
				}
				bytes += len(out)
				i++
			}
			b.ReportMetric(float64((cpu()-before).Microseconds())/1000/float64(b.N), "cpu-ms")
			b.ReportMetric(float64(bytes)/1024/float64(b.N), "KiB")
		})
	}
}
