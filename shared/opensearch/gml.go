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

func polygon(p orb.Polygon) gmlPolygon {
	var all gmlPolygon
	for i, ring := range p {
		if i == 0 {
			all.Outer = gmlRing{positions(ring...)}
			continue
		}
		all.Inner = append(all.Inner, gmlRing{positions(ring...)})
	}
	return all
}

func positions(points ...orb.Point) string {
	list := make([]string, len(points))
	for i, p := range points {
		list[i] = number(p[1]) + " " + number(p[0])
	}
	return strings.Join(list, " ")
}
