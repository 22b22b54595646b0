package iso19115

import (
	"strconv"

	"github.com/paulmach/orb"

	"perigee/shared/xmldoc"
)

// maxPositions bounds the outline of a resource that is written beside its box.
const maxPositions = 2000

// Outline writes the polygons of a resource whose outline is another than its box, as the property polygon of
// EX_BoundingPolygon, by the prefix of the extent and the prefix gml.
func (w *Writer) Outline(prefix string) {
	polygons := outlineOf(w.Metadata.Resource.Footprint)
	if len(polygons) == 0 {
		return
	}
	w.Open(prefix + ":geographicElement")
	w.Open(prefix + ":EX_BoundingPolygon")
	for i, p := range polygons {
		w.Open(prefix + ":polygon")
		w.Open("gml:Polygon", "gml:id", NCName("polygon-"+strconv.Itoa(i)+"-", w.Metadata.ID), "srsName", "urn:ogc:def:crs:EPSG::4326")
		for j, ring := range p {
			tag := "gml:interior"
			if j == 0 {
				tag = "gml:exterior"
			}
			w.Open(tag)
			w.Open("gml:LinearRing")
			w.Open("gml:posList")
			w.positions(ring)
			w.Close("gml:posList")
			w.Close("gml:LinearRing")
			w.Close(tag)
		}
		w.Close("gml:Polygon")
		w.Close(prefix + ":polygon")
	}
	w.Close(prefix + ":EX_BoundingPolygon")
	w.Close(prefix + ":geographicElement")
}

// positions writes latitudes and longitudes, as the reference system has them.
func (w *Writer) positions(ring orb.Ring) {
	for i, p := range ring {
		if i > 0 {
			w.Bytes = append(w.Bytes, ' ')
		}
		w.Bytes = append(xmldoc.AppendNumber(w.Bytes, p[1]), ' ')
		w.Bytes = xmldoc.AppendNumber(w.Bytes, p[0])
	}
}

// outlineOf are the polygons of a footprint, none of one that is a box, no area, or too long.
func outlineOf(g orb.Geometry) []orb.Polygon {
	var all []orb.Polygon
	switch g := g.(type) {
	case orb.Polygon:
		all = []orb.Polygon{g}
	case orb.MultiPolygon:
		all = g
	}
	boxes, positions := 0, 0
	for _, p := range all {
		if isBox(p) {
			boxes++
		}
		for _, ring := range p {
			positions += len(ring)
		}
	}
	if boxes == len(all) && (boxes < 2 || crosses(g)) || positions > maxPositions {
		return nil
	}
	return all
}

// crosses tells whether a geometry of boxes is one box over the date line.
func crosses(g orb.Geometry) bool {
	west, _, east, _, _ := Box(g)
	return west > east
}

// isBox tells whether a polygon is the box around it.
func isBox(p orb.Polygon) bool {
	if len(p) != 1 || len(p[0]) != 5 {
		return false
	}
	b := p.Bound()
	for _, point := range p[0] {
		if point[0] != b.Min[0] && point[0] != b.Max[0] || point[1] != b.Min[1] && point[1] != b.Max[1] {
			return false
		}
	}
	return true
}
