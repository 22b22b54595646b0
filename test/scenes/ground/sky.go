package ground

import "math"

// sky is the weather of a day: clouds and the shadows they throw to the north-west.
type sky struct {
	clouds, wide fractal
	threshold    float32
	none         bool
}

const (
	shadowEast, shadowNorth = -330.0, 570.0 // from a cloud to its shadow, metres
	softness                = .42           // width of a cloud's edge, in deviations of the noise
)

func newSky(g *Ground, v View) sky {
	s := sky{clouds: g.clouds, wide: g.w, none: v.Cover <= 0}
	s.clouds.seed = hash(g.clouds.seed, v.Day, 3)
	s.wide.seed = hash(g.w.seed, v.Day, 4)
	s.threshold = float32(quantile(1 - v.Cover))
	return s
}

// quantile inverts the normal distribution by bisection.
func quantile(p float64) float64 {
	lo, hi := -5.0, 5.0
	for range 60 {
		if mid := (lo + hi) / 2; math.Erfc(-mid/math.Sqrt2)/2 < p {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

func (s *sky) rows(p *painter, l line) {
	if s.none {
		return
	}
	s.clouds.row(p.cloud, l)
	s.wide.row(p.wide, l)
	sun := line{x: l.x - shadowEast, step: l.step, y: l.y - shadowNorth}
	s.clouds.row(p.shade, sun)
	s.wide.row(p.wide2, sun)
}

// thickness of the cloud where the noise is n and the wide noise w.
func (s *sky) thickness(n, w float32) float32 {
	return smooth(-.25*softness, softness, (.9*n+.44*w)-s.threshold)
}

// over puts the day's sky over a pixel: haze, shadow, cloud.
func (s *sky) over(p *painter, i int, look *Spectrum, class uint8) uint8 {
	look[0] += 1.6 * p.haze
	look[1] += p.haze
	look[2] += .7 * p.haze
	if s.none {
		return class
	}
	cloud := s.thickness(p.cloud[i], p.wide[i])
	if shade := s.thickness(p.shade[i], p.wide2[i]); shade > 0 {
		for b := range look {
			look[b] *= 1 - shade*(.52+.03*float32(b))
		}
		if shade > .4 {
			class = Shadow
		}
	}
	if cloud <= 0 {
		return class
	}
	top := cloudTop
	top.scale(.66 + .22*clamp(.5+.45*(p.cloud[i]-p.shade[i])) + .14*cloud + .012*p.grain[i])
	look.blend(top, cloud*.97)
	switch {
	case cloud > .6:
		return Cloud
	case cloud > .2:
		return ThinCloud
	}
	return class
}
