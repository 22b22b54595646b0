package ground

import "math"

// land is the look and class of the ground at column i of the current row.
func (p *painter) land(i int, x, y float64) (Spectrum, uint8) {
	r := p.relief
	step := float32(p.v.Step)
	shore := r.coast[1][i]
	if shore < -1.5*step*4 {
		return p.sea(i, shore), Water
	}
	look, class := p.dry(i, x, y)
	look.scale(p.light(i))
	if shore < 90 {
		look.blend(beach, .8*smooth(45+20*p.tone[i], 0, shore))
	}
	if wet, water := p.inland(i, x, y, step); wet > 0 {
		look.blend(water, wet)
		if wet > .5 {
			class = Water
		}
	}
	if wet := clamp(.5 - shore/(6*step)); wet > 0 {
		look.blend(p.sea(i, shore), wet)
		if wet > .5 {
			class = Water
		}
	}
	return look, class
}

// sea is deep blue, lighter over shallow ground near the shore.
func (p *painter) sea(i int, shore float32) Spectrum {
	shallow := smooth(-1500, -20, shore+220*p.tone[i])
	look := between(deepSea, shallowSea, shallow*shallow)
	look.scale(1 + .025*p.grain[i] + .03*p.lake[i])
	return look
}

// inland gives the share of water of rivers, streams and lakes, and its look.
func (p *painter) inland(i int, x, y float64, step float32) (float32, Spectrum) {
	r := p.relief
	low := smooth(260, 120, r.hill[1][i])
	wide := (52 + 18*p.tone[i]) * low
	river := clamp((wide-distance(&r.river, i, step))/step + .5)
	narrow := 6 * smooth(330, 200, r.hill[1][i])
	river = max(river, .7*clamp((narrow-distance(&r.stream, i, step))/step+.5)*smooth(0, 5, narrow))
	hollow := p.lake[i] - 2.05 - 1.5*smooth(90, 200, r.hill[1][i])
	d := float32(math.Hypot(x-anchorLake.x, y-anchorLake.y))
	hollow = max(hollow, (520+230*p.lake[i]+60*p.tone[i]-d)/600)
	if lake := clamp(hollow*1200/(4*step) + .5); lake > river {
		return lake, between(lakeWater, riverWater, smooth(.12, 0, hollow))
	}
	return river, riverWater
}

// cover is the look of a piece of ground and its class.
type cover struct {
	look  Spectrum
	class uint8
}

// lay puts another cover over a share of this one.
func (c *cover) lay(look Spectrum, class uint8, share float32) {
	c.look.blend(look, share)
	if share > .5 {
		c.class = class
	}
}

// dry is the look of land without its lighting: farmland, woods and bare mountain tops, and towns.
func (p *painter) dry(i int, x, y float64) (Spectrum, uint8) {
	height := p.relief.hill[1][i]
	c := cover{class: Vegetation}
	trees := p.trees(i, height)
	if trees < 1 {
		c.look = p.farmland(i, x, y)
		if ndvi(c.look) < .3 {
			c.class = Bare
		}
	}
	if trees > 0 {
		wood := between(conifers, leafTrees, smooth(-.35, .5, p.leaf[i]-(height-150)/220))
		wood.scale(1 + .10*p.grain[i] + .05*p.tone[i])
		c.lay(wood, Vegetation, trees)
	}
	c.lay(between(rock, meadow, .35*clamp(p.leaf[i])), Bare, smooth(390, 470, height+30*p.leaf[i]))
	if d, town := p.density(x, y); d > 0 {
		if edge := smooth(.12, .3, d+.10*p.tone[i]+.16*p.forest[i]+.03*p.grain[i]); edge > 0 {
			c.lay(streets(town, d, x, y), Bare, edge)
		}
	}
	return c.look, c.class
}

// trees is the share of trees: woods, more of them on hills, and rows along streams.
func (p *painter) trees(i int, height float32) float32 {
	wood := p.forest[i]*.9 + (height-110)/150 + .25*p.tone[i] - .3*p.region[i]
	trees := smooth(.62, .72, wood)
	if near := distance(&p.relief.stream, i, float32(p.v.Step)); near < 45 {
		trees = max(trees, .85*smooth(45, 25, near+14*p.grain[i]))
	}
	return trees
}

// farmland is the look of fields in dry and in green country.
func (p *painter) farmland(i int, x, y float64) Spectrum {
	look := p.field(x, y)
	look.scale(1.06 + .045*p.tone[i] + .03*p.grain[i])
	look.blend(between(soil, meadow, .4), .22*smooth(0, 1.6, p.region[i]))
	look.blend(between(leafTrees, meadow, .6), .28*smooth(0, -1.6, p.region[i]))
	return look
}

// light is the brightness of a slope under a sun in the south-east.
func (p *painter) light(i int) float32 {
	e, s := slope(&p.relief.hill, i, float32(p.v.Step))
	e, s = e*1.7, s*1.7
	n := float32(math.Sqrt(float64(1 + e*e + s*s)))
	// The sun stands at azimuth 150 and elevation 55 degrees: east .287, south .497, up .819.
	return min(max((.819-.287*e-.497*s)/n/.819, .45), 1.35)
}

func ndvi(s Spectrum) float32 { return (s[3] - s[2]) / (s[3] + s[2]) }
