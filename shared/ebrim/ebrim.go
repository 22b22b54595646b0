// Package ebrim reads and writes metadata as extrinsic objects of ebXML's registry information model 3.0
// (http://docs.oasis-open.org/regrep/v3.0/schema/rim.xsd), as OGC's ebRIM profile of CSW gives records (07-110r4, clause 11): what
// the model has no element for stands in slots, by the names of Dublin Core.
package ebrim

import (
	"cmp"
	"encoding/xml"
	"errors"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter/literal"
	"perigee/shared/geo"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// Namespace is that of the model's elements.
const Namespace = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"

// MediaType is that of documents.
const MediaType = "application/xml"

// namespaceWRS is that of what the profile adds, namespaceGML that of places in slots.
const (
	namespaceWRS = "http://www.opengis.net/cat/wrs/1.0"
	namespaceGML = "http://www.opengis.net/gml"
)

// The names of slots: elements of Dublin Core by their addresses (07-144r4, table 6).
const (
	elements = "http://purl.org/dc/elements/1.1/"
	terms    = "http://purl.org/dc/terms/"

	slotSubject    = elements + "subject"
	slotRelation   = elements + "relation"
	slotModified   = terms + "modified"
	slotReferences = terms + "references"
	slotSpatial    = terms + "spatial"
	slotTemporal   = terms + "temporal"
)

// slots are the further properties of records that have slots, in their order.
var slots = []struct{ name, property string }{
	{elements + "format", record.PropertyFormat}, {elements + "creator", record.PropertyCreator}, {elements + "publisher", record.PropertyPublisher},
	{elements + "contributor", record.PropertyContributor}, {elements + "language", record.PropertyLanguage}, {elements + "source", record.PropertySource},
	{elements + "rights", record.PropertyRights},
}

// IsRoot tells whether documents with a root element of the name are read here.
func IsRoot(name xml.Name) bool {
	return name.Space == Namespace && (name.Local == "ExtrinsicObject" || name.Local == "RegistryObject") || name.Space == namespaceWRS && name.Local == "ExtrinsicObject"
}

// Decode reads an object: the key of the record lacks the workspace and the collection. All that is wrong comes back joined, each
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
	if !IsRoot(root.Name()) {
		return record.Record{}, fault.New(fault.Invalid, "the root element is {%.200s}%.100s, not rim:ExtrinsicObject", root.Space, root.Local)
	}
	rec := record.Record{
		Key: record.Key{ID: cmp.Or(root.Attr("id"), record.DigestID(document))}, Type: typeOf(root.Attr("objectType")),
		Title: root.Find("Name/LocalizedString").Attr("value"), Abstract: root.Find("Description/LocalizedString").Attr("value"),
		Document: document, MediaType: MediaType,
	}
	rec.Title = cmp.Or(rec.Title, rec.ID)
	said := map[string][]string{}
	var wrong, err error
	for slot := range root.All("Slot") {
		name := slot.Attr("name")
		said[name] = append(said[name], slot.TextsAt("ValueList/Value")...)
		if envelope := slot.Find("ValueList/AnyValue/Envelope"); envelope != nil && rec.Footprint == nil {
			if rec.Footprint, err = placeOf(envelope); err != nil {
				wrong = errors.Join(wrong, err)
			}
		}
	}
	rec.Keywords = said[slotSubject]
	rec.SetTexts(record.PropertyRelation, said[slotRelation]...)
	rec.SetTexts(record.PropertyDateStamp, said[slotModified]...)
	for _, s := range slots {
		rec.SetTexts(s.property, said[s.name]...)
	}
	for _, href := range said[slotReferences] {
		rec.Links = append(rec.Links, record.Link{Rel: "related", Href: href})
	}
	for _, text := range said[slotTemporal] {
		if when, err := record.ParseInterval(text); err == nil {
			rec.Time = when
		}
	}
	return rec, errors.Join(wrong, record.CheckID(rec.ID, "id"))
}

// placeOf reads an envelope in the order of the axes of its reference system.
func placeOf(envelope *xmldoc.Node) (orb.Geometry, error) {
	crs := geo.WGS84
	var err error
	if name := envelope.Attr("srsName"); name != "" {
		crs, err = geo.ParseCRS(name)
	}
	lower, lowerOK := position(envelope.TextAt("lowerCorner"))
	upper, upperOK := position(envelope.TextAt("upperCorner"))
	if err == nil && (!lowerOK || !upperOK) {
		err = fault.New(fault.Invalid, "the corners of the envelope are not two numbers each")
	}
	var place orb.Geometry
	if err == nil {
		place, err = literal.Box(crs, lower, upper)
	}
	if err != nil {
		return nil, fault.At(fault.Invalid, "gml:Envelope", "gml:Envelope: %w", err)
	}
	return place, nil
}

// position reads two numbers.
func position(text string) (p [2]float64, ok bool) {
	first, second, _ := strings.Cut(strings.TrimSpace(text), " ")
	a, aOK := xmldoc.ParseNumber(first)
	b, bOK := xmldoc.ParseNumber(strings.TrimSpace(second))
	return [2]float64{a, b}, aOK && bOK
}
