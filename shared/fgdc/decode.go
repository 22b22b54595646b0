// Package fgdc reads and writes the Content Standard for Digital Geospatial Metadata of the Federal Geographic Data
// Committee (FGDC-STD-001-1998, https://www.fgdc.gov/metadata/csdgm-standard), by the model of ISO 19115 that it maps to.
package fgdc

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

// Namespace names the format; its documents are in none.
const Namespace = "http://www.opengis.net/cat/csw/csdgm"

// IsRoot tells whether documents with a root element of the name are read here.
func IsRoot(name xml.Name) bool { return name.Local == "metadata" && name.Space == "" }

// Decode reads a document: the key of the record lacks the workspace and the collection. The standard has no identifier of
// the metadata; one that datasetid gives counts, else that of the document's bytes. All that is wrong comes back joined, each
// fault located by the element.
func Decode(document []byte) (record.Record, error) {
	root, err := xmldoc.Parse(document)
	if err != nil {
		return record.Record{}, err
	}
	return Read(root, document)
}

// Read is Decode of a document that was parsed already, which has the root element.
func Read(root *xmldoc.Node, document []byte) (record.Record, error) {
	info := root.Find("idinfo")
	if !IsRoot(root.Name()) || info == nil {
		return record.Record{}, fault.New(fault.Invalid, "the root element is {%.200s}%.100s, not metadata with idinfo", root.Space, root.Local)
	}
	r := reader{}
	m := r.metadata(root, info)
	if m.ID == "" {
		m.ID = record.DigestID(document)
	}
	rec := m.Record()
	rec.Document = document
	return rec, errors.Join(append(r.errs, record.CheckID(rec.ID, "datasetid"))...)
}

// reader collects what is wrong.
type reader struct{ errs []error }

func (r *reader) metadata(root, info *xmldoc.Node) iso19115.Metadata {
	citation := info.Find("citation/citeinfo")
	m := iso19115.Metadata{
		ID: said(info, "datasetid"), Level: "dataset", DateStamp: date(said(root, "metainfo/metd")), Lineage: lineage(root),
		Formats: allSaid(root, "distinfo/stdorder/digform/digtinfo/formname"), CloudCover: r.cloud(root),
	}
	if contact, ok := contact(root.Find("metainfo/metc/cntinfo"), "pointOfContact"); ok {
		m.Contacts = []record.Contact{contact}
	}
	res := &m.Resource
	res.Title, res.Edition, res.Abstract = said(citation, "title"), said(citation, "edition"), said(info, "descript/abstract")
	for _, at := range []string{"pubdate", "lworkcit/citeinfo/pubdate"} {
		if s := date(said(citation, at)); s != "" {
			res.Dates = append(res.Dates, iso19115.Date{Date: s, Type: "publication"})
			break
		}
	}
	for _, kind := range []string{"theme", "place", "stratum", "temporal"} {
		for _, k := range keywords(info, kind) {
			if strings.EqualFold(k.Thesaurus, topicCategories) {
				res.Topics = append(res.Topics, k.Words...)
			} else {
				res.Keywords = append(res.Keywords, k)
			}
		}
	}
	res.Parties = parties(root, info, citation)
	res.Other, res.Limitations = allSaid(info, "accconst"), allSaid(info, "useconst")
	res.Classification = allSaid(info, "secinfo/secclass")
	res.Time = period(info.Find("timeperd/timeinfo"))
	place, err := iso19115.ReadBox(info.Find("spdom/bounding"), "bounding", [4]string{"westbc", "southbc", "eastbc", "northbc"})
	res.Footprint = place
	r.errs = append(r.errs, fault.All(err)...)
	links(&m, root, info, citation)
	return m
}

// said is the text at a path, empty where a form was filled with words for none.
func said(n *xmldoc.Node, path string) string {
	for _, text := range allSaid(n, path) {
		return text
	}
	return ""
}

func allSaid(n *xmldoc.Node, path string) []string {
	var all []string
	for _, text := range n.TextsAt(path) {
		switch strings.ToLower(text) {
		case "not specified", "unknown", "not provided", "unpublished material":
		default:
			all = append(all, text)
		}
	}
	return all
}

// date is a date of the standard, YYYYMMDD or shorter, with hyphens; others stay as they are.
func date(s string) string {
	if _, err := strconv.ParseUint(s, 10, 64); err != nil {
		return s
	}
	switch len(s) {
	case 6:
		return s[:4] + "-" + s[4:]
	case 8:
		return s[:4] + "-" + s[4:6] + "-" + s[6:]
	}
	return s
}

