package geo

import (
	"cmp"
	"slices"

	"github.com/paulmach/orb"
)

// The relations of two valid geometries (OGC 06-103r4, 6.1.15.3), in the plane of their coordinates, decided exactly. Of
// a collection only the parts of the highest dimension count, and areas of it that overlap are one.

// Equals tells whether two geometries are the same set of positions.
func Equals(a, b orb.Geometry) bool { return related(a, b, matrix.equals) }

// Touches tells whether two geometries share positions, but none that is inside of both.
func Touches(a, b orb.Geometry) bool { return related(a, b, matrix.touches) }

// Within tells whether a lies in b, and not on its border only.
func Within(a, b orb.Geometry) bool { return related(a, b, matrix.within) }

// Contains tells whether b is Within a.
func Contains(a, b orb.Geometry) bool { return Within(b, a) }

// Overlaps tells whether two geometries of the same dimension share a part of that dimension that is neither of them.
func Overlaps(a, b orb.Geometry) bool { return related(a, b, matrix.overlaps) }

// Crosses tells whether the insides of two geometries share a part of a lower dimension than the higher of theirs, and
// one of them is also outside of the other.
func Crosses(a, b orb.Geometry) bool { return related(a, b, matrix.crosses) }

func related(a, b orb.Geometry, holds func(matrix) bool) bool {
	if a == nil || b == nil || !a.Bound().Intersects(b.Bound()) {
		return false
	}
	return holds(relate(a, b))
}

// place is where a position is, seen from a geometry.
type place int

const (
	inside place = iota
	border
	outside
)

// matrix is the dimensionally extended nine-intersection model: the dimensions of what the places of two geometries
// share, -1 where they share nothing.
type matrix struct {
	of         [3][3]int
	dimensions [2]int
}

func (m matrix) share(a, b place) bool { return m.of[a][b] >= 0 }

func (m matrix) equals() bool {
	return m.share(inside, inside) && !m.share(inside, outside) && !m.share(border, outside) && !m.share(outside, inside) && !m.share(outside, border)
}

func (m matrix) touches() bool {
	return !m.share(inside, inside) && (m.share(inside, border) || m.share(border, inside) || m.share(border, border))
}

func (m matrix) within() bool {
	return m.share(inside, inside) && !m.share(inside, outside) && !m.share(border, outside)
}

func (m matrix) crosses() bool {
	switch a, b := m.dimensions[0], m.dimensions[1]; {
	case a < b:
		return m.share(inside, inside) && m.share(inside, outside)
	case a > b:
		return m.share(inside, inside) && m.share(outside, inside)
	case a == 1:
		return m.of[inside][inside] == 0
	}
	return false
}

func (m matrix) overlaps() bool {
	d := m.dimensions
	return d[0] == d[1] && m.of[inside][inside] == d[0] && m.share(inside, outside) && m.share(outside, inside)
}

// figure is a geometry of one dimension.
type figure struct {
	dimension int
	points    []orb.Point
	lines     []orb.LineString
	areas     []orb.Polygon
}

func figureOf(g orb.Geometry) figure {
	f := figure{dimension: g.Dimensions()}
	f.add(g)
	return f
}

func (f *figure) add(g orb.Geometry) {
	switch g := g.(type) {
	case orb.Point:
		f.points = append(f.points, g)
	case orb.MultiPoint:
		f.points = append(f.points, g...)
	case orb.LineString:
		f.lines = append(f.lines, g)
	case orb.MultiLineString:
		f.lines = append(f.lines, g...)
	case orb.Ring:
		f.areas = append(f.areas, orb.Polygon{g})
	case orb.Polygon:
		f.areas = append(f.areas, g)
	case orb.MultiPolygon:
		f.areas = append(f.areas, g...)
	case orb.Bound:
		f.areas = append(f.areas, g.ToPolygon())
	case orb.Collection:
		for _, part := range g {
			if part.Dimensions() == f.dimension {
				f.add(part)
			}
		}
	}
}

// edge is a segment of one of the two figures.
type edge struct {
	ends [2]orb.Point
	of   int  // which figure
	area int  // which of its areas, -1 for a line
	left bool // the area is to the left of it
	cuts []position
}

// piece is a part of edges between two neighbouring cuts. What is not the same along it is decided for each figure.
type piece struct {
	from, to positionKey
	ends     [2]position
	on       [2]bool         // it is part of a line
	sides    [2]map[int]bool // areas of whose border it is a part: whether the area is to the left
}

// arrangement is two figures cut at all positions where they meet.
type arrangement struct {
	figures [2]figure
	edges   []*edge
	pieces  map[[2]positionKey]*piece
	nodes   map[positionKey]position
	matrix  matrix
}

