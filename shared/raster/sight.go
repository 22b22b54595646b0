package raster

import (
	"math"

	"perigee/shared/geo"
)

// sight tells for every pixel of a chunk where it looks in a coverage: at which level, and at which position there. The
// positions are computed exactly on a net of points and interpolated between, where that is exact to an eighth of a
// pixel; elsewhere the net is made finer.
type sight struct {
	level   level
	u, v    []int32        // by pixel of the chunk: position less half a pixel, in 1/256 pixels of the level; outside
	seen    spans          // by row: the pixels that u and v, or the runs, tell of; all others see nothing
	runs    []straightRun  // of which u and v do not tell yet
	covered [chunkSide]int // by row: pixels of the runs
	single  bool           // some pixels are in no run
	box     window         // of the level, all that the kernels reach
	kernelX kernel
	kernelY kernel
	nearest bool
	cubic   bool

	// while it is made
	grid    geo.Grid
	wrap    float64 // columns all around the earth, 0 if the system does not go around
	round   bool    // the coverage itself goes all around: its last column touches the first
	middle  float64 // the column about which positions are counted, where there is a choice of turns
	lattice lattice
	chunk   chunk
	open    *spans
	mapping mapping
	x, y    []float64
	bounds  bounds
}

// outside marks a pixel that sees nothing of the coverage.
const outside = math.MinInt32

// spans says for each row of a chunk which pixels are still to be drawn: from lo to before hi, none if lo >= hi.
type spans struct {
	lo, hi [chunkSide]int
}

// extend adds the pixels from to before to of a row; those between them and the others see nothing.
func (s *sight) extend(row, from, to int) {
	lo, hi := &s.seen.lo[row], &s.seen.hi[row]
	if *lo >= *hi {
		*lo, *hi = from, to
		return
	}
	for i := *hi; i < from; i++ {
		s.u[row*chunkSide+i] = outside
	}
	for i := to; i < *lo; i++ {
		s.u[row*chunkSide+i] = outside
	}
	*lo, *hi = min(*lo, from), max(*hi, to)
}

// bounds is the range of whole positions seen.
type bounds struct{ u0, v0, u1, v1 int32 }

const (
	cellSide  = 64   // of the coarsest net, in pixels of the map
	tolerance = .125 // pixels of the level
	exactSide = 4    // cells of this side are not interpolated any more
)

// look computes the sight of a chunk; false when the coverage is nowhere in it.
func (s *sight) look(levels []level) bool {
	s.wrap = around(s.grid)
	s.round = s.wrap > 0 && math.Abs(s.wrap-float64(s.grid.Width)) < .5
	s.middle = float64(s.grid.Width) / 2
	if s.points(chunkSide/2, chunkSide/2); s.round && !math.IsNaN(s.x[0]) {
		s.middle = s.x[0]
	}
	rx, ry, ok := s.scale()
	if !ok {
		return false
	}
	first := choose(levels, rx, ry)
	for s.nearest && first.reduced { // the nearest pixel of the file, not one of a reduction
		first = levels[first.index-1]
	}
	for l := first; ; l = levels[l.index+1] {
		if !s.at(l) {
			return false
		}
		x, y := s.radius(rx/l.fx), s.radius(ry/l.fy)
		if l.index+1 == len(levels) {
			// A few pixels are all within a kernel much smaller than that of a map in which they are a speck.
			x, y = min(x, maxRadius), min(y, maxRadius)
		}
		// Where a projection tears a chunk apart, or levels are missing, less detail has to do.
		if s.reach(x, y); l.index+1 == len(levels) || s.box.width*s.box.height <= maxBox && max(x, y) <= maxRadius {
			s.kernelX.shape(x, s.cubic)
			s.kernelY.shape(y, s.cubic)
			return true
		}
	}
}

// The bounds of what one chunk may need: pixels of a level, and the radius of a kernel in them.
const (
	maxBox    = 4 << 20
	maxRadius = 512
)

