package ground

import "math"

// site is a point of a jittered lattice with the random bits that describe it.
type site struct {
	x, y float64
	bits uint64
}

// lattice scatters one site in every square of a given side.
type lattice struct {
	seed uint64
	side float64
}

// around holds the nine sites about a point; it is filled anew only when the point leaves its square.
type around struct {
	lattice
	col, row int
	filled   bool
	sites    [9]site
}

func (a *around) at(x, y float64) *[9]site {
	col, row := int(math.Floor(x/a.side)), int(math.Floor(y/a.side))
	if a.filled && col == a.col && row == a.row {
		return &a.sites
	}
	a.col, a.row, a.filled = col, row, true
	for i := range a.sites {
		c, r := col+i%3-1, row+i/3-1
		h := hash(a.seed, c, r)
		a.sites[i] = site{x: (float64(c) + .1 + .8*float64(unit(h, 0))) * a.side, y: (float64(r) + .1 + .8*float64(unit(h, 1))) * a.side, bits: hash(h, c, r)}
	}
	return &a.sites
}

// nearest finds the nearest site and how many metres the border to the second nearest is away.
func nearest(sites *[9]site, x, y float64) (*site, float32) {
	first, second := math.Inf(1), math.Inf(1)
	var best, next *site
	for i := range sites {
		s := &sites[i]
		d := (s.x-x)*(s.x-x) + (s.y-y)*(s.y-y)
		switch {
		case d < first:
			first, second, best, next = d, first, s, best
		case d < second:
			second, next = d, s
		}
	}
	return best, float32((second - first) / (2 * math.Hypot(best.x-next.x, best.y-next.y)))
}

// district is a group of parcels laid out in one direction.
type district struct {
	site          *site
	cos, sin      float64
	width, length float64
}

func districtOf(s *site) district {
	sin, cos := math.Sincos(float64(unit(s.bits, 0)) * math.Pi)
	return district{s, cos, sin, 70 + 150*float64(unit(s.bits, 1)), 240 + 460*float64(unit(s.bits, 2))}
}

// parcel gives the random bits of the parcel at a point and how far its border is, in metres.
func (d *district) parcel(x, y float64) (uint64, float32) {
	u := (x-d.site.x)*d.cos + (y-d.site.y)*d.sin
	v := (y-d.site.y)*d.cos - (x-d.site.x)*d.sin
	rank := math.Floor(v / d.length)
	h := hash(d.site.bits, int(rank), 0)
	width := d.width * (.7 + .8*float64(unit(h, 0)))
	shifted := u + width*float64(unit(h, 1))
	file := math.Floor(shifted / width)
	du, dv := shifted-file*width, v-rank*d.length
	border := min(du, width-du, dv, d.length-dv)
	return hash(h, int(file), 1), float32(border)
}

// field is the look of farmland at a point.
func (p *painter) field(x, y float64) Spectrum {
	s, edge := nearest(p.districts.at(x, y), x, y)
	if s != p.district.site || s.bits != p.districtBits {
		p.district, p.districtBits = districtOf(s), s.bits
	}
	bits, border := p.district.parcel(x, y)
	c := cropOf(unit(bits, 0))
	stage := clamp(p.season + (unit(bits, 1)-.5)*.35)
	look := between(c.early, c.late, stage)
	look.scale(.88 + .24*unit(bits, 2))
	look.blend(between(meadow, road, .45), .55*clamp((8-border)/8)) // balks and tracks between parcels
	look.blend(road, .8*clamp((12-edge)/10))                        // roads between districts
	return look
}
