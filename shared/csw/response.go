package csw

import (
	"encoding/xml"
	"time"

	"perigee/shared/dublincore"
	"perigee/shared/ows"
	"perigee/shared/record"
)

// schemaLocation names the schema that answers are valid against.
const schemaLocation = dublincore.NamespaceCSW + " http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd"

// root are the attributes of a document's root: the prefixes and the schema.
func root(more ...string) []xml.Attr {
	return ows.Attributes(append([]string{
		"xmlns:csw", dublincore.NamespaceCSW, "xmlns:dc", dublincore.NamespaceDC, "xmlns:dct", dublincore.NamespaceTerms,
		"xmlns:ows", dublincore.NamespaceOWS, "xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance",
		"xsi:schemaLocation", schemaLocation,
	}, more...)...)
}

// recordsResponse is csw:GetRecordsResponse (07-006r1, clause 10.8.5).
type recordsResponse struct {
	XMLName   xml.Name   `xml:"csw:GetRecordsResponse"`
	Root      []xml.Attr `xml:",any,attr"`
	RequestID string     `xml:"csw:RequestId,omitempty"`
	Status    struct {
		Timestamp string `xml:"timestamp,attr"`
	} `xml:"csw:SearchStatus"`
	Results searchResults `xml:"csw:SearchResults"`
}

// searchResults is csw:SearchResults. NextRecord is 0 when all matches were returned.
type searchResults struct {
	Matched      int    `xml:"numberOfRecordsMatched,attr"`
	Returned     int    `xml:"numberOfRecordsReturned,attr"`
	NextRecord   int    `xml:"nextRecord,attr"`
	RecordSchema string `xml:"recordSchema,attr"`
	ElementSet   string `xml:"elementSet,attr,omitempty"`
	Records      []dublincore.Record
}

func newRecordsResponse(q getRecords, found []record.Record, matched int, base string, now time.Time) recordsResponse {
	r := recordsResponse{Root: root("version", version), RequestID: q.RequestID}
	r.Status.Timestamp = now.UTC().Format(time.RFC3339)
	r.Results = searchResults{Matched: matched, Returned: len(found), RecordSchema: dublincore.NamespaceCSW, ElementSet: q.ElementSet, Records: encode(found, base, q.encoder())}
	if next := q.Start + len(found); next <= matched {
		r.Results.NextRecord = next
	}
	return r
}

// recordByIDResponse is csw:GetRecordByIdResponse (07-006r1, clause 10.9.4).
type recordByIDResponse struct {
	XMLName xml.Name   `xml:"csw:GetRecordByIdResponse"`
	Root    []xml.Attr `xml:",any,attr"`
	Records []dublincore.Record
}

// encoder makes a record as the request asks for it.
func (q getRecords) encoder() func(record.Record) dublincore.Record {
	if len(q.Elements) > 0 {
		return func(r record.Record) dublincore.Record { return dublincore.EncodeElements(r, q.Elements) }
	}
	return ofSet(q.ElementSet)
}

func ofSet(set string) func(record.Record) dublincore.Record {
	return func(r record.Record) dublincore.Record { return dublincore.Encode(r, set) }
}

// encode makes the records of an answer; addresses on this service begin with the base that it was asked under.
func encode(found []record.Record, base string, one func(record.Record) dublincore.Record) []dublincore.Record {
	encoded := make([]dublincore.Record, len(found))
	for i, r := range found {
		encoded[i] = one(r.At(base))
	}
	return encoded
}