// lineage is what was done, step by step.
func lineage(root *xmldoc.Node) string {
	return strings.Join(allSaid(root, "dataqual/lineage/procstep/procdesc"), "\n")
}

// cloud is the cloud cover in percent, nil when it is not told.
func (r *reader) cloud(root *xmldoc.Node) *float64 {
	text := said(root, "dataqual/cloud")
	if text == "" {
		return nil
	}
	n, ok := xmldoc.ParseNumber(text)
	if !ok {
		r.errs = append(r.errs, fault.At(fault.Invalid, "cloud", "cloud is %.100q, not a number", text))
		return nil
	}
	return &n
}

// topicCategories is what the vocabulary of topic categories is called.
const topicCategories = "ISO 19115 Topic Category"

func keywords(info *xmldoc.Node, kind string) []iso19115.Keywords {
	var all []iso19115.Keywords
	for k := range info.All("keywords/" + kind) {
		thesaurus := said(k, kind[:min(len(kind), 5)]+"kt")
		if strings.EqualFold(thesaurus, "none") {
			thesaurus = ""
		}
		var words []string
		for c := range k.Children() {
			if text := c.Text(); text != "" && strings.HasSuffix(c.Local, "key") {
				words = append(words, text)
			}
		}
		if len(words) > 0 {
			all = append(all, iso19115.Keywords{Words: words, Type: kind, Thesaurus: thesaurus})
		}
	}
	return all
}

func parties(root, info, citation *xmldoc.Node) []record.Contact {
	var all []record.Contact
	for _, s := range allSaid(citation, "origin") {
		all = append(all, record.Contact{Organisation: s, Roles: []string{"originator"}})
	}
	for _, s := range allSaid(citation, "pubinfo/publish") {
		all = append(all, record.Contact{Organisation: s, Roles: []string{"publisher"}})
	}
	if c, ok := contact(info.Find("ptcontac/cntinfo"), "pointOfContact"); ok {
		all = append(all, c)
	}
	for d := range root.All("distinfo/distrib/cntinfo") {
		if c, ok := contact(d, "distributor"); ok {
			all = append(all, c)
		}
	}
	return all
}

// contact reads cntinfo, and tells whether it names anybody.
func contact(n *xmldoc.Node, role string) (c record.Contact, ok bool) {
	c = record.Contact{
		Name: cmp.Or(said(n, "cntperp/cntper"), said(n, "cntorgp/cntper")), Organisation: cmp.Or(said(n, "cntperp/cntorg"), said(n, "cntorgp/cntorg")), Position: said(n, "cntpos"),
		Phones: allSaid(n, "cntvoice"), Emails: allSaid(n, "cntemail"), Roles: []string{role},
	}
	for a := range n.All("cntaddr") {
		address := record.Address{Lines: allSaid(a, "address"), City: said(a, "city"), Area: said(a, "state"), PostalCode: said(a, "postal"), Country: said(a, "country")}
		if len(address.Lines) > 0 || address.City != "" {
			c.Addresses = append(c.Addresses, address)
		}
	}
	return c, c.Name != "" || c.Organisation != ""
}

// period reads timeinfo: a date, several, or a range. What is no date leaves its end open.
func period(n *xmldoc.Node) record.Interval {
	var all record.Interval
	for _, path := range []string{"sngdate", "mdattim/sngdate"} {
		for d := range n.All(path) {
			if i, err := record.ParseInterval(date(d.TextAt("caldate"))); err == nil {
				all = all.Union(i)
			}
		}
	}
	if r := n.Find("rngdates"); r != nil {
		begin, beginErr := record.ParseInterval(date(r.TextAt("begdate")))
		end, endErr := record.ParseInterval(date(r.TextAt("enddate")))
		if beginErr == nil {
			all.Start = begin.Start
		}
		if endErr == nil && !end.End.Before(all.Start) {
			all.End = end.End
		}
	}
	return all
}

func links(m *iso19115.Metadata, root, info, citation *xmldoc.Node) {
	for l := range citation.All("onlink") {
		if href := l.Text(); href != "" {
			m.Online = append(m.Online, record.Link{Rel: "related", Href: href, Protocol: l.Attr("type")})
		}
	}
	for _, href := range allSaid(root, "distinfo/stdorder/digform/digtopt/onlinopt/computer/networka/networkr") {
		m.Online = append(m.Online, record.Link{Rel: "enclosure", Href: href})
	}
	for b := range info.All("browse") {
		if href := b.TextAt("browsen"); href != "" {
			m.Overviews = append(m.Overviews, record.Link{Rel: iso19115.RelOverview, Href: href, Title: b.TextAt("browsed"), Name: b.TextAt("browset"), Protocol: iso19115.ProtocolOverview})
		}
	}
}
