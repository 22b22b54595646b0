package sru

import (
	"encoding/xml"
	"slices"

	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/record"
)

// namespace is that of answers.
const namespace = "http://www.loc.gov/zing/srw/"

func root() []xml.Attr { return ows.Attributes("xmlns:zs", namespace) }

// searchRetrieveResponse is the answer of searchRetrieve, and of what is refused.
type searchRetrieveResponse struct {
	XMLName     xml.Name     `xml:"zs:searchRetrieveResponse"`
	Root        []xml.Attr   `xml:",any,attr"`
	Version     string       `xml:"zs:version"`
	Matched     int          `xml:"zs:numberOfRecords"`
	Records     *records     `xml:"zs:records"`
	Next        int          `xml:"zs:nextRecordPosition,omitempty"`
	Echo        *echo        `xml:"zs:echoedSearchRetrieveRequest"`
	Diagnostics *diagnostics `xml:"zs:diagnostics"`
}

type records struct {
	Records []srwRecord `xml:"zs:record"`
}

type srwRecord struct {
	Schema   string `xml:"zs:recordSchema"`
	Packing  string `xml:"zs:recordPacking"`
	Data     data   `xml:"zs:recordData"`
	Position int    `xml:"zs:recordPosition"`
}

// data is a record as an element, or as the text of one.
type data struct {
	Element []byte `xml:",innerxml"`
	Text    string `xml:",chardata"`
}

// echo repeats a request, in the order of the schema.
type echo struct {
	Version string `xml:"zs:version"`
	Query   string `xml:"zs:query"`
	Start   string `xml:"zs:startRecord,omitempty"`
	Maximum string `xml:"zs:maximumRecords,omitempty"`
	Packing string `xml:"zs:recordPacking,omitempty"`
	Schema  string `xml:"zs:recordSchema,omitempty"`
}

func newResponse(q request, found []record.Record, matched int, base string) (searchRetrieveResponse, error) {
	v := q.values
	answer := searchRetrieveResponse{Root: root(), Version: version, Matched: matched, Echo: &echo{
		Version: version, Query: v["query"], Start: v["startRecord"], Maximum: v["maximumRecords"], Packing: v["recordPacking"], Schema: v["recordSchema"],
	}}
	if len(found) > 0 {
		answer.Records = &records{}
	}
	for i, r := range found {
		encoded, err := q.schema.Encode(r.At(base))
		if err != nil {
			return answer, fault.Classify(fault.Internal, err, "a record cannot be written as %s", q.schema.Name)
		}
		one := srwRecord{Schema: q.schema.URI, Packing: "xml", Data: data{Element: ows.Element(encoded)}, Position: q.start + i}
		if q.text {
			one.Packing, one.Data = "string", data{Text: string(ows.Element(encoded))}
		}
		answer.Records.Records = append(answer.Records.Records, one)
	}
	if next := q.start + len(found); next <= matched && len(found) > 0 {
		answer.Next = next
	}
	return answer, nil
}

// dublinCore is the schema that every service has (info:srw/schema/1/dc-v1.1).
var dublinCore = Schema{Name: "dc", URI: "info:srw/schema/1/dc-v1.1", Title: "Dublin Core", Encode: encodeDC}

// dc is srw_dc:dc, which holds elements of Dublin Core in any order.
type dc struct {
	XMLName      xml.Name   `xml:"srw_dc:dc"`
	Root         []xml.Attr `xml:",any,attr"`
	Identifier   string     `xml:"dc:identifier,omitempty"`
	Title        string     `xml:"dc:title,omitempty"`
	Type         string     `xml:"dc:type,omitempty"`
	Creators     []string   `xml:"dc:creator"`
	Subjects     []string   `xml:"dc:subject"`
	Description  string     `xml:"dc:description,omitempty"`
	Publishers   []string   `xml:"dc:publisher"`
	Contributors []string   `xml:"dc:contributor"`
	Date         string     `xml:"dc:date,omitempty"`
	Formats      []string   `xml:"dc:format"`
	Sources      []string   `xml:"dc:source"`
	Languages    []string   `xml:"dc:language"`
	Relations    []string   `xml:"dc:relation"`
	Coverage     []string   `xml:"dc:coverage"`
	Rights       []string   `xml:"dc:rights"`
}

func encodeDC(r record.Record) ([]byte, error) {
	full := dublincore.Encode(r, dublincore.Full)
	out := dc{
		Root:       ows.Attributes("xmlns:srw_dc", "info:srw/schema/1/dc-schema", "xmlns:dc", dublincore.NamespaceDC),
		Identifier: full.Identifier, Title: full.Title, Type: full.Type, Creators: full.Creators, Subjects: full.Subjects, Description: full.Abstract, Publishers: full.Publishers,
		Contributors: full.Contributors, Date: full.Date, Formats: full.Formats, Sources: full.Sources, Languages: full.Languages, Relations: full.Relations, Coverage: full.Spatials,
		Rights: full.Rights,
	}
	if full.Temporal != "" {
		out.Coverage = append(slices.Clip(out.Coverage), full.Temporal)
	}
	return xml.Marshal(out)
}
