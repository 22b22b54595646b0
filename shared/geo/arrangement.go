package geo

import (
	"cmp"
	"slices"

	"github.com/paulmach/orb"
)

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
