package wms

import (
	"cmp"

	"perigee/shared/geo"
	"perigee/shared/ows"
)

// layer130 is Layer of 06-042 annex E.1.
type layer130 struct {
	Queryable  string         `xml:"queryable,attr"`
	Name       string         `xml:"Name,omitempty"`
	Title      string         `xml:"Title"`
	Abstract   string         `xml:"Abstract,omitempty"`
	Keywords   *keywords      `xml:"KeywordList"`
	CRS        []string       `xml:"CRS"`
	Geographic *geographic    `xml:"EX_GeographicBoundingBox"`
	Boxes      []box130       `xml:"BoundingBox"`
	Dimensions []dimension130 `xml:"Dimension"`
	Metadata   *metadataURL   `xml:"MetadataURL"`
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
	Symbol   string `xml:"unitSymbol,attr,omitempty"`
	Default  string `xml:"default,attr,omitempty"`
	Multiple string `xml:"multipleValues,attr"`
	Nearest  string `xml:"nearestValue,attr"`
	Current  string `xml:"current,attr,omitempty"`
	Extent   string `xml:",chardata"`
}

type metadataURL struct {
	Type   string         `xml:"type,attr"`
	Format string         `xml:"Format"`
	Link   onlineResource `xml:"OnlineResource"`
}

type styleElement struct {
	Name   string     `xml:"Name"`
	Title  string     `xml:"Title"`
	Legend *legendURL `xml:"LegendURL"`
}

type legendURL struct {
	Width  int            `xml:"width,attr"`
	Height int            `xml:"height,attr"`
	Format string         `xml:"Format"`
	Link   onlineResource `xml:"OnlineResource"`
}

func newLayer130(f facts) any { return f.layer130(nil) }

// layer130 writes the layer, whose reference systems are its own and those it inherits.
func (f facts) layer130(inherited []geo.CRS) layer130 {
	systems := append(append([]geo.CRS{}, inherited...), f.crs...)
	layer := layer130{
		Queryable: flag(f.queryable), Name: f.name, Title: f.title, Abstract: f.abstract, Keywords: newKeywords(f.keywords),
		Styles: styleElements(f.styles, ""),
	}
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
	for _, d := range f.dimensions {
		layer.Dimensions = append(layer.Dimensions, d.dimension130())
	}
	if f.metadata.Path != "" {
		layer.Metadata = &metadataURL{"STAC", f.metadata.Type, onlineResource{"", *ows.NewLink(f.metadata.Path)}}
	}
	for _, child := range f.children {
		layer.Layers = append(layer.Layers, child.layer130(systems))
	}
	return layer
}

func (d dimension) dimension130() dimension130 {
	current := ""
	if d.current {
		current = "1"
	}
	return dimension130{Name: d.name, Units: d.units, Symbol: d.symbol, Default: d.absence, Multiple: "1", Nearest: "0", Current: current, Extent: d.extent}
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// newBox130 turns a box into the order of axes of its system (06-042 clause 6.7.4).
func newBox130(b box) box130 {
	if b.crs.LatLon() {
		b.minx, b.miny, b.maxx, b.maxy = b.miny, b.minx, b.maxy, b.maxx
	}
	return box130{b.crs.String(), b.minx, b.miny, b.maxx, b.maxy}
}

// styleElements writes styles; namespace is that to declare at each link, where the root of the document cannot.
func styleElements(styles []styleFacts, namespace string) []styleElement {
	var elements []styleElement
	for _, s := range styles {
		element := styleElement{Name: s.Name, Title: cmp.Or(s.Title, s.Name)}
		if s.legend != "" {
			element.Legend = &legendURL{s.Legend.X, s.Legend.Y, PNG, onlineResource{namespace, *ows.NewLink(s.legend)}}
		}
		elements = append(elements, element)
	}
	return elements
}
