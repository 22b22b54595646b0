package records

import (
	"math"
	"strconv"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/project"

	"perigee/shared/geo"
	"perigee/shared/stac"
)

// plain tells whether geometries go out as they are kept, in longitude and latitude.
func (e encoder) plain() bool { return e.crs == geo.CRS84 }

// geometry writes the geometry of a document.
func (e encoder) geometry(w *writer, raw []byte) {
	switch {
	case len(raw) == 0:
		w.rawMember("geometry", []byte("null"))
	case e.plain():
		w.rawMember("geometry", raw)
	default:
		w.member("geometry", e.project(raw))
	}
}

// footprint writes a geometry in longitude and latitude.
func (e encoder) footprint(w *writer, g orb.Geometry) {
	switch {
	case g == nil:
		w.rawMember("geometry", []byte("null"))
	case e.plain():
		w.member("geometry", geojson.NewGeometry(g))
	default:
		w.member("geometry", e.moveTo(orb.Clone(g)))
	}
}

// project brings a GeoJSON geometry into the reference system that was asked for, nil where it is none.
func (e encoder) project(raw []byte) *geojson.Geometry {
	g, err := stac.DecodeGeometry(raw, "geometry")
	if err != nil || g == nil {
		return nil // there is none, or it was registered before it was checked
	}
	return e.moveTo(g)
}

// moveTo brings a geometry, which nobody else has, into the reference system that was asked for: nil, when the system
// does not reach it.
func (e encoder) moveTo(g orb.Geometry) *geojson.Geometry {
	projection, ok := geo.Plain(e.crs)
	if !ok {
		return nil
	}
	reached := true
	g = project.Geometry(g, func(p orb.Point) orb.Point {
		x, y := projection.Forward(p[0], reachable(e.crs, p[1]))
		reached = reached && !math.IsNaN(x) && !math.IsNaN(y)
		if e.crs.LatLon() {
			x, y = y, x
		}
		return orb.Point{x, y}
	})
	if !reached {
		return nil
	}
	return geojson.NewGeometry(g)
}

// reachable cuts a latitude to what Web Mercator shows.
func reachable(crs geo.CRS, lat float64) float64 {
	if crs != geo.WebMercator {
		return lat
	}
	const most = 85.06
	return max(-most, min(most, lat))
}

// boxOf is the bounding box of a geometry as JSON.
func boxOf(g *geojson.Geometry) []byte {
	if g == nil {
		return []byte("null")
	}
	b := g.Geometry().Bound()
	text := []byte{'['}
	for i, v := range []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]} {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendFloat(text, v, 'f', -1, 64)
	}
	return append(text, ']')
}
