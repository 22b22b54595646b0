package ground

import (
	"math"
	"runtime"
	"sync"
)

// Ground is an invented piece of the earth, in metres of a projected coordinate system.
type Ground struct {
	seed                                                 uint64
	coast, rough, ridges, rivers, streams                fractal
	forest, leaf, tone, grain, lakes, regions, clouds, w fractal
	riverLevel                                           float32
}

// New makes the ground of a seed.
func New(seed int64) *Ground {
	s := hash(uint64(seed), 11, 13)
	f := func(n int, wavelength float64, octaves int, gain float32) fractal {
		return fractal{hash(s, n, 1), wavelength, octaves, gain}
	}
	g := &Ground{
		seed: s, coast: f(1, 46000, 11, .5), rough: f(2, 17000, 3, .5), ridges: f(3, 5200, 7, .5), rivers: f(4, 15000, 6, .47), streams: f(5, 3600, 5, .5),
		forest: f(6, 4200, 8, .55), leaf: f(7, 2500, 4, .6), tone: f(8, 900, 4, .6), grain: f(9, 55, 2, .8), lakes: f(10, 2900, 6, .45), clouds: f(11, 6500, 8, .57), w: f(12, 30000, 2, .5), regions: f(13, 26000, 4, .5),
	}
	g.riverLevel = g.rivers.at(anchorRiver.x, anchorRiver.y)
	return g
}

// The classes of a scene classification (Sentinel-2 level 2A).
const (
	NoData     uint8 = 0
	Shadow     uint8 = 3
	Vegetation uint8 = 4
	Bare       uint8 = 5
	Water      uint8 = 6
	ThinCloud  uint8 = 8
	Cloud      uint8 = 9
)

// Image is what an instrument saw: four bands (B02, B03, B04, B08) and a class for every pixel.
type Image struct {
	Width, Height int
	Bands         [4][]uint16
	Class         []uint8
}

// View is where, how finely and when an instrument looks.
type View struct {
	X, Y          float64 // of the upper left corner
	Step          float64 // pixel size in metres
	Width, Height int
	Day           int                     // since the beginning of June
	Cover         float64                 // wanted share of clouds, 0 to 1
	Seen          func(x, y float64) bool // false outside the swath; nil: all is seen
}

// Look paints a view.
func (g *Ground) Look(v View) *Image {
	im := &Image{Width: v.Width, Height: v.Height, Class: make([]uint8, v.Width*v.Height)}
	for i := range im.Bands {
		im.Bands[i] = make([]uint16, v.Width*v.Height)
	}
	const chunk = 64
	rows := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			p := newPainter(g, v)
			for from := range rows {
				p.rows(im, from, min(from+chunk, v.Height))
			}
		})
	}
	for from := 0; from < v.Height; from += chunk {
		rows <- from
	}
	close(rows)
	wg.Wait()
	return im
}

// painter paints rows of a view; it is used by one goroutine.
type painter struct {
	g                                                                  *Ground
	v                                                                  View
	season, haze                                                       float32
	relief                                                             *relief
	forest, leaf, tone, grain, lake, region, cloud, shade, wide, wide2 []float32
	districts, towns                                                   around
	district                                                           district
	districtBits                                                       uint64
	town                                                               site
	sky                                                                sky
}

func newPainter(g *Ground, v View) *painter {
	row := func() []float32 { return make([]float32, v.Width) }
	return &painter{
		g: g, v: v, season: float32(v.Day) / 60, haze: 40 * unit(hash(g.seed, v.Day, 5), 0), relief: newRelief(v.Width),
		forest: row(), leaf: row(), tone: row(), grain: row(), lake: row(), region: row(), cloud: row(), shade: row(), wide: row(), wide2: row(),
		districts: around{lattice: lattice{hash(g.seed, 20, 1), 1250}}, towns: around{lattice: lattice{hash(g.seed, 21, 1), 5200}},
		sky: newSky(g, v),
	}
}

func (p *painter) line(row int) line {
	return line{x: p.v.X + p.v.Step/2, step: p.v.Step, y: p.v.Y - (float64(row)+.5)*p.v.Step}
}

func (p *painter) rows(im *Image, from, to int) {
	for row := from - 2; row < from; row++ {
		p.relief.down(p.g, p.line(row+1))
	}
	for row := from; row < to; row++ {
		p.relief.down(p.g, p.line(row+1))
		p.row(im, row)
	}
}

func (p *painter) row(im *Image, row int) {
	l := p.line(row)
	g := p.g
	g.forest.row(p.forest, l)
	g.leaf.row(p.leaf, l)
	g.tone.row(p.tone, l)
	g.grain.row(p.grain, l)
	g.lakes.row(p.lake, l)
	g.regions.row(p.region, l)
	p.sky.rows(p, l)
	for i := range p.v.Width {
		x := l.x + float64(i)*l.step
		if p.v.Seen != nil && !p.v.Seen(x, l.y) {
			continue
		}
		look, class := p.land(i, x, l.y)
		class = p.sky.over(p, i, &look, class)
		at := row*p.v.Width + i
		p.record(im, at, look, int(math.Round(x)), int(math.Round(l.y)))
		im.Class[at] = class
	}
}

// record stores a pixel with the noise of the instrument; 0 is kept for what was not seen.
func (p *painter) record(im *Image, at int, look Spectrum, x, y int) {
	h := hash(p.g.seed+uint64(p.v.Day)*977, x, y)
	for b := range look {
		n := unit(h, 0) + unit(h, 1) + unit(h, 2) - 1.5
		im.Bands[b][at] = uint16(min(max(look[b]+n*(9+look[b]*.012), 1), 10000))
		h = h*0x9E3779B97F4A7C15 + 1442695040888963407
		h ^= h >> 29
	}
}