func relate(a, b orb.Geometry) matrix {
	r := arrangement{figures: [2]figure{figureOf(a), figureOf(b)}, pieces: map[[2]positionKey]*piece{}, nodes: map[positionKey]position{}}
	r.matrix = matrix{dimensions: [2]int{r.figures[0].dimension, r.figures[1].dimension}}
	for i := range r.matrix.of {
		r.matrix.of[i] = [3]int{-1, -1, -1}
	}
	r.matrix.of[outside][outside] = 2
	for n, f := range r.figures {
		r.collect(n, f)
	}
	r.cut()
	r.join()
	r.read()
	return r.matrix
}

func (r *arrangement) collect(n int, f figure) {
	for _, l := range f.lines {
		r.run(l, edge{of: n, area: -1})
	}
	for i, area := range f.areas {
		for k, ring := range area {
			r.run(orb.LineString(ring), edge{of: n, area: i, left: counterclockwise(ring) == (k == 0)})
		}
	}
	for _, p := range f.points {
		r.nodes[positionAt(p).key()] = positionAt(p)
	}
}

func (r *arrangement) run(points []orb.Point, like edge) {
	for i := 1; i < len(points); i++ {
		if points[i-1] != points[i] {
			e := like
			e.ends = [2]orb.Point{points[i-1], points[i]}
			r.edges = append(r.edges, &e)
		}
	}
	if len(points) > 0 { // a line without length is a point
		r.nodes[positionAt(points[0]).key()] = positionAt(points[0])
	}
}

// counterclockwise looks at the lowest corner of a ring, which turns as the ring does.
func counterclockwise(ring orb.Ring) bool {
	corners := slices.CompactFunc(slices.Clone(ring), func(p, q orb.Point) bool { return p == q })
	if len(corners) > 1 && corners[0] == corners[len(corners)-1] {
		corners = corners[:len(corners)-1]
	}
	if len(corners) < 3 {
		return false
	}
	lowest := 0
	for i, p := range corners {
		if c := cmp.Or(cmp.Compare(p[1], corners[lowest][1]), cmp.Compare(p[0], corners[lowest][0])); c < 0 {
			lowest = i
		}
	}
	n := len(corners)
	return turn(corners[(lowest+n-1)%n], corners[lowest], corners[(lowest+1)%n]) > 0
}

// cut notes on every edge where others meet it, sweeping from west to east.
func (r *arrangement) cut() {
	west := func(e *edge) float64 { return min(e.ends[0][0], e.ends[1][0]) }
	east := func(e *edge) float64 { return max(e.ends[0][0], e.ends[1][0]) }
	slices.SortStableFunc(r.edges, func(e, f *edge) int { return cmp.Compare(west(e), west(f)) })
	var open []*edge
	for _, e := range r.edges {
		open = slices.DeleteFunc(open, func(f *edge) bool { return east(f) < west(e) })
		for _, f := range open {
			meeting(e, f)
		}
		open = append(open, e)
	}
	for _, p := range r.nodes { // points, of which any edge may have one on it
		for _, e := range r.edges {
			if turn(e.ends[0], e.ends[1], p.near) == 0 && within(e.ends, p.near) {
				e.cuts = append(e.cuts, p)
			}
		}
	}
}

func meeting(e, f *edge) {
	s, t := e.ends, f.ends
	if max(s[0][1], s[1][1]) < min(t[0][1], t[1][1]) || max(t[0][1], t[1][1]) < min(s[0][1], s[1][1]) {
		return
	}
	a, b := turn(s[0], s[1], t[0]), turn(s[0], s[1], t[1])
	if a*b > 0 {
		return
	}
	c, d := turn(t[0], t[1], s[0]), turn(t[0], t[1], s[1])
	if a*b < 0 && c*d < 0 {
		p := crossing(s, t)
		e.cuts, f.cuts = append(e.cuts, p), append(f.cuts, p)
		return
	}
	for i, side := range []int{a, b} {
		if side == 0 && within(s, t[i]) {
			e.cuts = append(e.cuts, positionAt(t[i]))
		}
	}
	for i, side := range []int{c, d} {
		if side == 0 && within(t, s[i]) {
			f.cuts = append(f.cuts, positionAt(s[i]))
		}
	}
}

// join makes the pieces; edges that lie on each other have the same.
func (r *arrangement) join() {
	for _, e := range r.edges {
		axis := 0
		if e.ends[0][0] == e.ends[1][0] {
			axis = 1
		}
		cuts := append(e.cuts, positionAt(e.ends[0]), positionAt(e.ends[1]))
		slices.SortFunc(cuts, func(p, q position) int { return p.compare(q, axis) })
		forward := e.ends[0][axis] < e.ends[1][axis]
		for i := 1; i < len(cuts); i++ {
			if from, to := cuts[i-1].key(), cuts[i].key(); from != to {
				r.piece(cuts[i-1], cuts[i], from, to).add(e, forward)
			}
		}
	}
}

