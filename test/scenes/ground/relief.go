package ground

import "math"

// The fixed places of the region: whatever the size of an image about them, it shows a bay of the sea, a lake, a river
// and a town.
var (
	anchorRiver = site{x: 599300, y: 5397900}
	anchorLake  = site{x: 601150, y: 5398850}
	anchorBay   = site{x: 609200, y: 5391500}
	anchorTown  = site{x: 597600, y: 5395900, bits: 0x5DEECE66D1234567}
)

// relief is one row of the lie of the land, with slopes taken from the rows above and below.
type relief struct {
	coast, hill, river, stream [3][]float32 // rows above, at and below; rotated as the painter goes down
	scratch                    []float32
}

func newRelief(n int) *relief {
	r := &relief{scratch: make([]float32, n)}
	for i := range 3 {
		r.coast[i], r.hill[i], r.river[i], r.stream[i] = make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	}
	return r
}

// down moves one row down and computes the new lowest row along l.
func (r *relief) down(g *Ground, l line) {
	for _, rows := range []*[3][]float32{&r.coast, &r.hill, &r.river, &r.stream} {
		rows[0], rows[1], rows[2] = rows[1], rows[2], rows[0]
	}
	g.coast.row(r.coast[2], l)
	g.rivers.row(r.river[2], l)
	g.streams.row(r.stream[2], l)
	g.mountains(r.hill[2], r.scratch, l)
	for i := range r.coast[2] {
		x := l.x + float64(i)*l.step
		r.coast[2][i] = (r.coast[2][i]+1.05)*6500 - bump(anchorBay, x, l.y, 6300, 11000)
		r.river[2][i] -= g.riverLevel
	}
}

// bump is a hollow with a soft edge: depth in the middle, nothing beyond the radius.
func bump(s site, x, y, radius float64, depth float32) float32 {
	d := float32(math.Hypot(x-s.x, y-s.y) / radius)
	return depth * smooth(1.9, 0, d)
}

// mountains is the height of the land in metres: ridges where the region is rough, a gentle plain elsewhere.
func (g *Ground) mountains(dst, scratch []float32, l line) {
	g.ridges.row(dst, l)
	g.rough.row(scratch, l)
	for i, v := range dst {
		ridge := 1 - float32(math.Abs(float64(v)))*.9
		dst[i] = 60*v + 420*ridge*smooth(.15, 1.5, scratch[i])
	}
}

// slope is the change per metre to the east and to the south at column i.
func slope(rows *[3][]float32, i int, step float32) (east, south float32) {
	row := rows[1]
	a, b := max(i-1, 0), min(i+1, len(row)-1)
	return (row[b] - row[a]) / (float32(b-a) * step), (rows[2][i] - rows[0][i]) / (2 * step)
}

// distance is how far, in metres, the line is on which the field is zero.
func distance(rows *[3][]float32, i int, step float32) float32 {
	e, s := slope(rows, i, step)
	return float32(math.Abs(float64(rows[1][i]))) / (float32(math.Hypot(float64(e), float64(s))) + 1e-7)
}
