// Package atom reads and writes records as entries of Atom (RFC 4287), with the place of GeoRSS (OGC 17-002r1) and the time
// and the identifier of Dublin Core, as OpenSearch answers them (OGC 10-032r8, 13-026r9).
package atom

import (
	"cmp"
	"encoding/xml"
	"errors"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter/literal"
	"perigee/shared/geo"
	"perigee/shared/iso19115"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// The namespaces of entries; that of Atom names the format, too.
const (
	Namespace       = "http://www.w3.org/2005/Atom"
	NamespaceGeoRSS = "http://www.georss.org/georss"
	namespaceDC     = "http://purl.org/dc/elements/1.1/"
)

// MediaType is that of an entry as a document (RFC 4287, 7). The catalogue keeps it as XML, like all formats.
const MediaType = iso19115.MediaType

// IsRoot tells whether documents with a root element of the name are read here.
func IsRoot(name xml.Name) bool { return name.Local == "entry" && name.Space == Namespace }

// Decode reads an entry: the key of the record lacks the workspace and the collection. The identifier of Dublin Core counts,
// else that of Atom, else that of the document's bytes. All that is wrong comes back joined, each fault located by the
// element.
func Decode(document []byte) (record.Record, error) {
	root, err := xmldoc.Parse(document)
	if err != nil {
		return record.Record{}, err
	}
	return Read(root, document)
}

// Read is Decode of a document that was parsed already, which has the root element.
func Read(root *xmldoc.Node, document []byte) (record.Record, error) {
	if !IsRoot(root.Name()) {
		return record.Record{}, fault.New(fault.Invalid, "the root element is {%.200s}%.100s, not atom:entry", root.Space, root.Local)
	}
	rec := record.Record{
		Key:  record.Key{ID: cmp.Or(root.TextAt("identifier"), root.TextAt("id"), record.DigestID(document))},
		Type: "dataset", Abstract: cmp.Or(root.Find("summary").Deep(), root.Find("content").Deep()), Document: document, MediaType: MediaType, Time: when(root),
	}
	rec.Title = cmp.Or(root.Find("title").Deep(), rec.ID)
	for c := range root.All("category") {
		if word := cmp.Or(c.Attr("label"), c.Attr("term")); word != "" {
			rec.Keywords = append(rec.Keywords, word)
		}
	}
	rec.SetTexts(record.PropertyDateStamp, root.TextAt("updated"))
	rec.SetTexts(record.PropertyPublicationDate, root.TextAt("published"))
	rec.SetTexts(record.PropertyRights, root.Find("rights").Deep())
	rec.SetTexts(record.PropertyCreator, root.TextsAt("author/name")...)
	rec.SetTexts(record.PropertyContributor, root.TextsAt("contributor/name")...)
	rec.Links = links(root)
	place, wrong := place(root)
	rec.Footprint = place
	return rec, errors.Join(wrong, record.CheckID(rec.ID, "id"))
}

// maxLinks bounds what is kept of the links of an entry.
const maxLinks = 500

func links(root *xmldoc.Node) []record.Link {
	var all []record.Link
	for l := range root.All("link") {
		rel := cmp.Or(l.Attr("rel"), "alternate")
		if href := l.Attr("href"); href != "" && rel != "self" && rel != "edit" && len(all) < maxLinks {
			all = append(all, record.Link{Rel: rel, Href: href, Type: l.Attr("type"), Title: l.Attr("title")})
		}
	}
	return all
}

// when reads the time of Dublin Core, which may be an interval. What is no time says nothing.
func when(root *xmldoc.Node) record.Interval {
	for n := range root.All("date") {
		if i, err := record.ParseInterval(n.Text()); err == nil && n.Space == namespaceDC {
			return i
		}
	}
	return record.Interval{}
}

// place reads the first of the places of GeoRSS, simple or of GML, with latitudes first; nil when there is none.
func place(root *xmldoc.Node) (orb.Geometry, error) {
	for n := range root.Children() {
		if n.Space != NamespaceGeoRSS {
			continue
		}
		switch n.Local {
		case "box", "point", "polygon", "line":
			return simple(n.Local, n.Text())
		case "where":
			if e := n.Find("Envelope"); e != nil {
				return simple("box", e.TextAt("lowerCorner")+" "+e.TextAt("upperCorner"))
			}
			if p := n.TextAt("Point/pos"); p != "" {
				return simple("point", p)
			}
			return simple("polygon", n.TextAt("Polygon/exterior/LinearRing/posList"))
		}
	}
	return nil, nil
}

func simple(kind, text string) (orb.Geometry, error) {
	points, err := positions(kind, text)
	if err != nil {
		return nil, err
	}
	var g orb.Geometry
	switch {
	case kind == "box" && len(points) == 2:
		g, err = literal.Box(geo.CRS84, points[0], points[1])
	case kind == "point" && len(points) == 1:
		g = points[0]
	case kind == "line" && len(points) > 1:
		g = orb.LineString(points)
	case kind == "polygon" && len(points) > 3:
		g = orb.Polygon{points}
	default:
		return nil, fault.At(fault.Invalid, "georss:"+kind, "georss:%s has %d positions", kind, len(points))
	}
	if err == nil {
		err = geo.Check(g)
	}
	if err != nil {
		return nil, fault.At(fault.Invalid, "georss:"+kind, "georss:%s: %w", kind, err)
	}
	return g, nil
}

// positions reads pairs of latitudes and longitudes.
func positions(kind, text string) ([]orb.Point, error) {
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\t' })
	if len(fields)%2 != 0 {
		return nil, fault.At(fault.Invalid, "georss:"+kind, "georss:%s has %d numbers, not pairs of them", kind, len(fields))
	}
	var points []orb.Point
	for i := 0; i < len(fields); i += 2 {
		lat, latErr := strconv.ParseFloat(fields[i], 64)
		lon, lonErr := strconv.ParseFloat(fields[i+1], 64)
		if latErr != nil || lonErr != nil {
			return nil, fault.At(fault.Invalid, "georss:"+kind, "georss:%s has %.50q and %.50q, not numbers", kind, fields[i], fields[i+1])
		}
		points = append(points, orb.Point{lon, lat})
	}
	return points, nil
}
