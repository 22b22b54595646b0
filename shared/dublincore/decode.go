package dublincore

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
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// MediaType is that of records as documents.
const MediaType = "application/xml"

// NamespaceCSW3 and namespaceOWS2 are those of CSW 3.0 (12-176r7), in which records come too.
const (
	NamespaceCSW3 = "http://www.opengis.net/cat/csw/3.0"
	namespaceOWS2 = "http://www.opengis.net/ows/2.0"
)

// IsRoot tells whether documents with a root element of the name are read here.
func IsRoot(name xml.Name) bool {
	known := name.Space == NamespaceCSW || name.Space == NamespaceCSW3
	return known && (name.Local == "Record" || name.Local == "SummaryRecord" || name.Local == "BriefRecord")
}

// Received is a record as it comes: elements in any order, each as often as it likes.
type Received struct {
	XMLName      xml.Name
	Identifiers  []string    `xml:"http://purl.org/dc/elements/1.1/ identifier"`
	Titles       []string    `xml:"http://purl.org/dc/elements/1.1/ title"`
	Types        []string    `xml:"http://purl.org/dc/elements/1.1/ type"`
	Subjects     []string    `xml:"http://purl.org/dc/elements/1.1/ subject"`
	Descriptions []string    `xml:"http://purl.org/dc/elements/1.1/ description"`
	Abstracts    []string    `xml:"http://purl.org/dc/terms/ abstract"`
	Dates        []string    `xml:"http://purl.org/dc/elements/1.1/ date"`
	Temporals    []string    `xml:"http://purl.org/dc/terms/ temporal"`
	References   []Reference `xml:"http://purl.org/dc/terms/ references"`
	Boxes        []extent    `xml:"http://www.opengis.net/ows BoundingBox"`
	Boxes2       []extent    `xml:"http://www.opengis.net/ows/2.0 BoundingBox"`
	Degrees      []extent    `xml:"http://www.opengis.net/ows WGS84BoundingBox"`
	Degrees2     []extent    `xml:"http://www.opengis.net/ows/2.0 WGS84BoundingBox"`
	Creators     []string    `xml:"http://purl.org/dc/elements/1.1/ creator"`
	Publishers   []string    `xml:"http://purl.org/dc/elements/1.1/ publisher"`
	Contributors []string    `xml:"http://purl.org/dc/elements/1.1/ contributor"`
	Formats      []string    `xml:"http://purl.org/dc/elements/1.1/ format"`
	Languages    []string    `xml:"http://purl.org/dc/elements/1.1/ language"`
	Relations    []string    `xml:"http://purl.org/dc/elements/1.1/ relation"`
	Sources      []string    `xml:"http://purl.org/dc/elements/1.1/ source"`
	Rights       []string    `xml:"http://purl.org/dc/elements/1.1/ rights"`
	Spatials     []string    `xml:"http://purl.org/dc/terms/ spatial"`
	Alternatives []string    `xml:"http://purl.org/dc/terms/ alternative"`
	Modified     []string    `xml:"http://purl.org/dc/terms/ modified"`
	Wholes       []string    `xml:"http://purl.org/dc/terms/ isPartOf"`
	Created      []string    `xml:"http://purl.org/dc/terms/ created"`
	Issued       []string    `xml:"http://purl.org/dc/terms/ issued"`
	Licences     []string    `xml:"http://purl.org/dc/terms/ license"`
	Access       []string    `xml:"http://purl.org/dc/terms/ accessRights"`
	Holders      []string    `xml:"http://purl.org/dc/terms/ rightsHolder"`
	URIs         []address   `xml:"http://purl.org/dc/elements/1.1/ URI"`
}

// address is dc:URI, by which GeoNetwork gives the links of a record: none of Dublin Core's elements, but widespread.
type address struct {
	Protocol    string `xml:"protocol,attr"`
	Name        string `xml:"name,attr"`
	Description string `xml:"description,attr"`
	Href        string `xml:",chardata"`
}

// Decode reads a document: the key of the record lacks the workspace and the collection. All that is wrong with it comes back
// joined, each fault located by the element.
func Decode(document []byte) (record.Record, error) {
	root, err := xmldoc.Parse(document)
	if err != nil {
		return record.Record{}, err
	}
	return Read(root, document)
}

// Read is Decode of a document that was parsed already, which has the root element.
func Read(root *xmldoc.Node, document []byte) (record.Record, error) {
	rec, err := receive(root).Record()
	rec.Document = document
	return rec, err
}

// The roots of Dublin Core outside of CSW: what OAI-PMH gives, and descriptions in RDF.
var (
	rootOAI = xml.Name{Space: "http://www.openarchives.org/OAI/2.0/oai_dc/", Local: "dc"}
	rootRDF = xml.Name{Space: "http://www.w3.org/1999/02/22-rdf-syntax-ns#", Local: "RDF"}
)

// IsPlain tells whether documents with a root element of the name are read by DecodePlain.
func IsPlain(name xml.Name) bool { return name == rootOAI || name == rootRDF }