// at computes the positions at a level; false when none is in the coverage.
func (s *sight) at(l level) bool {
	s.level = l
	s.bounds = bounds{math.MaxInt32, math.MaxInt32, math.MinInt32, math.MinInt32}
	s.seen, s.runs, s.covered, s.single = spans{}, s.runs[:0], [chunkSide]int{}, false
	s.net()
	return s.bounds.u0 <= s.bounds.u1
}

// radius is how far the kernel reaches at a reduction, the number of a level's pixels per pixel of the map. The nearest
// pixel needs none around it.
func (s *sight) radius(reduction float64) float64 {
	const alike = 1.05 // up to here plain interpolation does
	r := 1.0
	if reduction > alike && !s.nearest {
		r = reduction
	}
	if s.cubic {
		r *= 2
	}
	return r
}

// reach computes the box that kernels need about the positions.
func (s *sight) reach(radiusX, radiusY float64) {
	b, x, y := s.bounds, reach(radiusX), reach(radiusY)
	s.box.x, s.box.y = int(b.u0>>8)-x+1, int(b.v0>>8)-y+1
	s.box.width, s.box.height = int(b.u1>>8)+x+1-s.box.x, int(b.v1>>8)+y+1-s.box.y
}

// scale is how many pixels of the coverage a pixel of the map shows in each direction, measured in the middle of the
// chunk, or where the coverage has a place near there.
func (s *sight) scale() (rx, ry float64, ok bool) {
	const h = chunkSide / 2
	for _, at := range [][2]float64{{h, h}, {h / 2, h / 2}, {3 * h / 2, h / 2}, {h / 2, 3 * h / 2}, {3 * h / 2, 3 * h / 2}, {0, 0}, {2 * h, 0}, {0, 2 * h}, {2 * h, 2 * h}} {
		s.points(at[0], at[1], at[0]+1, at[1], at[0], at[1]+1)
		x, y := s.x, s.y
		rx, ry = math.Hypot(x[1]-x[0], x[2]-x[0]), math.Hypot(y[1]-y[0], y[2]-y[0])
		if rx > 0 && ry > 0 && !math.IsInf(rx+ry, 0) {
			return rx, ry, true
		}
	}
	return 0, 0, false
}

// points projects positions of the chunk, given in pairs, to pixels of the coverage's full resolution, into s.x and s.y.
func (s *sight) points(pairs ...float64) {
	s.x, s.y = s.x[:0], s.y[:0]
	for i := 0; i < len(pairs); i += 2 {
		s.x = append(s.x, s.lattice.x(float64(s.chunk.col)+pairs[i]))
		s.y = append(s.y, s.lattice.y(float64(s.chunk.row)+pairs[i+1]))
	}
	s.project()
}

// project takes s.x and s.y from the map's system to pixels of the coverage.
func (s *sight) project() {
	s.mapping.project(s.x, s.y)
	for i := range s.x {
		s.x[i], s.y[i] = s.grid.Pixel(s.x[i], s.y[i])
		if s.wrap > 0 {
			s.x[i] -= math.Round((s.x[i]-s.middle)/s.wrap) * s.wrap
		}
	}
}

// around is how many columns of a grid it takes to go around the earth.
func around(g geo.Grid) float64 {
	switch {
	case g.Bend != nil || g.Transform[2] != 0 || g.Transform[4] != 0 || g.Transform[1] == 0:
		return 0
	case g.CRS.Geographic():
		return 360 / math.Abs(g.Transform[1])
	case g.CRS == geo.WebMercator:
		return 2 * geo.MercatorExtent / math.Abs(g.Transform[1])
	}
	return 0
}

// point is a position in a coverage, in pixels of the level.
type point struct{ u, v float64 }

func (s *sight) pointOf(i int) point { return point{s.x[i] / s.level.fx, s.y[i] / s.level.fy} }
