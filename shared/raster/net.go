package raster

import "math"

// net projects the points of a net with half the side of the cells, which gives the corners of all cells and the points
// to test them by.
func (s *sight) net() {
	const n = chunkSide/cellSide*2 + 1
	s.x, s.y = s.x[:0], s.y[:0]
	for j := range n {
		for i := range n {
			s.x = append(s.x, s.lattice.x(float64(s.chunk.col+i*cellSide/2)))
			s.y = append(s.y, s.lattice.y(float64(s.chunk.row+j*cellSide/2)))
		}
	}
	s.project()
	var nodes [n * n]point
	for i := range nodes {
		nodes[i] = s.pointOf(i)
	}
	for j := 0; j < n-1; j += 2 {
		for i := 0; i < n-1; i += 2 {
			var nine [9]point
			for k := range nine {
				nine[k] = nodes[(j+k/3)*n+i+k%3]
			}
			s.cell(i*cellSide/2, j*cellSide/2, cellSide, nine)
		}
	}
}

// cell fills a square of the chunk whose corners, middles of edges and middle are known, row by row; or divides it.
func (s *sight) cell(x, y, side int, p [9]point) {
	if !s.wanted(x, y, side) || s.beside(p) {
		return
	}
	if s.nearest {
		if s.smooth(x, y, side, p) {
			s.curve(x, y, side, curveOf(p))
			return
		}
	} else if straight(p) {
		s.interpolate(x, y, side, [4]point{p[0], p[2], p[6], p[8]})
		return
	}
	if side <= exactSide {
		s.exact(x, y, side)
		return
	}
	half, quarter := float64(side)/2, float64(side)/4
	fx, fy := float64(x), float64(y)
	for k, corner := range [4]int{0, 1, 3, 4} {
		ox, oy := fx+half*float64(k%2), fy+half*float64(k/2)
		s.points(ox+quarter, oy, ox, oy+quarter, ox+quarter, oy+quarter, ox+half, oy+quarter, ox+quarter, oy+half)
		q := [9]point{
			p[corner], s.pointOf(0), p[corner+1],
			s.pointOf(1), s.pointOf(2), s.pointOf(3),
			p[corner+3], s.pointOf(4), p[corner+4],
		}
		s.cell(x+side/2*(k%2), y+side/2*(k/2), side/2, q)
	}
}

// wanted tells whether a square has pixels that are still to be drawn.
func (s *sight) wanted(x, y, side int) bool {
	for row := y; row < y+side; row++ {
		if s.open.lo[row] < min(x+side, s.open.hi[row]) && s.open.hi[row] > x {
			return true
		}
	}
	return false
}

// beside tells whether a square certainly sees nothing of the coverage: all its points lie beyond the same edge, by more
// than the square can bend.
func (s *sight) beside(p [9]point) bool {
	u0, v0, u1, v1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, q := range p {
		if math.IsNaN(q.u) || math.IsNaN(q.v) {
			return false
		}
		u0, v0, u1, v1 = min(u0, q.u), min(v0, q.v), max(u1, q.u), max(v1, q.v)
	}
	if s.round {
		u0, u1 = 0, 0
	}
	slackU, slackV := (u1-u0)/4+1, (v1-v0)/4+1
	return u1 < -slackU || v1 < -slackV || u0 > float64(s.level.width)+slackU || v0 > float64(s.level.height)+slackV
}

// straight tells whether interpolation between the corners hits the middles within the tolerance.
func straight(p [9]point) bool {
	mid := func(a, b point) point { return point{(a.u + b.u) / 2, (a.v + b.v) / 2} }
	near := func(a, b point) bool {
		return math.Abs(a.u-b.u) <= tolerance && math.Abs(a.v-b.v) <= tolerance
	}
	top, bottom := mid(p[0], p[2]), mid(p[6], p[8])
	return near(top, p[1]) && near(bottom, p[7]) && near(mid(p[0], p[6]), p[3]) && near(mid(p[2], p[8]), p[5]) && near(mid(top, bottom), p[4])
}

// interpolate fills a square from its corners.
func (s *sight) interpolate(x, y, side int, p [4]point) {
	step := 1 / float64(side)
	for j := range side {
		row := y + j
		lo, hi := max(s.open.lo[row], x), min(s.open.hi[row], x+side)
		if lo >= hi {
			continue
		}
		t := (float64(j) + .5) * step
		u0, u1 := p[0].u+(p[2].u-p[0].u)*t, p[1].u+(p[3].u-p[1].u)*t
		v0, v1 := p[0].v+(p[2].v-p[0].v)*t, p[1].v+(p[3].v-p[1].v)*t
		du, dv := (u1-u0)*step, (v1-v0)*step
		s.straightRow(row*chunkSide+lo, hi-lo, float64(lo-x)+.5, ray{u0, v0, du, dv})
	}
}

