// Package gm03 reads and writes GM03, the Swiss metadata model of ISO 19115, in the transfer format of INTERLIS 2.3
// (https://www.geocat.admin.ch/de/dokumentation/gm03.html): a list of objects that refer to each other.
package gm03

import (
	"cmp"
	"encoding/xml"
	"errors"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/iso19115"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// Namespace is that of documents, which names the format, too.
const Namespace = "http://www.interlis.ch/INTERLIS2.3"

// IsRoot tells whether documents with a root element of the name are read here.
func IsRoot(name xml.Name) bool { return name.Local == "TRANSFER" && name.Space == Namespace }

// Decode reads a document: the key of the record lacks the workspace and the collection. One without fileIdentifier gets an
// identifier of its bytes. All that is wrong comes back joined, each fault located by the element.
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
		return record.Record{}, fault.New(fault.Invalid, "the root element is {%.200s}%.100s, not TRANSFER of INTERLIS 2.3", root.Space, root.Local)
	}
	t := open(root)
	meta := t.first("MD_Metadata")
	if meta == nil {
		return record.Record{}, fault.New(fault.Invalid, "the transfer has no object of the class MD_Metadata")
	}
	m, wrong := t.metadata(meta)
	if m.ID == "" {
		m.ID = record.DigestID(document)
	}
	rec := m.Record()
	rec.Document = document
	return rec, errors.Join(wrong, record.CheckID(rec.ID, "fileIdentifier"))
}

// transfer are the objects of a document.
type transfer struct {
	byClass map[string][]*xmldoc.Node // by the last part of the name
	byID    map[string]*xmldoc.Node
	phones  map[string][]string // by the identifiers of those who have them
}

func open(root *xmldoc.Node) transfer {
	t := transfer{map[string][]*xmldoc.Node{}, map[string]*xmldoc.Node{}, map[string][]string{}}
	for object := range root.All("DATASECTION/*/*") {
		class := object.Local[strings.LastIndexByte(object.Local, '.')+1:]
		t.byClass[class] = append(t.byClass[class], object)
		if id := object.Attr("TID"); id != "" {
			t.byID[id] = object
		}
		if class == "CI_Telephone" {
			owner := object.Find("CI_ResponsibleParty").Attr("REF")
			t.phones[owner] = append(t.phones[owner], texts(object, "number")...)
		}
	}
	return t
}

// first is the first object of a class, of services and data alike where the class is MD_Identification.
func (t transfer) first(classes ...string) *xmldoc.Node {
	for _, class := range classes {
		if all := t.byClass[class]; len(all) > 0 {
			return all[0]
		}
	}
	return nil
}

// referred is the object that a role of another one refers to, whatever the object.
func (t transfer) referred(from *xmldoc.Node, role string) *xmldoc.Node {
	return t.byID[from.Find(role).Attr("REF")]
}

func (t transfer) metadata(meta *xmldoc.Node) (iso19115.Metadata, error) {
	info := t.first("MD_DataIdentification", "SV_ServiceIdentification", "MD_Identification")
	citation := t.referred(info, "citation")
	if citation == nil {
		citation = t.first("CI_Citation")
	}
	m := iso19115.Metadata{
		ID: text(meta.Find("fileIdentifier")), Parent: text(meta.Find("parentIdentifier")), Language: text(meta.Find("language")), Level: text(meta.Find("hierarchyLevel")),
		DateStamp: text(meta.Find("dateStamp")), Lineage: text(t.first("LI_Lineage").Find("statement")),
	}
	m.Contacts = t.contacts("MD_Metadatacontact", "contact")
	res := &m.Resource
	res.Title, res.AlternateTitle, res.Edition = text(citation.Find("title")), text(citation.Find("alternateTitle")), text(citation.Find("edition"))
	res.Abstract = text(info.Find("abstract"))
	res.Languages, res.Topics = texts(info, "language"), texts(info, "topicCategory")
	res.Parties = t.contacts("MD_IdentificationpointOfContact", "pointOfContact")
	for _, d := range t.byClass["CI_Date"] {
		if s := text(d.Find("date")); s != "" {
			res.Dates = append(res.Dates, iso19115.Date{Date: s, Type: text(d.Find("dateType"))})
		}
	}
	for _, k := range t.byClass["MD_Keywords"] {
		thesaurus := text(t.referred(t.referred(k, "thesaurus"), "citation").Find("title"))
		if words := texts(k, "keyword"); len(words) > 0 {
			res.Keywords = append(res.Keywords, iso19115.Keywords{Words: words, Type: text(k.Find("type")), Thesaurus: thesaurus})
		}
	}
	for _, c := range t.byClass["MD_LegalConstraints"] {
		res.Limitations, res.Other = append(res.Limitations, texts(c, "useLimitation")...), append(res.Other, texts(c, "otherConstraints")...)
		res.Access, res.Use = append(res.Access, texts(c, "accessConstraints")...), append(res.Use, texts(c, "useConstraints")...)
	}
	for _, f := range t.byClass["MD_Format"] {
		m.Formats = append(m.Formats, texts(f, "name")...)
	}
	for _, s := range t.byClass["RS_Identifier"] {
		m.CRS = append(m.CRS, texts(s, "code")...)
	}
	t.online(&m)
	if info != nil && strings.HasSuffix(info.Local, "SV_ServiceIdentification") {
		m.Service = &iso19115.Service{Type: text(info.Find("serviceType")), Version: text(info.Find("serviceTypeVersion"))}
		m.Level = cmp.Or(m.Level, "service")
	}
	return m, t.extent(res)
}

