package ground

import (
	"math"
	"slices"
	"testing"
)

var small = View{X: 599000, Y: 5400000, Step: 10, Width: 300, Height: 250, Day: 14, Cover: .3}

func TestTheSameViewIsPaintedTheSame(t *testing.T) {
	a, b := New(7).Look(small), New(7).Look(small)
	for i := range a.Bands {
		if !slices.Equal(a.Bands[i], b.Bands[i]) {
			t.Fatalf("band %d differs between two runs", i)
		}
	}
	if other := New(8).Look(small); slices.Equal(a.Bands[0], other.Bands[0]) {
		t.Error("another seed paints the same")
	}
}

func TestNeighboursContinueEachOther(t *testing.T) {
	g := New(1)
	whole := g.Look(small)
	part := small
	part.X, part.Y, part.Width, part.Height = small.X+100*10, small.Y-37*10, 150, 120
	view := g.Look(part)
	for b := range whole.Bands {
		for y := range part.Height {
			got, want := view.Bands[b][y*part.Width:][:part.Width], whole.Bands[b][(y+37)*small.Width+100:][:part.Width]
			// The outermost columns take their slopes from one side only.
			for x := 1; x < part.Width-1; x++ {
				if got[x] != want[x] {
					t.Fatalf("band %d at %d,%d: %d in the part, %d in the whole", b, x, y, got[x], want[x])
				}
			}
		}
	}
}

func TestWaterAndVegetationDifferInNDVI(t *testing.T) {
	im := New(1).Look(View{X: 596000, Y: 5400000, Step: 20, Width: 700, Height: 500, Day: 10})
	var sum, n [10]float64
	for i, c := range im.Class {
		red, nir := float64(im.Bands[2][i]), float64(im.Bands[3][i])
		sum[c] += (nir - red) / (nir + red)
		n[c]++
	}
	if n[Water] < 1000 || n[Vegetation] < 1000 || n[Bare] < 1000 {
		t.Fatalf("classes are missing: %v", n)
	}
	water, green := sum[Water]/n[Water], sum[Vegetation]/n[Vegetation]
	if water > -.2 || green < .4 {
		t.Errorf("NDVI of water %.2f, of vegetation %.2f", water, green)
	}
}

func TestWhatIsNotSeenIsEmpty(t *testing.T) {
	v := small
	v.Seen = func(x, y float64) bool { return x > 600000 }
	im := New(1).Look(v)
	for i, c := range im.Class {
		seen := i%v.Width >= 100
		if (c != NoData) != seen || (im.Bands[0][i] != 0) != seen {
			t.Fatalf("pixel %d: class %d, value %d, seen %v", i, c, im.Bands[0][i], seen)
		}
	}
}

func TestCloudinessFollowsWhatIsAsked(t *testing.T) {
	g := New(3)
	for _, cover := range []float64{0, .2, .6} {
		im := g.Look(View{X: 500000, Y: 5400000, Step: 1000, Width: 200, Height: 200, Day: 3, Cover: cover})
		n := 0.0
		for _, c := range im.Class {
			if c == Cloud || c == ThinCloud {
				n++
			}
		}
		if got := n / float64(len(im.Class)); math.Abs(got-cover) > .12 {
			t.Errorf("%.0f %% clouds where %.0f %% were wanted", got*100, cover*100)
		}
	}
}
