package raster

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/test/scenes/cog"
)

// Whoever goes through a file tile by tile has each of its units decoded once, half of them beside another before they are
// asked for; whoever goes the other way, or hither and thither, has none decoded but what he sees.
func TestUnitsOfAWalkAreDecodedOnce(t *testing.T) {
	const width, height, side = 3500, 2100, 250
	c := synthetic(t, "A", cog.Raster{Width: width, Height: height, X: 600000, Y: 5400000, Step: 10}, func(x, y float64) uint16 { return uint16(x*7+y) | 1 })
	var scan []orb.Bound
	for y := 5400000.0; y > 5400000-10*height; y -= 10 * side {
		for x := 600000.0; x < 600000+10*width; x += 10 * side {
			scan = append(scan, orb.Bound{Min: orb.Point{x, y - 10*side}, Max: orb.Point{x + 10*side, y}})
		}
	}
	back := slices.Clone(scan)
	slices.Reverse(back)
	for name, order := range map[string][]orb.Bound{"in the order of rows": scan, "from the end": back} {
		t.Run(name, func(t *testing.T) {
			r := renderer(t, filepath.Dir(c.Href))
			seen := 0
			for _, b := range order {
				m := Map{CRS: c.Grid.CRS, Bounds: b, Width: side, Height: side, Scenes: []Scene{{Coverages: []record.Coverage{c}, Browse: product.Browse{Grey: &product.Channel{Expression: "A"}}}}}
				seen += draw(t, r, m).Blocks
			}
			l := levelsOf(c.Grid)[0]
			units, ahead := l.columns()*l.rows(), int(r.ahead.Load())
			if seen+ahead != units || len(r.blocks.entries) != units {
				t.Errorf("%d units were decoded for maps and %d ahead, and %d are kept, of %d", seen, ahead, len(r.blocks.entries), units)
			}
			if want := name == "in the order of rows"; want != (ahead >= units/3) || !want && ahead > 0 {
				t.Errorf("%d of %d units were decoded ahead", ahead, units)
			}
		})
	}
}
