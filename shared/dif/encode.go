package dif

import (
	"cmp"
	"slices"
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/iso19115"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// Append appends the metadata of a record as DIF of an element set (dublincore.Brief, Summary or Full). Elements stand in the
// order of the schema of version 9.
func Append(b []byte, r *record.Record, set string) []byte {
	m := iso19115.Of(r)
	w := writer{xmldoc.Writer{Bytes: b}, &m}
	w.Open("DIF", "xmlns", Namespace)
	w.Element("Entry_ID", m.ID)
	w.Element("Entry_Title", m.Resource.Title)
	if set != dublincore.Brief {
		w.citation()
		w.personnel()
		w.keywords()
		w.instruments()
		w.period()
	}
	w.place()
	if set != dublincore.Brief {
		w.constraints()
		w.centre()
		w.overviews()
	}
	w.Element("Summary", cmp.Or(m.Resource.Abstract, m.Resource.Title))
	if set != dublincore.Brief {
		w.links()
	}
	w.closing()
	w.Close("DIF")
	return w.Bytes
}

type writer struct {
	xmldoc.Writer
	m *iso19115.Metadata
}

func (w *writer) texts(tag string, texts []string) {
	for _, text := range texts {
		w.Element(tag, text)
	}
}

// having are the contacts that have one of the roles, in the order of the roles.
func (w *writer) having(roles ...string) []record.Contact {
	var found []record.Contact
	for _, role := range roles {
		for _, c := range w.m.Resource.Parties {
			if slices.Contains(c.Roles, role) {
				found = append(found, c)
			}
		}
	}
	return found
}

func (w *writer) citation() {
	res := &w.m.Resource
	w.Open("Data_Set_Citation")
	for _, c := range w.having("author", "originator") {
		w.Element("Dataset_Creator", cmp.Or(c.Organisation, c.Name))
		break
	}
	w.Element("Dataset_Title", res.Title)
	for _, d := range res.Dates {
		if d.Type == "publication" {
			w.Element("Dataset_Release_Date", d.Date)
			break
		}
	}
	for _, c := range w.having("publisher") {
		w.Element("Dataset_Publisher", cmp.Or(c.Organisation, c.Name))
		break
	}
	w.Optional("Version", res.Edition)
	w.Close("Data_Set_Citation")
}

func (w *writer) personnel() {
	for _, c := range w.having("pointOfContact", "principalInvestigator") {
		w.Within("Personnel", func() { w.person(c, "TECHNICAL CONTACT") })
	}
}

func (w *writer) person(c record.Contact, role string) {
	w.Element("Role", role)
	first, last, split := cut(c.Name)
	if split {
		w.Element("First_Name", first)
	}
	w.Element("Last_Name", cmp.Or(last, c.Organisation))
	w.texts("Email", c.Emails)
	w.texts("Phone", c.Phones)
	if len(c.Addresses) == 0 {
		return
	}
	w.Within("Contact_Address", func() {
		a := c.Addresses[0]
		w.texts("Address", a.Lines)
		w.Optional("City", a.City)
		w.Optional("Province_or_State", a.Area)
		w.Optional("Postal_Code", a.PostalCode)
		w.Optional("Country", a.Country)
	})
}

// cut parts a name before its last word.
func cut(name string) (first, last string, split bool) {
	at := strings.LastIndexByte(name, ' ')
	if at < 0 {
		return "", name, false
	}
	return name[:at], name[at+1:], true
}

func (w *writer) keywords() {
	science := false
	for _, k := range w.m.Resource.Keywords {
		if k.Thesaurus != scienceKeywords {
			continue
		}
		for _, path := range k.Words {
			science = true
			w.Within("Parameters", func() { w.parameter(strings.Split(path, " > ")) })
		}
	}
	if !science { // which the schema requires
		w.Within("Parameters", func() { w.parameter([]string{"EARTH SCIENCE"}) })
	}
	w.texts("ISO_Topic_Category", w.m.Resource.Topics)
	for _, k := range w.m.Resource.Keywords {
		if k.Thesaurus != scienceKeywords {
			w.texts("Keyword", k.Words)
		}
	}
}

// levels are the elements of a science keyword, the first three of which there have to be.
var levels = []string{"Category", "Topic", "Term", "Variable_Level_1", "Variable_Level_2", "Variable_Level_3", "Detailed_Variable"}

func (w *writer) parameter(path []string) {
	for i, tag := range levels {
		switch {
		case i < len(path):
			w.Element(tag, path[i])
		case i < 3:
			w.Element(tag, "")
		}
	}
}

func (w *writer) instruments() {
	for _, name := range w.m.Instrument {
		w.Nested("Sensor_Name/Short_Name", name)
	}
	w.Optional("Source_Name/Short_Name", w.m.Platform)
}

func (w *writer) period() {
	i := w.m.Resource.Time
	if i.IsZero() {
		return
	}
	w.Open("Temporal_Coverage")
	start, end := i.Dates()
	w.Optional("Start_Date", start)
	w.Optional("Stop_Date", end)
	w.Close("Temporal_Coverage")
}

func (w *writer) place() {
	west, south, east, north, placed := iso19115.Box(w.m.Resource.Footprint)
	if !placed {
		return
	}
	w.Open("Spatial_Coverage")
	w.Element("Southernmost_Latitude", xmldoc.Number(south))
	w.Element("Northernmost_Latitude", xmldoc.Number(north))
	w.Element("Westernmost_Longitude", xmldoc.Number(west))
	w.Element("Easternmost_Longitude", xmldoc.Number(east))
	w.Close("Spatial_Coverage")
}

func (w *writer) constraints() {
	res := &w.m.Resource
	for _, place := range res.Places {
		w.Within("Location", func() {
			w.Element("Location_Category", "GEOGRAPHIC REGION")
			w.Element("Detailed_Location", place)
		})
	}
	w.Optional("Quality", w.m.Lineage)
	w.Optional("Access_Constraints", strings.Join(append(append([]string(nil), res.Access...), res.Other...), "; "))
	w.Optional("Use_Constraints", strings.Join(append(append([]string(nil), res.Use...), res.Limitations...), "; "))
	w.texts("Data_Set_Language", res.Languages)
}

// centre writes who gives the data away, which the schema requires, and in which formats.
func (w *writer) centre() {
	all := append(w.having("distributor", "custodian", "resourceProvider", "owner", "publisher"), w.m.Resource.Parties...)
	c := record.Contact{Organisation: "Unknown"}
	if len(all) > 0 {
		c = all[0]
	}
	w.Open("Data_Center")
	w.Nested("Data_Center_Name/Short_Name", cmp.Or(c.Organisation, c.Name))
	w.Optional("Data_Center_URL", c.Href)
	for _, id := range w.m.Resource.IDs {
		w.Element("Data_Set_ID", id)
	}
	w.Within("Personnel", func() { w.person(c, "DATA CENTER CONTACT") })
	w.Close("Data_Center")
	for _, f := range w.m.Formats {
		w.Nested("Distribution/Distribution_Format", f)
	}
}

func (w *writer) overviews() {
	for _, o := range w.m.Overviews {
		w.Open("Multimedia_Sample")
		w.Element("URL", o.Href)
		w.Optional("Format", o.Type)
		w.Optional("Caption", o.Title)
		w.Close("Multimedia_Sample")
	}
}

func (w *writer) links() {
	for _, l := range w.m.Online {
		kind := "VIEW RELATED INFORMATION"
		if l.Rel == "enclosure" {
			kind = "GET DATA"
		}
		w.Open("Related_URL")
		w.Open("URL_Content_Type")
		w.Element("Type", kind)
		w.Optional("Subtype", cmp.Or(l.Protocol, l.Type))
		w.Close("URL_Content_Type")
		w.Element("URL", l.Href)
		w.Optional("Description", cmp.Or(l.Title, l.Name))
		w.Close("Related_URL")
	}
}

func (w *writer) closing() {
	w.Optional("Parent_DIF", w.m.Parent)
	w.Element("Metadata_Name", "CEOS IDN DIF")
	w.Element("Metadata_Version", "VERSION 9.9.3")
	if text, _ := iso19115.DateText(w.m.DateStamp); text != "" {
		w.Element("Last_DIF_Revision_Date", text)
	}
}
