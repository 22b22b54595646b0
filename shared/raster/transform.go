package raster

import (
	"math"
	"sync"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

// mapping takes coordinates from one system to another, in place; what has no place there becomes NaN. Easting or
// longitude comes first in both.
type mapping interface {
	project(x, y []float64)
}

// plain is a mapping that is computed here.
type plain2D struct {
	from, to geo.Projection
}

func (m plain2D) project(x, y []float64) {
	for i := range x {
		x[i], y[i] = m.to.Forward(m.from.Inverse(x[i], y[i]))
	}
}

// same is the mapping between equal systems.
type same struct{}

func (same) project(_, _ []float64) {}

// transforms lends mappings. PROJ's are made once and used by one goroutine at a time.
type transforms struct {
	mu   sync.Mutex
	idle map[[2]system][]*proj
}

func newTransforms() *transforms { return &transforms{idle: map[[2]system][]*proj{}} }

// system is a coordinate reference system: by its code, or, where it has none, by its well-known text.
type system struct {
	crs geo.CRS
	wkt string
}

func coded(crs geo.CRS) system { return system{crs: crs} }

// systemOf is the system of a grid.
func systemOf(g geo.Grid) system {
	if g.CRS == geo.Unnamed {
		return system{crs: g.CRS, wkt: g.WKT}
	}
	return coded(g.CRS)
}

func (s system) String() string {
	if s.crs == geo.Unnamed {
		return "a system without a code"
	}
	return s.crs.String()
}

// ref is the system for PROJ.
func (s system) ref() (*godal.SpatialRef, error) {
	quiet := godal.ErrLogger(new(messages).handle)
	if s.crs == geo.Unnamed {
		return godal.NewSpatialRefFromWKT(s.wkt, quiet)
	}
	return godal.NewSpatialRefFromEPSG(s.crs.EPSG(), quiet)
}

// proj is a mapping by PROJ.
type proj struct {
	pair      [2]system
	transform *godal.Transform
}

func (p *proj) project(x, y []float64) {
	ok := make([]bool, len(x))
	_ = p.transform.TransformEx(x, y, nil, ok) // which points failed is told by ok
	for i := range x {
		if !ok[i] || math.IsInf(x[i], 0) || math.IsInf(y[i], 0) {
			x[i], y[i] = math.NaN(), math.NaN()
		}
	}
}

// take lends the mapping between two systems; it is given back with give.
func (t *transforms) take(from, to system) (mapping, error) {
	if from.crs.EPSG() == to.crs.EPSG() && from.wkt == to.wkt {
		return same{}, nil
	}
	a, ok := geo.Plain(from.crs)
	b, ok2 := geo.Plain(to.crs)
	if ok && ok2 {
		return plain2D{a, b}, nil
	}
	pair := [2]system{from, to}
	t.mu.Lock()
	if n := len(t.idle[pair]); n > 0 {
		p := t.idle[pair][n-1]
		t.idle[pair] = t.idle[pair][:n-1]
		t.mu.Unlock()
		return p, nil
	}
	t.mu.Unlock()
	return newProj(pair)
}

func newProj(pair [2]system) (*proj, error) {
	var refs [2]*godal.SpatialRef
	for i, one := range pair {
		sr, err := one.ref()
		if err != nil {
			return nil, fault.At(fault.Invalid, "crs", "the coordinate reference system %s is not known", one)
		}
		defer sr.Close()
		refs[i] = sr
	}
	var m messages
	transform, err := godal.NewTransform(refs[0], refs[1], godal.ErrLogger(m.handle))
	if err != nil {
		return nil, fault.At(fault.Invalid, "crs", "there is no way from %s to %s: %s", pair[0], pair[1], m.text(""))
	}
	return &proj{pair: pair, transform: transform}, nil
}

// maxIdleTransforms is how many mappings of PROJ are kept between two systems, maxPairs between how many.
const maxIdleTransforms, maxPairs = 8, 256

func (t *transforms) give(m mapping) {
	p, ok := m.(*proj)
	if !ok {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.idle[p.pair]; len(t.idle[p.pair]) >= maxIdleTransforms || !known && len(t.idle) >= maxPairs {
		p.transform.Close()
		return
	}
	t.idle[p.pair] = append(t.idle[p.pair], p)
}

func (t *transforms) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for pair, idle := range t.idle {
		for _, p := range idle {
			p.transform.Close()
		}
		delete(t.idle, pair)
	}
}

// Transform gives the bounds in another system, of all systems that PROJ knows: the extent of the points along the
// border that have a place there. Bounds without such a point are fault.Invalid.
func (r *Renderer) Transform(b orb.Bound, from, to geo.CRS) (_ orb.Bound, err error) {
	defer recovered(&err)
	return r.transformed(b, coded(from), coded(to))
}

// transformed is Transform between systems that may have no code.
func (r *Renderer) transformed(b orb.Bound, from, to system) (orb.Bound, error) {
	m, err := r.transforms.take(from, to)
	if err != nil {
		return orb.Bound{}, err
	}
	defer r.transforms.give(m)
	if _, ok := m.(same); ok {
		return b, nil
	}
	const n = 20
	var x, y []float64
	for i := 0; i <= n; i++ {
		for j := 0; j <= n; j++ {
			x = append(x, b.Min[0]+(b.Max[0]-b.Min[0])*float64(i)/n)
			y = append(y, b.Min[1]+(b.Max[1]-b.Min[1])*float64(j)/n)
		}
	}
	m.project(x, y)
	out, some := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}, false
	for i := range x {
		if !math.IsNaN(x[i]) && !math.IsNaN(y[i]) {
			out, some = out.Extend(orb.Point{x[i], y[i]}), true
		}
	}
	if !some {
		return orb.Bound{}, fault.At(fault.Invalid, "bbox", "the bounds have no place in %s", to)
	}
	return out, nil
}
