package raster

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

// shape is a geometry in pixels of a map's lattice: closed rings that are filled by the rule of even and odd, and the
// segments of its lines.
type shape struct {
	segments []segment
	areal    bool // the segments are rings
	bound    orb.Bound
}

// segment is a piece of a line, in pixels of the lattice, downwards.
type segment struct{ x0, y0, x1, y1 float64 }

// maxVertices is how many points the geometries of one map may have.
const maxVertices = 2_000_000

// shaping turns geometries into shapes of a map.
type shaping struct {
	lattice lattice
	mapping mapping
	degrees bool    // of the geometry
	turn    float64 // how many pixels of the map a turn around the earth is, 0 where it has no such direction
	out     *shape
	left    *atomic.Int64 // vertices that may still come
}

// shape projects a geometry in a system, easting or longitude first.
func (d *drawing) shape(g orb.Geometry, crs geo.CRS) (*shape, error) {
	if crs == 0 {
		crs = geo.CRS84
	}
	m, err := d.r.transforms.take(coded(crs), coded(d.m.CRS))
	if err != nil {
		return nil, err
	}
	defer d.r.transforms.give(m)
	s := shaping{lattice: d.lattice, mapping: m, degrees: crs.Geographic(), out: &shape{bound: nothing}, left: &d.vertices}
	switch {
	case d.m.CRS.Geographic():
		s.turn = 360 / d.lattice.horizontal.step
	case d.m.CRS == geo.WebMercator:
		s.turn = 2 * geo.MercatorExtent / d.lattice.horizontal.step
	}
	s.geometry(g)
	if s.left.Load() < 0 {
		return nil, fault.New(fault.Invalid, "the lines and areas of a map have at most %d points together", maxVertices)
	}
	s.around()
	return s.out, nil
}

// nothing is the bound of no points.
var nothing = orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}

func (s *shaping) geometry(g orb.Geometry) {
	switch g := g.(type) {
	case orb.Point:
		s.line([]orb.Point{g, g}, false)
	case orb.MultiPoint:
		for _, p := range g {
			s.line([]orb.Point{p, p}, false)
		}
	case orb.LineString:
		s.line(g, false)
	case orb.MultiLineString:
		for _, l := range g {
			s.line(l, false)
		}
	case orb.Ring:
		s.ring(g)
	case orb.Polygon:
		for _, r := range g {
			s.ring(r)
		}
	case orb.MultiPolygon:
		for _, p := range g {
			s.geometry(p)
		}
	case orb.Bound:
		s.geometry(g.ToPolygon())
	case orb.Collection:
		for _, o := range g {
			s.geometry(o)
		}
	}
}

func (s *shaping) ring(r orb.Ring) {
	s.out.areal = true
	if n := len(r); n > 2 {
		if r[0] != r[n-1] {
			r = append(slices.Clone(r), r[0])
		}
		s.line(r, true)
	}
}

// line projects a line point by point. What lies between two points is straight in the system of the geometry; where
// that is not straight in the map, points are put between. Of a ring, points without a place in the map are left out.
func (s *shaping) line(points []orb.Point, closed bool) {
	if s.left.Add(-int64(len(points))) < 0 {
		return
	}
	points = s.unwrapped(points)
	var last, first orb.Point
	var lastPlace orb.Point
	known, begun := false, false
	for _, p := range points {
		at, ok := s.place(p)
		switch {
		case ok && known:
			s.between(last, p, lastPlace, at, 0)
		case ok && begun && closed:
			s.add(lastPlace, at)
		case ok && !begun:
			first, begun = at, true
		}
		if ok {
			last, lastPlace = p, at
		}
		known = ok
	}
	if closed && begun && lastPlace != first {
		s.add(lastPlace, first)
	}
}

