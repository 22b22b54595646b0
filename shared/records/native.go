package records

import (
	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// native writes a record that came as one: as it came, but for its links.
func (e encoder) native(w *writer, rec record.Record, alone bool) error {
	edited, err := stac.NewEditor(rec.Document)
	if err != nil {
		return err
	}
	kept, err := edited.Links()
	if err != nil {
		kept = nil // links of a document registered before they were checked
	}
	edited.Set("links", e.nativeLinks(rec, kept, alone))
	if !e.plain() {
		if err := e.moved(edited, rec.Document); err != nil {
			return err
		}
	}
	w.Write(edited.Bytes())
	return nil
}

// nativeLinks are the links that say where the record stands here, and those of its own that say something else.
func (e encoder) nativeLinks(rec record.Record, kept []stac.Link, alone bool) []byte {
	var w writer
	w.WriteByte('[')
	for _, l := range e.own(rec, alone) {
		w.link(l)
	}
	w.kept(kept, rec.Source)
	w.WriteByte(']')
	return w.Bytes()
}

// kept writes the links of a document that do not say where it stood, as they came but for references to what lies beside
// the document.
func (w *writer) kept(links []stac.Link, source string) {
	for _, l := range links {
		if source == "" && l.Rel == "self" && stac.IsAbsolute(l.Href) {
			source = l.Href
		}
	}
	for _, l := range links {
		if structural[l.Rel] {
			continue
		}
		if href := stac.ResolveHref(source, l.Href); href != l.Href {
			l = l.Moved(href)
		}
		w.comma()
		w.Write(l.Raw)
	}
}

// moved brings the places of a document into the reference system that was asked for.
func (e encoder) moved(edited *stac.Editor, document []byte) error {
	item, err := openItem(document)
	if err != nil {
		return err
	}
	g := e.project(item.geometry)
	value, err := ogcapi.Encode(g)
	if err != nil {
		return err
	}
	edited.Set("geometry", value)
	if len(item.bbox) > 0 {
		edited.Set("bbox", boxOf(g))
	}
	return nil
}
