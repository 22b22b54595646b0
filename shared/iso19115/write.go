package iso19115

import (
	"perigee/shared/dublincore"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// Writer writes what the encodings of ISO 19115 in XML write alike, but for the prefix of the elements. Values have the prefix
// gco.
type Writer struct {
	xmldoc.Writer
	Metadata Metadata
	set      string
}

// NewWriter makes a writer of the metadata of a record, as an element set (dublincore.Brief, Summary or Full), behind b.
func NewWriter(b []byte, r *record.Record, set string) Writer {
	return Writer{xmldoc.Writer{Bytes: b}, Of(r), set}
}

// Brief tells whether only the briefest is shown.
func (w *Writer) Brief() bool { return w.set == dublincore.Brief }

// Full tells whether all is shown.
func (w *Writer) Full() bool { return w.set == dublincore.Full }

// Text writes a property that is a text.
func (w *Writer) Text(tag, text string) {
	w.Open(tag)
	w.Element("gco:CharacterString", text)
	w.Close(tag)
}

// OptionalText writes a property that is a text, if it is not empty.
func (w *Writer) OptionalText(tag, text string) {
	if text != "" {
		w.Text(tag, text)
	}
}

// Texts writes a property as often as it has texts.
func (w *Writer) Texts(tag string, texts []string) {
	for _, text := range texts {
		w.Text(tag, text)
	}
}

// RequiredText writes a property that the schema requires, without a value where there is none.
func (w *Writer) RequiredText(tag, text string) {
	if text == "" {
		w.Nothing(tag)
		return
	}
	w.Text(tag, text)
}

// Nothing writes a property without a value.
func (w *Writer) Nothing(tag string) {
	reason := "unknown"
	if w.Brief() {
		reason = "withheld"
	}
	w.Empty(tag, "gco:nilReason", reason)
}

// Box writes the box of a resource, as the property geographicElement of EX_Extent.
func (w *Writer) Box(prefix string, west, south, east, north float64) {
	w.Within(prefix+":geographicElement/"+prefix+":EX_GeographicBoundingBox", func() {
		w.decimal(prefix+":westBoundLongitude", west)
		w.decimal(prefix+":eastBoundLongitude", east)
		w.decimal(prefix+":southBoundLatitude", south)
		w.decimal(prefix+":northBoundLatitude", north)
	})
}

func (w *Writer) decimal(tag string, n float64) {
	w.Open(tag)
	w.Open("gco:Decimal")
	w.Bytes = xmldoc.AppendNumber(w.Bytes, n)
	w.Close("gco:Decimal")
	w.Close(tag)
}

// Resolution writes the scales of a resource and the distance on the ground that it tells apart.
func (w *Writer) Resolution(prefix string) {
	res, of := &w.Metadata.Resource, prefix+":spatialResolution/"+prefix+":MD_Resolution/"
	for _, scale := range res.Scales {
		w.Nested(of+prefix+":equivalentScale/"+prefix+":MD_RepresentativeFraction/"+prefix+":denominator/gco:Integer", scale)
	}
	if res.Distance != nil {
		w.Within(of+prefix+":distance", func() {
			w.Element("gco:Distance", xmldoc.Number(*res.Distance), "uom", res.DistanceUOM)
		})
	}
}

// Topics writes the topics of a resource that are of the standard's list.
func (w *Writer) Topics(prefix string) {
	for _, topic := range w.Metadata.Resource.Topics {
		if IsTopic(topic) {
			w.Nested(prefix+":topicCategory/"+prefix+":MD_TopicCategoryCode", topic)
		}
	}
}

// Operands writes what a service operates on, with titles if each has one.
func (w *Writer) Operands() {
	s := w.Metadata.Service
	for i, ref := range s.OperatesOn {
		title := ""
		if len(s.OperatesOnNames) == len(s.OperatesOn) {
			title = s.OperatesOnNames[i]
		}
		w.Empty("srv:operatesOn", "uuidref", ref, "xlink:title", title)
	}
}
