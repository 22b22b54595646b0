package raster

import (
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/encoding/ewkb"

	"perigee/shared/geo"
)

// degrees2D is the extent of a chunk in longitude and latitude.
type degrees2D struct {
	bound orb.Bound
	known bool
}

// footprintSlack is how far, in degrees, the pixels of a product may lie outside its footprint, which is often
// simplified.
const footprintSlack = .05

// places decodes the footprints of scenes, once for all chunks. One that cannot be read is none.
func places(scenes []Scene) []orb.Geometry {
	all := make([]orb.Geometry, len(scenes))
	for i, s := range scenes {
		if len(s.Footprint) == 0 || s.Outline != nil && s.Outline.Geometry != nil || s.Area != nil || len(s.Heat) > 0 {
			continue
		}
		if g, _, err := ewkb.Unmarshal(s.Footprint); err == nil {
			all[i] = g
		}
	}
	return all
}

// near tells whether a footprint comes near the chunk. Where that is not easy to tell, it does.
func (p *painter) near(g orb.Geometry) bool {
	if g == nil {
		return true
	}
	if p.degree == nil {
		p.degree = extent(p.d.lattice, p.c)
	}
	if !p.degree.known {
		return true
	}
	bound := g.Bound()
	switch {
	case bound.Max[0]-bound.Min[0] >= 180: // across the antimeridian, or nearly everywhere
		return true
	case !bound.Intersects(p.degree.bound):
		return false
	}
	return clip.Geometry(p.degree.bound, orb.Clone(g)) != nil
}

// extent is the chunk's extent with slack, known for systems that are computed here and away from the antimeridian.
func extent(l lattice, c chunk) *degrees2D {
	plain, ok := geo.Plain(l.crs)
	if !ok {
		return &degrees2D{}
	}
	b := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	const n = 4
	for i := range n + 1 {
		for j := range n + 1 {
			lon, lat := plain.Inverse(l.x(float64(c.col)+chunkSide*float64(i)/n), l.y(float64(c.row)+chunkSide*float64(j)/n))
			if math.IsNaN(lon) || math.IsNaN(lat) || math.Abs(lon) > 180 {
				return &degrees2D{}
			}
			b = b.Extend(orb.Point{lon, lat})
		}
	}
	slack := footprintSlack + (b.Max[1]-b.Min[1])/16
	return &degrees2D{bound: b.Pad(slack), known: b.Max[0]-b.Min[0] < 180}
}
