package raster

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/product"
	"perigee/shared/record"
)

// side is a file of three bands of a kind, with a hole, that lies some pixels to the east of the sample.
func side(t *testing.T, name string, kind godal.DataType, east float64, low, high float64) record.Coverage {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".tif")
	transform := utm10m
	transform[0] += east * 10
	made{kind: kind, bands: 3, width: 400, height: 400, epsg: 32633, transform: transform, options: []string{"TILED=YES"},
		value: func(x, y, b int) float64 {
			if math.Hypot(float64(x-200), float64(y-200)) < 60 {
				return 0
			}
			return low + (high-low)*(.5+.4*math.Sin(float64(x)/40+float64(b))*math.Cos(float64(y)/50))
		}, finish: func(ds *godal.Dataset) error { return ds.SetNoData(0) }}.create(t, path)
	c := described1(t, path, name)
	for i, name := range []string{"B02", "B03", "B04"} {
		c.Bands[i].Name = name
	}
	return c
}

// kept puts an overview into a folder and describes it as a coverage.
func keptOverview(t *testing.T, dir string, o *Overview, m Map, bands []OverviewBand) record.Coverage {
	t.Helper()
	path := filepath.Join(dir, "overview.tif")
	if err := os.WriteFile(path, o.File, 0o600); err != nil {
		t.Fatal(err)
	}
	pixel := (m.Bounds.Max[0] - m.Bounds.Min[0]) / float64(m.Width)
	c := record.Coverage{Asset: "overview", Href: path, Grid: geo.Grid{CRS: m.CRS, Transform: [6]float64{m.Bounds.Min[0], pixel, 0, m.Bounds.Max[1], 0, -pixel}, Width: m.Width, Height: m.Height,
		BlockWidth: 256, BlockHeight: 256, DataType: o.Kind, Bands: len(bands)}}
	for i, b := range bands {
		band := record.Band{Name: b.Name, Index: i + 1}
		if o.NoData == o.NoData {
			band.NoData = &o.NoData
		}
		c.Bands = append(c.Bands, band)
	}
	return c
}

// A map of an overview is the map of the scenes that it is made of: the topmost that has data shows, through its holes the
// one below.
func TestOverviewShowsWhatScenesShow(t *testing.T) {
	bands := []OverviewBand{{Name: "B02"}, {Name: "B03"}, {Name: "B04"}}
	for name, c := range map[string]struct {
		kinds     [2]godal.DataType
		low, high float64
		want      string
	}{
		"words":            {[2]godal.DataType{godal.UInt16, godal.UInt16}, 100, 4000, "UInt16"},
		"bytes and words":  {[2]godal.DataType{godal.Byte, godal.UInt16}, 5, 250, "UInt16"},
		"signed":           {[2]godal.DataType{godal.Int16, godal.Int16}, -4000, -100, "Int16"},
		"floats and words": {[2]godal.DataType{godal.Float32, godal.UInt16}, 100, 4000, "Float32"},
	} {
		t.Run(name, func(t *testing.T) {
			top, bottom := side(t, "top", c.kinds[0], 150, c.low, c.high), side(t, "bottom", c.kinds[1], 0, c.low, c.high)
			r, err := New(Config{Root: os.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			m := Map{CRS: geo.WebMercator, Width: 300, Height: 300, Transparent: true}
			b, err := r.Transform(orb.Bound{Min: orb.Point{600000, 5396000}, Max: orb.Point{605500, 5400000}}, 32633, geo.WebMercator)
			if err != nil {
				t.Fatal(err)
			}
			m.Bounds = orb.Bound{Min: b.Min, Max: orb.Point{b.Min[0] + 9000, b.Min[1] + 9000}}
			channel := func(name string) *product.Channel {
				return &product.Channel{Expression: name, Range: []float64{c.low, c.high}}
			}
			for look, browse := range map[string]product.Browse{
				"colours": {Red: channel("B04"), Green: channel("B03"), Blue: channel("B02")},
				"index":   {Grey: &product.Channel{Expression: "(B04-B02)/(abs(B04)+abs(B02)+1)", Range: []float64{-1, 1}}},
			} {
				m.Scenes = []Scene{{Coverages: []record.Coverage{top}, Browse: browse}, {Coverages: []record.Coverage{bottom}, Browse: browse}}
				want := draw(t, r, m)
				o, err := r.Overview(context.Background(), m, bands)
				if err != nil || o.Kind != c.want {
					t.Fatalf("%s, %v", o.Kind, err)
				}
				m.Scenes = []Scene{{Coverages: []record.Coverage{keptOverview(t, t.TempDir(), o, m, bands)}, Browse: browse}}
				got := draw(t, r, m)
				worst, holes := 0, 0
				for i := range want.Pix {
					worst = max(worst, int(math.Abs(float64(want.Pix[i])-float64(got.Pix[i]))))
					if i%4 == 3 && (want.Pix[i] == 0) != (got.Pix[i] == 0) {
						holes++
					}
				}
				if limit := 1 + int(255/(c.high-c.low)); worst > limit || holes > 0 {
					t.Errorf("%s differ by %d of 255, and %d pixels are there in one only", look, worst, holes)
				}
			}
		})
	}
}

// Where no scene has data there is no file; a band that a scene has not is left to the one below.
func TestOverviewOfLittle(t *testing.T) {
	c := side(t, "top", godal.UInt16, 0, 100, 4000)
	r := renderer(t, filepath.Dir(c.Href))
	away := mapOf(c, 300)
	away.Bounds = orb.Bound{Min: orb.Point{0, 0}, Max: orb.Point{1000, 1000}}
	if o, err := r.Overview(t.Context(), away, []OverviewBand{{Name: "B02"}}); err != nil || o.File != nil {
		t.Errorf("%v, %v", o, err)
	}
	o, err := r.Overview(t.Context(), mapOf(c, 300), []OverviewBand{{Name: "B02"}, {Name: "B99"}})
	if err != nil || o.File == nil || len(o.Flaws) > 0 {
		t.Errorf("%+v, %v", o, err)
	}
	if _, err := r.Overview(t.Context(), mapOf(c, 300), nil); err == nil {
		t.Error("an overview without bands is made")
	}
}
