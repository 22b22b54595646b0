package wms

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"perigee/shared/ows"
	"perigee/shared/record"
)

// row is a name with its value, for people.
type row struct{ name, value string }

// rows are what people are told of a feature.
func (f Feature) rows() []row {
	list := []row{{"layer", f.Layer}, {"product", f.ID}}
	if f.Collection != "" {
		list = append(list, row{"collection", f.Collection})
	}
	if !f.Time.IsZero() {
		list = append(list, row{"time", f.Time.String()})
	}
	list = append(list, row{"place", fmt.Sprintf("%.6f, %.6f (longitude, latitude)", f.Place[0], f.Place[1])})
	for _, v := range slices.Concat(f.Channels, f.Bands) {
		name := v.Name
		if v.Says != "" && v.Says != v.Name {
			name += " (" + v.Says + ")"
		}
		list = append(list, row{name, v.text()})
	}
	if f.Colour != nil {
		list = append(list, row{"colour", fmt.Sprintf("#%02x%02x%02x", f.Colour.R, f.Colour.G, f.Colour.B)})
	}
	for _, name := range slices.Sorted(maps.Keys(f.Properties)) {
		if text, ok := plain(f.Properties[name]); ok {
			list = append(list, row{name, text})
		}
	}
	return list
}

func (v Value) text() string {
	if v.Number == nil {
		return "no data"
	}
	return number(*v.Number)
}

// plain is a value that fits on a line.
func plain(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, v != ""
	case float64:
		return number(v), true
	case bool:
		return fmt.Sprint(v), true
	}
	return "", false
}

func writeText(features []Feature) ([]byte, error) {
	var b bytes.Buffer
	if len(features) == 0 {
		b.WriteString("Nothing is shown here.\n")
	}
	line := strings.NewReplacer("\r", " ", "\n", " ")
	for i, f := range features {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, r := range f.rows() {
			fmt.Fprintf(&b, "%s: %s\n", line.Replace(r.name), line.Replace(r.value))
		}
	}
	return b.Bytes(), nil
}

// htmlPage is a page of tables without style or script, as clients show it in a small window.
type htmlPage struct {
	XMLName  xml.Name      `xml:"html"`
	Language string        `xml:"lang,attr"`
	Title    string        `xml:"head>title"`
	Sections []htmlSection `xml:"body>section"`
}

type htmlSection struct {
	Heading string    `xml:"h2"`
	Link    *htmlLink `xml:"p>a"`
	Rows    []htmlRow `xml:"table>tbody>tr"`
}

type htmlLink struct {
	Href string `xml:"href,attr"`
	Text string `xml:",chardata"`
}

type htmlRow struct {
	Name  string `xml:"th"`
	Value string `xml:"td"`
}

func writeHTML(features []Feature) ([]byte, error) {
	document := htmlPage{Language: "en", Title: "What is shown here"}
	for _, f := range features {
		section := htmlSection{Heading: f.ID}
		if f.Href != "" {
			section.Link = &htmlLink{f.Href, "Metadata"}
		}
		for _, r := range f.rows() {
			section.Rows = append(section.Rows, htmlRow{r.name, r.value})
		}
		document.Sections = append(document.Sections, section)
	}
	if len(features) == 0 {
		document.Sections = []htmlSection{{Heading: "Nothing is shown here."}}
	}
	body, err := ows.Marshal(document)
	return append([]byte("<!DOCTYPE html>\n"), bytes.TrimPrefix(body, []byte(xml.Header))...), err
}

// writeGeoJSON writes a feature collection (RFC 7946) with the properties of the products, and beside them what was
// measured: bands and channels by name.
func writeGeoJSON(features []Feature) ([]byte, error) {
	collection := geojson.NewFeatureCollection()
	for _, f := range features {
		one := geojson.NewFeature(f.Footprint)
		one.ID = f.ID
		maps.Copy(one.Properties, f.Properties)
		maps.Copy(one.Properties, map[string]any{
			"layer": f.Layer, "collection": f.Collection, "place": [2]float64{f.Place[0], f.Place[1]},
			"bands": valuesOf(f.Bands), "channels": valuesOf(f.Channels),
		})
		if f.Colour != nil {
			one.Properties["colour"] = fmt.Sprintf("#%02x%02x%02x", f.Colour.R, f.Colour.G, f.Colour.B)
		}
		if f.Href != "" {
			one.Properties["href"] = f.Href
		}
		collection.Append(one)
	}
	return json.Marshal(collection)
}

