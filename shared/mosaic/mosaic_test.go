package mosaic

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"perigee/shared/grid"
	_ "perigee/test/draws" // the same each time
)

// world is a picture of the world whose colour tells the place: red grows to the east, green to the south.
func world(set grid.Set, empty func(grid.Tile) bool) Fetch {
	return func(_ context.Context, at grid.Tile) (image.Image, error) {
		if empty != nil && empty(at) {
			return nil, nil
		}
		b, r := set.Bounds(at), set.Resolution(at.Z)
		tile := image.NewNRGBA(image.Rect(0, 0, 256, 256))
		for y := range 256 {
			for x := range 256 {
				tile.SetNRGBA(x, y, colourAt(set, b.Min[0]+(float64(x)+.5)*r, b.Max[1]-(float64(y)+.5)*r))
			}
		}
		return tile, nil
	}
}

func colourAt(set grid.Set, x, y float64) color.NRGBA {
	part := func(v, from, to float64) uint8 { return uint8(math.Round((v - from) / (to - from) * 255)) }
	return color.NRGBA{part(x, set.Extent.Min[0], set.Extent.Max[0]), part(y, set.Extent.Max[1], set.Extent.Min[1]), 77, 255}
}

func drawn(t *testing.T, set grid.Set, v View, fetch Fetch) (*image.RGBA, Plan) {
	t.Helper()
	canvas, p := image.NewRGBA(image.Rect(0, 0, v.Width, v.Height)), NewPlan(set, v)
	if err := p.Draw(t.Context(), fetch, canvas); err != nil {
		t.Fatal(err)
	}
	return canvas, p
}

// CSC-01: a map of the pixels of a level is cut out of its tiles, across their borders too.
func TestMatchingMapsAreCutOut(t *testing.T) {
	set := grid.WGS84
	r := set.Resolution(3)
	for _, corner := range []orb.Point{{-180 + 200*r, 90 - 100*r}, {-180 + 256*r, 90 - 256*r}, {-180 + 255.001*r, 90 - 300*r}} {
		v := View{orb.Bound{Min: orb.Point{corner[0], corner[1] - 300*r}, Max: orb.Point{corner[0] + 400*r, corner[1]}}, 400, 300}
		canvas, p := drawn(t, set, v, world(set, nil))
		if p.Level != 3 {
			t.Fatalf("level %d", p.Level)
		}
		for _, at := range []image.Point{{0, 0}, {399, 299}, {56, 155}, {57, 156}, {200, 150}} {
			want := colourAt(set, corner[0]+(float64(at.X)+.5)*r, corner[1]-(float64(at.Y)+.5)*r)
			if got := canvas.RGBAAt(at.X, at.Y); got != (color.RGBA{want.R, want.G, want.B, 255}) {
				t.Errorf("%v at %v is %v, want %v", corner, at, got, want)
			}
		}
	}
}

// A map of any size and place shows what lies there, whatever level it is made from.
func TestMapsShowTheirPlace(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		set := rapid.SampledFrom(grid.Sets()).Draw(rt, "set")
		width, height := rapid.IntRange(1, 300).Draw(rt, "width"), rapid.IntRange(1, 300).Draw(rt, "height")
		size := set.Extent.Max[0] - set.Extent.Min[0]
		w := size * rapid.Float64Range(0.01, 0.4).Draw(rt, "w")
		h := w * float64(height) / float64(width) * rapid.Float64Range(0.7, 1.4).Draw(rt, "aspect")
		h = min(h, (set.Extent.Max[1]-set.Extent.Min[1])*0.9)
		x := set.Extent.Min[0] + rapid.Float64Range(0, 1).Draw(rt, "x")*(size-w)
		y := set.Extent.Min[1] + rapid.Float64Range(0, 1).Draw(rt, "y")*(set.Extent.Max[1]-set.Extent.Min[1]-h)
		v := View{orb.Bound{Min: orb.Point{x, y}, Max: orb.Point{x + w, y + h}}, width, height}
		canvas, p := drawn(t, set, v, world(set, nil))
		if p.count() > maxTiles {
			rt.Fatalf("%d tiles", p.count())
		}
		px, py := v.resolution()
		for _, at := range []image.Point{{0, 0}, {width - 1, height - 1}, {width / 2, height / 2}} {
			cx, cy := x+(float64(at.X)+.5)*px, y+h-(float64(at.Y)+.5)*py
			if cx-2*px < set.Extent.Min[0] || cx+2*px > set.Extent.Max[0] || cy-2*py < set.Extent.Min[1] || cy+2*py > set.Extent.Max[1] {
				continue // half of what is looked at is nothing
			}
			got, want := canvas.RGBAAt(at.X, at.Y), colourAt(set, cx, cy)
			if abs(got.R, want.R) > 2 || abs(got.G, want.G) > 2 || got.A < 254 {
				rt.Fatalf("level %d, %v: %v, want %v", p.Level, at, got, want)
			}
		}
	})
}

