package opensearch

import (
	"encoding/xml"
	"net/http"

	"github.com/paulmach/orb"

	"perigee/shared/ows"
)

// kml is OGC KML 2.2 (07-147r2; http://schemas.opengis.net/kml/2.2.0/ogckml22.xsd).
type kml struct {
	XMLName    xml.Name    `xml:"kml"`
	Attributes []xml.Attr  `xml:",any,attr"`
	Document   kmlDocument `xml:"Document"`
}

type kmlDocument struct {
	Name       string      `xml:"name"`
	Open       int         `xml:"open"`
	Link       *kmlLink    `xml:"atom:link"`
	Snippet    string      `xml:"Snippet"`
	Placemarks []placemark `xml:"Placemark"`
}

// kmlLink is atom:link, of which KML takes one that has nothing but an address.
type kmlLink struct {
	Href string `xml:"href,attr"`
}

type placemark struct {
	Name        string    `xml:"name"`
	Link        *kmlLink  `xml:"atom:link"`
	Description string    `xml:"description,omitempty"`
	Span        *timeSpan `xml:"TimeSpan"`
	Data        []kmlData `xml:"ExtendedData>Data"`
	Shape       any
}

type timeSpan struct {
	Begin string `xml:"begin,omitempty"`
	End   string `xml:"end,omitempty"`
}

type kmlData struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value"`
}

type kmlPoint struct {
	XMLName     xml.Name `xml:"Point"`
	Coordinates string   `xml:"coordinates"`
}

type kmlLine struct {
	XMLName     xml.Name `xml:"LineString"`
	Coordinates string   `xml:"coordinates"`
}

type kmlPolygon struct {
	XMLName xml.Name  `xml:"Polygon"`
	Outer   kmlRing   `xml:"outerBoundaryIs"`
	Inner   []kmlRing `xml:"innerBoundaryIs"`
}

type kmlRing struct {
	Coordinates string `xml:"LinearRing>coordinates"`
}

type kmlShapes struct {
	XMLName  xml.Name `xml:"MultiGeometry"`
	Polygons []kmlPolygon
}

func writeKML(w http.ResponseWriter, r *http.Request, f feed) error {
	document := kml{
		Attributes: ows.Attributes("xmlns", "http://www.opengis.net/kml/2.2", "xmlns:atom", namespaceAtom),
		Document:   kmlDocument{Name: f.title, Open: 1, Link: &kmlLink{f.self}},
	}
	document.Document.Snippet = plural(f.matched) + " found"
	for _, e := range f.entries {
		one := placemark{Name: e.title(), Link: &kmlLink{e.self}, Description: e.kmlDescription(), Shape: kmlShape(e.Footprint)}
		if !e.Time.IsZero() {
			one.Span = &timeSpan{instant(e.Time.Start), instant(e.Time.End)}
		}
		for _, fact := range e.facts() {
			one.Data = append(one.Data, kmlData{fact.name, fact.value})
		}
		document.Document.Placemarks = append(document.Document.Placemarks, one)
	}
	return serve(w, r, "application/vnd.google-earth.kml+xml", document)
}

// kmlDescription shows the picture of a product above what is known of it.
func (e entry) kmlDescription() string {
	if e.quicklook == "" {
		return e.summary()
	}
	picture, err := xml.Marshal(struct {
		XMLName xml.Name `xml:"img"`
		Source  string   `xml:"src,attr"`
		Text    string   `xml:"alt,attr"`
	}{Source: e.quicklook, Text: e.title()})
	if err != nil {
		return e.summary()
	}
	return string(picture) + e.summary()
}

// kmlShape is a footprint; nil when there is none, or none of these kinds.
func kmlShape(g orb.Geometry) any {
	switch g := g.(type) {
	case orb.Point:
		return kmlPoint{Coordinates: coordinates(g)}
	case orb.LineString:
		return kmlLine{Coordinates: coordinates(g...)}
	case orb.Polygon:
		return kmlPolygonOf(g)
	case orb.MultiPolygon:
		all := kmlShapes{}
		for _, one := range g {
			all.Polygons = append(all.Polygons, kmlPolygonOf(one))
		}
		return all
	}
	return nil
}

func kmlPolygonOf(p orb.Polygon) (all kmlPolygon) {
	all.Outer, all.Inner = rings(p, func(r orb.Ring) kmlRing { return kmlRing{coordinates(r...)} })
	return all
}

func coordinates(points ...orb.Point) string {
	return list(points, func(p orb.Point) string { return number(p[0]) + "," + number(p[1]) })
}
