package raster

import "math"

// phases is how finely positions between two pixels are told apart.
const phases = 256

// kernel is a filter in one direction, a triangle or a cubic: interpolation where the map is about as fine as the level,
// and wider where it is coarser, so that what is finer than the map cannot alias.
type kernel struct {
	radius  float64 // pixels of the level
	cubic   bool
	taps    int         // pixels that have a weight, at most
	first   [phases]int // by phase: where the taps begin, counted from the whole position
	weights []float32   // by phase, in sum 1
}

// reach is how far from the whole position the outermost pixel lies that a kernel weighs.
func reach(radius float64) int { return int(math.Ceil(radius)) }

// shape makes the kernel of a radius.
func (k *kernel) shape(radius float64, cubic bool) {
	if k.radius == radius && k.cubic == cubic {
		return
	}
	k.radius, k.cubic, k.taps = radius, cubic, int(math.Ceil(2*radius))
	weight := triangle
	if cubic {
		weight = convolution
	}
	k.weights = append(k.weights[:0], make([]float32, phases*k.taps)...)
	for p := range phases {
		at := float64(p) / phases
		k.first[p] = min(int(math.Floor(at-radius))+1, reach(radius)-k.taps+1)
		w := k.of(int32(p))
		var sum float32
		for i := range w {
			w[i] = float32(weight(math.Abs(float64(k.first[p]+i)-at) / radius))
			sum += w[i]
		}
		for i := range w {
			w[i] /= sum
		}
	}
}

// triangle is the weight at a distance, in radii.
func triangle(d float64) float64 { return max(0, 1-d) }

// convolution is the cubic of Keys (1981) with a = -1/2.
func convolution(d float64) float64 {
	switch d *= 2; {
	case d <= 1:
		return 1 + d*d*(1.5*d-2.5)
	case d < 2:
		return 2 + d*(-4+d*(2.5-.5*d))
	}
	return 0
}

// of gives the weights at the phase of a position.
func (k *kernel) of(u int32) []float32 { return k.weights[int(u&(phases-1))*k.taps:][:k.taps] }

// sampler reads rows of a chunk from planes that share a window.
type sampler struct {
	s      *sight
	planes []*plane
	rows   [][]float32 // by plane: where the samples go, by pixel of the chunk
}

// row samples the pixels lo to before hi of a row.
func (a *sampler) row(row, lo, hi int) {
	s := a.s
	u, v := s.u[row*chunkSide:][:chunkSide], s.v[row*chunkSide:][:chunkSide]
	switch {
	case s.nearest:
		a.nearest(u, v, lo, hi)
	case s.kernelX.taps == 2 && s.kernelY.taps == 2:
		a.linear(u, v, lo, hi)
	case s.kernelX.taps == 3 && s.kernelY.taps == 3:
		a.three(u, v, lo, hi)
	case s.kernelX.taps == 4 && s.kernelY.taps == 4:
		a.four(u, v, lo, hi)
	default:
		a.wide(u, v, lo, hi)
	}
}

// blank makes a pixel no data in all rows.
func (a *sampler) blank(i int) {
	for _, dst := range a.rows {
		dst[i] = nan
	}
}

// corner is where the kernel of a pixel begins in the planes.
func (a *sampler) corner(u, v int32) int {
	s := a.s
	return (int(v>>8)+s.kernelY.first[v&(phases-1)]-s.box.y)*s.box.width + int(u>>8) + s.kernelX.first[u&(phases-1)] - s.box.x
}

// middle is the place of the nearest pixel in the planes.
func (a *sampler) middle(u, v int32) int {
	return (int((v+128)>>8)-a.s.box.y)*a.s.box.width + int((u+128)>>8) - a.s.box.x
}

func (a *sampler) nearest(u, v []int32, lo, hi int) {
	for i := lo; i < hi; i++ {
		if u[i] == outside {
			a.blank(i)
			continue
		}
		at := a.middle(u[i], v[i])
		for k, p := range a.planes {
			a.rows[k][i] = p.samples[at]
		}
	}
}

// linear is for kernels of 2 by 2 taps. A sum with NaN is NaN; only then it is looked at closer.
func (a *sampler) linear(u, v []int32, lo, hi int) {
	stride := a.s.box.width
	for i := lo; i < hi; i++ {
		if u[i] == outside {
			a.blank(i)
			continue
		}
		at := a.corner(u[i], v[i])
		fu, fv := float32(u[i]&255)*(1.0/phases), float32(v[i]&255)*(1.0/phases)
		for k, p := range a.planes {
			upper, lower := (*[2]float32)(p.samples[at:]), (*[2]float32)(p.samples[at+stride:])
			x, y := upper[0]+(upper[1]-upper[0])*fu, lower[0]+(lower[1]-lower[0])*fu
			r := x + (y-x)*fv
			if r != r {
				r = a.mend(p, u[i], v[i])
			}
			a.rows[k][i] = r
		}
	}
}

