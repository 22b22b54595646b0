package gm03

import (
	"cmp"
	"strconv"
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/iso19115"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// The topics of the model, of which the names of classes are.
const (
	core          = "GM03_2_1Core.Core."
	topic         = "GM03_2_1Comprehensive.Comprehensive" // of the basket
	comprehensive = topic + "."
)

// The identifiers of the objects that there is one of in a transfer.
const (
	idMetadata = "metadata"
	idResource = "resource"
	idCitation = "citation"
	idExtent   = "extent"
	idBox      = "box"
)

// Append appends the metadata of a record as a transfer of one basket, of an element set (dublincore.Brief, Summary or
// Full).
func Append(b []byte, r *record.Record, set string) []byte {
	m := iso19115.Of(r)
	w := writer{xmldoc.Writer{Bytes: b}, &m, cmp.Or(m.Language, "en")}
	w.Open("TRANSFER", "xmlns", Namespace)
	w.Open("HEADERSECTION", "SENDER", "Perigee", "VERSION", "2.3")
	w.Empty("MODELS")
	w.Close("HEADERSECTION")
	w.Open("DATASECTION")
	w.Open(topic, "BID", iso19115.NCName("basket-", m.ID))
	w.metadata()
	w.resource(set == dublincore.Brief)
	w.extent(set == dublincore.Brief)
	if set != dublincore.Brief {
		w.contacts()
		w.keywords()
		w.constraints()
		w.distribution()
	}
	w.Close(topic)
	w.Close("DATASECTION")
	w.Close("TRANSFER")
	return w.Bytes
}

type writer struct {
	xmldoc.Writer
	m        *iso19115.Metadata
	language string // of the texts
}

// object writes an object of a class.
func (w *writer) object(class, id string, properties func()) {
	w.Open(class, "TID", id)
	properties()
	w.Close(class)
}

// free writes a property that is a text of some languages.
func (w *writer) free(tag, text string) {
	if text == "" {
		return
	}
	w.Within(tag+"/"+core+"PT_FreeText/textGroup/"+core+"PT_Group", func() {
		w.Element("language", w.language)
		w.Element("plainText", text)
	})
}

// code writes a property that is of a code list.
func (w *writer) code(tag, class, value string) {
	w.Optional(tag+"/"+class+"/value", value)
}

// address writes a property that is an address of the web.
func (w *writer) address(tag, href string) {
	if href == "" {
		return
	}
	w.Within(tag+"/"+core+"PT_FreeURL/URLGroup/"+core+"PT_URLGroup", func() {
		w.Element("language", w.language)
		w.Element("plainURL", href)
	})
}

// refer writes the role of an object that another one plays.
func (w *writer) refer(role, id string) { w.Empty(role, "REF", id) }

func (w *writer) metadata() {
	m := w.m
	w.object(core+"MD_Metadata", idMetadata, func() {
		w.Element("fileIdentifier", m.ID)
		w.Element("language", w.language)
		w.Element("characterSet", "utf8")
		if text, _ := iso19115.DateText(m.DateStamp); text != "" {
			w.Element("dateStamp", text)
		}
		w.Element("metadataStandardName", "GM03Core")
		w.Element("metadataStandardVersion", "2.3")
		w.Optional("parentIdentifier", m.Parent)
		w.code("hierarchyLevel", core+"MD_ScopeCode_", cmp.Or(m.Level, "dataset"))
	})
}

func (w *writer) resource(brief bool) {
	res := &w.m.Resource
	class := comprehensive + "MD_DataIdentification"
	if w.m.Service != nil {
		class = comprehensive + "SV_ServiceIdentification"
	}
	w.object(class, idResource, func() {
		if !brief {
			w.free("abstract", res.Abstract)
		}
		w.refer("MD_Metadata", idMetadata)
		w.refer("citation", idCitation)
		if brief {
			return
		}
		for _, language := range res.Languages {
			w.code("language", "CodeISO.LanguageCodeISO_", language)
		}
		for _, topic := range res.Topics {
			w.code("topicCategory", core+"MD_TopicCategoryCode_", topic)
		}
		if w.m.Service != nil {
			w.Optional("serviceType", w.m.Service.Type)
			w.Optional("serviceTypeVersion", w.m.Service.Version)
		}
	})
	w.object(comprehensive+"CI_Citation", idCitation, func() {
		w.free("title", res.Title)
		if !brief {
			w.free("alternateTitle", res.AlternateTitle)
			w.Optional("edition", res.Edition)
		}
	})
	for i, d := range res.Dates {
		if text, _ := iso19115.DateText(d.Date); text != "" {
			w.object(core+"CI_Date", "date-"+strconv.Itoa(i), func() {
				w.Element("date", text)
				w.Element("dateType", cmp.Or(d.Type, "publication"))
				w.refer("CI_Citation", idCitation)
			})
		}
	}
}

func (w *writer) extent(brief bool) {
	res := &w.m.Resource
	west, south, east, north, placed := iso19115.Box(res.Footprint)
	timed := !res.Time.IsZero() && !brief
	if !placed && !timed {
		return
	}
	w.object(core+"EX_Extent", idExtent, func() {
		if len(res.Places) > 0 {
			w.free("description", strings.Join(res.Places, ", "))
		}
		w.refer("MD_DataIdentification", idResource)
	})
	if timed {
		w.object(core+"EX_TemporalExtent", "time", func() {
			w.Within("extent/"+core+"TM_Primitive", func() {
				if !res.Time.Start.IsZero() {
					w.Element("begin", record.Instant(res.Time.Start))
				}
				if !res.Time.End.IsZero() {
					w.Element("end", record.Instant(res.Time.End))
				}
			})
			w.refer("EX_Extent", idExtent)
		})
	}
	if !placed {
		return
	}
	w.Open(core + "EX_ExtentgeographicElement")
	w.refer("EX_Extent", idExtent)
	w.refer("geographicElement", idBox)
	w.Close(core + "EX_ExtentgeographicElement")
	w.object(core+"EX_GeographicBoundingBox", idBox, func() {
		w.Element("extentTypeCode", "true")
		w.Element("northBoundLatitude", xmldoc.Number(north))
		w.Element("southBoundLatitude", xmldoc.Number(south))
		w.Element("eastBoundLongitude", xmldoc.Number(east))
		w.Element("westBoundLongitude", xmldoc.Number(west))
	})
}

func (w *writer) contacts() {
	for i, c := range w.m.Contacts {
		w.joined(core+"MD_Metadatacontact", "contact", "MD_Metadata", idMetadata, "contact-"+strconv.Itoa(i), c)
	}
	for i, c := range w.m.Resource.Parties {
		w.joined(core+"MD_IdentificationpointOfContact", "pointOfContact", "MD_Identification", idResource, "party-"+strconv.Itoa(i), c)
	}
}

// joined writes a contact, and the association that joins it.
func (w *writer) joined(association, role, to, toID, id string, c record.Contact) {
	word := "pointOfContact"
	if len(c.Roles) > 0 {
		word = c.Roles[0]
	}
	w.Open(association)
	w.refer(role, id)
	w.refer(to, toID)
	w.code("role", core+"CI_RoleCode_", word)
	w.Close(association)
	first, last := cut(c.Name)
	w.object(core+"CI_ResponsibleParty", id, func() {
		w.Optional("individualFirstName", first)
		w.Optional("individualLastName", last)
		for _, mail := range c.Emails {
			w.code("electronicalMailAddress", core+"URL_", mail)
			break
		}
		w.free("organisationName", c.Organisation)
		w.free("positionName", c.Position)
		w.address("linkage", c.Href)
		if len(c.Addresses) > 0 {
			w.refer("address", id+"-address")
		}
	})
	w.reach(id, c)
}

// cut parts a name before its last word.
func cut(name string) (first, last string) {
	at := strings.LastIndexByte(name, ' ')
	if at < 0 {
		return "", name
	}
	return name[:at], name[at+1:]
}

func (w *writer) reach(id string, c record.Contact) {
	for i, phone := range c.Phones {
		w.object(core+"CI_Telephone", id+"-phone-"+strconv.Itoa(i), func() {
			w.Element("number", phone)
			w.Element("numberType", "mainNumber")
			w.refer("CI_ResponsibleParty", id)
		})
	}
	if len(c.Addresses) == 0 {
		return
	}
	a := c.Addresses[0]
	w.object(core+"CI_Address", id+"-address", func() {
		w.Optional("addressLine", strings.Join(a.Lines, ", "))
		w.Optional("postalCode", a.PostalCode)
		w.Optional("city", a.City)
		w.Optional("administrativeArea", a.Area)
		w.Optional("country", a.Country)
	})
}

func (w *writer) keywords() {
	for i, k := range w.m.Resource.Keywords {
		id := "keywords-" + strconv.Itoa(i)
		w.object(core+"MD_Keywords", id, func() {
			for _, word := range k.Words {
				w.free("keyword", word)
			}
			w.Optional("type", k.Type)
			if k.Thesaurus != "" {
				w.refer("thesaurus", id+"-thesaurus")
			}
		})
		w.Open(core + "MD_IdentificationdescriptiveKeywords")
		w.refer("descriptiveKeywords", id)
		w.refer("MD_Identification", idResource)
		w.Close(core + "MD_IdentificationdescriptiveKeywords")
		if k.Thesaurus != "" {
			w.object(core+"MD_Thesaurus", id+"-thesaurus", func() { w.refer("citation", id+"-citation") })
			w.object(comprehensive+"CI_Citation", id+"-citation", func() { w.free("title", k.Thesaurus) })
		}
	}
}

func (w *writer) constraints() {
	res := &w.m.Resource
	if len(res.Limitations)+len(res.Access)+len(res.Use)+len(res.Other) > 0 {
		w.object(comprehensive+"MD_LegalConstraints", "constraints", func() {
			for _, text := range res.Limitations {
				w.free("useLimitation", text)
			}
			for _, c := range res.Access {
				w.code("accessConstraints", comprehensive+"MD_RestrictionCode_", c)
			}
			for _, c := range res.Use {
				w.code("useConstraints", comprehensive+"MD_RestrictionCode_", c)
			}
			for _, text := range res.Other {
				w.free("otherConstraints", text)
			}
		})
	}
	if w.m.Lineage != "" {
		w.object(comprehensive+"LI_Lineage", "lineage", func() { w.free("statement", w.m.Lineage) })
	}
	for i, code := range w.m.CRS {
		w.object(core+"RS_Identifier", "crs-"+strconv.Itoa(i), func() { w.free("code", code) })
	}
}

func (w *writer) distribution() {
	for i, f := range w.m.Formats {
		w.object(comprehensive+"MD_Format", "format-"+strconv.Itoa(i), func() { w.Element("name", f) })
	}
	for i, l := range w.m.Online {
		w.object(core+"CI_OnlineResource", "online-"+strconv.Itoa(i), func() {
			w.Optional("protocol", cmp.Or(l.Protocol, l.Type))
			w.free("name", l.Name)
			w.free("description", l.Title)
			w.address("linkage", l.Href)
		})
	}
	for i, o := range w.m.Overviews {
		w.object(comprehensive+"MD_BrowseGraphic", "overview-"+strconv.Itoa(i), func() {
			w.Element("fileName", o.Href)
			w.free("fileDescription", o.Title)
			w.Optional("fileType", cmp.Or(o.Name, o.Type))
		})
	}
}
