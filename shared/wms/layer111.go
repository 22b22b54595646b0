package wms

import (
	"strings"

	"perigee/shared/geo"
)

// layer111 is Layer of 01-068r3 annex A.1, and of 01-047r2 annex A.1, which names all reference systems in one element.
type layer111 struct {
	Queryable string         `xml:"queryable,attr"`
	Name      string         `xml:"Name,omitempty"`
	Title     string         `xml:"Title"`
	Abstract  string         `xml:"Abstract,omitempty"`
	Keywords  *keywords      `xml:"KeywordList"`
	SRS       []string       `xml:"SRS"`
	LatLon    *box111        `xml:"LatLonBoundingBox"`
	Boxes     []box111       `xml:"BoundingBox"`
	Dimension []dimension111 `xml:"Dimension"`
	Extent    []extent111    `xml:"Extent"`
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
	Name   string `xml:"name,attr"`
	Units  string `xml:"units,attr"`
	Symbol string `xml:"unitSymbol,attr,omitempty"`
}

type extent111 struct {
	Name    string `xml:"name,attr"`
	Default string `xml:"default,attr,omitempty"`
	Nearest string `xml:"nearestValue,attr,omitempty"` // not in 1.1.0
	Values  string `xml:",chardata"`
}

func newLayer111(f facts) any { return f.layer111(nil) }

// layer111 writes the layer. CRS:84 has no name in this version, and every box is easting first.
func (f facts) layer111(inherited []geo.CRS) layer111 {
	systems := without(append(append([]geo.CRS{}, inherited...), f.crs...), []geo.CRS{geo.CRS84})
	layer := layer111{
		Queryable: flag(f.queryable), Name: f.name, Title: f.title, Abstract: f.abstract, Keywords: newKeywords(f.keywords),
		Styles: styleElements(f.styles, xlink),
	}
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
	for _, d := range f.dimensions {
		layer.Dimension = append(layer.Dimension, dimension111{d.name, d.units, d.symbol})
		layer.Extent = append(layer.Extent, extent111{d.name, d.absence, "0", d.extent})
	}
	for _, child := range f.children {
		layer.Layers = append(layer.Layers, child.layer111(systems))
	}
	return layer
}

func newLayer110(f facts) any {
	layer := f.layer111(nil)
	layer.age()
	return layer
}

// age makes a layer of 1.1.1 one of 1.1.0.
func (l *layer111) age() {
	if len(l.SRS) > 1 {
		l.SRS = []string{strings.Join(l.SRS, " ")}
	}
	for i := range l.Extent {
		l.Extent[i].Nearest = ""
	}
	for i := range l.Layers {
		l.Layers[i].age()
	}
}