// DecodePlain reads Dublin Core as OAI-PMH gives it (oai_dc), or the first description of RDF, which is about its resource. It
// is like Decode otherwise, but that a document without an identifier gets that of its bytes.
func DecodePlain(document []byte) (record.Record, error) {
	root, err := xmldoc.Parse(document)
	if err != nil {
		return record.Record{}, err
	}
	return ReadPlain(root, document)
}

// ReadPlain is DecodePlain of a document that was parsed already, which has the root element.
func ReadPlain(root *xmldoc.Node, document []byte) (record.Record, error) {
	if !IsPlain(root.Name()) {
		return record.Record{}, fault.New(fault.Invalid, "the root element is {%.200s}%.100s, not oai_dc:dc or rdf:RDF", root.Space, root.Local)
	}
	from := root
	if root.Name() == rootRDF {
		from = root.Find("*")
	}
	r := receive(from)
	r.XMLName = xml.Name{Space: NamespaceCSW, Local: "Record"}
	r.Identifiers = append(r.Identifiers, from.Attr("about"), record.DigestID(document))
	rec, err := r.Record()
	rec.Document = document
	return rec, err
}

// receive gathers the elements of a record.
func receive(root *xmldoc.Node) Received {
	r := Received{XMLName: root.Name()}
	for n := range root.Children() {
		if list := r.list(n.Space, n.Local); list != nil {
			*list = append(*list, n.Text())
			continue
		}
		switch {
		case n.Local == "references" && n.Space == NamespaceTerms:
			r.References = append(r.References, Reference{Scheme: n.Attr("scheme"), Href: n.Text()})
		case n.Local == "TemporalExtent" && n.Space == NamespaceCSW3:
			r.Temporals = append(r.Temporals, n.TextAt("begin")+"/"+n.TextAt("end"))
		case n.Local == "URI" && n.Space == NamespaceDC:
			r.URIs = append(r.URIs, address{n.Attr("protocol"), n.Attr("name"), n.Attr("description"), n.Text()})
		case n.Local == "BoundingBox" && (n.Space == NamespaceOWS || n.Space == namespaceOWS2):
			r.Boxes = append(r.Boxes, boxReceived(n))
		case n.Local == "WGS84BoundingBox" && (n.Space == NamespaceOWS || n.Space == namespaceOWS2):
			r.Degrees = append(r.Degrees, boxReceived(n))
		}
	}
	return r
}

func boxReceived(n *xmldoc.Node) extent {
	return extent{CRS: n.Attr("crs"), Lower: n.Find("LowerCorner").Text(), Upper: n.Find("UpperCorner").Text()}
}

// list is where the texts of an element belong, nil for one that is none of Dublin Core's.
func (r *Received) list(space, local string) *[]string {
	switch space + " " + local {
	case NamespaceDC + " identifier":
		return &r.Identifiers
	case NamespaceDC + " title":
		return &r.Titles
	case NamespaceDC + " type":
		return &r.Types
	case NamespaceDC + " subject":
		return &r.Subjects
	case NamespaceDC + " description":
		return &r.Descriptions
	case NamespaceTerms + " abstract":
		return &r.Abstracts
	case NamespaceDC + " date":
		return &r.Dates
	case NamespaceTerms + " temporal":
		return &r.Temporals
	case NamespaceDC + " creator":
		return &r.Creators
	case NamespaceDC + " publisher":
		return &r.Publishers
	case NamespaceDC + " contributor":
		return &r.Contributors
	case NamespaceDC + " format":
		return &r.Formats
	case NamespaceDC + " language":
		return &r.Languages
	case NamespaceDC + " relation":
		return &r.Relations
	case NamespaceDC + " source":
		return &r.Sources
	case NamespaceDC + " rights":
		return &r.Rights
	case NamespaceTerms + " spatial":
		return &r.Spatials
	case NamespaceTerms + " alternative":
		return &r.Alternatives
	case NamespaceTerms + " modified":
		return &r.Modified
	}
	if space == NamespaceTerms {
		return r.term(local)
	}
	return nil
}

// term is where the texts of one of those terms belong that refine the elements (DCMI Metadata Terms), nil for another.
func (r *Received) term(local string) *[]string {
	switch local {
	case "isPartOf":
		return &r.Wholes
	case "created":
		return &r.Created
	case "issued":
		return &r.Issued
	case "license":
		return &r.Licences
	case "accessRights":
		return &r.Access
	case "rightsHolder":
		return &r.Holders
	}
	return nil
}

// extent is a box with corners in the order of the axes of its reference system, whatever namespace its elements are of.
type extent struct {
	CRS   string `xml:"crs,attr"`
	Lower string `xml:"LowerCorner"`
	Upper string `xml:"UpperCorner"`
}

