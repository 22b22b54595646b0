// Package dublincore encodes records as the Dublin Core records of OGC CSW 2.0.2 (07-006r1, clause 10.2.5;
// http://schemas.opengis.net/csw/2.0.2/record.xsd): csw:BriefRecord, csw:SummaryRecord and csw:Record.
package dublincore

import (
	"cmp"
	"encoding/xml"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"perigee/shared/record"
)

// The namespaces of the elements; a document that holds records declares the prefixes.
const (
	NamespaceCSW   = "http://www.opengis.net/cat/csw/2.0.2"
	NamespaceDC    = "http://purl.org/dc/elements/1.1/"
	NamespaceTerms = "http://purl.org/dc/terms/"
	NamespaceOWS   = "http://www.opengis.net/ows"
)

// The element sets of CSW 2.0.2, table 4.
const (
	Brief   = "brief"
	Summary = "summary"
	Full    = "full"
)

// The types of resources in Dublin Core's words of ISO 19115's hierarchy levels.
const (
	TypeDataset = "dataset"
	TypeSeries  = "series"
)

// Record is one record; which elements are filled depends on the element set. The order of the fields is that of the
// schema.
type Record struct {
	XMLName      xml.Name
	Identifier   string      `xml:"dc:identifier,omitempty"`
	Title        string      `xml:"dc:title,omitempty"` // what has none is written with an empty one where there has to be one
	Type         string      `xml:"dc:type,omitempty"`
	Subjects     []string    `xml:"dc:subject"`
	Formats      []string    `xml:"dc:format"`
	Relations    []string    `xml:"dc:relation"`
	Modified     string      `xml:"dct:modified,omitempty"`
	Abstract     string      `xml:"dct:abstract,omitempty"`
	Spatials     []string    `xml:"dct:spatial"`
	References   []Reference `xml:"dct:references"`
	Date         string      `xml:"dc:date,omitempty"`
	Temporal     string      `xml:"dct:temporal,omitempty"`
	Alternatives []string    `xml:"dct:alternative"`
	Creators     []string    `xml:"dc:creator"`
	Publishers   []string    `xml:"dc:publisher"`
	Contributors []string    `xml:"dc:contributor"`
	Languages    []string    `xml:"dc:language"`
	Sources      []string    `xml:"dc:source"`
	Rights       []string    `xml:"dc:rights"`
	Box          *Box        `xml:"ows:BoundingBox"`
}

// Reference is dct:references: an address and, as its scheme, how it is spoken to.
type Reference struct {
	Scheme string `xml:"scheme,attr,omitempty"`
	Href   string `xml:",chardata"`
}

// Box is ows:BoundingBox (OWS Common 1.0) in EPSG:4326: latitude first.
type Box struct {
	CRS        string `xml:"crs,attr"`
	Dimensions int    `xml:"dimensions,attr"`
	Lower      string `xml:"ows:LowerCorner"`
	Upper      string `xml:"ows:UpperCorner"`
}

// The names of EPSG:4326, as catalogues of the two editions of CSW call it.
const (
	degrees  = "urn:x-ogc:def:crs:EPSG:6.11:4326"
	degrees3 = "http://www.opengis.net/def/crs/EPSG/0/4326"
)

// Encode makes the record of an element set (Brief, Summary or Full).
func Encode(r record.Record, set string) Record {
	out := Record{Identifier: r.ID, Title: r.Title, Type: cmp.Or(r.Text(PropertyType), TypeOf(r.Type)), Box: box(r)}
	switch set {
	case Brief:
		out.XMLName.Local = "csw:BriefRecord"
		return out
	case Summary:
		out.XMLName.Local = "csw:SummaryRecord"
	default:
		out.XMLName.Local = "csw:Record"
		out.further(r)
		out.References = references(r.Links)
		out.Date = cmp.Or(r.Text(PropertyDate), date(r.Time.Start), r.Text(record.PropertyPublicationDate), r.Text(record.PropertyCreationDate), r.Text(record.PropertyRevisionDate))
		if !r.Time.IsZero() {
			out.Temporal = r.Time.String()
		}
	}
	out.Subjects, out.Abstract = subjects(r), r.Abstract
	out.Formats, out.Spatials = texts(r.Properties[PropertyFormat]), texts(r.Properties[PropertySpatial])
	if out.Formats == nil && r.MediaType != "" && r.MediaType != MediaType {
		out.Formats = []string{r.MediaType}
	}
	out.Relations = texts(r.Properties[PropertyRelation])
	if r.Type == record.TypeItem && r.Collection != "" {
		out.Relations = append([]string{r.Collection}, out.Relations...)
	} else if parent := r.Text(record.PropertyParent); parent != "" {
		out.Relations = append([]string{parent}, out.Relations...)
	}
	out.Modified = modified(r)
	return out
}

// modified is when the metadata were last changed: by their own word where they are metadata that have one, for when the catalogue took
// them says nothing of them; of items and collections it does.
func modified(r record.Record) string {
	said := r.Text(record.PropertyDateStamp)
	if said == "" && (r.Type == record.TypeItem || r.Type == record.TypeCollection) {
		return date(r.Modified)
	}
	return said
}

// subjects are the keywords of a record, and the categories of its topics.
func subjects(r record.Record) []string {
	topics := r.Texts(record.PropertyTopicCategory)
	if len(topics) == 0 {
		return r.Keywords
	}
	return append(append(make([]string, 0, len(r.Keywords)+len(topics)), r.Keywords...), topics...)
}

