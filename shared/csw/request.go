package csw

import (
	"encoding/xml"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/filter"
	"perigee/shared/ows"
)

// getRecords is a GetRecords request (07-006r1, clause 10.8).
type getRecords struct {
	RequestID  string
	Hits       bool   // resultType=hits: only count
	ElementSet string // brief, summary, full
	Start      int    // startPosition, counted from 1
	Max        int    // maxRecords
	Filter     filter.Expr
	Sort       []Sort
}

// getRecordByID is a GetRecordById request (07-006r1, clause 10.9).
type getRecordByID struct {
	IDs        []string
	ElementSet string
}

// The bounds of paging.
const (
	defaultRecords = 10
	maxRecords     = 1000
)

// outputFormats are the media types of answers; the first is the default.
var outputFormats = []string{"application/xml", "text/xml"}

// parseKVP reads a GetRecords request by key-value pairs. Everything that is wrong is noted in p.
func parseKVP(p *ows.Params) getRecords {
	checkOutput(p)
	q := getRecords{
		RequestID:  p.Get("requestId"),
		Hits:       hits(p, p.Get("resultType")),
		ElementSet: p.Choice("elementSetName", dublincore.Summary, dublincore.Brief, dublincore.Summary, dublincore.Full),
		Start:      p.Int("startPosition", 1, 1, math.MaxInt32),
		Max:        min(p.Int("maxRecords", defaultRecords, 0, math.MaxInt32), maxRecords),
		Sort:       sortKVP(p),
	}
	for _, name := range p.List("typeNames") {
		checkType(p, name)
	}
	var parts filter.And
	if e := constraintKVP(p); e != nil {
		parts = append(parts, e)
	}
	if words := p.Get("q"); words != "" {
		parts = append(parts, filter.AnyText{Words: words})
	}
	if box, ok := p.BBox("bbox"); ok {
		parts = append(parts, filter.Intersects{Geometry: filter.Box(box.Lower[0], box.Lower[1], box.Upper[0], box.Upper[1])})
	}
	if len(parts) > 0 {
		q.Filter = parts
	}
	return q
}

// checkOutput notes an output format or schema that is not offered.
func checkOutput(p *ows.Params) {
	p.Choice("outputFormat", outputFormats[0], outputFormats...)
	p.Choice("outputSchema", dublincore.NamespaceCSW, dublincore.NamespaceCSW)
}

func hits(p *ows.Params, resultType string) bool {
	switch strings.ToLower(resultType) {
	case "", "hits":
		return true
	case "results":
		return false
	}
	p.Fail(ows.Invalid("resultType", "%q is not hits or results", resultType))
	return false
}

func checkType(p *ows.Params, name string) {
	if _, local, _ := strings.Cut(name, ":"); name != "Record" && local != "Record" {
		p.Fail(ows.Invalid("typeNames", "there are records of the type csw:Record, not %q", name))
	}
}

func constraintKVP(p *ows.Params) filter.Expr {
	constraint := p.Get("constraint")
	if constraint == "" {
		return nil
	}
	var e filter.Expr
	var err error
	switch language := strings.ToUpper(p.Need("constraintLanguage")); language {
	case "CQL_TEXT":
		e, err = filter.CQL(constraint, names{})
	case "FILTER":
		var element filter.Element
		if err = ows.DecodeXML([]byte(constraint), &element); err == nil {
			e, err = filter.FES(&element, names{})
		}
	case "":
	default:
		err = ows.Invalid("constraintLanguage", "%q is not CQL_TEXT or FILTER", language)
	}
	if err != nil {
		p.Fail(err)
	}
	return e
}

// sortKVP reads sortBy: names, each followed by :A or :D.
func sortKVP(p *ows.Params) []Sort {
	var keys []Sort
	for _, entry := range p.List("sortBy") {
		name, order := entry, "A"
		if i := strings.LastIndexByte(entry, ':'); i > 0 && slices.Contains([]string{"A", "D"}, strings.ToUpper(entry[i+1:])) {
			name, order = entry[:i], strings.ToUpper(entry[i+1:])
		}
		keys = sortKey(p, keys, name, order == "D")
	}
	return keys
}

func sortKey(p *ows.Params, keys []Sort, name string, desc bool) []Sort {
	property, text, err := names{}.Property(name)
	if err == nil && text {
		err = ows.Invalid("sortBy", "records cannot be sorted by %s", name)
	}
	if err != nil {
		p.Fail(err)
		return keys
	}
	return append(keys, Sort{property, desc})
}

