package fgdc

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"perigee/shared/dublincore"
	"perigee/shared/iso19115"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// unknown is what the standard has for what has to be told and is not known.
const unknown = "Unknown"

// Append appends the metadata of a record as metadata of an element set (dublincore.Brief, Summary or Full), in the order of
// the standard.
func Append(b []byte, r *record.Record, set string) []byte {
	m := iso19115.Of(r)
	w := writer{xmldoc.Writer{Bytes: b}, &m, set == dublincore.Brief}
	w.Open("metadata")
	w.Within("idinfo", w.identification)
	if !w.brief {
		w.quality()
		w.distribution()
	}
	w.Within("metainfo", w.about)
	w.Close("metadata")
	return w.Bytes
}

type writer struct {
	xmldoc.Writer
	m     *iso19115.Metadata
	brief bool
}

// having is the first contact that has a role.
func (w *writer) having(roles ...string) (c record.Contact, found bool) {
	for _, role := range roles {
		for _, c := range w.m.Resource.Parties {
			if slices.Contains(c.Roles, role) {
				return c, true
			}
		}
	}
	return c, false
}

func (w *writer) identification() {
	res := &w.m.Resource
	w.Element("datasetid", w.m.ID)
	w.Within("citation/citeinfo", w.citation)
	w.Within("descript", func() {
		w.Element("abstract", cmp.Or(res.Abstract, res.Title))
		w.Element("purpose", unknown)
	})
	w.period()
	w.Within("status", func() {
		w.Element("progress", "Complete")
		w.Element("update", unknown)
	})
	w.place()
	if w.brief {
		return
	}
	w.keywords()
	w.Element("accconst", cmp.Or(strings.Join(append(append([]string(nil), res.Access...), res.Other...), "; "), "None"))
	w.Element("useconst", cmp.Or(strings.Join(append(append([]string(nil), res.Use...), res.Limitations...), "; "), "None"))
	if c, found := w.having("pointOfContact"); found {
		w.Within("ptcontac/cntinfo", func() { w.contact(c) })
	}
	for _, o := range w.m.Overviews {
		w.Open("browse")
		w.Element("browsen", o.Href)
		w.Element("browsed", cmp.Or(o.Title, "A picture of the data"))
		w.Element("browset", cmp.Or(o.Name, o.Type, unknown))
		w.Close("browse")
	}
	if len(res.Classification) > 0 {
		w.Nested("secinfo/secclass", res.Classification[0])
	}
}

func (w *writer) citation() {
	res := &w.m.Resource
	origin, _ := w.having("originator", "author", "owner", "pointOfContact")
	w.Element("origin", cmp.Or(origin.Organisation, origin.Name, unknown))
	w.Element("pubdate", w.published())
	w.Element("title", res.Title)
	w.Optional("edition", res.Edition)
	if c, found := w.having("publisher"); found {
		w.Within("pubinfo", func() {
			w.Element("pubplace", unknown)
			w.Element("publish", cmp.Or(c.Organisation, c.Name))
		})
	}
	for _, l := range w.m.Online {
		if !w.brief && l.Rel != "enclosure" {
			w.Element("onlink", l.Href)
		}
	}
}

// published is the date of the publication, else another.
func (w *writer) published() string {
	found := ""
	for _, d := range w.m.Resource.Dates {
		if text := day(d.Date); text != "" && (found == "" || d.Type == "publication") {
			found = text
		}
	}
	return cmp.Or(found, unknown)
}

// day is a date in the form of the standard, empty for what is none.
func day(said string) string {
	text, timed := iso19115.DateText(said)
	if timed {
		text = text[:len("2006-01-02")]
	}
	return strings.ReplaceAll(text, "-", "")
}

// period writes when it was, which the standard demands of all: of what nobody knows, that.
func (w *writer) period() {
	i, as := w.m.Resource.Time, "ground condition"
	if i.IsZero() {
		as = unknown
	}
	w.Open("timeperd")
	w.Open("timeinfo")
	if i.Start.Equal(i.End) {
		w.Nested("sngdate/caldate", dayOf(i.Start))
	} else {
		w.Open("rngdates")
		w.Element("begdate", dayOf(i.Start))
		w.Element("enddate", dayOf(i.End))
		w.Close("rngdates")
	}
	w.Close("timeinfo")
	w.Element("current", as)
	w.Close("timeperd")
}

func dayOf(t time.Time) string {
	if t.IsZero() {
		return unknown
	}
	return t.UTC().Format("20060102")
}

