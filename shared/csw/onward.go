package csw

import (
	"encoding/xml"
	"math"
	"net/url"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/metadata"
	"perigee/shared/ows"
	"perigee/shared/record"
)

// Onward is a question to another catalogue: a document of XML to be sent by POST, or key-value pairs to be sent by GET.
type Onward struct {
	Query url.Values
	Body  []byte
}

// OnwardAnswer is what another catalogue answers.
type OnwardAnswer struct {
	Document []byte
	Partial  bool // it warns that there is more than it could ask
}

// passedOn are the parameters that say what is looked for, and how it is shown: the only ones that another catalogue is told. Those of
// Earth observation are too (earthNames).
var passedOn = []string{
	"typeNames", "namespace", "elementSetName", "elementName", "constraintLanguage", "constraint", "constraint_language_version", "sortBy",
	"q", "bbox", "recordIds", "geometry", "geometry_crs", "relation", "lat", "lon", "radius", "time", "trel",
}

// onward is the request as it is sent on: what is looked for is as it came.
func (s search) onward(w window) (Onward, error) {
	if s.q.body == nil {
		return Onward{Query: s.pairs(w)}, nil
	}
	body, err := s.element(w)
	return Onward{Body: body}, err
}

// schema is the schema that others are asked for records in. Entries of feeds are made here.
func (s search) schema() string {
	if s.asked.Schema.Namespace == namespaceAtom {
		return s.q.edition.namespace
	}
	return s.asked.Schema.Namespace
}

// result is what 2.0.2 is to give; 3.0.0 is asked for no records where only their number is wanted.
func (s search) result(w window) string {
	if w.limit == 0 {
		return resultHits
	}
	return resultResults
}

// further tells whether who is asked is to send the question on.
func (s search) further() bool { return s.asked.distribution.hops > 1 }

// pairs are the request as key-value pairs.
func (s search) pairs(w window) url.Values {
	values := url.Values{
		"service": {"CSW"}, "version": {s.q.edition.number}, "request": {"GetRecords"}, "outputFormat": {mediaXML}, "outputSchema": {s.schema()},
		"startPosition": {strconv.Itoa(w.start)}, "maxRecords": {strconv.Itoa(w.limit)},
	}
	for _, names := range [][]string{passedOn, earthNames} {
		for _, name := range names {
			if value := s.q.p.Get(name); value != "" {
				values.Set(name, value)
			}
		}
	}
	if s.q.edition == csw2 {
		values.Set("resultType", s.result(w))
	}
	if s.further() {
		values.Set("distributedSearch", "TRUE")
		values.Set("hopCount", strconv.Itoa(s.asked.distribution.hops))
		for name, value := range map[string]string{"requestId": s.asked.RequestID, "clientId": s.asked.distribution.clientID, "distributedSearchId": s.asked.distribution.searchID} {
			if value != "" {
				values.Set(name, value)
			}
		}
	}
	return values
}

// onwardXML is csw:GetRecords as it is sent on; the query follows within it as it came.
type onwardXML struct {
	XMLName      xml.Name       `xml:"csw:GetRecords"`
	Namespace    string         `xml:"xmlns:csw,attr"`
	Service      string         `xml:"service,attr"`
	Version      string         `xml:"version,attr"`
	RequestID    string         `xml:"requestId,attr,omitempty"`
	ResultType   string         `xml:"resultType,attr,omitempty"`
	OutputFormat string         `xml:"outputFormat,attr"`
	OutputSchema string         `xml:"outputSchema,attr"`
	Start        int            `xml:"startPosition,attr"`
	Max          int            `xml:"maxRecords,attr"`
	Distributed  *onwardFurther `xml:"csw:DistributedSearch"`
	Query        []byte         `xml:",innerxml"`
}

type onwardFurther struct {
	Hops     int    `xml:"hopCount,attr"`
	ClientID string `xml:"clientId,attr,omitempty"`
	SearchID string `xml:"distributedSearchId,attr,omitempty"`
}

// element is the request as an element.
func (s search) element(w window) ([]byte, error) {
	queries, err := ows.Fragments(s.q.body, func(path []xml.Name) bool { return len(path) == 2 && path[1].Local == "Query" })
	if err != nil || len(queries) == 0 {
		return nil, fault.Classify(fault.Internal, err, "sending a query on")
	}
	x := onwardXML{
		Namespace: s.q.edition.namespace, Service: "CSW", Version: s.q.edition.number, OutputFormat: mediaXML, OutputSchema: s.schema(), Start: w.start, Max: w.limit,
		Query: queries[0].Document,
	}
	if s.q.edition == csw2 {
		x.ResultType = s.result(w)
	}
	if d := s.asked.distribution; s.further() {
		x.RequestID, x.Distributed = s.asked.RequestID, &onwardFurther{Hops: d.hops}
		if s.q.edition == csw3 {
			x.Distributed.ClientID, x.Distributed.SearchID = d.clientID, d.searchID
		}
	}
	return ows.Marshal(x)
}

// maxSaid bounds the characters that are told of what another catalogue says.
const maxSaid = 200

