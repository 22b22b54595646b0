package geo

import "math"

// Bend ties a grid to the ground by ground control points: polynomials that come as near to the points as they can.
type Bend struct {
	World Polynomial `json:"world"` // from column and row to coordinates, easting first
	Pixel Polynomial `json:"pixel"` // from coordinates to column and row
}

// Polynomial is a pair of polynomials of the first or second degree in two numbers, which are shifted and scaled first
// so that all terms are of about the same size.
type Polynomial struct {
	Shift [2]float64    `json:"shift"`
	Scale [2]float64    `json:"scale"`
	Terms [2][6]float64 `json:"terms"` // of 1, a, b, a², ab, b²
}

func (p *Polynomial) at(a, b float64) (u, v float64) {
	a, b = (a-p.Shift[0])*p.Scale[0], (b-p.Shift[1])*p.Scale[1]
	s, t := &p.Terms[0], &p.Terms[1]
	return s[0] + a*s[1] + b*s[2] + a*a*s[3] + a*b*s[4] + b*b*s[5], t[0] + a*t[1] + b*t[2] + a*a*t[3] + a*b*t[4] + b*b*t[5]
}

// ControlPoint says where on the ground a position in an image lies, easting or longitude first.
type ControlPoint struct{ Col, Row, X, Y float64 }

// BendOf fits polynomials to points by least squares: of the second degree to six points or more, else of the first, and
// gives the affine transform that comes nearest too. False: the points are too few, or lie on a line.
func BendOf(points []ControlPoint) (b Bend, transform [6]float64, ok bool) {
	pixels, places := make([][2]float64, len(points)), make([][2]float64, len(points))
	for i, p := range points {
		pixels[i], places[i] = [2]float64{p.Col, p.Row}, [2]float64{p.X, p.Y}
	}
	flat, ok := fit(pixels, places, 3)
	if !ok {
		return b, transform, false
	}
	for i := range 2 {
		s := flat.Terms[i]
		dx, dy := s[1]*flat.Scale[0], s[2]*flat.Scale[1]
		transform[3*i], transform[3*i+1], transform[3*i+2] = s[0]-dx*flat.Shift[0]-dy*flat.Shift[1], dx, dy
	}
	terms := 3
	if len(points) >= 6 {
		terms = 6
	}
	if b.World, ok = fit(pixels, places, terms); ok {
		b.Pixel, ok = fit(places, pixels, terms)
	}
	return b, transform, ok
}

// fit finds the polynomial with so many terms that comes nearest to the values at the places given.
func fit(from, to [][2]float64, terms int) (p Polynomial, ok bool) {
	if len(from) < terms {
		return p, false
	}
	for i := range 2 {
		low, high := math.Inf(1), math.Inf(-1)
		for _, f := range from {
			low, high = min(low, f[i]), max(high, f[i])
		}
		if !(high > low) || math.IsInf(high-low, 0) {
			return p, false
		}
		p.Shift[i], p.Scale[i] = (low+high)/2, 2/(high-low)
	}
	var m [6][8]float64 // the normal equations, and both right sides
	for k, f := range from {
		a, b := (f[0]-p.Shift[0])*p.Scale[0], (f[1]-p.Shift[1])*p.Scale[1]
		row := [6]float64{1, a, b, a * a, a * b, b * b}
		for i := range terms {
			for j := range terms {
				m[i][j] += row[i] * row[j]
			}
			m[i][6] += row[i] * to[k][0]
			m[i][7] += row[i] * to[k][1]
		}
	}
	if !eliminate(&m, terms) {
		return p, false
	}
	for i := range terms {
		p.Terms[0][i], p.Terms[1][i] = m[i][6], m[i][7]
	}
	return p, true
}

// eliminate solves n equations with two right sides by Gauss and Jordan; false when they do not determine a solution.
func eliminate(m *[6][8]float64, n int) bool {
	for c := range n {
		best := c
		for r := c + 1; r < n; r++ {
			if math.Abs(m[r][c]) > math.Abs(m[best][c]) {
				best = r
			}
		}
		if m[c], m[best] = m[best], m[c]; !(math.Abs(m[c][c]) > 1e-9) {
			return false
		}
		for r := range n {
			if r == c {
				continue
			}
			f := m[r][c] / m[c][c]
			for k := c; k < len(m[r]); k++ {
				m[r][k] -= f * m[c][k]
			}
		}
	}
	for c := range n {
		m[c][6] /= m[c][c]
		m[c][7] /= m[c][c]
	}
	return true
}
