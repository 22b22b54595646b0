package ebrim

import (
	"cmp"
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/iso19115"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// The types of objects (OGC 07-038r3, Cataloguing of ISO Metadata), and the state of all of them.
const (
	datasetType = "urn:ogc:def:objectType:OGC-CSW-ebRIM-CIM::DataMetadata"
	serviceType = "urn:ogc:def:objectType:OGC-CSW-ebRIM-CIM::ServiceMetadata"
	submitted   = "urn:oasis:names:tc:ebxml-regrep:StatusType:Submitted"
)

// Append appends a record as an object of an element set (dublincore.Brief, Summary or Full), which declares its prefixes: brief ones
// have a name, summaries what it is about, full ones all slots.
func Append(b []byte, r *record.Record, set string) []byte {
	w := writer{xmldoc.Writer{Bytes: b}, r}
	w.Open("rim:ExtrinsicObject", "xmlns:rim", Namespace, "xmlns:wrs", namespaceWRS, "xmlns:gml", namespaceGML,
		"id", r.ID, "lid", r.ID, "objectType", objectType(r), "status", submitted)
	if set != dublincore.Brief {
		w.about()
	}
	if set == dublincore.Full {
		w.further()
	}
	w.named("rim:Name", cmp.Or(r.Title, r.ID))
	if set != dublincore.Brief {
		w.named("rim:Description", r.Abstract)
	}
	w.Empty("rim:VersionInfo")
	w.Close("rim:ExtrinsicObject")
	return w.Bytes
}

type writer struct {
	xmldoc.Writer
	r *record.Record
}

// about writes the slots of summaries.
func (w *writer) about() {
	w.slot(slotSubject, w.r.Keywords...)
	w.slot(slotModified, w.r.Text(record.PropertyDateStamp))
	if !w.r.Time.IsZero() {
		w.slot(slotTemporal, w.r.Time.String())
	}
	if west, south, east, north, placed := iso19115.Box(w.r.Footprint); placed {
		w.Open("rim:Slot", "name", slotSpatial, "slotType", "urn:ogc:def:dataType:ISO-19107:2003:GM_Envelope")
		w.Within("wrs:ValueList/wrs:AnyValue", func() {
			w.Open("gml:Envelope", "srsName", "urn:ogc:def:crs:EPSG::4326")
			w.Element("gml:lowerCorner", xmldoc.Number(south)+" "+xmldoc.Number(west))
			w.Element("gml:upperCorner", xmldoc.Number(north)+" "+xmldoc.Number(east))
			w.Close("gml:Envelope")
		})
		w.Close("rim:Slot")
	}
}

// further writes the slots of full objects.
func (w *writer) further() {
	w.slot(slotRelation, w.r.Texts(record.PropertyRelation)...)
	for _, s := range slots {
		w.slot(s.name, w.r.Texts(s.property)...)
	}
	hrefs := make([]string, len(w.r.Links))
	for i, l := range w.r.Links {
		hrefs[i] = l.Href
	}
	w.slot(slotReferences, hrefs...)
}

// slot writes values by the name of a slot, which is not there without any.
func (w *writer) slot(name string, values ...string) {
	if strings.Join(values, "") == "" {
		return
	}
	w.Open("rim:Slot", "name", name, "slotType", "urn:oasis:names:tc:ebxml-regrep:DataType:String")
	w.Within("rim:ValueList", func() {
		for _, v := range values {
			w.Optional("rim:Value", v)
		}
	})
	w.Close("rim:Slot")
}

// named writes a text for people.
func (w *writer) named(tag, text string) {
	if text == "" {
		return
	}
	w.Within(tag, func() { w.Empty("rim:LocalizedString", "value", text) })
}

// objectType is the type of the object that a record is.
func objectType(r *record.Record) string {
	if r.Type == "service" {
		return serviceType
	}
	return datasetType
}

// typeOf is the type of the record that an object is.
func typeOf(object string) string {
	switch {
	case strings.HasSuffix(object, "ServiceMetadata"), strings.HasSuffix(object, ":Service"):
		return "service"
	}
	return dublincore.TypeDataset
}
