package oaipmh

import (
	"encoding/xml"
	"fmt"
	"slices"
	"time"

	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/record"
)

// The namespace and the schema of answers.
const (
	namespace = "http://www.openarchives.org/OAI/2.0/"
	schema    = "http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"
)

// answer is OAI-PMH, the root of every answer (clause 3.2). Its elements have a prefix, for metadata of no namespace stands in them.
type answer struct {
	XMLName  xml.Name   `xml:"oai:OAI-PMH"`
	Root     []xml.Attr `xml:",any,attr"`
	Date     string     `xml:"oai:responseDate"`
	Request  echo       `xml:"oai:request"`
	Errors   []problem  `xml:"oai:error"`
	Identify *identify  `xml:"oai:Identify"`
	Formats  *formats   `xml:"oai:ListMetadataFormats"`
	Sets     *sets      `xml:"oai:ListSets"`
	Headers  *headers   `xml:"oai:ListIdentifiers"`
	Records  *records   `xml:"oai:ListRecords"`
	Record   *records   `xml:"oai:GetRecord"`
}

// echo repeats the request; one that cannot be understood has its address only.
type echo struct {
	Arguments []xml.Attr `xml:",any,attr"`
	BaseURL   string     `xml:",chardata"`
}

type problem struct {
	Code string `xml:"code,attr"`
	Text string `xml:",chardata"`
}

type identify struct {
	Name        string `xml:"oai:repositoryName"`
	BaseURL     string `xml:"oai:baseURL"`
	Version     string `xml:"oai:protocolVersion"`
	Email       string `xml:"oai:adminEmail"`
	Earliest    string `xml:"oai:earliestDatestamp"`
	Deleted     string `xml:"oai:deletedRecord"`
	Granularity string `xml:"oai:granularity"`
	Compression string `xml:"oai:compression"`
}

type formats struct {
	Formats []format `xml:"oai:metadataFormat"`
}

type format struct {
	Prefix    string `xml:"oai:metadataPrefix"`
	Schema    string `xml:"oai:schema"`
	Namespace string `xml:"oai:metadataNamespace"`
}

type sets struct {
	Sets  []set       `xml:"oai:set"`
	Token *resumption `xml:"oai:resumptionToken"`
}

type set struct {
	Spec string `xml:"oai:setSpec"`
	Name string `xml:"oai:setName"`
}

type headers struct {
	Headers []header    `xml:"oai:header"`
	Token   *resumption `xml:"oai:resumptionToken"`
}

type records struct {
	Records []oaiRecord `xml:"oai:record"`
	Token   *resumption `xml:"oai:resumptionToken"`
}

type header struct {
	Identifier string   `xml:"oai:identifier"`
	Date       string   `xml:"oai:datestamp"`
	Sets       []string `xml:"oai:setSpec"`
}

type oaiRecord struct {
	Header   header   `xml:"oai:header"`
	Metadata metadata `xml:"oai:metadata"`
}

// metadata holds one element of another schema.
type metadata struct {
	Element []byte `xml:",innerxml"`
}

type resumption struct {
	Size   int    `xml:"completeListSize,attr,omitempty"`
	Cursor int    `xml:"cursor,attr"`
	Text   string `xml:",chardata"`
}

func newAnswer(address string, now time.Time) answer {
	return answer{
		Root: ows.Attributes("xmlns:oai", namespace, "xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance", "xsi:schemaLocation", namespace+" "+schema),
		Date: stamp(now), Request: echo{BaseURL: address},
	}
}

// misread tells whether a request could not be understood, so that its arguments are not repeated (clause 3.2).
func misread(problems []problem) bool {
	return slices.ContainsFunc(problems, func(p problem) bool { return p.Code == "badVerb" || p.Code == "badArgument" })
}

// name repeats the arguments of a request.
func (e *echo) name(q request) {
	for _, name := range names {
		if q.arguments.Has(name) {
			e.Arguments = append(e.Arguments, xml.Attr{Name: xml.Name{Local: name}, Value: q.arguments.Get(name)})
		}
	}
}

func newHeader(r record.Record) header {
	return header{Identifier: r.ID, Date: stamp(r.Modified), Sets: setsOf(r)}
}

func newRecord(r record.Record, f Format, base string) (oaiRecord, error) {
	encoded, err := f.Encode(r.At(base))
	if err != nil {
		return oaiRecord{}, fault.Classify(fault.Internal, err, "a record cannot be written as %s", f.Prefix)
	}
	return oaiRecord{Header: newHeader(r), Metadata: metadata{ows.Element(encoded)}}, nil
}

func badArgument(text string, args ...any) problem {
	return problem{Code: "badArgument", Text: fmt.Sprintf(text, args...)}
}

// asPycsw is the one problem that pycsw tells, which has one code for verbs, arguments and formats (Repository.AsPycsw).
func asPycsw(problems []problem) []problem {
	if len(problems) == 0 {
		return nil
	}
	first := problems[0]
	if first.Code == "badVerb" || first.Code == "cannotDisseminateFormat" {
		first.Code = "badArgument"
	}
	return []problem{first}
}

func badToken() problem {
	return problem{Code: "badResumptionToken", Text: "the resumption token is not one that was given here for this list"}
}