// unwrapped takes out jumps across the antimeridian: of two ways between points the shorter is meant.
func (s *shaping) unwrapped(points []orb.Point) []orb.Point {
	if !s.degrees || !slices.ContainsFunc(points, func(p orb.Point) bool { return math.Abs(p[0]-points[0][0]) > 180 }) {
		return points
	}
	out := slices.Clone(points)
	for i := 1; i < len(out); i++ {
		out[i][0] -= 360 * math.Round((out[i][0]-out[i-1][0])/360)
	}
	first, last := out[0], out[len(out)-1]
	if s.turn == 0 || math.Abs(last[0]-first[0]) < 180 {
		return out
	}
	// A ring around a pole: in a map where the pole is a line, it is closed along that.
	pole := math.Copysign(90, first[1])
	return append(out, orb.Point{last[0], pole}, orb.Point{first[0], pole}, first)
}

// place is where a point lies in the lattice.
func (s *shaping) place(p orb.Point) (orb.Point, bool) {
	if s.lattice.crs == geo.WebMercator && s.degrees {
		p[1] = min(max(p[1], -89.99), 89.99)
	}
	x, y := [1]float64{p[0]}, [1]float64{p[1]}
	s.mapping.project(x[:], y[:])
	at := orb.Point{s.lattice.horizontal.pixel(x[0]), s.lattice.vertical.pixel(-y[0])}
	return at, math.Abs(at[0]) < 1e15 && math.Abs(at[1]) < 1e15
}

// The bounds of how finely a line is divided.
const (
	bentBy    = .25 // pixels that a line may lie beside its place
	maxHalved = 10  // times
)

// between adds the line between two points whose places are known.
func (s *shaping) between(a, b, placeA, placeB orb.Point, depth int) {
	if s.turn > 0 && s.degrees { // where the map goes around, a place is that of the same turn
		placeB[0] -= s.turn * math.Round((placeB[0]-placeA[0]-(b[0]-a[0])/360*s.turn)/s.turn)
	}
	if depth < maxHalved && placeA != placeB && s.left.Load() > 0 {
		m := orb.Point{(a[0] + b[0]) / 2, (a[1] + b[1]) / 2}
		if at, ok := s.place(m); ok {
			if s.turn > 0 && s.degrees {
				at[0] -= s.turn * math.Round((at[0]-placeA[0]-(m[0]-a[0])/360*s.turn)/s.turn)
			}
			if off := math.Hypot(at[0]-(placeA[0]+placeB[0])/2, at[1]-(placeA[1]+placeB[1])/2); off > bentBy {
				s.left.Add(-1)
				s.between(a, m, placeA, at, depth+1)
				s.between(m, b, at, placeB, depth+1)
				return
			}
		}
	}
	s.add(placeA, placeB)
}

func (s *shaping) add(a, b orb.Point) {
	s.out.bound = s.out.bound.Extend(a).Extend(b)
	if a[1] > b[1] {
		a, b = b, a
	}
	s.out.segments = append(s.out.segments, segment{a[0], a[1], b[0], b[1]})
}

// around repeats the shape a turn to both sides where the map shows that.
func (s *shaping) around() {
	if s.turn == 0 {
		return
	}
	own, bound := s.out.segments, s.out.bound
	for turns := -2.; turns <= 2; turns++ {
		by := turns * s.turn
		if turns == 0 || bound.Max[0]+by < float64(s.lattice.col) || bound.Min[0]+by > float64(s.lattice.col+s.lattice.width) {
			continue
		}
		for _, g := range own {
			s.out.segments = append(s.out.segments, segment{g.x0 + by, g.y0, g.x1 + by, g.y1})
		}
		s.out.bound = s.out.bound.Union(orb.Bound{Min: orb.Point{bound.Min[0] + by, bound.Min[1]}, Max: orb.Point{bound.Max[0] + by, bound.Max[1]}})
	}
}

// pixel gives the position of a coordinate, counted in pixels.
func (a axis) pixel(coordinate float64) float64 {
	return (coordinate-a.anchor)/a.step + float64(a.base)
}

