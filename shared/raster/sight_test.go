package raster

import (
	"image"
	"math"
	"slices"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"perigee/shared/geo"
	"perigee/shared/grid"
)

func TestChunksCoverAMapOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := lattice{col: rapid.IntRange(-2000, 2000).Draw(t, "col"), row: rapid.IntRange(-2000, 2000).Draw(t, "row"), width: rapid.IntRange(1, 700).Draw(t, "width"), height: rapid.IntRange(1, 700).Draw(t, "height")}
		area := 0
		for _, c := range l.chunks() {
			r := c.clip.Sub(c.clip.Min).Add(c.at)
			if r.Empty() || !r.In(image.Rect(0, 0, l.width, l.height)) || c.col+c.clip.Min.X != l.col+c.at.X || c.row+c.clip.Min.Y != l.row+c.at.Y {
				t.Fatalf("chunk %+v of %+v", c, l)
			}
			area += r.Dx() * r.Dy()
		}
		if area != l.width*l.height {
			t.Fatalf("chunks have %d pixels, the map %d", area, l.width*l.height)
		}
	})
}

func TestTilesOfALevelShareALattice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := rapid.SampledFrom(grid.Sets()).Draw(t, "set")
		z := rapid.IntRange(0, set.Levels-1).Draw(t, "z")
		cols, rows := set.Size(z)
		n := rapid.IntRange(1, min(cols, rows, 4)).Draw(t, "n")
		first := grid.Tile{Z: z, Col: rapid.IntRange(0, cols-n).Draw(t, "col"), Row: rapid.IntRange(0, rows-n).Draw(t, "row")}
		block := latticeOf(Map{CRS: set.CRS, Bounds: set.BlockBounds(first, n, n), Width: 256 * n, Height: 256 * n})
		last := grid.Tile{Z: z, Col: first.Col + n - 1, Row: first.Row + n - 1}
		tile := latticeOf(Map{CRS: set.CRS, Bounds: set.Bounds(last), Width: 256, Height: 256})
		if tile.horizontal != block.horizontal || tile.vertical != block.vertical || tile.horizontal.base != 0 || tile.vertical.base != 0 ||
			tile.col != block.col+256*(n-1) || tile.row != block.row+256*(n-1) || z > 0 && (tile.col%256 != 0 || tile.row%256 != 0) {
			t.Fatalf("tile %+v, block %+v", tile, block)
		}
	})
}

func TestLevels(t *testing.T) {
	g := geo.Grid{Width: 10980, Height: 10980, BlockWidth: 512, BlockHeight: 512}
	for w := 5490; w > 300; w /= 2 {
		g.Overviews = append(g.Overviews, geo.Size{Width: w, Height: w})
	}
	levels := levelsOf(g)
	if n := len(levels); levels[n-1].width > 16 || !levels[n-1].reduced || levels[len(g.Overviews)].reduced {
		t.Errorf("levels are %+v", levels)
	}
	for _, c := range []struct {
		rx, ry float64
		want   int
	}{{.3, .3, 0}, {1, 1, 0}, {1.8, 1.8, 0}, {2, 2, 1}, {2, 3, 1}, {3.9, 3.9, 2}, {4.1, 9, 2}, {1, 9, 1}, {16, 16, 4}, {200, 200, 7}} {
		if got := choose(levels, c.rx, c.ry); got.index != c.want {
			t.Errorf("a reduction of %v x %v takes level %d, want %d", c.rx, c.ry, got.index, c.want)
		}
	}
	for block, want := range map[int]int{0: 512, 16: 256, 128: 256, 200: 400, 256: 256, 512: 512, 1024: 1024, 4096: 1024} {
		if got := unit(block); got != want {
			t.Errorf("blocks of %d are read by %d, want %d", block, got, want)
		}
	}
	if strips := levelsOf(geo.Grid{Width: 5000, Height: 5000, BlockWidth: 5000, BlockHeight: 1}); strips[0].blockWidth != 1024 || strips[0].blockHeight != 256 {
		t.Errorf("strips are read by %+v", strips[0])
	}
}