// getRecordsXML is csw:GetRecords (http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd).
type getRecordsXML struct {
	Service      string `xml:"service,attr"`
	Version      string `xml:"version,attr"`
	RequestID    string `xml:"requestId,attr"`
	ResultType   string `xml:"resultType,attr"`
	OutputFormat string `xml:"outputFormat,attr"`
	OutputSchema string `xml:"outputSchema,attr"`
	Start        string `xml:"startPosition,attr"`
	Max          string `xml:"maxRecords,attr"`
	Query        *struct {
		TypeNames  string `xml:"typeNames,attr"`
		ElementSet string `xml:"ElementSetName"`
		Constraint *struct {
			Filter *filter.Element `xml:"Filter"`
			CQL    string          `xml:"CqlText"`
		} `xml:"Constraint"`
		SortBy struct {
			Properties []struct {
				Name  string `xml:"PropertyName"`
				Order string `xml:"SortOrder"`
			} `xml:"SortProperty"`
		} `xml:"SortBy"`
	} `xml:"Query"`
}

// parseXML reads a csw:GetRecords element. It goes through the same checks as key-value pairs.
func parseXML(document []byte, p *ows.Params) getRecords {
	var x getRecordsXML
	if err := ows.DecodeXML(document, &x); err != nil {
		p.Fail(err)
		return getRecords{}
	}
	if x.Query == nil {
		p.Fail(ows.Missing("Query"))
		return getRecords{}
	}
	kvp := ows.NewParams(map[string][]string{
		"startPosition": {x.Start}, "maxRecords": {x.Max}, "resultType": {x.ResultType}, "elementSetName": {x.Query.ElementSet},
		"outputFormat": {x.OutputFormat}, "outputSchema": {x.OutputSchema}, "requestId": {x.RequestID},
		"typeNames": {strings.Join(strings.Fields(x.Query.TypeNames), ",")},
	})
	q := parseKVP(kvp)
	for _, s := range x.Query.SortBy.Properties {
		q.Sort = sortKey(kvp, q.Sort, s.Name, strings.EqualFold(s.Order, "DESC"))
	}
	p.Fail(kvp.Err())
	if c := x.Query.Constraint; c != nil {
		e, err := filter.Expr(nil), error(nil)
		if c.Filter != nil {
			e, err = filter.FES(c.Filter, names{})
		} else {
			e, err = filter.CQL(strings.TrimSpace(c.CQL), names{})
		}
		p.Fail(err)
		q.Filter = e
	}
	return q
}

// getRecordByIDXML is csw:GetRecordById.
type getRecordByIDXML struct {
	OutputFormat string   `xml:"outputFormat,attr"`
	OutputSchema string   `xml:"outputSchema,attr"`
	IDs          []string `xml:"Id"`
	ElementSet   string   `xml:"ElementSetName"`
}

// parseByID reads a GetRecordById request for the identifiers; everything that is wrong is noted in p.
func parseByID(p *ows.Params, ids []string) getRecordByID {
	checkOutput(p)
	q := getRecordByID{
		ElementSet: p.Choice("elementSetName", dublincore.Summary, dublincore.Brief, dublincore.Summary, dublincore.Full),
	}
	for _, id := range ids {
		if id = strings.TrimSpace(id); id != "" {
			q.IDs = append(q.IDs, id)
		}
	}
	if len(q.IDs) == 0 {
		p.Fail(ows.Missing("Id"))
	}
	if len(q.IDs) > maxRecords {
		p.Fail(ows.Invalid("Id", "more than %d identifiers at once", maxRecords))
	}
	return q
}

func parseByIDXML(document []byte, p *ows.Params) getRecordByID {
	var x getRecordByIDXML
	if err := ows.DecodeXML(document, &x); err != nil {
		p.Fail(err)
		return getRecordByID{}
	}
	kvp := ows.NewParams(map[string][]string{
		"elementSetName": {x.ElementSet}, "outputFormat": {x.OutputFormat}, "outputSchema": {x.OutputSchema},
	})
	q := parseByID(kvp, x.IDs)
	p.Fail(kvp.Err())
	return q
}

// envelope reads what every request by XML has: its operation and version.
type envelope struct {
	Service string   `xml:"service,attr"`
	Version string   `xml:"version,attr"`
	Accept  []string `xml:"AcceptVersions>Version"`
}

// pairs reads the operation, service and version of a request by XML as key-value pairs. The namespace of the root
// decides the version where the attribute says otherwise, as some clients send.
func (e envelope) pairs(root xml.Name) *ows.Params {
	values := map[string][]string{"service": {e.Service}, "request": {root.Local}, "version": {e.Version}}
	if root.Space == dublincore.NamespaceCSW && root.Local != "GetCapabilities" {
		values["version"] = []string{version}
	}
	if len(e.Accept) > 0 {
		values["acceptVersions"] = []string{strings.Join(e.Accept, ",")}
	}
	return ows.NewParams(values)
}

// readXML reads the body of a request: its pairs and its exact bytes.
func readXML(r *http.Request) (*ows.Params, []byte, error) {
	document, root, err := ows.ReadXML(r)
	if err != nil {
		return nil, nil, err
	}
	var e envelope
	if err := ows.DecodeXML(document, &e); err != nil {
		return nil, nil, err
	}
	return e.pairs(root), document, nil
}

func number(n int) string { return strconv.Itoa(n) }
