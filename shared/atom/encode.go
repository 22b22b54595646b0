package atom

import (
	"cmp"

	"github.com/paulmach/orb"

	"perigee/shared/dublincore"
	"perigee/shared/iso19115"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// Append appends a record as an entry of an element set (dublincore.Brief, Summary or Full), which declares its prefixes.
func Append(b []byte, r *record.Record, set string) []byte {
	m := iso19115.Of(r)
	w := writer{xmldoc.Writer{Bytes: b}, r, &m}
	w.Open("entry", "xmlns", Namespace, "xmlns:dc", namespaceDC, "xmlns:georss", NamespaceGeoRSS)
	w.Element("id", r.ID)
	w.Element("title", m.Resource.Title)
	w.Element("updated", w.updated())
	w.people()
	w.Element("dc:identifier", r.ID)
	if !r.Time.IsZero() {
		w.Element("dc:date", r.Time.String())
	}
	w.place()
	if set == dublincore.Brief {
		w.links(func(l record.Link) bool { return l.Rel == "alternate" })
		w.Close("entry")
		return w.Bytes
	}
	if text, timed := iso19115.DateText(cmp.Or(r.Text(record.PropertyPublicationDate), r.Text("published"))); text != "" && timed {
		w.Element("published", text)
	}
	for _, word := range r.Keywords {
		w.Empty("category", "term", word)
	}
	if r.Abstract != "" {
		w.Element("summary", r.Abstract)
	}
	w.Optional("rights", cmp.Or(r.Text(record.PropertyRights), r.Text(record.PropertyLicence), r.Text(record.PropertyOtherConstraints)))
	w.links(func(record.Link) bool { return true })
	w.Close("entry")
	return w.Bytes
}

type writer struct {
	xmldoc.Writer
	r *record.Record
	m *iso19115.Metadata
}

// links writes some of the links. An entry without content has one to another form of it, whatever the element set (RFC 4287, clause 4.1.2).
func (w *writer) links(wanted func(record.Link) bool) {
	for _, l := range w.r.Links {
		if wanted(l) {
			w.Empty("link", "rel", cmp.Or(l.Rel, "related"), "href", l.Href, "type", l.Type, "title", cmp.Or(l.Title, l.Name))
		}
	}
}

// updated is when the record was last changed, which an entry has to say: with a time of the day and a zone.
func (w *writer) updated() string {
	for _, said := range []string{w.m.DateStamp, record.Instant(w.r.Modified)} {
		if i, err := record.ParseInterval(said); err == nil && !i.Start.IsZero() {
			return record.Instant(i.Start)
		}
	}
	return record.Instant(w.r.Time.Start)
}

// people writes who made the resource, which an entry by itself has to say.
func (w *writer) people() {
	names := w.r.Texts(record.PropertyCreator)
	if len(names) == 0 {
		for _, c := range w.m.Resource.Parties {
			names = append(names, cmp.Or(c.Organisation, c.Name))
			break
		}
	}
	if len(names) == 0 {
		names = []string{"unknown"}
	}
	for _, name := range names {
		w.Nested("author/name", name)
	}
	for _, name := range w.r.Texts(record.PropertyContributor) {
		w.Nested("contributor/name", name)
	}
}

// place writes where the resource is: a point, or a box, latitudes first.
func (w *writer) place() {
	if p, is := w.r.Footprint.(orb.Point); is {
		w.Element("georss:point", xmldoc.Number(p[1])+" "+xmldoc.Number(p[0]))
		return
	}
	if west, south, east, north, placed := iso19115.Box(w.r.Footprint); placed {
		w.Element("georss:box", xmldoc.Number(south)+" "+xmldoc.Number(west)+" "+xmldoc.Number(north)+" "+xmldoc.Number(east))
	}
}
