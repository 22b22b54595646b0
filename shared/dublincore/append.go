package dublincore

import (
	"strings"
	"unicode/utf8"

	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// Append writes the record behind to, as encoding/xml does, but for the space between elements. The prefixes are those that a
// document declares which holds records: csw, dc, dct, ows.
func (r Record) Append(to []byte) []byte {
	to = append(append(append(to, '<'), r.XMLName.Local...), '>')
	to = r.content(to)
	return append(append(append(to, "</"...), r.XMLName.Local...), '>')
}

// Append writes the record of an element set (Brief, Summary or Full) behind to, as CSW 2.0.2 has it: as an element that
// declares its prefixes.
func Append(to []byte, r *record.Record, set string) []byte {
	w := xmldoc.Writer{Bytes: to}
	out := Encode(*r, set)
	w.Open(out.XMLName.Local, "xmlns:csw", NamespaceCSW, "xmlns:dc", NamespaceDC, "xmlns:dct", NamespaceTerms, "xmlns:ows", NamespaceOWS)
	w.Bytes = out.content(w.Bytes)
	w.Close(out.XMLName.Local)
	return w.Bytes
}

// Append3 writes the record of an element set behind to, as CSW 3.0 has it (12-176r7, clause 6.6): in its namespace, and with
// the time as an extent.
func Append3(to []byte, r *record.Record, set string) []byte {
	w := xmldoc.Writer{Bytes: to}
	out := Encode(*r, set)
	if out.Box != nil {
		out.Box.CRS = degrees3
	}
	w.Open(out.XMLName.Local, "xmlns:csw", NamespaceCSW3, "xmlns:dc", NamespaceDC, "xmlns:dct", NamespaceTerms, "xmlns:ows", namespaceOWS2)
	w.Bytes = out.content(w.Bytes)
	if set != Brief && !r.Time.IsZero() {
		w.Within("csw:TemporalExtent", func() {
			w.Optional("csw:begin", date(r.Time.Start))
			w.Optional("csw:end", date(r.Time.End))
		})
	}
	w.Close(out.XMLName.Local)
	return w.Bytes
}

// content writes the elements in the order of the schema.
func (r Record) content(to []byte) []byte {
	to = appendText(to, "dc:identifier", r.Identifier)
	if r.Title == "" && r.XMLName.Local != "csw:Record" { // which the schema requires
		to = append(to, "<dc:title/>"...)
	}
	to = appendAll(to, []property{
		{"dc:title", r.Title, nil},
		{"dc:type", r.Type, nil},
		{"dc:subject", "", r.Subjects},
		{"dc:format", "", r.Formats},
		{"dc:relation", "", r.Relations},
		{"dct:modified", r.Modified, nil},
		{"dct:abstract", r.Abstract, nil},
		{"dct:spatial", "", r.Spatials},
	})
	for _, l := range r.References {
		to = appendReference(to, l)
	}
	to = appendAll(to, []property{
		{"dc:date", r.Date, nil},
		{"dct:temporal", r.Temporal, nil},
		{"dct:alternative", "", r.Alternatives},
		{"dc:creator", "", r.Creators},
		{"dc:publisher", "", r.Publishers},
		{"dc:contributor", "", r.Contributors},
		{"dc:language", "", r.Languages},
		{"dc:source", "", r.Sources},
		{"dc:rights", "", r.Rights},
	})
	if r.Box != nil {
		to = r.Box.append(to)
	}
	return to
}

// property is an element that has one text, or one for each of its texts.
type property struct {
	name  string
	text  string
	texts []string
}

// appendAll writes elements, but for those that have no text.
func appendAll(to []byte, all []property) []byte {
	for _, p := range all {
		to = appendText(to, p.name, p.text)
		for _, text := range p.texts {
			to = appendText(to, p.name, text)
		}
	}
	return to
}

// Element is an element of a local name with a text, with its prefix declared; nil when records have no such element.
func Element(local, text string) []byte {
	for name := range elements {
		prefix, known, _ := strings.Cut(name, ":")
		space, declared := map[string]string{"dc": NamespaceDC, "dct": NamespaceTerms}[prefix]
		if !declared || !strings.EqualFold(known, local) {
			continue
		}
		element := []byte("<" + name + " xmlns:" + prefix + `="` + space + `">`)
		return append(appendEscaped(element, text), "</"+name+">"...)
	}
	return nil
}

// appendText writes an element that has a text.
func appendText(to []byte, name, text string) []byte {
	if text == "" {
		return to
	}
	to = append(append(append(to, '<'), name...), '>')
	to = appendEscaped(to, text)
	return append(append(append(to, "</"...), name...), '>')
}

func appendReference(to []byte, l Reference) []byte {
	to = append(to, "<dct:references"...)
	if l.Scheme != "" {
		to = append(appendEscaped(append(to, ` scheme="`...), l.Scheme), '"')
	}
	return append(appendEscaped(append(to, '>'), l.Href), "</dct:references>"...)
}

func (b Box) append(to []byte) []byte {
	to = append(appendEscaped(append(to, `<ows:BoundingBox crs="`...), b.CRS), `" dimensions="2">`...)
	to = appendText(appendText(to, "ows:LowerCorner", b.Lower), "ows:UpperCorner", b.Upper)
	return append(to, "</ows:BoundingBox>"...)
}

// appendEscaped writes a text as XML has it. What is no character of XML becomes the replacement character.
func appendEscaped(to []byte, text string) []byte {
	from := 0
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf && !special(rune(c)) {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if special(r) {
			to = append(to, text[from:i]...)
			if escaped, is := escapes[r]; is {
				to = append(to, escaped...)
			} else {
				to = utf8.AppendRune(to, utf8.RuneError)
			}
			from = i + size
		}
		i += size
	}
	return append(to, text[from:]...)
}

var escapes = map[rune]string{'<': "&lt;", '>': "&gt;", '&': "&amp;", '"': "&#34;", '\'': "&#39;", '\t': "&#x9;", '\n': "&#xA;", '\r': "&#xD;"}

// special tells whether a character cannot stand as it is.
func special(r rune) bool {
	switch r {
	case '<', '>', '&', '"', '\'', utf8.RuneError:
		return true
	}
	return r < ' ' || r == 0xFFFE || r == 0xFFFF
}
