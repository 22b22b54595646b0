// Package dif reads and writes the Directory Interchange Format of the Global Change Master Directory, version 9
// (https://gcmd.nasa.gov/DocumentBuilder/defaultDif9/guide/), by the model of ISO 19115 that it maps to.
package dif

import (
	"cmp"
	"encoding/xml"
	"errors"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/iso19115"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// Namespace is that of documents, which names the format, too.
const Namespace = "http://gcmd.gsfc.nasa.gov/Aboutus/xml/dif/"

// IsRoot tells whether documents with a root element of the name are read here.
func IsRoot(name xml.Name) bool {
	return name.Local == "DIF" && (name.Space == Namespace || name.Space == "")
}

// Decode reads a document: the key of the record lacks the workspace and the collection. One without Entry_ID gets an
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
		return record.Record{}, fault.New(fault.Invalid, "the root element is {%.200s}%.100s, not DIF", root.Space, root.Local)
	}
	m := metadata(root)
	if m.ID == "" {
		m.ID = record.DigestID(document)
	}
	var wrong error
	m.Resource.Footprint, wrong = iso19115.ReadBox(root.Find("Spatial_Coverage"), "Spatial_Coverage",
		[4]string{"Westernmost_Longitude", "Southernmost_Latitude", "Easternmost_Longitude", "Northernmost_Latitude"})
	rec := m.Record()
	rec.Document = document
	return rec, errors.Join(wrong, record.CheckID(rec.ID, "Entry_ID"))
}

func metadata(root *xmldoc.Node) iso19115.Metadata {
	citation := root.Find("Data_Set_Citation")
	m := iso19115.Metadata{
		ID: cmp.Or(root.TextAt("Entry_ID"), root.TextAt("Entry_ID/Short_Name")), Parent: root.TextAt("Parent_DIF"), Level: "dataset",
		DateStamp:  cmp.Or(root.TextAt("Last_DIF_Revision_Date"), root.TextAt("DIF_Creation_Date")),
		Lineage:    root.TextAt("Quality"),
		Formats:    root.TextsAt("Distribution/Distribution_Format"),
		Platform:   root.TextAt("Source_Name/Short_Name"),
		Instrument: root.TextsAt("Sensor_Name/Short_Name"),
	}
	res := &m.Resource
	res.Title = cmp.Or(root.TextAt("Entry_Title"), citation.TextAt("Dataset_Title"))
	res.Abstract = cmp.Or(root.TextAt("Summary"), root.TextAt("Summary/Abstract"))
	res.Edition = citation.TextAt("Version")
	res.IDs = append(root.TextsAt("Data_Set_Citation/Dataset_DOI"), root.TextsAt("Data_Center/Data_Set_ID")...)
	res.Topics, res.Languages = root.TextsAt("ISO_Topic_Category"), root.TextsAt("Data_Set_Language")
	if date := citation.TextAt("Dataset_Release_Date"); date != "" {
		res.Dates = []iso19115.Date{{Date: date, Type: "publication"}}
	}
	res.Keywords = keywords(root)
	res.Parties = parties(root)
	res.Limitations, res.Other = root.TextsAt("Use_Constraints"), root.TextsAt("Access_Constraints")
	res.Places = root.TextsAt("Location/Detailed_Location")
	for t := range root.All("Temporal_Coverage") {
		res.Time = res.Time.Union(period(t))
	}
	links(&m, root)
	return m
}

// period reads Temporal_Coverage: what is no date leaves its end open.
func period(t *xmldoc.Node) record.Interval {
	i, _ := record.ParseInterval(cmp.Or(t.TextAt("Start_Date"), "..") + "/" + cmp.Or(t.TextAt("Stop_Date"), "..")) // what cannot be read bounds nothing
	return i
}

// keywords are the science keywords, from the category to the variable, and the free ones.
func keywords(root *xmldoc.Node) []iso19115.Keywords {
	var science []string
	for p := range root.All("Parameters") {
		var path []string
		for level := range p.Children() {
			if text := level.Text(); text != "" {
				path = append(path, text)
			}
		}
		if len(path) > 0 {
			science = append(science, strings.Join(path, " > "))
		}
	}
	var all []iso19115.Keywords
	if len(science) > 0 {
		all = append(all, iso19115.Keywords{Words: science, Thesaurus: scienceKeywords})
	}
	if free := append(root.TextsAt("Keyword"), root.TextsAt("Ancillary_Keyword")...); len(free) > 0 {
		all = append(all, iso19115.Keywords{Words: free})
	}
	return all
}

// scienceKeywords is the vocabulary of Parameters.
const scienceKeywords = "NASA/GCMD Earth Science Keywords"

// roles are the words of CI_RoleCode for the roles of people, by the lower case.
var roles = map[string]string{
	"investigator": "principalInvestigator", "technical contact": "pointOfContact", "dif author": "author", "data center contact": "distributor", "metadata author": "author",
}

func parties(root *xmldoc.Node) []record.Contact {
	var all []record.Contact
	for _, s := range root.TextsAt("Data_Set_Citation/Dataset_Creator") {
		all = append(all, record.Contact{Organisation: s, Roles: []string{"author"}})
	}
	for _, s := range root.TextsAt("Data_Set_Citation/Dataset_Publisher") {
		all = append(all, record.Contact{Organisation: s, Roles: []string{"publisher"}})
	}
	for p := range root.All("Personnel") {
		all = append(all, person(p, ""))
	}
	for c := range root.All("Data_Center") {
		name := cmp.Or(c.TextAt("Data_Center_Name/Long_Name"), c.TextAt("Data_Center_Name/Short_Name"))
		contact := person(c.Find("Personnel"), name)
		contact.Organisation, contact.Href, contact.Roles = name, c.TextAt("Data_Center_URL"), []string{"distributor"}
		if name != "" {
			all = append(all, contact)
		}
	}
	return all
}

func person(p *xmldoc.Node, organisation string) record.Contact {
	c := record.Contact{
		Name: strings.Join(append(append(p.TextsAt("First_Name"), p.TextsAt("Middle_Name")...), p.TextsAt("Last_Name")...), " "), Organisation: organisation,
		Phones: p.TextsAt("Phone"), Emails: p.TextsAt("Email"), Roles: []string{"pointOfContact"},
	}
	if role := roles[strings.ToLower(p.TextAt("Role"))]; role != "" {
		c.Roles = []string{role}
	}
	if a := p.Find("Contact_Address"); a != nil {
		c.Addresses = []record.Address{{
			Lines: a.TextsAt("Address"), City: a.TextAt("City"), Area: a.TextAt("Province_or_State"), PostalCode: a.TextAt("Postal_Code"), Country: a.TextAt("Country"),
		}}
	}
	return c
}

func links(m *iso19115.Metadata, root *xmldoc.Node) {
	for l := range root.All("Related_URL") {
		rel := "related"
		if strings.EqualFold(l.TextAt("URL_Content_Type/Type"), "GET DATA") {
			rel = "enclosure"
		}
		for _, href := range l.TextsAt("URL") {
			m.Online = append(m.Online, record.Link{Rel: rel, Href: href, Title: l.TextAt("Description"), Protocol: l.TextAt("URL_Content_Type/Subtype")})
		}
	}
	for s := range root.All("Multimedia_Sample") {
		if href := s.TextAt("URL"); href != "" {
			m.Overviews = append(m.Overviews, record.Link{Rel: iso19115.RelOverview, Href: href, Title: cmp.Or(s.TextAt("Caption"), s.TextAt("Description")), Protocol: iso19115.ProtocolOverview})
		}
	}
}
