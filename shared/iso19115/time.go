package iso19115

import "perigee/shared/record"

// Time writes the time of a resource as an instant or a period of GML, by the prefix gml. Open ends are unknown.
func (w *Writer) Time() {
	i, id := w.Metadata.Resource.Time, NCName("time-", w.Metadata.ID)
	if i.Start.Equal(i.End) {
		w.Open("gml:TimeInstant", "gml:id", id)
		w.Element("gml:timePosition", record.Instant(i.Start))
		w.Close("gml:TimeInstant")
		return
	}
	w.Open("gml:TimePeriod", "gml:id", id)
	for _, end := range []struct{ tag, at string }{{"gml:beginPosition", instant(i.Start)}, {"gml:endPosition", instant(i.End)}} {
		if end.at == "" {
			w.Empty(end.tag, "indeterminatePosition", "unknown")
		} else {
			w.Element(end.tag, end.at)
		}
	}
	w.Close("gml:TimePeriod")
}
