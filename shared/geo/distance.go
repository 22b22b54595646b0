package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// Distance is how many metres two geometries are apart on the WGS 84 ellipsoid, 0 when they share a position. Edges are
// straight in longitude and latitude: long ones are cut into pieces of about a degree, and the pieces are the shortest
// ways between their ends. It is infinite when one has no position.
func Distance(a, b orb.Geometry) float64 {
	if a == nil || b == nil {
		return math.Inf(1)
	}
	if Intersects(a, b) {
		return 0
	}
	best, p, q := math.Inf(1), orb.Point{}, orb.Point{}
	others := arcs(b)
	for _, s := range arcs(a) {
		for _, t := range others {
			if d, u, v := s.nearest(t); d < best {
				best, p, q = d, u, v
			}
		}
	}
	if math.IsInf(best, 1) {
		return best
	}
	return geodesic(p, q)
}

// arc is the shortest way between two positions, or one position.
type arc struct{ from, to vector }

// arcs are the edges and the points of a geometry, long edges cut.
func arcs(g orb.Geometry) []arc {
	p := take(g)
	var all []arc
	for _, point := range p.points {
		v := onSphere(point)
		all = append(all, arc{v, v})
	}
	longest := longestPiece(len(p.points) + len(p.segments))
	for _, s := range p.segments {
		n := max(1, math.Ceil(math.Hypot(s[1][0]-s[0][0], s[1][1]-s[0][1])/longest))
		from := onSphere(s[0])
		for i := 1.0; i <= n; i++ {
			to := onSphere(orb.Point{s[0][0] + (s[1][0]-s[0][0])*i/n, s[0][1] + (s[1][1]-s[0][1])*i/n})
			all = append(all, arc{from, to})
			from = to
		}
	}
	return all
}

// longestPiece is how many degrees of an edge stay one piece: more where a geometry has very many edges.
func longestPiece(edges int) float64 { return max(1, float64(edges)/1000) }

// vector is a position on the unit sphere, latitude taken as it is.
type vector [3]float64

func onSphere(p orb.Point) vector {
	lon, lat := p[0]*math.Pi/180, p[1]*math.Pi/180
	return vector{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat)}
}

func (v vector) point() orb.Point {
	return orb.Point{math.Atan2(v[1], v[0]) * 180 / math.Pi, math.Atan2(v[2], math.Hypot(v[0], v[1])) * 180 / math.Pi}
}

func (v vector) cross(w vector) vector {
	return vector{v[1]*w[2] - v[2]*w[1], v[2]*w[0] - v[0]*w[2], v[0]*w[1] - v[1]*w[0]}
}

func (v vector) dot(w vector) float64 { return v[0]*w[0] + v[1]*w[1] + v[2]*w[2] }

func (v vector) times(f float64) vector { return vector{v[0] * f, v[1] * f, v[2] * f} }

func (v vector) minus(w vector) vector { return vector{v[0] - w[0], v[1] - w[1], v[2] - w[2]} }

func (v vector) length() float64 { return math.Sqrt(v.dot(v)) }

// nearest are the positions of two arcs that are nearest to each other, and how far they are apart, as a chord.
func (a arc) nearest(b arc) (distance float64, p, q orb.Point) {
	if a.crosses(b) {
		return 0, a.from.point(), a.from.point()
	}
	best, u, v := math.Inf(1), vector{}, vector{}
	try := func(from, to vector) {
		if d := from.minus(to).length(); d < best {
			best, u, v = d, from, to
		}
	}
	for _, end := range []vector{a.from, a.to} {
		try(end, b.closest(end))
	}
	for _, end := range []vector{b.from, b.to} {
		try(a.closest(end), end)
	}
	return best, u.point(), v.point()
}

// closest is the position of an arc that is nearest to another position.
func (a arc) closest(v vector) vector {
	normal := a.from.cross(a.to)
	if size := normal.length(); size > 1e-15 {
		normal = normal.times(1 / size)
		foot := v.minus(normal.times(v.dot(normal)))
		if size := foot.length(); size > 1e-15 {
			foot = foot.times(1 / size)
			if normal.cross(a.from).dot(foot) >= 0 && normal.cross(a.to).dot(foot) <= 0 {
				return foot
			}
		}
	}
	if v.minus(a.from).length() <= v.minus(a.to).length() {
		return a.from
	}
	return a.to
}

// crosses tells whether the insides of two arcs meet.
func (a arc) crosses(b arc) bool {
	n, m := a.from.cross(a.to), b.from.cross(b.to)
	return n.dot(b.from)*n.dot(b.to) < 0 && m.dot(a.from)*m.dot(a.to) < 0 && a.from.dot(b.from) > 0
}

// The WGS 84 ellipsoid.
const (
	semiMajor  = 6378137.0
	flattening = 1 / 298.257223563
	semiMinor  = semiMajor * (1 - flattening)
)

// geodesic is the length of the shortest way between two positions, by Vincenty's inverse formula; between positions that
// are nearly antipodal, where it does not converge, it is that on a sphere.
func geodesic(p, q orb.Point) float64 {
	if p == q {
		return 0
	}
	l := (q[0] - p[0]) * math.Pi / 180
	u1 := math.Atan((1 - flattening) * math.Tan(p[1]*math.Pi/180))
	u2 := math.Atan((1 - flattening) * math.Tan(q[1]*math.Pi/180))
	sin1, cos1, sin2, cos2 := math.Sin(u1), math.Cos(u1), math.Sin(u2), math.Cos(u2)
	lambda := l
	for range 100 {
		sinL, cosL := math.Sincos(lambda)
		sinSigma := math.Hypot(cos2*sinL, cos1*sin2-sin1*cos2*cosL)
		if sinSigma == 0 {
			return 0
		}
		cosSigma := sin1*sin2 + cos1*cos2*cosL
		sigma := math.Atan2(sinSigma, cosSigma)
		sinAlpha := cos1 * cos2 * sinL / sinSigma
		cos2Alpha := 1 - sinAlpha*sinAlpha
		cos2M := 0.0
		if cos2Alpha > 0 {
			cos2M = cosSigma - 2*sin1*sin2/cos2Alpha
		}
		c := flattening / 16 * cos2Alpha * (4 + flattening*(4-3*cos2Alpha))
		before := lambda
		lambda = l + (1-c)*flattening*sinAlpha*(sigma+c*sinSigma*(cos2M+c*cosSigma*(2*cos2M*cos2M-1)))
		if math.Abs(lambda-before) < 1e-12 {
			return vincenty(cos2Alpha, sigma, sinSigma, cosSigma, cos2M)
		}
	}
	chord := onSphere(p).minus(onSphere(q)).length()
	return 2 * math.Asin(min(1, chord/2)) * (2*semiMajor + semiMinor) / 3
}

func vincenty(cos2Alpha, sigma, sinSigma, cosSigma, cos2M float64) float64 {
	u := cos2Alpha * (semiMajor*semiMajor - semiMinor*semiMinor) / (semiMinor * semiMinor)
	a := 1 + u/16384*(4096+u*(-768+u*(320-175*u)))
	b := u / 1024 * (256 + u*(-128+u*(74-47*u)))
	delta := b * sinSigma * (cos2M + b/4*(cosSigma*(2*cos2M*cos2M-1)-b/6*cos2M*(4*sinSigma*sinSigma-3)*(4*cos2M*cos2M-3)))
	return semiMinor * a * (sigma - delta)
}
