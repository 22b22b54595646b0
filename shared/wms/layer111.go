package wms

import (
	"perigee/shared/geo"
)

// layer111 is Layer of 01-068r3 annex A.1.
type layer111 struct {
	Queryable string         `xml:"queryable,attr"`
	Name      string         `xml:"Name,omitempty"`
	Title     string         `xml:"Title"`
	Abstract  string         `xml:"Abstract,omitempty"`
	SRS       []string       `xml:"SRS"`
	LatLon    *box111        `xml:"LatLonBoundingBox"`
	Boxes     []box111       `xml:"BoundingBox"`
	Dimension *dimension111  `xml:"Dimension"`
	Extent    *extent111     `xml:"Extent"`
	Styles    []styleElement `xml:"Style"`
	Layers    []layer111     `xml:"Layer"`
}

type box111 struct {
	SRS  string `xml:"SRS,attr,omitempty"`
	MinX string `xml:"minx,attr"`
	MinY string `xml:"miny,attr"`
	MaxX string `xml:"maxx,attr"`
	MaxY string `xml:"maxy,attr"`
}

type dimension111 struct {
	Name  string `xml:"name,attr"`
	Units string `xml:"units,attr"`
}

type extent111 struct {
	Name    string `xml:"name,attr"`
	Default string `xml:"default,attr"`
	Nearest string `xml:"nearestValue,attr"`
	Values  string `xml:",chardata"`
}

func newLayer111(f facts) layer111 { return f.layer111(nil) }

// layer111 writes the layer. CRS:84 has no name in this version, and every box is easting first.
func (f facts) layer111(inherited []geo.CRS) layer111 {
	systems := without(append(append([]geo.CRS{}, inherited...), f.crs...), []geo.CRS{geo.CRS84})
	layer := layer111{Queryable: "0", Name: f.name, Title: f.title, Abstract: f.abstract, Styles: styleElements(f.styles)}
	for _, crs := range without(f.crs, []geo.CRS{geo.CRS84}) {
		layer.SRS = append(layer.SRS, crs.String())
	}
	if f.bounds.Max != f.bounds.Min {
		g := newBox(geo.CRS84, f.bounds)
		layer.LatLon = &box111{"", g.minx, g.miny, g.maxx, g.maxy}
		for _, b := range boxesOf(f.bounds, systems) {
			layer.Boxes = append(layer.Boxes, box111{b.crs.String(), b.minx, b.miny, b.maxx, b.maxy})
		}
	}
	if f.time != nil {
		layer.Dimension = &dimension111{"time", "ISO8601"}
		layer.Extent = &extent111{"time", f.time.absence, "0", f.time.extent}
	}
	for _, child := range f.children {
		layer.Layers = append(layer.Layers, child.layer111(systems))
	}
	return layer
}
