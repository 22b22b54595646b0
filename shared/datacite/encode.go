package datacite

import (
	"cmp"
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/iso19115"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// What stands for what is required and not known (DataCite 4, appendix 3), and for a year.
const (
	unknown = ":unkn"
	noYear  = "0000"
)

// Append appends the metadata of a record as resource, of an element set (dublincore.Brief, Summary or Full).
func Append(b []byte, r *record.Record, set string) []byte {
	m := iso19115.Of(r)
	w := writer{xmldoc.Writer{Bytes: b}, &m}
	w.Open("resource", "xmlns", Namespace)
	w.Element("identifier", m.ID, "identifierType", identifierType(m.ID))
	w.creators()
	w.Nested("titles/title", m.Resource.Title)
	w.Element("publisher", cmp.Or(w.first("publisher", "distributor", "resourceProvider", "owner"), unknown))
	w.Element("publicationYear", w.year())
	w.Element("resourceType", cmp.Or(m.Level, "dataset"), "resourceTypeGeneral", general(m.Level))
	if set != dublincore.Brief {
		w.subjects()
		w.contributors()
		w.dates()
		w.further()
	}
	w.place()
	w.Close("resource")
	return w.Bytes
}

type writer struct {
	xmldoc.Writer
	m *iso19115.Metadata
}

// identifierType is of which kind an identifier is, as far as it shows.
func identifierType(id string) string {
	switch {
	case strings.HasPrefix(id, "10.") && strings.Contains(id, "/"), strings.HasPrefix(id, "https://doi.org/"):
		return "DOI"
	case strings.HasPrefix(id, "http://"), strings.HasPrefix(id, "https://"):
		return "URL"
	case strings.HasPrefix(id, "urn:"):
		return "URN"
	}
	return "Local"
}

// general is the general type of a resource by the scope of its metadata.
func general(level string) string {
	switch level {
	case "", "dataset":
		return "Dataset"
	case "series":
		return "Collection"
	case "service":
		return "Service"
	case "software", "application":
		return "Software"
	case "model":
		return "Model"
	}
	return "Other"
}

// first is the name of the first contact with one of the roles, in their order.
func (w *writer) first(roles ...string) string {
	for _, role := range roles {
		for _, c := range w.m.Resource.Parties {
			if len(c.Roles) > 0 && c.Roles[0] == role {
				return cmp.Or(c.Organisation, c.Name)
			}
		}
	}
	return ""
}

func (w *writer) creators() {
	w.Open("creators")
	written := false
	for _, c := range w.m.Resource.Parties {
		if len(c.Roles) > 0 && (c.Roles[0] == "author" || c.Roles[0] == "originator" || c.Roles[0] == "principalInvestigator") {
			w.person("creator", "", c)
			written = true
		}
	}
	if !written {
		w.Nested("creator/creatorName", cmp.Or(w.first("owner", "pointOfContact", "publisher"), unknown))
	}
	w.Close("creators")
}

// person writes a creator, or a contributor of a type.
func (w *writer) person(tag, kind string, c record.Contact) {
	w.Open(tag, "contributorType", kind)
	if c.Name == "" {
		w.Element(tag+"Name", c.Organisation, "nameType", "Organizational")
	} else {
		w.Element(tag+"Name", c.Name, "nameType", "Personal")
		w.Optional("affiliation", c.Organisation)
	}
	w.Close(tag)
}

// year is the year of the publication, else of another date.
func (w *writer) year() string {
	year := ""
	for _, d := range w.m.Resource.Dates {
		if text, _ := iso19115.DateText(d.Date); len(text) >= 4 && (year == "" || d.Type == "publication") {
			year = text[:4]
		}
	}
	if text, _ := iso19115.DateText(w.m.DateStamp); year == "" && len(text) >= 4 {
		year = text[:4]
	}
	return cmp.Or(year, noYear)
}

func (w *writer) subjects() {
	if len(w.m.Resource.Keywords)+len(w.m.Resource.Topics) == 0 {
		return
	}
	w.Open("subjects")
	for _, k := range w.m.Resource.Keywords {
		for _, word := range k.Words {
			w.Element("subject", word, "subjectScheme", k.Thesaurus)
		}
	}
	for _, topic := range w.m.Resource.Topics {
		w.Element("subject", topic, "subjectScheme", "ISO 19115 Topic Category")
	}
	w.Close("subjects")
}

// contributorTypes are the types of contributors by the words of CI_RoleCode.
var contributorTypes = map[string]string{
	"pointOfContact": "ContactPerson", "custodian": "DataCurator", "distributor": "Distributor", "owner": "RightsHolder", "resourceProvider": "HostingInstitution",
	"contributor": "Other", "processor": "Producer",
}

func (w *writer) contributors() {
	opened := false
	for _, c := range w.m.Resource.Parties {
		kind := ""
		if len(c.Roles) > 0 {
			kind = contributorTypes[c.Roles[0]]
		}
		if kind == "" {
			continue
		}
		if !opened {
			w.Open("contributors")
			opened = true
		}
		w.person("contributor", kind, c)
	}
	if opened {
		w.Close("contributors")
	}
}

func (w *writer) dates() {
	res := &w.m.Resource
	w.Open("dates")
	for _, d := range res.Dates {
		if text, _ := iso19115.DateText(d.Date); text != "" {
			w.Element("date", text, "dateType", map[string]string{"creation": "Created", "publication": "Issued", "revision": "Updated"}[d.Type])
		}
	}
	if !res.Time.IsZero() {
		w.Element("date", collected(res.Time), "dateType", "Collected")
	}
	w.Close("dates")
}

func (w *writer) further() {
	res := &w.m.Resource
	for _, language := range res.Languages {
		w.Element("language", language)
		break
	}
	w.list("alternateIdentifiers", res.IDs, func(id string) {
		w.Element("alternateIdentifier", id, "alternateIdentifierType", identifierType(id))
	})
	w.related()
	w.list("formats", w.m.Formats, func(f string) { w.Element("format", f) })
	w.Optional("version", res.Edition)
	w.list("rightsList", append(append([]string(nil), res.Limitations...), res.Other...), func(text string) { w.Element("rights", text) })
	if res.Abstract != "" {
		w.Within("descriptions", func() { w.Element("description", res.Abstract, "descriptionType", "Abstract") })
	}
}

// list writes a list of which there is something.
func (w *writer) list(tag string, texts []string, one func(string)) {
	if len(texts) == 0 {
		return
	}
	w.Open(tag)
	for _, text := range texts {
		one(text)
	}
	w.Close(tag)
}

func (w *writer) related() {
	kind := identifierType(w.m.Parent)
	parent := w.m.Parent != "" && kind != "Local" // for which there is no type
	if len(w.m.Online) == 0 && !parent {
		return
	}
	w.Open("relatedIdentifiers")
	if parent {
		w.Element("relatedIdentifier", w.m.Parent, "relatedIdentifierType", kind, "relationType", "IsPartOf")
	}
	for _, l := range w.m.Online {
		relation := "IsDocumentedBy"
		if l.Rel == "enclosure" {
			relation = "IsVariantFormOf"
		}
		w.Element("relatedIdentifier", l.Href, "relatedIdentifierType", "URL", "relationType", relation)
	}
	w.Close("relatedIdentifiers")
}

func (w *writer) place() {
	west, south, east, north, placed := iso19115.Box(w.m.Resource.Footprint)
	if !placed {
		return
	}
	w.Open("geoLocations")
	w.Open("geoLocation")
	for _, place := range w.m.Resource.Places {
		w.Element("geoLocationPlace", place)
		break
	}
	w.Open("geoLocationBox")
	w.Element("westBoundLongitude", xmldoc.Number(west))
	w.Element("eastBoundLongitude", xmldoc.Number(east))
	w.Element("southBoundLatitude", xmldoc.Number(south))
	w.Element("northBoundLatitude", xmldoc.Number(north))
	w.Close("geoLocationBox")
	w.Close("geoLocation")
	w.Close("geoLocations")
}

// collected is a time as RKMS-ISO8601 has it, which leaves open ends empty.
func collected(when record.Interval) string {
	start, end := when.Dates()
	if start == end {
		return start
	}
	return start + "/" + end
}