func valuesOf(values []Value) map[string]*float64 {
	all := map[string]*float64{}
	for _, v := range values {
		all[v.Name] = v.Number
	}
	return all
}

// The wire types of GML: a feature collection of GML 2 (02-069), which every client that asks for GML reads.

type gmlCollection struct {
	XMLName    xml.Name    `xml:"wfs:FeatureCollection"`
	Attributes []xml.Attr  `xml:",any,attr"`
	Members    []gmlMember `xml:"gml:featureMember"`
}

type gmlMember struct {
	Product gmlProduct `xml:"eo:product"`
}

type gmlProduct struct {
	ID         string      `xml:"fid,attr"`
	Identifier string      `xml:"eo:identifier"`
	Layer      string      `xml:"eo:layer"`
	Collection string      `xml:"eo:collection,omitempty"`
	Begin      string      `xml:"eo:beginTime,omitempty"`
	End        string      `xml:"eo:endTime,omitempty"`
	Values     []gmlValue  `xml:",any"`
	Footprint  *gmlSurface `xml:"eo:footprint"`
}

type gmlValue struct {
	XMLName xml.Name
	Name    string `xml:"name,attr"`
	Value   string `xml:",chardata"`
}

type gmlSurface struct {
	Polygons []gmlPolygon `xml:"gml:MultiPolygon>gml:polygonMember>gml:Polygon"`
}

type gmlPolygon struct {
	System string    `xml:"srsName,attr"`
	Outer  gmlRing   `xml:"gml:outerBoundaryIs"`
	Inner  []gmlRing `xml:"gml:innerBoundaryIs"`
}

type gmlRing struct {
	Coordinates string `xml:"gml:LinearRing>gml:coordinates"`
}

func writeGML(features []Feature) ([]byte, error) {
	document := gmlCollection{Attributes: ows.Attributes("xmlns:wfs", "http://www.opengis.net/wfs", "xmlns:gml", "http://www.opengis.net/gml", "xmlns:eo", "urn:perigee:featureinfo")}
	for _, f := range features {
		p := gmlProduct{ID: f.ID, Identifier: f.ID, Layer: f.Layer, Collection: f.Collection, Footprint: surface(f.Footprint)}
		if !f.Time.Start.IsZero() {
			p.Begin = record.Instant(f.Time.Start)
		}
		if !f.Time.End.IsZero() {
			p.End = record.Instant(f.Time.End)
		}
		for _, v := range f.Channels {
			p.Values = append(p.Values, gmlValue{xml.Name{Local: "eo:channel"}, v.Name, v.text()})
		}
		for _, v := range f.Bands {
			p.Values = append(p.Values, gmlValue{xml.Name{Local: "eo:band"}, v.Name, v.text()})
		}
		document.Members = append(document.Members, gmlMember{p})
	}
	return ows.Marshal(document)
}

func surface(g orb.Geometry) *gmlSurface {
	var polygons orb.MultiPolygon
	switch g := g.(type) {
	case orb.Polygon:
		polygons = orb.MultiPolygon{g}
	case orb.MultiPolygon:
		polygons = g
	}
	if len(polygons) == 0 {
		return nil
	}
	s := &gmlSurface{}
	for _, p := range polygons {
		if len(p) == 0 {
			continue
		}
		one := gmlPolygon{System: "http://www.opengis.net/gml/srs/epsg.xml#4326", Outer: ring(p[0])}
		for _, inner := range p[1:] {
			one.Inner = append(one.Inner, ring(inner))
		}
		s.Polygons = append(s.Polygons, one)
	}
	return s
}

func ring(r orb.Ring) gmlRing {
	list := make([]string, len(r))
	for i, p := range r {
		list[i] = number(p[0]) + "," + number(p[1])
	}
	return gmlRing{strings.Join(list, " ")}
}