// scans keeps the memory for where segments cross rows.
var scans = sync.Pool{New: func() any { return new([chunkSide][]float64) }}

// rows calls each for the spans of a row of the chunk whose pixels have their middle in the shape.
func (s *shape) rows(c chunk, each func(row, lo, hi int)) {
	x, y := float64(c.col), float64(c.row)
	if s.bound.Max[0] < x || s.bound.Min[0] > x+chunkSide || s.bound.Max[1] < y || s.bound.Min[1] > y+chunkSide {
		return
	}
	scan := scans.Get().(*[chunkSide][]float64)
	defer scans.Put(scan)
	for row := range scan {
		scan[row] = scan[row][:0]
	}
	for _, g := range s.segments {
		// A row belongs to a segment whose lower end lies below its middle.
		first, last := int(math.Ceil(max(g.y0-y, 0)-.5)), int(math.Ceil(min(g.y1-y, chunkSide)-.5))
		if g.y1 == g.y0 || last <= 0 {
			continue
		}
		slope := (g.x1 - g.x0) / (g.y1 - g.y0)
		for row := max(first, 0); row < min(last, chunkSide); row++ {
			scan[row] = append(scan[row], g.x0+(float64(row)+.5+y-g.y0)*slope-x)
		}
	}
	for row := c.clip.Min.Y; row < c.clip.Max.Y; row++ {
		at := scan[row]
		slices.Sort(at)
		for i := 0; i+1 < len(at); i += 2 {
			lo := int(math.Ceil(min(max(at[i], 0), chunkSide) - .5))
			hi := int(math.Ceil(min(max(at[i+1], 0), chunkSide) - .5))
			if lo < hi {
				each(row, lo, hi)
			}
		}
	}
}

// line adds how much of each pixel of the chunk a line of a width covers, 0 to 255, to what was covered before.
func (s *shape) line(c chunk, width float64, cover []uint8) bool {
	x, y, far := float64(c.col), float64(c.row), width/2+1
	if s.bound.Max[0] < x-far || s.bound.Min[0] > x+chunkSide+far || s.bound.Max[1] < y-far || s.bound.Min[1] > y+chunkSide+far {
		return false
	}
	some := false
	for _, g := range s.segments {
		g.x0, g.x1, g.y0, g.y1 = g.x0-x, g.x1-x, g.y0-y, g.y1-y
		if g.y1 < -far || g.y0 > chunkSide+far || max(g.x0, g.x1) < -far || min(g.x0, g.x1) > chunkSide+far {
			continue
		}
		some = true
		g.cover(width/2+.5, cover)
	}
	return some
}

// cover covers the pixels whose middle is nearer than reach to the segment.
func (g segment) cover(reach float64, cover []uint8) {
	dx, dy := g.x1-g.x0, g.y1-g.y0
	length := dx*dx + dy*dy
	first, last := clampRow(g.y0-reach), clampRow(g.y1+reach+1)
	for row := first; row < last; row++ {
		py := float64(row) + .5
		// The part of the segment that is near the row bounds the columns.
		a, b := g.x0, g.x1
		if dy > 0 {
			t0, t1 := max((py-reach-g.y0)/dy, 0), min((py+reach-g.y0)/dy, 1)
			a, b = g.x0+t0*dx, g.x0+t1*dx
		}
		for col := clampRow(min(a, b) - reach); col < clampRow(max(a, b)+reach+1); col++ {
			px := float64(col) + .5
			t := 0.
			if length > 0 {
				t = min(max(((px-g.x0)*dx+(py-g.y0)*dy)/length, 0), 1)
			}
			d := reach - math.Hypot(px-g.x0-t*dx, py-g.y0-t*dy)
			if v := uint8(255 * min(max(d, 0), 1)); v > cover[row*chunkSide+col] {
				cover[row*chunkSide+col] = v
			}
		}
	}
}

func clampRow(v float64) int { return int(min(max(math.Floor(v), 0), chunkSide)) }
