package raster

import (
	"flag"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/airbusgeo/godal"

	"perigee/shared/fault"
	"perigee/shared/product"
	"perigee/shared/record"
)

var keepPictures = flag.String("pictures", "", "folder for the pictures of some tests, to look at")

func keep(t *testing.T, name string, p *Picture) {
	t.Helper()
	if *keepPictures == "" {
		return
	}
	f, err := os.Create(filepath.Join(*keepPictures, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, p.Image()); err != nil {
		t.Fatal(err)
	}
}

// RND-07: all ramps of the original are known by their names.
func TestRampsAreKnown(t *testing.T) {
	for _, name := range []string{"blackwhite", "coolwarm", "rainbow", "jet", "diverging_1", "diverging_2", "viridis", "inferno", "hsv", "hot", "cool", "spring", "summer", "autumn",
		"winter", "bone", "copper", "greys", "yignbu", "greens", "yiorrd", "bluered", "rdbu", "picnic", "portland", "blackbody", "earth", "electric", "magma", "plasma"} {
		s, ok := StyleNamed(name)
		if !ok {
			t.Errorf("%s is not known", name)
			continue
		}
		if err := s.Check(); err != nil {
			t.Error(err)
		}
		if s.Stops[0].At != 0 || s.Stops[len(s.Stops)-1].At != 100 || !slices.Contains(StyleNames(), name) {
			t.Errorf("%s goes from %g to %g", name, s.Stops[0].At, s.Stops[len(s.Stops)-1].At)
		}
	}
	if s, ok := StyleNamed("Viridis"); !ok || s.at(0) != (color.NRGBA{68, 1, 84, 255}) || s.at(1) != (color.NRGBA{253, 231, 37, 255}) || s.at(128./255).G < 143 || s.at(128./255).G > 146 {
		t.Errorf("viridis is %v", s.at(.5))
	}
	if _, ok := StyleNamed("jetty"); ok {
		t.Error("an unknown ramp is known")
	}
	for name, want := range map[string]color.NRGBA{"red": {255, 0, 0, 255}, "Green": {0, 128, 0, 255}, "gray": {128, 128, 128, 255}, "#0a0B0c": {10, 11, 12, 255}, "0x01020380": {1, 2, 3, 128}} {
		if got, ok := ColourNamed(name); !ok || got != want {
			t.Errorf("%s is %v", name, got)
		}
	}
	for _, name := range []string{"", "#", "#12345", "#gggggg", "reddish"} {
		if _, ok := ColourNamed(name); ok {
			t.Errorf("%q is a colour", name)
		}
	}
}

func TestStylesAreChecked(t *testing.T) {
	red := color.NRGBA{255, 0, 0, 255}
	two := []Stop{{At: 0, Colour: red}, {At: 100, Colour: red}}
	for name, s := range map[string]Style{
		"nothing":      {},
		"no kind":      {Stops: two},
		"one colour":   {Kind: Ramp, Stops: two[:1]},
		"descending":   {Kind: Ramp, Stops: []Stop{{At: 100}, {At: 0}}},
		"beyond":       {Kind: Ramp, Stops: []Stop{{At: 0}, {At: 101}}},
		"no number":    {Kind: Ramp, Stops: []Stop{{At: 0}, {At: math.NaN()}}},
		"twice":        {Kind: Values, Stops: []Stop{{At: 1}, {At: 1}}},
		"overlap":      {Kind: Intervals, Stops: []Stop{{At: 1, Until: 3}, {At: 2, Until: 4}}},
		"empty":        {Kind: Intervals, Stops: []Stop{{At: 1, Until: 1}}},
		"range":        {Kind: Ramp, Stops: two, Range: []float64{1, 1}},
		"values range": {Kind: Values, Stops: two, Range: []float64{0, 1}},
		"too many":     {Kind: Values, Stops: make([]Stop, maxStops+1)},
	} {
		if err := s.Check(); fault.KindOf(err) != fault.Invalid || fault.LocatorOf(err) != "style" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, s := range []Style{
		{Kind: Ramp, Stops: []Stop{{At: 0}, {At: 50}, {At: 50}, {At: 100}}}, // a step
		{Kind: Intervals, Stops: []Stop{{At: -5, Until: 3}, {At: 3, Until: math.Inf(1)}}},
	} {
		if err := s.Check(); err != nil {
			t.Error(err)
		}
	}
}

// RND-07: styles of ramps, values and intervals.
func TestStyles(t *testing.T) {
	c := made{kind: godal.Int16, bands: 1, width: 64, height: 64, epsg: 32633, transform: utm10m, finish: noData(63), value: func(x, _, _ int) float64 { return float64(x) }}.write(t, "A")
	red, green, half := color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 128, 0, 255}, color.NRGBA{0, 0, 255, 100}
	jet, _ := StyleNamed("jet")
	own := jet
	own.Range = []float64{10, 20}
	for name, s := range map[string]struct {
		style Style
		want  map[int][4]uint8
	}{
		"ramp":       {jet, map[int][4]uint8{0: {0, 0, 144, 255}, 62: {127, 0, 0, 255}, 63: {}, 31: {144, 255, 112, 255}}},
		"own range":  {own, map[int][4]uint8{10: {0, 0, 144, 255}, 3: {0, 0, 144, 255}, 20: {127, 0, 0, 255}, 15: {144, 255, 112, 255}}},
		"values":     {Style{Kind: Values, Stops: []Stop{{At: 4, Colour: red}, {At: 9, Colour: half}}}, map[int][4]uint8{3: {}, 4: {255, 0, 0, 255}, 5: {}, 9: {0, 0, 255, 100}, 63: {}}},
		"odd values": {Style{Kind: Values, Stops: []Stop{{At: -4.5, Colour: red}, {At: 9, Colour: green}}}, map[int][4]uint8{3: {}, 9: {0, 128, 0, 255}, 10: {}}},
		"intervals":  {Style{Kind: Intervals, Stops: []Stop{{At: 4, Until: 7, Colour: red}, {At: 7, Until: 9, Colour: green}}}, map[int][4]uint8{3: {}, 4: {255, 0, 0, 255}, 6: {255, 0, 0, 255}, 7: {0, 128, 0, 255}, 9: {}}},
	} {
		p := draw(t, renderer(t, filepath.Dir(c.Href)), Map{CRS: 32633, Bounds: c.Grid.Bounds(), Width: 64, Height: 64, Transparent: true, Scenes: []Scene{{
			Coverages: []record.Coverage{c}, Style: &s.style, Browse: product.Browse{Grey: &product.Channel{Expression: "A", Range: []float64{0, 62}}},
		}}})
		for x, want := range s.want {
			got := px(p, x, 5)
			for i := range got {
				if d := int(got[i]) - int(want[i]); want[3] != 0 && (d < -2 || d > 2) || got[3] != want[3] {
					t.Errorf("%s: column %d is %v, want %v", name, x, got, want)
					break
				}
			}
		}
	}
}

// GetLegendGraphic: a ramp is a bar with labels, classes are a list.
func TestLegends(t *testing.T) {
	jet, _ := StyleNamed("jet")
	classes := Style{Kind: Values, Stops: []Stop{{At: 4, Colour: color.NRGBA{0, 200, 0, 255}, Label: "vegetation"}, {At: 6, Colour: color.NRGBA{0, 0, 200, 255}, Label: "water"}}}
	p := Legend{Title: "NDVI", Style: &jet, Range: []float64{-1, 1}}.Draw()
	keep(t, "legend-ramp", p)
	if top, bottom := px(p, 12, 22), px(p, 12, p.Height-8); top[0] < 100 || top[2] > 20 || bottom[2] < 100 || bottom[0] > 20 {
		t.Errorf("the bar goes from %v to %v", bottom, top)
	}
	p = Legend{Style: &classes, Background: &color.RGBA{0, 0, 0, 255}}.Draw()
	keep(t, "legend-classes", p)
	if got := px(p, 12, 12); got != [4]uint8{0, 200, 0, 255} {
		t.Errorf("the first class is %v", got)
	}
	if got := px(p, 12, 32); got != [4]uint8{0, 0, 200, 255} {
		t.Errorf("the second class is %v", got)
	}
	for _, l := range []Legend{{}, {Width: 1, Height: 1, Style: &jet, Title: "T"}, {Width: 1 << 30, Height: 1 << 30}, {Style: &classes, Width: 20, Height: 20}} {
		if p := l.Draw(); p.Width > maxLegend || p.Height > maxLegend {
			t.Errorf("a legend of %d x %d pixels", p.Width, p.Height)
		}
	}
	if got := jet.Classes(0, 10); len(got) != 5 || got[2].Label != "5.0" || got[4].Label != "10.0" {
		t.Errorf("%v", got)
	}
	if got := (Style{Kind: Intervals, Stops: []Stop{{At: 0, Until: 2.5}}}).Classes(0, 1); got[0].Label != "0 to 2.5" {
		t.Errorf("%v", got)
	}
}