// refusal reads what another catalogue says is wrong, whatever the version of its report.
func refusal(document []byte) error {
	var report struct {
		Exceptions []struct {
			Text string `xml:"ExceptionText"`
		} `xml:"Exception"`
	}
	said := ""
	if ows.DecodeXML(document, &report) == nil && len(report.Exceptions) > 0 {
		said = ": " + cut(strings.Join(strings.Fields(report.Exceptions[0].Text), " "), maxSaid)
	}
	return fault.New(fault.Unsupported, "the catalogue refuses the question%s", said)
}

// readOnward reads an answer to GetRecords. What the catalogue was given by others comes with its own.
func (s search) readOnward(answer OnwardAnswer) (portion, error) {
	document, err := ows.UTF8(answer.Document)
	if err != nil {
		return portion{}, err
	}
	root, err := ows.CheckXML(document)
	switch {
	case err != nil:
		return portion{}, fault.New(fault.Unsupported, "the catalogue answers with something else than XML")
	case root.Local == "ExceptionReport":
		return portion{}, refusal(document)
	case root.Local != "GetRecordsResponse" || editionIn(root.Space) == nil:
		return portion{}, fault.New(fault.Unsupported, "the catalogue answers with something else than records")
	}
	var head struct {
		Results struct {
			Matched *int `xml:"numberOfRecordsMatched,attr"`
		} `xml:"SearchResults"`
	}
	if err := ows.DecodeXML(document, &head); err != nil || head.Results.Matched == nil || *head.Results.Matched < 0 {
		return portion{}, fault.New(fault.Unsupported, "the catalogue does not tell how many records there are")
	}
	p := portion{matched: min(*head.Results.Matched, math.MaxInt32), partial: answer.Partial}
	found, err := ows.Fragments(document, func(path []xml.Name) bool {
		last := len(path) - 1
		p.partial = p.partial || path[last].Local == "FederatedException"
		return last > 1 && strings.EqualFold(strings.TrimSuffix(path[last-1].Local, "s"), "SearchResult") && !strings.HasPrefix(path[last].Local, "Federated")
	})
	for _, f := range found {
		if err != nil {
			break
		}
		var one []byte
		one, err = s.recoded(f)
		p.records = append(p.records, one)
	}
	return p, err
}

// recoded is a record of another catalogue in the schema that was asked for: as it came, where it came in that.
func (s search) recoded(f ows.Fragment) ([]byte, error) {
	if s.q.format != mediaJSON && s.asked.Schema.Is(f.Name) {
		return f.Document, nil
	}
	r, err := metadata.Decode(f.Document)
	if err != nil {
		return nil, fault.New(fault.Unsupported, "the catalogue answers with {%.100s}%.60s, which is no record that is known here", f.Name.Space, f.Name.Local)
	}
	return s.asked.records(nil, []record.Record{r}, ""), nil
}

// federatedResult is csw:FederatedSearchResult (12-176r7, clause 7.3.5).
type federatedResult struct {
	XMLName xml.Name `xml:"csw:FederatedSearchResult"`
	URL     string   `xml:"catalogueURL,attr"`
	Result  struct {
		Attributes []xml.Attr `xml:",any,attr"`
		Records    []byte     `xml:",innerxml"`
	} `xml:"csw:searchResult"`
}

// federatedException is csw:FederatedException.
type federatedException struct {
	XMLName xml.Name `xml:"csw:FederatedException"`
	URL     string   `xml:"catalogueURL,attr"`
	Report  []byte   `xml:",innerxml"`
}

// sum is how many records of others are in the answer.
func (r results) sum() int {
	n := 0
	for _, p := range r.others {
		n += len(p.records)
	}
	return n
}

// missing tells whether a catalogue is not in the answer.
func (r results) missing() bool {
	for _, p := range r.others {
		if p.err != nil || p.partial {
			return true
		}
	}
	return false
}

// flat appends the records of others one behind the other.
func (r results) flat(to []byte) []byte {
	for _, p := range r.others {
		for _, one := range p.records {
			to = append(to, one...)
		}
	}
	return to
}

// distributed appends what others gave, as the version has it: 2.0.2 among the records, 3.0.0 by each catalogue.
func (r results) distributed(to []byte) ([]byte, error) {
	if r.edition == csw2 {
		return r.flat(to), nil
	}
	for _, p := range r.others {
		text, err := xml.Marshal(r.of(p))
		if err != nil {
			return nil, fault.Classify(fault.Internal, err, "encoding what a catalogue answers")
		}
		to = append(to, text...)
	}
	return to, nil
}

// of is what a catalogue gave as an element of 3.0.0.
func (r results) of(p portion) any {
	if p.err != nil {
		_, report := ows.Report(csw3.report, []ows.Exception{{Code: ows.NoApplicableCode, Locator: p.of.ID, Text: ows.TextOf(p.err)}})
		return federatedException{URL: p.of.URL, Report: ows.Element(report)}
	}
	one := results{edition: csw3, asked: r.asked, matched: p.matched, now: r.now, took: p.took}
	one.asked.Start, one.asked.Max = p.start, len(p.records)
	if p.partial {
		one.others = []portion{p}
	}
	f := federatedResult{URL: p.of.URL}
	f.Result.Attributes = ows.Attributes(one.attributes(len(p.records))...)
	for _, record := range p.records {
		f.Result.Records = append(f.Result.Records, record...)
	}
	return f
}
