package ground

import "math"

// density tells how built-up a point is, 0 to 1, and the direction of the streets there. Towns are scattered; one lies
// at a fixed place so that every region has one.
func (p *painter) density(x, y float64) (float32, *site) {
	best, at := float32(0), (*site)(nil)
	for _, s := range p.towns.at(x, y) {
		if unit(s.bits, 0) > .62 {
			continue
		}
		radius := 260 + 1500*float64(unit(s.bits, 1)*unit(s.bits, 2))
		if d := built(s.x-x, s.y-y, radius); d > best {
			p.town = s
			best, at = d, &p.town
		}
	}
	if d := built(anchorTown.x-x, anchorTown.y-y, 800); d > best {
		best, at = d, &anchorTown
	}
	return best, at
}

func built(dx, dy, radius float64) float32 {
	if math.Abs(dx) > 1.7*radius || math.Abs(dy) > 1.7*radius {
		return 0
	}
	return smooth(1.6, .35, float32(math.Hypot(dx, dy)/radius))
}

// streets is the look of a town: blocks of roofs and gardens between streets, denser towards the middle.
func streets(s *site, density float32, x, y float64) Spectrum {
	sin, cos := math.Sincos(float64(unit(s.bits, 2)) * math.Pi / 2)
	u, v := (x-s.x)*cos+(y-s.y)*sin, (y-s.y)*cos-(x-s.x)*sin
	const block, plot = 110.0, 22.0
	bits := hash(s.bits, int(math.Floor(u/plot)), int(math.Floor(v/plot)))
	built := smooth(.1, .9, .3+.6*density+.5*(unit(bits, 0)-.5))
	look := between(gardens, between(roofs, brightRoofs, .6*smooth(.9, 1, unit(bits, 1))), built)
	look.scale(.88 + .22*unit(bits, 2))
	du, dv := math.Mod(math.Mod(u, block)+block, block), math.Mod(math.Mod(v, block)+block, block)
	look.blend(road, .8*clamp((14-float32(min(du, dv)))/8))
	return look
}