// Record makes the record that was received: its key lacks the workspace and the collection. All that is wrong comes back
// joined, each fault located by the element.
func (r Received) Record() (record.Record, error) {
	rec := record.Record{
		Key: record.Key{ID: first(r.Identifiers)}, Type: TypeReceived(first(r.Types)), Title: first(r.Titles), Abstract: cmp.Or(first(r.Abstracts), first(r.Descriptions)),
		Keywords: said(r.Subjects), Time: r.time(), Properties: r.properties(), MediaType: MediaType,
	}
	if typ := first(r.Types); typ != "" && typ != TypeOf(rec.Type) {
		rec.SetTexts(PropertyType, typ)
	}
	if said := first(r.Dates); said != "" && said != date(rec.Time.Start) {
		rec.SetTexts(PropertyDate, said)
	}
	rec.SetTexts(record.PropertyDateStamp, first(r.Modified))
	if whole := first(r.Wholes); whole != "" && record.CheckID(whole, "dct:isPartOf") == nil {
		rec.SetTexts(record.PropertyParent, whole)
	}
	rec.Links = r.links()
	var wrong error
	if !IsRoot(r.XMLName) {
		wrong = fault.New(fault.Invalid, "the root element is {%s}%s, not csw:Record", r.XMLName.Space, r.XMLName.Local)
	}
	place, err := r.place()
	rec.Footprint = place
	return rec, errors.Join(wrong, record.CheckID(rec.ID, "dc:identifier"), err)
}

// links are the addresses of what the record leads to.
func (r Received) links() (links []record.Link) {
	for _, l := range r.References {
		if href := strings.TrimSpace(l.Href); href != "" {
			links = append(links, record.Link{Rel: "related", Href: href, Protocol: l.Scheme})
		}
	}
	for _, u := range r.URIs {
		if href := strings.TrimSpace(u.Href); href != "" {
			links = append(links, record.Link{Rel: "related", Href: href, Protocol: u.Protocol, Name: u.Name, Title: u.Description})
		}
	}
	return links
}

// said are the texts of elements that have any.
func said(all []string) []string {
	var texts []string
	for _, s := range all {
		if s = strings.TrimSpace(s); s != "" {
			texts = append(texts, s)
		}
	}
	return texts
}

func first(all []string) string {
	for _, s := range said(all) {
		return s
	}
	return ""
}

// TypeReceived is the word for a resource, of the type that its record names. Those words that stand for STAC documents are left to them.
func TypeReceived(word string) string {
	word = Word(word)
	if word == "" || word == record.TypeItem || word == record.TypeCollection {
		return TypeDataset
	}
	return word
}

// Word is the word by which records have a type: in lower case, without the address of the DCMI Type Vocabulary.
func Word(typ string) string {
	return strings.ToLower(typ[strings.LastIndexByte(typ, '/')+1:])
}

// time is when the resource is: free text that is no time says nothing.
func (r Received) time() record.Interval {
	for _, text := range append(said(r.Temporals), said(r.Dates)...) {
		if i, err := record.ParseInterval(text); err == nil {
			return i
		}
	}
	return record.Interval{}
}

// properties are the further elements, by which records are found.
func (r Received) properties() map[string]any {
	all := map[string]any{}
	for name, texts := range map[string][]string{
		PropertyCreator: r.Creators, PropertyPublisher: r.Publishers, PropertyContributor: r.Contributors, PropertyFormat: r.Formats, PropertyLanguage: r.Languages,
		PropertyRelation: r.Relations, PropertySource: r.Sources, PropertyRights: r.Rights, PropertySpatial: r.Spatials, PropertyAlternative: r.Alternatives,
		record.PropertyCreationDate: r.Created, record.PropertyPublicationDate: r.Issued, record.PropertyLicence: r.Licences, record.PropertyAccessConstraints: r.Access, record.PropertyOrganisation: r.Holders,
	} {
		switch texts = said(texts); len(texts) {
		case 0:
		case 1:
			all[name] = texts[0]
		default:
			list := make([]any, len(texts))
			for i, s := range texts {
				list[i] = s
			}
			all[name] = list
		}
	}
	return all
}

// place is where the resource is, nil where it does not say: the first of its boxes, in longitude and latitude.
func (r Received) place() (orb.Geometry, error) {
	if degrees := append(r.Degrees, r.Degrees2...); len(degrees) > 0 {
		return degrees[0].box(geo.CRS84)
	}
	boxes := append(r.Boxes, r.Boxes2...)
	if len(boxes) == 0 {
		return nil, nil
	}
	crs := geo.WGS84
	if boxes[0].CRS != "" {
		var err error
		if crs, err = geo.ParseCRS(boxes[0].CRS); err != nil {
			return nil, fault.At(fault.Invalid, "ows:BoundingBox", "%w", err)
		}
	}
	return boxes[0].box(crs)
}

func (b extent) box(crs geo.CRS) (orb.Geometry, error) {
	lower, lowerOK := position(b.Lower)
	upper, upperOK := position(b.Upper)
	if !lowerOK || !upperOK {
		return nil, fault.At(fault.Invalid, "ows:BoundingBox", "the corners of the box are %.100q and %.100q, not two numbers each", b.Lower, b.Upper)
	}
	g, err := literal.Box(crs, lower, upper)
	if err != nil {
		return nil, fault.At(fault.Invalid, "ows:BoundingBox", "%w", err)
	}
	return g, nil
}

func position(text string) (p [2]float64, ok bool) {
	parts := strings.Fields(text)
	if len(parts) != 2 {
		return p, false
	}
	for i, part := range parts {
		n, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return p, false
		}
		p[i] = n
	}
	return p, true
}
