package raster

// #cgo CFLAGS: -O3
// #include "resample.h"
import "C"

import (
	"math"
	"slices"
)

// phases is how finely positions between two pixels are told apart.
const phases = 256

// kernel is a filter in one direction, a triangle or a cubic: interpolation where the map is about as fine as the level,
// and wider where it is coarser, so that what is finer than the map cannot alias.
type kernel struct {
	radius  float64 // pixels of the level
	cubic   bool
	taps    int           // pixels that have a weight, at most
	first   [phases]int32 // by phase: where the taps begin, counted from the whole position
	weights []float32     // by phase, in sum 1
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
		k.first[p] = int32(min(int(math.Floor(at-radius))+1, reach(radius)-k.taps+1))
		w := k.of(int32(p))
		var sum float32
		for i := range w {
			w[i] = float32(weight(math.Abs(float64(int(k.first[p])+i)-at) / radius))
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

// sampler reads rows of a chunk from planes that share a window and their memory.
type sampler struct {
	s      *sight
	inputs []int // of the look, by plane
	planes []*plane
	rows   [][]float32 // by plane: where the samples go, by pixel of the chunk; one after the other in memory
	bad    []int32
}

// row samples the pixels lo to before hi of a row.
func (a *sampler) row(row, lo, hi int) {
	from, to := max(lo, a.s.seen.lo[row]), min(hi, a.s.seen.hi[row])
	if from >= to {
		from, to = hi, hi
	}
	for _, dst := range a.rows {
		for i := lo; i < from; i++ {
			dst[i] = nan
		}
		for i := to; i < hi; i++ {
			dst[i] = nan
		}
	}
	if lo, hi = from, to; lo >= hi {
		return
	}
	if len(a.s.runs) > 0 {
		a.s.unfold()
	}
	u, v := a.s.u[row*chunkSide:][:chunkSide], a.s.v[row*chunkSide:][:chunkSide]
	if a.s.nearest {
		a.nearest(u, v, lo, hi)
		return
	}
	for _, i := range a.resample(u[lo:hi], v[lo:hi], lo) {
		at := lo + int(i)
		for k, p := range a.planes {
			if r := a.rows[k][at]; r != r {
				a.rows[k][at] = a.mend(p, u[at], v[at])
			}
		}
	}
}

// resample weighs the samples about positions, and tells which pixels came out as no data and have to be looked at
// closer.
func (a *sampler) resample(u, v []int32, lo int) []int32 {
	s, p := a.s, a.planes[0]
	x, y := &s.kernelX, &s.kernelY
	n := C.perigee_resample((*C.float)(&p.samples[0]), C.int32_t(p.lanes), C.int64_t(s.box.width), C.int32_t(s.box.x), C.int32_t(s.box.y),
		(*C.int32_t)(&u[0]), (*C.int32_t)(&v[0]), C.int32_t(len(u)),
		(*C.int32_t)(&x.first[0]), (*C.float)(&x.weights[0]), C.int32_t(x.taps), (*C.int32_t)(&y.first[0]), (*C.float)(&y.weights[0]), C.int32_t(y.taps),
		(*C.float)(&a.rows[0][lo]), chunkSide, C.int32_t(len(a.planes)), (*C.int32_t)(&a.bad[0]))
	return a.bad[:n]
}

// fits tells whether all that the kernels weigh lies in the box. It always does: what reads without looking relies on it.
func (s *sight) fits() bool {
	within := func(low, high int32, k *kernel, from, n int) bool {
		first, last := slices.Min(k.first[:]), slices.Max(k.first[:])
		return int(low>>8)+int(first) >= from && int(high>>8)+int(last)+k.taps <= from+n
	}
	b := s.bounds
	return s.nearest || within(b.u0, b.u1, &s.kernelX, s.box.x, s.box.width) && within(b.v0, b.v1, &s.kernelY, s.box.y, s.box.height)
}

// corner is where the kernel of a pixel begins in the planes.
func (a *sampler) corner(u, v int32) int {
	s := a.s
	return (int(v>>8)+int(s.kernelY.first[v&(phases-1)])-s.box.y)*s.box.width + int(u>>8) + int(s.kernelX.first[u&(phases-1)]) - s.box.x
}

// middle is the place of the nearest pixel in the planes.
func (a *sampler) middle(u, v int32) int {
	return (int((v+128)>>8)-a.s.box.y)*a.s.box.width + int((u+128)>>8) - a.s.box.x
}

func (a *sampler) nearest(u, v []int32, lo, hi int) {
	for i := lo; i < hi; i++ {
		if u[i] == outside {
			for _, dst := range a.rows {
				dst[i] = nan
			}
			continue
		}
		at := a.middle(u[i], v[i])
		for k, p := range a.planes {
			a.rows[k][i] = p.at(at)
		}
	}
}

// mend computes a pixel next to no data or to the edge. It has data if the nearest pixel has; then it is the average of
// those around that have, by their weights, so that what stands for no data never mixes in.
func (a *sampler) mend(p *plane, u, v int32) float32 {
	if near := p.at(a.middle(u, v)); near != near {
		return nan
	}
	at := a.corner(u, v)
	wx, wy := a.s.kernelX.of(u), a.s.kernelY.of(v)
	var sum, total float32
	for j, y := range wy {
		for k, x := range wx {
			if sample := p.at(at + j*p.width + k); sample == sample {
				sum += sample * x * y
				total += x * y
			}
		}
	}
	return sum / total
}