func (w *writer) place() {
	west, south, east, north, placed := iso19115.Box(w.m.Resource.Footprint)
	if !placed {
		return
	}
	w.Open("spdom")
	w.Open("bounding")
	w.Element("westbc", xmldoc.Number(west))
	w.Element("eastbc", xmldoc.Number(east))
	w.Element("northbc", xmldoc.Number(north))
	w.Element("southbc", xmldoc.Number(south))
	w.Close("bounding")
	w.Close("spdom")
}

func (w *writer) keywords() {
	w.Open("keywords")
	for _, k := range w.m.Resource.Keywords {
		w.theme(cmp.Or(k.Thesaurus, "None"), k.Words)
	}
	if len(w.m.Resource.Topics) > 0 {
		w.theme(topicCategories, w.m.Resource.Topics)
	}
	if len(w.m.Resource.Keywords)+len(w.m.Resource.Topics) == 0 {
		w.theme("None", []string{unknown})
	}
	for _, place := range w.m.Resource.Places {
		w.Within("place", func() {
			w.Element("placekt", "None")
			w.Element("placekey", place)
		})
	}
	w.Close("keywords")
}

func (w *writer) theme(thesaurus string, words []string) {
	w.Open("theme")
	w.Element("themekt", thesaurus)
	for _, word := range words {
		w.Element("themekey", word)
	}
	w.Close("theme")
}

// contact writes cntinfo.
func (w *writer) contact(c record.Contact) {
	if c.Name != "" {
		w.Open("cntperp")
		w.Element("cntper", c.Name)
		w.Optional("cntorg", c.Organisation)
		w.Close("cntperp")
	} else {
		w.Nested("cntorgp/cntorg", cmp.Or(c.Organisation, unknown))
	}
	w.Optional("cntpos", c.Position)
	w.Within("cntaddr", func() { w.address(c) })
	phones := c.Phones
	if len(phones) == 0 {
		phones = []string{unknown}
	}
	for _, phone := range phones {
		w.Element("cntvoice", phone)
	}
	for _, mail := range c.Emails {
		w.Element("cntemail", mail)
	}
}

func (w *writer) address(c record.Contact) {
	var a record.Address
	if len(c.Addresses) > 0 {
		a = c.Addresses[0]
	}
	w.Element("addrtype", "mailing address")
	for _, line := range a.Lines {
		w.Element("address", line)
	}
	w.Element("city", cmp.Or(a.City, unknown))
	w.Element("state", cmp.Or(a.Area, unknown))
	w.Element("postal", cmp.Or(a.PostalCode, unknown))
	w.Optional("country", a.Country)
}

func (w *writer) quality() {
	if w.m.Lineage == "" && w.m.CloudCover == nil {
		return
	}
	w.Open("dataqual")
	w.Element("logic", unknown)
	w.Element("complete", unknown)
	w.Within("lineage/procstep", func() {
		w.Element("procdesc", cmp.Or(w.m.Lineage, unknown))
		w.Element("procdate", unknown)
	})
	if w.m.CloudCover != nil {
		w.Element("cloud", xmldoc.Number(*w.m.CloudCover))
	}
	w.Close("dataqual")
}

func (w *writer) distribution() {
	var downloads []record.Link
	for _, l := range w.m.Online {
		if l.Rel == "enclosure" {
			downloads = append(downloads, l)
		}
	}
	if len(downloads)+len(w.m.Formats) == 0 {
		return
	}
	distributor, _ := w.having("distributor", "publisher", "custodian", "owner", "pointOfContact")
	w.Open("distinfo")
	w.Within("distrib/cntinfo", func() { w.contact(distributor) })
	w.Element("distliab", unknown)
	w.Within("stdorder", func() {
		w.form(w.m.Formats, downloads)
		w.Element("fees", unknown)
	})
	w.Close("distinfo")
}

// form writes in which formats the data are, and where: all formats are at all addresses, as far as is known.
func (w *writer) form(formats []string, downloads []record.Link) {
	if len(formats) == 0 {
		formats = []string{unknown}
	}
	for i, format := range formats {
		w.Open("digform")
		w.Nested("digtinfo/formname", format)
		if i == 0 && len(downloads) > 0 {
			w.Within("digtopt/onlinopt/computer/networka", func() {
				for _, l := range downloads {
					w.Element("networkr", l.Href)
				}
			})
		}
		w.Close("digform")
	}
}

func (w *writer) about() {
	w.Element("metd", cmp.Or(day(w.m.DateStamp), unknown))
	var contact record.Contact
	if len(w.m.Contacts) > 0 {
		contact = w.m.Contacts[0]
	}
	w.Within("metc/cntinfo", func() { w.contact(contact) })
	w.Element("metstdn", "FGDC Content Standard for Digital Geospatial Metadata")
	w.Element("metstdv", "FGDC-STD-001-1998")
}