// ray is a line through a coverage: the position after k pixels of the map is u+k*du, v+k*dv.
type ray struct{ u, v, du, dv float64 }

func (r ray) after(k float64) (u, v float64) { return r.u + k*r.du, r.v + k*r.dv }

// straightRow fills n pixels along a ray, the first of which is k pixels from its beginning.
func (s *sight) straightRow(at, n int, k float64, r ray) {
	u0, v0 := r.after(k)
	u1, v1 := r.after(k + float64(n-1))
	if s.round || !s.within(u0, v0) || !s.within(u1, v1) {
		for i := range n {
			u, v := r.after(k + float64(i))
			s.set(at+i, u, v)
		}
		return
	}
	s.extend(at/chunkSide, at%chunkSide, at%chunkSide+n)
	run := straightRun{row: int32(at / chunkSide), column: int32(at % chunkSide), n: int32(n)}
	run.u, run.du = counted(r.u, r.du, k)
	run.v, run.dv = counted(r.v, r.dv, k)
	s.runs = append(s.runs, run)
	s.covered[run.row] += n
	lastU, lastV := run.at(int64(n - 1))
	firstU, firstV := run.at(0)
	b := &s.bounds
	b.u0, b.u1 = min(b.u0, firstU, lastU), max(b.u1, firstU, lastU)
	b.v0, b.v1 = min(b.v0, firstV, lastV), max(b.v1, firstV, lastV)
}

// straightRun is a run of pixels of a row whose positions are on a line, in 1/256 pixels of the level times 2^32: that of
// the first, more by half a pixel, and how far the next is. It is laid out as struct perigee_ray.
type straightRun struct {
	row, column, n int32
	u, v, du, dv   int64
}

// at is the position after some pixels, as fixed gives it.
func (r *straightRun) at(i int64) (u, v int32) {
	return int32((r.u+i*r.du)>>32) - phases/2, int32((r.v+i*r.dv)>>32) - phases/2
}

// counted is the place that is k steps, a whole number and a half, from another, and twice half a step. It is counted in
// whole numbers, so that a pixel comes out the same wherever its run begins.
func counted(place, step, k float64) (at, further int64) {
	const one = 1 << 32 // of 1/256 pixels
	half := int64(math.RoundToEven(step * (phases / 2 * one)))
	return int64(math.RoundToEven((place*phases+.5)*one)) + (2*int64(k-.5)+1)*half, 2 * half
}

// unfold gives every pixel of the runs its position.
func (s *sight) unfold() {
	for _, r := range s.runs {
		at := int(r.row)*chunkSide + int(r.column)
		us, vs := s.u[at:][:r.n], s.v[at:][:r.n]
		u, v := r.u, r.v
		for i := range us {
			us[i], vs[i] = int32(u>>32)-phases/2, int32(v>>32)-phases/2
			u, v = u+r.du, v+r.dv
		}
	}
	s.runs = s.runs[:0]
}

// folded tells whether runs tell of all pixels that see something, without a gap between them in any row.
func (s *sight) folded() bool {
	if s.single || len(s.runs) == 0 {
		return false
	}
	for row, n := range s.covered {
		if n != max(s.seen.hi[row]-s.seen.lo[row], 0) {
			return false
		}
	}
	return true
}

// within tells whether a position is certainly in the coverage.
func (s *sight) within(u, v float64) bool {
	return u > .5 && v > .5 && u < float64(s.level.width)-.5 && v < float64(s.level.height)-.5
}

// fixed is a position less half a pixel in 1/256 pixels, rounded.
func fixed(u float64) int32 {
	const positive = 1 << 34 // so that the conversion rounds down
	return int32(int64(u*phases+(positive+.5)) - positive - phases/2)
}

// whole is the middle of the pixel that a position lies in, as fixed gives it. On the border between two it is the
// second, however the last digits of the position came out.
func whole(u float64) int32 { return int32(math.Floor(u+1e-9)) << 8 }

// curved is a position in a coverage as a polynomial of the second degree in each direction of a square, whose sides
// count from 0 to 2.
type curved struct{ u, v [3][3]float64 } // by power of the row, then of the column