func (r *arrangement) piece(from, to position, fromKey, toKey positionKey) *piece {
	r.nodes[fromKey], r.nodes[toKey] = from, to
	k := [2]positionKey{fromKey, toKey}
	p := r.pieces[k]
	if p == nil {
		p = &piece{from: fromKey, to: toKey, ends: [2]position{from, to}, sides: [2]map[int]bool{{}, {}}}
		r.pieces[k] = p
	}
	return p
}

// add notes that a piece is part of an edge, which goes its way or against it.
func (p *piece) add(e *edge, forward bool) {
	if e.area < 0 {
		p.on[e.of] = true
		return
	}
	p.sides[e.of][e.area] = e.left == forward
}

// read fills the matrix: what is beside each piece, the piece, and its ends.
func (r *arrangement) read() {
	at := map[positionKey][2]*[3]bool{} // the places of the pieces that end there
	for key := range r.nodes {
		at[key] = [2]*[3]bool{{}, {}}
	}
	for _, p := range r.pieces {
		var here, left, right [2]place
		for n, f := range r.figures {
			here[n], left[n], right[n] = f.beside(p, n)
			at[p.from][n][here[n]], at[p.to][n][here[n]] = true, true
		}
		r.note(here, 1)
		r.note(left, 2)
		r.note(right, 2)
	}
	ends := [2]map[positionKey]bool{r.figures[0].ends(), r.figures[1].ends()}
	for key, p := range r.nodes {
		var here [2]place
		for n, f := range r.figures {
			here[n] = f.at(p, key, *at[key][n], ends[n])
		}
		r.note(here, 0)
	}
}

func (r *arrangement) note(at [2]place, dimension int) {
	cell := &r.matrix.of[at[0]][at[1]]
	*cell = max(*cell, dimension)
}

// beside tells where a piece, and what is to the left and to the right of it, is.
func (f figure) beside(p *piece, n int) (here, left, right place) {
	here, left, right = outside, outside, outside
	if p.on[n] {
		here = inside
	}
	if f.dimension < 2 {
		return here, left, right
	}
	for i, area := range f.areas {
		areaLeft, on := p.sides[n][i]
		switch {
		case on && areaLeft:
			left = inside
		case on:
			right = inside
		case beyond(area, p.ends):
		case holds(area, middle(p.ends[0], p.ends[1])):
			left, right = inside, inside
		}
	}
	switch {
	case left == inside && right == inside:
		here = inside
	case left == inside || right == inside:
		here = border
	}
	return here, left, right
}

// beyond tells whether a piece is obviously outside of an area.
func beyond(area orb.Polygon, ends [2]position) bool {
	b := area.Bound()
	for axis := range 2 {
		if ends[0].near[axis] < b.Min[axis] && ends[1].near[axis] < b.Min[axis] || ends[0].near[axis] > b.Max[axis] && ends[1].near[axis] > b.Max[axis] {
			return true
		}
	}
	return false
}

// at tells where a position is at which pieces end in some places.
func (f figure) at(p position, key positionKey, pieces [3]bool, ends map[positionKey]bool) place {
	switch {
	case f.dimension < 2 && ends[key], f.dimension == 2 && pieces[border]:
		return border
	case pieces[inside]:
		return inside
	case f.dimension == 0:
		if slices.ContainsFunc(f.points, func(q orb.Point) bool { return positionAt(q).key() == key }) {
			return inside
		}
	case f.dimension == 2 && pieces == [3]bool{}:
		if slices.ContainsFunc(f.areas, func(area orb.Polygon) bool { return holds(area, p) }) {
			return inside
		}
	}
	return outside
}

// ends are the border of lines: the positions where an odd number of them ends.
func (f figure) ends() map[positionKey]bool {
	odd := map[positionKey]bool{}
	for _, l := range f.lines {
		if len(l) > 1 {
			for _, p := range []orb.Point{l[0], l[len(l)-1]} {
				key := positionAt(p).key()
				odd[key] = !odd[key]
			}
		}
	}
	return odd
}

// holds tells whether a position that is on no edge of an area is in it: whether a ray to the east leaves it once more
// than it enters.
func holds(area orb.Polygon, p position) bool {
	in := false
	for _, ring := range area {
		for i := 1; i < len(ring); i++ {
			a, b := ring[i-1], ring[i]
			if max(a[0], b[0]) < p.near[0] && p.exact == nil {
				continue
			}
			above, below := positionAt(a).compare(p, 1) > 0, positionAt(b).compare(p, 1) > 0
			if above == below {
				continue
			}
			if side := turnOf(a, b, p); above && side < 0 || below && side > 0 {
				in = !in
			}
		}
	}
	return in
}
