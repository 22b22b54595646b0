package geo

import (
	"math"
	"slices"

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
	best := pair{distance: math.Inf(1)}
	others := runs(arcs(b))
	for _, s := range runs(arcs(a)) {
		for _, t := range others {
			if s.apart(t.ball) < best.distance {
				best = s.nearest(t, best)
			}
		}
	}
	if math.IsInf(best.distance, 1) {
		return best.distance
	}
	return geodesic(best.p.point(), best.q.point())
}

// pair is two positions and how far they are apart, as a chord.
type pair struct {
	distance float64
	p, q     vector
}

// ball holds something: nothing of it is farther from the centre.
type ball struct {
	centre vector
	radius float64
}

// apart is how far what is in two balls is apart at least.
func (b ball) apart(c ball) float64 { return b.centre.minus(c.centre).length() - b.radius - c.radius }

// arc is the shortest way between two positions, or one position.
type arc struct {
	from, to vector
	ball
}

func newArc(from, to vector) arc {
	return arc{from, to, ball{from.plus(to).times(0.5), from.minus(to).length() / 2}}
}

// run is some arcs that lie behind each other, mostly.
type run struct {
	arcs []arc
	ball
}

const runLength = 32

func runs(all []arc) []run {
	var list []run
	for part := range slices.Chunk(all, runLength) {
		r := run{arcs: part}
		for _, a := range part {
			r.centre = r.centre.plus(a.centre.times(1 / float64(len(part))))
		}
		for _, a := range part {
			r.radius = max(r.radius, a.centre.minus(r.centre).length()+a.radius)
		}
		list = append(list, r)
	}
	return list
}

// nearest are the positions of two runs that are nearest to each other, unless best are nearer.
func (r run) nearest(o run, best pair) pair {
	for _, a := range r.arcs {
		if a.apart(o.ball) >= best.distance {
			continue
		}
		for _, b := range o.arcs {
			if a.apart(b.ball) >= best.distance {
				continue
			}
			if found := a.nearest(b); found.distance < best.distance {
				best = found
			}
		}
	}
	return best
}

// arcs are the edges and the points of a geometry, long edges cut.
func arcs(g orb.Geometry) []arc {
	p := take(g)
	var all []arc
	for _, point := range p.points {
		v := onSphere(point)
		all = append(all, newArc(v, v))
	}
	longest := longestPiece(len(p.points) + len(p.segments))
	for _, s := range p.segments {
		n := max(1, math.Ceil(math.Hypot(s[1][0]-s[0][0], s[1][1]-s[0][1])/longest))
		from := onSphere(s[0])
		for i := 1.0; i <= n; i++ {
			to := onSphere(orb.Point{s[0][0] + (s[1][0]-s[0][0])*i/n, s[0][1] + (s[1][1]-s[0][1])*i/n})
			all = append(all, newArc(from, to))
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

func (v vector) plus(w vector) vector { return vector{v[0] + w[0], v[1] + w[1], v[2] + w[2]} }

func (v vector) length() float64 { return math.Sqrt(v.dot(v)) }

// nearest are the positions of two arcs that are nearest to each other.
func (a arc) nearest(b arc) pair {
	if a.crosses(b) {
		return pair{0, a.from, a.from}
	}
	best := pair{distance: math.Inf(1)}
	try := func(p, q vector) {
		if d := p.minus(q).length(); d < best.distance {
			best = pair{d, p, q}
		}
	}
	try(a.from, b.closest(a.from))
	try(a.to, b.closest(a.to))
	try(a.closest(b.from), b.from)
	try(a.closest(b.to), b.to)
	return best
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
