package wms

import (
	"perigee/shared/geo"
)

// layer130 is Layer of 06-042 annex E.1.
type layer130 struct {
	Queryable  string         `xml:"queryable,attr"`
	Name       string         `xml:"Name,omitempty"`
	Title      string         `xml:"Title"`
	Abstract   string         `xml:"Abstract,omitempty"`
	CRS        []string       `xml:"CRS"`
	Geographic *geographic    `xml:"EX_GeographicBoundingBox"`
	Boxes      []box130       `xml:"BoundingBox"`
	Dimension  *dimension130  `xml:"Dimension"`
	Styles     []styleElement `xml:"Style"`
	Layers     []layer130     `xml:"Layer"`
}

type geographic struct {
	West  string `xml:"westBoundLongitude"`
	East  string `xml:"eastBoundLongitude"`
	South string `xml:"southBoundLatitude"`
	North string `xml:"northBoundLatitude"`
}

type box130 struct {
	CRS  string `xml:"CRS,attr"`
	MinX string `xml:"minx,attr"`
	MinY string `xml:"miny,attr"`
	MaxX string `xml:"maxx,attr"`
	MaxY string `xml:"maxy,attr"`
}

type dimension130 struct {
	Name     string `xml:"name,attr"`
	Units    string `xml:"units,attr"`
	Default  string `xml:"default,attr"`
	Multiple string `xml:"multipleValues,attr"`
	Nearest  string `xml:"nearestValue,attr"`
	Current  string `xml:"current,attr"`
	Extent   string `xml:",chardata"`
}

type styleElement struct {
	Name  string `xml:"Name"`
	Title string `xml:"Title"`
}

func newLayer130(f facts) layer130 { return f.layer130(nil) }

// layer130 writes the layer, whose reference systems are its own and those it inherits.
func (f facts) layer130(inherited []geo.CRS) layer130 {
	systems := append(append([]geo.CRS{}, inherited...), f.crs...)
	layer := layer130{Queryable: "0", Name: f.name, Title: f.title, Abstract: f.abstract, Styles: styleElements(f.styles)}
	for _, crs := range f.crs {
		layer.CRS = append(layer.CRS, crs.String())
	}
	if f.bounds.Max != f.bounds.Min {
		g := newBox(geo.CRS84, f.bounds)
		layer.Geographic = &geographic{West: g.minx, East: g.maxx, South: g.miny, North: g.maxy}
		for _, b := range boxesOf(f.bounds, systems) {
			layer.Boxes = append(layer.Boxes, newBox130(b))
		}
	}
	if f.time != nil {
		layer.Dimension = &dimension130{"time", "ISO8601", f.time.absence, "1", "0", "1", f.time.extent}
	}
	for _, child := range f.children {
		layer.Layers = append(layer.Layers, child.layer130(systems))
	}
	return layer
}

// newBox130 turns a box into the order of axes of its system (06-042 clause 6.7.4).
func newBox130(b box) box130 {
	if b.crs.LatLon() {
		b.minx, b.miny, b.maxx, b.maxy = b.miny, b.minx, b.maxy, b.maxx
	}
	return box130{b.crs.String(), b.minx, b.miny, b.maxx, b.maxy}
}

func styleElements(names []string) []styleElement {
	var styles []styleElement
	for _, name := range names {
		styles = append(styles, styleElement{name, name})
	}
	return styles
}