// text is the text of a property: its own, else the first in whatever structure it has, of which languages come first that
// stand first.
func text(n *xmldoc.Node) string {
	if n == nil {
		return ""
	}
	if own := n.Text(); own != "" {
		return own
	}
	for c := range n.Children() {
		if c.Local == "language" {
			continue
		}
		if s := text(c); s != "" {
			return s
		}
	}
	return ""
}

// texts are those of the properties of a name, and of each of several values within one.
func texts(n *xmldoc.Node, name string) []string {
	var all []string
	for property := range n.All(name) {
		values := 0
		for value := range property.Children() {
			if s := text(value); s != "" {
				all, values = append(all, s), values+1
			}
		}
		if own := property.Text(); own != "" && values == 0 {
			all = append(all, own)
		}
	}
	return all
}

// contacts are those that objects of an association join to the metadata, or to the resource.
func (t transfer) contacts(association, role string) []record.Contact {
	var all []record.Contact
	for _, a := range t.byClass[association] {
		p := t.referred(a, role)
		if p == nil {
			continue
		}
		c := record.Contact{
			Name:         strings.TrimSpace(text(p.Find("individualFirstName")) + " " + text(p.Find("individualLastName"))),
			Organisation: text(p.Find("organisationName")), Position: text(p.Find("positionName")), Href: text(p.Find("linkage")),
		}
		if mail := text(p.Find("electronicalMailAddress")); strings.Contains(mail, "@") {
			c.Emails = []string{mail}
		}
		c.Addresses = t.addresses(p)
		c.Phones = t.phones[p.Attr("TID")]
		if word := text(a.Find("role")); word != "" {
			c.Roles = []string{word}
		}
		all = append(all, c)
	}
	return all
}

func (t transfer) addresses(p *xmldoc.Node) []record.Address {
	a := t.referred(p, "address")
	street := strings.TrimSpace(text(a.Find("streetName")) + " " + text(a.Find("streetNumber")))
	address := record.Address{
		City: text(a.Find("city")), Area: text(a.Find("administrativeArea")), PostalCode: text(a.Find("postalCode")), Country: text(a.Find("country")),
	}
	for _, line := range []string{street, text(a.Find("addressLine"))} {
		if line != "" {
			address.Lines = append(address.Lines, line)
		}
	}
	if len(address.Lines) == 0 && address.City == "" && address.Country == "" {
		return nil
	}
	return []record.Address{address}
}

func (t transfer) online(m *iso19115.Metadata) {
	for _, o := range t.byClass["CI_OnlineResource"] {
		if href := text(o.Find("linkage")); href != "" {
			m.Online = append(m.Online, record.Link{Rel: "related", Href: href, Title: text(o.Find("description")), Name: text(o.Find("name")), Protocol: text(o.Find("protocol"))})
		}
	}
	for _, g := range t.byClass["MD_BrowseGraphic"] {
		if href := text(g.Find("fileName")); href != "" {
			m.Overviews = append(m.Overviews, record.Link{Rel: iso19115.RelOverview, Href: href, Title: text(g.Find("fileDescription")), Name: text(g.Find("fileType")), Protocol: iso19115.ProtocolOverview})
		}
	}
}

// extent reads where and when the resource is. A box whose west lies beyond its east is turned round: Switzerland does not
// reach over the date line.
func (t transfer) extent(res *iso19115.Resource) error {
	for _, period := range t.byClass["EX_TemporalExtent"] {
		begin, end := textBelow(period, "begin"), textBelow(period, "end")
		i, err := record.ParseInterval(cmp.Or(begin, "..") + "/" + cmp.Or(end, ".."))
		if err == nil { // what is no time says nothing
			res.Time = res.Time.Union(i)
		}
	}
	for _, d := range t.byClass["EX_Extent"] {
		res.Places = append(res.Places, texts(d, "description")...)
	}
	box := t.first("EX_GeographicBoundingBox")
	sides := [4]string{"westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude"}
	west, _ := strconv.ParseFloat(text(box.Find(sides[0])), 64) // what is no number, ReadBox tells
	east, _ := strconv.ParseFloat(text(box.Find(sides[2])), 64)
	if west > east {
		sides[0], sides[2] = sides[2], sides[0]
	}
	var err error
	res.Footprint, err = iso19115.ReadBox(box, "EX_GeographicBoundingBox", sides)
	return err
}

// textBelow is the text of the first element of a name anywhere within another.
func textBelow(n *xmldoc.Node, name string) string {
	for c := range n.Children() {
		if c.Local == name {
			return text(c)
		}
		if s := textBelow(c, name); s != "" {
			return s
		}
	}
	return ""
}
