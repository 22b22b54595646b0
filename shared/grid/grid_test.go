package grid

import (
	"math"
	"strconv"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

// CSC-03: the scales are those that the well-known scale sets list (OGC 07-057r7, annexes E.3 and E.4), digit by digit.
func TestScalesAreThoseOfTheWellKnownSets(t *testing.T) {
	listed := []float64{
		559082264.0287178, 279541132.0143589, 139770566.0071794, 69885283.00358972, 34942641.50179486, 17471320.75089743,
		8735660.375448715, 4367830.187724357, 2183915.093862179, 1091957.546931089, 545978.7734655447, 272989.3867327723,
		136494.6933663862, 68247.34668319309, 34123.67334159654, 17061.83667079827, 8530.918335399136, 4265.459167699568, 2132.729583849784,
	}
	digits := func(f float64) string { return strconv.FormatFloat(f, 'e', 15, 64) }
	for level, scale := range listed {
		if got := GoogleMapsCompatible.ScaleDenominator(level); digits(got) != digits(scale) {
			t.Errorf("GoogleMapsCompatible level %d: %s, listed %s", level, digits(got), digits(scale))
		}
		if level == 0 {
			continue // of GoogleCRS84Quad this would be the world in half a tile
		}
		if got := WGS84.ScaleDenominator(level - 1); digits(got) != digits(scale) {
			t.Errorf("WGS84 level %d: %s, listed %s", level-1, digits(got), digits(scale))
		}
	}
}

// CSC-03: the well-known scale sets (OGC 17-083r4, annex D).
func TestSets(t *testing.T) {
	for _, c := range []struct {
		set        Set
		z          int
		resolution float64
		scale      float64
		cols, rows int
	}{
		{WGS84, 0, 0.703125, 279541132.0143589, 2, 1},
		{WGS84, 5, 0.02197265625, 8735660.375448715, 64, 32},
		{GoogleMapsCompatible, 0, 156543.03392804097, 559082264.0287178, 1, 1},
		{GoogleMapsCompatible, 18, 0.5971642834779395, 2132.729583849784, 1 << 18, 1 << 18},
	} {
		cols, rows := c.set.Size(c.z)
		if math.Abs(c.set.Resolution(c.z)/c.resolution-1) > 1e-9 || math.Abs(c.set.ScaleDenominator(c.z)/c.scale-1) > 1e-9 || cols != c.cols || rows != c.rows {
			t.Errorf("%s level %d: %v, %v, %d x %d", c.set.ID, c.z, c.set.Resolution(c.z), c.set.ScaleDenominator(c.z), cols, rows)
		}
	}
}

func TestNamed(t *testing.T) {
	for name, want := range map[string]string{
		"WGS84": "WGS84", "WorldCRS84Quad": "WGS84", "GoogleMapsCompatible": "GoogleMapsCompatible", "WebMercatorQuad": "GoogleMapsCompatible", "g": "GoogleMapsCompatible",
	} {
		if set, err := Named(name); err != nil || set.ID != want {
			t.Errorf("%s is %q, %v", name, set.ID, err)
		}
	}
	if _, err := Named("wgs84"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("%v", err)
	}
	if len(Sets()) != 2 || Sets()[0].ID != "WGS84" {
		t.Errorf("%v", Sets())
	}
}

func TestHas(t *testing.T) {
	for _, c := range []struct {
		tile    Tile
		locator string // of the failure, empty for none
	}{
		{Tile{0, 1, 0}, ""}, {Tile{21, 4194303, 2097151}, ""},
		{Tile{-1, 0, 0}, "TileMatrix"}, {Tile{22, 0, 0}, "TileMatrix"}, {Tile{0, 2, 0}, "TileCol"}, {Tile{0, -1, 0}, "TileCol"},
		{Tile{0, 0, 1}, "TileRow"}, {Tile{3, 0, -1}, "TileRow"},
	} {
		err := WGS84.Has(c.tile)
		if (err == nil) != (c.locator == "") || fault.LocatorOf(err) != c.locator || err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", c.tile, err)
		}
	}
}

func TestBounds(t *testing.T) {
	half := geo.MercatorExtent
	for _, c := range []struct {
		set        Set
		tile       Tile
		cols, rows int
		want       orb.Bound
	}{
		{WGS84, Tile{0, 1, 0}, 1, 1, bound(0, -90, 180, 90)},
		{WGS84, Tile{2, 0, 1}, 2, 3, bound(-180, -90, -90, 45)},
		{GoogleMapsCompatible, Tile{1, 1, 1}, 1, 1, bound(0, -half, half, 0)},
	} {
		if got := c.set.BlockBounds(c.tile, c.cols, c.rows); got != c.want {
			t.Errorf("%s %s: %v", c.set.ID, c.tile, got)
		}
	}
	if got := (Tile{3, 4, 5}).String(); got != "3/4/5" {
		t.Error(got)
	}
}

// The tiles that cover the bounds of a block are those of the block.
func TestCoveringProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		set := rapid.SampledFrom(Sets()).Draw(r, "set")
		z := rapid.IntRange(0, 12).Draw(r, "z")
		cols, rows := set.Size(z)
		from := Tile{z, rapid.IntRange(0, cols-1).Draw(r, "col"), rapid.IntRange(0, rows-1).Draw(r, "row")}
		to := Tile{z, rapid.IntRange(from.Col, min(cols-1, from.Col+5)).Draw(r, "to col"), rapid.IntRange(from.Row, min(rows-1, from.Row+5)).Draw(r, "to row")}
		bounds := set.BlockBounds(from, to.Col-from.Col+1, to.Row-from.Row+1)
		inward := bounds.Pad(-set.Resolution(z) / 100)
		gotFrom, gotTo, ok := set.Covering(inward, z)
		if !ok || gotFrom != from || gotTo != to {
			r.Fatalf("%v is covered by %s to %s, %v; want %s to %s", bounds, gotFrom, gotTo, ok, from, to)
		}
	})
}

func TestCoveringOutside(t *testing.T) {
	if _, _, ok := WGS84.Covering(bound(190, 0, 200, 10), 3); ok {
		t.Error("outside is covered")
	}
	from, to, ok := WGS84.Covering(bound(-500, -500, 500, 500), 2)
	if !ok || from != (Tile{2, 0, 0}) || to != (Tile{2, 7, 3}) {
		t.Errorf("more than the world is covered by %s to %s, %v", from, to, ok)
	}
}
