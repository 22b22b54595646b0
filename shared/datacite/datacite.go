// Package datacite reads and writes the metadata of DataCite, version 4 (https://schema.datacite.org/meta/kernel-4/), by the
// model of ISO 19115 that it maps to.
package datacite

import (
	"cmp"
	"encoding/xml"
	"errors"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/iso19115"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// Namespace is that of documents, which names the format, too.
const Namespace = "http://datacite.org/schema/kernel-4"

// IsRoot tells whether documents with a root element of the name are read here.
func IsRoot(name xml.Name) bool { return name.Local == "resource" && name.Space == Namespace }

// Decode reads a document: the key of the record lacks the workspace and the collection. One without an identifier gets that
// of its bytes. All that is wrong comes back joined, each fault located by the element.
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
		return record.Record{}, fault.New(fault.Invalid, "the root element is {%.200s}%.100s, not resource of DataCite's kernel 4", root.Space, root.Local)
	}
	m := metadata(root)
	if m.ID == "" {
		m.ID = record.DigestID(document)
	}
	var wrong error
	m.Resource.Footprint, wrong = place(root.Find("geoLocations/geoLocation"))
	rec := m.Record()
	rec.Document = document
	return rec, errors.Join(wrong, record.CheckID(rec.ID, "identifier"))
}

func metadata(root *xmldoc.Node) iso19115.Metadata {
	m := iso19115.Metadata{
		ID: root.TextAt("identifier"), Level: level(root.Find("resourceType").Attr("resourceTypeGeneral")), Formats: root.TextsAt("formats/format"),
	}
	res := &m.Resource
	res.Title, res.Edition, res.IDs = root.TextAt("titles/title"), root.TextAt("version"), root.TextsAt("alternateIdentifiers/alternateIdentifier")
	for d := range root.All("descriptions/description") {
		if text := d.Deep(); res.Abstract == "" || d.Attr("descriptionType") == "Abstract" {
			res.Abstract = text
		}
	}
	if language := root.TextAt("language"); language != "" {
		res.Languages = []string{language}
	}
	res.Keywords, res.Limitations, res.Places = keywords(root), root.TextsAt("rightsList/rights"), root.TextsAt("geoLocations/geoLocation/geoLocationPlace")
	res.Parties = parties(root)
	dates(&m, root)
	for r := range root.All("relatedIdentifiers/relatedIdentifier") {
		related(&m, r)
	}
	return m
}

// levels are the scopes of ISO 19115 by the general types of resources, those that are called otherwise.
var levels = map[string]string{"Collection": "series", "InteractiveResource": "application", "Other": "dataset", "": "dataset"}

func level(general string) string {
	if word, known := levels[general]; known {
		return word
	}
	return strings.ToLower(general)
}

func keywords(root *xmldoc.Node) []iso19115.Keywords {
	var all []iso19115.Keywords
	for s := range root.All("subjects/subject") {
		word, scheme := s.Text(), s.Attr("subjectScheme")
		switch {
		case word == "":
		case len(all) > 0 && all[len(all)-1].Thesaurus == scheme:
			all[len(all)-1].Words = append(all[len(all)-1].Words, word)
		default:
			all = append(all, iso19115.Keywords{Words: []string{word}, Thesaurus: scheme})
		}
	}
	return all
}

// roles are the words of CI_RoleCode by the types of contributors.
var roles = map[string]string{"ContactPerson": "pointOfContact", "DataCurator": "custodian", "Distributor": "distributor", "RightsHolder": "owner", "HostingInstitution": "resourceProvider"}

func parties(root *xmldoc.Node) []record.Contact {
	var all []record.Contact
	add := func(n *xmldoc.Node, name, role string) {
		c := record.Contact{Organisation: n.TextAt("affiliation"), Roles: []string{role}}
		if said := n.TextAt(name); n.Find(name).Attr("nameType") == "Organizational" {
			c.Organisation = said
		} else {
			c.Name = said
		}
		if c.Name != "" && !strings.HasPrefix(c.Name, ":un") || c.Organisation != "" {
			all = append(all, c)
		}
	}
	for c := range root.All("creators/creator") {
		add(c, "creatorName", "author")
	}
	if s := root.TextAt("publisher"); s != "" && !strings.HasPrefix(s, ":un") {
		all = append(all, record.Contact{Organisation: s, Roles: []string{"publisher"}})
	}
	for c := range root.All("contributors/contributor") {
		add(c, "contributorName", cmp.Or(roles[c.Attr("contributorType")], "contributor"))
	}
	return all
}

// dateTypes are the words of CI_DateTypeCode by the types of dates.
var dateTypes = map[string]string{"Created": "creation", "Issued": "publication", "Available": "publication", "Updated": "revision"}

func dates(m *iso19115.Metadata, root *xmldoc.Node) {
	res := &m.Resource
	published := false
	for d := range root.All("dates/date") {
		kind := d.Attr("dateType")
		if i, err := record.ParseInterval(d.Text()); err == nil && (kind == "Collected" || kind == "Coverage" || kind == "Valid" && res.Time.IsZero()) {
			res.Time = res.Time.Union(i)
		}
		if word := dateTypes[kind]; word != "" {
			res.Dates = append(res.Dates, iso19115.Date{Date: d.Text(), Type: word})
			published = published || word == "publication"
		}
	}
	if year := root.TextAt("publicationYear"); !published && year != "" && year != noYear {
		res.Dates = append(res.Dates, iso19115.Date{Date: year, Type: "publication"})
	}
}

// related reads an address of the resource, and what it is a part of.
func related(m *iso19115.Metadata, r *xmldoc.Node) {
	text, relation := r.Text(), r.Attr("relationType")
	switch {
	case text == "":
	case relation == "IsPartOf" && m.Parent == "":
		m.Parent = text
	case r.Attr("relatedIdentifierType") == "URL":
		rel := "related"
		if relation == "IsVariantFormOf" || relation == "HasVersion" {
			rel = "enclosure"
		}
		m.Online = append(m.Online, record.Link{Rel: rel, Href: text})
	}
}

// place reads where a resource is: a box, else a point.
func place(n *xmldoc.Node) (orb.Geometry, error) {
	g, err := iso19115.ReadBox(n.Find("geoLocationBox"), "geoLocationBox", [4]string{"westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude"})
	if g != nil || err != nil {
		return g, err
	}
	return iso19115.ReadBox(n.Find("geoLocationPoint"), "geoLocationPoint", [4]string{"pointLongitude", "pointLatitude", "pointLongitude", "pointLatitude"})
}
