package records

import (
	"bytes"
	"slices"
	"strings"

	"perigee/shared/record"
	"perigee/shared/stac"
)

// spelled is a link of a document, or an asset, which becomes one: each piece as it stands there, with its quotes; none where it
// is no text, or an empty one.
type spelled struct {
	name                        []byte // of an asset, without quotes
	rel, href, mediaType, title []byte
	pictures                    bool // it shows what the document is about
}

func spell(value []byte) (l spelled) {
	if !isObject(value) {
		return l
	}
	for m, err := range stac.Members(value) {
		if err != nil {
			return l
		}
		switch string(m.Name) {
		case "rel":
			l.rel = textual(m.Value)
		case "href":
			l.href = textual(m.Value)
		case "type":
			l.mediaType = textual(m.Value)
		case "title":
			l.title = textual(m.Value)
		case "roles":
			for _, role := range stac.Elements(m.Value) {
				l.pictures = l.pictures || string(role) == `"thumbnail"` || string(role) == `"overview"`
			}
		}
	}
	return l
}

// textual is a value if it is a text that says something.
func textual(value []byte) []byte {
	if len(value) <= 2 || value[0] != '"' {
		return nil
	}
	return value
}

// structural tells whether a link says where its document stood.
func (l spelled) structural() bool {
	if bytes.IndexByte(l.rel, '\\') < 0 {
		return structural[string(l.rel[1:len(l.rel)-1])]
	}
	rel, _ := stac.Text(l.rel)
	return structural[rel]
}

// leads is where a reference of a document that lies somewhere leads; empty when that is what it says.
func leads(href []byte, source string) string {
	if bytes.HasPrefix(href, []byte(`"https://`)) || bytes.HasPrefix(href, []byte(`"http://`)) {
		return ""
	}
	text, _ := stac.Text(href)
	return stac.ResolveHref(source, text)
}

// placeOf is where a document lies, by its own word when it came by itself.
func placeOf(source string, links []byte) string {
	if source != "" {
		return source
	}
	for _, value := range stac.Elements(links) {
		if l := spell(value); string(l.rel) == `"self"` {
			if href, _ := stac.Text(l.href); stac.IsAbsolute(href) {
				return href
			}
		}
	}
	return ""
}

const maxAssets = 500 // that a record links to

// readAssets reads what records tell of assets: links that are called as the assets are.
func (w *writer) readAssets(assets []byte) {
	w.assets = w.assets[:0]
	if !isObject(assets) {
		return
	}
	for m, err := range stac.Members(assets) {
		if err != nil || len(w.assets) == maxAssets {
			return
		}
		if l := spell(m.Value); l.href != nil {
			l.name = m.Name
			w.assets = append(w.assets, l)
		}
	}
}

// formats writes the distributions of a resource, one for each media type of its files
// (https://schemas.opengis.net/ogcapi/records/part1/1.0/openapi/schemas/format.yaml).
func (w *writer) formats() {
	first := true
	for i, a := range w.assets {
		if a.mediaType == nil || slices.ContainsFunc(w.assets[:i], func(before spelled) bool { return bytes.Equal(before.mediaType, a.mediaType) }) {
			continue
		}
		if first {
			w.name("formats")
			w.WriteByte('[')
		}
		first = false
		w.comma()
		w.WriteByte('{')
		w.rawMember("mediaType", a.mediaType)
		w.WriteByte('}')
	}
	if !first {
		w.WriteByte(']')
	}
}

// itemLinks ends a record with its links: where it stands, what the house shows of it, its files, and the links of the
// document that do not say where that stood.
func (e encoder) itemLinks(w *writer, rec record.Record, own []byte, alone bool) {
	w.name("links")
	w.WriteByte('[')
	for _, l := range e.own(rec, alone) {
		w.link(l)
	}
	for _, l := range record.ServiceLinks(rec.Key) {
		if l.Protocol != record.ServiceMaps || rec.Shown {
			w.link(e.on.served(rec, l))
		}
	}
	source := placeOf(rec.Source, own)
	pictured := false
	for _, a := range w.assets {
		pictured = pictured || a.pictures
		e.file(w, rec, a, source)
	}
	if rec.Shown && !pictured { // its map is its picture
		w.link(linkTo(relPreview, e.on.asset(rec, stac.RoleThumbnail), "image/png", "Preview"))
	}
	w.ownLinks(own, source)
	w.WriteString("]}")
}

// file writes the link to a file of an item.
func (e encoder) file(w *writer, rec record.Record, a spelled, source string) {
	to := leads(a.href, source)
	if strings.HasPrefix(to, "s3://") {
		to = e.on.asset(rec, string(a.name))
	}
	rel := `"enclosure"`
	if a.pictures {
		rel = `"` + relPreview + `"`
	}
	w.spelled(a, rel, to)
}

// ownLinks writes the links of a document that have a relation and lead somewhere, but for those that say where it stood.
func (w *writer) ownLinks(links []byte, source string) {
	for _, value := range stac.Elements(links) {
		if l := spell(value); l.rel != nil && l.href != nil && !l.structural() {
			rel := string(l.rel)
			if l.pictures {
				rel = `"` + relPreview + `"`
			}
			w.spelled(l, rel, leads(l.href, source))
		}
	}
}

// spelled writes a link that leads somewhere: empty stands for where it says.
func (w *writer) spelled(l spelled, rel, to string) {
	w.comma()
	w.WriteString(`{"rel":`)
	w.WriteString(rel)
	if to == "" {
		w.rawMember("href", l.href)
	} else {
		w.textMember("href", to)
	}
	w.rawMember("type", l.mediaType)
	w.rawMember("title", l.title)
	if len(l.name) > 0 {
		w.name("name")
		w.quoted(l.name)
	}
	w.WriteByte('}')
}
