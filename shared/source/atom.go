package source

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/record"
)

// feed is a page of Atom (RFC 4287) with OpenSearch, GeoRSS, Dublin Core and EO elements (OGC 13-026r9).
type feed struct {
	XMLName xml.Name
	Links   []atomLink  `xml:"http://www.w3.org/2005/Atom link"`
	Entries []atomEntry `xml:"http://www.w3.org/2005/Atom entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Href string `xml:"href,attr"`
	Type string `xml:"type,attr"`
}

// atomEntry holds every element of an entry.
type atomEntry struct {
	Elements []element `xml:",any"`
}

// element is an element with all that is in it.
type element struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Text    string     `xml:",chardata"`
	Inner   []element  `xml:",any"`
}

const (
	nsAtom   = "http://www.w3.org/2005/Atom"
	nsGeoRSS = "http://www.georss.org/georss"
	maxDepth = 40 // of elements
)

// checkXML refuses what XML should not have here: a document type, which declares entities, and a depth that nobody needs.
func checkXML(text []byte) error {
	in := xml.NewDecoder(bytes.NewReader(text))
	in.Entity = nil
	depth := 0
	for {
		token, err := in.RawToken()
		if token == nil || err != nil {
			return nil // the decoder tells what is wrong
		}
		switch token := token.(type) {
		case xml.Directive:
			if bytes.HasPrefix(bytes.ToUpper(bytes.TrimSpace(token)), []byte("DOCTYPE")) {
				return fault.New(fault.Invalid, "the XML has a document type, which is not read")
			}
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return fault.New(fault.Invalid, "the XML is nested deeper than %d elements", maxDepth)
			}
		case xml.EndElement:
			depth--
		}
	}
}

// atomPage reads a page of Atom.
func atomPage(reply Reply, mapping map[string]string) (Found, error) {
	if err := checkXML(reply.Body); err != nil {
		return Found{}, err
	}
	var page feed
	if err := xml.Unmarshal(reply.Body, &page); err != nil {
		return Found{}, fault.Classify(fault.Invalid, err, "the page %s cannot be read", reply.URL)
	}
	if page.XMLName.Space != nsAtom || page.XMLName.Local != "feed" {
		return Found{}, fault.New(fault.Invalid, "%s is no feed of Atom, but {%s}%s", reply.URL, page.XMLName.Space, page.XMLName.Local)
	}
	if err := bearable(len(page.Entries)); err != nil {
		return Found{}, err
	}
	var found Found
	for i, entry := range page.Entries {
		p := entry.product()
		content, err := p.item(mapping)
		found.item(content, err, reply.URL, i, nil)
	}
	for _, l := range page.Links {
		if l.Rel == "next" && len(page.Entries) > 0 {
			next, err := nextAddress(reply.URL, l.Href)
			if err != nil {
				return Found{}, err
			}
			found.Next = []string{next}
			break
		}
	}
	return found, nil
}

// product reads an entry.
func (e atomEntry) product() product {
	p := product{properties: map[string]any{}, assets: map[string]asset{}, geometry: json.RawMessage("null")}
	var links []pageLink
	for _, one := range e.Elements {
		words := strings.TrimSpace(one.Text)
		switch {
		case one.XMLName.Local == "link":
			links = append(links, pageLink{Rel: one.attr("rel"), Href: one.attr("href"), Type: one.attr("type")})
		case one.XMLName.Space == nsGeoRSS || one.XMLName.Local == "where":
			if shape := one.shape(); shape != nil && (string(p.geometry) == "null" || one.XMLName.Local != "box") {
				p.geometry = geoJSON(shape)
			}
		case one.XMLName.Local == "group":
			p.media(one)
		case one.XMLName.Local == "date":
			p.time, _ = record.ParseInterval(words) // other elements may say it
		case len(one.Inner) == 0 && words != "":
			if _, said := p.properties[one.XMLName.Local]; !said || one.XMLName.Space == nsAtom {
				p.properties[one.XMLName.Local] = words
			}
		}
	}
	p.id, _ = p.properties["identifier"].(string)
	if p.id == "" {
		p.id, _ = p.properties["id"].(string)
	}
	p.id = strings.TrimSuffix(p.id, ".SAFE")
	p.linked(links)
	return p
}

// media takes the pictures of a group of Media RSS.
func (p *product) media(group element) {
	for _, content := range group.Inner {
		href := content.attr("url")
		if content.XMLName.Local != "content" || !isWeb(href) {
			continue
		}
		for _, category := range content.Inner {
			switch strings.ToUpper(strings.TrimSpace(category.Text)) {
			case "QUICKLOOK":
				p.pictured(href, nil)
			case "THUMBNAIL":
				p.pictured(nil, href)
			}
		}
	}
}

func (e element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// shape is the place that an element tells: latitude before longitude, in GeoRSS simple or GML.
func (e element) shape() orb.Geometry {
	switch e.XMLName.Local {
	case "point", "pos":
		if at := latLon(e.Text); len(at) == 1 {
			return at[0]
		}
	case "line":
		if at := latLon(e.Text); len(at) > 1 {
			return orb.LineString(at)
		}
	case "polygon":
		if ring := ringOf(e.Text); ring != nil {
			return orb.Polygon{ring}
		}
	case "box":
		if at := latLon(e.Text); len(at) == 2 {
			return orb.Bound{Min: at[0], Max: at[1]}.ToPolygon()
		}
	case "posList":
		if ring := ringOf(e.Text); ring != nil {
			return orb.Polygon{ring}
		}
	case "MultiSurface", "MultiPolygon":
		return e.surfaces()
	}
	for _, inner := range e.Inner {
		if shape := inner.shape(); shape != nil {
			return shape
		}
	}
	return nil
}

// surfaces are the polygons of a multiple surface.
func (e element) surfaces() orb.Geometry {
	var all orb.MultiPolygon
	for _, member := range e.Inner {
		for _, inner := range append([]element{member}, member.Inner...) {
			if polygon, ok := inner.shape().(orb.Polygon); ok {
				all = append(all, polygon)
				break
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

func ringOf(text string) orb.Ring {
	if at := latLon(text); len(at) > 3 {
		if at[0] != at[len(at)-1] {
			at = append(at, at[0])
		}
		return at
	}
	return nil
}

// latLon reads pairs of latitude and longitude.
func latLon(text string) []orb.Point {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\t' || r == '\r' })
	if len(parts)%2 != 0 {
		return nil
	}
	var all []orb.Point
	for i := 0; i < len(parts); i += 2 {
		lat, err := strconv.ParseFloat(parts[i], 64)
		lon, err2 := strconv.ParseFloat(parts[i+1], 64)
		if err != nil || err2 != nil {
			return nil
		}
		all = append(all, orb.Point{lon, lat})
	}
	return all
}
