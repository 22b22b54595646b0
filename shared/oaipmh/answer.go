package oaipmh

import (
	"encoding/xml"
	"fmt"
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

// answer is OAI-PMH, the root of every answer (clause 3.2).
type answer struct {
	XMLName  xml.Name   `xml:"OAI-PMH"`
	Root     []xml.Attr `xml:",any,attr"`
	Date     string     `xml:"responseDate"`
	Request  echo       `xml:"request"`
	Errors   []problem  `xml:"error"`
	Identify *identify  `xml:"Identify"`
	Formats  *formats   `xml:"ListMetadataFormats"`
	Sets     *sets      `xml:"ListSets"`
	Headers  *headers   `xml:"ListIdentifiers"`
	Records  *records   `xml:"ListRecords"`
	Record   *records   `xml:"GetRecord"`
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
	Name        string `xml:"repositoryName"`
	BaseURL     string `xml:"baseURL"`
	Version     string `xml:"protocolVersion"`
	Email       string `xml:"adminEmail"`
	Earliest    string `xml:"earliestDatestamp"`
	Deleted     string `xml:"deletedRecord"`
	Granularity string `xml:"granularity"`
	Compression string `xml:"compression"`
}

type formats struct {
	Formats []format `xml:"metadataFormat"`
}

type format struct {
	Prefix    string `xml:"metadataPrefix"`
	Schema    string `xml:"schema"`
	Namespace string `xml:"metadataNamespace"`
}

type sets struct {
	Sets  []set       `xml:"set"`
	Token *resumption `xml:"resumptionToken"`
}

type set struct {
	Spec string `xml:"setSpec"`
	Name string `xml:"setName"`
}

type headers struct {
	Headers []header    `xml:"header"`
	Token   *resumption `xml:"resumptionToken"`
}

type records struct {
	Records []oaiRecord `xml:"record"`
	Token   *resumption `xml:"resumptionToken"`
}

type header struct {
	Identifier string   `xml:"identifier"`
	Date       string   `xml:"datestamp"`
	Sets       []string `xml:"setSpec"`
}

type oaiRecord struct {
	Header   header   `xml:"header"`
	Metadata metadata `xml:"metadata"`
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
		Root: ows.Attributes("xmlns", namespace, "xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance", "xsi:schemaLocation", namespace+" "+schema),
		Date: stamp(now), Request: echo{BaseURL: address},
	}
}

// name repeats the arguments of a request.
func (e *echo) name(q request) {
	for _, name := range []string{"verb", "identifier", "metadataPrefix", "from", "until", "set", "resumptionToken"} {
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

func badToken() problem {
	return problem{Code: "badResumptionToken", Text: "the resumption token is not one that was given here for this list"}
}
