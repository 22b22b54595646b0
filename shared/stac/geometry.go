package stac

import (
	"math"
	"strconv"

	"github.com/paulmach/orb"
)

const maxVertices = 100_000 // of one geometry

// DecodeGeometry reads a GeoJSON geometry (RFC 7946) in longitude and latitude; faults are located below path.
func DecodeGeometry(raw []byte, path string) (orb.Geometry, error) {
	r := &reader{}
	if err := check(raw); err != nil {
		return nil, err
	}
	g := node{r: r, raw: raw[space(raw, 0):], path: path}.geometry()
	return g, r.err()
}

// footprint is the geometry of an item: nil for null, which says that it has no place (STAC 1.1.0 item-spec, geometry).
func (n node) footprint() orb.Geometry {
	switch {
	case len(n.raw) == 0:
		n.fail("is missing: an item needs a geometry to be found on the map, or null when it has no place")
		return nil
	case n.absent():
		return nil
	}
	return n.geometry()
}

func (n node) geometry() orb.Geometry {
	p := &positions{r: n.r}
	before := n.r.faults()
	g := p.geometry(n, 0)
	if n.r.faults() > before {
		return nil
	}
	if p.count > maxVertices {
		n.fail("has more than %d vertices", maxVertices)
		return nil
	}
	return g
}

// positions reads coordinates and counts them.
type positions struct {
	r     *reader
	count int
}

func (p *positions) geometry(n node, depth int) orb.Geometry {
	o := n.open()
	if o.names == nil {
		if n.kind() == "an object" {
			n.fail("is empty")
		}
		return nil
	}
	kind := o.get("type").required()
	c := o.get("coordinates")
	switch kind {
	case "":
		return nil
	case "GeometryCollection":
		return p.collection(o.get("geometries"), depth)
	}
	if c.absent() {
		c.fail("is %s", c.kind())
		return nil
	}
	switch kind {
	case "Point":
		return p.point(c)
	case "MultiPoint":
		return orb.MultiPoint(many(p, c, 1, p.point))
	case "LineString":
		return p.line(c)
	case "MultiLineString":
		return orb.MultiLineString(many(p, c, 1, p.line))
	case "Polygon":
		return p.polygon(c)
	case "MultiPolygon":
		return orb.MultiPolygon(many(p, c, 1, p.polygon))
	}
	o.get("type").fail("is %q, which is not a GeoJSON geometry type", kind)
	return nil
}

func (p *positions) collection(n node, depth int) orb.Geometry {
	if depth >= 4 {
		n.fail("are nested deeper than 4 levels")
		return nil
	}
	all := many(p, n, 1, func(e node) orb.Geometry { return p.geometry(e, depth+1) })
	return orb.Collection(all)
}

func (p *positions) polygon(n node) orb.Polygon {
	return orb.Polygon(many(p, n, 1, p.ring))
}

func (p *positions) line(n node) orb.LineString {
	return orb.LineString(many(p, n, 2, p.point))
}

func (p *positions) ring(n node) orb.Ring {
	before := p.r.faults()
	ring := orb.Ring(many(p, n, 4, p.point))
	if p.r.faults() == before && ring[0] != ring[len(ring)-1] {
		n.fail("is a ring that is not closed: its first and last position differ")
	}
	return ring
}

// many reads an array of at least least parts.
func many[T any](p *positions, n node, least int, read func(node) T) []T {
	var all []T
	before := p.r.faults()
	for _, e := range n.list(maxVertices + 1) {
		if p.count > maxVertices || len(p.r.errs) >= maxErrors {
			break
		}
		all = append(all, read(e))
	}
	if len(all) < least && p.r.faults() == before {
		n.fail("has %d parts where at least %d are needed", len(all), least)
	}
	return all
}

// point reads a position: longitude, latitude and whatever follows them.
func (p *positions) point(n node) orb.Point {
	p.count++
	var xy orb.Point
	size := 0
	for i, e := range elements(n.raw) {
		v, err := strconv.ParseFloat(string(e), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			n.fail("is not a position: [longitude, latitude]")
			return xy
		}
		if i < 2 {
			xy[i] = v
		}
		if size++; size > 4 {
			break
		}
	}
	if size < 2 || size > 4 {
		n.fail("is not a position: [longitude, latitude]")
		return xy
	}
	return n.onEarth(xy)
}

// onEarth checks the range; what rounding pushed just over an edge comes back to it.
func (n node) onEarth(xy orb.Point) orb.Point {
	const slack = 1e-6
	if math.Abs(xy[0]) > 180+slack {
		n.fail("has the longitude %v, which is not within -180 and 180", xy[0])
	}
	if math.Abs(xy[1]) > 90+slack {
		n.fail("has the latitude %v, which is not within -90 and 90", xy[1])
	}
	return orb.Point{min(max(xy[0], -180), 180), min(max(xy[1], -90), 90)}
}