// curveOf goes through the nine points of a square.
func curveOf(p [9]point) curved {
	// The polynomial through values at 0, 1 and 2.
	through := func(a, b, c float64) [3]float64 { return [3]float64{a, 2*b - 1.5*a - .5*c, .5*a - b + .5*c} }
	along := func(get func(point) float64) (out [3][3]float64) {
		var rows [3][3]float64
		for j := range 3 {
			rows[j] = through(get(p[3*j]), get(p[3*j+1]), get(p[3*j+2]))
		}
		for i := range 3 {
			column := through(rows[0][i], rows[1][i], rows[2][i])
			for j := range 3 {
				out[j][i] = column[j]
			}
		}
		return out
	}
	return curved{along(func(q point) float64 { return q.u }), along(func(q point) float64 { return q.v })}
}

// row is the polynomial along a row.
func row2(c *[3][3]float64, t float64) (a, b, d float64) {
	return c[0][0] + t*(c[1][0]+t*c[2][0]), c[0][1] + t*(c[1][1]+t*c[2][1]), c[0][2] + t*(c[1][2]+t*c[2][2])
}

func (c *curved) at(s, t float64) (u, v float64) {
	a, b, d := row2(&c.u, t)
	e, f, g := row2(&c.v, t)
	return a + s*(b+s*d), e + s*(f+s*g)
}

// smooth tells whether the polynomial through the points of a square is as good as exact in it: where the nearest pixel
// is asked for, hardly a position may fall on the wrong side of a border.
func (s *sight) smooth(x, y, side int, p [9]point) bool {
	for _, q := range p {
		if math.IsNaN(q.u) || math.IsNaN(q.v) {
			return false
		}
	}
	const exactly = 1e-6 // pixels of the level
	c, q, fx, fy := curveOf(p), float64(side)/4, float64(x), float64(y)
	s.points(fx+q, fy+q, fx+3*q, fy+q, fx+q, fy+3*q, fx+3*q, fy+3*q)
	for i := range s.x {
		u, v := c.at(.5+float64(i%2), .5+float64(i/2))
		if at := s.pointOf(i); !(math.Abs(at.u-u) < exactly && math.Abs(at.v-v) < exactly) {
			return false
		}
	}
	return true
}

// curve fills a square from its polynomial.
func (s *sight) curve(x, y, side int, c curved) {
	step := 2 / float64(side)
	for j := range side {
		row := y + j
		a, b, d := row2(&c.u, (float64(j)+.5)*step)
		e, f, g := row2(&c.v, (float64(j)+.5)*step)
		for i := max(s.open.lo[row], x); i < min(s.open.hi[row], x+side); i++ {
			k := (float64(i-x) + .5) * step
			s.set(row*chunkSide+i, a+k*(b+k*d), e+k*(f+k*g))
		}
	}
}

// exact fills a square pixel by pixel.
func (s *sight) exact(x, y, side int) {
	for row := y; row < y+side; row++ {
		for i := max(s.open.lo[row], x); i < min(s.open.hi[row], x+side); i++ {
			s.points(float64(i)+.5, float64(row)+.5)
			p := s.pointOf(0)
			s.set(row*chunkSide+i, p.u, p.v)
		}
	}
}

// hidden notes that a pixel among those seen sees nothing, until more is known.
func (s *sight) hidden(at int) {
	if row, i := at/chunkSide, at%chunkSide; i >= s.seen.lo[row] && i < s.seen.hi[row] {
		s.u[at] = outside
	}
}

// set notes where a pixel looks, if that is within the coverage. Positions are rounded before that is decided, so that
// of two coverages that touch exactly one has the pixel.
func (s *sight) set(at int, u, v float64) {
	width := float64(s.level.width)
	least, most := -1.0, width+1
	if s.round {
		least, most = -width, 2*width
	}
	if s.hidden(at); !(u > least && v > -1 && u < most && v < float64(s.level.height)+1) {
		return
	}
	fu, fv := fixed(u), fixed(v)
	if s.nearest {
		fu, fv = whole(u), whole(v)
	}
	if nu, nv := fu+128, fv+128; nv < 0 || nv >= int32(s.level.height)<<8 || !s.round && (nu < 0 || nu >= int32(s.level.width)<<8) {
		return
	}
	s.extend(at/chunkSide, at%chunkSide, at%chunkSide+1)
	s.u[at], s.v[at], s.single = fu, fv, true
	b := &s.bounds
	b.u0, b.v0, b.u1, b.v1 = min(b.u0, fu), min(b.v0, fv), max(b.u1, fu), max(b.v1, fv)
}
