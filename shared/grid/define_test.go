package grid

import (
	"math"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

// alps is a set in Lambert's equal-area projection whose levels are not halves of each other.
var alps = Definition{Name: "Alps", CRS: "EPSG:3035", Extent: []float64{4000000, 2500000, 4800000, 2900000}, Resolutions: []float64{1000, 250, 100, 10}}

// CSC-03: a set of a deployment's own.
func TestDefinedSet(t *testing.T) {
	s, err := New(alps)
	if err != nil {
		t.Fatal(err)
	}
	for z, want := range [][2]int{{4, 2}, {13, 7}, {32, 16}, {313, 157}} {
		if cols, rows := s.Size(z); cols != want[0] || rows != want[1] {
			t.Errorf("level %d has %d x %d tiles, want %v", z, cols, rows, want)
		}
	}
	if got := s.ScaleDenominator(2); math.Abs(got-100/0.00028) > 1e-6 {
		t.Errorf("the scale of level 2 is %v", got)
	}
	if got, want := s.Bounds(Tile{1, 2, 1}), (orb.Bound{Min: orb.Point{4128000, 2772000}, Max: orb.Point{4192000, 2836000}}); got != want {
		t.Errorf("the bounds of a tile are %v, want %v", got, want)
	}
	for resolution, want := range map[float64]int{5000: 0, 1000: 0, 999: 1, 250.0001: 1, 250: 1, 249.999: 2, 10: 3, 1: 3} {
		if got := s.LevelAt(resolution); got != want {
			t.Errorf("pixels of %v are of level %d, want %d", resolution, got, want)
		}
	}
	if _, ok := s.Place(s.Extent); ok {
		t.Error("a system that only PROJ knows is placed")
	}
	if err := s.Has(Tile{3, 313, 0}); fault.LocatorOf(err) != "TileCol" {
		t.Errorf("a tile outside gives %v", err)
	}
	list := append(Sets(), s)
	if found, err := list.Named("Alps"); err != nil || found.ID != "Alps" {
		t.Errorf("it is found as %+v, %v", found, err)
	}
	if found, err := list.Named("WebMercatorQuad"); err != nil || found.ID != "GoogleMapsCompatible" {
		t.Errorf("the well-known one is found as %+v, %v", found, err)
	}
	feet := alps
	feet.Metres = 0.3048
	if s, err = New(feet); err != nil || s.MetresPerUnit() != 0.3048 {
		t.Errorf("a set in feet has units of %v m, %v", s.MetresPerUnit(), err)
	}
}

func TestDefinitionsThatAreRefused(t *testing.T) {
	for at, change := range map[string][]func(*Definition){
		"name": {func(d *Definition) { d.Name = "" }, func(d *Definition) { d.Name = "a/b" }, func(d *Definition) { d.Name = "wgs84" },
			func(d *Definition) { d.Name = "WebMercatorQuad" }, func(d *Definition) { d.Name = ".." }},
		"crs":    {func(d *Definition) { d.CRS = "" }, func(d *Definition) { d.CRS = "EPSG:x" }},
		"extent": {func(d *Definition) { d.Extent = nil }, func(d *Definition) { d.Extent = []float64{1, 1, 0, 2} }, func(d *Definition) { d.Extent = []float64{0, 0, math.Inf(1), 2} }},
		"resolutions": {func(d *Definition) { d.Resolutions = nil }, func(d *Definition) { d.Resolutions = []float64{1, 1} }, func(d *Definition) { d.Resolutions = []float64{-1} },
			func(d *Definition) { d.Resolutions = []float64{math.NaN()} }, func(d *Definition) { d.Resolutions = []float64{1e-9} }, func(d *Definition) { d.Resolutions = make([]float64, 31) }},
		"metres": {func(d *Definition) { d.Metres = -1 }, func(d *Definition) { d.Metres = math.NaN() }},
	} {
		for i, c := range change {
			d := alps
			c(&d)
			if _, err := New(d); fault.KindOf(err) != fault.Invalid || fault.LocatorOf(err) != at {
				t.Errorf("%s, %d: %v", at, i, err)
			}
		}
	}
}

// A set in UTM around the date line, whose western edge lies at 179° East.
func TestPlaces(t *testing.T) {
	s, err := New(Definition{Name: "fiji", CRS: "EPSG:32701", Extent: []float64{100000, 7800000, 500000, 8200000}, Resolutions: []float64{100}})
	if err != nil {
		t.Fatal(err)
	}
	place, ok := s.Place(s.Extent)
	if !ok || place.Min[0] < 178 || place.Min[0] > 180 || place.Max[0] > -176.9 || place.Max[0] < -177.1 {
		t.Errorf("it lies at %v, %v", place, ok)
	}
	zone := WGS84
	zone.CRS = geo.CRS(32633)
	box, ok := zone.Cover(orb.Bound{Min: orb.Point{12, 47}, Max: orb.Point{18, 48}})
	p, _ := geo.Plain(32633)
	for _, corner := range []orb.Point{{12, 47}, {18, 48}, {15, 47}, {15, 48}, {18, 47.03}} {
		if x, y := p.Forward(corner[0], corner[1]); !ok || !box.Contains(orb.Point{x, y}) {
			t.Errorf("%v lies outside %v", corner, box)
		}
	}
	for _, nowhere := range []orb.Bound{{Min: orb.Point{170, 0}, Max: orb.Point{-170, 1}}, {Min: orb.Point{-100, 0}, Max: orb.Point{15, 1}}} {
		if _, ok := zone.Cover(nowhere); ok {
			t.Errorf("%v is covered", nowhere)
		}
	}
	if world, ok := GoogleMapsCompatible.Cover(orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}); !ok || world.Max[1] < geo.MercatorExtent || math.IsInf(world.Max[1], 0) {
		t.Errorf("the world is %v, %v", world, ok)
	}
}
