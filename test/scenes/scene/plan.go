// Package scene makes products that look like those of Sentinel-2 level 2A: cloud-optimised GeoTIFFs of an invented
// ground with a STAC item each, and the STAC collection they belong to.
package scene

import (
	"fmt"
	"math"
	"time"

	"perigee/shared/geo"
)

// Options say what to make.
type Options struct {
	Dir      string
	Products int    // in total; spread over Dates
	Dates    int    // each has the same tiles
	Size     int    // of a 10 m band in pixels: even, 64 to 10980
	Seed     int64  // of the ground and the weather
	Format   string // one of Formats
	Progress func(string)
}

// Formats are the ways to lay out a product's pixels.
var Formats = []string{Bands, Stack, Visual}

// The formats.
const (
	Bands  = "bands"  // one file per band
	Stack  = "stack"  // the four bands pixel interleaved in one file
	Visual = "visual" // one file per band and a picture of 8 bits per colour
)

// The sizes that can be made.
const (
	minSize, maxSize = 64, 10980
	maxTiles         = 32
)

func (o Options) check() error {
	switch {
	case o.Products < 1 || o.Dates < 1:
		return fmt.Errorf("at least one product and one date are needed")
	case o.Size < minSize || o.Size > maxSize || o.Size%2 != 0:
		return fmt.Errorf("the size must be an even number from %d to %d, not %d", minSize, maxSize, o.Size)
	case o.tiles() > maxTiles:
		return fmt.Errorf("%d products at %d dates make %d tiles; there are %d: more dates are needed", o.Products, o.Dates, o.tiles(), maxTiles)
	}
	for _, f := range Formats {
		if o.Format == f {
			return nil
		}
	}
	return fmt.Errorf("the format must be one of %q, not %q", Formats, o.Format)
}

func (o Options) tiles() int { return (o.Products + o.Dates - 1) / o.Dates }

const (
	epsg = 32633
	step = 10.0 // metres
)

// tile is a square of the ground, named like those of the military grid reference system.
type tile struct {
	name string
	x, y float64 // upper left corner
	size int     // pixels
}

// tiles lays n tiles side by side, each overlapping its neighbours by a tenth as the real ones do; at full size they
// lie where the real ones of these names lie.
func tiles(n, size int) []tile {
	side := float64(size) * step
	stride := side - 2*step*math.Round(float64(size)*978/10980/2)
	columns := []struct {
		letter string
		at     float64
	}{{"X", 0}, {"W", -1}, {"Y", 1}, {"V", -2}}
	var all []tile
	for i := range n {
		c, row := columns[i%len(columns)], i/len(columns)
		all = append(all, tile{
			name: "T33U" + c.letter + string("PQRSTUVA"[row]), size: size,
			x: 600000 + c.at*stride, y: 5400000 + float64(row)*stride,
		})
	}
	return all
}

// product is one product to be made.
type product struct {
	tile
	id       string
	time     time.Time
	platform string // A or B
	date     int    // which of the dates
	day      int    // since the beginning of June
	cover    float64
	edge     *edge // of the swath, where it crosses the product
}

// edge is a slanted line; what is west of it (or east, with east set) was not seen.
type edge struct {
	x, y float64 // a point of the line
	east bool
}

// slant is how far the edge of the swath runs to the east for each metre to the north.
var slant = math.Tan(13 * math.Pi / 180)

func (e *edge) seen(x, y float64) bool {
	if e == nil {
		return true
	}
	return (x-e.x-(y-e.y)*slant >= 0) != e.east
}

// covers is the wanted cloudiness by date, repeated.
var covers = []float64{.03, .22, 0, .45, .10, .02, .3}

var firstDate = time.Date(2026, 6, 10, 10, 0, 31, 24e6, time.UTC)

// plan lists the products: date by date, tile by tile. Every second date has a swath edge across the region.
func plan(o Options) []product {
	var all []product
	squares := tiles(o.tiles(), o.Size)
	side := float64(o.Size) * step
	for date := range o.Dates {
		at := firstDate.AddDate(0, 0, 5*date)
		var border *edge
		if date%2 == 1 {
			border = &edge{x: 600000 - side*.55, y: 5400000 - side/2}
			if date%4 == 3 {
				border = &edge{x: 600000 + side*.6, y: 5400000 - side/2, east: true}
			}
		}
		for _, t := range squares {
			if len(all) == o.Products {
				return all
			}
			p := product{tile: t, time: at, platform: string("AB"[date%2]), date: date, day: 9 + 5*date, cover: covers[date%len(covers)], edge: border}
			p.id = fmt.Sprintf("S2%s_MSIL2A_%s_N0500_R122_%s_%s", p.platform, at.Format("20060102T150405"), t.name, at.Truncate(time.Hour).Add(3*time.Hour).Format("20060102T150405"))
			if !p.crossed() {
				p.edge = nil
			}
			all = append(all, p)
		}
	}
	return all
}

// crossed tells whether the swath's edge crosses the tile and leaves more than a sliver of it.
func (p product) crossed() bool {
	if p.edge == nil {
		return false
	}
	seen := 0
	const n = 20
	for i := range n {
		for j := range n {
			if p.edge.seen(p.x+(float64(i)+.5)/n*p.side(), p.y-(float64(j)+.5)/n*p.side()) {
				seen++
			}
		}
	}
	return seen > n*n/10 && seen < n*n
}

func (t tile) side() float64 { return float64(t.size) * step }

var utm, _ = geo.Plain(geo.CRS(epsg))

func round(v float64, digits int) float64 {
	f := math.Pow10(digits)
	return math.Round(v*f) / f
}
