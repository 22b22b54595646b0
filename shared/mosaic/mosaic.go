// Package mosaic puts maps together from tiles: it plans which tiles of which level a map needs, and resamples them. Maps
// that fit the pixels of a level are cut out of it and changed in nothing.
package mosaic

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"math"

	"github.com/paulmach/orb"

	"perigee/shared/grid"
)

// View is a map: where it lies in the CRS of a set, easting first, and its pixels.
type View struct {
	Bounds        orb.Bound
	Width, Height int
}

// Plan is what a view needs of a set.
type Plan struct {
	view     View
	set      grid.Set
	Level    int
	From, To grid.Tile // the upper left and the lower right tile
	nothing  bool      // the view lies outside the set
}

// maxTiles bounds the tiles of a map, and so its memory. One that would need more is made from a coarser level.
const maxTiles = 144

// NewPlan chooses the coarsest level whose pixels are not larger than those of the view.
func NewPlan(set grid.Set, v View) Plan {
	p := Plan{view: v, set: set, Level: set.LevelAt(min(v.resolution()))}
	for {
		from, to, ok := set.Covering(v.Bounds.Pad(p.reach()), p.Level)
		p.From, p.To, p.nothing = from, to, !ok
		if p.count() <= maxTiles || p.Level == 0 {
			return p
		}
		p.Level--
	}
}

// resolution is the size of a pixel along both axes.
func (v View) resolution() (x, y float64) {
	return (v.Bounds.Max[0] - v.Bounds.Min[0]) / float64(v.Width), (v.Bounds.Max[1] - v.Bounds.Min[1]) / float64(v.Height)
}

// reach is how far beyond the view pixels of a level are looked at: as far as resampling does; where the pixels are those
// of the view, a little less than its bounds, so that a border that is touched by rounding is none.
func (p Plan) reach() float64 {
	r := p.set.Resolution(p.Level)
	x, y := p.view.resolution()
	column, row := (p.view.Bounds.Min[0]-p.set.Extent.Min[0])/r, (p.set.Extent.Max[1]-p.view.Bounds.Max[1])/r
	if same(x/r, 1, 1e-5) && same(y/r, 1, 1e-5) && same(column, math.Round(column), exact) && same(row, math.Round(row), exact) {
		return -exact * r
	}
	return max(r, x, y)
}

func same(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

func (p Plan) count() int { return (p.To.Col - p.From.Col + 1) * (p.To.Row - p.From.Row + 1) }

// Tile is the one tile that is the view, pixel by pixel, where there is one.
func (p Plan) Tile() (grid.Tile, bool) {
	if p.nothing || p.count() != 1 || p.view.Width != grid.TileSize || p.view.Height != grid.TileSize {
		return grid.Tile{}, false
	}
	b, r := p.set.Bounds(p.From), p.set.Resolution(p.Level)
	for axis := range 2 {
		if math.Abs(b.Min[axis]-p.view.Bounds.Min[axis]) > exact*r || math.Abs(b.Max[axis]-p.view.Bounds.Max[axis]) > exact*r {
			return grid.Tile{}, false
		}
	}
	return p.From, true
}

// exact is how far, in pixels, a place may be beside another one to be the same: numbers are rounded when they are written.
const exact = 0.01

// Fetch gives the picture of a tile of the plan's level; nil stands for one with nothing on it.
type Fetch func(ctx context.Context, at grid.Tile) (image.Image, error)

// Draw lays the view over a canvas of its size.
func (p Plan) Draw(ctx context.Context, fetch Fetch, canvas *image.RGBA) error {
	if p.nothing {
		return nil
	}
	source, err := p.gather(ctx, fetch)
	if err != nil || source == nil {
		return err
	}
	r, b := p.set.Resolution(p.Level), p.set.Bounds(p.From)
	x, y := p.view.resolution()
	columns := weights(p.view.Width, source.Rect.Dx(), (p.view.Bounds.Min[0]-b.Min[0])/r, x/r)
	rows := weights(p.view.Height, source.Rect.Dy(), (b.Max[1]-p.view.Bounds.Max[1])/r, y/r)
	over(canvas, resample(source, columns, rows))
	return nil
}

// gather puts the tiles side by side; nil when there is nothing on any.
func (p Plan) gather(ctx context.Context, fetch Fetch) (*image.RGBA, error) {
	var all *image.RGBA
	for row := p.From.Row; row <= p.To.Row; row++ {
		for col := p.From.Col; col <= p.To.Col; col++ {
			tile, err := fetch(ctx, grid.Tile{Z: p.Level, Col: col, Row: row})
			if err != nil {
				return nil, err
			}
			if tile == nil {
				continue
			}
			if all == nil {
				all = image.NewRGBA(image.Rect(0, 0, (p.To.Col-p.From.Col+1)*grid.TileSize, (p.To.Row-p.From.Row+1)*grid.TileSize))
			}
			corner := image.Pt(col-p.From.Col, row-p.From.Row).Mul(grid.TileSize)
			draw.Draw(all, image.Rect(0, 0, grid.TileSize, grid.TileSize).Add(corner), tile, tile.Bounds().Min, draw.Src)
		}
	}
	return all, nil
}

// Fill paints a whole canvas.
func Fill(canvas *image.RGBA, c color.Color) {
	draw.Draw(canvas, canvas.Rect, image.NewUniform(c), image.Point{}, draw.Src)
}

func over(canvas, picture *image.RGBA) {
	draw.Draw(canvas, canvas.Rect, picture, image.Point{}, draw.Over)
}
