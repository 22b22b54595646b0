package records

import (
	"maps"
	"slices"
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// encoder writes the records of one answer.
type encoder struct {
	on  asked
	in  string  // the collection that was asked
	crs geo.CRS // of geometries
}

// conformsTo is what every record that is made here conforms to, as JSON.
const recordConformsTo = `["http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core"]`

// record writes a record as GeoJSON (/req/json/record-content). alone tells that it is the whole answer.
func (e encoder) record(w *writer, rec record.Record, alone bool) error {
	var err error
	switch {
	case len(rec.Document) == 0 || !IsJSON(rec.MediaType) || rec.Type == record.TypeCollection:
		err = e.core(w, rec, alone)
	case rec.Type == record.TypeItem:
		err = e.item(w, rec, alone)
	default:
		err = e.native(w, rec, alone)
	}
	if err == nil {
		err = w.err
	}
	if err == nil {
		return nil
	}
	return fault.Classify(fault.Internal, err, "writing the record %s", rec.ID)
}

// IsJSON tells whether a document of the media type is JSON.
func IsJSON(mediaType string) bool {
	kind, _, _ := strings.Cut(mediaType, ";")
	return strings.HasSuffix(kind, "/json") || strings.HasSuffix(kind, "+json")
}

// core writes a record from what the catalogue knows of a resource, whatever it came as.
func (e encoder) core(w *writer, rec record.Record, alone bool) error {
	w.WriteByte('{')
	w.textMember("id", rec.ID)
	w.textMember("type", "Feature")
	w.rawMember("conformsTo", []byte(recordConformsTo))
	w.time(rec.Time)
	e.footprint(w, rec.Footprint)
	w.name("properties")
	w.WriteByte('{')
	w.about(rec)
	w.textMember("title", titled(rec))
	w.textMember("description", rec.Abstract)
	if len(rec.Keywords) > 0 {
		w.member("keywords", rec.Keywords)
	}
	w.externalIDs(rec.ID, text(rec.Properties["sci:doi"]))
	for _, name := range slices.Sorted(maps.Keys(rec.Properties)) {
		if name != "title" && name != "description" && name != "keywords" {
			w.property(name, rec.Properties[name])
		}
	}
	w.WriteByte('}')
	w.name("links")
	w.WriteByte('[')
	for _, l := range e.own(rec, alone) {
		w.link(l)
	}
	for _, l := range rec.Links {
		w.link(e.on.served(rec, l))
	}
	own := documentLinks(rec)
	w.ownLinks(own, placeOf(rec.Source, own))
	w.WriteString("]}")
	return nil
}

// documentLinks are the links of a document, if it is JSON.
func documentLinks(rec record.Record) []byte {
	if len(rec.Document) == 0 || !IsJSON(rec.MediaType) {
		return nil
	}
	for m, err := range stac.Members(rec.Document) {
		if err == nil && string(m.Name) == "links" {
			return m.Value
		}
	}
	return nil
}

// about writes the properties that the catalogue answers for: when the record was made and changed here, and the type of
// the resource.
func (w *writer) about(rec record.Record) {
	if !rec.Created.IsZero() {
		w.textMember("created", record.Instant(rec.Created))
	}
	if !rec.Modified.IsZero() {
		w.textMember("updated", record.Instant(rec.Modified))
	}
	w.textMember("type", dublincore.TypeOf(rec.Type))
}

// titled is the title of a record, which it always has.
func titled(rec record.Record) string {
	if rec.Title == "" {
		return rec.ID
	}
	return rec.Title
}

// externalIDs writes by which identifiers others know the resource. An id may be one of a scheme itself.
func (w *writer) externalIDs(id, doi string) {
	w.name("externalIds")
	w.WriteString(`[{"value":`)
	w.text(id)
	if isDOI(id) {
		w.textMember("scheme", schemeDOI)
	}
	w.WriteByte('}')
	if doi != "" && doi != id {
		w.WriteString(`,{"scheme":"` + schemeDOI + `","value":`)
		w.text(doi)
		w.WriteByte('}')
	}
	w.WriteByte(']')
}

// isDOI tells whether an id is a digital object identifier (ISO 26324): a prefix of the directory 10, and a suffix.
func isDOI(id string) bool { return strings.HasPrefix(id, "10.") && strings.Contains(id, "/") }

// schemeDOI is the scheme of digital object identifiers.
const schemeDOI = "https://doi.org"

// property writes a further property from the catalogue, as far as a record may have it.
func (w *writer) property(name string, v any) {
	raw, err := ogcapi.Encode(v)
	if err != nil {
		w.err = err
		return
	}
	w.rawProperty([]byte(name), raw)
}

// coreProperties are the properties of records
// (https://schemas.opengis.net/ogcapi/records/part1/1.0/openapi/schemas/recordCommonProperties.yaml) with what their values
// begin with. Those that
// begin with nothing are written by about and externalIDs.
var coreProperties = map[string]string{
	"created": "", "updated": "", "type": "", "externalIds": "",
	"title": `"`, "description": `"`, "keywords": "[", "themes": "[", "language": "{", "languages": "[", "resourceLanguages": "[",
	"formats": "[", "contacts": "[", "license": `"`, "rights": `"`, "conformsTo": "[",
}

// rawProperty writes a property of a document, unless a record has something else by that name.
func (w *writer) rawProperty(name, value []byte) {
	begins, core := coreProperties[string(name)]
	if core && (begins == "" || value[0] != begins[0]) {
		return
	}
	if string(name) == "license" {
		value = licence(value)
	}
	w.comma()
	w.quoted(name)
	w.WriteByte(':')
	w.Write(value)
}

// licence is the SPDX identifier of a licence. What STAC calls proprietary or various has none
// (/req/record-core/license).
func licence(value []byte) []byte {
	switch string(value) {
	case `"proprietary"`, `"various"`:
		return []byte(`"other"`)
	}
	return value
}

// time writes when a resource is (/req/record-core/time-zone): in UTC, with .. for an open end.
func (w *writer) time(i record.Interval) {
	w.name("time")
	switch {
	case i.IsZero():
		w.WriteString("null")
	case i.Start.Equal(i.End):
		w.WriteString(`{"timestamp":"` + record.Instant(i.Start) + `"}`)
	default:
		from, to, _ := strings.Cut(i.String(), "/")
		w.WriteString(`{"interval":["` + from + `","` + to + `"]}`)
	}
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// home is the collection below which a record stands: its own, or that of all.
func home(rec record.Record) string {
	if rec.Collection == "" {
		return Main
	}
	return rec.Collection
}

// own are the links of a record that say where it stands here.
func (e encoder) own(rec record.Record, alone bool) []link {
	canonical := e.on.item(home(rec), rec.ID)
	if !alone {
		return []link{
			linkTo("self", canonical, ogcapi.MediaTypeGeoJSON, ""),
			linkTo("collection", e.on.collection(home(rec)), ogcapi.MediaTypeJSON, ""),
		}
	}
	self := e.on.item(e.in, rec.ID)
	links := []link{
		linkTo("self", self, ogcapi.MediaTypeGeoJSON, ""),
		linkTo("alternate", self+asHTML, typeHTML, "The record for people"),
		linkTo("alternate", self+"?f=xml", mediaTypeXML, "The record as XML"),
		linkTo("profile", profileRecord, "", ""),
		linkTo("collection", e.on.collection(e.in), ogcapi.MediaTypeJSON, ""),
	}
	if canonical != self {
		links = append(links, linkTo("canonical", canonical, ogcapi.MediaTypeGeoJSON, ""))
	}
	return links
}