func abs(a, b uint8) int { return int(math.Abs(float64(a) - float64(b))) }

// Where tiles are empty or the set ends the canvas stays, and lends no colour to what is beside.
func TestNothingStaysNothing(t *testing.T) {
	set := grid.GoogleMapsCompatible
	v := View{orb.Bound{Min: orb.Point{-3e7, -1e7}, Max: orb.Point{1e7, 1e7}}, 400, 200}
	canvas, _ := drawn(t, set, v, world(set, func(at grid.Tile) bool { return at.Row%2 == 0 }))
	if got := canvas.RGBAAt(10, 100); got != (color.RGBA{}) {
		t.Errorf("beside the world it is %v", got)
	}
	for y := range 200 {
		for x := range 400 {
			if c := canvas.RGBAAt(x, y); c.A > 0 && abs(c.B, uint8(77*int(c.A)/255)) > 2 {
				t.Fatalf("at %d, %d nothing lends its colour: %v", x, y, c)
			}
		}
	}
	away := View{orb.Bound{Min: orb.Point{3e7, 0}, Max: orb.Point{4e7, 1e7}}, 10, 10}
	canvas, p := drawn(t, set, away, func(context.Context, grid.Tile) (image.Image, error) { return nil, errors.New("nobody is to ask") })
	if _, ok := p.Tile(); ok || !bytes.Equal(canvas.Pix, make([]uint8, 400)) {
		t.Error("a map elsewhere shows something")
	}
}

func TestOneTile(t *testing.T) {
	set, at := grid.GoogleMapsCompatible, grid.Tile{Z: 7, Col: 70, Row: 45}
	b := set.Bounds(at)
	b.Min[0] = math.Round(b.Min[0]*100) / 100 // as clients write it
	if got, ok := NewPlan(set, View{b, 256, 256}).Tile(); !ok || got != at {
		t.Errorf("the tile is %v, %v", got, ok)
	}
	for _, v := range []View{{b, 255, 256}, {b.Pad(100), 256, 256}, {set.BlockBounds(at, 2, 2), 256, 256}} {
		if got, ok := NewPlan(set, v).Tile(); ok && got.Z == 7 {
			t.Errorf("%v is the tile %v", v, got)
		}
	}
}

// A failure to get a tile is told; a map of a huge extent is made from a level that it can be made from.
func TestLimits(t *testing.T) {
	failed := errors.New("no tile")
	v := View{orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}, 2048, 2048}
	p := NewPlan(grid.WGS84, v)
	if p.count() > maxTiles || p.count() < 16 {
		t.Errorf("%d tiles of level %d", p.count(), p.Level)
	}
	err := p.Draw(t.Context(), func(context.Context, grid.Tile) (image.Image, error) { return nil, failed }, image.NewRGBA(image.Rect(0, 0, 2048, 2048)))
	if !errors.Is(err, failed) {
		t.Errorf("%v", err)
	}
	deep := View{orb.Bound{Min: orb.Point{10, 10}, Max: orb.Point{10 + 1e-9, 10 + 1e-9}}, 100, 100}
	if p := NewPlan(grid.WGS84, deep); p.Level != grid.WGS84.Levels-1 || p.count() != 1 {
		t.Errorf("deeper than all levels it is level %d, %d tiles", p.Level, p.count())
	}
}
