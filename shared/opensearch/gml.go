package opensearch

import (
	"encoding/xml"
	"strings"

	"github.com/paulmach/orb"
)

// The wire types of a footprint in georss:where: GML 3.1 as the profile of GeoRSS has it, in the order latitude,
// longitude.

type where struct {
	Shape any
}

type gmlPoint struct {
	XMLName  xml.Name `xml:"gml:Point"`
	Position string   `xml:"gml:pos"`
}

type gmlLine struct {
	XMLName   xml.Name `xml:"gml:LineString"`
	Positions string   `xml:"gml:posList"`
}

type gmlPolygon struct {
	XMLName xml.Name  `xml:"gml:Polygon"`
	Outer   gmlRing   `xml:"gml:exterior"`
	Inner   []gmlRing `xml:"gml:interior"`
}

type gmlRing struct {
	Positions string `xml:"gml:LinearRing>gml:posList"`
}

type gmlSurfaces struct {
	XMLName xml.Name    `xml:"gml:MultiSurface"`
	Members []gmlMember `xml:"gml:surfaceMember"`
}

type gmlMember struct{ Polygon gmlPolygon }

// place is the footprint; nil when there is none, or none of these kinds.
func place(g orb.Geometry) *where {
	switch g := g.(type) {
	case orb.Point:
		return &where{gmlPoint{Position: positions(g)}}
	case orb.LineString:
		return &where{gmlLine{Positions: positions(g...)}}
	case orb.Polygon:
		return &where{polygon(g)}
	case orb.MultiPolygon:
		all := gmlSurfaces{}
		for _, one := range g {
			all.Members = append(all.Members, gmlMember{polygon(one)})
		}
		return &where{all}
	}
	return nil
}

func polygon(p orb.Polygon) (all gmlPolygon) {
	all.Outer, all.Inner = rings(p, func(r orb.Ring) gmlRing { return gmlRing{positions(r...)} })
	return all
}

func positions(points ...orb.Point) string {
	return list(points, func(p orb.Point) string { return number(p[1]) + " " + number(p[0]) })
}

// rings writes the outer ring of a polygon and the inner ones, each as a format has it.
func rings[R any](p orb.Polygon, write func(orb.Ring) R) (outer R, inner []R) {
	for i, ring := range p {
		if i == 0 {
			outer = write(ring)
			continue
		}
		inner = append(inner, write(ring))
	}
	return outer, inner
}

// list writes points with spaces between them.
func list(points []orb.Point, write func(orb.Point) string) string {
	all := make([]string, len(points))
	for i, p := range points {
		all[i] = write(p)
	}
	return strings.Join(all, " ")
}