// three is for kernels of 3 by 3 taps.
func (a *sampler) three(u, v []int32, lo, hi int) {
	stride := a.s.box.width
	for i := lo; i < hi; i++ {
		if u[i] == outside {
			a.blank(i)
			continue
		}
		at := a.corner(u[i], v[i])
		wx, wy := (*[3]float32)(a.s.kernelX.of(u[i])), (*[3]float32)(a.s.kernelY.of(v[i]))
		x0, x1, x2 := wx[0], wx[1], wx[2]
		for k, p := range a.planes {
			p0, p1, p2 := (*[3]float32)(p.samples[at:]), (*[3]float32)(p.samples[at+stride:]), (*[3]float32)(p.samples[at+2*stride:])
			r := wy[0]*(p0[0]*x0+p0[1]*x1+p0[2]*x2) + wy[1]*(p1[0]*x0+p1[1]*x1+p1[2]*x2) + wy[2]*(p2[0]*x0+p2[1]*x1+p2[2]*x2)
			if r != r {
				r = a.mend(p, u[i], v[i])
			}
			a.rows[k][i] = r
		}
	}
}

// four is for kernels of 4 by 4 taps.
func (a *sampler) four(u, v []int32, lo, hi int) {
	stride := a.s.box.width
	for i := lo; i < hi; i++ {
		if u[i] == outside {
			a.blank(i)
			continue
		}
		at := a.corner(u[i], v[i])
		wx, wy := (*[4]float32)(a.s.kernelX.of(u[i])), (*[4]float32)(a.s.kernelY.of(v[i]))
		x0, x1, x2, x3 := wx[0], wx[1], wx[2], wx[3]
		y0, y1, y2, y3 := wy[0], wy[1], wy[2], wy[3]
		for k, p := range a.planes {
			p0, p1 := (*[4]float32)(p.samples[at:]), (*[4]float32)(p.samples[at+stride:])
			p2, p3 := (*[4]float32)(p.samples[at+2*stride:]), (*[4]float32)(p.samples[at+3*stride:])
			r := y0*(p0[0]*x0+p0[1]*x1+p0[2]*x2+p0[3]*x3) + y1*(p1[0]*x0+p1[1]*x1+p1[2]*x2+p1[3]*x3) +
				y2*(p2[0]*x0+p2[1]*x1+p2[2]*x2+p2[3]*x3) + y3*(p3[0]*x0+p3[1]*x1+p3[2]*x2+p3[3]*x3)
			if r != r {
				r = a.mend(p, u[i], v[i])
			}
			a.rows[k][i] = r
		}
	}
}

// wide is for kernels of any size.
func (a *sampler) wide(u, v []int32, lo, hi int) {
	for i := lo; i < hi; i++ {
		if u[i] == outside {
			a.blank(i)
			continue
		}
		for k, p := range a.planes {
			r := a.sum(p, u[i], v[i])
			if r != r {
				r = a.mend(p, u[i], v[i])
			}
			a.rows[k][i] = r
		}
	}
}

func (a *sampler) sum(p *plane, u, v int32) float32 {
	at := a.corner(u, v)
	wx, wy := a.s.kernelX.of(u), a.s.kernelY.of(v)
	var r float32
	for j, w := range wy {
		var line float32
		for k, sample := range p.samples[at+j*p.width:][:len(wx)] {
			line += sample * wx[k]
		}
		r += line * w
	}
	return r
}

// mend computes a pixel next to no data or to the edge. It has data if the nearest pixel has; then it is the average of
// those around that have, by their weights, so that what stands for no data never mixes in.
func (a *sampler) mend(p *plane, u, v int32) float32 {
	if near := p.samples[a.middle(u, v)]; near != near {
		return nan
	}
	at := a.corner(u, v)
	wx, wy := a.s.kernelX.of(u), a.s.kernelY.of(v)
	var sum, total float32
	for j, y := range wy {
		for k, x := range wx {
			if sample := p.samples[at+j*p.width+k]; sample == sample {
				sum += sample * x * y
				total += x * y
			}
		}
	}
	return sum / total
}