// Positions between the points of the net are off by an eighth of a pixel at most.
func TestPositionsAreWithinTheTolerance(t *testing.T) {
	r := renderer(t, t.TempDir())
	g := geo.Grid{CRS: 32633, Transform: [6]float64{499980, 10, 0, 5400000, 0, -10}, Width: 10980, Height: 10980}
	levels := levelsOf(g)
	for _, crs := range []geo.CRS{geo.WebMercator, geo.WGS84, 32632, 32635, 3035} {
		for _, metres := range []float64{2, 10, 60, 400} {
			middle, err := r.Transform(orb.Bound{Min: orb.Point{555000, 5345000}, Max: orb.Point{555000, 5345000}}, 32633, crs)
			if err != nil {
				t.Fatal(err)
			}
			resolution := metres
			if crs.Geographic() {
				resolution /= 111320
			}
			m, err := r.transforms.take(coded(crs), coded(32633))
			if err != nil {
				t.Fatal(err)
			}
			l := latticeOf(Map{CRS: crs, Bounds: middle.Pad(resolution * 200), Width: 400, Height: 400})
			var open spans
			for i := range chunkSide {
				open.hi[i] = chunkSide
			}
			s := &sight{u: make([]int32, chunkSide*chunkSide), v: make([]int32, chunkSide*chunkSide), grid: g, lattice: l, open: &open, mapping: m}
			if !slices.ContainsFunc(l.chunks(), func(c chunk) bool { s.chunk = c; return s.look(levels) }) {
				t.Fatalf("%v at %g m: nothing is seen", crs, metres)
			}
			s.unfold()
			worst := 0.0
			for y := 3; y < chunkSide; y += 7 {
				for x := 1; x < chunkSide; x += 7 {
					s.points(float64(x)+.5, float64(y)+.5)
					p := s.pointOf(0)
					u, v := s.u[y*chunkSide+x], s.v[y*chunkSide+x]
					if x < s.seen.lo[y] || x >= s.seen.hi[y] {
						u = outside
					}
					in := p.u > 1 && p.v > 1 && p.u < float64(s.level.width)-1 && p.v < float64(s.level.height)-1
					if u == outside {
						if in {
							t.Fatalf("%v at %g m: pixel %d,%d is outside", crs, metres, x, y)
						}
						continue
					}
					worst = max(worst, math.Abs(p.u-.5-float64(u)/256), math.Abs(p.v-.5-float64(v)/256))
				}
			}
			if worst > tolerance*1.5 { // the points of the test are not those where it is worst
				t.Errorf("%v at %g m: positions are off by %.3f pixels", crs, metres, worst)
			}
			r.transforms.give(m)
		}
	}
}

func TestKernelsSumToOne(t *testing.T) {
	for _, reduction := range []float64{.2, 1, 1.05, 1.06, 1.5, 2, 2.01, 7.3} {
		for _, cubic := range []bool{false, true} {
			var k kernel
			k.shape((&sight{cubic: cubic}).radius(reduction), cubic)
			for p := range phases {
				var sum float64
				for _, w := range k.of(int32(p)) {
					sum += float64(w)
				}
				last := int(k.first[p]) + k.taps - 1
				if math.Abs(sum-1) > 1e-5 || int(k.first[p]) <= -reach(k.radius)-1 || k.first[p] > 0 || last > reach(k.radius) || float64(last) < float64(p)/phases {
					t.Errorf("reduction %v, phase %d: %v", reduction, p, sum)
				}
			}
		}
	}
}

func TestTransform(t *testing.T) {
	r := renderer(t, t.TempDir())
	whole := orb.Bound{Min: orb.Point{16, 48}, Max: orb.Point{17, 49}}
	for _, crs := range []geo.CRS{geo.WebMercator, 32633, 3035, 31287} {
		there, err := r.Transform(whole, geo.CRS84, crs)
		if err != nil {
			t.Fatal(err)
		}
		back, err := r.Transform(there, crs, geo.CRS84)
		if err != nil {
			t.Fatal(err)
		}
		if !back.Pad(.002).Contains(whole.Min) || !back.Pad(.002).Contains(whole.Max) || back.Max[0]-back.Min[0] > 1.4 {
			t.Errorf("%v: %v came back as %v", crs, whole, back)
		}
	}
	if _, err := r.Transform(whole, geo.CRS84, 123456); err == nil {
		t.Error("an unknown system is accepted")
	}
}
