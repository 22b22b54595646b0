// Package ground paints an invented piece of the earth: sea, lakes, rivers, hills, forests, farmland and towns, below
// clouds that change by the day. Everything is a function of ground coordinates and the seed, so that neighbouring
// images continue each other without a seam, and two runs paint the same.
package ground

import "math"

// hash mixes a seed and two lattice coordinates to 64 random bits.
func hash(seed uint64, x, y int) uint64 {
	h := seed + uint64(int64(x))*0x9E3779B97F4A7C15 + uint64(int64(y))*0xC2B2AE3D27D4EB4F
	h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9
	h = (h ^ (h >> 27)) * 0x94D049BB133111EB
	return h ^ (h >> 31)
}

// unit gives a number in [0,1) from 20 bits of h; n chooses which.
func unit(h uint64, n uint) float32 { return float32(h>>(20*n)&0xFFFFF) / (1 << 20) }

// line is a row of sample points: y fixed, x from X in steps.
type line struct {
	x, step, y float64
}

// addNoise adds gradient noise of one wavelength along a line to dst. Its values have a deviation of about amplitude.
func addNoise(dst []float32, seed uint64, l line, wavelength float64, amplitude float32) {
	amplitude *= 3.4
	v := l.y / wavelength
	iy := int(math.Floor(v))
	fy := float32(v - float64(iy))
	wy := fade(fy)
	column := func(ix int) (slope, value float32) {
		g0x, g0y := gradient(hash(seed, ix, iy))
		g1x, g1y := gradient(hash(seed, ix, iy+1))
		return g0x + (g1x-g0x)*wy, g0y*fy + (g1y*(fy-1)-g0y*fy)*wy
	}
	u, du := l.x/wavelength, l.step/wavelength
	cell := math.MinInt
	var s0, v0, s1, v1 float32
	for i := range dst {
		at := u + float64(i)*du
		ix := int(math.Floor(at))
		if ix != cell {
			s0, v0 = column(ix)
			s1, v1 = column(ix + 1)
			cell = ix
		}
		fx := float32(at - float64(ix))
		a, b := v0+s0*fx, v1+s1*(fx-1)
		dst[i] += amplitude * (a + (b-a)*fade(fx))
	}
}

func fade(t float32) float32 { return t * t * t * (t*(t*6-15) + 10) }

func gradient(h uint64) (x, y float32) {
	d := &directions[h>>54]
	return d[0], d[1]
}

// directions are unit vectors all around.
var directions = func() (d [1024][2]float32) {
	for i := range d {
		s, c := math.Sincos(float64(i) / float64(len(d)) * 2 * math.Pi)
		d[i] = [2]float32{float32(c), float32(s)}
	}
	return d
}()

// fractal describes noise of several octaves, each of half the wavelength and gain times the height of the one before.
type fractal struct {
	seed       uint64
	wavelength float64 // metres
	octaves    int
	gain       float32
}

// row fills dst with the noise along a line; its deviation is about 1.
func (f fractal) row(dst []float32, l line) {
	clear(dst)
	var power float64
	for a, i := 1.0, 0; i < f.octaves; a, i = a*float64(f.gain), i+1 {
		power += a * a
	}
	amplitude := float32(1 / math.Sqrt(power))
	for i, w := 0, f.wavelength; i < f.octaves; i, w = i+1, w/2 {
		addNoise(dst, hash(f.seed, i, 7), l, w, amplitude)
		amplitude *= f.gain
	}
}

// at is the noise at one point.
func (f fractal) at(x, y float64) float32 {
	var one [1]float32
	f.row(one[:], line{x: x, step: 1, y: y})
	return one[0]
}

// smooth rises from 0 at lo to 1 at hi.
func smooth(lo, hi, x float32) float32 {
	t := min(max((x-lo)/(hi-lo), 0), 1)
	return t * t * (3 - 2*t)
}

func clamp(x float32) float32 { return min(max(x, 0), 1) }