// The properties by which records know the elements of Dublin Core that are none of their core.
const (
	PropertyAlternative = record.PropertyAlternative
	PropertyContributor = "contributor"
	PropertyCreator     = "creator"
	PropertyFormat      = "format"
	PropertyLanguage    = "language"
	PropertyPublisher   = "publisher"
	PropertyRelation    = "relation"
	PropertyRights      = "rights"
	PropertySource      = "source"
	PropertySpatial     = "spatial"
	PropertyDate        = "dc:date" // as it was written, where the record's time says it in another way
	PropertyType        = "dc:type" // likewise, by the address of a vocabulary
)

// further fills the elements that only full records have.
func (r *Record) further(from record.Record) {
	of := func(name string) []string { return texts(from.Properties[name]) }
	r.Alternatives, r.Creators, r.Publishers, r.Contributors = of(PropertyAlternative), of(PropertyCreator), of(PropertyPublisher), of(PropertyContributor)
	r.Languages, r.Sources, r.Rights = of(PropertyLanguage), of(PropertySource), of(PropertyRights)
	if r.Alternatives == nil {
		r.Alternatives = of(record.PropertyAlternateTitle)
	}
	if r.Rights == nil { // what metadata of ISO 19115 and items of STAC say of them in words of their own
		r.Rights = slices.Concat(of(record.PropertyAccessConstraints), of(record.PropertyOtherConstraints), of(record.PropertyLicence))
	}
}

// texts are the texts of a property, which has one or several.
func texts(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []string:
		return v
	case []any:
		var all []string
		for _, e := range v {
			if s, is := e.(string); is {
				all = append(all, s)
			}
		}
		return all
	}
	return nil
}

// elements copies the named elements of a record to another.
var elements = map[string]func(to *Record, from Record){
	"dc:identifier":   func(to *Record, from Record) { to.Identifier = from.Identifier },
	"dc:title":        func(to *Record, from Record) { to.Title = from.Title },
	"dc:type":         func(to *Record, from Record) { to.Type = from.Type },
	"dc:subject":      func(to *Record, from Record) { to.Subjects = from.Subjects },
	"dc:format":       func(to *Record, from Record) { to.Formats = from.Formats },
	"dc:relation":     func(to *Record, from Record) { to.Relations = from.Relations },
	"dct:modified":    func(to *Record, from Record) { to.Modified = from.Modified },
	"dct:abstract":    func(to *Record, from Record) { to.Abstract = from.Abstract },
	"dct:references":  func(to *Record, from Record) { to.References = from.References },
	"dc:date":         func(to *Record, from Record) { to.Date = from.Date },
	"dct:temporal":    func(to *Record, from Record) { to.Temporal = from.Temporal },
	"dct:spatial":     func(to *Record, from Record) { to.Spatials = from.Spatials },
	"dct:alternative": func(to *Record, from Record) { to.Alternatives = from.Alternatives },
	"dc:creator":      func(to *Record, from Record) { to.Creators = from.Creators },
	"dc:publisher":    func(to *Record, from Record) { to.Publishers = from.Publishers },
	"dc:contributor":  func(to *Record, from Record) { to.Contributors = from.Contributors },
	"dc:language":     func(to *Record, from Record) { to.Languages = from.Languages },
	"dc:source":       func(to *Record, from Record) { to.Sources = from.Sources },
	"dc:rights":       func(to *Record, from Record) { to.Rights = from.Rights },
	"ows:BoundingBox": func(to *Record, from Record) { to.Box = from.Box },
}

// Elements lists the names of the elements that records may have.
func Elements() []string { return slices.Sorted(maps.Keys(elements)) }

// EncodeElements makes a csw:Record of the named elements only, which are some of Elements.
func EncodeElements(r record.Record, names []string) Record {
	full := Encode(r, Full)
	out := Record{XMLName: full.XMLName}
	for _, name := range names {
		if set, known := elements[name]; known {
			set(&out, full)
		}
	}
	return out
}

// TypeOf is the word for a type of record.
func TypeOf(recordType string) string {
	switch recordType {
	case record.TypeItem:
		return TypeDataset
	case record.TypeCollection:
		return TypeSeries
	}
	return recordType
}

// RecordType is the type of record that a word stands for.
func RecordType(word string) string {
	switch strings.ToLower(word) {
	case TypeDataset:
		return record.TypeItem
	case TypeSeries:
		return record.TypeCollection
	}
	return word
}

func references(links []record.Link) []Reference {
	var all []Reference
	for _, l := range links {
		scheme := l.Protocol
		if scheme == "" {
			scheme = l.Type
		}
		all = append(all, Reference{Scheme: scheme, Href: l.Href})
	}
	return all
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return record.Instant(t)
}

func box(r record.Record) *Box {
	if r.Footprint == nil {
		return nil
	}
	b := r.Footprint.Bound()
	return &Box{CRS: degrees, Dimensions: 2, Lower: corner(b.Min[1], b.Min[0]), Upper: corner(b.Max[1], b.Max[0])}
}

func corner(lat, lon float64) string {
	return strconv.FormatFloat(lat, 'f', -1, 64) + " " + strconv.FormatFloat(lon, 'f', -1, 64)
}
