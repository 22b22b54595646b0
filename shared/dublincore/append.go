package dublincore

import (
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// Append appends the record of an element set (Brief, Summary or Full) as CSW 2.0.2 has it. It declares the prefixes itself.
func Append(b []byte, r *record.Record, set string) []byte {
	out := Encode(*r, set)
	w := xmldoc.Writer{Bytes: b}
	w.Open(out.XMLName.Local, "xmlns:csw", NamespaceCSW, "xmlns:dc", NamespaceDC, "xmlns:dct", NamespaceTerms, "xmlns:ows", NamespaceOWS)
	out.write(&w)
	w.Close(out.XMLName.Local)
	return w.Bytes
}

// Append3 appends the record of an element set as CSW 3.0 has it (12-176r7, clause 6.6): in its namespace, and with the time
// as an extent.
func Append3(b []byte, r *record.Record, set string) []byte {
	out := Encode(*r, set)
	w := xmldoc.Writer{Bytes: b}
	w.Open(out.XMLName.Local, "xmlns:csw", NamespaceCSW3, "xmlns:dc", NamespaceDC, "xmlns:dct", NamespaceTerms, "xmlns:ows", namespaceOWS2)
	out.write(&w)
	if set != Brief && !r.Time.IsZero() {
		w.Within("csw:TemporalExtent", func() {
			w.Optional("csw:begin", date(r.Time.Start))
			w.Optional("csw:end", date(r.Time.End))
		})
	}
	w.Close(out.XMLName.Local)
	return w.Bytes
}

// write writes the elements in the order of the schema.
func (r *Record) write(w *xmldoc.Writer) {
	w.Optional("dc:identifier", r.Identifier)
	w.Optional("dc:title", r.Title)
	w.Optional("dc:type", r.Type)
	for _, list := range []struct {
		tag   string
		texts []string
	}{{"dc:subject", r.Subjects}, {"dc:format", r.Formats}, {"dc:relation", r.Relations}} {
		each(w, list.tag, list.texts)
	}
	w.Optional("dct:modified", r.Modified)
	w.Optional("dct:abstract", r.Abstract)
	each(w, "dct:spatial", r.Spatials)
	for _, ref := range r.References {
		w.Element("dct:references", ref.Href, "scheme", ref.Scheme)
	}
	for _, list := range []struct {
		tag   string
		texts []string
	}{
		{"dc:creator", r.Creators}, {"dc:publisher", r.Publishers}, {"dc:contributor", r.Contributors}, {"dc:source", r.Sources}, {"dc:language", r.Languages}, {"dc:rights", r.Rights},
	} {
		each(w, list.tag, list.texts)
	}
	w.Optional("dc:date", r.Date)
	w.Optional("dct:temporal", r.Temporal)
	if r.Box != nil {
		w.Open("ows:BoundingBox", "crs", r.Box.CRS)
		w.Element("ows:LowerCorner", r.Box.Lower)
		w.Element("ows:UpperCorner", r.Box.Upper)
		w.Close("ows:BoundingBox")
	}
}

func each(w *xmldoc.Writer, tag string, texts []string) {
	for _, text := range texts {
		w.Element(tag, text)
	}
}
